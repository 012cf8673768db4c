"""How two things hang together: the cheapest paths, and what each step means."""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from silian.engines.graph.edge_blocks import Bools, CompiledFilter, Ints
from silian.engines.graph.relations import Relation
from silian.engines.graph.snapshot import Graph
from silian.engines.graph.snapshot_errors import (
    LimitOutOfRange,
    SubgraphTooLarge,
    WeightOutOfRange,
)
from silian.engines.graph.snapshot_values import ALL_EDGES, Direction, Edge, EdgeFilter, Node

_MOST_VISITED: Final = 500_000
_NEXT_TO_NOTHING: Final = 5e-324
_NOTHING: Final[Ints] = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathCosts:
    """What a step costs; a path's cost is the sum of its steps.

    Parameters
    ----------
    by_type
        Cost of an edge by type, > 0: less for a tie that binds more.
    otherwise
        Cost of the types not named.
    by_strength
        Divide by the edge's weight: strong ties are short. Where false, weights play no part.
    most_ties
        Never walk through a node with more edges than this: "both are in the same city" is no
        connection. The two ends may have any number.

    Raises
    ------
    WeightOutOfRange
        If a cost is not above 0.
    """

    by_type: Mapping[str, float] = field(default_factory=dict)
    otherwise: float = 1.0
    by_strength: bool = True
    most_ties: int | None = None

    def __post_init__(self) -> None:
        """Refuse costs that make no shortest path."""
        for name, cost in (*self.by_type.items(), ("otherwise", self.otherwise)):
            if not (cost > 0 and np.isfinite(cost)):
                raise WeightOutOfRange(f"the cost of {name} is {cost}; costs are above 0.")


#: One for every step, divided by the strength of the tie.
PLAIN_COSTS: Final = PathCosts()


@dataclass(frozen=True, slots=True, kw_only=True)
class PathStep:
    """One step, in the order it is walked.

    Parameters
    ----------
    edge
        The cheapest edge between the two.
    forward
        Whether the step follows the edge, or goes against it.
    others
        How many more edges between the two would do.
    """

    start: Node
    end: Node
    edge: Edge
    forward: bool
    cost: float
    others: int
    relation: Relation

    def reads(self, language: str = "zh") -> str:
        """Say the step in words: "张三 任职于 甲公司"."""
        verb = self.relation.reads(forward=self.forward, language=language)
        return (
            f"{self.start.label or self.start.node_id} {verb} {self.end.label or self.end.node_id}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A way from one thing to another that meets nothing twice."""

    steps: tuple[PathStep, ...]
    cost: float

    def reads(self, language: str = "zh") -> str:
        """Say all steps in words."""
        return ("；" if language == "zh" else "; ").join(
            step.reads(language) for step in self.steps
        )


@dataclass(frozen=True, slots=True)
class _Way:
    """A path as positions and edge numbers."""

    cost: float
    nodes: tuple[int, ...]
    edges: tuple[int, ...]


def shortest_path(
    graph: Graph,
    start_id: str,
    end_id: str,
    *,
    costs: PathCosts = PLAIN_COSTS,
    chosen: EdgeFilter = ALL_EDGES,
    direction: Direction = "both",
) -> Path | None:
    """Find the cheapest path, from both ends at once; ``None`` where there is none.

    Raises
    ------
    UnknownNode, UnknownEdgeType, UnknownNodeKind
        If an end, or what the filter or the costs name, is not in the graph.
    SubgraphTooLarge
        If half a million nodes were visited and no path was found.

    References
    ----------
    Pohl (1971), Bi-directional search. Machine Intelligence 6.
    """
    found = shortest_paths(
        graph, start_id, end_id, most=1, costs=costs, chosen=chosen, direction=direction
    )
    return found[0] if found else None


def shortest_paths(
    graph: Graph,
    start_id: str,
    end_id: str,
    *,
    most: int = 3,
    costs: PathCosts = PLAIN_COSTS,
    chosen: EdgeFilter = ALL_EDGES,
    direction: Direction = "both",
) -> tuple[Path, ...]:
    """Cheapest paths first; each meets another sequence of nodes, none meets a node twice.

    Raises
    ------
    LimitOutOfRange
        If ``most`` is not positive.

    References
    ----------
    Yen (1971), Finding the k shortest loopless paths in a network. Management Science 17.
    """
    if most < 1:
        raise LimitOutOfRange(f"most is {most}; ask for 1 path or more.")
    start, end = graph.nodes.position(start_id), graph.nodes.position(end_id)
    search = _Search(graph, costs, graph.compile_filter(chosen), direction, (start, end))
    ways = _yen(search, start, end, most)
    return tuple(_described(graph, search, way) for way in ways)


class _Search:
    """Bidirectional Dijkstra under one set of rules."""

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
        self._kinds = chosen.kinds
        for name in costs.by_type:
            graph.type_code(name)
        self._type_costs = np.array(
            [costs.by_type.get(name, costs.otherwise) for name in graph.type_names]
        )
        self._costs = costs
        # Weights have no upper bound, so a step by strength may cost next to nothing.
        self._least_step = 0.0 if costs.by_strength else float(min(self._type_costs, default=0.0))
        backward: dict[Direction, Direction] = {"out": "in", "in": "out", "both": "both"}
        self._directions = (direction, backward[direction])
        self._ends = np.array(ends)

    def steps(self, position: int, side: int) -> tuple[Ints, NDArray[np.float64], Ints]:
        """Nodes one step away: positions, costs of the steps, edge numbers."""
        others, costs, edges = list[Ints](), list[Ints](), list[Ints]()
        for ends, block, places, first in self._graph.touching(
            position, self._directions[side], self._chosen
        ):
            price = self._type_costs[block.types[places]]
            if self._costs.by_strength:
                price = price / block.weights[places]
            numbers = np.arange(places.start, places.stop) if isinstance(places, slice) else places
            others.append(ends)
            costs.append(price)
            edges.append(numbers + first)
        if not others:
            return _NOTHING, _NOTHING.astype(np.float64), _NOTHING
        met, price, numbers = (np.concatenate(column) for column in (others, costs, edges))
        passes = self._may_pass(met)
        return (
            (met, price, numbers)
            if passes is None
            else (met[passes], price[passes], numbers[passes])
        )

    def _may_pass(self, positions: Ints) -> Bools | None:
        """Which nodes may be walked through; ``None`` where all may."""
        checks = []
        if self._kinds is not None:
            checks.append(self._kinds[self._graph.nodes.kind_codes[positions]])
        if self._costs.most_ties is not None:
            checks.append(self._graph.ties(positions) <= self._costs.most_ties)
        if not checks:
            return None
        passes: Bools = np.logical_and.reduce(checks) | np.isin(positions, self._ends)
        return passes

    def find(
        self,
        start: int,
        end: int,
        no_nodes: frozenset[int] = frozenset(),
        no_steps: frozenset[tuple[int, int]] = frozenset(),
    ) -> _Way | None:
        """Find the cheapest way around forbidden nodes and steps."""
        if start == end:
            return _Way(0.0, (start,), ())
        sides = (_Side(self._graph.n_nodes, start), _Side(self._graph.n_nodes, end))
        best, middle = float("inf"), -1
        # A path not yet met has a step between what either side is still to settle.
        while sides[0].least + sides[1].least + self._least_step < best:
            number = 0 if sides[0].least <= sides[1].least else 1
            side, opposite = sides[number], sides[1 - number]
            cost, position = heapq.heappop(side.heap)
            if cost > side.reached[position]:
                continue
            side.settled += 1
            if sides[0].settled + sides[1].settled > _MOST_VISITED:
                raise SubgraphTooLarge(
                    f"no path within {_MOST_VISITED:,} nodes; name fewer types, or pass most_ties."
                )
            others, steps, edges = self.steps(position, number)
            totals = cost + steps
            known = side.reached[others]
            # What can't be on a path cheaper than the best known is not even looked at.
            better = ((known == 0) | (totals < known)) & (totals + opposite.least < best)
            for other, total, edge in zip(
                others[better].tolist(),
                totals[better].tolist(),
                edges[better].tolist(),
                strict=True,
            ):
                step = (position, other) if number == 0 else (other, position)
                if other in no_nodes or step in no_steps or not side.reach(other, total):
                    continue
                side.led[other] = (position, edge)
                if opposite.reached[other] and total + opposite.reached[other] < best:
                    best, middle = total + float(opposite.reached[other]), other
        return None if middle < 0 else _joined(middle, sides)


class _Side:
    """What a search from one end has reached.

    ``reached`` holds costs and 0 where nothing is known: fresh zeros cost nothing until touched.
    """

    def __init__(self, n_nodes: int, start: int) -> None:
        self.reached = np.zeros(n_nodes)
        self.reached[start] = _NEXT_TO_NOTHING
        self.led: dict[int, tuple[int, int]] = {}
        self.heap: list[tuple[float, int]] = [(0.0, start)]
        self.settled = 0

    @property
    def least(self) -> float:
        """Least cost that is still to come."""
        return self.heap[0][0] if self.heap else float("inf")

    def reach(self, position: int, cost: float) -> bool:
        """Note a cheaper way to a node; false where it is none."""
        known = self.reached[position]
        if known != 0 and known <= cost:
            return False
        self.reached[position] = cost
        heapq.heappush(self.heap, (cost, position))
        return True


def _joined(middle: int, sides: tuple[_Side, _Side]) -> _Way:
    nodes, edges = [middle], list[int]()
    while nodes[0] in sides[0].led:
        before, edge = sides[0].led[nodes[0]]
        nodes.insert(0, before)
        edges.insert(0, edge)
    while nodes[-1] in sides[1].led:
        after, edge = sides[1].led[nodes[-1]]
        nodes.append(after)
        edges.append(edge)
    cost = float(sides[0].reached[middle] + sides[1].reached[middle])
    return _Way(cost, tuple(nodes), tuple(edges))


def _yen(search: _Search, start: int, end: int, most: int) -> list[_Way]:
    first = search.find(start, end)
    if first is None:
        return []
    found, waiting = [first], list[_Way]()
    while len(found) < most:
        last = found[-1]
        for place in range(len(last.nodes) - 1):
            root = last.nodes[: place + 1]
            taken = frozenset(
                (way.nodes[place], way.nodes[place + 1])
                for way in found
                if way.nodes[: place + 1] == root and len(way.nodes) > place + 1
            )
            spur = search.find(root[-1], end, frozenset(root[:-1]), taken)
            if spur is None:
                continue
            edges = last.edges[:place] + spur.edges
            way = _Way(_cost(search, last, place) + spur.cost, root[:-1] + spur.nodes, edges)
            if all(way.nodes != other.nodes for other in (*waiting, *found)):
                waiting.append(way)
        if not waiting:
            break
        waiting.sort(key=lambda way: (way.cost, way.nodes))
        found.append(waiting.pop(0))
    return found


def _cost(search: _Search, way: _Way, steps: int) -> float:
    """Cost of the first steps of a way."""
    return sum(_cost_of(search, way, place) for place in range(steps))


def _cost_of(search: _Search, way: _Way, place: int) -> float:
    _, costs, edges = search.steps(way.nodes[place], 0)
    return float(costs[edges == way.edges[place]][0])


def _described(graph: Graph, search: _Search, way: _Way) -> Path:
    steps = []
    for place, number in enumerate(way.edges):
        start, end = way.nodes[place], way.nodes[place + 1]
        edge = graph.edge(number)
        others, _, _ = search.steps(start, 0)
        steps.append(
            PathStep(
                start=graph.nodes.node(start),
                end=graph.nodes.node(end),
                edge=edge,
                forward=edge.source_id == graph.nodes.node_id(start),
                cost=_cost_of(search, way, place),
                others=int((others == end).sum()) - 1,
                relation=graph.relations[edge.edge_type],
            )
        )
    return Path(steps=tuple(steps), cost=sum(step.cost for step in steps))
