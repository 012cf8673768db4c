"""The search behind ``paths``: from both ends at once, then around what is known already.

The first path is found by Dijkstra's search from both ends (Pohl 1971). The others branch off from
paths already found (Yen 1971, Lawler 1972); what the first search learned about the way to the end
bounds those searches from below (A*), so that they look at little of the graph.
"""

import heapq
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from silian.engines.graph.edge_blocks import Bools, CompiledFilter, Ints
from silian.engines.graph.path_values import OpenWays, PathCosts, Way
from silian.engines.graph.snapshot import Graph
from silian.engines.graph.snapshot_errors import SubgraphTooLarge
from silian.engines.graph.snapshot_values import Direction

Floats = NDArray[np.float64]
Steps = tuple[Ints, Floats, Ints]

_MOST_VISITED: Final = 500_000
_MOST_REMEMBERED: Final = 20_000
_NEXT_TO_NOTHING: Final = 5e-324
_NOTHING: Final[Ints] = np.empty(0, np.int64)
# Sums of the same costs in another order differ by so much at most.
_ROUNDING: Final = 1 + 1e-12


class PathSearch:
    """Searches between two ends under one set of rules."""

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
        # Weights have no upper bound, so a step by strength may cost next to nothing.
        self._least_step = 0.0 if costs.by_strength else float(min(self._type_costs, default=0.0))
        backward: dict[Direction, Direction] = {"out": "in", "in": "out", "both": "both"}
        self._directions = (direction, backward[direction])
        self._ends = ends
        self._passes = self._may_pass(chosen.kinds, costs.most_ties)
        self._remembered: dict[tuple[int, Direction], Steps] = {}

    def cheapest_first(self, expected: int) -> Iterator[Way]:
        """Paths by cost, searched for as they are asked for: so many together, others singly."""
        start, end = self._ends
        first, ahead = self._find(start, end, bounds=expected > 1)
        if first is None:
            return
        n_found = 0
        # By cost, or what it can't be less than; ways go before what is still to be searched.
        waiting: list[tuple[float, bool, tuple[int, ...], Way | OpenWays]] = [
            (first.cost, False, first.nodes, first)
        ]
        while waiting:
            *_, one = heapq.heappop(waiting)
            if isinstance(one, Way):
                yield one
                n_found += 1
                for rest in self._opened(one):
                    least = rest.before + self._least(rest, ahead)
                    if least < float("inf"):
                        heapq.heappush(waiting, (least, True, rest.nodes, rest))
                continue
            known = sorted(cost for cost, is_open, *_ in waiting if not is_open)
            still = max(expected - n_found, 1)
            worth = known[still - 1] if len(known) >= still else float("inf")
            way = self._spur(one, ahead, worth)
            if way is not None:
                heapq.heappush(waiting, (way.cost, False, way.nodes, way))
            elif worth < float("inf"):
                # There may be dearer ones, for whoever asks on.
                heapq.heappush(waiting, (worth, True, one.nodes, one))

    def steps(self, position: int, side: int) -> Steps:
        """Nodes one step away: positions, costs of the steps, edge numbers."""
        key = (position, self._directions[side])
        known = self._remembered.get(key)
        if known is None:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            known = self._remembered[key] = self._steps(*key)
        return known

    def cost_of(self, way: Way, place: int) -> float:
        """Cost of one step of a way."""
        _, costs, edges = self.steps(way.nodes[place], 0)
        return float(costs[edges == way.edges[place]][0])

    def _steps(self, position: int, direction: Direction) -> Steps:
        others, costs, edges = list[Ints](), list[Ints](), list[Ints]()
        for ends, block, places, first in self._graph.touching(position, direction, self._chosen):
            price = self._type_costs[block.types[places]]
            if self._by_strength:
                price = price / block.weights[places]
            numbers = np.arange(places.start, places.stop) if isinstance(places, slice) else places
            others.append(ends)
            costs.append(price)
            edges.append(numbers + first)
        if not others:
            return _NOTHING, _NOTHING.astype(np.float64), _NOTHING
        met, price, numbers = (np.concatenate(column) for column in (others, costs, edges))
        if self._passes is None:
            return met, price, numbers
        passes = self._passes[met]
        return met[passes], price[passes], numbers[passes]

    def _may_pass(self, kinds: Bools | None, most_ties: int | None) -> Bools | None:
        """Which nodes may be walked through; ``None`` where all may."""
        checks: list[Bools] = []
        if kinds is not None:
            checks.append(kinds[self._graph.nodes.kind_codes])
        if most_ties is not None:
            checks.append(self._graph.ties(np.arange(self._graph.n_nodes)) <= most_ties)
        if not checks:
            return None
        passes: Bools = np.logical_and.reduce(checks)
        passes[list(self._ends)] = True
        return passes

    def _find(self, start: int, end: int, *, bounds: bool) -> tuple[Way | None, Floats | None]:
        """The cheapest way, and bounds from below of the cost from every node to the end."""
        if start == end:
            return Way(0.0, (start,), ()), None
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
            _refuse_endless(sides[0].settled + sides[1].settled)
            others, steps, edges = self.steps(position, number)
            totals = cost + steps
            known = side.reached[others]
            better = (known == 0) | (totals < known)
            if not (bounds and number):
                # What can't be on a path cheaper than the best known is not even looked at, but
                # for bounds, which must hold for dearer paths too.
                better &= totals + opposite.least < best
            for other, total, edge in zip(
                others[better].tolist(),
                totals[better].tolist(),
                edges[better].tolist(),
                strict=True,
            ):
                if not side.reach(other, total):
                    continue
                side.led[other] = (position, edge)
                if opposite.reached[other] and total + opposite.reached[other] < best:
                    best, middle = total + float(opposite.reached[other]), other
        if middle < 0:
            return None, None
        return _joined(middle, sides), sides[1].bounds(self._least_step) if bounds else None

    def _opened(self, way: Way) -> list[OpenWays]:
        """What is left of the ways that a way stood for, without it: it leaves them somewhere."""
        rest, before = list[OpenWays](), 0.0
        for place in range(len(way.edges)):
            if place >= way.branch:
                taken = way.taken if place == way.branch else frozenset[int]()
                rest.append(
                    OpenWays(
                        way.nodes[: place + 1],
                        way.edges[:place],
                        taken | {way.nodes[place + 1]},
                        before,
                    )
                )
            before += self.cost_of(way, place)
        return rest

    def _least(self, rest: OpenWays, ahead: Floats | None) -> float:
        """What the rest of such a way can't cost less than; infinite where there is no step."""
        others, steps, _ = self.steps(rest.nodes[-1], 0)
        barred = np.isin(others, [*rest.taken, *rest.nodes])
        whole = steps if ahead is None else steps + ahead[others]
        return float(np.min(whole[~barred], initial=np.inf))

    def _spur(self, rest: OpenWays, ahead: Floats | None, worth: float) -> Way | None:
        """The cheapest of the ways with one beginning, if it costs less than what it must."""
        start, end = rest.nodes[-1], self._ends[1]
        bounds = ahead if ahead is not None else np.zeros(self._graph.n_nodes)
        reached = np.zeros(self._graph.n_nodes)
        reached[start] = _NEXT_TO_NOTHING
        led: dict[int, tuple[int, int]] = {}
        heap = [(float(bounds[start]), 0.0, start)]
        best, settled = (worth - rest.before) / _ROUNDING, 0
        while heap and heap[0][0] <= best:
            _, farness, position = heapq.heappop(heap)
            cost = -farness
            if position == end:
                return _followed(rest, led, end, cost)
            if cost > reached[position]:
                continue
            settled += 1
            _refuse_endless(settled)
            others, steps, edges = self.steps(position, 0)
            totals = cost + steps
            whole = totals + bounds[others]
            known = reached[others]
            better = ((known == 0) | (totals < known)) & (whole <= best)
            for other, total, bound, edge in zip(
                others[better].tolist(),
                totals[better].tolist(),
                whole[better].tolist(),
                edges[better].tolist(),
                strict=True,
            ):
                if other in rest.nodes or (position == start and other in rest.taken):
                    continue
                if reached[other] and reached[other] <= total:
                    continue  # a cheaper edge to the same node came first
                reached[other] = total
                led[other] = (position, edge)
                if other == end:
                    best = min(best, total * _ROUNDING)
                # Of ways of one cost, the one that is nearest the end goes on.
                heapq.heappush(heap, (bound, -total, other))
        return None


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

    def bounds(self, least_step: float) -> Floats:
        """No node is nearer to this end than this; exact for what is settled, shape (n_nodes,)."""
        # What was not reached is a step at least behind what is not settled yet.
        beyond = self.least + least_step
        found: Floats = np.where(self.reached == 0, beyond, np.minimum(self.reached, beyond))
        return found


def _refuse_endless(settled: int) -> None:
    if settled > _MOST_VISITED:
        raise SubgraphTooLarge(
            f"no path within {_MOST_VISITED:,} nodes; name fewer types, or pass most_ties."
        )


def _joined(middle: int, sides: tuple[_Side, _Side]) -> Way:
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
    return Way(cost, tuple(nodes), tuple(edges))


def _followed(rest: OpenWays, led: dict[int, tuple[int, int]], end: int, cost: float) -> Way:
    nodes, edges = [end], list[int]()
    while nodes[-1] != rest.nodes[-1]:
        before, edge = led[nodes[-1]]
        nodes.append(before)
        edges.append(edge)
    return Way(
        rest.before + cost,
        rest.nodes + tuple(reversed(nodes[:-1])),
        rest.edges + tuple(reversed(edges)),
        branch=len(rest.nodes) - 1,
        taken=rest.taken,
    )
