"""Matches that people have acted on: of one need, and of one viewer."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from silian.identifiers import kind_of
from silian.portal.accounts.domain.access import Viewer, allowed, owned, require, visible
from silian.portal.catalogue import KINDS
from silian.portal.exchange.domain.earlier_outcomes import WITHOUT_ANSWER
from silian.portal.exchange.domain.list_kinds import LISTED_KINDS
from silian.portal.exchange.domain.standing import replayed_outcomes
from silian.portal.exchange.models import Match, Outcome
from silian.portal.industry.models import Need
from silian.portal.registry.models import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A match with the supply it stands for, all its outcomes, and the one that stands.

    ``supply`` is ``None`` where the record is gone or the viewer may not see it. ``withdrawn`` is
    the outcome whose withdrawal can be taken back. ``loaded`` tells outcomes that came from a
    file, which names nobody of this installation.
    """

    match: Match
    supply: Record | None
    outcomes: tuple[Outcome, ...]
    standing: Outcome | None
    withdrawn: Outcome | None
    loaded: bool


def pairs_of_need(need: Need, viewer: Viewer) -> list[Pair]:
    """What came of a need, the latest first, as far as it is the viewer's own.

    Who decides about the need sees all of it, the owner of a supply what concerns that supply.
    """
    return _own_pairs(Match.objects.filter(need=need), viewer)


def pairs_of_supply(record: Record, viewer: Viewer) -> list[Pair]:
    """What came of a supply, the latest first, as far as it is the viewer's own.

    Who decides about the supply sees all of it, the owner of a need what concerns that need.
    """
    return _own_pairs(Match.objects.filter(supply_id=record.public_id), viewer)


def own_matches(viewer: Viewer) -> QuerySet[Match]:
    """Matches whose need or supply is the viewer's own; all of them for the operator.

    A match of the viewer's supply with a need that is hidden from the viewer is not among them.
    """
    require(viewer, "match.mine")
    if viewer.is_operator:
        return Match.objects.all()
    if viewer.organisation_pk is None:
        return Match.objects.none()
    own_supply = Q()
    for kind, spec in LISTED_KINDS.items():
        if kind != "need":
            ids = owned(spec.model._default_manager.all(), viewer)
            own_supply |= Q(supply_id__in=ids.values("public_id"))
    needs = Need.objects.all()
    own_need = Q(need__in=owned(needs, viewer))
    return Match.objects.filter(own_need | (own_supply & Q(need__in=visible(needs, viewer))))


def own_outcomes(viewer: Viewer) -> QuerySet[Outcome]:
    """Outcomes that the viewer recorded, and those of the viewer's needs; all for the operator.

    Of what its maker recorded, a key has only what concerns the key's organisation.
    """
    require(viewer, "match.mine")
    if viewer.is_operator:
        return Outcome.objects.all()
    # Compared with None a column would mean "is unknown"; with a key that none has, nothing.
    recorded = Q(actor_id=viewer.user_id or 0)
    if viewer.by_key:
        recorded &= Q(match__in=own_matches(viewer))
    return Outcome.objects.filter(recorded | Q(match__need__in=owned(Need.objects.all(), viewer)))


def pairs_of(matches: QuerySet[Match], viewer: Viewer, limit: int | None = None) -> list[Pair]:
    """Matches with their outcomes and visible supplies; a fixed number of queries a kind."""
    outcomes = Prefetch("outcomes", Outcome.objects.select_related("actor"))
    acted = matches.filter(outcomes__isnull=False).distinct()
    rows = list(
        acted.select_related("need", "need__organisation", "need__region")
        .prefetch_related(outcomes)
        .order_by("-updated_at", "-pk")[:limit]
    )
    supplies = records_by_id((match.supply_id for match in rows), viewer)
    return [_pair(match, supplies.get(match.supply_id)) for match in rows]


def records_by_id(public_ids: Iterable[str], viewer: Viewer) -> dict[str, Any]:
    """Visible records of ids of any kinds, with organisation and region, one query a kind."""
    by_kind: dict[str, list[str]] = defaultdict(list)
    for public_id in set(public_ids):
        by_kind[kind_of(public_id)].append(public_id)
    found: dict[str, Any] = {}
    for kind, ids in by_kind.items():
        rows = visible(KINDS[kind].model._default_manager.filter(public_id__in=ids), viewer)
        for record in rows.select_related(*KINDS[kind].joined):
            found[record.public_id] = record
    return found


def _own_pairs(matches: QuerySet[Match], viewer: Viewer) -> list[Pair]:
    if not allowed(viewer, "match.mine"):
        return []
    return pairs_of(matches.filter(pk__in=own_matches(viewer).values("pk")), viewer)


def _pair(match: Match, supply: Record | None) -> Pair:
    outcomes = tuple(match.outcomes.all())
    replayed = replayed_outcomes(outcomes)
    return Pair(
        match=match,
        supply=supply,
        outcomes=outcomes,
        standing=replayed.standing[-1] if replayed.standing else None,
        withdrawn=replayed.withdrawn[-1] if replayed.withdrawn else None,
        loaded=match.explanation == WITHOUT_ANSWER,
    )
