"""Portraits: the page, its files, and what subjects say of their own tags."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from silian.portal.accounts.domain.access import AccessDenied, allowed, viewer_of, visible
from silian.portal.bilingual import choose
from silian.portal.exchange.domain.folding import folding
from silian.portal.exchange.views.found import visible_record
from silian.portal.exchange.views.lists import plain
from silian.portal.insight.domain import portrait_notes as notes
from silian.portal.insight.domain.portrait_rules import tag_groups
from silian.portal.insight.domain.portrait_subjects import (
    SUBJECT_KINDS,
    own_portrait_id,
    subject_of_record,
)
from silian.portal.insight.domain.portraits import portrait
from silian.portal.insight.interfaces.portrait_examples import example_portraits
from silian.portal.insight.interfaces.portrait_faces import page_of
from silian.portal.insight.interfaces.portrait_report import MEDIA_TYPES, report
from silian.portal.registry.models import Organisation, Person

_FOUND = 12


@require_safe
def portraits(request: HttpRequest) -> HttpResponse:
    """Look for somebody's portrait; the own one, teams and gaps from here."""
    viewer = viewer_of(request)
    text = plain(request.GET.get("q", "")).strip()
    return render(
        request,
        "insight/portraits.html",
        {
            "text": text,
            "people": _found(Person, text, viewer),
            "organisations": _found(Organisation, text, viewer),
            "own_id": own_portrait_id(viewer),
            "examples": () if text else example_portraits(viewer),
        },
    )


@require_safe
def portrait_page(request: HttpRequest, public_id: str) -> HttpResponse:
    """What it does, with whom, how strong, what it needs and offers; tags with their sources."""
    record = _subject(request, public_id)
    viewer = viewer_of(request)
    found = portrait(record, viewer, _day(request))
    return render(
        request,
        "insight/portrait.html",
        page_of(found)
        | {
            "record": record,
            "tag_groups": tag_groups().values(),
            "as_of_asked": request.GET.get("as_of", ""),
            "editing": found.may_note and request.GET.get("edit") == "1",
            "can_export": allowed(viewer, "portrait.export"),
        },
    )


@require_safe
def portrait_file(request: HttpRequest, public_id: str, file_format: str) -> HttpResponse:
    """The portrait as PDF, HTML or JSON, in the reader's language."""
    record = _subject(request, public_id)
    if file_format not in MEDIA_TYPES:
        raise Http404(choose("没有这种格式的画像。", "There is no portrait of this format."))
    viewer = viewer_of(request)
    found = portrait(record, viewer, _day(request))
    english = choose("zh", "en") == "en"
    made = report(found, file_format, viewer=viewer, english=english)
    name = f"portrait-{found.subject_id}-{found.as_of}.{file_format}"
    return HttpResponse(
        made,
        content_type=MEDIA_TYPES[file_format],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_POST
def tag_note(request: HttpRequest, public_id: str) -> HttpResponse:
    """Hide, correct or add a tag of one's own."""
    record = _subject(request, public_id)
    viewer = viewer_of(request)
    subject = subject_of_record(record, viewer)
    asked = request.POST
    action, reason = asked.get("action", ""), asked.get("reason", "")
    try:
        if action == "hide":
            notes.hide_tag(
                subject,
                asked.get("tag", ""),
                viewer=viewer,
                label=asked.get("label", ""),
                reason=reason,
            )
            told = choose(
                "已隐藏，其他人不再看到；可随时撤销。", "Hidden from others; undo any time."
            )
        elif action == "correct":
            notes.correct_tag(
                subject, asked.get("tag", ""), asked.get("text", ""), viewer=viewer, reason=reason
            )
            told = choose(
                "已更正，与来源的说法并列显示。", "Corrected; shown beside the source's words."
            )
        elif action == "add":
            notes.add_tag(
                subject,
                asked.get("group", ""),
                asked.get("text", ""),
                viewer=viewer,
                reason=reason,
                expires_on=_expiry(asked.get("expires_on", "")),
            )
            told = choose("已补充。", "Added.")
        else:
            raise Http404(choose("没有这种操作。", "There is no such act."))
    except AccessDenied:
        raise
    except notes.NoteRefused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, told)
    return _back(record)


@require_POST
def tag_note_withdraw(request: HttpRequest, public_id: str, note_id: int) -> HttpResponse:
    """Undo a hiding, a correction or an addition."""
    record = _subject(request, public_id)
    viewer = viewer_of(request)
    try:
        notes.withdraw_note(subject_of_record(record, viewer), note_id, viewer=viewer)
    except notes.NoteRefused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, choose("已撤销，恢复原样。", "Undone; as it was."))
    return _back(record)


def _subject(request: HttpRequest, public_id: str) -> Any:
    record = visible_record(request, public_id)
    if record.kind not in SUBJECT_KINDS:
        raise Http404(
            choose("只有单位和人员有画像。", "Only organisations and people have portraits.")
        )
    return record


def _found(model: Any, text: str, viewer: Any) -> list[Any]:
    rows = visible(model.objects.all(), viewer).order_by("name", "pk")
    if model is Organisation:
        rows = rows.filter(registered=True).select_related("region")
    else:
        rows = rows.select_related("organisation")
    if not text:
        return []
    rows = rows.filter(name__icontains=text)
    return list(folding().one_a_subject(rows, model.kind)[:_FOUND])


def _day(request: HttpRequest) -> date | None:
    text = request.GET.get("as_of", "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Http404(choose("日期应为 2026-03-31。", "Write the day as 2026-03-31.")) from error
    if not 1950 <= day.year <= timezone.localdate().year + 1:
        raise Http404(choose("日期超出范围。", "The day is out of range."))
    return day


def _expiry(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise notes.NoteRefused(
            f"expires_on is {text!r}; write 2026-03-31.",
            message_zh=f"有效期“{text}”无效，应为 2026-03-31。",
        ) from error


def _back(record: Any) -> HttpResponse:
    response = redirect("insight:portrait", record.public_id)
    response["Location"] += "?edit=1#tags"
    return response
