"""The cheapest point at which all goals hold: best-first over their alternatives, exact.

A goal is a part of a clause and what it should be. The search takes goals apart one decision at a
time: which operand of an OR, which branch of a CASE (the same CASE is decided once, wherever it
is used), which region of a comparison. The cost that decisions so far force is never more than
that of any completion, so the first complete choice that comes off the queue is the cheapest.
"""

import heapq
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from silian.engines.rules.branches import BranchReader
from silian.engines.rules.points import (
    Point,
    box_cost,
    cost_of,
    lies_in,
    nearest_in_box,
    rounded_point,
    solved_point,
)
from silian.engines.rules.regions import ANYWHERE, Region, TooManyRegions
from silian.tables.clauses import Node, tree, walk

Goal = tuple[Node, bool]
_MOST_STEPS = 20_000
_MOST_SOLVED = 2_000
_ANY = (-math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class _State:
    """Decisions so far, and what is still to be decided."""

    goals: tuple[Goal, ...]
    region: Region
    decided: Mapping[int, int]
    point: Point | None = None  # the cheapest one in the region, once that is solved


def cheapest_point(
    reader: BranchReader, goals: Sequence[Goal], holds: Callable[[Point], bool]
) -> Point | None:
    """The cheapest point at which every goal is known to hold; ``None`` where there is none.

    Parameters
    ----------
    holds
        Evaluates the clauses themselves, so that no answer rests on rounding.

    Raises
    ------
    TooManyRegions
        If the alternatives are more than can be searched.
    """
    return _Search(reader, holds).run(goals)


class _Search:
    def __init__(self, reader: BranchReader, holds: Callable[[Point], bool]) -> None:
        self._reader = reader
        self._holds = holds
        self._ticket = count()
        self._queue: list[tuple[float, int, int, int, _State]] = []
        self._solved = 0

    def run(self, goals: Sequence[Goal]) -> Point | None:
        self._reader.decided = {}
        self._push(0.0, _State(tuple(goals), ANYWHERE, {}))
        for _ in range(_MOST_STEPS):
            if not self._queue:
                return None
            cost, *_, state = heapq.heappop(self._queue)
            if state.point is None and state.region.rows:
                self._solve(cost, state)
                continue
            self._reader.decided = state.decided
            simple = self._simplified(state.goals)
            if simple is None:
                continue
            if not simple:
                point = state.point or nearest_in_box(state.region, self._reader.variables)
                found = rounded_point(point, state.region, self._reader.variables, self._holds)
                if found is not None:
                    return found
                continue
            for child in self._children(simple, state):
                self._push(max(cost, box_cost(child.region, self._reader.variables)), child)
        raise TooManyRegions

    def _push(self, cost: float, state: _State) -> None:
        # Of equal cost first what is nearest to being complete.
        rank = (cost, len(state.goals), -len(state.decided), next(self._ticket))
        heapq.heappush(self._queue, (*rank, state))

    def _solve(self, cost: float, state: _State) -> None:
        self._solved += 1
        if self._solved > _MOST_SOLVED:
            raise TooManyRegions
        point = solved_point(state.region, self._reader.variables)
        if point is not None:
            exact = cost_of(point, self._reader.variables)
            solved = _State(state.goals, state.region, state.decided, point)
            self._push(max(cost, exact), solved)

    # -- goals --------------------------------------------------------------------------------

    def _simplified(self, goals: Sequence[Goal]) -> tuple[Goal, ...] | None:
        """Goals without what already holds, ANDs taken apart; ``None`` where one can't hold."""
        kept: list[Goal] = []
        waiting = list(reversed(goals))
        while waiting:
            node, wanted = waiting.pop()
            if not self._reader.free_below(node):
                if self._reader.known(node) is not wanted:
                    return None
            elif isinstance(node, tree.Let):
                waiting.append((node.tree, wanted))
            elif isinstance(node, tree.Not):
                waiting.append((node.operand, not wanted))
            elif isinstance(node, tree.And if wanted else tree.Or):
                waiting += [(one, wanted) for one in reversed(_operands(node))]
            else:
                kept.append((node, wanted))
        # What needs no decision goes first: it narrows the choice that the others leave.
        return tuple(sorted(kept, key=lambda goal: self._decisions(goal[0])))

    def _decisions(self, node: Node) -> int:
        """Roughly how many alternatives a goal has."""
        operands = len(_operands(node)) if isinstance(node, tree.And | tree.Or) else 0
        return 2 * operands + 10 * len(self._open_cases(node))

    def _children(self, goals: tuple[Goal, ...], state: _State) -> Iterator[_State]:
        (node, wanted), others = goals[0], goals[1:]
        if isinstance(node, tree.And | tree.Or):
            for operand in node.operands:
                yield _State((*others, (operand, wanted)), state.region, state.decided, state.point)
            return
        cases = self._open_cases(node)
        if len(cases) > 1:
            if self._may_hold(node, wanted, state.region):
                yield from self._branches(cases[0], goals, state)
            return
        for region in self._reader.regions(node, wanted):
            yield from self._met(others, region, state, state.decided)

    def _branches(
        self, case: tree.Case, goals: tuple[Goal, ...], state: _State
    ) -> Iterator[_State]:
        for branch, regions in enumerate(self._reader.branch_regions(case)):
            for region in regions:
                yield from self._met(goals, region, state, {**state.decided, id(case): branch})

    def _met(
        self,
        goals: tuple[Goal, ...],
        region: Region,
        state: _State,
        decided: Mapping[int, int],
    ) -> Iterator[_State]:
        met = state.region.meet(region)
        if met is None:
            return
        # A point that is cheapest in the wider region and lies in the narrower is so there too.
        stays = state.point is not None and met.rows == state.region.rows
        point = state.point if stays else None
        if point is not None and not lies_in(point, met, self._reader.variables):
            point = None
        yield _State(goals, met, decided, point)

    # -- cases --------------------------------------------------------------------------------

    def _open_cases(self, node: Node) -> list[tree.Case]:
        """Undecided cases below a node that something movable decides, each once."""
        found: dict[int, tree.Case] = {}
        for part in walk(node, into_lets=True):
            if (
                isinstance(part, tree.Case)
                and part.type in {"number", "integer"}
                and id(part) not in self._reader.decided
                and self._reader.free_below(part)
            ):
                found[id(part)] = part
        return list(found.values())

    def _may_hold(self, node: Node, wanted: bool, region: Region) -> bool:
        """False only where a comparison can't be as wanted whatever is decided later."""
        if not isinstance(node, tree.Comparison):
            return True
        left, right = self._span(node.left, region), self._span(node.right, region)
        sign = node.operator if wanted else _OPPOSITE[node.operator]
        slack = 1e-9 * max(1.0, *(abs(end) for end in (*left, *right) if math.isfinite(end)))
        if sign in {">", ">="}:
            return left[1] >= right[0] - slack
        if sign in {"<", "<="}:
            return left[0] <= right[1] + slack
        return sign == "<>" or (left[1] >= right[0] - slack and left[0] <= right[1] + slack)

    def _span(self, node: Node, region: Region) -> tuple[float, float]:
        """Lowest and highest value that a number can still take, or wider."""
        if not self._reader.free_below(node):
            value = self._reader.known(node)
            return (float(value), float(value)) if isinstance(value, int | float) else _ANY
        match node:
            case tree.Let():
                return self._span(node.tree, region)
            case tree.Case():
                return self._span_of_case(node, region)
            case tree.Arithmetic() if node.operator in {"+", "-"}:
                low, high = self._span(node.left, region)
                other = self._span(node.right, region)
                if node.operator == "-":
                    other = (-other[1], -other[0])
                return low + other[0], high + other[1]
            case tree.Call() if node.function in {"least", "greatest"}:
                spans = [self._span(one, region) for one in node.arguments]
                pick = min if node.function == "least" else max
                return pick(low for low, _ in spans), pick(high for _, high in spans)
        return _ANY

    def _span_of_case(self, node: tree.Case, region: Region) -> tuple[float, float]:
        results = (*(then for _, then in node.branches), node.otherwise)
        chosen = self._reader.decided.get(id(node))
        if chosen is not None:
            return self._span(results[chosen], region)
        spans = [
            self._span(result, region)
            for result, regions in zip(results, self._reader.branch_regions(node), strict=True)
            if any(region.meet(one) is not None for one in regions)
        ]
        if not spans:
            return math.inf, -math.inf
        return min(low for low, _ in spans), max(high for _, high in spans)


_OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def _operands(node: Node) -> tuple[Node, ...]:
    return node.operands if isinstance(node, tree.And | tree.Or) else ()
