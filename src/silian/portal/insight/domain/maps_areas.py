"""The areas of the map: country, provinces, cities, districts, and what lies in no smaller one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from silian.portal.accounts.domain.access import ANONYMOUS_VIEWER, visible
from silian.portal.bilingual import choose
from silian.portal.insight.domain.suppression import Groups
from silian.portal.registry.models import Region

ALL = ""
#: Ends the code of what is registered in an area but in none of its parts.
REST = "-"
_COLUMNS = (
    "adcode",
    "name",
    "name_en",
    "level",
    "parent_adcode",
    "centre_longitude_degrees",
    "centre_latitude_degrees",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """One area; ``parent`` is its place in the tree, -1 for the whole.

    ``code`` is the adcode, empty for everything, with ``-`` at its end for the records of an
    area that name none of its parts. ``outlined`` tells whether its boundary is loaded,
    ``centre`` is its longitude and latitude in degrees.
    """

    code: str
    name: str
    name_en: str
    level: str
    parent: int
    outlined: bool = False
    centre: tuple[float, float] | None = None

    @property
    def label(self) -> str:
        """Name in the reader's language."""
        return choose(self.name, self.name_en)

    @property
    def is_rest(self) -> bool:
        """Whether it stands for records that name no smaller area."""
        return self.code.endswith(REST)


@dataclass(frozen=True, kw_only=True)
class AreaTree:
    """All areas, each parent before its parts; the leaves are where records are counted."""

    areas: tuple[Area, ...]

    @cached_property
    def places(self) -> dict[str, int]:
        """Place in the tree by code."""
        return {area.code: place for place, area in enumerate(self.areas)}

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """Parts of each area."""
        parts: list[list[int]] = [[] for _ in self.areas]
        for place, area in enumerate(self.areas):
            if area.parent >= 0:
                parts[area.parent].append(place)
        return tuple(tuple(one) for one in parts)

    @cached_property
    def leaves(self) -> tuple[int, ...]:
        """Areas without parts."""
        return tuple(place for place, parts in enumerate(self.children) if not parts)

    @cached_property
    def groups(self) -> Groups:
        """Which leaves each area holds."""
        numbers = {place: number for number, place in enumerate(self.leaves)}
        held: list[list[int]] = [[] for _ in self.areas]
        for leaf, number in numbers.items():
            place = leaf
            while place >= 0:
                held[place].append(number)
                place = self.areas[place].parent
        return Groups.of(held, len(numbers))

    @cached_property
    def _leaf_numbers(self) -> dict[str, int]:
        numbers = {place: number for number, place in enumerate(self.leaves)}
        found = {}
        for place, area in enumerate(self.areas):
            rest = place if place in numbers else self.places[area.code + REST]
            found[area.code] = numbers[rest]
        return found

    def leaf_of(self, adcode: str | None) -> int:
        """Number of the leaf where a record with this adcode counts."""
        numbers = self._leaf_numbers
        return numbers[adcode] if adcode and adcode in numbers else numbers[ALL]

    def path(self, place: int) -> tuple[int, ...]:
        """The area with all that hold it, the whole first."""
        found = []
        while place >= 0:
            found.append(place)
            place = self.areas[place].parent
        return tuple(reversed(found))

    def within(self, place: int, ancestor: int) -> bool:
        """Whether an area lies in another, or is it."""
        return ancestor in self.path(place)


def read_areas() -> AreaTree:
    """The areas that are loaded, by their registered parents or else by their codes."""
    regions = _regions()
    rows = {row["adcode"]: row for row in regions.values(*_COLUMNS)}
    outlined = set(regions.filter(boundary__isnull=False).values_list("adcode", flat=True))
    parents = {code: _parent(code, row["parent_adcode"], rows) for code, row in rows.items()}
    parts: dict[str, list[str]] = {}
    for code, parent in parents.items():
        parts.setdefault(parent, []).append(code)
    areas: list[Area] = []
    for code, place_of_parent in _downwards(parts, areas):
        areas.append(_area(code, rows.get(code), place_of_parent, outlined=code in outlined))
    return AreaTree(areas=tuple(areas))


def outlines(codes: Iterable[str]) -> dict[str, Any]:
    """Boundaries of areas as a GeoJSON feature collection; those without one are left out."""
    named = _regions().filter(adcode__in=list(codes), boundary__isnull=False)
    features = [
        {
            "type": "Feature",
            "id": region.adcode,
            "properties": {"name": region.adcode},
            "geometry": region.boundary.get("geometry", region.boundary),
        }
        for region in named
    ]
    return {"type": "FeatureCollection", "features": features}


def _regions() -> QuerySet[Region]:
    smaller = Region.objects.exclude(level=Region.Level.COUNTRY)
    return visible(smaller.order_by("adcode"), ANONYMOUS_VIEWER)


def _downwards(parts: dict[str, list[str]], areas: list[Area]) -> Iterator[tuple[str, int]]:
    """Codes with the place of their parent, level by level; the caller appends each."""
    waiting = [(ALL, -1)]
    for code, parent in waiting:
        yield code, parent
        place = len(areas) - 1
        below = parts.get(code, [])
        waiting += [(part, place) for part in below]
        # The whole always has a rest: records that name no area at all.
        if below or code == ALL:
            waiting.append((code + REST, place))


def _area(code: str, row: dict[str, Any] | None, parent: int, *, outlined: bool) -> Area:
    if row is not None:
        name_en = row["name_en"] or row["name"]
        place = (row["centre_longitude_degrees"], row["centre_latitude_degrees"])
        return Area(
            code=code,
            name=row["name"],
            name_en=name_en,
            level=row["level"],
            parent=parent,
            outlined=outlined,
            centre=None if None in place else place,
        )
    if code == ALL:
        return Area(code=code, name="全部", name_en="Everywhere", level="all", parent=parent)
    zh, en = ("未注明地区", "No area stated") if code == REST else ("其他", "Elsewhere in it")
    return Area(code=code, name=zh, name_en=en, level="rest", parent=parent)


def _parent(code: str, stated: str, rows: dict[str, Any]) -> str:
    """The stated parent where it is loaded, else the smallest area whose code holds this one."""
    if stated in rows and stated != code:
        return stated
    for prefix in (code[:4] + "00", code[:2] + "0000"):
        if prefix != code and prefix in rows:
            return prefix
    return ALL
