"""Enterprises with plain yearly facts, for tests of policies, scores and diagnoses."""

from datetime import date
from typing import Any

from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.models import Organisation, Register

YEARS = (2023, 2024, 2025)
COUNT = 12


def make_firms(register: Register, named: list[Organisation]) -> list[Organisation]:
    """Twelve enterprises of one trade with three years of facts, ``named`` the first of them.

    The higher its number, the larger a firm's share of research, and the fewer its debts.
    """
    others = [
        Organisation.objects.create(
            register=register,
            source_key=f"firm-{number}",
            name=f"第{number}磁材有限公司",
            organisation_kind="enterprise",
        )
        for number in range(len(named), COUNT)
    ]
    firms = [*named, *others]
    for number, firm in enumerate(firms):
        firm.industry_code = "C3985"
        firm.established_on = date(2012, 3, 1)
        firm.save()
        for year in YEARS:
            EnterpriseYear.objects.create(
                register=register,
                source_key=f"{firm.source_key}:{year}",
                organisation=firm,
                owner=firm,
                year=year,
                status="verified",
                facts=facts_of_firm(number, year),
            )
    return firms


def facts_of_firm(number: int, year: int) -> dict[str, Any]:
    """Facts of the firm of this number: plain figures that tests can follow by hand."""
    revenue = 40_000_000 * 1.1 ** (year - 2023)
    return {
        "organisation_kind": "enterprise",
        "legal_person": True,
        "revenue_cny": round(revenue, 2),
        "main_business_revenue_cny": round(revenue * 0.95, 2),
        "cost_expense_cny": round(revenue * 0.9, 2),
        "profit_cny": round(revenue * 0.08, 2),
        "total_assets_cny": round(revenue, 2),
        "total_liabilities_cny": round(revenue * (0.8 - number / 20), 2),
        "research_expense_cny": round(revenue * (number + 1) / 100, 2),
        "employee_count": 100,
        "technical_staff_count": 4 + 3 * number,
        "research_staff_count": 2 + 2 * number,
        "class_one_ip_count": number // 3,
        "class_two_ip_count": number,
        "invention_patents_held_count": number // 3,
        "serious_violation_count": 0,
        "abnormal_listing": False,
        "titles": [],
        "titles_new": [],
        "platforms": [],
        "platforms_new": [],
        "awards": [],
        "provincial_platform_count": 0,
    }
