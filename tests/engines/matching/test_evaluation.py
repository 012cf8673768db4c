"""Measures against hand-worked cases and scikit-learn."""

import math

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from silian.engines.matching.evaluation import (
    EvaluationInputInvalid,
    Interval,
    bootstrap_interval,
    by_group,
    level_score,
    ndcg_at,
    recall_at,
    reciprocal_rank,
)


def test_ndcg_matches_a_hand_worked_case() -> None:
    # order by score: levels 1, 4, 2 -> gains 1, 15, 3; ideal 15, 3, 1
    gained = 1 + 15 / math.log2(3) + 3 / 2
    ideal = 15 + 3 / math.log2(3) + 1 / 2
    assert ndcg_at([1, 4, 2], [0.9, 0.8, 0.1]) == pytest.approx(gained / ideal, abs=1e-15)


@pytest.mark.parametrize("k", [1, 3, 10, 50])
def test_ndcg_agrees_with_scikit_learn_ties_included(k: int) -> None:
    random = np.random.default_rng(7)
    for size in (2, 5, 30):
        levels = random.integers(1, 5, size)
        scores = random.integers(0, 6, size) / 5
        expected = ndcg_score([2.0**levels - 1], [scores], k=k)
        assert ndcg_at(levels, scores, k) == pytest.approx(expected, abs=1e-12)


def test_a_constant_ranker_gains_what_a_random_order_gains_on_average() -> None:
    levels = np.array([4, 1, 1, 2])
    random = np.random.default_rng(3)
    shuffled = [ndcg_at(levels, random.permutation(4), k=2) for _ in range(20_000)]
    assert ndcg_at(levels, np.zeros(4), k=2) == pytest.approx(np.mean(shuffled), abs=0.005)


def test_ndcg_is_one_where_no_order_is_better() -> None:
    assert ndcg_at([2, 2, 2], [0.1, 0.2, 0.3]) == 1.0
    assert ndcg_at([0, 0], [1.0, 2.0]) == 1.0


def test_reciprocal_rank_counts_a_tie_as_its_worst_rank() -> None:
    assert reciprocal_rank([1, 4, 2], [0.9, 0.8, 0.1]) == 0.5
    assert reciprocal_rank([1, 4, 1], [0.5, 0.5, 0.5]) == 1 / 3
    assert reciprocal_rank([1, 2], [0.5, 0.4]) == 0.0


def test_recall_shares_the_places_of_a_tie() -> None:
    assert recall_at([4, 3, 1, 3], [0.9, 0.1, 0.8, 0.7], k=3) == 2 / 3
    assert recall_at([4, 1, 1, 1], [0.0, 0.0, 0.0, 0.0], k=1) == 0.25
    assert recall_at([1, 2], [0.3, 0.2], k=1) == 1.0


def test_level_score_is_one_over_one_plus_mean_error() -> None:
    assert level_score([1, 2, 4], [1, 3, 4]) == 1 / (1 + 1 / 3)
    assert level_score([1, 2], [1.0, 2.0]) == 1.0


def test_by_group_keeps_each_question_apart() -> None:
    levels = [1, 4, 4, 1]
    scores = [0.9, 0.1, 0.8, 0.2]
    assert by_group(reciprocal_rank, levels, scores, ["b", "b", "a", "a"]).tolist() == [1.0, 0.5]


def test_bootstrap_interval_holds_the_mean_and_narrows_with_more_questions() -> None:
    random = np.random.default_rng(0)
    few = bootstrap_interval(random.normal(0.5, 0.1, 20), seed=1)
    many = bootstrap_interval(random.normal(0.5, 0.1, 2_000), seed=1)
    assert few.low < few.value < few.high
    assert many.high - many.low < (few.high - few.low) / 5
    assert bootstrap_interval([0.5, 0.5], seed=1) == Interval(
        value=0.5, low=0.5, high=0.5, confidence=0.95
    )


@pytest.mark.parametrize(
    ("levels", "scores"),
    [([], []), ([1, 2], [1.0]), ([[1, 2]], [[1.0, 2.0]]), ([1, 2], [float("nan"), 1.0])],
)
def test_rows_that_do_not_fit_are_refused(levels: list[float], scores: list[float]) -> None:
    with pytest.raises(EvaluationInputInvalid) as refusal:
        ndcg_at(levels, scores)
    assert refusal.value.code == "matching.evaluation_input_invalid"
