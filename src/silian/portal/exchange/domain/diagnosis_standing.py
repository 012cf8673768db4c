"""Scores and the step on the ladder, as a diagnosis shows them."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from silian.engines.rules.values import Policy
from silian.engines.scoring.values import Branch, Indicator, IndicatorScore, Score
from silian.portal.industry.domain.entitlement import Entitlements
from silian.portal.industry.domain.facts import FactsRow
from silian.portal.industry.domain.scores import (
    ScoreSheet,
    compiled_system,
    score_alone,
    score_from,
    systems_in_force,
)


def city_scores_values(facts: FactsRow, *, as_of: date) -> dict[str, Any]:
    """What the scores take from the city: ranks and peers, and whole sheets where weights do.

    Frozen with the inputs, since the city moves on.
    """
    found: dict[str, Any] = {}
    for system in systems_in_force(as_of):
        sheet = sheet_values(score_from(facts, system.system_id, as_of=as_of))
        if compiled_system(system, as_of).needs_population:
            found[system.system_id] = sheet
        else:
            found[system.system_id] = {key: sheet[key] for key in _FROM_THE_CITY}
    return found


def score_values(
    inputs: Mapping[str, Any], facts: FactsRow, *, as_of: date
) -> list[dict[str, Any]]:
    """The enterprise's score under every system in force, decomposed, with its place."""
    city = inputs["city_scores"]
    return [
        dict(city[system.system_id])
        if compiled_system(system, as_of).needs_population
        else sheet_values(score_alone(facts, system, as_of=as_of)) | city[system.system_id]
        for system in systems_in_force(as_of)
        if system.system_id in city
    ]


_FROM_THE_CITY = ("rank", "percentile", "n_ranked", "peers")


def sheet_values(sheet: ScoreSheet) -> dict[str, Any]:
    """One score as JSON: totals, branches, leaves, rank and peers."""
    score, system = sheet.score, sheet.system
    labels = {b.branch_id: (b.label_zh, b.label_en) for b in _branches(system.root)}
    return {
        "system_id": system.system_id,
        "label_zh": system.label_zh,
        "label_en": system.label_en,
        "version": system.version,
        "official": system.official,
        "source": asdict(system.source),
        "year": sheet.year,
        **_totals(score),
        "branches": [
            {
                "branch_id": branch_id,
                "label_zh": labels[branch_id][0],
                "label_en": labels[branch_id][1],
                "points": points,
            }
            for branch_id, points in score.branches
            if branch_id in labels
        ],
        "leaves": [leaf_values(leaf) for leaf in score.leaves],
        "peers": asdict(sheet.peers) if sheet.peers else None,
    }


def leaf_values(leaf: IndicatorScore) -> dict[str, Any]:
    """One indicator of one score."""
    return {
        "indicator_id": leaf.indicator.indicator_id,
        "label_zh": leaf.indicator.label_zh,
        "label_en": leaf.indicator.label_en,
        "unit": leaf.indicator.unit,
        "path": list(leaf.path),
        "raw": leaf.raw,
        "normalised": leaf.normalised,
        "weight": leaf.weight,
        "points": leaf.points,
        "counted": leaf.counted,
        "missing": list(leaf.missing),
    }


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


def _totals(score: Score) -> dict[str, Any]:
    names = (
        "stage",
        "total",
        "provisional_total",
        "withheld",
        "grade",
        "rank",
        "percentile",
        "n_ranked",
        "direct_path",
        "passed",
    )
    return {name: getattr(score, name) for name in names} | {
        "failed_minima": list(score.failed_minima),
        "missing": list(score.missing),
    }


def _branches(branch: Branch) -> list[Branch]:
    below = [
        b for child in branch.children if not isinstance(child, Indicator) for b in _branches(child)
    ]
    return [branch, *below]
