"""The steps that searches for paths may take, and what each costs."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from silian.engines.graph.edge_blocks import Bools, CompiledFilter, EdgeBlock, Ints
from silian.engines.graph.path_values import PathCosts
from silian.engines.graph.snapshot import Graph
from silian.engines.graph.snapshot_values import Direction

Floats = NDArray[np.float64]
Steps = tuple[Ints, Floats, Ints]

#: Sums of the same costs in another order differ by so much at most.
ROUNDING: Final = 1 + 1e-12
_MOST_REMEMBERED: Final = 20_000
_NOTHING: Final[Ints] = np.empty(0, np.int64)
_NO_COSTS: Final[Floats] = np.empty(0)


class PathSteps:
    """Steps between nodes under one set of rules, from the start on and back from the end.

    Parameters
    ----------
    graph
        Where is walked.
    costs
        What a step costs, and which nodes have too many ties to be walked through.
    chosen
        Which edges count, and which kinds may be walked through; the two ends may be of any kind.
    direction
        How edges are followed from the start on.
    ends
        Positions of start and end.

    Raises
    ------
    UnknownEdgeType
        If the costs name a type that the graph does not have.
    """

    def __init__(
        self,
        graph: Graph,
        costs: PathCosts,
        chosen: CompiledFilter,
        direction: Direction,
        ends: tuple[int, int],
    ) -> None:
        self._graph = graph
        self._chosen = CompiledFilter(
            types=chosen.types,
            kinds=None,  # the two ends may be of any kind
            since=chosen.since,
            until=chosen.until,
            at_least=chosen.at_least,
        )
        for name in costs.by_type:
            graph.type_code(name)
        self._type_costs = np.array(
            [costs.by_type.get(name, costs.otherwise) for name in graph.type_names]
        )
        self._by_strength = costs.by_strength
        backward: dict[Direction, Direction] = {"out": "in", "in": "out", "both": "both"}
        self._directions = (direction, backward[direction])
        self._passes = _may_pass(graph, chosen.kinds, costs.most_ties, ends)
        self._remembered: dict[int, Steps] = {}

    @property
    def n_nodes(self) -> int:
        """How many nodes there are."""
        return self._graph.n_nodes

    @property
    def least(self) -> float:
        """What no step costs less than."""
        # Weights have no upper bound, so a step by strength may cost next to nothing.
        return 0.0 if self._by_strength else self.usual

    @property
    def usual(self) -> float:
        """What the cheapest step of weight 1 costs."""
        return float(min(self._type_costs, default=1.0))

    def of(self, position: int) -> Steps:
        """Steps from one node on: where to, what they cost, numbers of their edges."""
        known = self._remembered.get(position)
        if known is None:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            known = self._remembered[position] = self._of(position)
        return known

    def cost(self, position: int, edge: int) -> float:
        """What the step from a node over an edge costs."""
        _, costs, edges = self.of(position)
        return float(costs[edges == edge][0])

    def of_all(self, positions: Ints, *, back: bool) -> tuple[Ints, Ints, Floats]:
        """Steps from many nodes on, or back from them: from which of them, where to, costs."""
        owners, others, costs = list[Ints](), list[Ints](), list[Floats]()
        direction = self._directions[back]
        touching = self._graph.touching_all(positions, direction, self._chosen)
        for owner, ends, block, places in touching:
            passing = slice(None) if self._passes is None else np.flatnonzero(self._passes[ends])
            owners.append(owner[passing])
            others.append(ends[passing])
            costs.append(self._costs(block, places[passing]))
        if not owners:
            return _NOTHING, _NOTHING, _NO_COSTS
        return np.concatenate(owners), np.concatenate(others), np.concatenate(costs)

    def _of(self, position: int) -> Steps:
        others, costs, edges = list[Ints](), list[Floats](), list[Ints]()
        touching = self._graph.touching(position, self._directions[0], self._chosen)
        for ends, block, places, first in touching:
            numbers = np.arange(places.start, places.stop) if isinstance(places, slice) else places
            others.append(ends)
            costs.append(self._costs(block, places))
            edges.append(numbers + first)
        if not others:
            return _NOTHING, _NO_COSTS, _NOTHING
        met, price, passing = np.concatenate(others), np.concatenate(costs), np.concatenate(edges)
        if self._passes is None:
            return met, price, passing
        passes = self._passes[met]
        return met[passes], price[passes], passing[passes]

    def _costs(self, block: EdgeBlock, places: Ints | slice) -> Floats:
        price: Floats = self._type_costs[block.types[places]]
        return price / block.weights[places] if self._by_strength else price


def _may_pass(
    graph: Graph, kinds: Bools | None, most_ties: int | None, ends: tuple[int, int]
) -> Bools | None:
    """Which nodes may be walked through; ``None`` where all may."""
    checks: list[Bools] = []
    if kinds is not None:
        checks.append(kinds[graph.nodes.kind_codes])
    if most_ties is not None:
        checks.append(graph.ties() <= most_ties)
    if not checks:
        return None
    passes: Bools = np.logical_and.reduce(checks)
    passes[list(ends)] = True
    return passes
