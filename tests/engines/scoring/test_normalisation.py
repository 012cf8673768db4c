"""Each way from a raw value to 0 to 1, its bounds and its direction."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silian.engines.scoring import Band, Indicator, Normalisation
from silian.engines.scoring.normalisation import normalisation_faults, normalise
from silian.engines.scoring.ranking import ordered
from silian.sources import Source

INF = float("inf")


def indicator(direction="more", **rule):
    return Indicator(
        indicator_id="one",
        label_zh="一",
        label_en="one",
        expression="x",
        unit="",
        direction=direction,
        normalisation=Normalisation(**rule),
        source=Source(title="t"),
    )


def bands(*pairs):
    return tuple(Band(at_least=bound, points=points) for bound, points in pairs)


INTENSITY = indicator(
    method="bands", bands=bands((-INF, 0.0), (0.02, 0.2), (0.03, 0.4), (0.06, 1.0))
)
DEBT = indicator("less", method="bands", bands=bands((-INF, 1.0), (0.55, 0.5), (0.75, 0.0)))
CONSISTENT = [
    INTENSITY,
    DEBT,
    indicator(method="anchored", worst=-2.0, best=5.0),
    indicator("less", method="anchored", worst=5.0, best=-2.0),
    indicator(method="log", best=1e6),
    indicator("less", method="log", worst=1e6, best=0.0),
    indicator(method="ratio", best=3.0),
    indicator(method="percentile"),
    indicator("less", method="percentile"),
    indicator(method="boolean"),
    indicator("less", method="boolean"),
]


def values_of(one, *raw):
    return normalise(np.array(raw, dtype=float), one).tolist()


def test_a_value_on_a_bound_belongs_to_the_better_band():
    assert values_of(INTENSITY, -1.0, 0.02, 0.0299, 0.03, 0.06, 9.0) == [0, 0.2, 0.2, 0.4, 1, 1]
    assert values_of(DEBT, -INF, 0.55, 0.5500001, 0.75, 0.76, INF) == [1, 1, 0.5, 0.5, 0, 0]


def test_a_last_bit_does_not_cost_a_band():
    tenths = indicator(method="bands", bands=bands((0.8, 1.0)))
    assert 0.7 + 0.1 < 0.8
    assert values_of(tenths, 0.7 + 0.1, 0.799_999) == [1.0, 0.0]


def test_anchors_are_fixed_and_clipped():
    anchored = indicator("less", method="anchored", worst=10.0, best=2.0)
    assert values_of(anchored, 12.0, 10.0, 6.0, 2.0, -5.0) == [0, 0, 0.5, 1, 1]


def test_logarithm_ratio_boolean_and_given():
    assert values_of(indicator(method="log", best=99.0), -4.0, 0.0, 9.0, 99.0, 1e9) == [
        0.0,
        0.0,
        0.5,
        1.0,
        1.0,
    ]
    assert values_of(indicator(method="ratio", best=0.2), -1.0, 0.05, 0.3) == [0.0, 0.25, 1.0]
    assert values_of(indicator("less", method="boolean"), 1.0, 0.0) == [0.0, 1.0]
    assert values_of(indicator(method="given"), -0.5, 0.3, 7.0) == [0.0, 0.3, 1.0]


def test_percentiles_are_read_off_the_population_with_ties_by_mid_rank():
    population = ordered(np.array([1.0, 2.0, 2.0, 5.0]))
    raw = np.array([1.0, 2.0, 5.0, np.nan])
    np.testing.assert_array_equal(
        normalise(raw, indicator(method="percentile"), population), [0.125, 0.5, 0.875, np.nan]
    )
    np.testing.assert_array_equal(
        normalise(raw, indicator("less", method="percentile"), population),
        [0.875, 0.5, 0.125, np.nan],
    )


@given(
    st.sampled_from(CONSISTENT),
    st.lists(st.floats(-1e7, 1e7, allow_nan=False), min_size=1, max_size=20),
)
def test_a_better_value_never_lowers_and_nothing_leaves_zero_to_one(one, raw):
    assert normalisation_faults(one) == ""
    population = np.sort(np.array([*raw, 0.02, 0.55, 0.75]))
    if one.normalisation.method == "boolean":
        population = (population > 0).astype(float)
    best_last = population[::-1] if one.direction == "less" else population
    scores = normalise(best_last, one, population)
    assert (np.diff(scores) >= 0).all()
    assert ((scores >= 0) & (scores <= 1)).all()


@given(st.sampled_from(CONSISTENT))
def test_unknown_stays_unknown(one):
    assert np.isnan(normalise(np.array([np.nan]), one, np.array([1.0]))).all()


@given(
    st.floats(-100, 100),
    st.floats(0.5, 100),
    st.floats(-200, 200),
    st.floats(0.1, 1000),
)
def test_anchored_values_do_not_depend_on_the_unit(worst, span, raw, factor):
    one = indicator(method="anchored", worst=worst, best=worst + span)
    other = indicator(method="anchored", worst=worst * factor, best=(worst + span) * factor)
    assert values_of(one, raw) == pytest.approx(values_of(other, raw * factor), abs=1e-9)


@pytest.mark.parametrize(
    ("one", "complaint"),
    [
        (indicator(method="bands"), "method 'bands' needs bands."),
        (
            indicator(method="bands", bands=bands((2, 0.5), (1, 1.0))),
            "at_least of the bands must ascend without repeats; they are [2, 1].",
        ),
        (
            indicator(method="bands", bands=bands((1, 20.0))),
            "points of bands are fractions of the full score, 0 to 1; got [20.0].",
        ),
        (
            indicator(method="ratio", best=1.0, bands=bands((1, 1.0))),
            "bands are there, but the method is 'ratio'; remove them or use 'bands'.",
        ),
        (indicator(method="anchored", worst=1.0), "method 'anchored' needs best."),
        (indicator(method="anchored", best=1.0), "method 'anchored' needs worst and best."),
        (
            indicator("less", method="anchored", worst=0.0, best=1.0),
            "best 1.0, worst 0.0 contradict direction 'less'.",
        ),
        (
            indicator(method="anchored", worst=1.0, best=1.0),
            "worst 1.0 and best 1.0 must be two different finite numbers.",
        ),
        (indicator(method="log", worst=-1.0, best=9.0), "the logarithm wants worst and best >= 0."),
        (indicator(method="ratio", worst=1.0, best=9.0), "a ratio has no worst; use 'anchored'."),
        (
            indicator(method="percentile", best=9.0),
            "method 'percentile' reads neither worst nor best; remove them.",
        ),
    ],
)
def test_a_rule_that_makes_no_sense_is_named(one, complaint):
    assert normalisation_faults(one) == complaint
