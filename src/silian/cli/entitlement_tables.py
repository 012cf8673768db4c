"""Entitlements and guidance as tables of the command line."""

from typing import TYPE_CHECKING, Any

import typer

from silian.cli.console import say
from silian.cli.enterprises import fact_label, fact_shown, print_table, shown, yuan

if TYPE_CHECKING:
    from silian.engines.rules import Change, KeptAward
    from silian.engines.rules.values import PolicyAnswer
    from silian.portal.industry.domain.entitlement import Entitlements, Missed
    from silian.portal.industry.domain.planning import Guidance

_STANDINGS = {
    "met": "符合 met",
    "unmet": "未满足 unmet",
    "unknown": "缺数据 unknown",
    "entitled": "可享 entitled",
    "not_entitled": "不符合 not entitled",
    "not_in_force": "不在有效期 not in force",
}


def print_entitlements(found: "Entitlements") -> None:
    """Entitled with what is paid and why less, near with gaps, unknown with what is missing."""
    print_table(
        f"可享 Entitled · 最优组合 best combination {_total(found)}",
        ["政策 Policy", "名称 Name", "来源 Source", "测算 Amount", "组合后 Paid"],
        [_entitled(one, found) for one in found.entitled],
        right=2,
    )
    for one in found.entitled:
        if notes := _notes(one, found):
            typer.echo(f"· {one.policy.label_zh}：{'；'.join(notes)}")
    print_table(
        "接近 Near",
        ["政策 Policy", "名称 Name", "差距 Gap"],
        [
            [one.answer.policy.policy_id, one.answer.policy.label_zh, _missed(one)]
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
                "、".join(fact_label(code) for code in one.missing),
            ]
            for one in found.unknown
        ],
    )
    say(f"较远 Far: {len(found.far)}")


def _total(found: "Entitlements") -> str:
    parts = [yuan(found.total_cny)]
    if found.total_unverified_cny:
        parts.append(f"其中未核对来源 of which unverified {yuan(found.total_unverified_cny)}")
    if found.total_declared_cny:
        parts.append(f"其中依企业申报 of which on declared facts {yuan(found.total_declared_cny)}")
    if found.unknown_amounts:
        count = len(found.unknown_amounts)
        parts.append(f"另有 {count} 项金额待补数据 {count} more amounts unknown")
    return " · ".join(parts)


def _entitled(answer: "PolicyAnswer", found: "Entitlements") -> list[str]:
    policy_id, award = answer.policy.policy_id, _award(answer, found)
    return [
        policy_id,
        answer.policy.label_zh,
        " ".join(
            word
            for word, said in (
                ("未核对 unverified", policy_id in found.unverified),
                ("依申报 declared", policy_id in found.declared),
            )
            if said
        ),
        yuan(answer.amount_cny),
        yuan(None if award is None else award.paid_cny),
    ]


def _notes(answer: "PolicyAnswer", found: "Entitlements") -> list[str]:
    """Why less is paid than the policy says, or why the amount is open."""
    from silian.portal.industry.domain.policy_values import deduction_lines

    award = _award(answer, found)
    notes = [f"{zh} {en}" for zh, en in deduction_lines(award, found.as_of)] if award else []
    if answer.policy.policy_id in found.unknown_amounts:
        missing = "、".join(fact_label(code) for code in answer.missing)
        notes.append(f"金额待补数据 amount unknown: {missing}")
    if award is None and answer.amount_cny:
        notes.append(
            "与更优政策不能同享，或以前年度已付足 excluded by a better one, or paid before"
        )
    return notes


def _award(answer: "PolicyAnswer", found: "Entitlements") -> "KeptAward | None":
    policy_id = answer.policy.policy_id
    return next((one for one in found.stacking.kept if one.policy_id == policy_id), None)


def _missed(missed: "Missed") -> str:
    from silian.portal.industry.domain.gap_words import ways_in_words
    from silian.portal.industry.domain.policy_values import gap_values

    gaps = [gap_values(one, missed.answer.policy) for one in missed.gaps]
    told = {gap["condition_id"] for gap in gaps}
    plain = [
        one.condition.label_zh
        for one in missed.unmet
        if one.condition.condition_id not in told  # a filing, a yes or no: its name says it all
    ]
    return "；".join(part for part in (ways_in_words(gaps), *dict.fromkeys(plain)) if part)


def print_guidance(found: "Guidance") -> None:
    """Condition by condition, what is missing, and the cheapest changes or why there are none."""
    from silian.portal.industry.interfaces.policy_faces import Names

    answer = found.answer
    names = Names(answer.policy)
    print_table(
        f"{answer.policy.label_zh} · {_STANDINGS.get(answer.entitlement, answer.entitlement)} · "
        f"{_payable(found)}",
        ["条件 Condition", "状态 Standing", "数据 Values"],
        [
            [
                one.condition.label_zh,
                _STANDINGS[one.standing],
                "，".join(
                    f"{each.label} {shown(each.value, each.unit)}" for each in names.all(one.values)
                ),
            ]
            for one in answer.conditions
        ],
    )
    _print_gaps(found)
    _print_plan(found.plan)


def _payable(found: "Guidance") -> str:
    amount = yuan(found.answer.amount_cny)
    if found.earlier is None:
        return amount
    return (
        f"{yuan(found.earlier.left_cny)}（测算 {amount}，扣除以前年度已付 "
        f"{yuan(found.earlier.amount_cny)} paid earlier）"
    )


def _print_gaps(found: "Guidance") -> None:
    from silian.portal.industry.domain.gap_words import ways_in_words
    from silian.portal.industry.domain.policy_values import gap_values

    for condition in dict.fromkeys(gap.condition.condition_id for gap in found.gaps):
        own = [gap for gap in found.gaps if gap.condition.condition_id == condition]
        heading = own[0].condition.label_zh
        values = [gap_values(one, found.answer.policy) for one in own]
        say(f"· {heading}：{ways_in_words(values, heading=heading)}")


def _print_plan(plan: Any) -> None:
    from silian.portal.industry.domain.planning import no_plan_words

    if plan is None:
        say("✓ 已符合 Entitled", style="green")
    elif hasattr(plan, "changes"):
        for change in plan.changes:
            say(f"→ {change_words(change)}")
        say(f"预计成本 Cost {yuan(plan.cost_cny)} · 可得 Unlocks {yuan(plan.amount_cny)}")
        say("成本为运营方的规划假设。Costs are planning assumptions.")
    else:
        zh, en = no_plan_words(plan)
        say(f"没有可行路径：{zh} No plan: {en} [{plan.reason}]", style="yellow")


def change_words(change: "Change") -> str:
    """One change in both languages: what is now, and what has to be."""
    from silian.library.facts import FACT, codes

    if change.code:
        code = codes(FACT[change.fact].codes)[change.code]
        return f"{fact_label(change.fact)}：取得“{code.label_zh}”gain {code.label_en}"
    if FACT[change.fact].type == "boolean":
        return f"{fact_label(change.fact)}：{shown(bool(change.required))}"
    now, then = (fact_shown(change.fact, one) for one in (change.current, change.required))
    return f"{fact_label(change.fact)} {now} → {then}"
