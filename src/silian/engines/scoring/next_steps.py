"""Which single indicator, moved how far, raises a total by how much."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from silian.engines.scoring.compiling import CompiledSystem
from silian.engines.scoring.normalisation import band_places
from silian.engines.scoring.points import Floats
from silian.engines.scoring.population import Population, fitting_population
from silian.engines.scoring.subjects import raw_values
from silian.engines.scoring.values import Band, Indicator
from silian.engines.scoring.verdict import RawValues, judge


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """One indicator moved to its next better band, or to its best where it has no bands.

    Attributes
    ----------
    raw, target
        Value now and then, in the indicator's unit; 0 and 1 for conditions.
    shortfall
        How far apart they are, >= 0.
    gained_points
        By how much what stands of the total rises, nothing else changed; found by scoring again.
    passes
        Whether the step turns the verdict into passed.
    """

    indicator: Indicator
    raw: float
    target: float
    shortfall: float
    gained_points: float
    passes: bool


def next_steps(
    compiled: CompiledSystem, row: Mapping[str, Any], *, population: Population | None = None
) -> tuple[NextStep, ...]:
    """Steps of one subject, the most points first.

    Unknown values have no step (their fact is to be given first), nor have percentiles (they hang
    on others) and indicators that answer 0 to 1 themselves. What a withheld system gains is
    provisional, as its total is.

    Raises
    ------
    PopulationMissing, PopulationMismatch
        If a population is needed, or is of another system or version.
    """
    population = fitting_population(compiled, population)
    raw = raw_values(compiled, row)
    targets = {
        leaf.number: target
        for leaf in compiled.leaves
        if (target := _target(leaf.indicator, float(raw.leaves[leaf.number][0]))) is not None
    }
    if not targets:
        return ()
    verdict = judge(compiled, _one_moved_each(raw, targets), population)
    gained = verdict.provisional - verdict.provisional[0]
    steps = []
    for place, (number, target) in enumerate(targets.items(), start=1):
        if not gained[place] > 0:
            continue
        now = float(raw.leaves[number][0])
        steps.append(
            NextStep(
                indicator=compiled.leaves[number].indicator,
                raw=now,
                target=target,
                shortfall=abs(target - now),
                gained_points=float(gained[place]),
                passes=bool(verdict.passed[place] == 1 and verdict.passed[0] != 1),
            )
        )
    return tuple(sorted(steps, key=lambda step: -step.gained_points))


def _one_moved_each(raw: RawValues, targets: Mapping[int, float]) -> RawValues:
    """Row 0 as it is, and one row for each target with that leaf moved."""
    n_rows = len(targets) + 1
    leaves = [np.repeat(values, n_rows) for values in raw.leaves]
    for place, (number, target) in enumerate(targets.items(), start=1):
        leaves[number][place] = target

    def repeated(clauses: list[Floats]) -> list[Floats]:
        return [np.repeat(values, n_rows) for values in clauses]

    return RawValues(
        leaves=leaves, stages=repeated(raw.stages), direct_paths=repeated(raw.direct_paths)
    )


def _target(indicator: Indicator, raw: float) -> float | None:
    """Raw value of the next step, ``None`` where there is none."""
    rule, less = indicator.normalisation, indicator.direction == "less"
    if np.isnan(raw):
        return None
    match rule.method:
        case "bands":
            return _next_bound(rule.bands, raw, less)
        case "boolean":
            return 0.0 if less else 1.0
        case "anchored" | "log" | "ratio":
            return rule.best
        case _:
            return None


def _next_bound(bands: tuple[Band, ...], raw: float, less: bool) -> float | None:
    """Nearest bound, in the better direction, beyond which there are more points than here."""
    here = int(band_places(np.array([raw]), bands, less)[0])
    points = bands[here].points if here >= 0 else 0.0
    if less:
        better = (n for n in range(here, 0, -1) if bands[n - 1].points > points)
    else:
        better = (n for n in range(here + 1, len(bands)) if bands[n].points > points)
    place = next(better, None)
    return None if place is None else bands[place].at_least
