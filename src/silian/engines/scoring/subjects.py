"""The score of one subject, with everything a page shows of it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from silian.engines.scoring.compiling import CompiledLeaf, CompiledSystem
from silian.engines.scoring.points import Floats, Integers, in_millionths
from silian.engines.scoring.population import Population, fitting_population
from silian.engines.scoring.ranking import percentiles_among, ranks_among
from silian.engines.scoring.values import Indicator, IndicatorScore, Score
from silian.engines.scoring.verdict import TOO_LITTLE_KNOWN, WITHHELD, RawValues, Verdict, judge
from silian.tables.clauses import Clause, evaluate_clause, missing_facts


def score_subject(
    compiled: CompiledSystem,
    row: Mapping[str, Any],
    *,
    subject_id: str = "",
    population: Population | None = None,
) -> Score:
    """Score one subject; the same figures as its row of ``score_subjects``.

    Parameters
    ----------
    row
        Facts of the subject-year by name; absent or ``None``: missing.
    population
        ``score_subjects(...).population()``: gives rank and percentile, and is needed where the
        system reads weights or percentiles off a population. The subject need not be part of it.

    Raises
    ------
    PopulationMissing, PopulationMismatch
        If a population is needed, or is of another system or version.
    """
    population = fitting_population(compiled, population)
    verdict = judge(compiled, raw_values(compiled, row), population)
    leaves = tuple(
        _leaf_score(leaf, verdict, population, _missing(leaf.clause, row))
        for leaf in compiled.leaves
    )
    branches = zip(compiled.branches, verdict.parts.branches, strict=True)
    stage, grade = int(verdict.stage[0]), int(verdict.grade[0])
    path = int(verdict.direct_path[0])
    system = compiled.system
    return Score(
        system_id=system.system_id,
        version=system.version,
        subject_id=subject_id,
        as_of=compiled.as_of,
        stage=compiled.stage_ids[stage] if stage >= 0 else "",
        leaves=leaves,
        branches=tuple((branch.branch_id, _first(node.points)) for branch, node in branches),
        total=_first(verdict.total),
        provisional_total=_first(np.where(np.isnan(verdict.total), verdict.provisional, np.nan)),
        withheld=WITHHELD[int(verdict.withheld[0])],
        grade=system.grades[grade].grade_id if grade >= 0 else "",
        failed_minima=tuple(node_id for node_id, met in verdict.parts.minima if met[0] == 0),
        direct_path=system.direct_paths[path].path_id if path >= 0 else "",
        passed=None if np.isnan(verdict.passed[0]) else bool(verdict.passed[0]),
        missing=_missing_of_total(compiled, verdict, leaves, row),
        **_standing(in_millionths(verdict.total), population),
    )


def raw_values(compiled: CompiledSystem, row: Mapping[str, Any]) -> RawValues:
    """What the clauses answer for one row; arrays of shape (1,)."""
    return RawValues(
        leaves=[_answer(leaf.clause, row) for leaf in compiled.leaves],
        stages=[_answer(clause, row) for clause in compiled.stages],
        direct_paths=[_answer(clause, row) for clause in compiled.direct_paths],
    )


def leaf_standing(indicator: Indicator, raw: Floats, population: Floats) -> tuple[Integers, Floats]:
    """Rank and percentile of raw values among a leaf's ascending population, best first."""
    if indicator.direction == "less":
        raw, population = -raw, -population[::-1]
    return ranks_among(raw, population), percentiles_among(raw, population)


def _leaf_score(
    leaf: CompiledLeaf,
    verdict: Verdict,
    population: Population | None,
    missing: tuple[str, ...],
) -> IndicatorScore:
    parts, number = verdict.parts, leaf.number
    raw = verdict.raw.leaves[number]
    rank, percentile, n_ranked = 0, np.full(1, np.nan), 0
    if population is not None:
        known = population.raw[number]
        ranks, percentile = leaf_standing(leaf.indicator, raw, known)
        rank, n_ranked = int(ranks[0]), len(known)
    return IndicatorScore(
        indicator=leaf.indicator,
        path=leaf.path,
        raw=_first(raw),
        normalised=_first(parts.normalised[number]),
        weight=_first(parts.weights[number]),
        points=_first(parts.points[number]),
        counted=bool(parts.counted[number][0]),
        missing=missing if np.isnan(raw[0]) else (),
        rank=rank or None,
        percentile=_first(percentile),
        n_ranked=n_ranked,
    )


def _standing(total: Floats, population: Population | None) -> dict[str, Any]:
    totals = np.zeros(0) if population is None else population.totals
    if not len(totals) or np.isnan(total[0]):
        return {"n_ranked": len(totals)}
    return {
        "rank": int(ranks_among(total, totals)[0]),
        "percentile": _first(percentiles_among(total, totals)),
        "n_ranked": len(totals),
    }


def _missing_of_total(
    compiled: CompiledSystem,
    verdict: Verdict,
    leaves: tuple[IndicatorScore, ...],
    row: Mapping[str, Any],
) -> tuple[str, ...]:
    too_little = bool(verdict.withheld[0] == TOO_LITTLE_KNOWN)
    if verdict.parts.root.known[0] and verdict.stage[0] >= 0 and not too_little:
        return ()
    found: dict[str, None] = {}
    for clause, holds in zip(compiled.stages, verdict.raw.stages, strict=True):
        if holds[0] == 1:
            break
        found.update(dict.fromkeys(_missing(clause, row)))
    for leaf in leaves:
        if leaf.raw is None and (too_little or leaf.indicator.missing == "unknown"):
            found.update(dict.fromkeys(leaf.missing))
    return tuple(found)


def _answer(clause: Clause | None, row: Mapping[str, Any]) -> Floats:
    value = None if clause is None else evaluate_clause(clause, row)
    return np.array([np.nan if value is None else float(value)])  # type: ignore[arg-type]


def _missing(clause: Clause | None, row: Mapping[str, Any]) -> tuple[str, ...]:
    return () if clause is None else missing_facts(clause, row)


def _first(values: Floats) -> float | None:
    value = float(values[0])
    return None if np.isnan(value) else value
