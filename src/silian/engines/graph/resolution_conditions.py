"""Conditions of comparison levels, answered on arrays for all pairs at once.

The few forms of SQL that the packaged conditions are made of (equality, AND, OR, NOT, IS NULL, substr) need
no database; whatever else a caller writes goes to DuckDB (``resolution_scoring``). NULL is neither true
nor false, as in SQL.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import sqlglot
from sqlglot import exp

from silian.engines.graph.resolution_keys import Ints
from silian.engines.graph.resolution_letters import Flags

_NULL = -1
_WHOLE = slice(None)


class UnknownCondition(Exception):
    """A condition of a form that isn't answered here; never leaves the engine."""


@dataclass(slots=True)
class PairedColumns:
    """Columns of the records on both sides of every pair; equal texts have equal numbers.

    Parameters
    ----------
    attributes
        Columns of equal length, a value or None a record.
    left, right
        Positions of the records of each pair.
    """

    attributes: Mapping[str, Sequence[str | None]]
    left: Ints
    right: Ints
    _numbers: dict[str | None, int] = field(default_factory=lambda: {None: _NULL})
    _columns: dict[tuple[str, int | None, int | None], Ints] = field(default_factory=dict)

    def level(self, unknown: str, conditions: Sequence[str]) -> Ints:
        """Number of the first condition that holds of each pair, -1 where the comparison is unknown.

        Raises
        ------
        UnknownCondition
            If a condition has another form than those answered here.
        """
        levels = np.full(len(self.left), -1, np.int64)
        is_open = ~self._holds(_tree(unknown))[0]
        for number, condition in enumerate(conditions):
            found = is_open.copy()
            if condition != "ELSE":
                found &= self._holds(_tree(condition))[0]
            levels[found] = number
            is_open &= ~found
        return levels

    def _holds(self, tree: exp.Expr) -> tuple[Flags, Flags]:
        """Where a condition is true, and where it is false; neither where it is NULL."""
        match tree:
            case exp.Paren():
                return self._holds(tree.this)
            case exp.And() | exp.Or():
                left, right = self._holds(tree.left), self._holds(tree.right)
                if isinstance(tree, exp.And):
                    return left[0] & right[0], left[1] | right[1]
                return left[0] | right[0], left[1] & right[1]
            case exp.Not():
                true, false = self._holds(tree.this)
                return false, true
            case exp.Is(expression=exp.Null()):
                missing = self._values(tree.this) == _NULL
                return missing, ~missing
            case exp.EQ() | exp.NEQ():
                left_values, right_values = self._values(tree.left), self._values(tree.right)
                known = (left_values != _NULL) & (right_values != _NULL)
                equal = left_values == right_values
                if isinstance(tree, exp.NEQ):
                    equal = ~equal
                return known & equal, known & ~equal
        raise UnknownCondition(tree.sql())

    def _values(self, tree: exp.Expr) -> Ints:
        """Number of the text on one side of a comparison, by pair."""
        match tree:
            case exp.Column():
                return self._side(tree)
            case exp.Literal(is_string=True):
                return np.array(self._numbers.setdefault(tree.this, len(self._numbers)))
            case exp.Substring(this=exp.Column()):
                first, length = (_count(tree.args.get(name)) for name in ("start", "length"))
                if first and length is not None:
                    return self._side(tree.this, slice(first - 1, first - 1 + length))
        raise UnknownCondition(tree.sql())

    def _side(self, column: exp.Column, piece: slice = _WHOLE) -> Ints:
        """A column, or a piece of its texts, on the side that its name says."""
        name, _, side = column.name.rpartition("_")
        if name not in self.attributes or side not in ("l", "r"):
            raise UnknownCondition(column.sql())
        key = (name, piece.start, piece.stop)
        if key not in self._columns:
            texts = self.attributes[name]
            if piece is not _WHOLE:
                texts = [None if one is None else one[piece] for one in texts]
            numbers = self._numbers
            for one in dict.fromkeys(texts):
                numbers.setdefault(one, len(numbers))
            found = map(numbers.__getitem__, texts)
            self._columns[key] = np.fromiter(found, np.int64, len(texts))
        return self._columns[key][self.left if side == "l" else self.right]


def _count(tree: exp.Expr | None) -> int | None:
    return int(tree.this) if isinstance(tree, exp.Literal) and tree.is_int else None


@cache
def _tree(condition: str) -> exp.Expr:
    try:
        return sqlglot.parse_one(condition, dialect="duckdb")
    except sqlglot.ParseError as error:
        raise UnknownCondition(condition) from error
