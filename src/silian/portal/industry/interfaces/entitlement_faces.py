"""Gaps, plans and combinations as pages show them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from silian.library.facts import FACT, codes, fact_schema
from silian.portal.bilingual import both, choose
from silian.portal.industry.domain.gap_words import bound_in_words
from silian.portal.industry.domain.policy_values import gap_labels, gap_values
from silian.portal.industry.interfaces.policy_faces import STANDING_LABELS
from silian.portal.registry.interfaces.sheets import table_bytes

_WAYS_SHOWN = 4
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
    """Ways to close each unmet condition, with their names and how far along each is (0 to 1).

    A measured side tells more than the facts in it, except where it only touches its limit.
    """
    rows = []
    for gap in _telling(list(gaps)):
        label_zh, label_en = gap_labels(gap)
        rows.append(
            {
                "gap": gap,
                "label": choose(label_zh, label_en),
                "condition": choose(gap.condition.label_zh, gap.condition.label_en),
                "share": reached(gap.current, gap.required, gap.direction),
                "is_code": gap.side == "code",
                "bound": _bound(gap),
            }
        )
    return sorted(rows, key=lambda row: row["gap"].alternative)


def _bound(gap: Any) -> str:
    """For a limit that has to be passed, not only reached: what is there and what is asked."""
    if not gap.strict:
        return ""
    return bound_in_words(gap_values(gap), english=choose("zh", "en") == "en")


def _telling(gaps: list[Any]) -> list[Any]:
    chosen: list[Any] = []
    for condition_id in dict.fromkeys(gap.condition.condition_id for gap in gaps):
        own = [gap for gap in gaps if gap.condition.condition_id == condition_id]
        terms = [gap for gap in own if gap.side == "term" and (gap.shortfall or gap.strict)]
        codes_ = [gap for gap in own if gap.side == "code"]
        facts = [gap for gap in own if gap.side == "fact"]
        chosen += [*terms, *codes_] or facts or own
    return chosen


def gap_groups(gaps: Iterable[Any]) -> list[dict[str, Any]]:
    """Gaps by condition, the first few shown and the rest folded away."""
    groups: dict[str, dict[str, Any]] = {}
    for row in gap_rows(gaps):
        condition = row["gap"].condition
        group = groups.setdefault(
            condition.condition_id, {"label": row["condition"], "rows": [], "more": []}
        )
        (group["rows"] if len(group["rows"]) < _WAYS_SHOWN else group["more"]).append(row)
    for group in groups.values():
        every = [row["gap"] for row in (*group["rows"], *group["more"])]
        group["either"] = len(every) > 1 and all(
            gap.alternative or gap.closes_condition for gap in every
        )
    return list(groups.values())


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
            "changes": [change_face(change) for change in plan.changes],
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


def change_face(change: Any) -> dict[str, Any]:
    """One change by name, with the unit of its figures."""
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
    """What the best lawful combination pays for each policy, by policy id, and which rules cut."""
    from silian.portal.industry.domain.policies import stacking_groups

    groups = {group.group_id: group for group in stacking_groups(entitlements.as_of)}
    found: dict[str, Mapping[str, Any]] = {}
    for one in entitlements.stacking.kept:
        cuts = [
            {
                "label": _group_label(groups, each.group_id),
                "amount_cny": each.amount_cny,
                "earlier": groups[each.group_id].rule == "difference",
            }
            for each in one.deductions
        ]
        found[one.policy_id] = {"paid_cny": one.paid_cny, "cuts": cuts, "dropped_by": ()}
    for gone in entitlements.stacking.dropped:
        against = [_group_label(groups, group_id) for group_id in gone.group_ids]
        found[gone.policy_id] = {"paid_cny": 0.0, "cuts": [], "dropped_by": against}
    return found


def _group_label(groups: Mapping[str, Any], group_id: str) -> str:
    group = groups[group_id]
    return choose(group.label_zh, group.label_en)


def combination_chart(entitlements: Any) -> dict[str, Any] | None:
    """What each award adds to the sum; ``None`` where fewer than two pay."""
    labels = {
        one.policy.policy_id: choose(one.policy.label_zh, one.policy.label_en)
        for one in entitlements.entitled
    }
    kept = [one for one in entitlements.stacking.kept if one.paid_cny]
    if len(kept) < 2:
        return None
    total = {
        "name": choose("合计", "Total"),
        "value": entitlements.stacking.total_cny,
        "total": True,
    }
    steps: list[dict[str, Any]] = [
        {"name": labels[one.policy_id], "value": one.paid_cny} for one in kept
    ]
    return {"unit": "cny", "steps": [*steps, total]}


def entitlements_file(entitlements: Any, file_format: str) -> Iterator[bytes]:
    """One row a policy: how it stands, amounts, what is unmet or missing, and the source."""
    headings = [
        choose("政策编号", "Policy id"),
        choose("政策", "Policy"),
        choose("情况", "Standing"),
        choose("测算金额（元）", "Amount (yuan)"),
        choose("组合后金额（元）", "Paid in the combination (yuan)"),
        choose("未满足的条件", "Unmet conditions"),
        choose("缺少的数据", "Missing facts"),
        choose("依据", "Source"),
        choose("条款", "Article"),
        choose("已读转载", "Read in a published copy"),
    ]
    paid = combination(entitlements)
    rows = [
        _file_row(standing, answer, paid)
        for standing, answers in _by_standing(entitlements)
        for answer in answers
    ]
    return table_bytes("entitlements", headings, rows, file_format)


def _by_standing(entitlements: Any) -> list[tuple[str, list[Any]]]:
    return [
        ("entitled", list(entitlements.entitled)),
        ("near", [one.answer for one in entitlements.near]),
        ("unknown", list(entitlements.unknown)),
        ("far", [one.answer for one in entitlements.far]),
    ]


def _file_row(standing: str, answer: Any, paid: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    policy, source = answer.policy, answer.policy.source
    unmet = [
        choose(one.condition.label_zh, one.condition.label_en)
        for one in answer.conditions
        if one.standing == "unmet"
    ]
    part = paid.get(policy.policy_id)
    return [
        policy.policy_id,
        choose(policy.label_zh, policy.label_en),
        str(STANDING_LABELS[standing]),
        answer.amount_cny,
        part["paid_cny"] if part else None,
        choose("；", "; ").join(unmet),
        choose("、", ", ").join(_fact_label(code) for code in answer.missing),
        " ".join(part for part in (source.title, source.document_number) if part),
        source.article,
        choose("是" if source.verified else "否", "yes" if source.verified else "no"),
    ]
