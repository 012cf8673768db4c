"""How good a ranking is: nDCG, reciprocal rank, recall, level error, and how sure we are.

Ties never flatter: items with equal scores share the positions they occupy, so a ranker that
says the same of everything is rated like a random order.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from silian.errors import EngineError

Floats = NDArray[np.float64]

RELEVANT_LEVEL = 3.0


class EvaluationInputInvalid(EngineError, ValueError):
    """Levels, scores and groups do not fit each other."""

    code = "matching.evaluation_input_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A figure with its bootstrap interval; ``low`` and ``high`` bound ``confidence`` of it."""

    value: float
    low: float
    high: float
    confidence: float


def _paired(levels: ArrayLike, scores: ArrayLike) -> tuple[Floats, Floats]:
    levels_array = np.asarray(levels, dtype=np.float64)
    scores_array = np.asarray(scores, dtype=np.float64)
    if levels_array.ndim != 1 or levels_array.shape != scores_array.shape or not levels_array.size:
        raise EvaluationInputInvalid(
            f"levels has shape {levels_array.shape} and scores {scores_array.shape}; expected two "
            "equally long, non-empty rows with one level and one score for each item."
        )
    if not (np.isfinite(levels_array).all() and np.isfinite(scores_array).all()):
        raise EvaluationInputInvalid(
            "levels or scores hold NaN or infinity; leave such items out or score them first."
        )
    return levels_array, scores_array


def _expected_at_positions(values: Floats, scores: Floats) -> Floats:
    """Values in order of falling score; tied items each get the mean of their group."""
    _, group = np.unique(-scores, return_inverse=True)
    means = np.bincount(group, weights=values) / np.bincount(group)
    return np.asarray(means[np.sort(group)], dtype=np.float64)


def ndcg_at(levels: ArrayLike, scores: ArrayLike, k: int = 10) -> float:
    """Normalised discounted cumulative gain of one question's items, gain ``2**level - 1``.

    Parameters
    ----------
    levels
        Shape (n_items,), true relevance, 1 to 4 (any non-negative number works).
    scores
        Shape (n_items,), higher ranks first; ties share their positions' discount.
    k
        How many positions count.

    Returns
    -------
    float
        0 to 1; 1 where no item has any gain, for then no order is better than another.

    Raises
    ------
    EvaluationInputInvalid
        If the rows differ in length, are empty or hold NaN.

    References
    ----------
    Järvelin and Kekäläinen, ACM TOIS 20(4), 2002; ties as McSherry and Najork, ECIR 2008.

    Examples
    --------
    >>> round(ndcg_at([1, 4, 2], [0.9, 0.8, 0.1]), 4)
    0.6879
    """
    levels_array, scores_array = _paired(levels, scores)
    gains = np.exp2(levels_array) - 1.0
    depth = min(k, len(gains))
    discounts = 1.0 / np.log2(np.arange(2, depth + 2))
    ideal = float(np.sort(gains)[::-1][:depth] @ discounts)
    if ideal <= 0.0:
        return 1.0
    return float(_expected_at_positions(gains, scores_array)[:depth] @ discounts) / ideal


def reciprocal_rank(
    levels: ArrayLike, scores: ArrayLike, relevant_level: float = RELEVANT_LEVEL
) -> float:
    """One over the rank of the first relevant item; 0 if none is relevant.

    A tie counts as the worst rank it could mean.

    Examples
    --------
    >>> reciprocal_rank([1, 4, 2], [0.9, 0.8, 0.1])
    0.5
    """
    levels_array, scores_array = _paired(levels, scores)
    relevant = levels_array >= relevant_level
    if not relevant.any():
        return 0.0
    best = scores_array[relevant].max()
    ahead = int((scores_array > best).sum())
    level_with = int(((scores_array == best) & ~relevant).sum())
    return 1.0 / (ahead + level_with + 1)


def recall_at(
    levels: ArrayLike, scores: ArrayLike, k: int = 50, relevant_level: float = RELEVANT_LEVEL
) -> float:
    """Share of the relevant items that stand among the first ``k``; 1 if none is relevant.

    Examples
    --------
    >>> recall_at([4, 3, 1, 3], [0.9, 0.1, 0.8, 0.7], k=3) == 2 / 3
    True
    """
    levels_array, scores_array = _paired(levels, scores)
    relevant = (levels_array >= relevant_level).astype(np.float64)
    if not relevant.any():
        return 1.0
    return float(_expected_at_positions(relevant, scores_array)[:k].sum() / relevant.sum())


def level_score(levels: ArrayLike, predicted_levels: ArrayLike) -> float:
    """``1 / (1 + mean absolute error)`` of predicted levels.

    References
    ----------
    Metric of the CCF BDCI 2019 task on technology needs and achievements.

    Examples
    --------
    >>> level_score([1, 2, 4], [1, 3, 4]) == 0.75
    True
    """
    levels_array, predicted = _paired(levels, predicted_levels)
    return float(1.0 / (1.0 + np.abs(levels_array - predicted).mean()))


def by_group(
    metric: Callable[[Floats, Floats], float],
    levels: ArrayLike,
    scores: ArrayLike,
    groups: ArrayLike,
) -> Floats:
    """Apply a metric to each question's items alone.

    Parameters
    ----------
    groups
        Shape (n_items,), which question each item belongs to.

    Returns
    -------
    ndarray
        Shape (n_questions,), in order of ``numpy.unique(groups)``.
    """
    levels_array, scores_array = _paired(levels, scores)
    group_array = np.asarray(groups)
    if group_array.shape != levels_array.shape:
        raise EvaluationInputInvalid(
            f"groups has shape {group_array.shape}; expected one question for each of the "
            f"{len(levels_array)} items."
        )
    order = np.argsort(group_array, kind="stable")
    edges = np.flatnonzero(np.diff(np.unique(group_array, return_inverse=True)[1][order])) + 1
    return np.array(
        [metric(levels_array[rows], scores_array[rows]) for rows in np.split(order, edges)]
    )


def bootstrap_interval(
    values: Sequence[float] | Floats,
    *,
    seed: int,
    confidence: float = 0.95,
    resamples: int = 2_000,
    statistic: Callable[[Floats], Floats] = lambda draws: draws.mean(axis=1),
) -> Interval:
    """Percentile bootstrap interval of a statistic over questions.

    Parameters
    ----------
    values
        Shape (n_questions,), one figure for each question (or a paired difference).
    statistic
        Maps draws of shape (n_resamples, n_questions) to shape (n_resamples,).

    References
    ----------
    Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.

    Examples
    --------
    >>> bootstrap_interval([0.5, 0.5, 0.5], seed=1)
    Interval(value=0.5, low=0.5, high=0.5, confidence=0.95)
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or not array.size:
        raise EvaluationInputInvalid(
            f"values has shape {array.shape}; expected one figure for each question."
        )
    picks = np.random.default_rng(seed).integers(0, len(array), (resamples, len(array)))
    draws = statistic(array[picks])
    low, high = np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(
        value=float(statistic(array[None, :])[0]),
        low=float(low),
        high=float(high),
        confidence=confidence,
    )
