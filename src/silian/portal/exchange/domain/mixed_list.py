"""A list of several kinds at once, answered from what is kept of every record that lists show.

One statement counts the entries by kind, region and fields: kinds, facets and pages all follow
from it. What else a question may narrow by, each kind's own records answer.
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Count, Q, QuerySet

from silian.portal.accounts.domain.access import Viewer
from silian.portal.exchange.domain.folding import Folding
from silian.portal.exchange.domain.list_entries import MENTIONED
from silian.portal.exchange.domain.list_filters import (
    FieldFilter,
    FilterValue,
    RegionFilter,
    region_prefix,
)
from silian.portal.exchange.domain.list_kinds import LISTED_KINDS
from silian.portal.exchange.domain.list_words import holding, reading
from silian.portal.exchange.models import ListEntry
from silian.portal.registry.domain.references import portions
from silian.portal.registry.models import Region

#: Filters that entries answer themselves.
ENTRY_FILTERS = ("region", "field")
_ASKED_AT_ONCE = 5_000


class _Cell(NamedTuple):
    """Entries that no list of several kinds tells apart, and how many there are."""

    kind: str
    region_key: int | None
    field_codes: str
    count: int


class Member(NamedTuple):
    """An entry that shares its subject with others."""

    kind: str
    region_key: int | None
    field_codes: str
    pk: int
    record_key: int
    public_id: str


@dataclass(frozen=True, kw_only=True)
class MixedList:
    """What words and filters leave of the entries of several kinds, for one viewer.

    Attributes
    ----------
    kinds
        Kinds in question.
    terms
        Words that a record must hold, all of them.
    chosen
        Filter name to the values picked.
    """

    kinds: tuple[str, ...]
    viewer: Viewer
    terms: tuple[str, ...]
    chosen: Mapping[str, tuple[str, ...]]
    fold: Folding

    def kind_counts(self) -> dict[str, int]:
        """How many subjects each kind has."""
        counts = Counter(dict.fromkeys(self.kinds, 0))
        for cell in self._cells:
            if self._keeps(cell):
                counts[cell.kind] += cell.count
        counts.subtract(member.kind for member in self.folded())
        return dict(counts)

    def region_values(self, narrowing: RegionFilter, kinds: Collection[str]) -> list[FilterValue]:
        """Regions of these kinds, each with what the other filters leave of it."""
        counts: Counter[int | None] = Counter()
        for cell in self._counted("region", kinds):
            counts[cell.region_key] += cell.count
        return narrowing.values_of({key: n for key, n in counts.items() if n > 0})

    def field_values(self, narrowing: FieldFilter, kinds: Collection[str]) -> list[FilterValue]:
        """Fields of these kinds, each with what the other filters leave of it."""
        counts: Counter[str] = Counter()
        for cell in self._counted("field", kinds):
            counts[cell.field_codes] += cell.count
        return narrowing.values_of({text: n for text, n in counts.items() if n > 0})

    def keys(
        self, kinds: Collection[str], *, by_title: bool, start: int, end: int, total: int
    ) -> list[tuple[str, int]]:
        """Kind and primary key of the records from ``start`` to ``end``, of ``total`` in order."""
        order = ("title", "kind", "record_key")
        if not by_title:
            order = ("-updated_at", "-kind", "-record_key")
        start, end = min(start, total), min(end, total)
        words = self._words_on_the_way(min(end, total - start), total)
        rows = self._narrowed_rows(kinds).filter(words).order_by(*order)
        if start <= total // 2:
            return list(rows.values_list("kind", "record_key")[start:end])
        # The nearer end is the other one.
        turned = rows.reverse().values_list("kind", "record_key")[total - end : total - start]
        return list(turned)[::-1]

    @cached_property
    def _cells(self) -> list[_Cell]:
        rows = self._rows.filter(holding(self.terms))
        if any(len(term) > 2 for term in self.terms):
            # Texts are read: so in the order in which they lie, not in the counts' own.
            rows = rows.exclude(kind__in=_but(self.kinds))
        else:
            rows = rows.filter(kind__in=self.kinds)
        groups = rows.values_list("kind", "region_key", "field_codes").annotate(n=Count("pk"))
        return [_Cell(*group) for group in groups.order_by()]

    @cached_property
    def members(self) -> list[Member]:
        """Records that share a subject, of those that the viewer sees and that hold the words."""
        # They are few, and looked up by id: their texts are read rather than all words' entries.
        rows = ListEntry.objects.filter(entries_seen_by(self.viewer), reading(self.terms))
        ids = [one for kind in self.kinds for one in self.fold.subjects.get(kind, ())]
        return [
            Member(*row)
            for some in portions(ids, _ASKED_AT_ONCE)
            for row in rows.filter(public_id__in=some).values_list(*Member._fields)
            if row[0] in self.kinds
        ]

    @cached_property
    def _members(self) -> list[Member]:
        """Of these the ones that the kinds' own filters leave."""
        if not self._own:
            return self.members
        left: set[tuple[str, int]] = set()
        for kind in {member.kind for member in self.members}:
            keys = [member.record_key for member in self.members if member.kind == kind]
            rows = self._by_own_filters(kind)
            for some in portions(keys, _ASKED_AT_ONCE):
                found = rows.filter(pk__in=some).values_list("pk", flat=True)
                left.update((kind, key) for key in found)
        return [member for member in self.members if (member.kind, member.record_key) in left]

    @cached_property
    def _rows(self) -> QuerySet[ListEntry]:
        """Entries that the viewer may see and that the kinds' own filters leave."""
        own = Q()
        for kind in self.kinds if self._own else ():
            own |= Q(kind=kind, record_key__in=self._by_own_filters(kind).values("pk"))
        return ListEntry.objects.filter(entries_seen_by(self.viewer), own)

    @property
    def has_own_filters(self) -> bool:
        """Whether something is chosen that only the kinds' own records know."""
        return bool(self._own)

    @cached_property
    def _own(self) -> dict[str, tuple[str, ...]]:
        return {n: v for n, v in self.chosen.items() if v and n not in ENTRY_FILTERS}

    def _by_own_filters(self, kind: str) -> QuerySet[Any]:
        spec = LISTED_KINDS[kind]
        rows = spec.base().order_by()
        for name, values in self._own.items():
            narrowing = spec.filter_named(name)
            # A kind that doesn't know the chosen property has no record with it.
            rows = narrowing.narrow(rows, values) if narrowing else rows.none()
        return rows

    @cached_property
    def _regions(self) -> frozenset[int] | None:
        """Keys of the chosen regions and of what lies in them; ``None`` if none is chosen."""
        adcodes = self.chosen.get("region", ())
        within = Q()
        for adcode in adcodes:
            within |= Q(adcode__startswith=region_prefix(adcode))
        if not adcodes:
            return None
        return frozenset(Region.objects.filter(within).values_list("pk", flat=True))

    @cached_property
    def _fields(self) -> tuple[str, ...]:
        """How the chosen fields, or a sub-field of them, begin in an entry's list of codes."""
        return tuple(json.dumps(code)[:-1] for code in self.chosen.get("field", ()))

    def _keeps(self, one: _Cell | Member, without: str = "") -> bool:
        fits_region = (
            without == "region" or self._regions is None or one.region_key in self._regions
        )
        fits_field = (
            without == "field"
            or not self._fields
            or any(code in one.field_codes for code in self._fields)
        )
        return fits_region and fits_field

    def folded(self, without: str = "") -> list[Member]:
        """Of entries that fit all but one filter, those that another one stands for."""
        fitting = {one.public_id: one for one in self._members if self._keeps(one, without)}
        return [
            fitting[public_id]
            for kind in self.kinds
            for public_id in self.fold.stood_for(
                kind, [one.public_id for one in fitting.values() if one.kind == kind]
            )
        ]

    def _counted(self, without: str, kinds: Collection[str]) -> list[_Cell]:
        """Cells of the kinds under all filters but one, those of folded entries below zero."""
        cells = [cell for cell in self._cells if cell.kind in kinds and self._keeps(cell, without)]
        folded = [member for member in self.folded(without) if member.kind in kinds]
        return cells + [_Cell(one.kind, one.region_key, one.field_codes, -1) for one in folded]

    def _words_on_the_way(self, n_wanted: int, total: int) -> Q:
        """Whether to go through entries in order and read them, or to look the words up first.

        In order as many are read until the page is full as hold the words seldom.
        """
        if not self.terms:
            return Q()
        n_read = n_wanted * ListEntry.objects.count() / max(1, total)
        return reading(self.terms) if n_read < total else holding(self.terms)

    def _narrowed_rows(self, kinds: Collection[str]) -> QuerySet[ListEntry]:
        # Other kinds are taken away rather than these asked for: so the order's own index leads.
        rows = self._rows.exclude(kind__in=_but(kinds))
        if self._regions is not None:
            rows = rows.filter(region_key__in=self._regions)
        if self._fields:
            within = Q()
            for code in self._fields:
                within |= Q(field_codes__contains=code)
            rows = rows.filter(within)
        folded = [member.pk for member in self.folded()]
        return rows.exclude(pk__in=folded) if folded else rows


def _but(kinds: Collection[str]) -> list[str]:
    """Kinds of all other entries."""
    return sorted({*LISTED_KINDS, MENTIONED}.difference(kinds))


def record_keys(kind: str, terms: Sequence[str]) -> QuerySet[ListEntry]:
    """Primary keys of the kind's records whose texts hold all the terms."""
    return ListEntry.objects.filter(holding(terms), kind=kind).values_list("record_key", flat=True)


def entries_seen_by(viewer: Viewer) -> Q:
    """``access.visible`` for entries; a test holds the two against each other."""
    if viewer.is_operator:
        return Q()
    seen = Q(audience__in=viewer.audiences, is_draft=False)
    if viewer.organisation_pk is not None:
        seen |= Q(owner_key=viewer.organisation_pk)
        seen |= Q(kind="organisation", record_key=viewer.organisation_pk)
    return seen
