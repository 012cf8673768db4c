"""Scores and the step on the ladder, as a diagnosis shows them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from silian.engines.rules.values import Policy
from silian.portal.industry.domain.entitlement import Entitlements
from silian.portal.industry.domain.facts import FactsRow
from silian.portal.industry.domain.policies import is_within
from silian.portal.industry.domain.score_values import sheet_values
from silian.portal.industry.domain.scores import (
    compiled_system,
    score_alone,
    scores_of,
    systems_in_force,
)

Sheets = Mapping[str, Mapping[str, Any]]  # scores as JSON, by system


def city_sheets(facts: FactsRow, *, as_of: date, snapshot: str) -> dict[str, dict[str, Any]]:
    """The enterprise's score under every system that it can be scored by in the city."""
    found = scores_of(facts, as_of=as_of, snapshot=snapshot)
    return {sheet.system.system_id: sheet_values(sheet) for sheet in found}


def city_scores_values(sheets: Sheets, *, as_of: date) -> dict[str, Any]:
    """What the scores take from the city: ranks and peers, and whole sheets where weights do.

    Frozen with the inputs, since the city moves on.
    """
    return {
        system.system_id: dict(sheets[system.system_id])
        if compiled_system(system, as_of).needs_population
        else {key: sheets[system.system_id][key] for key in _FROM_THE_CITY}
        for system in systems_in_force(as_of)
        if system.system_id in sheets
    }


def score_values(
    inputs: Mapping[str, Any], facts: FactsRow, *, as_of: date, sheets: Sheets | None = None
) -> list[dict[str, Any]]:
    """The enterprise's score under every system in force, decomposed, with its place.

    Parameters
    ----------
    sheets
        What ``city_sheets`` made of the same facts a moment ago: they needn't be scored again.
    """
    city = inputs["city_scores"]
    if sheets is not None:
        return [dict(sheets[system_id]) for system_id in city]
    return [
        dict(city[system.system_id])
        if compiled_system(system, as_of).needs_population
        else sheet_values(score_alone(facts, system, as_of=as_of)) | city[system.system_id]
        for system in systems_in_force(as_of)
        if system.system_id in city
    ]


_FROM_THE_CITY = ("rank", "percentile", "n_ranked", "peers")


def ladder_values(facts: FactsRow, entitlements: Entitlements) -> dict[str, Any]:
    """Titles held, the step on each ladder, and the policies that lead further."""
    from silian.library.facts import codes

    known = codes("titles")
    held = [code for code in str(facts.values.get("titles") or "").split(";") if code]
    steps: dict[str, int] = {}
    for code in held:
        if code in known:
            ladder = known[code].ladder
            steps[ladder] = max(steps.get(ladder, 0), known[code].step)
    return {
        "step": max((steps.get(ladder, 0) for ladder in _LADDERS), default=0),
        "steps": dict(sorted(steps.items())),
        "titles": [
            {"code": code, "label_zh": known[code].label_zh, "label_en": known[code].label_en}
            for code in held
            if code in known
        ],
        "next": [
            _next_values(one.policy, one.entitlement)
            for one in entitlements.answers
            if _leads_further(one.policy, held)
            and is_within(str(facts.values.get("region_code") or ""), one.policy)
        ],
    }


_LADDERS = ("technology", "specialisation")


def _leads_further(policy: Policy, held: list[str]) -> bool:
    return policy.kind == "title" and policy.step > 0 and policy.title_code not in held


def _next_values(policy: Policy, entitlement: str) -> dict[str, Any]:
    return {
        "policy_id": policy.policy_id,
        "label_zh": policy.label_zh,
        "label_en": policy.label_en,
        "step": policy.step,
        "entitlement": entitlement,
    }
