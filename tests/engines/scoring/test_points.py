"""Points add up exactly, whatever the order; marks are met to the millionth."""

import itertools
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from silian.engines.scoring.points import in_millionths, meets, on_grid

points = st.lists(st.floats(0, 1e6, allow_nan=False), min_size=1, max_size=12)


@given(points, st.randoms(use_true_random=False))
def test_sums_on_the_grid_do_not_depend_on_the_order(values, random):
    parts = on_grid(values).tolist()
    shuffled = random.sample(parts, len(parts))
    assert sum(parts) == sum(shuffled) == math.fsum(parts) == float(np.sum(shuffled))


@given(points)
def test_sums_on_the_grid_do_not_depend_on_the_grouping(values):
    parts = on_grid(values).tolist()
    assert list(itertools.accumulate(parts))[-1] == sum(parts[::2]) + sum(parts[1::2])


@given(st.floats(-1e6, 1e6, allow_nan=False))
def test_the_grid_moves_no_value_by_a_billionth(value):
    assert abs(float(on_grid(value)) - value) <= 1e-9


def test_a_mark_is_met_to_the_millionth_and_never_by_an_unknown():
    total = on_grid(14.1) + on_grid(45.9)
    assert meets(np.array([total, 59.999_999, 60.0, np.nan]), 60.0).tolist() == [
        True,
        False,
        True,
        False,
    ]
    assert in_millionths([1.000_000_4]).tolist() == [1_000_000.0]
