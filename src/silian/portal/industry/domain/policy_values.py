"""Answers of the rules as JSON: the same on pages, in files, in diagnoses and through the API."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, is_dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from silian.engines.rules.values import (
    AmountStep,
    Attachment,
    ConditionAnswer,
    Policy,
    PolicyAnswer,
    StackingGroup,
)
from silian.portal.exchange.domain.figures_in_words import in_words
from silian.portal.industry.domain.application_calendar import Deadline
from silian.portal.industry.domain.entitlement import (
    EarlierPayment,
    Entitlements,
    Missed,
)
from silian.portal.industry.domain.policies import ParameterToday, PolicyPage, stacking_groups
from silian.sources import Source

if TYPE_CHECKING:
    from silian.engines.rules import Gap, KeptAward, Stacking
    from silian.portal.industry.domain.city_lists import NearMiss
    from silian.portal.industry.domain.planning import Guidance


def policy_brief(policy: Policy) -> dict[str, Any]:
    """A policy by name, with where it is written."""
    return {
        "policy_id": policy.policy_id,
        "label_zh": policy.label_zh,
        "label_en": policy.label_en,
        "kind": policy.kind,
        "valid_from": policy.valid_from.isoformat(),
        "source": source_values(policy.source),
    }


@cache
def source_values(source: Source) -> dict[str, Any]:
    """Title, issuer, number, article, link, words and whether they were checked."""
    return asdict(source)


@cache
def attachment_values(attachment: Attachment) -> dict[str, Any]:
    """What an application needs beside the facts."""
    return asdict(attachment)


def answer_values(answer: PolicyAnswer) -> dict[str, Any]:
    """One answer with its conditions and the trace of its amount."""
    return policy_brief(answer.policy) | {
        "entitlement": answer.entitlement,
        "amount_cny": answer.amount_cny,
        "conditions": [condition_values(one) for one in answer.conditions],
        "trace": [step_values(step) for step in answer.trace],
        "missing": missing_values(answer.missing),
        "attachments": [attachment_values(one) for one in answer.policy.attachments],
    }


def condition_values(answer: ConditionAnswer) -> dict[str, Any]:
    """One condition: how it stands, by which figures, and its clause in the document."""
    condition = answer.condition
    return {
        "condition_id": condition.condition_id,
        "label_zh": condition.label_zh,
        "label_en": condition.label_en,
        "expression": condition.expression,
        "changeable": condition.changeable,
        "standing": answer.standing,
        "values": _pairs(answer.values),
        "missing": list(answer.missing),
        "source": source_values(condition.source),
    }


def step_values(step: AmountStep) -> dict[str, Any]:
    """One line of an amount's trace."""
    return {
        "step_id": step.step_id,
        "kind": step.kind,
        "label_zh": step.label_zh,
        "label_en": step.label_en,
        "expression": step.expression,
        "values": _pairs(step.values),
        "amount_cny": step.amount_cny,
        "source": source_values(step.source),
    }


def missed_values(missed: Missed) -> dict[str, Any]:
    """A near policy: its answer and how far each unmet condition is."""
    return answer_values(missed.answer) | {
        "payable_cny": missed.payable_cny,
        "gaps": [gap_values(gap, missed.answer.policy) for gap in missed.gaps],
    }


def far_values(missed: Missed) -> dict[str, Any]:
    """A far policy: what stands against it, no more."""
    return policy_brief(missed.answer.policy) | {
        "amount_cny": missed.answer.amount_cny,
        "unmet": [
            {
                "condition_id": one.condition.condition_id,
                "label_zh": one.condition.label_zh,
                "label_en": one.condition.label_en,
                "changeable": one.condition.changeable,
            }
            for one in missed.unmet
        ],
        "missing": missing_values(missed.answer.missing),
    }


def gap_values(gap: "Gap", policy: Policy | None = None) -> dict[str, Any]:
    """One gap in its own unit; with the policy, named expressions have their own names."""
    label_zh, label_en = gap_labels(gap, policy)
    names = ("side", "name", "code", "current", "required", "shortfall", "unit", "direction")
    return {
        "condition_id": gap.condition.condition_id,
        "label_zh": label_zh,
        "label_en": label_en,
        **{name: getattr(gap, name) for name in names},
        "alternative": gap.alternative,
        "closes_condition": gap.closes_condition,
        "strict": gap.strict,
    }


def gap_labels(gap: "Gap", policy: Policy | None = None) -> tuple[str, str]:
    """What a gap is in: a code to gain, a fact, a named expression, or what the condition asks."""
    from silian.library.facts import FACT, codes, fact_schema

    schema = fact_schema()
    if gap.code and gap.name in FACT and FACT[gap.name].codes:
        code = codes(FACT[gap.name].codes).get(gap.code)
        if code is not None:
            return code.label_zh, code.label_en
    if gap.name in schema:
        return schema[gap.name].label_zh, schema[gap.name].label_en
    for let in policy.lets if policy else ():
        if let.let_id == gap.name:
            return let.label_zh, let.label_en
    return gap.condition.label_zh, gap.condition.label_en


def deadline_values(deadline: Deadline) -> dict[str, Any]:
    """One window, with what to prepare."""
    return policy_brief(deadline.policy) | {
        "opens_on": deadline.opens_on.isoformat(),
        "closes_on": deadline.closes_on.isoformat(),
        "days_left": deadline.days_left,
        "is_open": deadline.is_open,
        "is_urgent": deadline.is_urgent,
        "attachments": [attachment_values(one) for one in deadline.policy.attachments],
    }


def stacking_values(stacking: "Stacking", groups: Iterable[StackingGroup]) -> dict[str, Any]:
    """What the best lawful combination keeps, cuts and drops, each cut with the rule it follows."""
    by_id = {group.group_id: group for group in groups}
    values = asdict(stacking)
    for award in values["kept"]:
        for cut in award["deductions"]:
            group = by_id[cut["group_id"]]
            cut |= {
                "kind": "paid_earlier" if group.rule == "difference" else "cap",
                "label_zh": group.label_zh,
                "label_en": group.label_en,
            }
    return values


def deduction_lines(award: "KeptAward", as_of: date) -> list[tuple[str, str]]:
    """What was taken off an award, in words: an earlier payment, or the cut of a cap."""
    rules = {group.group_id: group.rule for group in stacking_groups(as_of)}
    lines = []
    for cut in award.deductions:
        zh, en = in_words(cut.amount_cny, "cny"), in_words(cut.amount_cny, "cny", english=True)
        earlier = rules[cut.group_id] == "difference"
        lines.append(
            (f"扣除以前年度已付 {zh}", f"less {en} paid earlier")
            if earlier
            else (f"超过合计上限扣减 {zh}", f"less {en} above the joint cap")
        )
    return lines


def missing_values(codes: Iterable[str]) -> list[dict[str, str]]:
    """Missing facts by name."""
    from silian.library.facts import fact_schema

    schema = fact_schema()
    return [
        {"code": code, "label_zh": schema[code].label_zh, "label_en": schema[code].label_en}
        for code in codes
    ]


def entitlements_values(entitlements: Entitlements) -> dict[str, Any]:
    """All answers for one enterprise."""
    return {
        "organisation_id": entitlements.organisation_id,
        "as_of": entitlements.as_of.isoformat(),
        "year": entitlements.year,
        "total_cny": entitlements.total_cny,
        "total_unverified_cny": entitlements.total_unverified_cny,
        "unknown_amounts": list(entitlements.unknown_amounts),
        "paid_earlier_cny": dict(entitlements.paid_earlier),
        "unverified": sorted(entitlements.unverified),
        "total_declared_cny": entitlements.total_declared_cny,
        "declared": {key: list(codes) for key, codes in sorted(entitlements.declared.items())},
        "entitled": [answer_values(one) for one in entitlements.entitled],
        "near": [missed_values(one) for one in entitlements.near],
        "far": [far_values(one) for one in entitlements.far],
        "unknown": [answer_values(one) for one in entitlements.unknown],
        "stacking": stacking_values(entitlements.stacking, stacking_groups(entitlements.as_of)),
        "calendar": [deadline_values(one) for one in entitlements.calendar],
    }


def page_values(page: PolicyPage) -> dict[str, Any]:
    """One policy in full, as its page shows it."""
    policy = page.policy
    return policy_brief(policy) | {
        "as_of": page.as_of.isoformat(),
        "in_force": page.in_force,
        "published_here": page.published_here,
        "valid_until": policy.valid_until.isoformat() if policy.valid_until else None,
        "region_code": policy.region_code,
        "summary_zh": policy.summary_zh,
        "summary_en": policy.summary_en,
        "parameters": [_parameter_values(one) for one in page.parameters],
        "conditions": [
            {
                "condition_id": one.condition_id,
                "label_zh": one.label_zh,
                "label_en": one.label_en,
                "expression": one.expression,
                "changeable": one.changeable,
                "source": source_values(one.source),
            }
            for one in policy.conditions
        ],
        "amount": None if policy.amount is None else plain_tree(asdict(policy.amount)),
        "window": None if policy.window is None else plain_tree(asdict(policy.window)),
        "attachments": [attachment_values(one) for one in policy.attachments],
        "groups": [plain_tree(asdict(group)) for group in page.groups],
        "versions": [
            {
                "valid_from": one.valid_from.isoformat(),
                "valid_until": one.valid_until.isoformat() if one.valid_until else None,
            }
            for one in page.versions
        ],
        "notes_zh": list(policy.notes_zh),
    }


def _parameter_values(one: ParameterToday) -> dict[str, Any]:
    return {
        "parameter_id": one.parameter.parameter_id,
        "label_zh": one.parameter.label_zh,
        "label_en": one.parameter.label_en,
        "unit": one.parameter.unit,
        "value": _plain(one.value.value) if one.value else None,
        "verified": bool(one.value and one.value.source.verified),
        "values": [
            {"valid_from": each.valid_from.isoformat(), "value": _plain(each.value)}
            for each in one.parameter.values
        ],
    }


def guidance_values(guidance: "Guidance") -> dict[str, Any]:
    """One policy for one enterprise: answer, gaps, and the plan or why there is none."""
    from silian.portal.industry.domain.planning import no_plan_words

    plan = guidance.plan
    shown: dict[str, Any] | None = None
    if plan is not None and hasattr(plan, "changes"):
        shown = {
            "changes": [asdict(change) for change in plan.changes],
            "cost_cny": plan.cost_cny,
            "amount_cny": plan.amount_cny,
            "is_cheapest": plan.is_cheapest,
            "verified": plan.verified,
        }
    elif plan is not None:
        shown = {
            "reason": plan.reason,
            "message": plan.message,
            "message_zh": no_plan_words(plan)[0],
            "condition_ids": list(plan.condition_ids),
            "facts": list(plan.facts),
        }
    values = answer_values(guidance.answer)
    return (
        values
        | earlier_values(guidance.earlier, guidance.answer, values["trace"])
        | {
            "gaps": [gap_values(gap, guidance.answer.policy) for gap in guidance.gaps],
            "plan": shown,
            "assumptions_verified": guidance.assumptions_verified,
        }
    )


def earlier_values(
    earlier: EarlierPayment | None, answer: PolicyAnswer, trace: list[dict[str, Any]]
) -> dict[str, Any]:
    """What is left of an amount after earlier payments, with the deduction as a trace's last step."""
    if earlier is None:
        return {"payable_cny": answer.amount_cny}
    group = earlier.group
    step = {
        "step_id": group.group_id,
        "kind": "paid_earlier",
        "label_zh": f"扣除以前年度已付（{group.label_zh}）",
        "label_en": f"less what was paid earlier ({group.label_en})",
        "expression": "",
        "values": [],
        "amount_cny": -earlier.amount_cny,
        "source": source_values(group.source),
    }
    return {"payable_cny": earlier.left_cny, "trace": [*trace, step]}


def near_miss_values(miss: "NearMiss") -> dict[str, Any]:
    """One line of a near-miss list."""
    return asdict(miss.enterprise) | {
        "condition_id": miss.condition.condition_id,
        "label_zh": miss.condition.label_zh,
        "label_en": miss.condition.label_en,
        "distance_rate": miss.distance_rate,
        "gaps": [gap_values(gap) for gap in miss.gaps],
    }


def plain_tree(value: Any) -> Any:
    """A value of dicts, lists and frozen dataclasses as JSON can hold it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain_tree(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain_tree(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain_tree(one) for one in value]
    return _plain(value)


def _pairs(values: tuple[tuple[str, Any], ...]) -> list[list[Any]]:
    return [[name, _plain(value)] for name, value in values]


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
