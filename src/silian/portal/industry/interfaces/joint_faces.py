"""Joint plans as pages show them."""

from typing import Any

from silian.portal.bilingual import choose
from silian.portal.industry.domain.joint_planning import JointGuidance, joint_values
from silian.portal.industry.interfaces.entitlement_faces import change_face
from silian.portal.industry.interfaces.policy_faces import fact_label


def joint_face(guidance: JointGuidance) -> dict[str, Any]:
    """Changes by name with the policies they serve; or why there is no plan, policy by policy."""
    values = joint_values(guidance)
    plan: dict[str, Any] = values["plan"] or {}
    face: dict[str, Any] = {key: [_named(one) for one in values[key]] for key in ("wanted", "held")}
    face["is_met"] = guidance.plan is None
    if guidance.changes:
        face |= {
            "changes": [
                change_face(one.change)
                | {"needed_by": [_named(each) for each in told["needed_by"]]}
                for one, told in zip(guidance.changes, plan["changes"], strict=True)
            ],
            "entitled": [_named(one) for one in plan["entitled"]],
            "unlocks": [_named(one) for one in plan["unlocks"]],
            "cost_cny": plan["cost_cny"],
            "is_cheapest": plan["is_cheapest"],
            "more_cny": (guidance.total_after_cny or 0.0) - guidance.total_cny,
        }
    elif plan:
        face |= {
            "reason": choose(plan["message_zh"], plan["message"]),
            "obstacles": [_obstacle(one) for one in plan["obstacles"]],
        }
    return face


def _named(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "policy_id": one["policy_id"],
        "label": choose(one["label_zh"], one["label_en"]),
        "amount_cny": one.get("amount_cny"),
    }


def _obstacle(one: dict[str, Any]) -> dict[str, Any]:
    return _named(one) | {
        "reason": choose(one["message_zh"], one["message"]),
        "conditions": [choose(each["label_zh"], each["label_en"]) for each in one["conditions"]],
        "facts": [fact_label(code) for code in one["facts"]],
    }
