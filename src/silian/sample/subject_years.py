"""Rows of agency-years and facility-years: books that hang together, for the last full years."""

from collections.abc import Iterator
from typing import Any

from silian.sample.dice import Dice
from silian.sample.places import agency_rows, facility_rows
from silian.sample.setting import Setting
from silian.sample.years import YEARS

Row = dict[str, Any]

_TOLD = YEARS[-3:]
_TEN_THOUSAND = 10_000
_WEEKS = 50


def agency_year_rows(setting: Setting) -> Iterator[Row]:
    """Three years of every agency, in the order of their keys."""
    dice = Dice(setting.seed, "service_agency_year")
    for agency in agency_rows(setting):
        staff = 3 + dice.below(40)
        quality = dice.unit() ** 2  # a few stand out
        for turn, year in enumerate(_TOLD):
            growth = (1.0 + 0.15 * dice.unit()) ** turn
            yield {
                "source_key": f"{agency['source_key']}:{year}",
                "subject_key": agency["source_key"],
                "year": year,
                "status": "verified" if year < _TOLD[-1] or dice.chance(0.5) else "declared",
                **_agency_facts(agency, round(staff * growth), quality, growth, dice),
            }


def _agency_facts(agency: Row, staff: int, quality: float, growth: float, dice: Dice) -> Row:
    # Never more than the record speaks of; the last year is that of the record.
    served = max(1, round(agency["served_enterprise_count"] * growth / 1.15**2))
    deals = round(served * (0.02 + 0.5 * quality))
    paid = round(deals * (0.5 + 0.5 * quality * dice.unit()))
    revenue = _TEN_THOUSAND * round(staff * (4 + 36 * quality))
    return {
        "full_time_staff_count": staff,
        "part_time_expert_count": round(staff * dice.between(0.2, 1.5)),
        "operating_funds_cny": _TEN_THOUSAND * (10 + staff * 4),
        "deals_brokered_count": deals,
        "deals_brokered_cny": _TEN_THOUSAND * deals * (10 + dice.below(150)),
        "enterprises_served_count": served,
        "deals_paid_count": paid,
        "deals_related_count": round(deals * 0.1 * dice.unit()),
        "served_promoted_count": round(served * 0.1 * quality),
        "served_financed_count": round(served * 0.15 * quality),
        "agency_revenue_cny": revenue,
        "technical_revenue_cny": _TEN_THOUSAND
        * round(revenue * dice.between(0.3, 0.9) / _TEN_THOUSAND),
        "profit_tax_cny": _TEN_THOUSAND * round(revenue * (0.4 * quality - 0.05) / _TEN_THOUSAND),
        "management_review_rate": round(0.5 + 0.5 * quality * dice.unit(), 2),
        "reputation_review_rate": round(0.4 + 0.6 * quality * dice.unit(), 2),
    }


def facility_year_rows(setting: Setting) -> Iterator[Row]:
    """Three years of every shared instrument and pilot line, in the order of their keys."""
    dice = Dice(setting.seed, "facility_year")
    for facility in facility_rows(setting):
        demand = dice.unit()
        for year in _TOLD:
            yield {
                "source_key": f"{facility['source_key']}:{year}",
                "subject_key": facility["source_key"],
                "year": year,
                "status": "verified" if year < _TOLD[-1] else "declared",
                **_facility_facts(facility, demand, dice),
            }


def _facility_facts(facility: Row, demand: float, dice: Dice) -> Row:
    open_hours = facility["weekly_open_hours"] * _WEEKS
    effective = round(open_hours * dice.between(0.2, 0.5 + 0.5 * demand))
    external = round(effective * 0.5 * demand * dice.unit())
    shared = round((effective - external) * 0.5 * dice.unit())
    price = facility["price_cny_per_hour"]
    return {
        "managed_rate": round(dice.between(0.5, 1.0), 2),
        "effective_hours": effective,
        "external_hours": external,
        "internal_shared_hours": shared,
        "original_value_cny": facility["original_value_cny"],
        "internal_income_cny": round(shared * price * 0.6),
        "external_income_cny": external * price,
        "functions_used_rate": round(dice.between(0.3, 1.0), 2),
        "platform_review_rate": round(dice.between(0.4, 1.0), 2),
        "records_review_rate": round(dice.between(0.4, 1.0), 2),
        "effect_review_rate": round(0.4 + 0.6 * demand * dice.unit(), 2),
        "functions_developed_rate": round(dice.between(0.0, 1.0), 2),
    }
