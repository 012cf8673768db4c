"""The facts that policies and indicators read, and the codes that some of them hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from silian.library.loading import read_library_yaml

if TYPE_CHECKING:
    from silian.engines.rules.changes import Effort
    from silian.tables.clauses import FactSchema

FactType = Literal["number", "integer", "text", "boolean", "date", "codes"]
SUBJECTS = ("enterprise", "service_agency", "facility")


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultEffort:
    """What moving a fact costs and how far it moves within a year: a planning assumption.

    Attributes
    ----------
    cost_cny_per_unit
        Yuan for one unit (one person, one patent, one yuan).
    at_most_more
        Units that can be added; ``None``: see ``at_most_rate``.
    at_most_rate, at_most_less_rate
        Share of the present value that can be added, or taken away.
    """

    cost_cny_per_unit: float
    at_most_more: float | None = None
    at_most_rate: float | None = None
    at_most_less_rate: float | None = None

    def bounds(self, value: float) -> tuple[float, float]:
        """Lowest and highest value within reach from ``value``.

        Examples
        --------
        >>> DefaultEffort(cost_cny_per_unit=1.0, at_most_more=3).bounds(2.0)
        (2.0, 5.0)
        """
        more = self.at_most_more or 0.0
        if self.at_most_rate is not None:
            more = max(more, abs(value) * self.at_most_rate)
        return value - abs(value) * (self.at_most_less_rate or 0.0), value + more


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One figure, day, code or set of codes of one subject in one year.

    Attributes
    ----------
    codes
        Name of the code list that a fact of type ``codes`` draws from, else empty.
    lags
        Whether last year, mean of three years and growth are derived.
    """

    code: str
    subject: str
    type: FactType
    group: str
    label_zh: str
    label_en: str
    description_zh: str
    description_en: str
    unit: str = ""
    codes: str = ""
    lags: bool = False
    default_effort: DefaultEffort | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One member of a code list: a title, a platform, an award, a zone.

    ``effort_cny`` is what gaining it costs once its conditions are met: a planning assumption.
    """

    code: str
    label_zh: str
    label_en: str
    step: int = 0
    ladder: str = ""
    effort_cny: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FactGroup:
    """Heading under which facts are shown."""

    code: str
    label_zh: str
    label_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """One kind of derived column."""

    suffix: str
    label_zh: str
    label_en: str
    is_rate: bool = False


_APPLIED_FOR = ("titles", "platforms")

LAGS = (
    Lag(suffix="last_year", label_zh="上年", label_en="last year"),
    Lag(suffix="mean_three_years", label_zh="三年平均", label_en="mean of three years"),
    Lag(suffix="growth_rate", label_zh="增长率", label_en="growth", is_rate=True),
)


def lag_name(code: str, suffix: str) -> str:
    """Column of a derived fact.

    Examples
    --------
    >>> lag_name("revenue_cny", "growth_rate")
    'revenue_cny_growth_rate'
    """
    return f"{code}_{suffix}"


@cache
def facts(subject: str = "enterprise") -> tuple[Fact, ...]:
    """Facts of one kind of subject, in the order of ``facts.yaml``."""
    rows: list[dict[str, Any]] = _document()[subject]
    return tuple(_fact(subject, row) for row in rows)


@cache
def fact_groups() -> tuple[FactGroup, ...]:
    """Headings of the facts, in the order they are shown."""
    return tuple(FactGroup(**row) for row in _document()["groups"])


@cache
def codes(list_name: str) -> Mapping[str, Code]:
    """One code list (``titles``, ``platforms``, ``awards``, ``zones``) by code.

    Examples
    --------
    >>> codes("titles")["little_giant"].label_zh
    '专精特新“小巨人”企业'
    """
    rows = read_library_yaml(f"codes/{list_name}.yaml")["codes"]
    return {row["code"]: Code(**row) for row in rows}


@cache
def fact_schema(subject: str = "enterprise") -> "FactSchema":
    """Every column that expressions over this kind of subject may name, lags included."""
    from silian.tables.clauses import FactColumn, FactSchema

    columns: list[FactColumn] = []
    for fact in facts(subject):
        columns.append(
            FactColumn(
                name=fact.code,
                type=fact.type,
                unit=fact.unit,
                label_zh=fact.label_zh,
                label_en=fact.label_en,
            )
        )
        for lag in LAGS if fact.lags else ():
            columns.append(
                FactColumn(
                    name=lag_name(fact.code, lag.suffix),
                    type="number",
                    unit="rate" if lag.is_rate else fact.unit,
                    label_zh=f"{fact.label_zh}（{lag.label_zh}）",
                    label_en=f"{fact.label_en} ({lag.label_en})",
                )
            )
    return FactSchema(columns=tuple(columns))


def default_efforts(row: Mapping[str, Any]) -> "dict[str, Effort]":
    """The library's planning assumptions around the facts of one enterprise.

    Parameters
    ----------
    row
        Facts by name, as the engines read them; what is missing gets no effort.

    Returns
    -------
    dict
        By fact, and by ``titles:<code>`` and ``platforms:<code>`` for what can be applied for.
    """
    from silian.engines.rules.changes import Effort

    efforts: dict[str, Effort] = {}
    for fact in FACTS:
        value, assumed = row.get(fact.code), fact.default_effort
        if fact.code in _APPLIED_FOR and value is not None:
            for code in codes(fact.codes).values():
                if code.effort_cny is not None:
                    efforts[f"{fact.code}:{code.code}"] = Effort(cost_cny_per_unit=code.effort_cny)
        if assumed is None or value is None:
            continue
        if fact.type == "boolean":
            efforts[fact.code] = Effort(cost_cny_per_unit=assumed.cost_cny_per_unit)
            continue
        lower, upper = assumed.bounds(float(value))
        efforts[fact.code] = Effort(
            cost_cny_per_unit=assumed.cost_cny_per_unit,
            lower=lower,
            upper=upper,
            integer=fact.type == "integer",
        )
    return efforts


def _document() -> dict[str, Any]:
    document: dict[str, Any] = read_library_yaml("facts.yaml")
    return document


def _fact(subject: str, row: dict[str, Any]) -> Fact:
    row = dict(row)
    effort = row.pop("effort", None)
    return Fact(subject=subject, default_effort=DefaultEffort(**effort) if effort else None, **row)


FACTS: tuple[Fact, ...] = facts("enterprise")
"""Facts of an enterprise-year."""

FACT: Mapping[str, Fact] = {fact.code: fact for fact in FACTS}
"""The same by code."""
