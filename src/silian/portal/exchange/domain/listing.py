"""The two lists (需求清单, 供给清单): narrow, count by facet, sort and cut into pages.

A list of one kind asks the kind's own records, one of several what is kept of them all
(``mixed_list``), which also finds words in the texts of either.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import F, QuerySet

from silian.portal.accounts.domain.access import Viewer, visible
from silian.portal.exchange.domain.folding import also_registered, folding
from silian.portal.exchange.domain.list_filters import (
    FieldFilter,
    Filter,
    FilterValue,
    RegionFilter,
)
from silian.portal.exchange.domain.list_kinds import LISTED_KINDS, ListedKind
from silian.portal.exchange.domain.mixed_list import ENTRY_FILTERS, MixedList, record_keys
from silian.portal.registry.models import Record

PAGE_SIZE = 20
# Records that hold the words are looked up once and then named; of more, every count looks anew.
_MOST_NAMED = 5_000
SORTS = ("newest", "title", "amount_up", "amount_down")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuestion:
    """What a reader asks of a list; ``chosen`` maps filter name to the values picked."""

    kinds: tuple[str, ...]
    text: str = ""
    chosen: Mapping[str, tuple[str, ...]]
    sort: str = "newest"
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One filter with the values it can take here and how many records each would leave."""

    name: str
    label: str
    values: tuple[FilterValue, ...]
    chosen: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """One page of a list with its facets and the counts by kind.

    Every organisation and person counts once; ``also`` has the other records of the same one, by
    public id.
    """

    records: tuple[Record, ...]
    total: int
    page: int
    page_count: int
    kind_counts: Mapping[str, int]
    facets: tuple[Facet, ...]
    also: Mapping[str, tuple[Record, ...]]


def listed(question: ListQuestion, kind: str, viewer: Viewer) -> QuerySet[Any]:
    """All records of one kind that the question leaves and the viewer may see, sorted."""
    spec = LISTED_KINDS[kind]
    return _sorted(
        _narrowed(spec, _with_words(spec, question, viewer), question), spec, question.sort
    )


def page_of(question: ListQuestion, *, viewer: Viewer, all_kinds: Sequence[str]) -> ListPage:
    """The page that was asked for, and what narrowing further would give."""
    mixed = MixedList(
        kinds=tuple(all_kinds),
        viewer=viewer,
        terms=tuple(question.text.split()),
        chosen=question.chosen,
        fold=folding(),
    )
    kind_counts = mixed.kind_counts()
    total = sum(kind_counts[kind] for kind in question.kinds)
    page_count = max(1, -(-total // PAGE_SIZE))
    page = min(max(1, question.page), page_count)
    start = (page - 1) * PAGE_SIZE
    found = _Found(question=question, viewer=viewer, mixed=mixed, total=total)
    records = found.records(start)
    return ListPage(
        records=tuple(records),
        total=total,
        page=page,
        page_count=page_count,
        kind_counts=kind_counts,
        facets=tuple(found.facets()),
        also=also_registered(records, viewer),
    )


def _with_words(spec: ListedKind, question: ListQuestion, viewer: Viewer) -> QuerySet[Any]:
    """Records of a kind that the viewer may see and that hold all words."""
    rows = visible(spec.base(), viewer)
    terms = question.text.split()
    return rows.filter(pk__in=record_keys(spec.kind, terms)) if terms else rows


def _narrowed(
    spec: ListedKind, rows: QuerySet[Any], question: ListQuestion, *, without: str = ""
) -> QuerySet[Any]:
    for name, values in question.chosen.items():
        if name == without or not values:
            continue
        narrowing = spec.filter_named(name)
        # A kind that doesn't know the chosen property has no record with it.
        rows = narrowing.narrow(rows, values) if narrowing else rows.none()
    return rows


def _sorted(rows: QuerySet[Any], spec: ListedKind, sort: str) -> QuerySet[Any]:
    if sort == "title":
        return rows.order_by(spec.title_path, "pk")
    if sort.startswith("amount") and spec.amount_path:
        amount = F(spec.amount_path)
        order = amount.asc if sort == "amount_up" else amount.desc
        return rows.order_by(order(nulls_last=True), "pk")
    return rows.order_by("-updated_at", "-pk")


@dataclass(frozen=True, kw_only=True)
class _Found:
    """What a question leaves: the records of a page, and the facets."""

    question: ListQuestion
    viewer: Viewer
    mixed: MixedList
    total: int

    def records(self, start: int) -> list[Record]:
        """Records of the page that begins at ``start``: their keys in order, then themselves."""
        order = self._keys(start)
        records: dict[tuple[str, int], Record] = {}
        for kind in self.question.kinds:
            spec = LISTED_KINDS[kind]
            rows = visible(spec.base(), self.viewer).select_related(*spec.related)
            wanted = [key for listed_kind, key in order if listed_kind == kind]
            records.update({(kind, record.pk): record for record in rows.filter(pk__in=wanted)})
        return [records[key] for key in order if key in records]

    def facets(self) -> Iterator[Facet]:
        """Facets that the kinds share; each counts what the other filters leave."""
        for narrowing in _offered([LISTED_KINDS[kind] for kind in self.question.kinds]):
            chosen = tuple(self.question.chosen.get(narrowing.name, ()))
            values = {value.value: value for value in self._values(narrowing)}
            if offered := narrowing.ordered(values, chosen):
                yield Facet(
                    name=narrowing.name, label=str(narrowing.label), values=offered, chosen=chosen
                )

    def _keys(self, start: int) -> list[tuple[str, int]]:
        """Kind and primary key of the records of a page, in order."""
        kinds, sort, end = self.question.kinds, self.question.sort, start + PAGE_SIZE
        by_own = len(kinds) == 1 and (sort.startswith("amount") or self.mixed.has_own_filters)
        if not by_own:
            return self.mixed.keys(
                kinds, by_title=sort == "title", start=start, end=end, total=self.total
            )
        rows = _narrowed(self._spec, self._rows, self.question)
        kind = self._spec.kind
        if folded := [one.record_key for one in self.mixed.folded() if one.kind == kind]:
            rows = rows.exclude(pk__in=folded)
        keys = _sorted(rows, self._spec, sort).values_list("pk", flat=True)[start:end]
        return [(kind, key) for key in keys]

    def _values(self, narrowing: Filter) -> list[FilterValue]:
        """Values with how many subjects have them, each by the record that stands for it."""
        if isinstance(narrowing, RegionFilter):
            return self.mixed.region_values(narrowing, self.question.kinds)
        if isinstance(narrowing, FieldFilter):
            return self.mixed.field_values(narrowing, self.question.kinds)
        rows = _narrowed(self._spec, self._rows, self.question, without=narrowing.name)
        less = {one.value: one.count for one in narrowing.count(self._folded(narrowing))}
        values = (one.plus(-less.get(one.value, 0)) for one in narrowing.count(rows.order_by()))
        return [one for one in values if one.count > 0]

    @cached_property
    def _spec(self) -> ListedKind:
        """The only kind that is asked for."""
        (kind,) = self.question.kinds
        return LISTED_KINDS[kind]

    @cached_property
    def _rows(self) -> QuerySet[Any]:
        """Its records that the viewer may see and that hold the words."""
        if not self.question.text.split():
            return visible(self._spec.base(), self.viewer)
        rows = _with_words(self._spec, self.question, self.viewer).order_by()
        if self.total > _MOST_NAMED:
            return rows
        keys = list(rows.values_list("pk", flat=True)[: _MOST_NAMED + 1])
        return rows if len(keys) > _MOST_NAMED else self._spec.base().filter(pk__in=keys)

    def _folded(self, narrowing: Filter) -> QuerySet[Any]:
        """Its records under all other filters that others of the same subject stand for."""
        keys = [one.record_key for one in self.mixed.members if one.kind == self._spec.kind]
        rows = _narrowed(
            self._spec, self._spec.base().filter(pk__in=keys), self.question, without=narrowing.name
        )
        ids = rows.order_by().values_list("public_id", flat=True)
        folded = self.mixed.fold.stood_for(self._spec.kind, ids)
        return self._spec.base().filter(public_id__in=folded).order_by()


def _offered(specs: Sequence[ListedKind]) -> list[Filter]:
    """Filters of the only kind; of a mixed list what most kinds have and entries can tell."""
    if len(specs) == 1:
        return list(specs[0].filters)
    shared = {}
    for name in ENTRY_FILTERS:
        filters = [one for spec in specs if (one := spec.filter_named(name))]
        if len(filters) > len(specs) / 2:
            shared[name] = filters[0]
    return list(shared.values())
