"""Regions that comparisons of facts cut out: boxes and rows.

A region is a box (bounds of single facts, on the grid of what each can be) and rows (linear
inequalities of several facts).
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from silian.engines.rules.forms import TOLERANCE, Linear, Variable

Relation = Literal["<=", "<", "="]
MOST_REGIONS = 20_000
_Item = TypeVar("_Item")


class TooManyRegions(Exception):
    """Raised inside planning where alternatives multiply; never leaves the package."""


@dataclass(frozen=True, slots=True)
class Row:
    """``form`` is at most 0, or equal to it."""

    form: Linear
    relation: Literal["<=", "="]


@dataclass(frozen=True, slots=True)
class Region:
    """Where all bounds and rows hold; bounds of facts that are not named are their own."""

    box: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()

    def meet(self, other: "Region") -> "Region | None":
        """Where both hold; ``None`` where bounds already exclude each other."""
        if not other.box and not other.rows:
            return self
        box = dict(self.box)
        for name, (low, high) in other.box.items():
            mine = box.get(name, (-math.inf, math.inf))
            lower, upper = max(low, mine[0]), min(high, mine[1])
            if lower > upper + TOLERANCE * max(1.0, abs(upper)):
                return None
            box[name] = (lower, max(lower, upper))
        fresh = tuple(row for row in other.rows if row not in self.rows)
        return Region(box, self.rows + fresh)


ANYWHERE = Region()


def region_of(form: Linear, relation: Relation, variables: Mapping[str, Variable]) -> Region | None:
    """Where a form is at most, below, or equal to 0; ``None`` where nowhere in reach."""
    if not form.terms:
        slack = TOLERANCE * abs(form.constant)
        holds = (
            form.constant <= slack
            if relation == "<="
            else form.constant < 0
            if relation == "<"
            else abs(form.constant) <= slack
        )
        return ANYWHERE if holds else None
    low, high = _range(form, variables)
    if low > 0 or (relation == "<" and low >= 0) or (relation == "=" and high < 0):
        return None
    if high < 0 or (relation == "<=" and high <= 0):
        return ANYWHERE
    if len(form.terms) == 1:
        return _bounds(form, relation, variables)
    if relation != "<":
        return Region(rows=(Row(form, relation),))
    return Region(rows=(Row(form.plus(Linear(_margin(form, variables))), "<="),))


def _bounds(form: Linear, relation: Relation, variables: Mapping[str, Variable]) -> Region | None:
    ((name, coefficient),) = form.terms.items()
    variable = variables[name]
    edge = -form.constant / coefficient
    strict = relation == "<"
    low, high = variable.lower, variable.upper
    if relation == "=" or coefficient < 0:
        low = max(low, variable.at_least(edge, above=strict))
    if relation == "=" or coefficient > 0:
        high = min(high, variable.at_most(edge, below=strict))
    return Region({name: (low, high)}) if low <= high else None


def _range(form: Linear, variables: Mapping[str, Variable]) -> tuple[float, float]:
    low = high = form.constant
    for name, coefficient in form.terms.items():
        ends = (coefficient * variables[name].lower, coefficient * variables[name].upper)
        low, high = low + min(ends), high + max(ends)
    return low, high


def _margin(form: Linear, variables: Mapping[str, Variable]) -> float:
    """How far below 0 a sum has to be to be below it for certain: the step of its values."""
    steps = [abs(value) * variables[name].grain for name, value in form.terms.items()]
    if all(steps):
        for scale in (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000):
            scaled = [value * scale for value in (*steps, form.constant)]
            if all(
                abs(value - round(value)) <= TOLERANCE * max(1.0, abs(value)) for value in scaled
            ):
                return math.gcd(*(round(value) for value in scaled)) / scale
        return min(steps)
    return TOLERANCE * max(1.0, abs(form.constant))


def all_of(parts: Iterable[list[Region]]) -> list[Region]:
    """Regions in which one of each part holds."""
    found = [ANYWHERE]
    for part in parts:
        met = (one.meet(other) for one in found for other in part)
        found = bounded([region for region in met if region is not None])
        if not found:
            break
    return found


def any_of(parts: Iterable[list[Region]]) -> list[Region]:
    found: list[Region] = []
    for part in parts:
        if ANYWHERE in part:
            return [ANYWHERE]
        found += part
    return bounded(found)


def bounded(items: list[_Item]) -> list[_Item]:
    if len(items) > MOST_REGIONS:
        raise TooManyRegions
    return items
