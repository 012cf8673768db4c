"""How far things are from the two ends of a path, learned as far as a search needs it.

Both searches settle whole fronts at once: all nodes within the cheapest step of the nearest one
that is not settled are as near as they will ever be (Crauser et al. 1998); where a step may cost
next to nothing, a front is looked at again when it turns out nearer (Meyer and Sanders 2003).
"""

from typing import Final

import numpy as np

from silian.engines.graph.edge_blocks import Ints
from silian.engines.graph.path_steps import ROUNDING, Floats, PathSteps
from silian.engines.graph.snapshot_errors import SubgraphTooLarge

_MOST_VISITED: Final = 500_000
_INFINITE: Final = float("inf")


class Distances:
    """Costs between one end and every node, with those that are still to be looked at.

    ``costs`` never fall below what is true; they are true for what is not open and nearer than
    ``nearest``.
    """

    def __init__(self, steps: PathSteps, start: int, opposite: int, *, back: bool) -> None:
        self._steps = steps
        self._back = back
        self._opposite = opposite
        self._open = np.zeros(steps.n_nodes, np.bool_)
        self._open[start] = True
        self.costs = np.full(steps.n_nodes, _INFINITE)
        self.costs[start] = 0.0
        self.settled = 0

    def open(self) -> Ints:
        """Positions that are reached, but not looked at."""
        return np.flatnonzero(self._open)

    def nearest(self) -> float:
        """Least cost of what is open; infinite where all is known."""
        return float(np.min(self.costs[self.open()], initial=_INFINITE))

    def settle(self, among: Ints) -> Ints:
        """Look on from the nearest of these open nodes; returns what came nearer by it."""
        costs = self.costs[among]
        window = costs.min() + (self._steps.least or self._steps.usual)
        front = among[costs < window]
        self._open[front] = False
        self.settled += len(front)
        # No path leads on through the other end.
        front = front[front != self._opposite]
        owners, others, steps = self._steps.of_all(front, back=self._back)
        totals = self.costs[front][owners] + steps
        nearer = np.flatnonzero(totals < self.costs[others])
        others = others[nearer]
        np.minimum.at(self.costs, others, totals[nearer])
        self._open[others] = True
        return others


class Between:
    """What is known of the ways between two different ends.

    Attributes
    ----------
    best
        Cost of the cheapest path; infinite where there is none.
    horizon
        ``to_end`` is true for every node on a path that costs no more than this; other nodes have
        no less than the truth there.
    """

    def __init__(self, steps: PathSteps, start: int, end: int) -> None:
        self._least_step = steps.least
        self._from_start = Distances(steps, start, end, back=False)
        self._to_end = Distances(steps, end, start, back=True)
        self.best = self._meet()
        self._behind = self._bounds_from_start()
        self.horizon = _INFINITE
        if self.best < _INFINITE:
            self.look_to(self.best)

    @property
    def to_end(self) -> Floats:
        """Cost from every node to the end; shape (n_nodes,)."""
        return self._to_end.costs

    def look_to(self, horizon: float) -> None:
        """Make ``to_end`` true for all paths that cost up to so much."""
        self.horizon = horizon * ROUNDING
        while True:
            among = self._to_end.open()
            whole = self._to_end.costs[among] + self._behind[among]
            worth = among[whole <= self.horizon]
            if not len(worth):
                break
            self._to_end.settle(worth)
            self._refuse_endless()
        if not np.isfinite(whole).any():
            self.horizon = _INFINITE

    def _meet(self) -> float:
        """Walk from both ends until no path can be cheaper than the best one found."""
        best = _INFINITE
        sides = self._from_start, self._to_end
        while True:
            nearest = [side.nearest() for side in sides]
            # A path not yet met has a step between what either side is still to settle.
            if not sum(nearest) + self._least_step < best:
                return best
            fronts = [side.open() for side in sides]
            number = int(len(fronts[1]) < len(fronts[0]))
            side, opposite = sides[number], sides[1 - number]
            hopeful = side.costs[fronts[number]] + nearest[1 - number] + self._least_step < best
            came = side.settle(fronts[number][hopeful])
            met = side.costs[came] + opposite.costs[came]
            best = min(best, float(np.min(met, initial=_INFINITE)))
            self._refuse_endless()

    def _bounds_from_start(self) -> Floats:
        """What no node is nearer to the start than, from how far that search came."""
        nearest = self._from_start.nearest()
        known = self._from_start.costs
        # What was not reached is a step at least behind what is not settled yet.
        beyond = nearest + self._least_step
        bounds: Floats = np.where(np.isinf(known), beyond, np.minimum(known, nearest))
        return bounds

    def _refuse_endless(self) -> None:
        if self._from_start.settled + self._to_end.settled > _MOST_VISITED:
            raise SubgraphTooLarge(
                f"no path within {_MOST_VISITED:,} nodes; name fewer types, or pass most_ties."
            )
