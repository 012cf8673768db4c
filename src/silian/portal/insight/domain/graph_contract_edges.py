"""Edges that matches say: who was considered with whom, who contracted, supplies, books."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from django.utils import timezone

from silian.identifiers import kind_of
from silian.portal.exchange.domain.standing import replay
from silian.portal.exchange.models import Match, Outcome
from silian.portal.innovation.models import Patent
from silian.portal.insight.domain.changed_records import record_models
from silian.portal.registry.domain.references import portions

#: Source, target, type, weight, first day, last day, evidence.
EdgeRow = tuple[str, str, str, float, date | None, date | None, str]
_Matched = tuple[int, str, str | None, str, str, str]

_CHUNK = 5_000
_TYPES = {Match.Status.CONTACTED: "matched", Match.Status.SIGNED: "contracted"}
_COLUMNS = (
    "pk",
    "need__public_id",
    "need__organisation__public_id",
    "supply_id",
    "status",
    "public_id",
)


def match_edges(ids: list[str] | None) -> Iterator[EdgeRow]:
    """Needs and the supply they came together with, as far as people acted on it.

    What is under contract also ties the organisations: the one that offers it (or the expert)
    supplies the one in need; where it is a facility, that one books it.
    """
    chosen = Match.objects.order_by("pk").filter(status__in=_TYPES)
    if ids is not None:
        chosen = chosen.filter(public_id__in=ids)
    rows: list[_Matched] = list(chosen.values_list(*_COLUMNS).iterator(chunk_size=_CHUNK))
    days = _days_of(row[0] for row in rows)
    owners = _owners_of({row[3] for row in rows if row[4] == Match.Status.SIGNED})
    for key, need, buyer, supply, status, evidence in rows:
        day = days.get(key)
        yield need, supply, _TYPES[Match.Status(status)], 1.0, day, day, evidence
        if status != Match.Status.SIGNED or buyer is None:
            continue
        for owner in owners.get(supply, ()):
            if owner != buyer:
                yield owner, buyer, "supplies", 1.0, day, day, evidence
        if kind_of(supply) == "facility":
            yield buyer, supply, "books", 1.0, day, day, evidence


def _days_of(keys: Iterable[int]) -> dict[int, date]:
    """Day of the outcome that stands, by match; later edits of a match move nothing."""
    trails: dict[int, list[tuple[str, bool, date]]] = defaultdict(list)
    columns = ("match_id", "action", "corrects_id", "created_at")
    for portion in portions(keys):
        rows = Outcome.objects.filter(match__in=portion).order_by("pk").values_list(*columns)
        for match, action, corrects, moment in rows.iterator(chunk_size=_CHUNK):
            trails[match].append((action, corrects is not None, timezone.localdate(moment)))
    # A contract whose amount was corrected was still signed on its own day.
    days = {
        match: replay(steps, lambda former, _: former).standing for match, steps in trails.items()
    }
    return {match: standing[-1] for match, standing in days.items() if standing}


def _owners_of(supplies: Iterable[str]) -> dict[str, list[str]]:
    """Who offers each supply: its organisations; an organisation or an expert itself."""
    by_kind: dict[str, list[str]] = defaultdict(list)
    for one in supplies:
        by_kind[kind_of(one)].append(one)
    found: dict[str, list[str]] = {}
    for kind, ids in by_kind.items():
        if kind in ("organisation", "person"):
            found.update((one, [one]) for one in ids)
            continue
        for portion in portions(ids):
            rows = record_models()[kind]._default_manager.filter(public_id__in=portion)
            named = rows.filter(organisation__isnull=False)
            for one, owner in named.values_list("public_id", "organisation__public_id"):
                found[one] = [owner]
    for portion in portions(by_kind["patent"]):
        links = Patent.objects.filter(public_id__in=portion, assignees__isnull=False)
        for one, owner in links.order_by("pk").values_list("public_id", "assignees__public_id"):
            if owner not in found.setdefault(one, []):
                found[one].append(owner)
    return found
