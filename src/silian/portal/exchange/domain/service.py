"""The exchange's questions: search, match a need or a supply, explain a hit or its absence."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from silian.engines.matching.values import Absence, Hit, Query, SearchResult
from silian.identifiers import kind_of
from silian.language import EmbedderUnavailable
from silian.portal.catalogue import KINDS, RecordNotFound, find_record
from silian.portal.exchange.domain.documents import findable_ids
from silian.portal.exchange.domain.folding import also_registered, fold_hits
from silian.portal.exchange.domain.index import open_matcher
from silian.portal.exchange.domain.projections import FINDABLE_KINDS, SUPPLY_KINDS
from silian.portal.exchange.domain.questions import (
    Filters,
    question_of_need,
    question_of_supply,
    question_of_text,
    question_of_words,
)
from silian.portal.industry.models import Need
from silian.portal.registry.models import Record

if TYPE_CHECKING:
    from silian.engines.matching.clarity import ClarityReport
    from silian.portal.accounts.domain.access import Viewer

__all__ = [
    "FINDABLE_KINDS",
    "LONGEST_TEXT",
    "SUPPLY_KINDS",
    "Filters",
    "FoundHit",
    "SearchPage",
    "best_for_need",
    "best_for_needs",
    "best_for_text",
    "clarity",
    "clarity_of_text",
    "explain",
    "match_need",
    "match_supply",
    "match_text",
    "offers_anything",
    "records_of",
    "require_meaning",
    "search",
    "why_not",
]

#: Characters of a need that is asked in words; beyond it are documents, not needs.
LONGEST_TEXT = 20_000
_DEEPEST_PAGE = 1_000
_COUNTED_HITS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundHit:
    """A hit with the record it stands for."""

    hit: Hit
    record: Record
    also: tuple[Record, ...] = ()  # further records of the same subject, where folded


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """One page of a free search.

    ``kind_counts`` counts the best ``ranked_count`` hits by kind, before the page is cut: totals
    only while ``counts_everything``;
    ``meaning_pending_count`` documents still wait for their vector, so the answer may grow.
    ``only_by_meaning``: there are hits, and none shares a word with the text.
    ``question_bound``: as in the engine's result, ``"question"``, ``"subject"`` or empty.
    ``meaning_failure``: why the text was searched by its words only, as a code; usually empty.
    """

    hits: tuple[FoundHit, ...]
    kind_counts: Mapping[str, int]
    total_candidates: int
    meaning_pending_count: int
    only_by_meaning: bool
    question_bound: str
    ranker_version: str
    timings_ms: Mapping[str, float]
    meaning_failure: str = ""
    folded_count: int = 0  # hits that stand under another of the same subject

    @property
    def ranked_count(self) -> int:
        """How many of the best hits the counts are of."""
        return sum(self.kind_counts.values())

    @property
    def counts_everything(self) -> bool:
        """Whether no candidate lies beyond the hits that were counted."""
        return self.ranked_count + self.folded_count >= self.total_candidates


def search(
    text: str,
    *,
    viewer: "Viewer",
    kinds: Sequence[str] = (),
    region_codes: Sequence[str] = (),
    field_codes: Sequence[str] = (),
    price_max_cny: float | None = None,
    readiness_min: int | None = None,
    limit: int = 20,
    offset: int = 0,
    folded: bool = False,
) -> SearchPage:
    """Find records of all kinds by words and by meaning.

    Parameters
    ----------
    text
        What is sought, as people type it.
    viewer
        Only what this viewer may see is found.
    kinds
        Record kinds, all where empty.
    region_codes
        Adcodes, or their beginnings: ``"330200"`` keeps everything within it.
    field_codes
        Codes of technical fields; each keeps its sub-fields.
    price_max_cny, readiness_min
        A record that doesn't state its price or readiness passes.
    limit, offset
        The page, within the first 1,000 hits.
    folded
        Whether records of one organisation or person are one hit, at the best one's place.
    """
    filters = Filters(
        region_codes=tuple(region_codes),
        field_codes=tuple(field_codes),
        price_max_cny=price_max_cny,
        readiness_min=readiness_min,
    )
    offset = max(0, min(offset, _DEEPEST_PAGE - 1))
    # Ranked deeper than the page, so that the counts by kind say what there is near the top.
    depth = min(_DEEPEST_PAGE, max(_COUNTED_HITS, offset + limit))
    query = question_of_words(text, viewer=viewer, kinds=kinds, filters=filters, limit=depth)
    result = open_matcher().search(query)
    groups = fold_hits(result.hits) if folded else [[hit] for hit in result.hits]
    hits = _found_hits(groups[offset : offset + limit], viewer)
    return SearchPage(
        hits=_with_others(hits, viewer) if folded else hits,
        kind_counts=Counter(group[0].document.kind for group in groups),
        total_candidates=result.candidate_count,
        meaning_pending_count=result.meaning_pending_count,
        only_by_meaning=result.only_by_meaning,
        question_bound=result.question_bound,
        ranker_version=result.ranker_version,
        timings_ms=result.timings_ms,
        meaning_failure=result.meaning_failure,
        folded_count=len(result.hits) - len(groups),
    )


def _found_hits(groups: Sequence[Sequence[Hit]], viewer: "Viewer") -> tuple[FoundHit, ...]:
    """The first of each group that is there and may be seen.

    A record deleted or hidden a moment ago may still be in the index.
    """
    records = records_of([hit for group in groups for hit in group], viewer)
    seen = ([hit for hit in group if hit.document.document_id in records] for group in groups)
    return tuple(
        FoundHit(hit=group[0], record=records[group[0].document.document_id])
        for group in seen
        if group
    )


def _with_others(hits: tuple[FoundHit, ...], viewer: "Viewer") -> tuple[FoundHit, ...]:
    others = also_registered([one.record for one in hits], viewer)
    return tuple(replace(one, also=others.get(one.record.public_id, ())) for one in hits)


def match_need(
    need: Need,
    *,
    viewer: "Viewer",
    kinds: Sequence[str] | None = None,
    limit: int = 10,
    filters: Filters | None = None,
) -> dict[str, SearchResult]:
    """For one need, who can meet it: the best supply of every kind, in one round of the engine."""
    query = question_of_need(
        need, viewer=viewer, kinds=(), filters=filters or Filters(), limit=limit
    )
    return _by_kind(query, kinds)


def match_text(
    text: str,
    *,
    viewer: "Viewer",
    kinds: Sequence[str] | None = None,
    region_codes: Sequence[str] = (),
    limit: int = 10,
    filters: Filters | None = None,
) -> dict[str, SearchResult]:
    """As ``match_need``, for a need that nobody has recorded yet."""
    filters = filters or Filters()
    filters = replace(filters, region_codes=(*filters.region_codes, *region_codes))
    query = question_of_text(text, viewer=viewer, kinds=(), filters=filters, limit=limit)
    return _by_kind(query, kinds)


def best_for_need(
    need: Need,
    *,
    viewer: "Viewer",
    kinds: Sequence[str] = (),
    limit: int = 10,
    filters: Filters | None = None,
) -> SearchResult:
    """The best supply for a need over all kinds together, in one ranking."""
    query = question_of_need(
        need, viewer=viewer, kinds=kinds, filters=filters or Filters(), limit=limit
    )
    return open_matcher().search(query)


def best_for_needs(
    needs: Sequence[Need],
    *,
    viewer: "Viewer",
    kinds: Sequence[str] = (),
    limit: int = 10,
    progress: Callable[[int, int], None] | None = None,
) -> list[SearchResult]:
    """As ``best_for_need`` for each of many needs, asked together, which is much quicker.

    Raises
    ------
    EmbedderUnavailable
        If meaning can't be had: what is kept of many answers must not rest on words alone.
    """
    queries = [
        question_of_need(need, viewer=viewer, kinds=kinds, filters=Filters(), limit=limit)
        for need in needs
    ]
    results = open_matcher().search_many(queries, progress)
    require_meaning(results)
    return results


def require_meaning(results: Sequence[SearchResult]) -> None:
    """Refuse answers by words only, where they are to be kept.

    Raises
    ------
    EmbedderUnavailable
        If one of them is.
    """
    failed = next((one.meaning_failure for one in results if one.meaning_failure), "")
    if failed:
        raise EmbedderUnavailable(
            f"The needs could be matched by their words only ({failed}). Try again when meaning "
            "is available.",
            cause=failed,
        )


def best_for_text(
    text: str,
    *,
    viewer: "Viewer",
    kinds: Sequence[str] = (),
    limit: int = 10,
    filters: Filters | None = None,
) -> SearchResult:
    """As ``best_for_need``, for a need that nobody has recorded yet."""
    query = question_of_text(
        text, viewer=viewer, kinds=kinds, filters=filters or Filters(), limit=limit
    )
    return open_matcher().search(query)


def offers_anything() -> bool:
    """Whether any supply can be found here at all."""
    return any(next(findable_ids(kind), None) is not None for kind in SUPPLY_KINDS)


def match_supply(record: Record, *, viewer: "Viewer", limit: int = 10) -> SearchResult:
    """For one supply, the needs that it could meet."""
    return open_matcher().search(question_of_supply(record, viewer=viewer, limit=limit))


def explain(need: Need, supply_id: str, *, viewer: "Viewer") -> Hit:
    """Score one pair with all its reasons, whether or not it would be found.

    Raises
    ------
    AccessDenied
        If the viewer may not see the supply.
    UnknownDocument
        If the supply is not in the index.
    """
    return open_matcher().explain(_question_of_pair(need, supply_id, viewer, 10), supply_id)


def why_not(
    need: Need,
    supply_id: str,
    *,
    viewer: "Viewer",
    kinds: Sequence[str] = (),
    limit: int = 10,
    filters: Filters | None = None,
) -> Absence:
    """Why a supply is not among the best of its kind for a need; ``"present"`` if it is.

    Parameters
    ----------
    kinds
        The kinds that were asked for together, where it was not the supply's own alone.

    Raises
    ------
    AccessDenied
        If the viewer may not see the supply: why it is absent would tell that it exists.
    """
    query = _question_of_pair(need, supply_id, viewer, limit, kinds, filters)
    return open_matcher().why_not(query, supply_id)


def clarity(need: Need) -> "ClarityReport":
    """What an expert would still have to ask before answering a need."""
    from silian.engines.matching.clarity import assess_clarity
    from silian.library.loading import clarity_rules

    # The columns say what their texts are; the rules read it as people would write it.
    parts = (
        need.text,
        f"技术指标：{need.target}" if need.target else "",
        f"现状：{need.present_state}" if need.present_state else "",
    )
    return assess_clarity(
        need.title,
        "\n".join(part for part in parts if part),
        rules=clarity_rules(),
        budget_cny=None if need.budget_cny is None else float(need.budget_cny),
        deadline=need.deadline,
    )


def clarity_of_text(text: str) -> "ClarityReport":
    """As ``clarity``, for a need that nobody has recorded yet; its first line is the title."""
    from silian.engines.matching.clarity import assess_clarity
    from silian.library.loading import clarity_rules

    title, _, body = text.strip().partition("\n")
    return assess_clarity(title, body, rules=clarity_rules())


def records_of(hits: Sequence[Hit], viewer: "Viewer") -> dict[str, Record]:
    """Records of hits by public id, as far as the viewer may see them as they are now.

    The index may lag behind a record that was hidden a moment ago. One query for each kind.
    """
    from silian.portal.accounts.domain.access import visible

    ids_by_kind: dict[str, list[str]] = {}
    for hit in hits:
        ids_by_kind.setdefault(hit.document.kind, []).append(hit.document.document_id)
    records: dict[str, Record] = {}
    for kind, ids in ids_by_kind.items():
        entry = KINDS[kind]
        query = visible(entry.model._default_manager.filter(public_id__in=ids), viewer)
        found = query.select_related(*entry.joined)
        records.update((record.public_id, record) for record in found)
    return records


def _question_of_pair(
    need: Need,
    supply_id: str,
    viewer: "Viewer",
    limit: int,
    kinds: Sequence[str] = (),
    filters: Filters | None = None,
) -> Query:
    from silian.portal.accounts.domain.access import require

    kind = kind_of(supply_id)
    if kind not in SUPPLY_KINDS:
        raise RecordNotFound(
            f"{supply_id} is a {kind}; a need is matched with one of {', '.join(SUPPLY_KINDS)}.",
            message_zh=f"{supply_id} 是“{KINDS[kind].label_zh}”，需求只与供给类记录匹配。",
        )
    require(viewer, "record.read", find_record(supply_id))
    return question_of_need(
        need, viewer=viewer, kinds=kinds or (kind,), filters=filters or Filters(), limit=limit
    )


def _by_kind(query: Query, kinds: Sequence[str] | None) -> dict[str, SearchResult]:
    wanted = list(SUPPLY_KINDS if kinds is None else dict.fromkeys(kinds))
    queries = [
        replace(query, constraints=replace(query.constraints, kinds=(kind,))) for kind in wanted
    ]
    return dict(zip(wanted, open_matcher().search_many(queries), strict=True))
