"""The two lists (需求清单, 供给清单): narrow, count by facet, sort and cut into pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, F, Q, QuerySet, Value

from silian.portal.accounts.domain.access import Viewer, visible
from silian.portal.exchange.domain.folding import Folding, also_registered, folding
from silian.portal.exchange.domain.list_filters import Filter, FilterValue
from silian.portal.exchange.domain.list_kinds import LISTED_KINDS, ListedKind
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
    found = {kind: _with_words(LISTED_KINDS[kind], question, viewer) for kind in all_kinds}
    named = _named(found) if question.text.split() else {}
    found, fold = found | named, folding(few=named)
    kind_counts = {
        kind: fold.count(_narrowed(LISTED_KINDS[kind], rows, question), kind)
        for kind, rows in found.items()
    }
    total = sum(kind_counts[kind] for kind in question.kinds)
    page_count = max(1, -(-total // PAGE_SIZE))
    page = min(max(1, question.page), page_count)
    records = tuple(_rows(question, found, (page - 1) * PAGE_SIZE, fold))
    return ListPage(
        records=records,
        total=total,
        page=page,
        page_count=page_count,
        kind_counts=kind_counts,
        facets=tuple(_facets(question, found, fold)),
        also=also_registered(records, viewer),
    )


def _with_words(spec: ListedKind, question: ListQuestion, viewer: Viewer) -> QuerySet[Any]:
    """Records of a kind that the viewer may see and that hold all words."""
    rows = visible(spec.base(), viewer)
    for term in question.text.split():
        rows = rows.filter(_contains(spec, term))
    return rows


def _named(found: Mapping[str, QuerySet[Any]]) -> dict[str, QuerySet[Any]]:
    """Kinds of which words leave few records, which are named: so texts are read but once."""
    named = {}
    for kind, rows in found.items():
        keys = list(rows.order_by().values_list("pk", flat=True)[: _MOST_NAMED + 1])
        if len(keys) <= _MOST_NAMED:
            named[kind] = LISTED_KINDS[kind].base().filter(pk__in=keys)
    return named


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


def _contains(spec: ListedKind, term: str) -> Q:
    condition = Q()
    for path in spec.text_paths:
        condition |= Q(**{f"{path}__icontains": term})
    return condition


def _sorted(rows: QuerySet[Any], spec: ListedKind, sort: str) -> QuerySet[Any]:
    if sort == "title":
        return rows.order_by(spec.title_path, "pk")
    if sort.startswith("amount") and spec.amount_path:
        amount = F(spec.amount_path)
        order = amount.asc if sort == "amount_up" else amount.desc
        return rows.order_by(order(nulls_last=True), "pk")
    return rows.order_by("-updated_at", "-pk")


def _rows(
    question: ListQuestion, found: Mapping[str, QuerySet[Any]], start: int, fold: Folding
) -> list[Record]:
    end = start + PAGE_SIZE
    if len(question.kinds) == 1:
        (kind,) = question.kinds
        spec = LISTED_KINDS[kind]
        rows = _sorted(_narrowed(spec, found[kind], question), spec, question.sort)
        return list(fold.one_a_subject(rows, kind).select_related(*spec.related)[start:end])
    return _mixed_rows(question, found, start, end, fold)


def _mixed_rows(
    question: ListQuestion,
    found: Mapping[str, QuerySet[Any]],
    start: int,
    end: int,
    fold: Folding,
) -> list[Record]:
    """Rows of several kinds in one order: keys by a union, records by kind."""
    parts = []
    for kind in question.kinds:
        spec = LISTED_KINDS[kind]
        rows = fold.one_a_subject(_narrowed(spec, found[kind], question).order_by(), kind)
        parts.append(
            rows.annotate(
                listed_kind=Value(kind, output_field=CharField()), listed_title=F(spec.title_path)
            ).values_list("updated_at", "listed_title", "listed_kind", "pk")
        )
    keys = parts[0].union(*parts[1:], all=True)
    keys = keys.order_by("listed_title" if question.sort == "title" else "-updated_at")[start:end]
    order = [(kind, pk) for _, _, kind, pk in keys]
    records: dict[tuple[str, int], Record] = {}
    for kind in question.kinds:
        wanted = [pk for listed_kind, pk in order if listed_kind == kind]
        spec = LISTED_KINDS[kind]
        for record in spec.base().select_related(*spec.related).filter(pk__in=wanted):
            records[kind, record.pk] = record
    return [records[key] for key in order if key in records]


def _facets(
    question: ListQuestion, found: Mapping[str, QuerySet[Any]], fold: Folding
) -> list[Facet]:
    """Facets that all listed kinds share; each counts what the other filters leave."""
    specs = [LISTED_KINDS[kind] for kind in question.kinds]
    facets = []
    for shared in _shared_filters(specs):
        counts: dict[str, FilterValue] = {}
        for spec in specs:
            own = spec.filter_named(shared.name)
            if own is None:
                continue
            rows = _narrowed(spec, found[spec.kind], question, without=shared.name).order_by()
            for value in _facet_values(own, rows, fold.folded_away(rows, spec.kind)):
                before = counts.get(value.value)
                counts[value.value] = value if before is None else before.plus(value.count)
        chosen = tuple(question.chosen.get(shared.name, ()))
        values = shared.ordered(counts, chosen)
        if values:
            facets.append(
                Facet(name=shared.name, label=str(shared.label), values=values, chosen=chosen)
            )
    return facets


def _facet_values(
    narrowing: Filter, rows: QuerySet[Any], folded: QuerySet[Any] | None
) -> list[FilterValue]:
    """Values with how many subjects have them, each by the record that stands for it."""
    less = {} if folded is None else {one.value: one.count for one in narrowing.count(folded)}
    values = (one.plus(-less.get(one.value, 0)) for one in narrowing.count(rows))
    return [one for one in values if one.count > 0]


def _shared_filters(specs: Sequence[ListedKind]) -> list[Filter]:
    if len(specs) == 1:
        return list(specs[0].filters)
    named: dict[str, list[Filter]] = {}
    for spec in specs:
        for narrowing in spec.filters:
            named.setdefault(narrowing.name, []).append(narrowing)
    # Of a mixed list only what most kinds have is worth a facet.
    return [filters[0] for filters in named.values() if len(filters) > len(specs) / 2]
