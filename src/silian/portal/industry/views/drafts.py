"""Policies in the making: written, tried on the city, proposed, published by a second person."""

import difflib
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from silian.errors import EngineError
from silian.portal.accounts.domain.access import allowed, viewer_of
from silian.portal.bilingual import choose
from silian.portal.exchange.views.failures import failure_of
from silian.portal.exchange.views.lists import plain, shown_pages
from silian.portal.industry.domain import policy_drafts, scenarios
from silian.portal.industry.domain.policies import all_versions
from silian.portal.industry.domain.policy_texts import PolicyTextRefused, text_of_policy
from silian.portal.industry.interfaces.scenario_faces import effect_face
from silian.portal.industry.models import PolicyDraft
from silian.portal.industry.views.asked import day_asked
from silian.portal.industry.views.city import city_context, city_year
from silian.portal.open_forms import OpenForm, overtaken_page, tell_merged

_PER_PAGE = 25
_State = PolicyDraft.State
_EDITABLE = (_State.DRAFT, _State.PROPOSED)


@require_safe
def policy_drafts_page(request: HttpRequest) -> HttpResponse:
    """All drafts by state, and policies to begin one from."""
    rows = policy_drafts.drafts(viewer_of(request))
    state = request.GET.get("state", "")
    counts = {value: rows.filter(state=value).count() for value in _State.values}
    shown = rows.filter(state=state) if state in _State.values else rows
    page = Paginator(shown.defer("content"), _PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "industry/policy_drafts.html",
        {
            "page": page,
            "pages": shown_pages(page.number, page.paginator.num_pages),
            "state": state,
            "states": [(value, label, counts[value]) for value, label in _State.choices],
            "all_count": sum(counts.values()),
            "policies": sorted({one.policy_id: one for one in all_versions()}.items()),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def policy_draft_new(request: HttpRequest) -> HttpResponse:
    """A new draft, from nothing or from the text of a policy."""
    copied, error = request.GET.get("copy", ""), ""
    content = text_of_policy(copied) if copied else ""
    if request.method == "POST":
        content = _content(request)
        try:
            draft = policy_drafts.create_draft(
                content, viewer=viewer_of(request), note=plain(request.POST.get("note", ""))
            )
        except EngineError as refused:
            error = failure_of(refused)
        else:
            return redirect("industry:policy_draft_edit", draft.public_id)
    return render(
        request,
        "industry/policy_draft_new.html",
        {"content": content, "copied": copied, "error": error},
        status=422 if error else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def policy_draft_edit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One draft: its text with what is wrong line by line, and the steps it may take."""
    draft, viewer = _draft(request, public_id), viewer_of(request)
    error, content = "", draft.content
    if request.method == "POST":
        content = _content(request)
        try:
            with transaction.atomic():
                # Held, so that nobody saves between the comparison and the change.
                draft = PolicyDraft.objects.select_for_update().get(pk=draft.pk)
                form = _opened(draft, request)
                if form.overtaken:
                    return overtaken_page(request, form, back=request.path)
                problems = policy_drafts.save_draft(
                    draft,
                    str(form.values["content"]),
                    viewer=viewer,
                    note=str(form.values["note"]),
                )
        except EngineError as refused:
            error = failure_of(refused)
        else:
            _tell_saved(request, len(problems))
            tell_merged(request, form)
            return redirect("industry:policy_draft_edit", draft.public_id)
    return render(
        request,
        "industry/policy_draft.html",
        {
            **city_context(request),
            "draft": draft,
            "opened": _opened(draft),
            "read": policy_drafts.text_mark(draft),
            "content": content,
            "error": error,
            "problems": _problem_rows(policy_drafts.problems_of_draft(draft), draft.content),
            "editable": draft.state in _EDITABLE,
            "own": viewer.person_id in (draft.author_id, draft.last_editor_id),
            "may_publish": allowed(viewer, "policy.publish"),
            "asked": policy_drafts.asked_mark(draft),
            "asked_by_me": viewer.person_id == draft.withdrawal_asked_by_id,
            "annulled": draft.state == _State.PUBLISHED
            and policy_drafts.text_mark(draft) != draft.approved_mark,
        },
        status=422 if error else 200,
    )


@require_safe
def policy_draft_try(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """What a draft would change over the city; a part of the draft's page."""
    draft = _draft(request, public_id)
    context: dict[str, Any] = {"draft": draft}
    try:
        result = scenarios.try_draft(
            draft,
            as_of=day_asked(request),
            year=city_year(request),
            viewer=viewer_of(request),
        )
    except EngineError as refused:
        context["error"] = failure_of(refused)
    else:
        context["effect"] = effect_face(result, draft)
    return render(request, "industry/partials/draft_tried.html", context)


@require_safe
def policy_draft_history(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Every saved text of a draft, and what each save changed."""
    draft = _draft(request, public_id)
    saved = list(draft.history.select_related("history_user", "last_editor").order_by("-pk"))
    rows = [
        {
            "saved": now,
            "who": now.history_user or now.last_editor,
            "state": _State(now.state).label,
            "diff": _diff(before, now),
        }
        for now, before in zip(saved, [*saved[1:], None], strict=True)
    ]
    return render(request, "industry/policy_draft_history.html", {"draft": draft, "rows": rows})


@require_POST
def policy_draft_propose(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Hand a draft to a second person."""
    said = choose("已提交，请另一位运营人员发布。", "Proposed; a second person publishes it.")
    return _step(request, public_id, policy_drafts.propose, said)


@require_POST
def policy_draft_publish(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Put a proposed draft in force."""
    said = choose("已发布，自生效日起计入测算。", "Published; it counts from its own day on.")
    # A form without the mark publishes nothing: nobody knows what was read.
    read = request.POST.get("read", "") or "unread"
    corrects = request.POST.get("corrects_past") == "1"
    step = partial(policy_drafts.publish, read=read, corrects_past=corrects)
    return _step(request, public_id, step, said)


@require_POST
def policy_draft_withdraw(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take a draft out; of a published one ask for it, or confirm what another asked for."""
    step = partial(policy_drafts.withdraw, asked=request.POST.get("asked", ""))
    return _step(request, public_id, step, "")


@require_POST
def policy_draft_keep(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Keep a published policy that somebody asked to withdraw."""
    said = choose("不撤回，政策继续有效。", "Not withdrawn: the policy stays in force.")
    return _step(request, public_id, policy_drafts.keep, said)


Step = Callable[..., PolicyDraft]


def _step(request: HttpRequest, public_id: uuid.UUID, step: Step, said: str) -> HttpResponse:
    draft, viewer = _draft(request, public_id), viewer_of(request)
    try:
        step(draft, viewer=viewer)
    except PolicyTextRefused as refused:
        messages.error(request, refused.message)
    except EngineError as refused:
        messages.error(request, failure_of(refused))
    else:
        messages.success(request, said or _said_of_withdrawal(draft))
    return redirect("industry:policy_draft_edit", draft.public_id)


def _said_of_withdrawal(draft: PolicyDraft) -> str:
    if draft.state == _State.WITHDRAWN:
        return choose("已撤回。", "Withdrawn.")
    return choose(
        "已申请撤回，请另一位运营人员确认；在此之前政策继续有效。",
        "Withdrawal is asked for; a second person confirms it, and until then it stays in force.",
    )


def _draft(request: HttpRequest, public_id: uuid.UUID) -> PolicyDraft:
    return get_object_or_404(policy_drafts.drafts(viewer_of(request)), public_id=public_id)


def _opened(draft: PolicyDraft, request: HttpRequest | None = None) -> OpenForm:
    """What the draft's form shows, against what was sent by it."""
    sent = None
    if request is not None:
        sent = {"content": _content(request), "note": plain(request.POST.get("note", ""))}
    return OpenForm(
        {"content": draft.content, "note": draft.note},
        posted=sent,
        data=request.POST if request is not None else None,
        labels={
            "content": choose("政策（YAML）", "Policy (YAML)"),
            "note": choose("修改说明", "What changes"),
        },
        changed_by=str(draft.last_editor or ""),
        changed_at=draft.updated_at,
    )


def _content(request: HttpRequest) -> str:
    return request.POST.get("content", "").replace("\r\n", "\n").replace("\0", "")


def _tell_saved(request: HttpRequest, problem_count: int) -> None:
    if problem_count:
        messages.warning(
            request,
            choose(
                f"已保存，还有 {problem_count} 处问题需要修改。",
                f"Saved; {problem_count} problems are left to mend.",
            ),
        )
    else:
        messages.success(request, choose("已保存，没有问题。", "Saved, without problems."))


def _problem_rows(problems: Any, content: str) -> list[dict[str, Any]]:
    lines = content.split("\n")
    return [
        {
            "problem": one,
            "message": choose(one.message_zh, one.message_en),
            "remedy": choose(one.remedy_zh, one.remedy_en),
            "text": lines[one.line - 1] if 0 < one.line <= len(lines) else "",
        }
        for one in problems
    ]


def _diff(before: Any, now: Any) -> list[tuple[str, str]]:
    """Changed lines with three around them, each marked ``add``, ``cut``, ``at`` or ``""``."""
    if before is None or before.content == now.content:
        return []
    marks = {"+": "add", "-": "cut", "@": "at"}
    found = difflib.unified_diff(
        before.content.splitlines(), now.content.splitlines(), lineterm="", n=3
    )
    return [(marks.get(line[:1], ""), line) for line in found if line[:3] not in ("+++", "---")]
