"""Flows between areas: people who change their employer, who serve two, and contracts.

All three are about single people and firms, so small counts are withheld. They are told between
the parts of one area only (``home_area``) and everything outside it: with several levels at once
their differences would tell more than each.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings

from silian.identifiers import kind_of
from silian.portal.bilingual import both, choose
from silian.portal.catalogue import KINDS
from silian.portal.exchange.domain.list_kinds import LISTED_KINDS
from silian.portal.exchange.models import Match
from silian.portal.insight.domain.maps_areas import ALL, Area, AreaTree
from silian.portal.insight.domain.maps_counts import MapCounts, map_counts
from silian.portal.insight.domain.suppression import Groups, sums, withheld
from silian.portal.registry.domain.identities import merged_records
from silian.portal.registry.models import Affiliation

if TYPE_CHECKING:
    from numpy.typing import NDArray

FLOW_KINDS: Mapping[str, Any] = {
    "moves": both("人才流动（换单位）", "People changing employer"),
    "shared": both("人才共享（双聘兼任）", "People serving two employers"),
    "contracts": both("技术合同（供方→需方）", "Contracts (supplier → buyer)"),
}
_EMPLOYMENT = Affiliation.AffiliationKind.EMPLOYMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowEnd:
    """An area that something flows from or to; ``code`` is empty for what lies outside."""

    code: str
    name: str
    name_en: str
    centre: tuple[float, float] | None

    @property
    def label(self) -> str:
        """Name in the reader's language."""
        return choose(self.name, self.name_en)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowTable:
    """How many flow from each area to each.

    Attributes
    ----------
    counts
        Row by origin, column by destination; ``None`` where withheld. Of contracts, where only
        counts of some size are told, 0 is withheld as well.
    out_totals, in_totals
        Sums of rows and columns without what stays inside an area; empty for contracts.
    """

    kind: str
    home: FlowEnd
    ends: tuple[FlowEnd, ...]
    counts: tuple[tuple[int | None, ...], ...]
    out_totals: tuple[int | None, ...]
    in_totals: tuple[int | None, ...]

    @property
    def lines(self) -> list[tuple[FlowEnd, FlowEnd, int]]:
        """Flows between different areas that may be shown, the largest first."""
        found = [
            (self.ends[row], self.ends[column], count)
            for row, counts in enumerate(self.counts)
            for column, count in enumerate(counts)
            if count and row != column
        ]
        return sorted(found, key=lambda line: (-line[2], line[0].code, line[1].code))


def home_area(tree: AreaTree) -> int:
    """The area that the map opens with: the region of the setting ``SILIAN_REGION``.

    Without one, the smallest area that holds everything loaded: the only city, the only
    province, or the country.
    """
    named = tree.places.get(settings.HOME_REGION, 0) if settings.HOME_REGION else 0
    if tree.children[named] and named:
        return named
    place = 0
    while True:
        parts = [part for part in tree.children[place] if not tree.areas[part].is_rest]
        if len(parts) != 1 or not tree.children[parts[0]]:
            return place
        place = parts[0]


_kept: dict[tuple[str, str], FlowTable] = {}


def flows(kind: str) -> FlowTable:
    """Flows of one kind between the parts of the home area.

    Raises
    ------
    KeyError
        If the kind is none of ``FLOW_KINDS``.
    """
    FLOW_KINDS[kind]
    counts = map_counts()
    key = (counts.stamp, kind)
    if key not in _kept:
        made = _counted(kind, counts)
        if any(stamp != counts.stamp for stamp, _ in _kept):
            _kept.clear()
        _kept[key] = made
    return _kept[key]


def _counted(kind: str, counts: MapCounts) -> FlowTable:
    tree = counts.tree
    home = home_area(tree)
    parts = [part for part in tree.children[home] if not tree.areas[part].is_rest]
    end_of_leaf = _ends_of_leaves(tree, home, parts)
    layers = [np.zeros((len(parts) + 1, len(parts) + 1), dtype=np.int64) for _ in range(3)]
    reading = {"moves": _moves, "shared": _shared, "contracts": _contracts}[kind]
    for origin, destination, layer in reading():
        ends = (end_of_leaf.get(tree.leaf_of(code)) for code in (origin, destination))
        row, column = ends
        if row is not None and column is not None:
            for table in layers[: layer + 1]:
                table[row, column] += 1
    shown = _thresholded(layers[0]) if kind == "contracts" else _protected(layers)
    return FlowTable(kind=kind, home=_end(tree.areas[home]), ends=_labelled(tree, parts), **shown)


def _ends_of_leaves(tree: AreaTree, home: int, parts: list[int]) -> dict[int, int]:
    """Which end each leaf belongs to; what names no part of the home area belongs to none."""
    member = tree.groups.member
    found = {}
    for number, part in enumerate(parts):
        found |= dict.fromkeys(np.flatnonzero(member[part]).tolist(), number)
    outside = ~member[home]
    outside[tree.leaf_of(ALL)] = False
    return found | dict.fromkeys(np.flatnonzero(outside).tolist(), len(parts))


def _labelled(tree: AreaTree, parts: list[int]) -> tuple[FlowEnd, ...]:
    outside = FlowEnd(code="", name="区域外", name_en="Outside", centre=None)
    return (*(_end(tree.areas[part]) for part in parts), outside)


def _end(area: Area) -> FlowEnd:
    return FlowEnd(code=area.code, name=area.name, name_en=area.name_en, centre=area.centre)


def _protected(layers: "list[NDArray[np.int64]]") -> dict[str, Any]:
    """The table with its totals; the totals leave out what stays inside an area."""
    n = len(layers[0])
    for table in layers:
        np.fill_diagonal(table, 0)
    groups = Groups.of([*([number] for number in range(n)), range(n)], n)
    # Everybody knows that nothing flows from an area to itself here.
    known = np.eye(n, dtype=bool)
    hidden = withheld(layers, groups, groups, settings.SMALL_COUNT_MIN, known=known)
    found = sums(layers[0], groups, groups)
    shown = [
        tuple(None if gone else int(count) for count, gone in zip(*row, strict=True))
        for row in zip(found, hidden, strict=True)
    ]
    return {
        "counts": tuple(row[:n] for row in shown[:n]),
        "out_totals": tuple(row[n] for row in shown[:n]),
        "in_totals": shown[n][:n],
    }


def _thresholded(table: "NDArray[np.int64]") -> dict[str, Any]:
    """Large counts only, without totals: how many contracts each area has is public elsewhere."""
    least = settings.SMALL_COUNT_MIN
    counts = tuple(tuple(int(n) if n >= least else None for n in row) for row in table)
    return {"counts": counts, "out_totals": (), "in_totals": ()}


_Flow = tuple[str | None, str | None, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spell:
    """One affiliation of a person, at an organisation whichever record names it."""

    organisation: str
    adcode: str | None
    kind: str
    layer: int
    since: date | None


def _spells() -> Iterator[list[_Spell]]:
    """Affiliations of one person after the other, in order of time."""
    people, organisations = merged_records("person"), merged_records("organisation")
    rows = Affiliation.objects.order_by("person_id", "valid_from", "pk").values_list(
        "person__public_id",
        "organisation__public_id",
        "organisation__region__adcode",
        "affiliation_kind",
        "audience",
        "person__audience",
        "valid_from",
    )
    merged: dict[str, list[_Spell]] = {}
    for person, group in groupby(rows.iterator(chunk_size=5_000), key=lambda row: row[0]):
        spells = [
            _Spell(
                organisation=organisations.get(row[1], row[1]),
                adcode=row[2],
                kind=row[3],
                layer=max(_LAYER[row[4]], _LAYER[row[5]]),
                since=row[6],
            )
            for row in group
        ]
        if person in people:
            merged.setdefault(people[person], []).extend(spells)
        else:
            yield spells
    for spells in merged.values():
        yield sorted(spells, key=lambda one: (one.since is not None, one.since or date.min))


def _moves() -> Iterator[_Flow]:
    """From one dated employment to the next at another employer, each pair of areas once."""
    for spells in _spells():
        jobs = [one for one in spells if one.kind == _EMPLOYMENT and one.since is not None]
        pairs = pairwise(jobs)
        yield from _once(
            (one, other) for one, other in pairs if one.organisation != other.organisation
        )


def _shared() -> Iterator[_Flow]:
    """From the employer to each further organisation that a person serves."""
    for spells in _spells():
        job = next((one for one in spells if one.kind == _EMPLOYMENT), None)
        if job is not None:
            others = (one for one in spells if one.kind != _EMPLOYMENT)
            yield from _once((job, one) for one in others)


def _once(pairs: Iterable[tuple[_Spell, _Spell]]) -> Iterator[_Flow]:
    """A person counts once between two areas; the layer is that of the most private record."""
    found: dict[tuple[str | None, str | None], int] = {}
    for one, other in pairs:
        layer = max(one.layer, other.layer)
        key = (one.adcode, other.adcode)
        found[key] = min(layer, found.get(key, layer))
    for (origin, destination), layer in found.items():
        yield origin, destination, layer


_LAYER = {"public": 0, "members": 1, "owner": 2}


def _contracts() -> Iterator[_Flow]:
    """From the supplier's area to the need's, for every pair that signed."""
    signed = Match.objects.filter(status=Match.Status.SIGNED)
    rows = list(signed.values_list("supply_id", "need__region__adcode"))
    where = _areas_of_supplies(supply_id for supply_id, _ in rows)
    for supply_id, buyer in rows:
        yield where.get(supply_id), buyer, 0


def _areas_of_supplies(supply_ids: Iterable[str]) -> dict[str, str]:
    by_kind: dict[str, list[str]] = {}
    for supply_id in supply_ids:
        by_kind.setdefault(kind_of(supply_id), []).append(supply_id)
    found: dict[str, str] = {}
    for kind, ids in by_kind.items():
        narrowing: Any = LISTED_KINDS[kind].filter_named("region")
        rows = KINDS[kind].model._default_manager.filter(public_id__in=ids)
        found |= dict(rows.values_list("public_id", f"{narrowing.path}__adcode"))
    return found
