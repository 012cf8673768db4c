"""The course of one enterprise over the years: a few small numbers from which its books follow."""

from dataclasses import dataclass

from silian.sample.dice import Dice
from silian.sample.economics import TradeEconomics, city_rules
from silian.sample.frame import OrganisationFrame
from silian.sample.portfolios import Portfolio


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmYear:
    """One year of an enterprise's course.

    Attributes
    ----------
    age_years
        Full years since the establishment, at the end of the year.
    """

    year: int
    age_years: int
    employee_count: int
    revenue_cny: int
    technical_staff_rate: float
    research_rate: float
    high_tech_revenue_rate: float
    margin_rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """An enterprise: its lasting traits and its years, ascending."""

    traits: "Traits"
    years: tuple[FirmYear, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What doesn't change much from year to year.

    Attributes
    ----------
    drive
        Bent for innovation, 0 to 1.
    market_share_rate
        Share of its niche.
    """

    drive: float
    market_share_rate: float
    niche_years: int
    debt_rate: float
    asset_rate: float
    exports: bool
    main_business_rate: float
    software_rate: float


def draw_firm(
    owner: OrganisationFrame,
    portfolio: Portfolio,
    economics: TradeEconomics,
    years: tuple[int, ...],
    dice: Dice,
) -> Firm:
    """The course of an enterprise, from today's staff backwards.

    Parameters
    ----------
    years
        Ascending; years before its establishment are left out.
    """
    traits = _traits(portfolio, years[-1], dice)
    rules = city_rules()
    near = [dice.chance(rules.near_chance) for _ in range(3)]
    research = economics.research_rate * (0.35 + 1.3 * traits.drive) * dice.between(0.75, 1.25)
    staff = economics.technical_staff_rate * (0.5 + traits.drive) * dice.between(0.8, 1.2)
    high_tech = min(0.97, 0.35 + 0.55 * traits.drive + dice.between(-0.1, 0.15))
    if near[0]:
        research = dice.pick(rules.near_research_rates)
    if near[1]:
        staff = dice.pick(rules.near_technical_staff_rates)
    if near[2]:
        high_tech = dice.pick(rules.near_high_tech_revenue_rates)
    steady = 0.01 if near[0] else 0.08
    per_head = economics.revenue_per_head_cny * dice.between(0.55, 1.6)
    revenue = owner.staff_count * per_head
    employees = float(owner.staff_count)
    trend = dice.between(-0.04, 0.10) + 0.12 * traits.drive
    course: list[FirmYear] = []
    for year in reversed(years):
        age = year - portfolio.established_on.year
        growth = trend + dice.between(-0.14, 0.14)
        wobble = [dice.between(1 - steady, 1 + steady) for _ in range(3)]
        margin = economics.margin_rate * dice.between(0.2, 1.8) - (0.12 if dice.chance(0.1) else 0)
        if age >= 0:
            course.append(
                FirmYear(
                    year=year,
                    age_years=max(0, age - (portfolio.established_on.month > 6)),
                    employee_count=max(3, round(employees)),
                    revenue_cny=max(100_000, round(revenue / 100) * 100),
                    technical_staff_rate=min(0.9, staff * wobble[0]),
                    research_rate=min(0.6, research * wobble[1]),
                    high_tech_revenue_rate=min(0.98, high_tech * (1 + (wobble[2] - 1) / 4)),
                    margin_rate=margin,
                )
            )
        revenue /= 1 + growth
        employees /= 1 + 0.55 * growth
    return Firm(traits=traits, years=tuple(reversed(course)))


def _traits(portfolio: Portfolio, last_year: int, dice: Dice) -> Traits:
    works = len(portfolio.patents) + 2 * len(portfolio.projects) + 2 * len(portfolio.platforms)
    drive = min(1.0, dice.unit() * 0.8 + min(works, 8) * 0.06)
    age = max(0, last_year - portfolio.established_on.year)
    return Traits(
        drive=drive,
        market_share_rate=round(0.005 + 0.28 * dice.unit() ** 3 + 0.05 * drive, 4),
        niche_years=min(age, dice.below(22)),
        debt_rate=dice.between(0.22, 0.82),
        asset_rate=dice.between(0.6, 1.7),
        exports=dice.chance(0.45),
        main_business_rate=dice.between(0.62, 0.99) if dice.chance(0.25) else dice.between(0.86, 1),
        software_rate=dice.between(0, 2.2) * drive,
    )
