"""Titles that enterprises gain, renew and lose from year to year."""

from dataclasses import dataclass, field

from silian.sample.dice import Dice
from silian.sample.economics import TitleRule, city_rules, title_rules
from silian.sample.firms import Firm, FirmYear

_PAST_YEARS = 3  # played before the first year that is told, so that titles are held in it


@dataclass(slots=True)
class Titles:
    """Codes held at the end of a year and gained within it."""

    held: list[str] = field(default_factory=list)
    gained: list[str] = field(default_factory=list)


def play_titles(
    firm: Firm, ip_counts: dict[int, int], *, industrial: bool, dice: Dice
) -> dict[int, Titles]:
    """Titles of each of an enterprise's years.

    Parameters
    ----------
    ip_counts
        Intellectual property held by year.
    """
    until: dict[str, int] = {}
    first = firm.years[0]
    for back in range(min(_PAST_YEARS, first.age_years), 0, -1):
        _gain(firm, first, first.year - back, ip_counts[first.year], until, dice)
    above_scale = city_rules().above_scale_cny
    scale = "above_scale_industrial" if industrial else "above_scale_service"
    if first.age_years and first.revenue_cny > above_scale:
        until[scale] = first.year - 1
    played: dict[int, Titles] = {}
    for year in firm.years:
        before = {code for code, last in until.items() if last >= year.year - 1}
        _gain(firm, year, year.year, ip_counts[year.year], until, dice)
        now = {code for code, last in until.items() if last >= year.year}
        if year.revenue_cny > above_scale:
            now.add(scale)
            until[scale] = year.year
        played[year.year] = Titles(sorted(now), sorted(now - before))
    return played


def _gain(
    firm: Firm, figures: FirmYear, year: int, ip_count: int, until: dict[str, int], dice: Dice
) -> None:
    """Gain or renew titles at the end of a year; one that is renewed is not gained again."""
    for rule in title_rules():
        lucky = dice.chance(rule.chance + 0.35 * (rule.code in until))
        if until.get(rule.code, 0) < year and lucky and _fits(firm, figures, ip_count, until, rule):
            until[rule.code] = year + rule.years - 1


def _fits(
    firm: Firm, figures: FirmYear, ip_count: int, until: dict[str, int], rule: TitleRule
) -> bool:
    return (
        figures.technical_staff_rate >= rule.technical_staff_rate
        and figures.research_rate >= rule.research_rate
        and ip_count >= rule.ip_count
        and figures.high_tech_revenue_rate >= rule.high_tech_revenue_rate
        and firm.traits.market_share_rate >= rule.market_share_rate
        and figures.age_years >= rule.age_years
        and rule.revenue_at_least_cny <= figures.revenue_cny <= rule.revenue_at_most_cny
        and figures.employee_count <= rule.employees_at_most
        and (not rule.needs or until.get(rule.needs, 0) >= figures.year)
    )
