"""Policies made of a few condition texts, for the tests of gaps and changes."""

from datetime import date

from silian.engines.rules.compiling import CompiledPolicy, compile_policies
from silian.engines.rules.values import AmountRule, Condition, Let, Policy, Tier
from silian.sources import Source
from silian.tables.clauses import FactColumn, FactSchema

SOURCE = Source(title="测试办法")
AS_OF = date(2025, 6, 30)
_LAGGED = {
    f"revenue_cny_{suffix}": "number" for suffix in ("last_year", "mean_three_years", "growth_rate")
}
SCHEMA = FactSchema(
    tuple(
        FactColumn(name=name, type=kind)  # type: ignore[arg-type]
        for name, kind in {
            "revenue_cny": "number",
            **_LAGGED,
            "research_cny": "number",
            "cost_cny": "number",
            "staff_count": "integer",
            "technical_staff_count": "integer",
            "patent_count": "integer",
            "share_rate": "number",
            "listed": "boolean",
            "titles": "codes",
            "titles_new": "codes",
            "region_code": "text",
            "established_on": "date",
        }.items()
    )
)


def compiled(
    *conditions: str,
    lets: dict[str, str] | None = None,
    amount_cny: str = "",
    fixed: str = "",
    policy_id: str = "tested",
    title_code: str = "",
) -> CompiledPolicy:
    """One policy; conditions are numbered c0, c1, ...; those in ``fixed`` are not changeable."""
    policy = Policy(
        policy_id=policy_id,
        title_code=title_code,
        label_zh="受试政策",
        label_en="tested",
        kind="money" if amount_cny else "title",
        source=SOURCE,
        valid_from=date(2020, 1, 1),
        lets=tuple(
            Let(let_id=name, label_zh=name, label_en=name, unit="rate", expression=text)
            for name, text in (lets or {}).items()
        ),
        conditions=tuple(
            Condition(
                condition_id=f"c{number}",
                label_zh=f"c{number}",
                label_en=f"c{number}",
                expression=text,
                source=SOURCE,
                changeable=f"c{number}" not in fixed.split(),
            )
            for number, text in enumerate(conditions)
        ),
        amount=AmountRule(
            tiers=(
                Tier(
                    tier_id="all",
                    label_zh="全部",
                    label_en="all",
                    when="TRUE",
                    amount_cny=amount_cny,
                    source=SOURCE,
                ),
            )
        )
        if amount_cny
        else None,
    )
    return compile_policies([policy], SCHEMA, as_of=AS_OF).policies[0]
