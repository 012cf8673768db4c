"""Counts for the map: read in a few grouped queries, kept while the records stay as they are.

Enterprises, platforms, facilities and the like are counted as the public lists show them. People
are counted whoever may read their records, each once, in the first of their fields, and small
counts are withheld (``suppression``); everybody sees the same figures. Several records of one
organisation or person count once.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.core.cache import cache as shared_cache
from django.db.models import Count, Max, Q, QuerySet, TextField
from django.db.models.functions import Cast, ExtractYear

from silian.portal.accounts.domain.access import ANONYMOUS_VIEWER, visible
from silian.portal.bilingual import both
from silian.portal.exchange.domain.list_kinds import LISTED_KINDS
from silian.portal.exchange.models import Match
from silian.portal.industry.models import Need
from silian.portal.insight.domain.maps_areas import AreaTree, read_areas
from silian.portal.insight.domain.maps_fields import field_bits, map_fields
from silian.portal.insight.domain.maps_people import PeopleTable, count_people
from silian.portal.registry.domain.identities import identities_changed_at, merged_records
from silian.portal.registry.models import (
    Affiliation,
    OrganisationKind,
    Region,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STAMP_SECONDS = 60
_STAMP_KEY = "maps-stamp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Something that the map can show.

    Attributes
    ----------
    kind
        Record kind behind it, and ``query`` what narrows its list to what is counted.
    date_path
        Column whose year says since when it is there; empty where it can't be told by year.
    about_people
        Whether small counts are withheld.
    """

    code: str
    label: Any
    chain: str
    kind: str
    narrowed: Q = field(default_factory=Q)
    query: str = ""
    date_path: str = ""
    about_people: bool = False


PEOPLE = "people"
UNMET = "needs_unmet"
_MEASURES = (
    Measure(
        code="enterprises",
        label=both("企业", "Enterprises"),
        chain="industry",
        kind="organisation",
        narrowed=Q(organisation_kind=OrganisationKind.ENTERPRISE),
        query="type=enterprise",
        date_path="established_on",
    ),
    Measure(
        code=PEOPLE, label=both("人才", "Talent"), chain="talent", kind="person", about_people=True
    ),
    Measure(
        code="platforms",
        label=both("科创平台", "Platforms"),
        chain="innovation",
        kind="platform",
        date_path="started_on",
    ),
    Measure(
        code="facilities",
        label=both("仪器与中试线", "Facilities"),
        chain="innovation",
        kind="facility",
    ),
    Measure(
        code="achievements",
        label=both("科技成果", "Achievements"),
        chain="innovation",
        kind="achievement",
        date_path="completed_on",
    ),
    Measure(
        code="patents",
        label=both("专利", "Patents"),
        chain="innovation",
        kind="patent",
        date_path="application_date",
    ),
    Measure(
        code="service_agencies",
        label=both("服务机构", "Service agencies"),
        chain="innovation",
        kind="service_agency",
    ),
    Measure(
        code="financial",
        label=both("金融机构", "Financial institutions"),
        chain="capital",
        kind="organisation",
        narrowed=Q(organisation_kind=OrganisationKind.FINANCIAL),
        query="type=financial",
        date_path="established_on",
    ),
    Measure(
        code="needs",
        label=both("待解需求", "Open needs"),
        chain="industry",
        kind="need",
        narrowed=Q(status=Need.Status.PUBLISHED),
        query="status=published",
        date_path="published_on",
    ),
)
MEASURES: Mapping[str, Measure] = {measure.code: measure for measure in _MEASURES}


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Public records of one measure, grouped: so many with these fields, of this year, there."""

    leaf: "NDArray[np.int64]"
    fields: "NDArray[np.int64]"
    year: "NDArray[np.int64]"
    count: "NDArray[np.int64]"

    def by_leaf(self, n_leaves: int, *, field: str = "", until: int | None = None) -> Any:
        """How many each leaf has, of one field, there by the end of a year."""
        kept = np.ones(len(self.leaf), dtype=bool)
        if field:
            kept &= (self.fields >> map_fields().index(field)) & 1 == 1
        if until is not None:
            kept &= (self.year > 0) & (self.year <= until)
        found = np.bincount(self.leaf[kept], weights=self.count[kept], minlength=n_leaves)
        return found.astype(np.int64)


@dataclass(frozen=True, kw_only=True)
class MapCounts:
    """All that the map counts, as of one state of the records."""

    stamp: str
    tree: AreaTree
    tallies: Mapping[str, Tally]
    people: PeopleTable

    @cached_property
    def years(self) -> tuple[int, ...]:
        """Years that some measure can be cut at, the latest first."""
        found = {int(year) for tally in self.tallies.values() for year in np.unique(tally.year)}
        return tuple(sorted((year for year in found if year > 0), reverse=True))

    def by_area(
        self, measure: str, places: Sequence[int], *, field: str = "", until: int | None = None
    ) -> list[int]:
        """A public measure for each of some areas."""
        n_leaves = len(self.tree.leaves)
        leaves = self.tallies[measure].by_leaf(n_leaves, field=field, until=until)
        return (self.tree.groups.member[list(places)] @ leaves).tolist()


_STAMPED = (*(spec.model for spec in LISTED_KINDS.values()), Region, Affiliation, Match)


def records_stamp() -> str:
    """Changes whenever a record that the map counts does; a minute old at most."""
    stamp: str | None = shared_cache.get(_STAMP_KEY)
    if stamp is None:
        marks = [
            model._default_manager.aggregate(n=Count("pk"), latest=Max("updated_at"))
            for model in dict.fromkeys(_STAMPED)
        ]
        stamp = "|".join(f"{mark['n']}@{mark['latest']}" for mark in marks)
        stamp += f"|{settings.SMALL_COUNT_MIN}|{identities_changed_at()}"
        shared_cache.set(_STAMP_KEY, stamp, _STAMP_SECONDS)
    return stamp


_kept: dict[str, MapCounts] = {}


def map_counts() -> MapCounts:
    """The counts of the records as they are now."""
    stamp = records_stamp()
    if stamp not in _kept:
        made = count_records(stamp)
        _kept.clear()
        _kept[stamp] = made
    return _kept[stamp]


def count_records(stamp: str = "") -> MapCounts:
    """Read all counts from the records."""
    tree = read_areas()
    bits = _fields_of_organisations()
    tallies = {
        measure.code: _tally(measure, tree, bits)
        for measure in MEASURES.values()
        if not measure.about_people
    }
    return MapCounts(stamp=stamp, tree=tree, tallies=tallies, people=count_people(tree))


def public_rows(measure: Measure) -> QuerySet[Any]:
    """The records that a measure counts: those of the public lists."""
    return visible(LISTED_KINDS[measure.kind].base(), ANONYMOUS_VIEWER).filter(measure.narrowed)


def _tally(measure: Measure, tree: AreaTree, bits: Mapping[int, int]) -> Tally:
    rows = public_rows(measure).order_by()
    where = _region_path(measure.kind)
    if measure.kind == "organisation":
        return _packed(tree, _organisations_once(rows, where, _year(measure), bits))
    columns = rows.annotate(fields_as_text=Cast("field_codes", TextField()))
    if not measure.date_path:
        found = columns.values_list(where, "fields_as_text").annotate(n=Count("pk"))
        return _packed(tree, ((code, _read(text), None, n) for code, text, n in found))
    dated = columns.annotate(year=_year(measure))
    found = dated.values_list(where, "fields_as_text", "year").annotate(n=Count("pk"))
    return _packed(tree, ((code, _read(text), year, n) for code, text, year, n in found))


def _organisations_once(
    rows: QuerySet[Any], where: str, year: Any, bits: Mapping[int, int]
) -> Iterator[tuple[Any, ...]]:
    """Organisations with the fields that any of their records shows, since the earliest year.

    The record with the smallest id that names a region says where.
    """
    subjects = merged_records("organisation")
    none = field_bits(())
    records: dict[str, list[tuple[str, Any, int, int | None]]] = {}
    for public_id, adcode, key, since in rows.values_list("public_id", where, "pk", year):
        one = (public_id, adcode, bits.get(key, 0), since)
        if public_id in subjects:
            records.setdefault(subjects[public_id], []).append(one)
        else:
            yield adcode, one[2] or none, since, 1
    for held in records.values():
        held.sort(key=lambda one: one[0])
        places = (adcode for _, adcode, _, _ in held if adcode)
        known = [since for *_, since in held if since]
        shown = reduce(or_, (fields for _, _, fields, _ in held))
        yield next(places, None), shown or none, min(known, default=None), 1


def _region_path(kind: str) -> str:
    narrowing: Any = LISTED_KINDS[kind].filter_named("region")
    return f"{narrowing.path}__adcode"


def _year(measure: Measure) -> Any:
    return ExtractYear(measure.date_path)


@cache
def _read(text: str | None) -> int:
    """Fields as the column stores them, as bits; few distinct texts exist."""
    return field_bits(json.loads(text or "[]"))


def _packed(tree: AreaTree, rows: Iterable[tuple[Any, ...]]) -> Tally:
    packed = np.array(
        [(tree.leaf_of(code), bits, year or 0, n) for code, bits, year, n in rows], dtype=np.int64
    ).reshape(-1, 4)
    leaf, fields, year, count = packed.T
    return Tally(leaf=leaf, fields=fields, year=year, count=count)


#: Public records by which an organisation shows what it works on.
_SHOWING = ("need", "achievement", "patent", "project", "platform", "facility")


def _fields_of_organisations() -> dict[int, int]:
    """Fields of each organisation: those of its public needs, results, platforms, facilities."""
    found: dict[int, int] = {}
    for kind in _SHOWING:
        rows = visible(LISTED_KINDS[kind].base(), ANONYMOUS_VIEWER).filter(
            organisation__isnull=False
        )
        texts = rows.order_by().annotate(fields_as_text=Cast("field_codes", TextField()))
        for pk, text in texts.values_list("organisation", "fields_as_text").distinct():
            if text and text != "[]":
                found[pk] = found.get(pk, 0) | _read(text)
    return found
