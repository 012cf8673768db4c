"""``silian entitle`` and ``silian gap``: what may be had, what is missed, and the way there."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from silian.cli import runtime
from silian.cli.console import fail, print_json, say
from silian.cli.enterprises import (
    AsJson,
    AsOf,
    Limit,
    Year,
    day,
    enterprise,
    print_table,
    shown,
    yuan,
)

if TYPE_CHECKING:
    from datetime import date

    from silian.portal.industry.domain.entitlement import Entitlements
    from silian.portal.industry.domain.planning import Guidance

City = Annotated[
    str,
    typer.Option("--policy", "-p", help="全市一项政策的名单 · The city's list for a policy."),
]


def entitle(
    name: Annotated[
        str, typer.Argument(metavar="[企业ENTERPRISE]", help="编号、代码或全称 · Id, code or name.")
    ] = "",
    policy_id: City = "",
    as_of: AsOf = "",
    year: Year = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """一家企业可享、接近、较远的政策；或全市应享名单 · What an enterprise may have, or a list."""
    if bool(name) == bool(policy_id):
        fail("请给出企业或 --policy 之一。Give an enterprise or --policy.", exit_code=2)
    runtime.start()
    if policy_id:
        _list(policy_id, day(as_of), year, limit, as_json)
        return
    from silian.portal.industry.domain.entitlement import entitlement_of
    from silian.portal.industry.domain.policy_values import entitlements_values

    found = entitlement_of(enterprise(name), as_of=day(as_of), year=year)
    if as_json:
        print_json(entitlements_values(found))
    else:
        _print(found)


def gap(
    policy_id: Annotated[str, typer.Argument(help="政策编号 · Policy id.")],
    name: Annotated[
        str,
        typer.Argument(
            metavar="[企业ENTERPRISE]",
            help="空则列出全市接近名单 · The city's near misses without.",
        ),
    ] = "",
    as_of: AsOf = "",
    year: Year = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """差距与最省的改进路径；或全市接近名单 · Gaps and the cheapest way; or the near misses."""
    runtime.start()
    if not name:
        _near(policy_id, day(as_of), year, limit, as_json)
        return
    from silian.portal.industry.domain.planning import guidance_for
    from silian.portal.industry.domain.policy_values import guidance_values

    found = guidance_for(enterprise(name), policy_id, as_of=day(as_of), year=year)
    if as_json:
        print_json(guidance_values(found))
    else:
        _print_guidance(found)


def _list(policy_id: str, on: "date", year: int | None, limit: int, as_json: bool) -> None:
    from dataclasses import asdict

    from silian.portal.industry.domain.city_lists import entitled_list

    found = entitled_list(policy_id, as_of=on, year=year, limit=limit)
    if as_json:
        values = {key: getattr(found, key) for key in _COUNTS}
        print_json(values | {"rows": [asdict(row) for row in found.rows]})
        return
    print_table(
        f"{found.policy.label_zh} · {found.year} · {found.entitled_count:,} 家 entitled · "
        f"{yuan(found.total_cny)} 元",
        ["编号 Id", "名称 Name", "地区 Region", "金额（元）Amount"],
        [[r.organisation_id, r.name, r.region_code, yuan(r.amount_cny)] for r in found.rows],
        right=1,
    )
    say(f"接近 Near {found.near_count:,} · 待补数据 Unknown {found.unknown_count:,}")


_COUNTS = ("year", "entitled_count", "near_count", "unknown_count", "total_cny")


def _near(policy_id: str, on: "date", year: int | None, limit: int, as_json: bool) -> None:
    from silian.portal.industry.domain.city_lists import near_misses
    from silian.portal.industry.domain.policy_values import near_miss_values

    found = near_misses(policy_id, as_of=on, year=year, limit=limit)
    if as_json:
        print_json([near_miss_values(row) for row in found.rows])
        return
    print_table(
        f"{found.policy.label_zh} · {found.year} · 接近 near {found.total_count:,}",
        ["编号 Id", "名称 Name", "未满足 Unmet", "差距 Gap"],
        [
            [
                row.enterprise.organisation_id,
                row.enterprise.name,
                row.condition.label_zh,
                "；".join(_gap_text(one) for one in row.gaps[:2]),
            ]
            for row in found.rows
        ],
    )


def _print(found: "Entitlements") -> None:
    from silian.portal.industry.domain.policy_values import missing_values

    kept = {one.policy_id: one.paid_cny for one in found.stacking.kept}
    print_table(
        f"可享 Entitled · 最优组合 best combination {yuan(found.total_cny)} 元",
        ["政策 Policy", "名称 Name", "金额（元）Amount", "组合后 Kept"],
        [
            [
                one.policy.policy_id,
                one.policy.label_zh,
                yuan(one.amount_cny),
                yuan(kept.get(one.policy.policy_id)),
            ]
            for one in found.entitled
        ],
        right=2,
    )
    print_table(
        "接近 Near",
        ["政策 Policy", "名称 Name", "未满足 Unmet", "差距 Gap"],
        [
            [
                one.answer.policy.policy_id,
                one.answer.policy.label_zh,
                "；".join(c.condition.label_zh for c in one.unmet),
                "；".join(_gap_text(each) for each in one.gaps[:2]),
            ]
            for one in found.near
        ],
    )
    print_table(
        "待补数据 Unknown",
        ["政策 Policy", "名称 Name", "缺 Missing"],
        [
            [
                one.policy.policy_id,
                one.policy.label_zh,
                "、".join(fact["label_zh"] for fact in missing_values(one.missing)),
            ]
            for one in found.unknown
        ],
    )
    say(f"较远 Far: {len(found.far)}")


def _gap_text(found: Any) -> str:
    from silian.portal.industry.domain.policy_values import gap_labels

    label = gap_labels(found)[0]
    if found.side == "code":
        return label
    return f"{label} {shown(found.current, found.unit)} → {shown(found.required, found.unit)}"


def _print_guidance(found: "Guidance") -> None:
    answer = found.answer
    print_table(
        f"{answer.policy.label_zh}: {answer.entitlement} · {yuan(answer.amount_cny)} 元",
        ["条件 Condition", "状态 Standing", "数据 Values"],
        [
            [
                one.condition.label_zh,
                one.standing,
                ", ".join(f"{name}={value}" for name, value in one.values),
            ]
            for one in answer.conditions
        ],
    )
    for one in found.gaps:
        say(f"· {one.condition.label_zh}: {_gap_text(one)}")
    plan = found.plan
    if plan is None:
        say("✓ 已符合 Entitled", style="green")
    elif hasattr(plan, "changes"):
        for change in plan.changes:
            say(f"→ {change.fact} {change.code} {change.current} → {change.required}")
        say(f"预计成本 Cost {yuan(plan.cost_cny)} 元 · 可得 Unlocks {yuan(plan.amount_cny)} 元")
        say("成本为运营方的规划假设。Costs are planning assumptions.")
    else:
        say(f"没有可行路径 No plan: {plan.message} [{plan.reason}]", style="yellow")
