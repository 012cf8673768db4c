"""Matches that people have acted on: of one need, and of one viewer."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from silian.identifiers import kind_of
from silian.portal.accounts.domain.access import Viewer, require, visible
from silian.portal.catalogue import KINDS
from silian.portal.exchange.domain.list_kinds import LISTED_KINDS
from silian.portal.exchange.domain.outcomes import effective_outcomes
from silian.portal.exchange.models import Match, Outcome
from silian.portal.industry.models import Need
from silian.portal.registry.models import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A match with the supply it stands for, all its outcomes, and the one that stands."""

    match: Match
    supply: Record | None
    outcomes: tuple[Outcome, ...]
    standing: Outcome | None


def pairs_of_need(need: Need) -> list[Pair]:
    """Every match of a need that has an outcome, the latest first."""
    return _pairs(Match.objects.filter(need=need))


def pairs_of_supply(record: Record) -> list[Pair]:
    """Every match of a supply that has an outcome, the latest first."""
    return _pairs(Match.objects.filter(supply_id=record.public_id))


def own_matches(viewer: Viewer) -> QuerySet[Match]:
    """Matches whose need or supply is the viewer's own; all of them for the operator."""
    require(viewer, "match.mine")
    matches = Match.objects.all()
    if viewer.is_operator:
        return matches
    own = Q(need__owner_id=viewer.organisation_pk)
    for kind, spec in LISTED_KINDS.items():
        if kind != "need":
            ids = spec.model._default_manager.filter(owner_id=viewer.organisation_pk)
            own |= Q(supply_id__in=ids.values("public_id"))
    return matches.filter(own) if viewer.organisation_pk else matches.none()


def pairs_of(matches: QuerySet[Match], limit: int | None = None) -> list[Pair]:
    """Matches with their supplies and outcomes; a fixed number of queries for each kind."""
    return _pairs(matches, limit)


def records_by_id(public_ids: Iterable[str], viewer: Viewer | None = None) -> dict[str, Any]:
    """Records of ids of any kinds, with organisation and region, one query a kind."""
    by_kind: dict[str, list[str]] = defaultdict(list)
    for public_id in set(public_ids):
        by_kind[kind_of(public_id)].append(public_id)
    found: dict[str, Any] = {}
    for kind, ids in by_kind.items():
        rows = KINDS[kind].model._default_manager.filter(public_id__in=ids)
        if viewer is not None:
            rows = visible(rows, viewer)
        for record in rows.select_related(*KINDS[kind].joined):
            found[record.public_id] = record
    return found


def _pairs(matches: QuerySet[Match], limit: int | None = None) -> list[Pair]:
    outcomes = Prefetch("outcomes", Outcome.objects.select_related("actor"))
    acted = matches.filter(outcomes__isnull=False).distinct()
    rows = list(
        acted.select_related("need", "need__organisation", "need__region")
        .prefetch_related(outcomes)
        .order_by("-updated_at", "-pk")[:limit]
    )
    supplies = records_by_id(match.supply_id for match in rows)
    return [_pair(match, supplies.get(match.supply_id)) for match in rows]


def _pair(match: Match, supply: Record | None) -> Pair:
    outcomes = tuple(match.outcomes.all())
    standing = effective_outcomes(outcomes)
    return Pair(
        match=match,
        supply=supply,
        outcomes=outcomes,
        standing=standing[-1] if standing else None,
    )
