"""The state of the index in one answer: what it holds, and what it still owes."""

from collections.abc import Mapping
from dataclasses import dataclass

from silian.portal.exchange.domain import outbox
from silian.portal.exchange.domain.explanations import ranker_version
from silian.portal.exchange.domain.index import open_matcher


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexStatus:
    """How far the index has followed the records.

    ``waiting_count`` saved records are not in the index yet; ``meaning_pending_count`` documents
    have words but no vector.
    """

    waiting_count: int
    failed_count: int
    oldest_waiting_seconds: float | None
    document_count: int
    counts_by_kind: Mapping[str, int]
    meaning_pending_count: int
    disk_bytes: int
    ranker_version: str


def index_status() -> IndexStatus:
    """State of the index now."""
    lag, index = outbox.status(), open_matcher().statistics()
    return IndexStatus(
        waiting_count=lag.waiting_count,
        failed_count=lag.failed_count,
        oldest_waiting_seconds=lag.oldest_seconds,
        document_count=index.document_count,
        counts_by_kind=dict(index.counts_by_kind),
        meaning_pending_count=index.pending_vectors,
        disk_bytes=index.disk_bytes,
        ranker_version=ranker_version(),
    )
