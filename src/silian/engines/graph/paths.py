"""How two things hang together: the cheapest paths, and what each step means."""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from silian.engines.graph.edge_blocks import CompiledFilter
from silian.engines.graph.relations import Relation
from silian.engines.graph.snapshot import Graph
from silian.engines.graph.snapshot_errors import (
    LimitOutOfRange,
    SubgraphTooLarge,
    WeightOutOfRange,
)
from silian.engines.graph.snapshot_values import ALL_EDGES, Direction, Edge, EdgeFilter, Node

_MOST_VISITED: Final = 500_000


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
    search = _Search(graph, costs, graph.compile_filter(chosen), direction, {start, end})
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
        ends: set[int],
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
        backward: dict[Direction, Direction] = {"out": "in", "in": "out", "both": "both"}
        self._directions = (direction, backward[direction])
        self._ends = ends

    def steps(self, position: int, side: int) -> list[tuple[int, float, int]]:
        """Nodes one step away: position, cost of the step, edge number."""
        met = self._graph.incident(np.array([position]), self._directions[side], self._chosen)
        costs = self._type_costs[self._graph.types_of(met.edges)]
        if self._costs.by_strength:
            costs = costs / self._graph.weights_of(met.edges)
        return [
            step
            for step in zip(met.others.tolist(), costs.tolist(), met.edges.tolist(), strict=True)
            if step[0] in self._ends or self._may_pass(step[0])
        ]

    def _may_pass(self, position: int) -> bool:
        if self._kinds is not None and not self._kinds[self._graph.nodes.kind_codes[position]]:
            return False
        most = self._costs.most_ties
        return most is None or self._graph.degree(position) <= most

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
        reached: tuple[dict[int, float], dict[int, float]] = ({start: 0.0}, {end: 0.0})
        led: tuple[dict[int, tuple[int, int]], dict[int, tuple[int, int]]] = ({}, {})
        settled: tuple[set[int], set[int]] = (set(), set())
        heaps: tuple[list[tuple[float, int]], ...] = ([(0.0, start)], [(0.0, end)])
        best, middle = float("inf"), -1
        while heaps[0] and heaps[1] and heaps[0][0][0] + heaps[1][0][0] < best:
            side = 0 if heaps[0][0][0] <= heaps[1][0][0] else 1
            cost, position = heapq.heappop(heaps[side])
            if position in settled[side]:
                continue
            settled[side].add(position)
            if len(settled[0]) + len(settled[1]) > _MOST_VISITED:
                raise SubgraphTooLarge(
                    f"no path within {_MOST_VISITED:,} nodes; name fewer types, or pass most_ties."
                )
            for other, step_cost, edge in self.steps(position, side):
                step = (position, other) if side == 0 else (other, position)
                if other in no_nodes or step in no_steps:
                    continue
                total = cost + step_cost
                if total < reached[side].get(other, float("inf")):
                    reached[side][other] = total
                    led[side][other] = (position, edge)
                    heapq.heappush(heaps[side], (total, other))
                    joined = total + reached[1 - side].get(other, float("inf"))
                    if joined < best:
                        best, middle = joined, other
        return None if middle < 0 else _joined(best, middle, led)


def _joined(
    cost: float, middle: int, led: tuple[dict[int, tuple[int, int]], dict[int, tuple[int, int]]]
) -> _Way:
    nodes, edges = [middle], list[int]()
    while nodes[0] in led[0]:
        before, edge = led[0][nodes[0]]
        nodes.insert(0, before)
        edges.insert(0, edge)
    while nodes[-1] in led[1]:
        after, edge = led[1][nodes[-1]]
        nodes.append(after)
        edges.append(edge)
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
    total = 0.0
    for place in range(steps):
        total += next(
            cost for _, cost, edge in search.steps(way.nodes[place], 0) if edge == way.edges[place]
        )
    return total


def _described(graph: Graph, search: _Search, way: _Way) -> Path:
    steps = []
    for place, number in enumerate(way.edges):
        start, end = way.nodes[place], way.nodes[place + 1]
        edge = graph.edge(number)
        between = [step for step in search.steps(start, 0) if step[0] == end]
        steps.append(
            PathStep(
                start=graph.nodes.node(start),
                end=graph.nodes.node(end),
                edge=edge,
                forward=edge.source_id == graph.nodes.node_id(start),
                cost=next(cost for _, cost, one in between if one == number),
                others=len(between) - 1,
                relation=graph.relations[edge.edge_type],
            )
        )
    return Path(steps=tuple(steps), cost=sum(step.cost for step in steps))
