"""How trades earn and employ, and what titles ask for, as the sample city plays it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from silian.library.loading import read_library_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeEconomics:
    """Figures of a middling enterprise of one trade.

    Attributes
    ----------
    layout_designs, varieties
        Class I rights that are no patents, which a keen enterprise builds up within four years.
    """

    revenue_per_head_cny: float
    technical_staff_rate: float
    research_rate: float
    margin_rate: float
    export_rate: float
    strategic: bool
    layout_designs: float = 0.0
    varieties: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleRule:
    """What a title asks for, how likely it is gained within a year, and how long it holds.

    Attributes
    ----------
    needs
        Title that must be held already, or empty.
    """

    code: str
    chance: float
    years: int
    technical_staff_rate: float
    research_rate: float
    ip_count: int
    high_tech_revenue_rate: float = 0.0
    market_share_rate: float = 0.0
    age_years: int = 0
    revenue_at_least_cny: float = 0.0
    revenue_at_most_cny: float = float("inf")
    employees_at_most: float = float("inf")
    needs: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CityRules:
    """Rates and lines that the city's books go by.

    Attributes
    ----------
    near_chance
        How many enterprises stand just below a line, for each of the three lists that follow.
    """

    tax_rate: float
    high_tech_tax_rate: float
    above_scale_cny: float
    near_chance: float
    near_research_rates: tuple[float, ...]
    near_technical_staff_rates: tuple[float, ...]
    near_high_tech_revenue_rates: tuple[float, ...]


@cache
def city_rules() -> CityRules:
    """The rules of the city."""
    row = _document()["rules"]
    return CityRules(**{k: tuple(v) if isinstance(v, list) else v for k, v in row.items()})


@cache
def trade_economics() -> Mapping[str, TradeEconomics]:
    """Figures by trade."""
    return {code: TradeEconomics(**row) for code, row in _document()["trades"].items()}


@cache
def title_rules() -> tuple[TitleRule, ...]:
    """Titles, weakest first."""
    return tuple(TitleRule(**row) for row in _document()["titles"])


@cache
def zones() -> Mapping[str, tuple[str, ...]]:
    """Zones by district code."""
    return {code: tuple(row) for code, row in _document()["zones"].items()}


def _document() -> dict[str, Any]:
    document: dict[str, Any] = read_library_yaml("vocabulary/economics.yaml")
    return document
