"""The exchange's questions: search, match a need or a supply, explain a hit or its absence."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from silian.engines.matching.values import Absence, Hit, Query, SearchResult
from silian.identifiers import kind_of
from silian.language import EmbedderUnavailable
from silian.portal.catalogue import KINDS, RecordNotFound, find_record
from silian.portal.exchange.domain.documents import findable_ids
from silian.portal.exchange.domain.free_search import (
    FoundHit,
    SearchPage,
    records_of,
    search,
    with_named,
)
from silian.portal.exchange.domain.index import open_matcher
from silian.portal.exchange.domain.projections import FINDABLE_KINDS, SUPPLY_KINDS
from silian.portal.exchange.domain.questions import (
    Filters,
    question_of_need,
    question_of_supply,
    question_of_text,
)
from silian.portal.exchange.domain.shared_works import Matches, depth_for, together
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
    "Matches",
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


def match_need(
    need: Need,
    *,
    viewer: "Viewer",
    kinds: Sequence[str] | None = None,
    limit: int = 10,
    filters: Filters | None = None,
) -> dict[str, Matches]:
    """For one need, who can meet it: the best supply of every kind, in one round of the engine.

    People who are known by the same works take one place (``Matches.beneath``).
    """
    query = question_of_need(
        need, viewer=viewer, kinds=(), filters=filters or Filters(), limit=limit
    )
    return {kind: together(result, limit) for kind, result in _by_kind(query, kinds).items()}


def match_text(
    text: str,
    *,
    viewer: "Viewer",
    kinds: Sequence[str] | None = None,
    region_codes: Sequence[str] = (),
    limit: int = 10,
    filters: Filters | None = None,
) -> dict[str, Matches]:
    """As ``match_need``, for a need that nobody has recorded yet; as ``best_for_text``, by kind."""
    filters = filters or Filters()
    filters = replace(filters, region_codes=(*filters.region_codes, *region_codes))
    query = question_of_text(text, viewer=viewer, kinds=(), filters=filters, limit=limit)
    return {
        kind: together(with_named(result, text, _of_kind(query, kind), viewer)[0], limit)
        for kind, result in _by_kind(query, kinds).items()
    }


def best_for_need(
    need: Need,
    *,
    viewer: "Viewer",
    kinds: Sequence[str] = (),
    limit: int = 10,
    filters: Filters | None = None,
) -> Matches:
    """The best supply for a need over all kinds together, in one ranking."""
    depth = depth_for(limit, kinds or SUPPLY_KINDS)
    query = question_of_need(
        need, viewer=viewer, kinds=kinds, filters=filters or Filters(), limit=depth
    )
    return together(open_matcher().search(query), limit)


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
) -> Matches:
    """As ``best_for_need``, for a need that nobody has recorded yet.

    A text that is no need but the name or code of a supply finds this first.
    """
    depth = depth_for(limit, kinds or SUPPLY_KINDS)
    query = question_of_text(
        text, viewer=viewer, kinds=kinds, filters=filters or Filters(), limit=depth
    )
    return together(with_named(open_matcher().search(query), text, query, viewer)[0], limit)


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
    absence = open_matcher().why_not(query, supply_id)
    if absence.reason == "ranked_below" and kind_of(supply_id) == "person":
        # Others beneath one place let more come up than the rank alone tells.
        deeper = replace(query, limit=depth_for(limit, query.constraints.kinds))
        shown = together(open_matcher().search(deeper), limit).all_hits
        if any(hit.document.document_id == supply_id for hit in shown):
            return replace(absence, reason="present")
    return absence


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
    queries = [_of_kind(query, kind) for kind in wanted]
    return dict(zip(wanted, open_matcher().search_many(queries), strict=True))


def _of_kind(query: Query, kind: str) -> Query:
    constraints = replace(query.constraints, kinds=(kind,))
    return replace(query, constraints=constraints, limit=depth_for(query.limit, (kind,)))
