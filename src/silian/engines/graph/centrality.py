"""Who matters, who bridges, and what hangs together at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from silian.engines.graph.snapshot import Graph
from silian.engines.graph.snapshot_errors import LimitOutOfRange, SubgraphTooLarge, UnknownNode
from silian.engines.graph.snapshot_values import ALL_EDGES, EdgeFilter, Node

_MOST_ROUNDS: Final = 500
_DENSE_CELLS: Final = 8_000_000
_MOST_BRIDGED: Final = 300_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredNode:
    """A node and its figure."""

    node: Node
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeScores:
    """One figure for every node.

    Parameters
    ----------
    values
        Shape (n_nodes,), by position.
    """

    graph: Graph
    values: NDArray[np.float64]

    def of(self, node_id: str) -> float:
        """Give the figure of one node."""
        return float(self.values[self.graph.nodes.position(node_id)])

    def top(self, most: int, *, kind: str | None = None) -> tuple[ScoredNode, ...]:
        """Give the highest, ties by id."""
        places = np.arange(len(self.values)) if kind is None else self.graph.nodes.of_kind(kind)
        places = places[self.values[places] > 0]
        order = places[np.argsort(-self.values[places], kind="stable")][:most]
        return tuple(
            ScoredNode(node=self.graph.nodes.node(place), score=float(self.values[place]))
            for place in order.tolist()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """Parts of the graph that no edge joins.

    Parameters
    ----------
    labels
        Shape (n_nodes,): the part of each position, 0 the largest; -1 for withdrawn nodes.
    sizes
        Number of nodes by part, largest first.
    """

    graph: Graph
    labels: NDArray[np.int64]
    sizes: NDArray[np.int64]

    def of(self, node_id: str) -> int:
        """Give the part of one node."""
        return int(self.labels[self.graph.nodes.position(node_id)])


def components(graph: Graph, chosen: EdgeFilter = ALL_EDGES) -> Components:
    """Find what hangs together, the direction of edges aside."""
    rows = graph.edge_arrays(chosen)
    shape = (graph.n_nodes, graph.n_nodes)
    matrix = sparse.csr_matrix(
        (np.ones(len(rows.sources), np.int8), (rows.sources, rows.targets)), shape=shape
    )
    _, raw = csgraph.connected_components(matrix, directed=False)
    standing = np.ones(graph.n_nodes, np.bool_)
    standing[list(graph.nodes.withdrawn)] = False
    names, first, places, counts = np.unique(
        raw[standing], return_index=True, return_inverse=True, return_counts=True
    )
    order = np.lexsort((first, -counts))
    rank = np.empty(len(names), np.int64)
    rank[order] = np.arange(len(names))
    labels = np.full(graph.n_nodes, -1, np.int64)
    labels[standing] = rank[places]
    return Components(graph=graph, labels=labels, sizes=counts[order])


def pagerank(
    graph: Graph,
    chosen: EdgeFilter = ALL_EDGES,
    *,
    start: Mapping[str, float] | None = None,
    damping: float = 0.85,
    directed: bool = False,
    weighted: bool = True,
    tolerance: float = 1e-8,
) -> NodeScores:
    """How often a walker who follows strong ties, and now and then starts anew, is where.

    Parameters
    ----------
    start
        Where the walker starts anew, with weights: nearness to these nodes (personalised
        PageRank). Anywhere where ``None``.
    damping
        How likely the walker goes on, between 0 and 1.
    tolerance
        Most change of all figures together in the last round.

    References
    ----------
    Page, Brin, Motwani and Winograd (1999), The PageRank citation ranking.
    """
    if not 0 < damping < 1:
        raise LimitOutOfRange(f"damping is {damping}; pass a fraction between 0 and 1.")
    inward = _inward(graph, chosen, directed=directed, weighted=weighted)
    strength = np.bincount(inward.indices, inward.data, minlength=graph.n_nodes)
    share = np.divide(1.0, strength, out=np.zeros(graph.n_nodes), where=strength > 0)
    stuck = np.flatnonzero(strength == 0)
    begin = _start(graph, start)
    values = begin.copy()
    for _ in range(_MOST_ROUNDS):
        lost = values[stuck].sum()
        after = damping * (inward @ (values * share) + lost * begin) + (1 - damping) * begin
        change = np.abs(after - values).sum()
        values = after
        if change < tolerance:
            break
    return NodeScores(graph=graph, values=values)


def betweenness(
    graph: Graph,
    chosen: EdgeFilter = ALL_EDGES,
    *,
    among: Sequence[str] | None = None,
    samples: int | None = None,
    seed: int = 0,
) -> NodeScores:
    """Who bridges: the share of shortest connections of others that lead through a node.

    Edges count once, without direction or weight.

    Parameters
    ----------
    among
        Only these nodes and the edges between them; all that have edges where ``None``.
    samples
        From so many starting points, drawn by ``seed``, instead of all: an estimate.

    Raises
    ------
    SubgraphTooLarge
        If more than 300,000 nodes take part.

    References
    ----------
    Brandes (2001), A faster algorithm for betweenness centrality. Brandes and Pich (2007),
    Centrality estimation in large networks.
    """
    if samples is not None and samples < 1:
        raise LimitOutOfRange(f"samples is {samples}; pass 1 or more, or None for all.")
    if among is None:
        matrix = graph.adjacency(chosen, weighted=False)
        members = np.flatnonzero(np.diff(matrix.indptr))
    else:
        members = np.unique(graph.nodes.positions(among))
    n_members = len(members)
    if n_members > _MOST_BRIDGED:
        raise SubgraphTooLarge(
            f"{n_members:,} nodes; pass among, or a filter that leaves up to {_MOST_BRIDGED:,}."
        )
    part = (
        matrix[members][:, members]
        if among is None
        else graph.adjacency_among(members, chosen, weighted=False)
    )
    pivots = np.arange(n_members)
    if samples is not None and samples < n_members:
        pivots = np.sort(np.random.default_rng(seed).choice(n_members, samples, replace=False))
    values = np.zeros(graph.n_nodes)
    if n_members > 2:
        total = _dependencies(part, pivots) * (n_members / len(pivots))
        values[members] = total / ((n_members - 1) * (n_members - 2))
    return NodeScores(graph=graph, values=values)


def _dependencies(matrix: Any, pivots: NDArray[np.int64]) -> NDArray[np.float64]:
    """Brandes' dependencies summed over pivots; a batch of pivots at a time, level by level."""
    n_nodes = matrix.shape[0]
    total = np.zeros(n_nodes)
    batch = int(max(1, min(64, _DENSE_CELLS // n_nodes)))
    for first in range(0, len(pivots), batch):
        own = pivots[first : first + batch]
        columns = np.arange(len(own))
        paths = np.zeros((n_nodes, len(own)))
        paths[own, columns] = 1.0
        levels = np.full((n_nodes, len(own)), -1, np.int32)
        levels[own, columns] = 0
        frontier, level = paths.copy(), 0
        while True:
            frontier = matrix @ frontier
            frontier[levels >= 0] = 0.0
            fresh = frontier > 0
            if not fresh.any():
                break
            level += 1
            levels[fresh] = level
            paths += frontier
        dependency = np.zeros_like(paths)
        safe = np.where(paths > 0, paths, 1.0)
        for depth in range(level, 0, -1):
            flow = matrix @ np.where(levels == depth, (1.0 + dependency) / safe, 0.0)
            dependency += np.where(levels == depth - 1, paths * flow, 0.0)
        dependency[own, columns] = 0.0
        total += dependency.sum(axis=1)
    return total


def _inward(graph: Graph, chosen: EdgeFilter, *, directed: bool, weighted: bool) -> Any:
    """Row a node, column a node with an edge to it; made in one go, since it may be large."""
    if not directed:
        return graph.adjacency(chosen, weighted=weighted)
    rows = graph.edge_arrays(chosen)
    values = rows.weights if weighted else np.ones(len(rows.sources))
    shape = (graph.n_nodes, graph.n_nodes)
    matrix = sparse.csr_matrix((values, (rows.targets, rows.sources)), shape=shape)
    if not weighted:
        matrix.data[:] = 1.0
    return matrix


def _start(graph: Graph, start: Mapping[str, float] | None) -> NDArray[np.float64]:
    if start is None:
        values = np.ones(graph.n_nodes)
        values[list(graph.nodes.withdrawn)] = 0.0
    else:
        values = np.zeros(graph.n_nodes)
        for node_id, weight in start.items():
            values[graph.nodes.position(node_id)] += weight
        if not (values.sum() > 0 and values.min() >= 0):
            raise UnknownNode(f"start is {dict(start)}; name a node with a weight above 0.")
    whole = values.sum()
    scaled: NDArray[np.float64] = values / whole if whole else values
    return scaled
