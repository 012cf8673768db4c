"""Scores as JSON: the same on pages, in files, in diagnoses and through the API."""

from dataclasses import asdict
from typing import Any

from silian.engines.scoring.values import Branch, Indicator, IndicatorScore, IndicatorSystem, Score
from silian.portal.industry.domain.policy_values import source_values
from silian.portal.industry.domain.scores import ScoreSheet


def system_brief(system: IndicatorSystem) -> dict[str, Any]:
    """An indicator system by name and version."""
    return {
        "system_id": system.system_id,
        "label_zh": system.label_zh,
        "label_en": system.label_en,
        "version": system.version,
        "official": system.official,
        "valid_from": system.valid_from.isoformat(),
        "source": source_values(system.source),
    }


def sheet_values(sheet: ScoreSheet) -> dict[str, Any]:
    """One score as JSON: totals, branches, leaves, rank and peers."""
    score, system = sheet.score, sheet.system
    labels = {b.branch_id: (b.label_zh, b.label_en) for b in _branches(system.root)}
    return {
        **system_brief(system),
        "year": sheet.year,
        **_totals(score),
        **_grade_labels(score, system),
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


def _grade_labels(score: Score, system: IndicatorSystem) -> dict[str, str]:
    found = next((one for one in system.grades if one.grade_id == score.grade), None)
    return {
        "grade_zh": found.label_zh if found else "",
        "grade_en": found.label_en if found else "",
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
