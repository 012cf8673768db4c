"""The next step of each indicator is enough, and no smaller one is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_world import TRUTH, bands, branch, compiled, leaf

from silian.engines.scoring import Normalisation, Population, next_steps, score_subject

INF = float("inf")
SYSTEM = compiled(
    leaf("intensity", "a", 50.0, bands((-INF, 0.0), (0.02, 0.2), (0.03, 0.4), (0.06, 1.0))),
    leaf("debt", "b", 10.0, bands((-INF, 1.0), (0.55, 0.5), (0.75, 0.0)), direction="less"),
    branch(
        "either",
        leaf("sales", "c", 30.0, bands((1.0, 0.5), (2.0, 1.0))),
        leaf("export", "d", 30.0, Normalisation(method="anchored", worst=0.0, best=4.0)),
        combine="best",
    ),
    leaf("listed", "listed", 10.0, TRUTH),
    pass_at_least=60.0,
)


def steps_of(**facts):
    return {
        step.indicator.indicator_id: (step.target, step.gained_points, step.passes)
        for step in next_steps(SYSTEM, facts)
    }


def test_each_indicator_moves_to_its_next_better_band():
    steps = next_steps(SYSTEM, {"a": 0.025, "b": 0.8, "c": 1.5, "d": 1.0, "listed": False})
    assert [(step.indicator.indicator_id, step.target, step.gained_points) for step in steps] == [
        ("sales", 2.0, 15.0),
        ("export", 4.0, 15.0),
        ("intensity", 0.03, 10.0),
        ("listed", 1.0, 10.0),
        ("debt", 0.75, 5.0),
    ]
    assert [round(step.shortfall, 9) for step in steps] == [0.5, 3.0, 0.005, 1.0, 0.05]


def test_a_step_tells_whether_it_passes():
    steps = steps_of(a=0.06, b=0.6, c=0.0, d=0.0, listed=False)
    assert steps["sales"] == (1.0, 15.0, True)
    assert steps["debt"] == (0.55, 5.0, True)
    assert steps_of(a=0.0, b=0.6, c=0.0, d=0.0, listed=False)["debt"] == (0.55, 5.0, False)


def test_what_is_best_already_or_would_not_count_is_no_step():
    assert steps_of(a=0.07, b=0.1, c=2.0, d=1.0, listed=True) == {}


def test_a_step_past_a_band_that_is_worth_the_same():
    flat = compiled(leaf("x", "a", 10.0, bands((0, 0.2), (1, 0.2), (2, 0.4))))
    assert [step.target for step in next_steps(flat, {"a": 0.5})] == [2]
    flat = compiled(leaf("x", "a", 10.0, bands((0, 0.4), (1, 0.2), (2, 0.2)), direction="less"))
    assert [step.target for step in next_steps(flat, {"a": 2.5})] == [1]


def test_a_value_a_last_bit_short_of_a_band_is_already_in_it():
    tenths = compiled(leaf("x", "a", 10.0, bands((0.0, 0.2), (0.8, 0.4), (0.9, 1.0))))
    assert [step.target for step in next_steps(tenths, {"a": 0.7 + 0.1})] == [0.9]


def test_unknown_values_have_no_step():
    assert steps_of() == {}
    assert steps_of(b=0.8) == {"debt": (0.75, 5.0, False)}


facts = st.fixed_dictionaries(
    {
        "a": st.integers(0, 80).map(lambda n: n / 1000),
        "b": st.integers(0, 100).map(lambda n: n / 100),
        "c": st.integers(0, 30).map(lambda n: n / 10),
        "d": st.integers(-10, 50).map(lambda n: n / 10),
        "listed": st.booleans(),
    }
)
FACT_OF = {"intensity": "a", "debt": "b", "sales": "c", "export": "d", "listed": "listed"}


@settings(max_examples=100, deadline=None)
@given(facts)
def test_a_step_gains_exactly_what_it_says_and_bands_need_all_of_it(row):
    before = score_subject(SYSTEM, row)
    for step in next_steps(SYSTEM, row):
        fact = FACT_OF[step.indicator.indicator_id]
        target = bool(step.target) if fact == "listed" else step.target
        after = score_subject(SYSTEM, {**row, fact: target})
        assert after.total - before.total == step.gained_points
        assert step.passes is (after.passed and not before.passed)
        if step.indicator.normalisation.method == "bands":
            almost = step.raw + (step.target - step.raw) * (1 - 1e-6)
            short = score_subject(SYSTEM, {**row, fact: almost})
            assert short.total < after.total


@pytest.mark.parametrize("method", ["percentile", "given"])
def test_what_hangs_on_others_or_answers_itself_has_no_step(method):
    system = compiled(leaf("x", "a", 10.0, Normalisation(method=method)), leaf("y", "b", 10.0))
    population = Population(
        system_id="trial",
        version="1",
        n_subjects=2,
        raw=(np.array([0.1, 0.9]), np.array([0.1, 0.9])),
        totals=np.array([1e6, 9e6]),
    )
    assert next_steps(system, {"a": 0.1, "b": 0.1}, population=population) == ()
