"""Groups that are tied more among themselves than with the rest (Leiden)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import graspologic_native
import numpy as np
from numpy.typing import NDArray

from silian.engines.graph.snapshot import Graph
from silian.engines.graph.snapshot_errors import LimitOutOfRange
from silian.engines.graph.snapshot_values import ALL_EDGES, EdgeFilter, Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """One group.

    Parameters
    ----------
    central
        Members bound most strongly inside.
    kinds
        Number of members by kind.
    inward_share
        Share of its members' ties that stay inside.
    """

    number: int
    size: int
    central: tuple[Node, ...]
    kinds: dict[str, int]
    inward_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Communities:
    """A division of all nodes that have edges.

    Parameters
    ----------
    labels
        Shape (n_nodes,): community of each position, 0 the largest; -1 without edges.
    modularity
        How much more is inside than chance would put there.
    """

    graph: Graph
    labels: NDArray[np.int64]
    groups: tuple[Community, ...]
    modularity: float

    def of(self, node_id: str) -> int:
        """Give the community of one node."""
        return int(self.labels[self.graph.nodes.position(node_id)])

    def members(self, number: int) -> tuple[Node, ...]:
        """Give all nodes of one community."""
        places = np.flatnonzero(self.labels == number).tolist()
        return tuple(self.graph.nodes.node(place) for place in places)


def find_communities(
    graph: Graph,
    chosen: EdgeFilter = ALL_EDGES,
    *,
    among: Sequence[str] | None = None,
    resolution: float = 1.0,
    seed: int = 0,
    most_central: int = 5,
) -> Communities:
    """Divide the graph; the same seed gives the same division.

    Parameters
    ----------
    among
        Only these nodes and the edges between them; all that have edges where ``None``.
    resolution
        Above 1 for more and smaller groups, below for fewer.

    References
    ----------
    Traag, Waltman and van Eck (2019), From Louvain to Leiden: guaranteeing well-connected
    communities. Scientific Reports 9.
    """
    if not resolution > 0:
        raise LimitOutOfRange(f"resolution is {resolution}; pass a number above 0.")
    members, part = _part(graph, chosen, among)
    labels = np.full(graph.n_nodes, -1, np.int64)
    if not len(members):
        return Communities(graph=graph, labels=labels, groups=(), modularity=0.0)
    labels[members] = divide(part, resolution=resolution, seed=seed)
    inward, strength = _inward(part, labels[members])
    return Communities(
        graph=graph,
        labels=labels,
        groups=_described(graph, members, labels[members], inward, strength, most_central),
        modularity=_modularity(labels[members], inward, strength, resolution),
    )


def _part(
    graph: Graph, chosen: EdgeFilter, among: Sequence[str] | None
) -> tuple[NDArray[np.int64], Any]:
    """Positions that have edges, and the matrix of their ties."""
    if among is None:
        matrix = graph.adjacency(chosen)
        candidates = np.arange(graph.n_nodes)
    else:
        candidates = np.unique(graph.nodes.positions(among))
        matrix = graph.adjacency_among(candidates, chosen)
    tied = np.flatnonzero(np.diff(matrix.indptr))
    part = matrix[tied][:, tied].tocsr()
    part.sort_indices()
    return candidates[tied], part


def divide(ties: Any, *, resolution: float = 1.0, seed: int = 0) -> NDArray[np.int64]:
    """Divide any network given as a matrix of ties; the same seed gives the same division.

    Parameters
    ----------
    ties
        Symmetric sparse matrix in CSR form of shape (n, n), weights above 0, no node without a tie.

    Returns
    -------
    Shape (n,): group of each node, 0 the largest.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> ties = np.zeros((5, 5))
    >>> ties[:3, :3] = ties[3:, 3:] = 1.0
    >>> np.fill_diagonal(ties, 0.0)
    >>> divide(csr_array(ties)).tolist()
    [0, 0, 0, 1, 1]
    """
    _, found = graspologic_native.leiden_csr(
        ties.indptr.astype(np.int64),
        ties.indices.astype(np.int32),
        ties.data.astype(np.float64),
        ties.shape[0],
        resolution=resolution,
        seed=seed,
        iterations=2,
    )
    return _by_size(np.array([found[place] for place in range(ties.shape[0])], np.int64))


def _by_size(raw: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the groups anew: the largest first, of equal ones that with the first node."""
    _, first, places, counts = np.unique(
        raw, return_index=True, return_inverse=True, return_counts=True
    )
    rank = np.empty(len(counts), np.int64)
    rank[np.lexsort((first, -counts))] = np.arange(len(counts))
    numbered: NDArray[np.int64] = rank[places]
    return numbered


def _inward(
    matrix: Any, labels: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Strength of each node's ties inside its group, and of all its ties."""
    rows = np.repeat(np.arange(len(labels)), np.diff(matrix.indptr))
    same = labels[rows] == labels[matrix.indices]
    inward = np.bincount(rows, matrix.data * same, minlength=len(labels)).astype(np.float64)
    strength = np.bincount(rows, matrix.data, minlength=len(labels)).astype(np.float64)
    return inward, strength


def _modularity(
    labels: NDArray[np.int64],
    inward: NDArray[np.float64],
    strength: NDArray[np.float64],
    resolution: float,
) -> float:
    whole = strength.sum()
    shares = np.bincount(labels, strength) / whole
    return float(inward.sum() / whole - resolution * (shares**2).sum())


def _described(
    graph: Graph,
    members: NDArray[np.int64],
    labels: NDArray[np.int64],
    inward: NDArray[np.float64],
    strength: NDArray[np.float64],
    most_central: int,
) -> tuple[Community, ...]:
    order = np.lexsort((members, -inward, labels))
    bounds = np.concatenate([[0], np.cumsum(np.bincount(labels))])
    groups = []
    for number in range(len(bounds) - 1):
        own = order[bounds[number] : bounds[number + 1]]
        kinds = np.bincount(graph.nodes.kind_codes[members[own]], minlength=len(graph.nodes.kinds))
        groups.append(
            Community(
                number=number,
                size=len(own),
                central=tuple(
                    graph.nodes.node(place) for place in members[own[:most_central]].tolist()
                ),
                kinds={
                    kind: int(count)
                    for kind, count in zip(graph.nodes.kinds, kinds, strict=True)
                    if count
                },
                inward_share=float(inward[own].sum() / strength[own].sum()),
            )
        )
    return tuple(groups)
