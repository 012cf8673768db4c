"""What a scenario changes, as pages show it: totals, each policy, groups, enterprises."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from silian.portal.bilingual import choose
from silian.portal.industry.domain.policies import all_versions
from silian.portal.industry.interfaces.city_faces import group_tables
from silian.portal.industry.models import PolicyDraft

_ENTERPRISES_SHOWN = 30


def effect_face(result: Mapping[str, Any], draft: PolicyDraft | None = None) -> dict[str, Any]:
    """A frozen comparison with names beside ids, tables by group and a chart of each."""
    labels = policy_labels() | ({draft.policy_id: draft.title} if draft else {})
    policies = [
        {**one, "label": labels.get(one["policy_id"], one["policy_id"])}
        for one in result["policies"]
    ]
    enterprises = [
        {
            **row,
            "gained": [labels.get(one, one) for one in row["gained"]],
            "lost": [labels.get(one, one) for one in row["lost"]],
        }
        for row in result["enterprises"][:_ENTERPRISES_SHOWN]
    ]
    return {
        "result": result,
        "moved_policies": [one for one in policies if _moves(one)],
        "still_policies": [one for one in policies if not _moves(one)],
        "groups": group_tables(result["groups"]),
        "enterprises": enterprises,
        "more": max(0, len(result["enterprises"]) - _ENTERPRISES_SHOWN),
        "unmoved": result["enterprise_count"] - result["winners"] - result["losers"],
        "chart": _chart(result),
    }


def policy_labels() -> dict[str, str]:
    """Name of every policy by its id."""
    return {one.policy_id: choose(one.label_zh, one.label_en) for one in all_versions()}


def override_rows(policy: Any, overrides: Mapping[str, Any], as_of: date) -> list[dict[str, Any]]:
    """Changed parameters with what counts on the day beside what is tried."""
    known = {one.parameter_id: one for one in policy.parameters} if policy else {}
    rows = []
    for name, value in overrides.items():
        parameter = known.get(name)
        past = [v for v in parameter.values if v.valid_from <= as_of] if parameter else []
        rows.append(
            {
                "label": choose(parameter.label_zh, parameter.label_en) if parameter else name,
                "unit": parameter.unit if parameter else "",
                "present": max(past, key=lambda v: v.valid_from).value if past else None,
                "tried": value,
            }
        )
    return rows


def _chart(result: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "unit": "cny",
        "steps": [
            {"name": choose("现行支出", "Cost now"), "value": result["base_cny"], "total": True},
            {"name": choose("得益增加", "Winners gain"), "value": _moved(result, 1)},
            {"name": choose("受损减少", "Losers lose"), "value": _moved(result, -1)},
            {
                "name": choose("改动后支出", "Cost changed"),
                "value": result["changed_cny"],
                "total": True,
            },
        ],
    }


def _moves(effect: Mapping[str, Any]) -> bool:
    return bool(effect["gained"] or effect["lost"]) or (
        (effect["base_cny"], effect["base_budget_cny"])
        != (effect["changed_cny"], effect["changed_budget_cny"])
    )


def _moved(result: Mapping[str, Any], sign: int) -> float:
    moves = (row["difference_cny"] for row in result["enterprises"])
    return round(sum(move for move in moves if move * sign > 0), 2)
