"""Facts that may move, and the linear forms and ratios that clauses make of them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

TOLERANCE = 1e-9


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
        if abs(steps - nearest) <= TOLERANCE * max(1.0, abs(steps)):
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
        return TOLERANCE * max(1.0, abs(value))


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
