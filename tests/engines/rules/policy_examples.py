"""A small policy with every part a policy can have, and the facts it reads."""

from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa

from silian.engines.rules.values import (
    AmountRule,
    Budget,
    Cap,
    Condition,
    Let,
    Parameter,
    ParameterValue,
    Policy,
    Tier,
    TopUp,
)
from silian.sources import Source
from silian.tables.clauses import FactColumn, FactSchema

SOURCE = Source(title="示例办法", issuer="示例市科技局", article="第三条")
AS_OF = date(2026, 1, 1)

SCHEMA = FactSchema(
    tuple(
        FactColumn(name=name, type=kind)
        for name, kind in {
            "revenue_cny": "number",
            "research_expense_cny": "number",
            "research_expense_cny_last_year": "number",
            "employee_count": "integer",
            "research_staff_count": "integer",
            "established_on": "date",
            "region_code": "text",
            "abnormal_listing": "boolean",
            "titles": "codes",
        }.items()
    )
)


def parameter(parameter_id: str, *dated: tuple[date, float | str]) -> Parameter:
    values = tuple(
        ParameterValue(valid_from=day, value=value, source=SOURCE) for day, value in dated
    )
    return Parameter(
        parameter_id=parameter_id, label_zh=parameter_id, label_en="", unit="", values=values
    )


def condition(condition_id: str, expression: str, *, changeable: bool = True) -> Condition:
    return Condition(
        condition_id=condition_id,
        label_zh=condition_id,
        label_en=condition_id,
        expression=expression,
        source=SOURCE,
        changeable=changeable,
    )


def tier(tier_id: str, when: str, amount_cny: str) -> Tier:
    return Tier(
        tier_id=tier_id, label_zh="", label_en="", when=when, amount_cny=amount_cny, source=SOURCE
    )


def top_up(top_up_id: str, when: str, amount_cny: str) -> TopUp:
    return TopUp(
        top_up_id=top_up_id,
        label_zh="",
        label_en="",
        when=when,
        amount_cny=amount_cny,
        source=SOURCE,
    )


def cap(cap_id: str, limit_cny: str) -> Cap:
    return Cap(cap_id=cap_id, label_zh="", label_en="", limit_cny=limit_cny, source=SOURCE)


SUBSIDY = Policy(
    policy_id="research_subsidy",
    label_zh="研发后补助",
    label_en="R&D after-subsidy",
    kind="money",
    source=SOURCE,
    valid_from=date(2024, 1, 1),
    parameters=(
        parameter("lowest_intensity_rate", (date(2024, 1, 1), 0.03), (date(2026, 6, 1), 0.05)),
        parameter("subsidy_rate", (date(2024, 1, 1), 0.1)),
        parameter("most_cny", (date(2024, 1, 1), 1_000_000)),
        parameter("district_code", (date(2024, 1, 1), "3302")),
    ),
    lets=(
        Let(
            let_id="intensity_rate",
            label_zh="研发强度",
            label_en="R&D intensity",
            unit="",
            expression="research_expense_cny / revenue_cny",
        ),
        Let(
            let_id="growth_cny",
            label_zh="研发增量",
            label_en="R&D growth",
            unit="CNY",
            expression="research_expense_cny - research_expense_cny_last_year",
        ),
    ),
    conditions=(
        condition("in_district", "starts_with(region_code, district_code)", changeable=False),
        condition("intensity", "intensity_rate >= lowest_intensity_rate"),
        condition(
            "titled_or_staffed",
            "has(titles, 'high_tech_enterprise') OR research_staff_count * 10 >= employee_count",
        ),
        condition("old_enough", "years_between(established_on, as_of) >= 1", changeable=False),
        condition("no_abnormal_listing", "NOT abnormal_listing"),
    ),
    amount=AmountRule(
        tiers=(
            tier("large", "research_expense_cny >= 5000000", "research_expense_cny * subsidy_rate"),
            tier("small", "TRUE", "least(research_expense_cny * 0.05, 200000)"),
        ),
        top_ups=(
            top_up("growing", "growth_cny > 0", "growth_cny * 0.02"),
            top_up("titled", "has(titles, 'little_giant')", "base_amount_cny * 0.1"),
        ),
        caps=(cap("most", "most_cny"),),
    ),
    budget=Budget(amount_cny="most_cny * 50", rationing="pro_rata", source=SOURCE),
)

TITLE = Policy(
    policy_id="small_title",
    label_zh="示例称号",
    label_en="A title",
    kind="title",
    title_code="small_title",
    source=SOURCE,
    valid_from=date(2025, 1, 1),
    valid_until=date(2026, 12, 31),
    conditions=(
        condition("few", "employee_count <= 500"),
        condition("earning", "revenue_cny BETWEEN 1000000 AND 200000000"),
    ),
)

ENDED = replace(
    TITLE, policy_id="ended_title", valid_from=date(2020, 1, 1), valid_until=date(2024, 12, 31)
)

ROW = {
    "revenue_cny": 1e8,
    "research_expense_cny": 6_000_000.55,
    "research_expense_cny_last_year": 5_000_000.0,
    "employee_count": 120,
    "research_staff_count": 10,
    "established_on": date(2015, 5, 1),
    "region_code": "330203",
    "abnormal_listing": False,
    "titles": ";high_tech_enterprise;little_giant;",
}

_ARROW = {
    "number": pa.float64(),
    "integer": pa.int64(),
    "text": pa.string(),
    "codes": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}


def facts_table(rows: list[dict[str, Any]], year: int = 2025) -> pa.Table:
    """Rows as facts of one year, subjects s0, s1, ..."""
    fields = [("subject_id", pa.string()), ("year", pa.int32())]
    fields += [(column.name, _ARROW[column.type]) for column in SCHEMA]
    numbered = [{"subject_id": f"s{n}", "year": year, **row} for n, row in enumerate(rows)]
    return pa.Table.from_pylist(numbered, schema=pa.schema(fields))
