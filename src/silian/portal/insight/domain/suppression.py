"""Withhold small counts in a table so that nobody can work them out from what stays.

A table counts people over leaves (districts by fields, say). What is published are sums over
groups of leaves: the leaves themselves, districts, cities, all. A sum of 1 to ``least`` - 1 is
withheld. Totals would still give it away, so further sums are withheld with it: for each small
sum a *shift* is chosen, a change of a few leaves that leaves every published sum as it is
and brings the small one up to ``least``. Whoever knows all that is published can therefore not
tell the withheld sum from ``least`` or more, by whatever arithmetic.

Several layers (all people; those that are on no public list) are made safe at once: what a
reader can count himself must not help either.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FAR = np.inf
# Withholding a sum that is 0 is possible, but tells more than it hides.
_ZERO_COST = 20.0


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Groups of leaves along one side of a table, the leaves among them.

    Attributes
    ----------
    member
        Shape (n_groups, n_leaves): whether a group holds a leaf.
    """

    member: "NDArray[np.bool_]"

    @classmethod
    def of(cls, groups: Sequence[Sequence[int]], n_leaves: int) -> "Groups":
        """Groups given as lists of their leaves.

        Examples
        --------
        >>> Groups.of([[0, 1], [0], [1]], 2).member.astype(int).tolist()
        [[1, 1], [1, 0], [0, 1]]
        """
        member = np.zeros((len(groups), n_leaves), dtype=bool)
        for number, leaves in enumerate(groups):
            member[number, list(leaves)] = True
        return cls(member=member)

    @cached_property
    def groups_of_leaf(self) -> "tuple[NDArray[np.intp], ...]":
        """Of each leaf, the groups that hold it."""
        return tuple(np.flatnonzero(column) for column in self.member.T)

    @cached_property
    def own_group(self) -> "NDArray[np.intp]":
        """Of each leaf, the smallest group that holds it: the leaf itself."""
        size = self.member.sum(axis=1)
        places = [groups[size[groups].argmin()] for groups in self.groups_of_leaf]
        return np.array(places, dtype=np.intp)

    def apart(self, leaf: int) -> "NDArray[np.int64]":
        """For every leaf, how many groups hold exactly one of it and ``leaf``."""
        mine = self.groups_of_leaf[leaf]
        return self._group_counts + len(mine) - 2 * self.member[mine].sum(axis=0)

    @cached_property
    def _group_counts(self) -> "NDArray[np.int64]":
        return self.member.sum(axis=0)


def sums(leaves: "NDArray[np.int64]", rows: Groups, columns: Groups) -> "NDArray[np.int64]":
    """Sums over every pair of groups; shape (n_row_groups, n_column_groups)."""
    return rows.member @ leaves @ columns.member.T


def withheld(
    layers: "Sequence[NDArray[np.int64]]",
    rows: Groups,
    columns: Groups,
    least: int,
    *,
    known: "NDArray[np.bool_] | None" = None,
) -> "NDArray[np.bool_]":
    """Which sums must not be published.

    Parameters
    ----------
    layers
        Tables over the leaves, each of shape (n_row_leaves, n_column_leaves), counts >= 0. The
        first is the one that is published, the others are parts of it that a reader could get
        by taking off what he can count himself.
    least
        The least count that may be published; 0 may be, too.
    known
        Leaves that everybody knows whatever is published, such as those that are 0 by
        definition: nothing can be hidden behind them.

    Returns
    -------
    Shape (n_row_groups, n_column_groups). Small sums and those withheld for their sake look
    alike.

    Examples
    --------
    The 2 goes, and with it three others, so that no row or column gives it back:

    >>> table = np.array([[2, 9, 8], [7, 6, 9]])
    >>> rows = Groups.of([[0], [1], [0, 1]], 2)
    >>> columns = Groups.of([[0], [1], [2], [0, 1, 2]], 3)
    >>> withheld([table], rows, columns, 5).astype(int).tolist()
    [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0]]
    """
    hidden = np.zeros((len(rows.member), len(columns.member)), dtype=bool)
    for leaves in layers:
        found = sums(leaves, rows, columns)
        hidden |= (found > 0) & (found < least)
    fixed = np.zeros(layers[0].shape, dtype=bool) if known is None else known
    for leaves in layers:
        _Shifting(
            leaves=leaves, rows=rows, columns=columns, least=least, hidden=hidden, fixed=fixed
        ).protect()
    return hidden


#: Leaves with their change; what is added up over a published group comes to 0.
_Shift = list[tuple[int, int, int]]


class _Shifting:
    """The shifts of one layer; widens ``hidden`` until each small sum has one."""

    def __init__(
        self,
        *,
        leaves: "NDArray[np.int64]",
        rows: Groups,
        columns: Groups,
        least: int,
        hidden: "NDArray[np.bool_]",
        fixed: "NDArray[np.bool_]",
    ) -> None:
        self.leaves, self.rows, self.columns = leaves, rows, columns
        self.least, self.hidden, self.fixed = least, hidden, fixed
        self.sums = sums(leaves, rows, columns)
        self.safe = np.zeros(hidden.shape, dtype=bool)
        self.own_groups = np.ix_(rows.own_group, columns.own_group)
        self.costs = np.where(leaves > 0, 1.0 + np.log1p(leaves), _ZERO_COST)
        self.costs[hidden[self.own_groups]] = 0.0  # withheld anyhow
        self.costs[fixed] = _FAR

    def protect(self) -> None:
        """Give each small sum its shift, the ones over most leaves first."""
        small = np.argwhere((self.sums > 0) & (self.sums < self.least))
        sizes = [self._size(row, column) for row, column in small]
        for number in np.argsort(sizes, kind="stable")[::-1]:
            row, column = (int(value) for value in small[number])
            if not self.safe[row, column]:
                shift = self._shift_for(row, column)
                if shift is None:
                    self._withhold_all()
                    return
                self._take(shift)

    def _size(self, row: int, column: int) -> int:
        return int(self.rows.member[row].sum() * self.columns.member[column].sum())

    def _withhold_all(self) -> None:
        """Too little is left to hide behind: only the sum over everything may stay."""
        everything = self.rows.member.all(axis=1)[:, None] & self.columns.member.all(axis=1)
        self.hidden |= ~everything | ((self.sums > 0) & (self.sums < self.least))

    def _take(self, shift: _Shift) -> None:
        change: Counter[tuple[int, int]] = Counter()
        for row, column, amount in shift:
            self.costs[row, column] = 0.0
            for group in product(
                self.rows.groups_of_leaf[row], self.columns.groups_of_leaf[column]
            ):
                change[group] += amount
        for group, amount in change.items():
            if amount != 0:
                self.hidden[group] = True
            if amount > 0 and self.sums[group] + amount >= self.least:
                self.safe[group] = True

    def _shift_for(self, row: int, column: int) -> _Shift | None:
        """A cheap shift that lifts this sum to ``least``; ``None`` if there is none.

        Leaves in the same column and others in the same row give; where their rows and columns
        meet is added again, so that the sums of all rows and columns stay. Only where that can't
        be had do sums of rows or columns move, too.
        """
        block = np.ix_(
            np.flatnonzero(self.rows.member[row]), np.flatnonzero(self.columns.member[column])
        )
        start = np.unravel_index(np.argmax(self.leaves[block]), self.leaves[block].shape)
        r, c = int(block[0][start[0], 0]), int(block[1][0, start[1]])
        need = int(self.least - self.sums[row, column])
        # One stays everywhere: a withheld sum is known to be no 0.
        spare = np.where(self.fixed, 0, np.maximum(self.leaves - 1, 0))
        in_column = np.where(~self.rows.member[row], spare[:, c], 0)
        in_row = np.where(~self.columns.member[column], spare[r], 0)
        column_costs = self.costs[:, c] + self.rows.apart(r)
        row_costs = self.costs[r] + self.columns.apart(c)
        corner = (
            np.where(in_column >= need, column_costs, _FAR)[:, None]
            + np.where(in_row >= need, row_costs, _FAR)[None, :]
            + self.costs
        )
        best = int(np.argmin(corner))
        if corner.flat[best] < _FAR:
            other_row, other_column = (int(v) for v in np.unravel_index(best, corner.shape))
            most = int(min(in_column[other_row], in_row[other_column]))
            return _rectangles(r, c, [(other_row, most)], [(other_column, most)])
        rows = _givers(in_column, column_costs, need)
        columns = _givers(in_row, row_costs, need)
        for some_rows, some_columns in ((rows, columns), (rows, []), ([], columns)):
            shift = _rectangles(r, c, some_rows, some_columns)
            if (some_rows or some_columns) and not any(self.fixed[p, q] for p, q, _ in shift):
                return shift
        return None


def _givers(
    spare: "NDArray[np.int64]", costs: "NDArray[np.float64]", need: int
) -> list[tuple[int, int]]:
    """Leaves that together give as much as is needed, the cheap ones first; none if they can't."""
    enough = np.where(spare >= need, costs, _FAR)
    if np.min(enough, initial=_FAR) < _FAR:
        return [(int(np.argmin(enough)), need)]
    found: list[tuple[int, int]] = []
    for place in np.argsort(np.where(spare > 0, costs / np.maximum(spare, 1), _FAR)):
        given = min(int(spare[place]), need - sum(amount for _, amount in found))
        if given <= 0:
            break
        found.append((int(place), given))
    return found if sum(amount for _, amount in found) == need else []


def _rectangles(
    row: int, column: int, rows: list[tuple[int, int]], columns: list[tuple[int, int]]
) -> _Shift:
    """More at ``(row, column)``, taken from ``rows`` in its column and ``columns`` in its row.

    Examples
    --------
    >>> _rectangles(0, 0, [(1, 3), (2, 1)], [(5, 4)])
    [(0, 0, 4), (1, 0, -3), (2, 0, -1), (0, 5, -4), (1, 5, 3), (2, 5, 1)]
    """
    shift = [(row, column, sum(amount for _, amount in rows or columns))]
    shift += [(place, column, -amount) for place, amount in rows]
    shift += [(row, place, -amount) for place, amount in columns]
    return shift + _crossings(rows, columns)


def _crossings(rows: list[tuple[int, int]], columns: list[tuple[int, int]]) -> _Shift:
    """What is added where the giving rows and columns meet, so that their sums stay."""
    crossings: _Shift = []
    left = [amount for _, amount in columns]
    for place, given in rows:
        missing = given
        for number, (column, _) in enumerate(columns):
            moved = min(missing, left[number])
            if moved:
                crossings.append((place, column, moved))
                left[number] -= moved
                missing -= moved
    return crossings
