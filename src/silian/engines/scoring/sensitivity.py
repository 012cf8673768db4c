"""How far ranks hang on weights: seeded draws around them, and the exact weight of a swap.

A criterion is an indicator, or a ``best`` branch whose alternatives share their weight. Bonus and
deductions stay as they are. Draws keep the sum of the weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from silian.engines.scoring.errors import NotComparable, SampleOutOfRange
from silian.engines.scoring.points import Floats, Integers, in_millionths
from silian.engines.scoring.scoretable import ScoreTable
from silian.engines.scoring.weighting import Criterion

_MOST_KEPT_RANKS = 2**27
_FEW = 24  # subjects; for more than that one sort is quicker than counting for each


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RankSensitivity:
    """Ranks of subjects under drawn weights; 0 where a subject has no total.

    Attributes
    ----------
    rank
        Under the weights as they are.
    best_rank, median_rank, worst_rank
        Of the draws: the middle ``coverage`` of them lies between best and worst.
    """

    subject_ids: Any
    rank: Integers
    best_rank: Integers
    median_rank: Integers
    worst_rank: Integers
    n_draws: int
    concentration: float
    coverage: float
    seed: int

    def arrow(self) -> Any:
        """As an Arrow table: ``subject_id`` and the four ranks, null where there is no total."""
        unranked = self.rank == 0
        ranks = {
            name: pa.array(getattr(self, name), mask=unranked)
            for name in ("rank", "best_rank", "median_rank", "worst_rank")
        }
        return pa.table({"subject_id": self.subject_ids, **ranks})


def sensitivity(
    table: ScoreTable,
    *,
    seed: int,
    n_draws: int = 200,
    concentration: float = 100.0,
    coverage: float = 0.9,
    subjects: Sequence[str] | None = None,
) -> RankSensitivity:
    """Between which ranks each subject lies when weights are a little different.

    Parameters
    ----------
    concentration
        Of the Dirichlet draws around the weights: a weight of share w is drawn with standard
        deviation sqrt(w (1 - w) / (concentration + 1)); 100 moves a share of 20 % by about 4
        points.
    coverage
        Share of the draws between best and worst rank.
    subjects
        Ids to answer for; all are ranked in any case. Needed for very large tables.

    Raises
    ------
    SampleOutOfRange
        If a parameter is out of range, or all ranks would not fit in memory.
    UnknownSubject
        If an id is not in the table.
    """
    places = (
        np.arange(len(table))
        if subjects is None
        else np.array([table.position(one) for one in subjects], dtype=np.int64)
    )
    _check_draws(n_draws, concentration, coverage, len(places))
    parts, rest = contributions(table)
    kept = np.empty((n_draws, len(places)), dtype=np.int32)
    factors = _drawn_factors(table, seed, n_draws, concentration)
    stage = np.maximum(table.verdict.stage, 0)
    for draw in range(n_draws):
        by_stage = factors[draw]
        if len(by_stage) == 1:
            totals = rest + parts @ by_stage[0]
        else:
            totals = rest + np.einsum("ij,ij->i", parts, by_stage[stage])
        kept[draw] = _ranks_at(places, in_millionths(totals))
    kept.sort(axis=0)
    outside = (1.0 - coverage) / 2.0
    low = int(outside * n_draws + 1e-9)
    return RankSensitivity(
        subject_ids=table.subject_ids.take(pa.array(places)),
        rank=_ranks_at(places, in_millionths(table.verdict.total)),
        best_rank=kept[low].astype(np.int64),
        median_rank=kept[(n_draws - 1) // 2].astype(np.int64),
        worst_rank=kept[n_draws - 1 - low].astype(np.int64),
        n_draws=n_draws,
        concentration=concentration,
        coverage=coverage,
        seed=seed,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapWeight:
    """At which weight of one criterion two subjects have the same total.

    Attributes
    ----------
    points
        Full points of the criterion now.
    swap_points
        Full points at which the totals are equal, the other criteria shrinking or growing in
        proportion; ``None``: no weight of this criterion alone changes who is ahead.
    """

    criterion: Criterion
    points: float
    swap_points: float | None


def swap_weights(table: ScoreTable, first: str, second: str) -> tuple[SwapWeight, ...]:
    """For every criterion, the weight at which two subjects swap places, exactly.

    Raises
    ------
    NotComparable
        If a total is unknown, or the two are weighed differently (stage, reweighing).
    UnknownSubject
        If an id is not in the table.
    """
    rows = [table.position(first), table.position(second)]
    _check_comparable(table, rows, (first, second))
    parts, rest = contributions(table, rows)
    full = _criterion_points(table)[int(table.verdict.stage[rows[0]])]
    moved = full > 0
    whole = float(full[moved].sum())
    gap, gap_of_rest = parts[0] - parts[1], float(rest[0] - rest[1])
    gap_of_moved = float(gap[moved].sum())
    swaps = []
    for number, criterion in enumerate(table.compiled.criteria):
        own = float(full[number])
        swap = None
        if 0 < own < whole:
            swap = _crossing(
                at_none=gap_of_rest + float(gap_of_moved - gap[number]) * whole / (whole - own),
                at_all=gap_of_rest + float(gap[number]) * whole / own,
            )
        if not criterion.bonus:
            points = None if swap is None else swap * whole
            swaps.append(SwapWeight(criterion=criterion, points=own, swap_points=points))
    return tuple(swaps)


def _crossing(*, at_none: float, at_all: float) -> float | None:
    """Where a gap that goes straight from one value to the other is 0, as a share of the way.

    ``None`` where it does not change its sign (in millionths of a point).
    """
    if float(in_millionths(at_none)) * float(in_millionths(at_all)) >= 0:
        return None
    return at_none / (at_none - at_all)


def contributions(table: ScoreTable, rows: Sequence[int] | None = None) -> tuple[Floats, Floats]:
    """Points of each criterion whose weight can move, shape (n, n_criteria), and all the others.

    Rows without a total are NaN.
    """
    chosen = slice(None) if rows is None else np.asarray(rows)
    parts, verdict = table.verdict.parts, table.verdict
    total = verdict.total[chosen]
    full = _criterion_points(table)[np.maximum(verdict.stage[chosen], 0)]
    moved = np.zeros((len(total), len(table.compiled.criteria)))
    rest = np.where(np.isnan(total), np.nan, 0.0)
    for number, criterion in enumerate(table.compiled.criteria):
        points = np.zeros(len(total))
        for leaf in criterion.leaves:
            counts = parts.counted[leaf][chosen] & ~np.isnan(parts.points[leaf][chosen])
            points += np.where(counts, parts.points[leaf][chosen], 0.0)
        moves = full[:, number] > 0
        moved[:, number] = np.where(moves, points, 0.0)
        rest += np.where(moves, 0.0, points)
    return moved, rest


def _criterion_points(table: ScoreTable) -> Floats:
    """Full points of each criterion by stage; 0 where its weight is not to be moved."""
    points = np.zeros((len(table.full_points), len(table.compiled.criteria)))
    for number, criterion in enumerate(table.compiled.criteria):
        if not criterion.bonus:
            points[:, number] = table.full_points[:, list(criterion.leaves)].max(axis=1)
    return np.maximum(np.nan_to_num(points, nan=0.0), 0.0)


def _drawn_factors(
    table: ScoreTable, seed: int, n_draws: int, concentration: float
) -> NDArray[np.float64]:
    """Drawn weight over weight, shape (n_draws, n_stages, n_criteria)."""
    full = _criterion_points(table)
    factors = np.ones((n_draws, *full.shape))
    random = np.random.default_rng(seed)
    for stage, points in enumerate(full):
        moved = points > 0
        if moved.sum() > 1:
            shares = points[moved] / points[moved].sum()
            drawn = random.dirichlet(concentration * shares, size=n_draws)
            factors[:, stage, moved] = drawn / shares
    return factors


def _ranks_at(places: Integers, totals: Floats) -> Integers:
    """Ranks of some subjects among all; of few it is quicker to count who is ahead than to sort."""
    if len(places) > _FEW:
        return _ranks(totals)[places]
    known = ~np.isnan(totals[places])
    ahead = [np.count_nonzero(totals > totals[place]) for place in places]
    return np.where(known, np.array(ahead, dtype=np.int64) + 1, 0)


def _ranks(totals: Floats) -> Integers:
    """As ``ranking.ranks``, by one sort: faster where every subject is ranked."""
    order = np.argsort(-totals)  # NaN comes last
    values = totals[order]
    n_known = len(values) - int(np.isnan(values).sum())
    starts = np.concatenate(([True], values[1:n_known] != values[: max(n_known - 1, 0)]))
    shared = np.maximum.accumulate(np.where(starts[:n_known], np.arange(1, n_known + 1), 0))
    ranks = np.zeros(len(totals), dtype=np.int64)
    ranks[order[:n_known]] = shared
    return ranks


def _check_draws(n_draws: int, concentration: float, coverage: float, n_subjects: int) -> None:
    if not (n_draws >= 1 and concentration > 0 and 0 < coverage <= 1):
        raise SampleOutOfRange(
            f"n_draws {n_draws}, concentration {concentration}, coverage {coverage}; expected at "
            "least one draw, a positive concentration, and a coverage above 0 up to 1."
        )
    if n_draws * n_subjects > _MOST_KEPT_RANKS:
        raise SampleOutOfRange(
            f"{n_draws} draws of {n_subjects} subjects are more than {_MOST_KEPT_RANKS} ranks to "
            "keep; name the subjects of interest, or draw less often.",
            n_draws=n_draws,
            n_subjects=n_subjects,
        )


def _check_comparable(table: ScoreTable, rows: Sequence[int], names: Sequence[str]) -> None:
    verdict = table.verdict
    for row, name in zip(rows, names, strict=True):
        if np.isnan(verdict.total[row]):
            raise NotComparable(f"{name!r} has no total; a swap needs two.", subject_id=name)
    weights = [[float(weight[row]) for weight in verdict.parts.weights] for row in rows]
    if verdict.stage[rows[0]] != verdict.stage[rows[1]] or weights[0] != weights[1]:
        raise NotComparable(
            f"{names[0]!r} and {names[1]!r} are weighed differently (another stage, or weights of "
            "missing indicators given to others); compare two that are weighed alike."
        )
