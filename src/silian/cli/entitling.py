"""``silian entitle`` and ``silian gap``: what may be had, what is missed, and the way there."""

import re
from typing import TYPE_CHECKING, Annotated

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
    yuan,
)
from silian.cli.entitlement_tables import print_entitlements, print_guidance

if TYPE_CHECKING:
    from datetime import date

City = Annotated[
    str,
    typer.Option("--policy", "-p", help="全市一项政策的名单 · The city's list for a policy."),
]


def entitle(
    name: Annotated[
        str, typer.Argument(metavar="企业ENTERPRISE", help="编号、代码或全称 · Id, code or name.")
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
        print_entitlements(found)


def gap(
    first: Annotated[
        str,
        typer.Argument(
            metavar="政策POLICY", help="政策编号；与企业先后均可 · Id, in either order."
        ),
    ],
    second: Annotated[
        str,
        typer.Argument(
            metavar="企业ENTERPRISE",
            help="空则列出全市接近名单 · The city's near misses without.",
        ),
    ] = "",
    together: Annotated[
        list[str] | None,
        typer.Option(
            "--policy",
            "-p",
            help="一并规划，可多次给出 · Plan for all of these at once; repeat it.",
        ),
    ] = None,
    step: Annotated[
        str,
        typer.Option("--step", help="一并规划一级梯队 · Plan for a ladder step and its policies."),
    ] = "",
    as_of: AsOf = "",
    year: Year = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """差距与最省的改进路径（可几项一并）；或全市接近名单 · Gaps and the cheapest way, or near misses."""
    runtime.start()
    if together or step:
        if second:
            fail(
                "用 --policy 或 --step 时只给出企业。With --policy or --step name the enterprise "
                "alone.",
                remedy=f"silian gap {first} --policy A --policy B",
                exit_code=2,
            )
        _together(first, together or [], step, day(as_of), year, as_json)
        return
    policy_id, name = _policy_and_enterprise(first, second)
    if not name:
        _near(policy_id, day(as_of), year, limit, as_json)
        return
    from silian.portal.industry.domain.planning import guidance_for
    from silian.portal.industry.domain.policy_values import guidance_values

    found = guidance_for(enterprise(name), policy_id, as_of=day(as_of), year=year)
    if as_json:
        print_json(guidance_values(found))
    else:
        print_guidance(found)


def _together(
    name: str, policy_ids: list[str], step: str, on: "date", year: int | None, as_json: bool
) -> None:
    from silian.cli.joint_tables import print_joint_guidance
    from silian.portal.industry.domain.joint_planning import joint_guidance, joint_values

    found = joint_guidance(enterprise(name), policy_ids, as_of=on, year=year, step_code=step)
    if as_json:
        print_json(joint_values(found))
    else:
        print_joint_guidance(found)


def _policy_and_enterprise(first: str, second: str) -> tuple[str, str]:
    """Which argument names the policy; ends the command where neither does."""
    from silian.portal.industry.domain.policies import all_versions

    known = {one.policy_id for one in all_versions()}
    if first in known or (second and second not in known and _ID.fullmatch(first)):
        return first, second  # an unknown id is told by whoever looks it up
    if second in known:
        return second, first
    if not second and _ID.fullmatch(first):
        return first, ""
    fail(
        f"缺少政策编号：“{first}”不是政策编号。The policy id is missing: {first!r} is none.",
        remedy=f"silian gap {first} 政策POLICY；用 silian policies 查编号 · `silian policies` "
        "lists the ids.",
        exit_code=2,
    )


_ID = re.compile(r"[a-z][a-z0-9_]*")


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
        f"{yuan(found.total_cny)}",
        ["编号 Id", "名称 Name", "地区 Region", "金额 Amount"],
        [[r.organisation_id, r.name, r.region_code, yuan(r.amount_cny)] for r in found.rows],
        right=1,
    )
    say(f"接近 Near {found.near_count:,} · 待补数据 Unknown {found.unknown_count:,}")


_COUNTS = ("year", "entitled_count", "near_count", "unknown_count", "total_cny")


def _near(policy_id: str, on: "date", year: int | None, limit: int, as_json: bool) -> None:
    from silian.portal.industry.domain.city_lists import near_misses
    from silian.portal.industry.domain.gap_words import ways_in_words
    from silian.portal.industry.domain.policy_values import gap_values, near_miss_values

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
                ways_in_words(
                    [gap_values(one, found.policy) for one in row.gaps],
                    heading=row.condition.label_zh,
                ),
            ]
            for row in found.rows
        ],
    )
