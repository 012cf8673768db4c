"""Matches of a need, needs of a supply, and why something is not among them."""

import re
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from silian.errors import EngineError
from silian.identifiers import PREFIX_BY_KIND, UnknownKind, kind_of
from silian.portal.accounts.domain.access import allowed, sees, viewer_of
from silian.portal.catalogue import RecordNotFound, find_record
from silian.portal.exchange.domain import service
from silian.portal.exchange.domain.pairs import pairs_of_need, pairs_of_supply
from silian.portal.exchange.domain.service import FoundHit
from silian.portal.exchange.views.failures import failure_of
from silian.portal.exchange.views.found import visible_record
from silian.portal.registry.interfaces.faces import FACES
from silian.tables.values import fold_label

HITS_SHOWN = 10
_GOOD_LEVEL = 2.5  # from here on the tab counts a hit as worth a look
_CHOICES_SHOWN = 8
_PUBLIC_ID = re.compile(rf"\b(?:{'|'.join(PREFIX_BY_KIND.values())})-[a-z2-7]{{16}}\b")


@require_GET
def need_matches(request: HttpRequest, public_id: str) -> HttpResponse:
    need = visible_record(request, public_id, "need")
    viewer = viewer_of(request)
    context: dict[str, Any] = {"need": need, "full_page": not request.htmx}
    try:
        results = service.match_need(need, viewer=viewer, limit=HITS_SHOWN)
        records = service.records_of([h for r in results.values() for h in r.all_hits], viewer)
    except EngineError as error:
        context["failure"] = failure_of(error)
        return render(request, _page(request, "matches"), context)
    by_supply = {pair.match.supply_id: pair for pair in pairs_of_need(need, viewer)}
    context |= {
        "panels": [_panel(FACES[k], results[k], records, by_supply) for k in results],
        "pending_count": max((r.meaning_pending_count for r in results.values()), default=0),
        "meaning_failure": next((r.meaning_failure for r in results.values()), ""),
        "can_decide": allowed(viewer, "match.decide", need),
    }
    return render(request, _page(request, "matches"), context)


@require_GET
def record_matches(request: HttpRequest, public_id: str) -> HttpResponse:
    """For one supply: the needs it could meet."""
    record = visible_record(request, public_id)
    viewer = viewer_of(request)
    context: dict[str, Any] = {"record": record, "full_page": not request.htmx}
    try:
        result = service.match_supply(record, viewer=viewer, limit=HITS_SHOWN)
        records = service.records_of(result.hits, viewer)
    except EngineError as error:
        context["failure"] = failure_of(error)
        return render(request, _page(request, "reverse_matches"), context)
    by_need = {pair.match.need.public_id: pair for pair in pairs_of_supply(record, viewer)}
    own_supply = allowed(viewer, "match.decide", record)
    context |= {
        "entries": [
            _reverse_entry(hit, need, by_need.get(need.public_id), viewer, own_supply)
            for hit in result.hits
            if (need := records.get(hit.document.document_id)) is not None
        ],
        "pending_count": result.meaning_pending_count,
        "meaning_failure": result.meaning_failure,
    }
    return render(request, _page(request, "reverse_matches"), context)


@require_GET
def why_not(request: HttpRequest, public_id: str) -> HttpResponse:
    need = visible_record(request, public_id, "need")
    viewer = viewer_of(request)
    asked = request.GET.get("supply", "").strip()[:300]
    context: dict[str, Any] = {"need": need, "asked": asked, "full_page": not request.htmx}
    found = _PUBLIC_ID.search(asked)
    try:
        if found:
            context |= _absence(need, found.group(), viewer)
        elif asked:
            page = service.search(
                asked, viewer=viewer, kinds=service.SUPPLY_KINDS, limit=_CHOICES_SHOWN
            )
            # Whoever names a supply writes a word of its name.
            choices = [one for one in page.hits if one.named_by or one.hit.matched_terms]
            meant = _meant(asked, choices)
            context |= _absence(need, meant, viewer) if meant else {"choices": choices}
    except EngineError as error:
        context["failure"] = failure_of(error)
    return render(request, _page(request, "why_not"), context)


def _meant(asked: str, choices: Sequence[FoundHit]) -> str:
    """Public id of the supply that is surely meant: the only one found, or the only namesake."""
    named = [
        one for one in choices if one.named_by or fold_label(str(one.record)) == fold_label(asked)
    ]
    [only, *others] = named or choices or [None]
    return only.record.public_id if only is not None and not others else ""


def _reverse_entry(hit: Any, need: Any, pair: Any, viewer: Any, own_supply: bool) -> dict[str, Any]:
    """One need of a supply; who owns the supply alone may note the contact, nothing more."""
    own_need = allowed(viewer, "match.decide", need)
    return {
        "hit": hit,
        "record": need,
        "pair": pair,
        "can_decide": own_supply or own_need,
        "contact_only": not own_need,
    }


def _absence(need: Any, supply_id: str, viewer: Any) -> dict[str, Any]:
    if kind_of(supply_id) not in service.SUPPLY_KINDS:
        raise UnknownKind(f"{supply_id} is no supply.", identifier=supply_id)
    supply = find_record(supply_id)
    if not sees(viewer, supply):
        raise RecordNotFound(f"{supply_id} is not visible.", public_id=supply_id)
    absence = service.why_not(need, supply_id, viewer=viewer, limit=HITS_SHOWN)
    return {"absence": absence, "supply": supply}


def _panel(face: Any, result: Any, records: Any, by_supply: Any) -> dict[str, Any]:
    hits = [hit for hit in result.hits if hit.document.document_id in records]
    return {
        "face": face,
        "good_count": sum(hit.level >= _GOOD_LEVEL for hit in hits),
        "best_level": max((hit.level for hit in hits), default=0.0),
        "candidate_count": result.candidate_count,
        "entries": [
            _entry(hit, records, by_supply)
            | {
                "beneath": [
                    _entry(one, records, by_supply)
                    for one in result.beneath.get(hit.document.document_id, ())
                    if one.document.document_id in records
                ]
            }
            for hit in hits
        ],
    }


def _entry(hit: Any, records: Any, by_supply: Any) -> dict[str, Any]:
    public_id = hit.document.document_id
    return {"hit": hit, "record": records[public_id], "pair": by_supply.get(public_id)}


def _page(request: HttpRequest, name: str) -> str:
    folder = "exchange/partials" if request.htmx else "exchange"
    return f"{folder}/{name}.html"
