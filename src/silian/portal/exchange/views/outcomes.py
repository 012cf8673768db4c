"""What people do with a match, and the page of one's own matches."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from silian.portal.accounts.domain.access import allowed, viewer_of
from silian.portal.addresses import half_width
from silian.portal.bilingual import choose
from silian.portal.exchange.domain.list_kinds import LISTED_KINDS
from silian.portal.exchange.domain.outcomes import (
    OutcomeDoubted,
    OutcomeRefused,
    correct,
    record_outcome,
    restore,
    withdraw,
)
from silian.portal.exchange.domain.pairs import own_matches, pairs_of, pairs_of_need
from silian.portal.exchange.models import Outcome
from silian.portal.exchange.views.found import visible_record
from silian.portal.industry.models import Need
from silian.tables.values import ValueRefused, parse_amount_cny, shorten

_WAN = Decimal(10_000)
_DIGITS = re.compile(r"[+-]?([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,15})(\.[0-9]{1,10})?")
_WITH_UNIT = re.compile(r"[^eE]{1,30}[元万亿]")
_ROWS_SHOWN = 50
_PAIRS_SHOWN = 200


@require_POST
def outcome(request: HttpRequest, public_id: str, supply_id: str) -> HttpResponse:
    need = visible_record(request, public_id, "need")
    supply = visible_record(request, supply_id)

    def record(reason: str, amount_cny: Decimal | None, confirmed: bool) -> None:
        record_outcome(
            need=need,
            supply_id=supply.public_id,
            action=request.POST.get("action", ""),
            viewer=viewer_of(request),
            reason=reason,
            amount_cny=amount_cny,
            confirmed=confirmed,
        )

    return _answer(request, need, supply.public_id, _tried(request, record))


@require_POST
def outcome_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Put another reason or amount in the place of what was recorded."""
    found = _outcome(pk)

    def correct_it(reason: str, amount_cny: Decimal | None, confirmed: bool) -> None:
        correct(
            found, viewer_of(request), reason=reason, amount_cny=amount_cny, confirmed=confirmed
        )

    return _answer(request, found.match.need, found.match.supply_id, _tried(request, correct_it))


@require_POST
def outcome_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    found = _outcome(pk)
    refused = _refusal_of(lambda: withdraw(found, viewer_of(request)))
    return _answer(request, found.match.need, found.match.supply_id, refused)


@require_POST
def outcome_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a withdrawal back."""
    found = _outcome(pk)
    refused = _refusal_of(lambda: restore(found, viewer_of(request)))
    return _answer(request, found.match.need, found.match.supply_id, refused)


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


def _outcome(pk: int) -> Outcome:
    return get_object_or_404(Outcome.objects.select_related("match__need"), pk=pk)


def _tried(
    request: HttpRequest, record: Callable[[str, Decimal | None, bool], None]
) -> OutcomeRefused | None:
    """Record what the form says; the refusal where it is refused."""
    return _refusal_of(
        lambda: record(
            request.POST.get("reason", ""),
            _amount_cny(request.POST.get("amount_wan", "")),
            request.POST.get("confirmed") == "yes",
        )
    )


def _refusal_of(record: Callable[[], Any]) -> OutcomeRefused | None:
    try:
        record()
    except OutcomeRefused as refused:
        return refused
    return None


def _amount_cny(text: str) -> Decimal | None:
    """Amount of the form in yuan: digits are 万元, a unit that is written counts.

    What is no amount is refused here, what is out of bounds by the domain.
    """
    text = half_width(text)
    if not text:
        return None
    if _DIGITS.fullmatch(text):
        return Decimal(text.replace(",", "")) * _WAN
    try:
        if _WITH_UNIT.fullmatch(text):
            return parse_amount_cny(text)
    except ValueRefused:
        pass
    shown = shorten(text)
    raise OutcomeRefused(
        "amount_unreadable",
        f"the amount is {shown!r}; expected plain digits in units of 10,000 yuan, e.g. 12.5.",
        message_zh=f"金额“{shown}”无法识别，请用数字填写万元数，例如 12.5。",
    )


def _answer(
    request: HttpRequest, need: Need, supply_id: str, refused: OutcomeRefused | None
) -> HttpResponse:
    if not request.htmx:
        if refused:
            messages.error(request, refused.message)
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
        "error": refused.message if refused else "",
        "doubted": isinstance(refused, OutcomeDoubted),
        # What was written stays in its form.
        "sent": request.POST if refused else {},
        "sent_to": request.path,
        "can_decide": True,
        "contact_only": not own_need,
        # Only the need's own page has a history and a status to renew.
        "with_history": own_need
        and (request.htmx.current_url_abs_path or "").startswith(
            reverse("exchange:need_detail", args=[need.public_id])
        ),
    }
    return render(
        request, "exchange/partials/actions.html", context, status=422 if refused else 200
    )
