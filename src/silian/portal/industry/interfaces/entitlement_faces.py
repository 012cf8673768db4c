"""Gaps, plans and combinations as pages show them."""

from collections.abc import Iterable, Mapping
from typing import Any

from silian.library.facts import FACT, codes, fact_schema
from silian.portal.bilingual import both, choose
from silian.portal.industry.domain.policy_values import gap_labels

_REASONS = {
    "not_changeable": both(
        "有条件无法通过努力改变（如所在地区、行业、成立时间）。",
        "A condition stands in the way that no effort changes (region, industry, age).",
    ),
    "missing_facts": both(
        "缺少数据，补齐后才能给出路径。",
        "Facts are missing; complete them first.",
    ),
    "no_effort": both(
        "相关数据没有成本假设，无法比较路径。",
        "There are no cost assumptions for the facts concerned.",
    ),
    "out_of_reach": both(
        "按假设的一年内可调整幅度，无法达到要求。",
        "What can be moved within a year does not reach the requirement.",
    ),
    "conflict": both(
        "各条件可单独达到，但不能同时达到。",
        "Each condition can be met, but not all at once.",
    ),
    "too_many_alternatives": both(
        "可选路径太多，未能逐一比较。",
        "There are too many alternatives to compare.",
    ),
}


def gap_rows(gaps: Iterable[Any]) -> list[dict[str, Any]]:
    """Gaps with their names and how far each is along its way (0 to 1)."""
    rows = []
    for gap in gaps:
        label_zh, label_en = gap_labels(gap)
        rows.append(
            {
                "gap": gap,
                "label": choose(label_zh, label_en),
                "condition": choose(gap.condition.label_zh, gap.condition.label_en),
                "share": reached(gap.current, gap.required, gap.direction),
                "is_code": gap.side == "code",
            }
        )
    return sorted(rows, key=lambda row: row["gap"].alternative)


def reached(current: float, required: float, direction: str) -> float:
    """Share of the way that is done: 1 is there.

    Examples
    --------
    >>> reached(2.0, 8.0, "raise"), reached(0.8, 0.4, "lower"), reached(-1.0, 5.0, "raise")
    (0.25, 0.5, 0.0)
    """
    if direction == "lower":
        return max(0.0, min(1.0, required / current)) if current > 0 else 0.0
    return max(0.0, min(1.0, current / required)) if required > 0 else 0.0


def plan_face(guidance: Any, policy: Any) -> dict[str, Any] | None:
    """The cheapest changes by name, or why there are none; ``None`` where none is needed."""
    plan = guidance.plan
    if plan is None:
        return None
    if hasattr(plan, "changes"):
        return {
            "changes": [_change(change) for change in plan.changes],
            "cost_cny": plan.cost_cny,
            "amount_cny": plan.amount_cny,
            "is_cheapest": plan.is_cheapest,
            "assumed": not guidance.assumptions_verified,
        }
    labels = {one.condition_id: (one.label_zh, one.label_en) for one in policy.conditions}
    return {
        "reason": _REASONS.get(plan.reason, plan.message),
        "conditions": [choose(*labels[i]) for i in plan.condition_ids if i in labels],
        "facts": [_fact_label(code) for code in plan.facts],
    }


def _change(change: Any) -> dict[str, Any]:
    schema = fact_schema()
    label, unit = _fact_label(change.fact), ""
    if change.fact in schema:
        unit = schema[change.fact].unit
    if change.code:
        known = codes(FACT[change.fact].codes)
        code = known.get(change.code)
        label = choose(code.label_zh, code.label_en) if code else change.code
    return {"change": change, "label": label, "unit": unit, "is_code": bool(change.code)}


def _fact_label(code: str) -> str:
    schema = fact_schema()
    return choose(schema[code].label_zh, schema[code].label_en) if code in schema else code


def combination(entitlements: Any) -> dict[str, Mapping[str, Any]]:
    """What the best lawful combination pays for each policy: by policy id."""
    stacking = entitlements.stacking
    kept = {
        one.policy_id: {"paid_cny": one.paid_cny, "cut": one.deductions, "dropped_by": ()}
        for one in stacking.kept
    }
    dropped = {
        one.policy_id: {"paid_cny": 0.0, "cut": (), "dropped_by": one.group_ids}
        for one in stacking.dropped
    }
    return kept | dropped
