"""Ranks under drawn weights, and the weight at which two subjects swap."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_world import TRUTH, MemorySession, branch, compiled, leaf

from silian.engines.scoring import (
    NotComparable,
    SampleOutOfRange,
    UnknownSubject,
    score_subjects,
    sensitivity,
    swap_weights,
)
from silian.engines.scoring.ranking import ranks

CHILDREN = (
    leaf("x", "a", 50.0),
    branch("two", leaf("y", "b", 30.0), leaf("z", "c", 30.0), combine="best"),
    leaf("w", "d", 20.0),
    leaf("prize", "listed", 5.0, TRUTH, bonus=True),
)
SYSTEM = compiled(*CHILDREN)
shares = st.integers(0, 20).map(lambda n: n / 20)
ROWS = st.lists(
    st.fixed_dictionaries({**dict.fromkeys("abcd", shares), "listed": st.booleans()}),
    min_size=2,
    max_size=8,
)


def table_of(rows, system=SYSTEM):
    return score_subjects(system, MemorySession(rows), "facts")


def row(a, b=0.0, c=0.0, d=0.0, listed=False):
    return {"a": a, "b": b, "c": c, "d": d, "listed": listed}


@settings(max_examples=15, deadline=None)
@given(ROWS)
def test_who_is_nowhere_worse_never_falls_behind(rows):
    better = {**rows[0], "a": rows[0]["a"] + 0.5 if rows[0]["a"] <= 0.5 else 1.0}
    answer = sensitivity(table_of([better, *rows]), seed=1, n_draws=40, coverage=1.0)
    assert answer.worst_rank[0] <= answer.worst_rank[1]
    assert answer.best_rank[0] <= answer.best_rank[1]


@settings(max_examples=15, deadline=None)
@given(ROWS)
def test_intervals_are_ordered_and_within_the_table(rows):
    answer = sensitivity(table_of(rows), seed=3, n_draws=30)
    assert (answer.best_rank <= answer.median_rank).all()
    assert (answer.median_rank <= answer.worst_rank).all()
    assert answer.best_rank.min() >= 1
    assert answer.worst_rank.max() <= len(rows)
    totals = table_of(rows).verdict.total
    assert answer.rank.tolist() == ranks(np.rint(totals * 1e6)).tolist()


def test_nearly_fixed_weights_give_the_ranks_as_they_are():
    rows = [row(0.1), row(0.9), row(0.4, 1.0), row(0.2, 0.0, 0.3)]
    answer = sensitivity(table_of(rows), seed=5, n_draws=50, concentration=1e12, coverage=1.0)
    assert answer.best_rank.tolist() == answer.worst_rank.tolist() == answer.rank.tolist()


def test_a_close_race_shows_in_the_interval():
    rows = [row(1.0, 0.0), row(0.0, 1.0, d=0.9), row(0.0)]
    answer = sensitivity(table_of(rows), seed=5, n_draws=400, concentration=30.0)
    assert answer.best_rank.tolist() == [1, 1, 3]
    assert answer.worst_rank.tolist() == [2, 2, 3]


def test_the_seed_decides_and_a_choice_of_subjects_does_not():
    rows = [row(n / 20, (7 * n % 20) / 20, d=(3 * n % 20) / 20) for n in range(20)]
    table = table_of(rows)
    every = sensitivity(table, seed=7, n_draws=60).arrow()
    assert sensitivity(table, seed=7, n_draws=60).arrow() == every
    assert sensitivity(table, seed=8, n_draws=60).arrow() != every
    some = sensitivity(table, seed=7, n_draws=60, subjects=["s000012", "s000003"]).arrow()
    assert some.to_pylist() == [every.to_pylist()[12], every.to_pylist()[3]]


def test_few_subjects_are_counted_as_many_are_sorted():
    random = np.random.default_rng(3)
    rows = [row(*(random.integers(0, 4, 4) / 4)) for _ in range(60)]
    rows[7]["a"] = None
    table = table_of(rows)
    everybody = sensitivity(table, seed=5, n_draws=40)
    ids = table.subject_ids.to_pylist()
    chosen = [7, 3, 59, 0]
    few = sensitivity(table, seed=5, n_draws=40, subjects=[ids[one] for one in chosen])
    for name in ("rank", "best_rank", "median_rank", "worst_rank"):
        assert getattr(few, name).tolist() == getattr(everybody, name)[chosen].tolist(), name
    assert few.rank[0] == 0


def test_subjects_without_a_total_have_no_rank():
    answer = sensitivity(table_of([row(0.5), {"a": 0.9}, row(0.1)]), seed=1).arrow()
    assert answer["rank"].to_pylist() == [1, None, 2]
    assert answer["worst_rank"].to_pylist() == [1, None, 2]


@settings(max_examples=25, deadline=None)
@given(ROWS, st.data())
def test_totals_are_equal_at_the_swap_and_nowhere_else(rows, data):
    table = table_of(rows)
    swaps = swap_weights(table, "s000000", "s000001")
    assert [one.criterion.criterion_id for one in swaps] == ["x", "two", "w"]
    assert [one.points for one in swaps] == [50.0, 30.0, 20.0]
    which = data.draw(st.integers(0, 2))
    gap_now = table.verdict.total[0] - table.verdict.total[1]
    for points in (0.0, 100.0, swaps[which].swap_points):
        if points is None:
            continue
        gap = gap_under(rows, which, points)
        if points == swaps[which].swap_points:
            assert gap == pytest.approx(0, abs=1e-6)
        elif swaps[which].swap_points is None and gap_now:
            assert gap * gap_now > -1e-6


def gap_under(rows, which, points):
    """Totals of the first two rows apart, with one criterion at other full points."""
    full = np.array([50.0, 30.0, 20.0])
    full = np.where(np.arange(3) == which, points, full * (100.0 - points) / (100.0 - full[which]))
    x, y, w = full
    values = []
    for one in rows[:2]:
        best = max(one["b"], one["c"])
        values.append(x * one["a"] + y * best + w * one["d"] + 5.0 * one["listed"])
    return values[0] - values[1]


def test_a_swap_by_hand():
    # 50 a + 30 b + 20 d: 50 against 30. With x at 37.5 the others weigh 37.5 and 25; with y at
    # 41 2/3, x weighs (100 - 41 2/3) * 50 / 70, as much. Whatever w weighs, x outweighs y.
    swaps = swap_weights(table_of([row(1.0), row(0.0, 1.0)]), "s000000", "s000001")
    assert [one.swap_points for one in swaps] == [
        pytest.approx(37.5),
        pytest.approx(41 + 2 / 3),
        None,
    ]


STAGED = compiled(
    leaf("x", "a", {"small": 60.0, "large": 40.0}, missing="reweigh"),
    leaf("y", "b", {"small": 40.0, "large": 60.0}),
    stages=(("small", "staff_count < 50"), ("large", "staff_count >= 50")),
)


@pytest.mark.parametrize(
    "other",
    [{"a": 0.1, "b": 0.1, "staff_count": 60}, {"b": 0.1, "staff_count": 5}, {"a": 1.0}],
)
def test_subjects_weighed_differently_do_not_swap(other):
    table = table_of([{"a": 0.5, "b": 0.5, "staff_count": 5}, other], STAGED)
    with pytest.raises(NotComparable):
        swap_weights(table, "s000000", "s000001")


def test_each_stage_draws_its_own_weights():
    rows = [
        {"a": n / 10, "b": 1 - n / 10, "staff_count": size} for n in range(6) for size in (5, 60)
    ]
    answer = sensitivity(table_of(rows, STAGED), seed=2, n_draws=50)
    assert (answer.worst_rank >= answer.best_rank).all()
    assert answer.worst_rank.max() > answer.best_rank.min()


@pytest.mark.parametrize(
    "parameters",
    [
        {"n_draws": 0},
        {"concentration": 0.0},
        {"coverage": 0.0},
        {"coverage": 1.1},
        {"n_draws": 10**9},
    ],
)
def test_draws_out_of_range_are_refused(parameters):
    with pytest.raises(SampleOutOfRange):
        sensitivity(table_of([row(0.1)]), seed=1, **parameters)


def test_a_subject_that_is_not_there_is_refused():
    with pytest.raises(UnknownSubject):
        sensitivity(table_of([row(0.1)]), seed=1, subjects=["s9"])


def test_what_comes_out_does_not_change():
    answer = swap_weights(table_of([row(1.0), row(0.0, 1.0)]), "s000000", "s000001")
    with pytest.raises(dataclasses.FrozenInstanceError):
        answer[0].points = 1.0
