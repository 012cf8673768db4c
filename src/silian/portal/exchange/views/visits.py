"""A service team's visits: planned, moved, reported; and looking back at signed diagnoses."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.views.decorators.http import require_http_methods, require_safe

from silian.errors import EngineError
from silian.portal.accounts.domain.access import require, viewer_of
from silian.portal.bilingual import both, choose
from silian.portal.exchange.domain import diagnosis_visits
from silian.portal.exchange.domain.diagnosis import diagnoses, latest
from silian.portal.exchange.domain.diagnosis_look_backs import look_back, look_backs
from silian.portal.exchange.interfaces.moments import moment_of
from silian.portal.exchange.models import Diagnosis, LookBack, Visit
from silian.portal.exchange.views.failures import failure_of
from silian.portal.exchange.views.found import visible_record
from silian.portal.exchange.views.lists import plain, shown_pages
from silian.portal.open_forms import (
    OpenForm,
    Value,
    overtaken_page,
    posted_texts,
    tell_merged,
    ticked,
)

_PER_PAGE = 30
_State = Visit.State


@require_safe
def visit_list(request: HttpRequest) -> HttpResponse:
    """Visits that the viewer may see: what is planned first, the next on top."""
    rows = diagnosis_visits.visits(viewer_of(request))
    counts = {value: rows.filter(state=value).count() for value in _State.values}
    state = request.GET.get("state", _State.PLANNED)
    shown = rows.filter(state=state) if state in _State.values else rows
    if text := plain(request.GET.get("q", "")):
        shown = shown.filter(organisation__name__icontains=text[:100])
    order = "planned_for" if state == _State.PLANNED else "-planned_for"
    page = Paginator(shown.order_by(order, "pk"), _PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "exchange/visit_list.html",
        {
            "page": page,
            "pages": shown_pages(page.number, page.paginator.num_pages),
            "state": state,
            "states": [(value, label, counts[value]) for value, label in _State.choices],
            "text": text,
            "now": timezone.now(),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def visit_new(request: HttpRequest) -> HttpResponse:
    """Plan a visit to the enterprise that the address names, for its diagnosis or on its own."""
    organisation = visible_record(request, request.GET.get("organisation", ""), "organisation")
    viewer = viewer_of(request)
    require(viewer, "visit.manage", organisation)
    chosen = _diagnosis(request, organisation)
    error = ""
    if request.method == "POST":
        moment = moment_of(request.POST.get("planned_for", ""))
        try:
            if moment is None:
                error = _NO_MOMENT
            else:
                visit = diagnosis_visits.schedule_visit(
                    organisation,
                    planned_for=moment,
                    team=plain(request.POST.get("team", "")),
                    purpose=plain(request.POST.get("purpose", "")),
                    diagnosis=chosen,
                    viewer=viewer,
                )
                messages.success(request, choose("走访已安排。", "The visit is planned."))
                return redirect("exchange:visit_edit", visit.public_id)
        except EngineError as refused:
            error = failure_of(refused)
    return render(
        request,
        "exchange/visit_new.html",
        {
            "organisation": organisation,
            "diagnosis": chosen,
            "posted": request.POST,
            "error": error,
        },
        status=422 if error else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def visit_edit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One visit: put on another day, reported, or cancelled."""
    viewer = viewer_of(request)
    visit = get_object_or_404(diagnosis_visits.visits(viewer), public_id=public_id)
    error = ""
    if request.method == "POST":
        require(viewer, "visit.manage", visit)
        try:
            with transaction.atomic():
                # Held, so that nobody saves between the comparison and the change.
                held = Visit.objects.select_for_update().get(pk=visit.pk)
                form = _opened(held, request)
                if form.overtaken:
                    return overtaken_page(request, form, back=request.path)
                error = _changed(request, held, form)
        except EngineError as refused:
            error = failure_of(refused)
        if not error:
            tell_merged(request, form)
            return redirect("exchange:visit_edit", visit.public_id)
    return render(
        request,
        "exchange/visit.html",
        {
            "visit": visit,
            "opened": _opened(visit),
            "report": request.POST.get("report", visit.report),
            "error": error,
            "planned": visit.state == _State.PLANNED,
            "cancelled": visit.state == _State.CANCELLED,
        },
        status=422 if error else 200,
    )


@require_safe
def look_back_list(request: HttpRequest) -> HttpResponse:
    """Look-backs: due first, then done, then to come."""
    every, today = look_backs(viewer_of(request)), timezone.localdate()
    groups: dict[str, tuple[Any, QuerySet[LookBack]]] = {
        "due": (both("到期", "Due"), every.filter(done_at=None, due_on__lte=today)),
        "done": (both("已完成", "Done"), every.exclude(done_at=None).order_by("-done_at", "-pk")),
        "coming": (both("未到期", "To come"), every.filter(done_at=None, due_on__gt=today)),
    }
    state = request.GET.get("state", "due")
    state = state if state in groups else "due"
    page = Paginator(groups[state][1], _PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "exchange/look_backs.html",
        {
            "page": page,
            "pages": shown_pages(page.number, page.paginator.num_pages),
            "state": state,
            "states": [(code, label, rows.count()) for code, (label, rows) in groups.items()],
            "today": today,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def look_back_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One look-back: which advice was taken and what came true; posting makes it."""
    viewer = viewer_of(request)
    look = get_object_or_404(look_backs(viewer), pk=pk)
    if request.method == "POST":
        try:
            look_back(look, viewer=viewer)
        except EngineError as refused:
            messages.error(request, failure_of(refused))
        return redirect("exchange:look_back", look.pk)
    lines = [
        # Look-backs of before had their findings in Chinese alone.
        one | {"text": choose(one["text_zh"], one.get("text_en") or one["text_zh"])}
        for one in look.result.get("findings", [])
    ]
    return render(
        request,
        "exchange/look_back.html",
        {
            "look": look,
            "result": look.result,
            "moved": [line for line in lines if line["taken"] or line["closed"]],
            "open": [
                line
                for line in lines
                if not line["taken"] and not line["closed"] and line["closed"] is not None
            ],
            "is_due": look.due_on <= timezone.localdate(),
        },
    )


_NO_MOMENT = both("请选择走访的日期和时间。", "Choose the day and time of the visit.")


_MOMENT = "Y-m-d\\TH:i"


def _opened(visit: Visit, request: HttpRequest | None = None) -> OpenForm:
    """What the visit's forms show, against what was sent by one of them."""
    now: dict[str, Value] = {
        "report": visit.report,
        "shared": "1" if visit.report_shared else "",
        "planned_for": date_format(timezone.localtime(visit.planned_for), _MOMENT),
    }
    posted: dict[str, Value] | None = None
    if request is not None:
        intent = request.POST.get("intent", "report")
        sent = {"report": ("report", "shared"), "move": ("planned_for",)}.get(intent, ())
        posted = posted_texts(request.POST, sent)
    latest = visit.history.select_related("history_user").order_by("-pk").first()
    return OpenForm(
        now,
        posted=posted,
        data=request.POST if request is not None else None,
        labels={
            "report": both("走访记录", "Report"),
            "shared": both("记录也给企业看", "Show the report to the enterprise"),
            "planned_for": both("走访时间", "Time of the visit"),
        },
        told={"shared": ticked, "planned_for": str},
        changed_by=str((latest and latest.history_user) or ""),
        changed_at=latest.history_date if latest else None,
    )


def _changed(request: HttpRequest, visit: Visit, form: OpenForm) -> Any:
    """Do what the form asks; what is wrong with it, or an empty text."""
    viewer, intent = viewer_of(request), request.POST.get("intent", "report")
    if intent == "cancel":
        diagnosis_visits.cancel_visit(visit, viewer=viewer)
        messages.success(request, choose("走访已取消。", "The visit is cancelled."))
    elif intent == "move":
        moment = moment_of(str(form.values["planned_for"]))
        if moment is None:
            return _NO_MOMENT
        diagnosis_visits.move_visit(visit, moment, viewer=viewer)
        messages.success(request, choose("走访时间已修改。", "The visit is moved."))
    else:
        report, shared = str(form.values["report"]), form.values["shared"] == "1"
        diagnosis_visits.report_visit(visit, report, viewer=viewer, shared=shared)
        messages.success(request, choose("走访记录已保存。", "The report is kept."))
    return ""


def _diagnosis(request: HttpRequest, organisation: Any) -> Diagnosis | None:
    """The diagnosis that is named, else the enterprise's newest."""
    try:
        named = uuid.UUID(request.GET.get("diagnosis", ""))
    except ValueError:
        return latest(organisation)
    own = diagnoses(viewer_of(request)).filter(organisation=organisation)
    return own.filter(public_id=named).first()
