"""What people do with a match, and the page of one's own matches."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from silian.portal.accounts.domain.access import allowed, viewer_of
from silian.portal.bilingual import choose
from silian.portal.exchange.domain.list_kinds import LISTED_KINDS
from silian.portal.exchange.domain.outcomes import OutcomeRefused, record_outcome, withdraw
from silian.portal.exchange.domain.pairs import own_matches, pairs_of, pairs_of_need
from silian.portal.exchange.models import Outcome
from silian.portal.exchange.views.found import visible_record
from silian.portal.industry.models import Need

_WAN = Decimal(10_000)
_ROWS_SHOWN = 50
_PAIRS_SHOWN = 200


@require_POST
def outcome(request: HttpRequest, public_id: str, supply_id: str) -> HttpResponse:
    need = visible_record(request, public_id, "need")
    supply = visible_record(request, supply_id)
    error = ""
    try:
        record_outcome(
            need=need,
            supply_id=supply.public_id,
            action=request.POST.get("action", ""),
            viewer=viewer_of(request),
            reason=request.POST.get("reason", ""),
            amount_cny=_amount_cny(request.POST.get("amount_wan", "")),
        )
    except OutcomeRefused as refused:
        error = refused.message
    return _answer(request, need, supply.public_id, error)


@require_POST
def outcome_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Outcome.objects.select_related("match__need"), pk=pk)
    error = ""
    try:
        withdraw(found, viewer_of(request))
    except OutcomeRefused as refused:
        error = refused.message
    return _answer(request, found.match.need, found.match.supply_id, error)


@require_GET
def my_matches(request: HttpRequest) -> HttpResponse:
    """Everything that is one's own: matches with outcomes, needs, supplies."""
    viewer = viewer_of(request)
    own: dict[str, Any] = {}
    for kind, spec in LISTED_KINDS.items():
        rows = spec.model._default_manager.filter(owner_id=viewer.organisation_pk)
        if viewer.organisation_pk and kind != "organisation":
            own[kind] = rows.select_related(*spec.related).order_by("-updated_at")[:_ROWS_SHOWN]
    return render(
        request,
        "exchange/my_matches.html",
        {
            "pairs": pairs_of(own_matches(viewer), viewer, _PAIRS_SHOWN),
            "pair_limit": _PAIRS_SHOWN,
            "own_needs": own.pop("need", []),
            "own_supplies": [record for rows in own.values() for record in rows],
            "viewer": viewer,
        },
    )


def _amount_cny(text: str) -> Decimal | None:
    """Amount of the form (万元) in yuan; what can't be read is refused by the domain."""
    text = text.strip().replace(",", "").replace("，", "")
    if not text:
        return None
    try:
        return Decimal(text) * _WAN
    except ArithmeticError:  # no number, or one beyond what a Decimal holds
        raise OutcomeRefused(
            "amount_out_of_range",
            f"the amount is {text!r}; expected a number in units of 10,000 yuan, e.g. 12.5.",
            message_zh=f"金额“{text}”不是数字，请填写万元数，例如 12.5。",
        ) from None


def _answer(request: HttpRequest, need: Need, supply_id: str, error: str) -> HttpResponse:
    if not request.htmx:
        if error:
            messages.error(request, error)
        else:
            messages.success(request, choose("已记录。", "Recorded."))
        return redirect("exchange:need_detail", need.public_id)
    need.refresh_from_db()
    viewer = viewer_of(request)
    pairs = pairs_of_need(need, viewer)
    own_need = allowed(viewer, "match.decide", need)
    context = {
        "need": need,
        "supply_id": supply_id,
        "pair": next((pair for pair in pairs if pair.match.supply_id == supply_id), None),
        "pairs": pairs,
        "error": error,
        "can_decide": True,
        "contact_only": not own_need,
        # Only the need's own page has a history to renew.
        "with_history": own_need
        and (request.htmx.current_url_abs_path or "").startswith(
            reverse("exchange:need_detail", args=[need.public_id])
        ),
    }
    return render(request, "exchange/partials/actions.html", context, status=422 if error else 200)
