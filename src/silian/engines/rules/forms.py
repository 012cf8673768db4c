"""Linear forms of changeable facts, and the regions that their comparisons cut out.

A region is a box (bounds of single facts, on the grid of what each can be) and rows (linear
inequalities of several). Everything that plans changes is made of these.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

_TOLERANCE = 1e-9

Relation = Literal["<=", "<", "="]


class NotLinear(Exception):
    """Raised inside planning where facts multiply each other; never leaves the package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One fact that may move.

    Attributes
    ----------
    grain
        Distance between values that it can take: 1 for counts, 0.01 for money, 0 for any value.
    """

    name: str
    current: float
    lower: float = -math.inf
    upper: float = math.inf
    cost_cny_per_unit: float = 0.0
    grain: float = 0.0

    def at_least(self, value: float, *, above: bool = False) -> float:
        """Lowest value on the grid that is at least (or above) ``value``."""
        if not math.isfinite(value):
            return value
        if not self.grain:
            return value + self._hair(value) if above else value
        steps = value / self.grain
        nearest = round(steps)
        if abs(steps - nearest) <= _TOLERANCE * max(1.0, abs(steps)):
            return self._on_grid(nearest + 1 if above else nearest)
        return self._on_grid(math.ceil(steps))

    def at_most(self, value: float, *, below: bool = False) -> float:
        """Highest value on the grid that is at most (or below) ``value``."""
        mirrored = Variable(name=self.name, current=self.current, grain=self.grain)
        return -mirrored.at_least(-value, above=below)

    def _on_grid(self, steps: int) -> float:
        return round(steps * self.grain, 6)  # 3 * 0.01 is not 0.03

    @staticmethod
    def _hair(value: float) -> float:
        return _TOLERANCE * max(1.0, abs(value))


@dataclass(frozen=True, slots=True)
class Linear:
    """``constant`` plus the sum of coefficient times variable."""

    constant: float
    terms: Mapping[str, float] = field(default_factory=dict)

    def plus(self, other: "Linear", factor: float = 1.0) -> "Linear":
        """The sum with ``factor`` times another form."""
        terms = dict(self.terms)
        for name, coefficient in other.terms.items():
            terms[name] = terms.get(name, 0.0) + factor * coefficient
        kept = {name: coefficient for name, coefficient in terms.items() if coefficient}
        return Linear(self.constant + factor * other.constant, kept)

    def times(self, other: "Linear") -> "Linear":
        """The product; raises ``NotLinear`` where both hold variables."""
        if self.terms and other.terms:
            raise NotLinear
        form, factor = (other, self.constant) if not self.terms else (self, other.constant)
        return Linear(
            form.constant * factor,
            {name: value * factor for name, value in form.terms.items() if factor},
        )


_ONE = Linear(1.0)


@dataclass(frozen=True, slots=True)
class Form:
    """A linear form over another that is positive wherever the form is used."""

    numerator: Linear
    denominator: Linear = _ONE

    @property
    def is_constant(self) -> bool:
        """Whether no variable is in it."""
        return not self.numerator.terms and not self.denominator.terms

    @property
    def constant(self) -> float:
        """The value of a constant form."""
        return self.numerator.constant / self.denominator.constant

    def plus(self, other: "Form", factor: float = 1.0) -> "Form":
        """The sum with ``factor`` times another form."""
        if self.denominator == other.denominator:
            return Form(self.numerator.plus(other.numerator, factor), self.denominator)
        left = self.numerator.times(other.denominator)
        right = other.numerator.times(self.denominator)
        return Form(left.plus(right, factor), self.denominator.times(other.denominator))

    def times(self, other: "Form") -> "Form":
        """The product; what stands above and below is cancelled."""
        if other.denominator == self.numerator and self.numerator.terms:
            return Form(other.numerator, self.denominator)
        if self.denominator == other.numerator and other.numerator.terms:
            return Form(self.numerator, other.denominator)
        return Form(
            self.numerator.times(other.numerator), self.denominator.times(other.denominator)
        )


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
            if lower > upper + _TOLERANCE * max(1.0, abs(upper)):
                return None
            box[name] = (lower, max(lower, upper))
        fresh = tuple(row for row in other.rows if row not in self.rows)
        return Region(box, self.rows + fresh)


ANYWHERE = Region()


def region_of(form: Linear, relation: Relation, variables: Mapping[str, Variable]) -> Region | None:
    """Where a form is at most, below, or equal to 0; ``None`` where nowhere in reach."""
    if not form.terms:
        slack = _TOLERANCE * abs(form.constant)
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
                abs(value - round(value)) <= _TOLERANCE * max(1.0, abs(value)) for value in scaled
            ):
                return math.gcd(*(round(value) for value in scaled)) / scale
        return min(steps)
    return _TOLERANCE * max(1.0, abs(form.constant))
