"""What an index holds and what a write did."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from silian.engines.matching.folder import IndexMeta
from silian.engines.matching.store import LanceStore
from silian.engines.matching.view import View, ViewKeeper

HASH_COLUMNS = ("document_id", "is_deleted", "content_hash")
# How often stored rows are compared again because somebody wrote meanwhile.
_LOOKS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a write did."""

    inserted: int = 0
    replaced: int = 0
    deleted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """State of an index.

    ``pending_vectors`` documents have words but no vector yet; ``unoptimised_rows`` were written
    since the last ``optimise``.
    """

    document_count: int
    counts_by_kind: Mapping[str, int]
    pending_vectors: int
    unoptimised_rows: int
    disk_bytes: int
    embedder_name: str
    n_dimensions: int


def statistics_of(view: View, meta: IndexMeta, bytes_on_disk: int) -> Statistics:
    """Count documents, pending vectors and unoptimised rows."""
    counts: dict[str, int] = {}
    for part in view.parts:
        codes = part.segment.kind.codes[part.live()]
        for code, count in enumerate(np.bincount(codes).tolist()):
            if count:
                kind = part.segment.kind.values[code]
                counts[kind] = counts.get(kind, 0) + count
    return Statistics(
        document_count=view.document_count,
        counts_by_kind=dict(sorted(counts.items())),
        pending_vectors=view.pending_count,
        unoptimised_rows=unoptimised_rows(view),
        disk_bytes=bytes_on_disk,
        embedder_name=meta.embedder,
        n_dimensions=meta.n_dimensions,
    )


def content_hashes_of(view: View) -> dict[str, str]:
    """Content hash of every indexed document by id."""
    hashes: dict[str, str] = {}
    for part in view.parts:
        segment = part.segment
        for row in np.flatnonzero(part.live()).tolist():
            hashes[segment.document_id[row]] = segment.content_hash[row]
    return hashes


def mislaid_ids(keeper: ViewKeeper, store: LanceStore) -> tuple[str, ...]:
    """Ids of documents that views find otherwise than the documents table holds them, sorted.

    A write between the two readings looks like a difference; it is gone at the next. Every column
    is read, and every vector: what is damaged must not wait for the day that it is needed.

    Raises
    ------
    IndexCorrupted
        If any of it can't be read.
    """
    lasting: set[str] | None = None
    store.read_through()
    for _ in range(_LOOKS):
        view = keeper.current()
        seen = differing_ids(view, store.read_documents(0, None))
        lasting = seen if lasting is None else lasting & seen
        if not lasting or store.versions()[0] == view.versions[0]:
            break
    return tuple(sorted(lasting or ()))


def differing_ids(view: View, stored: Iterable[pa.Table]) -> set[str]:
    """Ids that a view finds otherwise than the rows of the documents table hold them.

    Parameters
    ----------
    stored
        All rows with ``document_id``, ``is_deleted`` and ``content_hash``, in portions.
    """
    found = content_hashes_of(view)
    differing = set()
    for table in stored:
        columns = (table[name].to_pylist() for name in HASH_COLUMNS)
        for document_id, is_deleted, content_hash in zip(*columns, strict=True):
            shown = found.pop(document_id, None)
            if shown != (None if is_deleted else content_hash):
                differing.add(document_id)
    return differing.union(found)


def unoptimised_rows(view: View) -> int:
    """Rows that were written since the last optimising."""
    small = view.parts[1:] if view.snapshot_name else view.parts
    return sum(len(part.segment) for part in small)
