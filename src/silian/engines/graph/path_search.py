"""The search behind ``paths``: the next cheapest one, as long as somebody asks.

A way leaves the ways found before it somewhere (Yen 1971, Lawler 1972). Each such search is led by
what is known of the distance to the end (A*); what is known reaches as far as paths are asked for,
and is carried on when they grow dearer, so that a search looks at little but its own way.
"""

import heapq
from collections.abc import Iterator
from typing import Final

import numpy as np

from silian.engines.graph.path_distances import Between
from silian.engines.graph.path_steps import ROUNDING, PathSteps
from silian.engines.graph.path_values import OpenWays, Way

_INFINITE: Final = float("inf")
_FURTHER: Final = 1.15


class PathSearch:
    """Searches between two different ends.

    Parameters
    ----------
    steps
        Steps that may be taken.
    ends
        Positions of start and end.
    """

    def __init__(self, steps: PathSteps, ends: tuple[int, int]) -> None:
        self._steps = steps
        self._start, self._end = ends

    def cheapest_first(self, expected: int) -> Iterator[Way]:
        """Paths by cost, searched for as they are asked for: so many together, others singly.

        Raises
        ------
        SubgraphTooLarge
            If half a million nodes were visited.
        """
        known = Between(self._steps, self._start, self._end)
        if known.best == _INFINITE:
            return
        n_found = 0
        # By cost, or what it can't be less than; ways go before what is still to be searched.
        waiting: list[tuple[float, bool, tuple[int, ...], Way | OpenWays]] = []
        self._wait(waiting, OpenWays((self._start,), (), frozenset(), 0.0), known)
        while waiting:
            least, _, nodes, one = heapq.heappop(waiting)
            if isinstance(one, Way):
                yield one
                n_found += 1
                for rest in self._opened(one):
                    self._wait(waiting, rest, known)
                continue
            if least >= known.horizon:
                known.look_to(max(least * _FURTHER, least + self._steps.least))
                self._wait(waiting, one, known)
                continue
            # What is dearer than the ways that are found already can wait.
            found = sorted(cost for cost, is_open, *_ in waiting if not is_open)
            still = max(expected - n_found, 1)
            worth = min(found[still - 1] if len(found) >= still else _INFINITE, known.horizon)
            way = self._spur(one, known, worth)
            if way is not None:
                heapq.heappush(waiting, (way.cost, False, way.nodes, way))
            elif worth < _INFINITE:
                heapq.heappush(waiting, (worth, True, nodes, one))

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
            before += self._steps.cost(way.nodes[place], way.edges[place])
        return rest

    def _wait(
        self,
        waiting: list[tuple[float, bool, tuple[int, ...], Way | OpenWays]],
        rest: OpenWays,
        known: Between,
    ) -> None:
        """Put ways in line by what they can't cost less than; nowhere if there are none."""
        others, steps, _ = self._steps.of(rest.nodes[-1])
        barred = np.isin(others, [*rest.taken, *rest.nodes])
        ahead = known.to_end[others[~barred]]
        least = rest.before + float(np.min(steps[~barred] + ahead, initial=_INFINITE))
        # What is not known yet is no nearer than the horizon.
        least = min(least, known.horizon)
        if len(ahead) and least < _INFINITE:
            heapq.heappush(waiting, (least, True, rest.nodes, rest))

    def _spur(self, rest: OpenWays, known: Between, worth: float) -> Way | None:
        """The cheapest of the ways with one beginning, if it costs no more than it is worth."""
        start, end = rest.nodes[-1], self._end
        best = (worth - rest.before) * ROUNDING
        reached = {start: 0.0}
        led: dict[int, tuple[int, int]] = {}
        heap = [(0.0, 0.0, start)]
        while heap and heap[0][0] <= best:
            _, farness, position = heapq.heappop(heap)
            cost = -farness
            if position == end:
                return _followed(rest, led, end, cost)
            if cost > reached[position]:
                continue
            others, steps, edges = self._steps.of(position)
            totals = cost + steps
            whole = totals + known.to_end[others]
            better = np.flatnonzero(whole <= best)
            for other, total, bound, edge in zip(
                others[better].tolist(),
                totals[better].tolist(),
                whole[better].tolist(),
                edges[better].tolist(),
                strict=True,
            ):
                if other in rest.nodes or (position == start and other in rest.taken):
                    continue
                if reached.get(other, _INFINITE) <= total:
                    continue  # there is a cheaper way, or a cheaper edge came first
                reached[other] = total
                led[other] = (position, edge)
                if other == end:
                    best = min(best, total * ROUNDING)
                # Of ways of one cost, the one that is nearest the end goes on.
                heapq.heappush(heap, (bound, -total, other))
        return None


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
