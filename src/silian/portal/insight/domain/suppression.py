"""Withhold small counts in a table so that nobody can work them out from what stays.

A table counts people over leaves (districts by fields, say). What is published are sums over
groups of leaves: the leaves themselves, districts, cities, all. A sum of 1 to ``least`` - 1 is
withheld. Totals would still give it away, so further sums are withheld with it: for each small
sum a *shift* is chosen, a change of two or four leaves that leaves every published sum as it is
and brings the small one up to ``least``. Whoever knows all that is published can therefore not
tell the withheld sum from ``least`` or more, by whatever arithmetic.

Several layers (all people; those that are on no public list) are made safe at once: what a
reader can count himself must not help either.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
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
    def as_numbers(self) -> "NDArray[np.int64]":
        """Membership as 0 and 1, for sums."""
        return self.member.astype(np.int64)

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
        return self._group_counts + len(mine) - 2 * self.as_numbers[mine].sum(axis=0)

    @cached_property
    def _group_counts(self) -> "NDArray[np.int64]":
        return self.as_numbers.sum(axis=0)


def sums(leaves: "NDArray[np.int64]", rows: Groups, columns: Groups) -> "NDArray[np.int64]":
    """Sums over every pair of groups; shape (n_row_groups, n_column_groups)."""
    return rows.as_numbers @ leaves @ columns.as_numbers.T


def withheld(
    layers: "Sequence[NDArray[np.int64]]", rows: Groups, columns: Groups, least: int
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
    for leaves in layers:
        _Shifting(leaves=leaves, rows=rows, columns=columns, least=least, hidden=hidden).protect()
    return hidden


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shift:
    """One more at ``(row, column)``; what is taken elsewhere keeps some sums as they are.

    ``other_row`` without ``other_column`` moves within a column, the reverse within a row, both
    make a rectangle that keeps the sums of both its rows and both its columns.
    """

    row: int
    column: int
    other_row: int | None = None
    other_column: int | None = None

    def signs(self) -> Iterator[tuple[int, int, int]]:
        """Row, column and sign of each leaf that changes."""
        yield self.row, self.column, 1
        if self.other_row is not None:
            yield self.other_row, self.column, -1
        if self.other_column is not None:
            yield self.row, self.other_column, -1
        if self.other_row is not None and self.other_column is not None:
            yield self.other_row, self.other_column, 1


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
    ) -> None:
        self.leaves, self.rows, self.columns = leaves, rows, columns
        self.least, self.hidden = least, hidden
        self.sums = sums(leaves, rows, columns)
        self.safe = np.zeros(hidden.shape, dtype=bool)
        self.own_groups = np.ix_(rows.own_group, columns.own_group)
        self.costs = np.where(leaves > 0, 1.0 + np.log1p(leaves), _ZERO_COST)
        self.costs[hidden[self.own_groups]] = 0.0  # withheld anyhow

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
        up = self.least
        for row, column, sign in shift.signs():
            for group in product(
                self.rows.groups_of_leaf[row], self.columns.groups_of_leaf[column]
            ):
                change[group] += sign
            self.costs[row, column] = 0.0
            if sign < 0:
                up = min(up, int(self.leaves[row, column]))
        for group, sign in change.items():
            if sign != 0:
                self.hidden[group] = True
            # One stays everywhere: a withheld sum is known to be no 0.
            if sign > 0 and self.sums[group] + up - 1 >= self.least:
                self.safe[group] = True

    def _shift_for(self, row: int, column: int) -> _Shift | None:
        """The shift that costs least and lifts this sum to ``least``; ``None`` if there is none."""
        block = np.ix_(
            np.flatnonzero(self.rows.member[row]), np.flatnonzero(self.columns.member[column])
        )
        start = np.unravel_index(np.argmax(self.leaves[block]), self.leaves[block].shape)
        r, c = int(block[0][start[0], 0]), int(block[1][0, start[1]])
        need = int(self.least - self.sums[row, column] + 1)
        rows_outside = ~self.rows.member[row]
        columns_outside = ~self.columns.member[column]
        given = np.where(self.leaves >= need, self.costs, _FAR)
        row_far, column_far = self.rows.apart(r), self.columns.apart(c)
        in_column = np.where(rows_outside, given[:, c] + row_far, _FAR)
        in_row = np.where(columns_outside, given[r] + column_far, _FAR)
        corner = in_column[:, None] + in_row[None, :] + self.costs
        best = int(np.argmin(corner))
        if corner.flat[best] < _FAR:
            other_row, other_column = (int(v) for v in np.unravel_index(best, corner.shape))
            return _Shift(row=r, column=c, other_row=other_row, other_column=other_column)
        # Total sums move with these, so they are taken only where a rectangle can't be had.
        if np.min(in_column, initial=_FAR) < _FAR:
            return _Shift(row=r, column=c, other_row=int(np.argmin(in_column)))
        if np.min(in_row, initial=_FAR) < _FAR:
            return _Shift(row=r, column=c, other_column=int(np.argmin(in_row)))
        return None
