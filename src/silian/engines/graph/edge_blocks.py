"""Edges as parallel arrays, found from either end through compressed sparse rows."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import sparse

Ints = NDArray[Any]
Bools = NDArray[np.bool_]

#: Days of edges without a start or an end.
OPEN_START: Final = np.iinfo(np.int32).min
OPEN_END: Final = np.iinfo(np.int32).max
_EPOCH: Final = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeBlock:
    """Edges sorted by source, type and target; those into a node through ``in_edges``.

    Parameters
    ----------
    sources, targets, types, weights, starts, ends
        Shape (n_edges,): node positions, type codes, weights, days since 1970.
    out_offsets, in_offsets
        Shape (n_nodes + 1,): the edges out of node ``p`` are ``out_offsets[p]`` up to
        ``out_offsets[p + 1]``; those into it are at ``in_edges`` of the same span of
        ``in_offsets``.
    evidence
        Record ids, or ``None`` where no edge has one.
    """

    sources: Ints
    targets: Ints
    types: Ints
    weights: NDArray[np.float64]
    starts: Ints
    ends: Ints
    out_offsets: Ints
    in_offsets: Ints
    in_edges: Ints
    evidence: pa.Array | None

    def __len__(self) -> int:
        """Give the number of edges."""
        return len(self.sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incidence:
    """Edges met from some nodes, as parallel arrays.

    Parameters
    ----------
    owners
        Shape (n,): which of the nodes asked for.
    others
        Shape (n,): position at the other end.
    edges
        Shape (n,): edge numbers, for :meth:`~silian.engines.graph.Graph.edge`.
    forward
        Shape (n,): whether the edge leaves the node asked for.
    """

    owners: Ints
    others: Ints
    edges: Ints
    forward: Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeArrays:
    """All edges that pass a filter, as parallel arrays of shape (n_edges,)."""

    sources: Ints
    targets: Ints
    weights: NDArray[np.float64]
    types: Ints
    edges: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledFilter:
    """A filter in codes and days.

    Parameters
    ----------
    types, kinds
        By code, whether it passes; ``None`` where all do.
    """

    types: Bools | None
    kinds: Bools | None
    since: int
    until: int
    at_least: float

    @property
    def passes_all_edges(self) -> bool:
        """Whether no edge is kept out by itself (a node's kind still may)."""
        return (
            self.types is None
            and self.since == OPEN_START
            and self.until == OPEN_END
            and self.at_least <= 0
        )

    def edges(self, block: EdgeBlock, places: Ints | slice) -> Bools | None:
        """Tell for some edges of a block which pass; ``None`` where all do."""
        if self.passes_all_edges:
            return None
        checks = []
        if self.types is not None:
            checks.append(self.types[block.types[places]])
        if self.since != OPEN_START:
            checks.append(block.ends[places] >= self.since)
        if self.until != OPEN_END:
            checks.append(block.starts[places] <= self.until)
        if self.at_least > 0:
            checks.append(block.weights[places] >= self.at_least)
        kept: Bools = np.logical_and.reduce(checks)
        return kept


def spans(offsets: Ints, nodes: Ints) -> tuple[Ints, Ints]:
    """Concatenate the spans of some nodes.

    Returns
    -------
    tuple
        For every place in a span: which of ``nodes`` it belongs to, and the place.

    Examples
    --------
    >>> spans(np.array([0, 2, 2, 5]), np.array([2, 0]))
    (array([0, 0, 0, 1, 1]), array([2, 3, 4, 0, 1]))
    """
    first = offsets[nodes]
    lengths = offsets[nodes + 1] - first
    owner = np.repeat(np.arange(len(nodes)), lengths)
    begins = np.cumsum(lengths) - lengths
    return owner, np.arange(len(owner)) + (first - begins)[owner]


def order_by(keys: Ints, n_nodes: int) -> tuple[Ints, Ints]:
    """Offsets and a stable order by node position, in linear time.

    A sparse matrix with one entry a column, turned to rows, is a counting sort.
    """
    n_edges = len(keys)
    ones = np.ones(n_edges, np.int8)
    rows = sparse.csr_matrix((ones, (keys, np.arange(n_edges))), shape=(n_nodes, n_edges))
    return rows.indptr.astype(np.int64), rows.indices


def offsets_of(sorted_keys: Ints, n_nodes: int) -> Ints:
    """Offsets of keys that are sorted already."""
    counts = np.bincount(sorted_keys, minlength=n_nodes)
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])


def day_number(day: date | None, absent: int) -> int:
    """Days since 1970, or the number that stands for no day."""
    return absent if day is None else day.toordinal() - _EPOCH


def day_of(number: int) -> date | None:
    """Give the day of a number; ``None`` where it stands for none.

    Examples
    --------
    >>> day_of(day_number(date(2026, 11, 23), OPEN_START))
    datetime.date(2026, 11, 23)
    """
    if number in (OPEN_START, OPEN_END):
        return None
    return date.fromordinal(int(number) + _EPOCH)
