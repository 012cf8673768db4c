"""Reads trees row by row in three-valued logic: the reference that SQL is held against.

It also tells which missing facts keep an answer open, and feeds every explanation.
"""

import math
import operator
import re
from calendar import isleap
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, cast

import numpy as np

from silian.tables.clauses import tree
from silian.tables.clauses.errors import FactOfWrongType, shown
from silian.tables.clauses.quotients import quotient
from silian.tables.clauses.sql import added_years, rounding_scale
from silian.tables.clauses.tree import Node, Value

_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LARGEST_INTEGER: Final = 2**63


class RowReader:
    """Values of trees for one row; each let is read once.

    Parameters
    ----------
    row
        Facts by name; absent, ``None`` and NaN all mean missing.
    """

    def __init__(self, row: Mapping[str, Any]) -> None:
        self._row = row
        self._lets: dict[int, Value] = {}

    def value(self, node: Node) -> Value:
        """Value of a tree, ``None`` where it is unknown."""
        return _VALUES[type(node)](self, node)

    def missing(self, node: Node) -> tuple[str, ...]:
        """Missing facts that can still change an unknown value, in the order of the text."""
        found: dict[str, None] = {}
        self._collect(node, found)
        return tuple(found)

    def _collect(self, node: Node, found: dict[str, None]) -> None:
        if isinstance(node, tree.Missing) or self.value(node) is not None:
            return
        if isinstance(node, tree.Fact):
            found[node.name] = None
        elif isinstance(node, tree.Let):
            self._collect(node.tree, found)
        elif isinstance(node, tree.Case):
            self._collect_case(node, found)
        else:
            for child in node.children:
                self._collect(child, found)

    def _collect_case(self, node: tree.Case, found: dict[str, None]) -> None:
        for when, then in node.branches:
            standing = self.value(when)
            if standing is False:
                continue
            self._collect(when, found)
            self._collect(then, found)
            if standing is True:
                return
        self._collect(node.otherwise, found)

    # -- leaves -------------------------------------------------------------------------------

    def _given(self, node: tree.Given) -> Value:
        return node.value

    def _constant(self, node: tree.Constant) -> Value:
        return node.value

    def _fact(self, node: tree.Fact) -> Value:
        value = self._row.get(node.name)
        return None if value is None else read_fact(node.name, node.type, value)

    def _let(self, node: tree.Let) -> Value:
        key = id(node.tree)
        if key not in self._lets:
            self._lets[key] = self.value(node.tree)
        return self._lets[key]

    # -- operators ----------------------------------------------------------------------------

    def _negative(self, node: tree.Negative) -> Value:
        value = self.value(node.operand)
        return None if value is None else -cast(float, value)

    def _arithmetic(self, node: tree.Arithmetic) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        if left is None or right is None:
            return None
        first, second = float(cast(float, left)), float(cast(float, right))
        if node.operator == "+":
            return first + second
        if node.operator == "-":
            return first - second
        if node.operator == "*":
            return first * second
        return quotient(first, second)

    def _comparison(self, node: tree.Comparison) -> Value:
        return _compare(node.operator, self.value(node.left), self.value(node.right))

    def _between(self, node: tree.Between) -> Value:
        value = self.value(node.operand)
        above = _compare(">=", value, self.value(node.lower))
        below = _compare("<=", value, self.value(node.upper))
        return _all(above, below)

    def _one_of(self, node: tree.OneOf) -> Value:
        value = self.value(node.operand)
        if value is None:
            return None
        return any(_compare("=", value, self.value(choice)) for choice in node.choices)

    def _like(self, node: tree.Like) -> Value:
        value = self.value(node.operand)
        if value is None:
            return None
        return _pattern(node.pattern).fullmatch(str(value)) is not None

    def _missing(self, node: tree.Missing) -> Value:
        return self.value(node.operand) is None

    def _not(self, node: tree.Not) -> Value:
        value = self.value(node.operand)
        return None if value is None else not value

    def _and(self, node: tree.And) -> Value:
        return _all(*(self.value(operand) for operand in node.operands))

    def _or(self, node: tree.Or) -> Value:
        values = [self.value(operand) for operand in node.operands]
        return True if True in values else None if None in values else False

    def _case(self, node: tree.Case) -> Value:
        result = node.otherwise
        for when, then in node.branches:
            standing = self.value(when)
            if standing is None:
                return None
            if standing:
                result = then
                break
        return _as_type(self.value(result), node)

    def _call(self, node: tree.Call) -> Value:
        arguments = [self.value(argument) for argument in node.arguments]
        if node.function == "coalesce":
            known = next((value for value in arguments if value is not None), None)
            return _as_type(known, node)
        if any(value is None for value in arguments):
            return None
        return _as_type(_CALLS[node.function](node, *arguments), node)


def _all(*values: Value) -> Value:
    return False if False in values else None if None in values else True


def _as_type(value: Value, node: Node) -> Value:
    return float(cast(float, value)) if node.type == "number" and value is not None else value


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _order(value: Any) -> tuple[bool, Any]:
    # Databases put NaN, which only overflowing arithmetic makes, above every number.
    return (True, 0) if _is_nan(value) else (False, value)


def _compare(sign: str, left: Value, right: Value) -> bool | None:
    if left is None or right is None:
        return None
    if _is_nan(left) or _is_nan(right):
        return _COMPARE[sign](_order(left), _order(right))
    if isinstance(left, float) or isinstance(right, float):
        left, right = _double(left), _double(right)
    return _COMPARE[sign](left, right)


def _double(value: Any) -> Any:
    # An integer beside a number is compared as a double, as databases do it.
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@lru_cache(maxsize=4096)
def _pattern(pattern: str) -> re.Pattern[str]:
    signs = {"%": ".*", "_": "."}
    return re.compile("".join(signs.get(one) or re.escape(one) for one in pattern), re.DOTALL)


def read_fact(name: str, kind: str, value: Any) -> Value:
    """One fact as the language reads it; NaN is missing.

    Raises
    ------
    FactOfWrongType
        If the value is not of the column's type.
    """
    if kind in {"number", "integer"} and not isinstance(value, bool | np.bool_ | str | date):
        number = _number(kind, value)
        if number is not None:
            return None if _is_nan(number) else number
    elif kind == "boolean" and isinstance(value, bool | np.bool_):
        return bool(value)
    elif kind in {"text", "codes"} and isinstance(value, str):
        return value
    elif kind == "date" and isinstance(value, date):
        return value.date() if isinstance(value, datetime) else value
    raise FactOfWrongType(
        f"the fact {name} is {shown(repr(value))}, a {type(value).__name__}; expected {kind}",
        name=name,
        expected=kind,
    )


def _number(kind: str, value: Any) -> float | None:
    try:
        number = float(value)
        if kind == "number" or math.isnan(number):
            return number
        whole = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return whole if whole == value and abs(whole) < _LARGEST_INTEGER else None


def _years_between(_: tree.Call, first: date, last: date) -> int:
    short = (last.month, last.day) < (first.month, first.day)
    return last.year - first.year - short


def _add_years(node: tree.Call, day: date, *_: Any) -> date | None:
    year = day.year + added_years(node)
    if not date.min.year <= year <= date.max.year:
        return None
    if (day.month, day.day) == (2, 29) and not isleap(year):
        return date(year, 3, 1)
    return day.replace(year=year)


def _rounded(node: tree.Call, value: float, *_: Any) -> float:
    scale = rounding_scale(node)
    scaled = value * scale
    if not math.isfinite(scaled) or abs(scaled) >= 2**52:
        return scaled / scale
    whole = math.floor(abs(scaled))
    whole += abs(scaled) - whole >= 0.5
    return math.copysign(whole, scaled) / scale


def _whole(function: Callable[[float], int]) -> Callable[[tree.Call, float], float]:
    def rounded(_: tree.Call, value: float) -> float:
        return float(function(value)) if math.isfinite(value) else value

    return rounded


_CALLS: Final[Mapping[str, Callable[..., Value]]] = {
    "least": lambda _, *values: min(values, key=_order),
    "greatest": lambda _, *values: max(values, key=_order),
    "abs": lambda _, value: abs(value),
    "round": _rounded,
    "floor": _whole(math.floor),
    "ceil": _whole(math.ceil),
    "years_between": _years_between,
    "add_years": _add_years,
    "starts_with": lambda _, text, start: text.startswith(start),
    "contains": lambda _, text, part: part in text,
    "has": lambda _, codes, code: f";{code};" in codes,
    "year": lambda _, day: day.year,
}

_VALUES: Final[Mapping[type, Callable[[RowReader, Any], Value]]] = {
    tree.Given: RowReader._given,
    tree.Constant: RowReader._constant,
    tree.Fact: RowReader._fact,
    tree.Let: RowReader._let,
    tree.Negative: RowReader._negative,
    tree.Arithmetic: RowReader._arithmetic,
    tree.Comparison: RowReader._comparison,
    tree.Between: RowReader._between,
    tree.OneOf: RowReader._one_of,
    tree.Like: RowReader._like,
    tree.Missing: RowReader._missing,
    tree.Not: RowReader._not,
    tree.And: RowReader._and,
    tree.Or: RowReader._or,
    tree.Case: RowReader._case,
    tree.Call: RowReader._call,
}
