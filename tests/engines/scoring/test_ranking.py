"""Ties share a rank; percentiles count ties half; peers stand only among their own."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from silian.engines.scoring.ranking import (
    ordered,
    peer_standing,
    percentiles,
    percentiles_among,
    ranks,
    ranks_among,
)

values = st.lists(st.integers(0, 12).map(float) | st.just(np.nan), min_size=1, max_size=40).map(
    np.array
)


@given(values)
def test_a_rank_is_one_more_than_how_many_are_better(numbers):
    known = numbers[~np.isnan(numbers)]
    assert ranks(numbers).tolist() == [
        0 if np.isnan(one) else 1 + int((known > one).sum()) for one in numbers
    ]


@given(values)
def test_a_percentile_is_the_share_below_with_ties_counted_half(numbers):
    known = numbers[~np.isnan(numbers)]
    np.testing.assert_array_equal(
        percentiles(numbers),
        [
            np.nan
            if np.isnan(one)
            else ((known < one).sum() + (known <= one).sum()) / (2.0 * len(known))
            for one in numbers
        ],
    )


@given(values)
def test_percentiles_average_to_one_half(numbers):
    shares = percentiles(numbers)
    known = shares[~np.isnan(shares)]
    assert not len(known) or abs(known.mean() - 0.5) < 1e-12


def test_a_stranger_is_placed_where_it_would_stand():
    population = ordered(np.array([30.0, 10.0, 20.0]))
    assert ranks_among(np.array([25.0, 5.0, 99.0]), population).tolist() == [2, 4, 1]
    assert percentiles_among(np.array([25.0]), population).tolist() == [2 / 3]


def test_nobody_to_stand_among_leaves_the_percentile_unknown():
    assert np.isnan(percentiles(np.array([np.nan]))).all()


def test_peers_stand_among_their_own_group():
    standing = peer_standing(
        np.array([10.0, 30.0, 99.0, 20.0, np.nan, 50.0]), np.array([0, 0, 1, 0, 0, -1])
    )
    assert standing.rank.tolist() == [3, 1, 1, 2, 0, 0]
    assert standing.n_peers.tolist() == [3, 3, 1, 3, 3, 0]
    assert standing.median.tolist()[:5] == [20.0, 20.0, 99.0, 20.0, 20.0]
    assert standing.lower_quartile.tolist()[:3] == [15.0, 15.0, 99.0]
    np.testing.assert_array_equal(standing.percentile, [1 / 6, 5 / 6, 0.5, 0.5, np.nan, np.nan])


def test_where_less_is_better_the_lowest_peer_comes_first():
    standing = peer_standing(
        np.array([10.0, 30.0, 20.0]), np.zeros(3, dtype=np.int64), less_is_better=True
    )
    assert standing.rank.tolist() == [1, 3, 2]
    assert standing.percentile.tolist() == [5 / 6, 1 / 6, 0.5]
    assert standing.lower_quartile.tolist() == [15.0] * 3
    assert standing.upper_quartile.tolist() == [25.0] * 3
