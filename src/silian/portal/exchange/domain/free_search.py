"""Free search over every kind at once: what the words name comes first, then what fits them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from silian.engines.matching.ceilings import HIGHEST_LEVEL
from silian.engines.matching.errors import UnknownDocument
from silian.engines.matching.values import Constraints, Hit, Query, SearchResult
from silian.portal.catalogue import KINDS
from silian.portal.exchange.domain.documents import document_of
from silian.portal.exchange.domain.folding import also_registered, fold_hits
from silian.portal.exchange.domain.index import open_matcher
from silian.portal.exchange.domain.named_records import is_code, records_named
from silian.portal.exchange.domain.questions import Filters, question_of_words
from silian.portal.registry.models import Record

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer

_DEEPEST_PAGE = 1_000
_COUNTED_HITS = 200
# A part of a code that is shorter says nothing of the code.
_TELLING_CHARACTERS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundHit:
    """A hit with the record it stands for."""

    hit: Hit
    record: Record
    also: tuple[Record, ...] = ()  # further records of the same subject, where folded
    named_by: str = ""  # what of it the question names: "id", "code", "name" or nothing


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
    is_code: bool = False  # the text can only be a code: nothing is found that lacks it

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
    """Find records of all kinds by words and by meaning; what the text names comes first.

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
    result, named = with_named(open_matcher().search(query), text, query, viewer)
    groups = fold_hits(result.hits) if folded else [[hit] for hit in result.hits]
    hits = _found_hits(groups[offset : offset + limit], viewer, named)
    return SearchPage(
        hits=_with_others(hits, viewer) if folded else hits,
        kind_counts=Counter(group[0].document.kind for group in groups),
        total_candidates=result.candidate_count,
        meaning_pending_count=result.meaning_pending_count,
        only_by_meaning=result.only_by_meaning and not named,
        question_bound="" if named else result.question_bound,
        ranker_version=result.ranker_version,
        timings_ms=result.timings_ms,
        meaning_failure=result.meaning_failure,
        folded_count=len(result.hits) - len(groups),
        is_code=is_code(text),
    )


def with_named(
    result: SearchResult, text: str, query: Query, viewer: "Viewer"
) -> tuple[SearchResult, dict[str, str]]:
    """The answer to a query of this text, the records first that the text names.

    A ranker weighs words; who writes a whole name, a code or an id means one record. So its level
    is the highest. A text that can only be a code finds nothing that doesn't hold it.

    Returns
    -------
    tuple
        The result, and ``"id"``, ``"code"`` or ``"name"`` by public id of those named.
    """
    ranked = {hit.document.document_id: hit for hit in result.hits}
    first: list[Hit] = []
    named: dict[str, str] = {}
    for one in records_named(text, viewer=viewer, kinds=query.constraints.kinds):
        public_id = one.record.public_id
        hit = ranked.get(public_id) or _hit_of_named(one.record, query)
        if hit is not None:
            first.append(replace(hit, level=float(HIGHEST_LEVEL), level_bound=""))
            named[public_id] = one.by
    others = [hit for hit in result.hits if hit.document.document_id not in named]
    # Without a source it was no candidate, so it isn't counted yet.
    n_ranked = result.candidate_count + sum(not hit.sources for hit in first)
    if is_code(text):
        others = [hit for hit in others if _holds_code(hit, text)]
        n_ranked = len(first) + len(others)
    elif not first:
        return result, {}
    hits = [replace(hit, rank=rank) for rank, hit in enumerate([*first, *others], start=1)]
    return replace(result, hits=tuple(hits[: query.limit]), candidate_count=n_ranked), named


def _hit_of_named(record: Record, query: Query) -> Hit | None:
    """A hit of a record that the ranker did not find; ``None`` if it may not be among the hits.

    A record that is not in the index (a closed need) is found all the same, without reasons,
    where nothing is asked of it that only the index knows.
    """
    try:
        hit = open_matcher().explain(query, record.public_id)
    except UnknownDocument:
        if _narrows(query.constraints):
            return None
        return Hit(
            document=document_of(record),
            rank=1,
            score=0.0,
            level=float(HIGHEST_LEVEL),
            base_score=0.0,
            contributions=(),
            matched_terms=(),
            checks=(),
            sources=(),
        )
    return None if any(check.outcome == "failed" for check in hit.checks) else hit


def _narrows(constraints: Constraints) -> bool:
    asked = (constraints.region_codes, constraints.field_codes, constraints.excluded_owner_ids)
    limits = (constraints.price_max_cny, constraints.readiness_min, constraints.available_on)
    return any(asked) or any(limit is not None for limit in limits)


def _holds_code(hit: Hit, text: str) -> bool:
    code = "".join(text.split()).lower()
    return any(len(term) >= _TELLING_CHARACTERS and term in code for term in hit.matched_terms)


def _found_hits(
    groups: Sequence[Sequence[Hit]], viewer: "Viewer", named: Mapping[str, str]
) -> tuple[FoundHit, ...]:
    """The first of each group that is there and may be seen.

    A record deleted or hidden a moment ago may still be in the index.
    """
    records = records_of([hit for group in groups for hit in group], viewer)
    seen = ([hit for hit in group if hit.document.document_id in records] for group in groups)
    return tuple(
        FoundHit(
            hit=group[0],
            record=records[group[0].document.document_id],
            named_by=named.get(group[0].document.document_id, ""),
        )
        for group in seen
        if group
    )


def _with_others(hits: tuple[FoundHit, ...], viewer: "Viewer") -> tuple[FoundHit, ...]:
    others = also_registered([one.record for one in hits], viewer)
    return tuple(replace(one, also=others.get(one.record.public_id, ())) for one in hits)


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
