"""Who fails a policy by one changeable condition, and by how much: the operator's call list."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from silian.engines.rules.evaluation import KEYS, Evaluation, condition_column
from silian.engines.rules.gaps import Gap, gaps
from silian.engines.rules.lags import columns_to_move


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """One subject-year that meets every condition of a policy but one.

    Attributes
    ----------
    gaps
        What is missing to that condition; empty where it turns on texts or dates.
    distance_rate
        The smallest share by which one fact alone would have to move to close it; 1 where a code
        has to be gained, infinite where no single fact closes it.
    """

    policy_id: str
    subject_id: str
    year: int
    condition_id: str
    gaps: tuple[Gap, ...]
    distance_rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMisses:
    """The nearest of those who are near.

    Attributes
    ----------
    total
        How many are near in all.
    measured
        How many of them were measured; where it is less than ``total``, nearer ones may be among
        the rest.
    nearest
        By distance, ties by subject and year.
    """

    policy_id: str
    total: int
    measured: int
    nearest: tuple[NearMiss, ...]


def near_misses(
    evaluation: Evaluation, policy_id: str, *, limit: int = 100, most_measured: int = 10_000
) -> NearMisses:
    """List those who fail exactly one condition of a policy, one that effort can change.

    Parameters
    ----------
    evaluation
        Of a run that kept its clauses.
    limit
        At most so many are returned.
    most_measured
        At most so many are read row by row, in the order of their ids.

    Raises
    ------
    FactsRefused
        If the run did not keep its clauses.
    UnknownPolicy
        If the policy was not in force.
    """
    near = evaluation.near(policy_id)
    keys = evaluation.wide.select(KEYS).filter(near)
    order = pc.sort_indices(keys, sort_keys=[(key, "ascending") for key in KEYS])
    places = np.flatnonzero(near)[order.to_numpy()][:most_measured]
    measured = sorted(
        _measured(evaluation, policy_id, places),
        key=lambda one: (one.distance_rate, one.subject_id, one.year),
    )
    return NearMisses(
        policy_id=policy_id,
        total=keys.num_rows,
        measured=len(places),
        nearest=tuple(measured[:limit]),
    )


def distance_rate(found: tuple[Gap, ...]) -> float:
    """Smallest relative move of one fact that closes a condition; see ``NearMiss``."""
    closing = (
        1.0
        if gap.side == "code"
        else gap.shortfall / max(abs(gap.current), abs(gap.required))
        if gap.shortfall
        else 0.0
        for gap in found
        if gap.closes_condition
    )
    return min(closing, default=math.inf)


def _measured(
    evaluation: Evaluation, policy_id: str, places: np.ndarray[tuple[int], np.dtype[np.intp]]
) -> Iterator[NearMiss]:
    compiled = evaluation.compiled[policy_id]
    picked = evaluation.wide.take(places)
    failing = np.zeros(len(places), np.intp)
    for place in range(len(compiled.conditions)):
        met = picked[condition_column(compiled, place)].to_numpy(zero_copy_only=False)
        failing[~met.astype(bool)] = place
    held = evaluation.session.column_types(evaluation.facts)
    known = {name for name in held if name in evaluation.compiled.schema}
    columns = columns_to_move(compiled.columns) & known
    rows = evaluation.fact_rows(picked.select(KEYS), columns)
    keys = zip(*(picked[key].to_pylist() for key in KEYS), strict=True)
    for (subject_id, year), index, row in zip(keys, failing.tolist(), rows, strict=True):
        found = gaps(compiled, {**row, "year": year}, schema=evaluation.compiled.schema)
        yield NearMiss(
            policy_id=policy_id,
            subject_id=subject_id,
            year=year,
            condition_id=compiled.policy.conditions[index].condition_id,
            gaps=found,
            distance_rate=distance_rate(found),
        )
