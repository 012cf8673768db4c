"""Things that stand alike in the graph: the same neighbours, in the same roles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import sparse

from silian.engines.graph.edge_blocks import CompiledFilter, Ints
from silian.engines.graph.snapshot import Graph
from silian.engines.graph.snapshot_errors import LimitOutOfRange
from silian.engines.graph.snapshot_values import ALL_EDGES, EdgeFilter, Node

_MOST_TIES: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedTie:
    """One reason why two things are alike: both are tied to this node in this way.

    Parameters
    ----------
    forward
        Whether the ties lead from the two to the node.
    contribution
        Its part of the similarity; all parts add up to it.
    """

    node: Node
    edge_type: str
    forward: bool
    contribution: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarNode:
    """A node alike, and why.

    Parameters
    ----------
    similarity
        Cosine, 0 to 1.
    shared
        The weightiest reasons first.
    """

    node: Node
    similarity: float
    shared: tuple[SharedTie, ...]


def similar_nodes(
    graph: Graph,
    node_id: str,
    *,
    chosen: EdgeFilter = ALL_EDGES,
    type_weights: Mapping[str, float] | None = None,
    most: int = 10,
    reasons: int = 3,
    most_ties: int = _MOST_TIES,
) -> tuple[SimilarNode, ...]:
    """Find nodes of the same kind with like ties: cosine over typed neighbours.

    A tie counts by its weight, by its type, and by how rare it is to be tied to that neighbour.

    Parameters
    ----------
    type_weights
        How much each type counts; 1 where not named.
    most_ties
        Neighbours with more ties than this say nothing about anyone and are left aside.

    Raises
    ------
    UnknownNode, UnknownEdgeType
        If the node or a type is not in the graph.
    """
    if most < 1:
        raise LimitOutOfRange(f"most is {most}; ask for 1 or more.")
    centre = graph.nodes.position(node_id)
    view = _TieView(graph, graph.compile_filter(chosen), dict(type_weights or {}), most_ties)
    candidates = view.candidates(centre)
    if not len(candidates):
        return ()
    everyone = np.concatenate([[centre], candidates])
    ties, columns = view.matrix(everyone)
    ties = (
        sparse.diags(1.0 / np.sqrt(np.maximum(ties.multiply(ties).sum(axis=1), 1e-300)).A1) @ ties
    )
    scores = np.asarray((ties[1:] @ ties[0].T).todense()).ravel()
    order = np.lexsort((candidates, -scores))[:most]
    own = ties[0]
    return tuple(
        SimilarNode(
            node=graph.nodes.node(int(candidates[place])),
            similarity=float(min(1.0, scores[place])),
            shared=view.reasons(ties[1 + int(place)].multiply(own).tocoo(), columns, reasons),
        )
        for place in order.tolist()
        if scores[place] > 0
    )


class _TieView:
    """Ties as columns: (neighbour, type, direction)."""

    def __init__(
        self, graph: Graph, chosen: CompiledFilter, weights: dict[str, float], most_ties: int
    ) -> None:
        self._graph = graph
        self._chosen = chosen
        for name in weights:
            graph.type_code(name)
        self._weights = np.array([weights.get(name, 1.0) for name in graph.type_names])
        self._most_ties = most_ties

    def candidates(self, centre: int) -> Ints:
        """Nodes of the same kind that share a neighbour, the centre aside."""
        near = self._graph.incident(np.array([centre]), "both", self._chosen)
        shared = np.unique(near.others)
        shared = shared[self._graph.ties(shared) <= self._most_ties]
        # The filter's kinds speak of neighbours; those alike are of the centre's own kind.
        back = self._graph.incident(shared, "both", self._edges_only())
        found = np.unique(back.others)
        kinds = self._graph.nodes.kind_codes
        kept: Ints = found[(kinds[found] == kinds[centre]) & (found != centre)]
        return kept

    def matrix(self, nodes: Ints) -> tuple[sparse.csr_matrix, Ints]:
        """Weighted ties of some nodes, and the keys of the columns."""
        met = self._graph.incident(nodes, "both", self._chosen)
        codes = self._graph.types_of(met.edges).astype(np.int64)
        usual = self._graph.ties(met.others)
        n_types = len(self._graph.type_names)
        keys = (met.others.astype(np.int64) * n_types + codes) * 2 + met.forward
        rarity = np.log1p(self._graph.n_nodes / np.maximum(usual, 1))
        values = self._graph.weights_of(met.edges) * self._weights[codes] * rarity
        values[usual > self._most_ties] = 0.0
        columns, places = np.unique(keys, return_inverse=True)
        shape = (len(nodes), max(1, len(columns)))
        return sparse.csr_matrix((values, (met.owners, places)), shape=shape), columns

    def reasons(
        self, product: sparse.coo_matrix, columns: Ints, most: int
    ) -> tuple[SharedTie, ...]:
        """Describe the weightiest products of two rows."""
        order = np.lexsort((product.col, -product.data))[:most]
        n_types = len(self._graph.type_names)
        return tuple(
            SharedTie(
                node=self._graph.nodes.node(int(columns[column] // 2 // n_types)),
                edge_type=self._graph.type_names[int(columns[column] // 2 % n_types)],
                forward=bool(columns[column] % 2),
                contribution=float(value),
            )
            for column, value in zip(product.col[order], product.data[order], strict=True)
            if value > 0
        )

    def _edges_only(self) -> CompiledFilter:
        return CompiledFilter(
            types=self._chosen.types,
            kinds=None,
            since=self._chosen.since,
            until=self._chosen.until,
            at_least=self._chosen.at_least,
        )
