"""Rows of enterprise-years: the facts of each enterprise over the last full years."""

from collections.abc import Iterator
from typing import Any

from silian.library.facts import FACTS
from silian.sample.dice import Dice
from silian.sample.economics import TradeEconomics, city_rules, trade_economics, zones
from silian.sample.firms import Firm, FirmYear, draw_firm
from silian.sample.frame import OrganisationFrame
from silian.sample.portfolios import Portfolio, portfolios
from silian.sample.setting import REFERENCE_DAY, Setting, field_codes_of
from silian.sample.titles import Titles, play_titles

Row = dict[str, Any]

YEARS = tuple(range(REFERENCE_DAY.year - 4, REFERENCE_DAY.year))
# The organisation's own record tells these.
_TOLD_BY_ORGANISATION = frozenset(
    {
        "organisation_kind",
        "region_code",
        "industry_code",
        "established_on",
        "registered_capital_cny",
    }
)
_CODES = tuple(fact.code for fact in FACTS if fact.code not in _TOLD_BY_ORGANISATION)
# Columns that some reports leave out together: how often, and which.
_LEFT_OUT = (
    (0.05, ("technical_staff_count", "qualified_research_staff_count", "college_technical_staff_count")),
    (0.06, ("total_assets_cny", "total_liabilities_cny", "net_assets_cny")),
    (0.05, ("high_tech_revenue_cny", "main_business_revenue_cny")),
    (0.03, ("research_expense_cny", "research_deduction_base_cny", "research_deduction_relief_cny")),
    (0.45, ("market_share_rate", "years_in_niche_years")),
    (0.40, ("innovation_capability_points",)),
    (0.10, ("class_one_ip_count", "own_class_one_ip_count", "class_two_ip_count")),
    (0.15, ("graduates_hired_count", "doctoral_staff_count", "master_staff_count")),
    (0.12, ("equity_financing_cny", "equity_financing_three_years_cny", "venture_financing_cny")),
)  # fmt: skip
_HUNDRED_YUAN = 100


def enterprise_year_rows(setting: Setting) -> Iterator[Row]:
    """Every enterprise and year, enterprises in the order of their keys."""
    dice = Dice(setting.seed, "enterprise_year")
    held = portfolios(setting)
    for number in setting.by_kind["enterprise"]:
        owner = setting.frame.organisations[number]
        trade = setting.frame.trades[owner.industry]
        teller = _Teller(owner, held[owner.key], trade_economics()[trade.code], dice)
        field_code = field_codes_of(trade, owner.products[:1])[0]
        own_zones = [*zones().get(setting.adcode(number), ())] if dice.chance(0.45) else []
        industrial = trade.industry_codes[trade.families[owner.products[0]]][0].startswith("C")
        yield from teller.rows(field_code, own_zones, industrial)


class _Teller:
    """Tells the books of one enterprise year by year."""

    def __init__(
        self,
        owner: OrganisationFrame,
        portfolio: Portfolio,
        economics: TradeEconomics,
        dice: Dice,
    ) -> None:
        self.owner, self.portfolio, self.economics, self.dice = owner, portfolio, economics, dice
        self.firm: Firm = draw_firm(owner, portfolio, economics, YEARS, dice)
        self.software = {year.year: self._software(year) for year in self.firm.years}
        self.platform_since = {
            code: self.dice.pick((0, 0, 0, *YEARS)) for code in sorted(set(portfolio.platforms))
        }
        self.financing: dict[int, int] = {}

    def rows(self, field_code: str, own_zones: list[str], industrial: bool) -> Iterator[Row]:
        """One row a year, ascending."""
        ip_counts = {year.year: sum(self._ip(year).values()) for year in self.firm.years}
        if not self.firm.years:
            return
        titles = play_titles(self.firm, ip_counts, industrial=industrial, dice=self.dice)
        for year in self.firm.years:
            held = titles[year.year]
            facts: Row = {
                **self._identity(year, field_code, own_zones, held),
                **self._staff(year),
                **self._finance(year, held, industrial),
                **self._innovation(year),
                **self._standing(year, held),
                **self._credit(year, held),
            }
            self._leave_out(facts, year)
            verified = year.year < YEARS[-1] and self.dice.chance(0.7)
            yield {
                "source_key": f"{self.owner.key}:{year.year}",
                "organisation_key": self.owner.key,
                "year": year.year,
                "status": "verified" if verified else "declared",
                **{code: facts.get(code) for code in _CODES},
            }

    # what it is

    def _identity(
        self, year: FirmYear, field_code: str, own_zones: list[str], titles: Titles
    ) -> Row:
        young = year.age_years <= 4 and self.owner.number % 3 == 0
        traits = self.firm.traits
        return {
            "legal_person": True,
            "zones": sorted([*own_zones, *(["technology_incubator"] if young else [])]),
            "field_code": field_code,
            "strategic_industry": self.economics.strategic,
            "listed": any(code.startswith("listed_") for code in titles.held),
            "years_in_niche_years": max(0, traits.niche_years - (YEARS[-1] - year.year)),
            "market_share_rate": traits.market_share_rate,
        }

    def _staff(self, year: FirmYear) -> Row:
        dice, employees = self.dice, year.employee_count
        technical = round(employees * year.technical_staff_rate)
        research = round(technical * dice.between(0.55, 0.9))
        doctors = round(research * 0.05 * self.firm.traits.drive * dice.between(0, 2))
        masters = round(research * 0.16 * dice.between(0.3, 1.6))
        return {
            "employee_count": employees,
            "technical_staff_count": technical,
            "research_staff_count": research,
            "qualified_research_staff_count": round(research * dice.between(0.6, 1)),
            "college_technical_staff_count": round(technical * dice.between(0.7, 1)),
            "doctoral_staff_count": min(doctors, research),
            "master_staff_count": min(masters, research - min(doctors, research)),
            "senior_title_count": round(technical * 0.08 * dice.between(0, 2)),
            "high_level_talent_count": int(dice.chance(0.08 * self.firm.traits.drive)),
            "founded_by_high_level_talent": self.owner.number % 29 == 0,
            "graduates_hired_count": round(employees * 0.02 * dice.between(0, 2)),
        }

    def _finance(self, year: FirmYear, titles: Titles, industrial: bool) -> Row:
        dice, traits, revenue = self.dice, self.firm.traits, year.revenue_cny
        profit = _round(revenue * year.margin_rate)
        high_tech = "high_tech_enterprise" in titles.held
        rules = city_rules()
        tax_rate = rules.high_tech_tax_rate if high_tech else rules.tax_rate
        net = _round(profit * (1 - tax_rate)) if profit > 0 else profit
        tax = _round(revenue * dice.between(0.02, 0.045) + max(0, profit) * tax_rate)
        assets = _round(revenue * traits.asset_rate * dice.between(0.93, 1.08))
        debts = _round(assets * min(0.95, traits.debt_rate * dice.between(0.93, 1.07)))
        research = _round(revenue * year.research_rate)
        base = _round(research * dice.between(0.72, 1))
        exports = self.economics.export_rate * dice.between(0.4, 1.8) if traits.exports else 0
        contracts = dice.chance(0.1 + 0.2 * traits.drive)
        invests = dice.chance(0.25)
        return {
            "revenue_cny": revenue,
            "main_business_revenue_cny": _round(
                revenue * min(1, traits.main_business_rate * dice.between(0.98, 1.01))
            ),
            "high_tech_revenue_cny": _round(revenue * year.high_tech_revenue_rate),
            "technology_contract_cny": _round(revenue * dice.between(0.01, 0.1))
            if contracts
            else 0,
            "export_cny": _round(revenue * min(0.9, exports)),
            "industrial_output_cny": _round(revenue * dice.between(0.95, 1.08))
            if industrial
            else 0,
            "cost_expense_cny": revenue - profit,
            "profit_cny": profit,
            "net_profit_cny": net,
            "tax_paid_cny": tax,
            "local_fiscal_contribution_cny": _round(tax * dice.between(0.34, 0.44)),
            "total_assets_cny": assets,
            "total_liabilities_cny": debts,
            "net_assets_cny": assets - debts,
            "fixed_investment_cny": _round(revenue * dice.between(0.02, 0.25)) if invests else 0,
            "research_expense_cny": research,
            "research_deduction_base_cny": base,
            "research_deduction_relief_cny": _round(base * tax_rate) if profit > 0 else 0,
            "loan_cny": _round(debts * dice.between(0.1, 0.6)) if dice.chance(0.6) else 0,
            **self._financing(year),
        }

    def _financing(self, year: FirmYear) -> Row:
        dice = self.dice
        raised = 0
        if dice.chance(0.02 + 0.08 * self.firm.traits.drive * (year.age_years < 9)):
            raised = (2 + dice.below(30)) * 1_000_000
        self.financing[year.year] = raised
        recent = [self.financing.get(year.year - back) for back in range(3)]
        since = recent[: year.age_years + 1]
        known = None if None in since else sum(amount or 0 for amount in since)
        return {
            "equity_financing_cny": raised,
            "equity_financing_three_years_cny": known,
            "venture_financing_cny": raised if dice.chance(0.7) else 0,
        }

    # what it invents

    def _software(self, year: FirmYear) -> int:
        return int(self.firm.traits.software_rate * min(year.age_years + 1, 8))

    def _ip(self, year: FirmYear) -> dict[str, int]:
        kinds = ("invention", "utility_model", "design")
        held = {kind: self.portfolio.patents_held(kind, year.year) for kind in kinds}
        years = min(year.age_years + 1, 8) / 4
        return {
            **held,
            "software": self.software[year.year],
            "layouts": int(self.economics.layout_designs * self.firm.traits.drive * years),
            "varieties": int(self.economics.varieties * self.firm.traits.drive * years),
        }

    def _innovation(self, year: FirmYear) -> Row:
        dice, ip, drive = self.dice, self._ip(year), self.firm.traits.drive
        first = ip["invention"]
        class_one = first + ip["layouts"] + ip["varieties"]

        def applied(kind: str) -> int:
            return self.portfolio.patents_of_year(kind, "application_date", year.year)

        def granted(kind: str) -> int:
            return self.portfolio.patents_of_year(kind, "grant_date", year.year)

        return {
            "invention_patents_held_count": first,
            "utility_patents_held_count": ip["utility_model"],
            "design_patents_held_count": ip["design"],
            "invention_patents_applied_count": applied("invention"),
            "invention_patents_granted_count": granted("invention"),
            "utility_patents_applied_count": applied("utility_model"),
            "utility_patents_granted_count": granted("utility_model"),
            "design_patents_applied_count": applied("design"),
            "design_patents_granted_count": granted("design"),
            "pct_application_count": int(first > 1 and dice.chance(0.2)),
            "software_copyright_count": ip["software"],
            "layout_design_count": ip["layouts"],
            "class_one_ip_count": class_one,
            "own_class_one_ip_count": class_one - int(first > 0 and dice.chance(0.15)),
            "class_two_ip_count": ip["utility_model"] + ip["design"] + ip["software"],
            "high_value_patent_count": round(first * dice.between(0, 0.7)),
            "international_standards_led_count": 0,
            "national_standards_led_count": int(dice.chance(0.02 * drive)),
            "industry_standards_led_count": int(dice.chance(0.04 * drive)),
            "standards_count": int(3 * drive * dice.unit() ** 2),
            "conversions_count": int(14 * drive * dice.unit()),
            "innovation_capability_points": round(48 + 38 * drive + 10 * dice.between(-1, 1), 1),
            "research_unit": drive > 0.35,
            "research_ledger_kept": drive > 0.25 or dice.chance(0.5),
        }

    # what it was granted

    def _standing(self, year: FirmYear, titles: Titles) -> Row:
        portfolio, number = self.portfolio, year.year
        held = [code for code, since in self.platform_since.items() if since <= number]
        new = [code for code, since in self.platform_since.items() if since == number]
        high = [code for code in held if code.startswith(("provincial_", "national_"))]
        return {
            "titles": titles.held,
            "titles_new": titles.gained,
            "platforms": held,
            "platforms_new": new,
            "provincial_platform_count": len(high),
            "awards": [],
            "awards_new": [],
            "provincial_award_count": 0,
            "national_project_count": portfolio.projects_running("national", number),
            "provincial_project_count": portfolio.projects_running("provincial", number),
            "city_project_count": portfolio.projects_running("municipal", number),
        }

    def _credit(self, year: FirmYear, titles: Titles) -> Row:
        dice = self.dice
        overdue = dice.chance(0.012)
        return {
            "serious_violation_count": int(dice.chance(0.012)),
            "tax_overdue_cny": _round(year.revenue_cny * 0.004) if overdue else 0,
            "abnormal_listing": dice.chance(0.01),
            "dishonest_debtor": dice.chance(0.006),
            "statistics_reported": dice.chance(0.9 if len(titles.held) > 1 else 0.6),
        }

    def _leave_out(self, facts: Row, year: FirmYear) -> None:
        """What the report of a year doesn't say: missing on purpose, as in life."""
        for rate, codes in _LEFT_OUT:
            # The market share is asked of those who apply for a title, and few do.
            if self.dice.chance(rate):
                facts.update(dict.fromkeys(codes))


def _round(amount: float) -> int:
    return round(amount / _HUNDRED_YUAN) * _HUNDRED_YUAN
