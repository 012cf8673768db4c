"""What follows from points: a total or none, a grade, passed or not, each only as far as known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from silian.engines.scoring.aggregation import Aggregate, aggregate
from silian.engines.scoring.compiling import CompiledSystem
from silian.engines.scoring.normalisation import normalise
from silian.engines.scoring.points import Booleans, Floats, Integers, meets
from silian.engines.scoring.population import Population

#: Codes of ``Score.withheld`` by number.
WITHHELD = ("", "unverified_figures", "weights_unknown", "no_stage", "too_little_known")
TOO_LITTLE_KNOWN = 4
_NO_STAGE, _STAGE_OPEN = -1, -2
_HAIR = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawValues:
    """What the clauses of a system answer for n subjects.

    Attributes
    ----------
    leaves
        One array of shape (n,) a leaf, NaN where unknown.
    stages, direct_paths
        One array a clause: 1 true, 0 false, NaN unknown.
    """

    leaves: list[Floats]
    stages: list[Floats]
    direct_paths: list[Floats]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verdict:
    """Scores of n subjects.

    Attributes
    ----------
    stage
        Number of the stage; -1 where none holds, -2 where it can't be told.
    total, provisional
        NaN where there is none.
    withheld
        Number of the code in ``WITHHELD``.
    grade
        Number of the grade from the lowest up, -1 for none.
    direct_path
        Number of the first direct path that holds, -1 for none.
    passed
        1, 0, or NaN where it can't be said.
    """

    raw: RawValues
    parts: Aggregate
    stage: Integers
    total: Floats
    provisional: Floats
    withheld: Integers
    grade: Integers
    direct_path: Integers
    passed: Floats


def judge(compiled: CompiledSystem, raw: RawValues, population: Population | None) -> Verdict:
    """Normalise, weigh, add up and judge; the same arithmetic for one subject and a million."""
    stage = _stage(raw, len(compiled.stage_ids), len(raw.leaves[0]))
    full_points = compiled.fixed_points
    if population is not None and population.full_points is not None:
        full_points = population.full_points
    parts = aggregate(
        compiled, normalised_leaves(compiled, raw.leaves, population), _by_row(full_points, stage)
    )
    withheld = _withheld(compiled, full_points, stage)
    too_little = parts.known_share < compiled.system.least_known_share - _HAIR
    withheld = np.where((withheld == 0) & too_little, TOO_LITTLE_KNOWN, withheld)
    total = np.where(withheld == 0, parts.root.points, np.nan)
    direct_path = _first(raw.direct_paths, len(stage))
    return Verdict(
        raw=raw,
        parts=parts,
        stage=stage,
        total=total,
        provisional=parts.provisional,
        withheld=withheld,
        grade=_grades(compiled, total),
        direct_path=direct_path,
        passed=_passed(compiled, raw, parts, withheld),
    )


def normalised_leaves(
    compiled: CompiledSystem, leaves: Sequence[Floats], population: Population | None
) -> list[Floats]:
    """Every leaf from 0 to 1."""
    return [
        normalise(
            values, leaf.indicator, None if population is None else population.raw[leaf.number]
        )
        for leaf, values in zip(compiled.leaves, leaves, strict=True)
    ]


def grades_ascending(compiled: CompiledSystem) -> list[int]:
    """Numbers of the system's grades from the lowest mark up."""
    marks = [grade.at_least for grade in compiled.system.grades]
    return sorted(range(len(marks)), key=marks.__getitem__)


def _stage(raw: RawValues, n_stages: int, n_subjects: int) -> Integers:
    if not raw.stages:
        return np.zeros(n_subjects, dtype=np.int64)
    stage = np.full(n_subjects, _NO_STAGE, dtype=np.int64)
    for number in reversed(range(n_stages)):
        holds = raw.stages[number]
        stage = np.where(holds == 1, number, np.where(np.isnan(holds), _STAGE_OPEN, stage))
    return stage


def _by_row(full_points: Floats, stage: Integers) -> list[Floats]:
    if len(full_points) == 1 and not (stage < 0).any():
        return [np.broadcast_to(column, stage.shape) for column in full_points[0]]
    with_none = np.vstack([full_points, np.full(full_points.shape[1], np.nan)])
    rows = np.where(stage < 0, len(full_points), stage)
    return [with_none[rows, column] for column in range(full_points.shape[1])]


def _withheld(compiled: CompiledSystem, full_points: Floats, stage: Integers) -> Integers:
    unverified = compiled.system.official and bool(compiled.unverified)
    by_stage = np.where(np.isnan(full_points).any(axis=1), 2, int(unverified))
    known = by_stage[np.maximum(stage, 0)]
    return np.where(
        stage == _NO_STAGE, 3, np.where(stage == _STAGE_OPEN, int(unverified), known)
    ).astype(np.int64)


def _grades(compiled: CompiledSystem, total: Floats) -> Integers:
    grade = np.full(len(total), -1, dtype=np.int64)
    for number in grades_ascending(compiled):
        mark = compiled.system.grades[number].at_least
        grade = np.where(meets(total, mark), number, grade)
    return grade


def _first(truths: Sequence[Floats], n_subjects: int) -> Integers:
    first = np.full(n_subjects, -1, dtype=np.int64)
    for number in reversed(range(len(truths))):
        first = np.where(truths[number] == 1, number, first)
    return first


def _passed(
    compiled: CompiledSystem, raw: RawValues, parts: Aggregate, withheld: Integers
) -> Floats:
    by_score = np.where(withheld == 0, _passed_by_score(compiled, parts), np.nan)
    failed, passed = by_score == 0, by_score == 1
    for path, holds in zip(compiled.system.direct_paths, raw.direct_paths, strict=True):
        sure = path.source.verified or not compiled.system.official
        passed = passed | ((holds == 1) & sure)
        failed = failed & (holds == 0)
    return np.where(passed, 1.0, np.where(failed, 0.0, np.nan))


def _passed_by_score(compiled: CompiledSystem, parts: Aggregate) -> Floats:
    """1, 0 or NaN; a mark may be met or missed before everything is known."""
    mark = compiled.system.pass_at_least
    root = parts.root
    conditions: list[Floats] = [met for _, met in parts.minima]
    if mark is not None:
        known = np.where(meets(root.least, mark), 1.0, np.nan)
        known = np.where(~meets(root.most, mark), 0.0, known)
        conditions.append(np.where(root.absent, np.nan, known))
    if not conditions:
        return np.full(len(root.least), np.nan)
    failed: Booleans = np.any([met == 0 for met in conditions], axis=0)
    passed: Booleans = np.all([met == 1 for met in conditions], axis=0)
    return np.where(failed, 0.0, np.where(passed, 1.0, np.nan))
