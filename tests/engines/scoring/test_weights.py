"""Entropy and CRITIC weights beside published figures and an independent package."""

import numpy as np
import pymcdm.weights as oracle
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from silian.engines.scoring import PopulationTooSmall, derive_weights
from silian.engines.scoring.weights import entropy_weights, stretched

FIRMS = np.array(
    [
        [61, 1.08, 4.33],
        [20.7, 0.26, 4.34],
        [16.3, 1.98, 2.53],
        [9.0, 3.29, 1.65],
        [5.4, 2.77, 2.33],
        [4.0, 4.12, 1.21],
        [-6.1, 3.52, 2.10],
        [-34.6, 3.31, 0.98],
    ]
)
SOFTWARE = np.array(
    [
        [5000.0, 3, 3, 4, 3, 2],
        [680, 5, 3, 2, 2, 1],
        [2000, 3, 2, 3, 4, 3],
        [600, 4, 3, 1, 2, 2],
        [800, 2, 4, 3, 3, 4],
    ]
)

columns = arrays(
    np.float64,
    st.tuples(st.integers(3, 12), st.integers(1, 5)),
    elements=st.integers(0, 50).map(float),
)


def test_critic_of_eight_firms_as_published():
    """D. Diakoulaki et al., Computers & Operations Research 22 (1995) 763-770, table 1.

    Digits as the tests of scikit-criteria hold them.
    """
    assert derive_weights("critic", FIRMS) == pytest.approx(
        [0.20222554, 0.48090173, 0.31687273], abs=5e-9
    )
    assert derive_weights("critic", FIRMS, correlation="spearman") == pytest.approx(
        [0.21454645, 0.4898563, 0.29559726], abs=5e-8
    )


def test_critic_of_five_software_packages_as_published():
    """A. Tuş, E. Aytaç Adalı, Opsearch 56 (2019) 528-538, all criteria taken as gains.

    Digits as the tests of pyrepo-mcda hold them.
    """
    assert derive_weights("critic", SOFTWARE).round(3).tolist() == [
        0.157,
        0.249,
        0.168,
        0.121,
        0.154,
        0.151,
    ]


@pytest.mark.parametrize(
    ("matrix", "weights"),
    [
        (  # X. Xu, European Journal of Operational Research 156 (2004) 530-532
            [[30, 30, 38, 29], [19, 54, 86, 29], [19, 15, 85, 28.9], [68, 70, 60, 29]],
            [0.4630, 0.3992, 0.1378, 0.0000],
        ),
        (  # Zavadskas, Podvezko, Int. J. Inf. Technol. Decis. Mak. 15 (2016) 267-283
            [[3.0, 100, 10, 7], [2.5, 80, 8, 5], [1.8, 50, 20, 11], [2.2, 70, 12, 9]],
            [0.1146, 0.1981, 0.4185, 0.2689],
        ),
    ],
)
def test_entropy_as_published(matrix, weights):
    """Digits as the tests of pyrepo-mcda hold them; shares of the raw columns."""
    assert entropy_weights(np.array(matrix, dtype=float)).round(4).tolist() == weights


@given(columns)
def test_derived_weights_agree_with_an_independent_package(values):
    own = stretched(values)
    assume(not np.isnan(own).any())  # the package divides by 0 on constant columns
    assert derive_weights("entropy", values) == pytest.approx(
        oracle.entropy_weights(0.002 + 0.996 * own), abs=1e-9
    )
    correlation = np.corrcoef(own, rowvar=False).reshape(own.shape[1], -1)
    assume((own.std(axis=0) * (1 - correlation).sum(axis=0)).sum() > 1e-9)
    assert derive_weights("critic", values) == pytest.approx(oracle.critic_weights(own), abs=1e-9)


@given(columns, st.sampled_from(["entropy", "critic"]))
def test_weights_are_never_negative_and_sum_to_one(values, method):
    weights = derive_weights(method, values)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()


@given(columns, st.sampled_from(["entropy", "critic"]), st.floats(0.01, 100), st.floats(-50, 50))
def test_weights_do_not_depend_on_unit_or_zero_point(values, method, factor, shift):
    changed = values.copy()
    changed[:, 0] = changed[:, 0] * factor + shift
    assert derive_weights(method, changed) == pytest.approx(
        derive_weights(method, values), abs=1e-6
    )


@given(columns, st.sampled_from(["entropy", "critic"]), st.randoms(use_true_random=False))
def test_weights_do_not_depend_on_the_order_of_subjects(values, method, random):
    order = random.sample(range(len(values)), len(values))
    assert derive_weights(method, values[order]) == pytest.approx(
        derive_weights(method, values), abs=1e-9
    )


def test_a_constant_or_never_known_column_weighs_nothing():
    values = np.array([[1.0, 7, np.nan, 3], [2, 7, np.nan, 1], [4, 7, np.nan, 9]])
    for method in ("entropy", "critic"):
        weights = derive_weights(method, values)
        assert weights[1] == weights[2] == 0.0
        assert weights.sum() == pytest.approx(1)


def test_where_nobody_differs_all_weigh_the_same():
    assert derive_weights("critic", np.ones((4, 2))).tolist() == [0.5, 0.5]


def test_standardised_columns_are_stretched_again():
    standardised = (FIRMS - FIRMS.mean(axis=0)) / FIRMS.std(axis=0)
    assert derive_weights("critic", standardised) == pytest.approx(derive_weights("critic", FIRMS))


def test_a_missing_value_costs_only_its_own_column_and_pairs():
    gap = FIRMS.copy()
    gap[2, 0] = np.nan
    both = np.delete(FIRMS, 2, axis=0)
    own = stretched(gap)
    deviation = np.array([np.nanstd(own[:, column], ddof=1) for column in range(3)])
    correlation = np.array(
        [
            [
                1,
                np.corrcoef(both[:, 0], both[:, 1])[0, 1],
                np.corrcoef(both[:, 0], both[:, 2])[0, 1],
            ],
            [0, 1, np.corrcoef(FIRMS[:, 1], FIRMS[:, 2])[0, 1]],
            [0, 0, 1],
        ]
    )
    correlation = np.triu(correlation) + np.triu(correlation, 1).T
    information = deviation * (1 - correlation).sum(axis=0)
    assert derive_weights("critic", gap) == pytest.approx(information / information.sum())


def test_two_subjects_say_nothing():
    with pytest.raises(PopulationTooSmall):
        derive_weights("entropy", np.array([[1.0, 2.0], [2.0, 1.0]]))
