"""Exact search for the best combination of awards under places and caps, in whole cents."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from silian.errors import EngineError

MOST_STEPS: Final = 20_000  # a few seconds; the library's groups take less than twenty
MOST_COMPETING: Final = 200


class StackingTooEntangled(EngineError, ValueError):
    """Groups that overlap so much that the best combination can't be found in time."""

    code = "stacking_too_entangled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """Awards that compete.

    Attributes
    ----------
    payable
        Cents by name: the most that each may be paid.
    places
        By group: its members and how many of them may be kept.
    caps
        By group: its members and the cents they may have together.
    """

    payable: Mapping[str, int]
    places: Mapping[str, tuple[frozenset[str], int]]
    caps: Mapping[str, tuple[frozenset[str], int]]


def best_combination(contest: Contest) -> dict[str, int]:
    """Cents paid by name, for the names that are kept; the total is the largest possible.

    Awards that share no group do not affect each other, so each connected part is searched alone.

    Raises
    ------
    StackingTooEntangled
        If a part needs more than ``MOST_STEPS`` steps or holds more than ``MOST_COMPETING`` awards
        that compete for places. No answer is given then: a guess could be less than the best.
    """
    order = sorted(
        (name for name, cents in contest.payable.items() if cents),
        key=lambda name: -contest.payable[name],  # stable: named earlier goes first
    )
    best: dict[str, int] = {}
    for part in _parts(order, contest):
        best |= _Search(part, contest).run()
    return best


def _parts(order: Sequence[str], contest: Contest) -> Iterable[list[str]]:
    """Names connected by groups, each part in the given order."""
    groups = [members for members, _ in (*contest.places.values(), *contest.caps.values())]
    remaining = list(order)
    while remaining:
        reached = {remaining[0]}
        while True:
            wider = reached.union(*(members for members in groups if members & reached))
            if wider == reached:
                break
            reached = wider
        yield [name for name in remaining if name in reached]
        remaining = [name for name in remaining if name not in reached]


class _Search:
    """Depth-first over the awards that compete for a place, larger ones first, with bounds."""

    def __init__(self, names: Sequence[str], contest: Contest) -> None:
        self._payable = {name: contest.payable[name] for name in names}
        inside = frozenset(names)
        self._places = [
            (members & inside, count)
            for members, count in contest.places.values()
            if len(members & inside) > count
        ]
        self._caps = [
            (members & inside, limit)
            for members, limit in contest.caps.values()
            if sum(self._payable[name] for name in members & inside) > limit
        ]
        self._nested = _nested(self._caps)
        contested = frozenset[str]().union(*(members for members, _ in self._places))
        self._contested = [name for name in names if name in contested]
        self._free = [name for name in names if name not in contested]
        self._best: dict[str, int] = {}
        self._best_cents = -1
        self._steps = 0
        self._used = [0] * len(self._places)  # by what is chosen on the way down
        self._at = {
            name: [place for place, (members, _) in enumerate(self._places) if name in members]
            for name in self._contested
        }

    def run(self) -> dict[str, int]:
        if len(self._contested) > MOST_COMPETING:
            self._refuse()
        self._visit(0, [])
        return {name: cents for name, cents in self._best.items() if cents}

    def _refuse(self) -> None:
        raise StackingTooEntangled(
            f"{len(self._contested)} awards compete for places in {len(self._places)} groups that "
            f"overlap; no best combination was found in {MOST_STEPS} steps. Divide the groups, or "
            "join groups of the same awards into one.",
            awards=tuple(self._contested),
        )

    def _visit(self, depth: int, chosen: list[str]) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            self._refuse()
        if self._bound(depth, chosen) <= self._best_cents:
            return
        if depth == len(self._contested):
            paid = self._pay([*chosen, *self._free])
            if sum(paid.values()) > self._best_cents:
                self._best, self._best_cents = paid, sum(paid.values())
            return
        name = self._contested[depth]
        if self._has_place(name):
            self._take(name, 1)
            self._visit(depth + 1, [*chosen, name])
            self._take(name, -1)
        self._visit(depth + 1, chosen)

    def _take(self, name: str, places: int) -> None:
        for place in self._at[name]:
            self._used[place] += places

    def _has_place(self, name: str) -> bool:
        return all(self._used[place] < self._places[place][1] for place in self._at[name])

    def _bound(self, depth: int, chosen: list[str]) -> int:
        """No completion of the choice pays more: caps without places, and places without caps."""
        open_ = [name for name in self._contested[depth:] if self._has_place(name)]
        capped = sum(self._fill([*chosen, *self._free, *open_], self._nested).values())
        placed = sum(self._payable[name] for name in (*chosen, *self._free))
        left = [count - used for (_, count), used in zip(self._places, self._used, strict=True)]
        for name in open_:  # larger ones first; each counts in the first group it is in
            place = self._at[name][0]
            if left[place]:
                left[place] -= 1
                placed += self._payable[name]
        return min(capped, placed)

    def _pay(self, names: list[str]) -> dict[str, int]:
        names = sorted(names, key=list(self._payable).index)
        if len(self._nested) == len(self._caps):
            return self._fill(names, self._caps)
        return _pay_under_crossing_caps({name: self._payable[name] for name in names}, self._caps)

    def _fill(
        self, names: Iterable[str], caps: Sequence[tuple[frozenset[str], int]]
    ) -> dict[str, int]:
        """Pay each in turn what its caps leave: the most possible where caps are nested."""
        left = [limit for _, limit in caps]
        paid = {}
        for name in names:
            on = [place for place, (members, _) in enumerate(caps) if name in members]
            paid[name] = min([self._payable[name], *(left[place] for place in on)])
            for place in on:
                left[place] -= paid[name]
        return paid


def _nested(
    caps: Sequence[tuple[frozenset[str], int]],
) -> list[tuple[frozenset[str], int]]:
    """Caps of which any two are disjoint or one inside the other; the rest is left out."""
    nested: list[tuple[frozenset[str], int]] = []
    for members, limit in sorted(caps, key=lambda cap: -len(cap[0])):
        if all(members <= other or other <= members or not members & other for other, _ in nested):
            nested.append((members, limit))
    return nested


def _pay_under_crossing_caps(
    payable: Mapping[str, int], caps: Sequence[tuple[frozenset[str], int]]
) -> dict[str, int]:
    """The most under caps that cross each other: a small integer programme."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    names = list(payable)
    rows = np.array([[float(name in members) for name in names] for members, _ in caps])
    limits = np.array([limit for _, limit in caps], dtype=float)
    solved = milp(
        c=-np.ones(len(names)),
        constraints=LinearConstraint(rows, ub=limits),
        bounds=Bounds(0, np.array([payable[name] for name in names], dtype=float)),
        integrality=np.ones(len(names)),
        options={"mip_rel_gap": 0.0},
    )
    paid = {name: int(cents) for name, cents in zip(names, np.rint(solved.x), strict=True)}
    for members, limit in caps:  # held in integers: the solver works with tolerances
        excess = sum(paid.get(name, 0) for name in members) - limit
        for name in reversed(names):
            if excess > 0 and name in members:
                cut = min(excess, paid[name])
                paid[name] -= cut
                excess -= cut
    return paid
