"""Weights from pairwise judgements, and what is refused."""

import itertools

import ahpy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silian.engines.scoring import (
    JudgementsInconsistent,
    JudgementsRefused,
    consistent_weights,
    judged_weights,
)

DRINKS = ("coffee", "wine", "tea", "beer", "soda", "milk", "water")
CONSUMPTION = (
    (1, 9, 5, 2, 1, 1, 1 / 2),
    (1 / 9, 1, 1 / 3, 1 / 9, 1 / 9, 1 / 9, 1 / 9),
    (1 / 5, 3, 1, 1 / 3, 1 / 4, 1 / 3, 1 / 9),
    (1 / 2, 9, 3, 1, 1 / 2, 1, 1 / 3),
    (1, 9, 4, 2, 1, 2, 1 / 2),
    (1, 9, 3, 1, 1 / 2, 1, 1 / 3),
    (2, 9, 9, 3, 2, 3, 1),
)


def test_consumption_of_drinks_as_published():
    """T. L. Saaty, Int. J. Services Sciences 1 (2008) 83-98, as the AHPy 2.1 README prints it.

    The table's milk row judges coffee 1, soda 1/2: the printed matrix is reciprocal.
    """
    judged = judged_weights(CONSUMPTION)
    assert [round(weight, 3) for weight in judged.weights] == [
        0.177,
        0.019,
        0.042,
        0.116,
        0.190,
        0.129,
        0.327,
    ]
    assert round(judged.consistency_ratio, 3) == 0.022


weights = st.lists(st.floats(0.1, 10), min_size=1, max_size=9)


@given(weights)
def test_perfect_judgements_give_back_the_weights(amounts):
    matrix = [[one / other for other in amounts] for one in amounts]
    judged = judged_weights(matrix)
    assert judged.weights == pytest.approx(np.array(amounts) / sum(amounts), rel=1e-6)
    assert judged.consistency_ratio == pytest.approx(0, abs=1e-9)


@st.composite
def saaty_matrices(draw):
    n_items = draw(st.integers(3, 7))
    matrix = np.ones((n_items, n_items))
    for row, column in itertools.combinations(range(n_items), 2):
        judgement = draw(st.sampled_from([1 / 9, 1 / 5, 1 / 3, 1 / 2, 1, 2, 3, 5, 9]))
        matrix[row, column], matrix[column, row] = judgement, 1 / judgement
    return matrix


@given(saaty_matrices())
def test_weights_are_positive_and_sum_to_one_and_agree_with_ahpy(matrix):
    judged = judged_weights(matrix.tolist())
    assert sum(judged.weights) == pytest.approx(1)
    assert min(judged.weights) > 0
    items = [f"i{number}" for number in range(len(matrix))]
    oracle = ahpy.Compare(
        name="oracle",
        comparisons={
            (items[row], items[column]): float(matrix[row, column])
            for row, column in itertools.combinations(range(len(matrix)), 2)
        },
        precision=6,
        random_index="saaty",
        iterations=2000,
        tolerance=1e-12,
    )
    assert dict(zip(items, judged.weights, strict=True)) == pytest.approx(
        dict(oracle.target_weights), abs=2e-6
    )


def test_the_most_inconsistent_judgement_is_named_with_what_the_others_imply():
    amounts = (8.0, 4.0, 2.0, 1.0)
    matrix = [[one / other for other in amounts] for one in amounts]
    matrix[0][2], matrix[2][0] = 1 / 8, 8.0  # meant: 4
    with pytest.raises(JudgementsInconsistent) as caught:
        consistent_weights(matrix, ("input", "output", "growth", "reach"), "root")
    details = caught.value.details
    assert (details["row"], details["column"], details["judged"]) == ("input", "growth", 0.125)
    assert details["consistency_ratio"] > 0.1
    assert 0.5 < details["implied"] < 4
    assert "Judge this pair again." in str(caught.value)


def test_a_rounded_third_is_taken_as_the_reciprocal_of_three():
    assert judged_weights([[1, 3], [0.33, 1]]).weights == pytest.approx((0.75, 0.25))
    assert judged_weights([[1, 0.33], [3, 1]]).weights == pytest.approx((0.25, 0.75))


@pytest.mark.parametrize(
    "matrix",
    [
        [],
        [[1, 2]],
        [[1, 2], [2, 1]],
        [[1, 0], [0, 1]],
        [[1, -2], [-0.5, 1]],
        [[2]],
        [[1, float("nan")], [1, 1]],
        np.ones((12, 12)).tolist(),
    ],
)
def test_a_matrix_that_is_none_is_refused(matrix):
    with pytest.raises(JudgementsRefused):
        judged_weights(matrix)


def test_a_matrix_of_another_size_than_the_branch_is_refused():
    with pytest.raises(JudgementsRefused, match="2 rows for 3 children"):
        consistent_weights([[1, 1], [1, 1]], ("a", "b", "c"), "root")
