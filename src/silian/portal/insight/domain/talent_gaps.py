"""Positions and people side by side, by field and district.

People are counted and withheld exactly as on the map (``maps_counts``): two tables of the same
people with different cells withheld would give each other away. Positions are needs of the public
list and no secret; a gap is told only where the people are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from silian.errors import EngineError
from silian.portal.accounts.domain.access import ANONYMOUS_VIEWER, Viewer, require, visible
from silian.portal.bilingual import choose
from silian.portal.industry.models import Need
from silian.portal.insight.domain.maps_areas import Area
from silian.portal.insight.domain.maps_counts import MapCounts, map_counts
from silian.portal.insight.domain.maps_fields import NO_FIELD, map_fields
from silian.portal.insight.domain.maps_flows import home_area
from silian.portal.insight.domain.portrait_texts import field_names


@dataclass(frozen=True, slots=True, kw_only=True)
class GapCell:
    """One field in one area; ``people`` is ``None`` where the count is withheld."""

    positions: int
    people: int | None

    @property
    def missing(self) -> int | None:
        """Positions for which there are no people; ``None`` where that can't be told."""
        return None if self.people is None else max(0, self.positions - self.people)


@dataclass(frozen=True, slots=True, kw_only=True)
class GapField:
    """A field with its cells, in the order of the table's areas, and its total."""

    code: str
    label_zh: str
    label_en: str
    total: GapCell
    cells: tuple[GapCell, ...]

    @property
    def label(self) -> str:
        """Name in the reader's language."""
        return choose(self.label_zh, self.label_en)


@dataclass(frozen=True, slots=True, kw_only=True)
class GapTable:
    """An area's parts by field; the first row of ``fields`` is all fields together."""

    area: Area
    path: tuple[Area, ...]
    areas: tuple[Area, ...]
    openable: tuple[bool, ...]
    fields: tuple[GapField, ...]

    @property
    def withheld_count(self) -> int:
        """How many counts of people are withheld."""
        cells = [cell for one in self.fields for cell in (one.total, *one.cells)]
        return sum(cell.people is None for cell in cells)


class GapAreaNotFound(EngineError, LookupError):
    """No such area has parts on the map."""

    code = "area_not_found"

    def __init__(self, given: str | None) -> None:
        super().__init__(f"area is {given!r}; the map has none such. Take one that it lists.")
        self.message_zh = f"没有地区“{given}”，请从所列项中选择。"
        self.message_en = str(self)


def talent_gaps(viewer: Viewer, area_code: str | None = None) -> GapTable:
    """Open positions and people of the parts of an area.

    A position counts in each first-level field it names, a person in the first of theirs.

    Parameters
    ----------
    area_code
        Adcode; empty for everything, ``None`` for the area that the map opens with.

    Raises
    ------
    GapAreaNotFound
        If the area isn't loaded or has no parts.
    """
    require(viewer, "talent.read")
    counts = map_counts()
    tree = counts.tree
    place = home_area(tree) if area_code is None else tree.places.get(area_code, -1)
    if place < 0 or not tree.children[place]:
        raise GapAreaNotFound(area_code)
    positions = _positions(counts)
    parts = [
        part
        for part in tree.children[place]
        if not tree.areas[part].is_rest
        or positions[:, part].any()
        or counts.people.shown(part) != 0
    ]
    return GapTable(
        area=tree.areas[place],
        path=tuple(tree.areas[one] for one in tree.path(place)),
        areas=tuple(tree.areas[part] for part in parts),
        openable=tuple(bool(tree.children[part]) for part in parts),
        fields=tuple(_rows(counts, positions, place, parts)),
    )


def _rows(counts: MapCounts, positions: Any, place: int, parts: Sequence[int]) -> Any:
    for number, code in enumerate(("", *map_fields())):
        cells = [
            GapCell(positions=int(positions[number, part]), people=counts.people.shown(part, code))
            for part in (place, *parts)
        ]
        if code and not any(cell.positions or cell.people != 0 for cell in cells):
            continue
        zh, en = _names(code)
        yield GapField(code=code, label_zh=zh, label_en=en, total=cells[0], cells=tuple(cells[1:]))


def _names(code: str) -> tuple[str, str]:
    if not code:
        return "全部领域", "All fields"
    if code == NO_FIELD:
        return "未注明领域", "No field stated"
    return field_names(f"field:{code}")


def _positions(counts: MapCounts) -> Any:
    """Public open positions; shape (1 + n_fields, n_areas), all fields first."""
    fields = map_fields()
    leaves = np.zeros((1 + len(fields), len(counts.tree.leaves)), dtype=np.int64)
    rows = visible(Need.objects.all(), ANONYMOUS_VIEWER).filter(
        need_kind=Need.NeedKind.TALENT, status=Need.Status.PUBLISHED
    )
    columns = ("region__adcode", "organisation__region__adcode", "field_codes")
    for own, employer, codes in rows.values_list(*columns):
        leaf = counts.tree.leaf_of(own or employer)
        leaves[0, leaf] += 1
        tops = {code[:3] for code in codes or ()} & set(fields)
        for top in tops or {NO_FIELD}:
            leaves[1 + fields.index(top), leaf] += 1
    # Few areas have positions: whole numbers are multiplied one by one, without BLAS.
    used = leaves.any(axis=0)
    return leaves[:, used] @ counts.tree.groups.member[:, used].T
