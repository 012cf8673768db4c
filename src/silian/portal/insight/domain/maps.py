"""The map of a region: what each area has and lacks, by field and year."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from silian.errors import EngineError
from silian.portal.accounts.domain.access import allowed
from silian.portal.bilingual import both
from silian.portal.insight.domain.maps_areas import Area, AreaTree
from silian.portal.insight.domain.maps_counts import (
    MEASURES,
    PEOPLE,
    UNMET,
    MapCounts,
    Measure,
    map_counts,
)
from silian.portal.insight.domain.maps_fields import map_fields
from silian.portal.insight.domain.maps_flows import home_area
from silian.portal.insight.domain.maps_unmet import matched_needs, unmet_by_area

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer
    from silian.portal.insight.domain.maps_unmet import MatchedNeeds

_UNMET = Measure(
    code=UNMET,
    label=both("无人能解的需求", "Needs without supply"),
    chain="industry",
    kind="need",
    date_path="published_on",
)


class AreaNotFound(EngineError, LookupError):
    """No such area, field or measure is on the map."""

    code = "area_not_found"

    def __init__(self, what: str, given: str) -> None:
        super().__init__(f"{what} is {given!r}; the map has none such. Take one that it lists.")
        self.message_zh = f"地图上没有“{given}”，请从所列项中选择。"


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaRow:
    """One area with its figures by measure; ``None`` is a count that is withheld."""

    area: Area
    has_parts: bool
    values: Mapping[str, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaMap:
    """The parts of one area side by side.

    Attributes
    ----------
    path
        The areas that hold it, the whole first, itself last.
    field, until
        What was asked: a field (empty for all) and the last year (``None`` for all).
    matched
        When the needs were matched; ``None`` before that, or where the viewer may not know.
    """

    path: tuple[Area, ...]
    total: AreaRow
    rows: tuple[AreaRow, ...]
    measures: tuple[Measure, ...]
    field: str
    until: int | None
    years: tuple[int, ...]
    matched: "MatchedNeeds | None"

    @property
    def area(self) -> Area:
        """The area that is shown."""
        return self.total.area

    @property
    def withheld_count(self) -> int:
        """How many figures are withheld."""
        return sum(
            value is None for row in (*self.rows, self.total) for value in row.values.values()
        )


def area_map(
    code: str | None = None, *, viewer: "Viewer", field: str = "", until: int | None = None
) -> AreaMap:
    """Figures of an area and of each of its parts.

    Parameters
    ----------
    code
        Adcode; empty for everything, ``None`` for the area that the map opens with.
    field
        A top field or ``none``; people are told by the first of their fields.
    until
        Only what was there by the end of this year, where a date is known. People are not told
        by year: two years side by side would tell of single ones.

    Raises
    ------
    AreaNotFound
        If the area has no parts or isn't loaded, or the field is no top field.
    """
    counts = map_counts()
    place = home_area(counts.tree) if code is None else _place(counts, code)
    if field and field not in map_fields():
        raise AreaNotFound("field", field)
    parts = counts.tree.children[place]
    places = (place, *parts)
    columns: dict[str, Sequence[int | None]] = {
        name: counts.by_area(name, places, field=field, until=until if measure.date_path else None)
        for name, measure in MEASURES.items()
        if not measure.about_people
    }
    columns[PEOPLE] = [counts.people.shown(one, field) for one in places]
    measures = list(MEASURES.values())
    matched = matched_needs() if allowed(viewer, "match.read") else None
    if matched is not None:
        columns[UNMET] = unmet_by_area(counts, matched, places, field=field, until=until)
        measures.append(_UNMET)
    rows = [_row(counts.tree, one, columns, number) for number, one in enumerate(places)]
    return AreaMap(
        path=tuple(counts.tree.areas[one] for one in counts.tree.path(place)),
        total=rows[0],
        rows=tuple(row for row in rows[1:] if not row.area.is_rest or any(_known(row))),
        measures=tuple(measures),
        field=field,
        until=until,
        years=counts.years,
        matched=matched,
    )


def _known(row: AreaRow) -> Any:
    return (value is None or value > 0 for value in row.values.values())


def _place(counts: MapCounts, code: str) -> int:
    place = counts.tree.places.get(code)
    if place is None or not counts.tree.children[place]:
        raise AreaNotFound("area", code)
    return place


def _row(
    tree: AreaTree, place: int, columns: Mapping[str, Sequence[int | None]], number: int
) -> AreaRow:
    values = {name: column[number] for name, column in columns.items()}
    return AreaRow(area=tree.areas[place], has_parts=bool(tree.children[place]), values=values)
