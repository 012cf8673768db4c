"""The exchange's questions: search, match a need or a supply, explain a hit or its absence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from silian.engines.matching.values import Absence, Hit, SearchResult
from silian.portal.industry.models import Need
from silian.portal.registry.models import Record

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer

SUPPLY_KINDS = (
    "achievement",
    "person",
    "facility",
    "service_agency",
    "platform",
    "organisation",
    "patent",
    "project",
)
FINDABLE_KINDS = (*SUPPLY_KINDS, "need")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundHit:
    """A hit with the record it stands for."""

    hit: Hit
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """One page of a free search.

    ``kind_counts`` counts the ranked candidates by kind, before the page is cut;
    ``meaning_pending_count`` documents still wait for their vector, so the answer may grow.
    """

    hits: tuple[FoundHit, ...]
    kind_counts: Mapping[str, int]
    total_candidates: int
    meaning_pending_count: int
    ranker_version: str
    timings_ms: Mapping[str, float]


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
) -> SearchPage:
    """Find records by words and by meaning."""
    raise NotImplementedError


def match_need(
    need: Need, *, viewer: "Viewer", kinds: Sequence[str] | None = None, limit: int = 10
) -> dict[str, SearchResult]:
    """For one need, who can meet it: the best supply of every kind."""
    raise NotImplementedError


def match_text(
    text: str,
    *,
    viewer: "Viewer",
    kinds: Sequence[str] | None = None,
    region_codes: Sequence[str] = (),
    limit: int = 10,
) -> dict[str, SearchResult]:
    """As ``match_need``, for a need that nobody has recorded yet."""
    raise NotImplementedError


def match_supply(record: Record, *, viewer: "Viewer", limit: int = 10) -> SearchResult:
    """For one supply, the needs that it could meet."""
    raise NotImplementedError


def explain(need: Need, supply_id: str, *, viewer: "Viewer") -> Hit:
    """Score one pair with all its reasons, whether or not it would be found."""
    raise NotImplementedError


def why_not(need: Need, supply_id: str, *, viewer: "Viewer", limit: int = 10) -> Absence:
    """Why a supply is not among the best of its kind for a need."""
    raise NotImplementedError


def records_of(hits: Sequence[Hit]) -> dict[str, Record]:
    """Records of hits by public id, a fixed number of queries for each kind."""
    raise NotImplementedError
