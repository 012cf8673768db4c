"""A need: its page, its form, and the live check whether an expert could answer it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from silian.portal.accounts.domain.access import require, viewer_of
from silian.portal.bilingual import choose
from silian.portal.exchange.domain import service
from silian.portal.exchange.domain.pairs import pairs_of_need
from silian.portal.exchange.domain.stated_in_text import stated_in_text
from silian.portal.exchange.interfaces.forms import RecordForm
from silian.portal.exchange.interfaces.need_doubts import (
    Doubt,
    budget_refusal,
    doubts_of,
    stated_values,
)
from silian.portal.exchange.views.deleting import deleted
from silian.portal.exchange.views.found import visible_record
from silian.portal.exchange.views.lists import EXPORT_FORMATS
from silian.portal.industry.models import Need
from silian.portal.open_forms import overtaken_page, tell_merged
from silian.portal.registry.domain.own import check_speaks_for_somebody
from silian.portal.registry.domain.own_removal import is_deletable
from silian.portal.registry.interfaces.cards import card_of
from silian.portal.registry.interfaces.fields import field_groups
from silian.portal.registry.interfaces.regions import region_options

_FIELD_ORDER = (
    "title",
    "need_kind",
    "text",
    "target",
    "present_state",
    "budget_cny",
    "deadline",
    "readiness_target",
    "organisation_name",
    "region_adcode",
    "audience",
    "field_codes",
    "keywords",
)
_FILLED_FROM_TEXT = ("budget_cny", "deadline")
_READ_FOR_CLARITY = ("title", "text", "present_state", "target")


@require_GET
def need_detail(request: HttpRequest, public_id: str) -> HttpResponse:
    need = visible_record(request, public_id, "need")
    viewer = viewer_of(request)
    return render(
        request,
        "exchange/need_detail.html",
        {
            "need": need,
            "card": card_of(need),
            "clarity": service.clarity(need),
            "export_formats": EXPORT_FORMATS,
            "pairs": pairs_of_need(need, viewer),
        },
    )


@require_http_methods(["GET", "POST"])
def need_new(request: HttpRequest) -> HttpResponse:
    check_speaks_for_somebody(viewer_of(request))
    initial = {"text": request.GET.get("text", "")[:5000], "need_kind": "technology"}
    return _edit(request, None, initial)


@require_http_methods(["GET", "POST"])
def need_edit(request: HttpRequest, public_id: str) -> HttpResponse:
    need = visible_record(request, public_id, "need")
    require(viewer_of(request), "need.write", need)
    return _edit(request, need, {})


@require_POST
def need_clarity(request: HttpRequest) -> HttpResponse:
    """Check what stands in the form now, without saving it."""
    form = RecordForm("need", viewer_of(request), data=request.POST)
    return render(request, "exchange/partials/clarity.html", _checked(form))


def draft_of(form: RecordForm) -> Need:
    """An unsaved need with what the form holds, as far as it can be read."""
    need = Need(**{name: form.fields[name].value for name in _READ_FOR_CLARITY})
    for name in ("budget_cny", "deadline", "readiness_target"):
        # For the check it matters whether it is stated; saving checks what it says.
        setattr(need, name, _stated(name, form.fields[name].value))
    return need


def _checked(form: RecordForm) -> dict[str, Any]:
    """The check of what stands in the form, and what its text says for boxes that are empty."""
    clarity = service.clarity(draft_of(form))
    empty = [name for name in _FILLED_FROM_TEXT if not form.fields[name].value]
    return {"clarity": clarity, "stated": stated_in_text(clarity, empty)}


def _stated(name: str, value: str) -> Any:
    if not value:
        return None
    from datetime import date
    from decimal import Decimal

    try:
        if name == "deadline":
            return date.fromisoformat(value)
        return Decimal(value) * 10_000 if name == "budget_cny" else int(value)
    except (ValueError, ArithmeticError):
        return None


def _edit(request: HttpRequest, need: Any, initial: dict[str, Any]) -> HttpResponse:
    viewer = viewer_of(request)
    posted = request.POST if request.method == "POST" else None
    if posted is not None and need is not None and posted.get("intent") == "delete":
        return deleted(request, need, "exchange:need_list")
    form = RecordForm("need", viewer, record=need, data=posted, initial=initial)
    doubts: list[Doubt] = []
    if posted is not None:
        status = _status(posted.get("intent", ""), need)
        doubts = _doubts(form, need, status, posted.getlist("asked"))
        asks_back = bool(doubts) or form.has_errors
        if asks_back:
            form.settle()
        result = None if asks_back else form.save(**status)
        if result is not None:
            saved: Any = result.record
            messages.success(request, _told(saved))
            _tell_unfilled(request, form, saved)
            if form.opened:
                tell_merged(request, form.opened)
            return redirect("exchange:need_detail", saved.public_id)
        if form.opened and form.opened.overtaken:
            back = reverse("exchange:need_detail", args=[need.public_id])
            return overtaken_page(request, form.opened, back=back)
    context = {
        "form": form,
        "opened": form.opened,
        "deletable": need is not None and is_deletable(need),
        "need": need,
        "regions": region_options(),
        **_checked(form),
        "doubts": doubts,
        "field_order": _FIELD_ORDER,
        "field_groups": field_groups(),
        "is_draft": need is None or need.status == Need.Status.DRAFT,
    }
    return render(request, "exchange/need_form.html", context, status=422 if posted else 200)


def _doubts(form: RecordForm, need: Any, status: dict[str, str], meant: list[str]) -> list[Doubt]:
    """What is asked before saving; a budget that none can be is an error of its box."""
    budget_cny, deadline = stated_values(form.fields)
    if refusal := budget_refusal(budget_cny):
        form.fields["budget_cny"].errors.append(refusal)
    if status.get("status") != Need.Status.PUBLISHED:
        return []
    is_published = need is not None and need.status == Need.Status.PUBLISHED
    found = doubts_of(budget_cny, deadline, need if is_published else None)
    return [] if all(one.token in meant for one in found) else found


def _tell_unfilled(request: HttpRequest, form: RecordForm, need: Any) -> None:
    """Say of a published need what its text states and its boxes lack: filters pass it over."""
    if need.status != Need.Status.PUBLISHED:
        return
    for one in _checked(form)["stated"].values():
        label = form.fields[one.name].label
        messages.warning(
            request,
            choose(
                f"原文写了“{one.words}”，但“{label}”一栏空着，按它筛选时找不到这项需求。"
                "可在“修改”里一键填入。",
                f"The text says “{one.words}”, but {label} is empty, so that filters by it pass "
                "this need over. Under Edit it is filled in by one click.",
            ),
        )


def _status(intent: str, need: Any) -> dict[str, str]:
    """Status that the pressed button asks for."""
    today = timezone.localdate().isoformat()
    if need is not None and need.status == Need.Status.CONTRACTED:
        return {}  # a contract ends by its withdrawal
    if intent == "publish":
        first = need is None or need.published_on is None
        return {"status": "published", **({"published_on": today} if first else {})}
    if intent == "close":
        return {"status": "closed"}
    if intent == "draft" or need is None:
        return {"status": "draft"}
    return {"status": need.status}


def _told(need: Any) -> str:
    if need.status == Need.Status.DRAFT:
        return choose(
            "草稿已保存，只有本单位和运营方可见。",
            "Draft saved; only your organisation and the operator see it.",
        )
    if need.status == Need.Status.CLOSED:
        return choose("需求已关闭。", "The need is closed.")
    if need.status == Need.Status.CONTRACTED:
        return choose("已保存。", "Saved.")
    return choose("需求已发布，正在匹配。", "The need is published and being matched.")
