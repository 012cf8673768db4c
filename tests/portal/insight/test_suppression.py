"""Nothing that is withheld can be worked out from what is published."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linprog

from silian.portal.insight.domain.suppression import Groups, sums, withheld

LEAST = 5


def tree(n_leaves: int, cuts: list[int]) -> Groups:
    """All, the parts between the cuts, and every leaf."""
    edges = sorted({0, n_leaves, *(cut % n_leaves for cut in cuts)})
    parts = [list(range(low, high)) for low, high in pairwise(edges)]
    single = [[leaf] for leaf in range(n_leaves)]
    return Groups.of([list(range(n_leaves)), *parts, *single], n_leaves)


@st.composite
def tables(draw: st.DrawFn) -> tuple[NDArray[np.int64], Groups, Groups]:
    n_rows, n_columns = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    counts = st.one_of(st.integers(0, 7), st.integers(0, 60))
    values = draw(st.lists(counts, min_size=n_rows * n_columns, max_size=n_rows * n_columns))
    rows = tree(n_rows, draw(st.lists(st.integers(0, 20), max_size=2)))
    columns = tree(n_columns, draw(st.lists(st.integers(0, 20), max_size=1)))
    return np.array(values).reshape(n_rows, n_columns), rows, columns


def equations(rows: Groups, columns: Groups, hidden: NDArray[np.bool_]) -> NDArray[np.float64]:
    """One row a published sum: which leaves it adds up."""
    places = np.argwhere(~hidden)
    return np.array(
        [np.outer(rows.member[r], columns.member[c]).ravel().astype(float) for r, c in places]
    ).reshape(len(places), rows.member.shape[1] * columns.member.shape[1])


def largest(
    leaves: NDArray[np.int64],
    rows: Groups,
    columns: Groups,
    hidden: NDArray[np.bool_],
    cell: object,
    fixed: NDArray[np.bool_] | None = None,
) -> float:
    """What a withheld sum could at most be, knowing every published one."""
    row, column = cell  # type: ignore[misc]
    known = equations(rows, columns, hidden)
    wanted = np.outer(rows.member[row], columns.member[column]).ravel().astype(float)
    found = linprog(
        -wanted,
        A_eq=known if len(known) else None,
        b_eq=known @ leaves.ravel() if len(known) else None,
        bounds=[
            (count, count) if gone else (0, 1_000)
            for count, gone in zip(
                leaves.ravel(),
                np.zeros(leaves.size) if fixed is None else fixed.ravel(),
                strict=True,
            )
        ],
        method="highs",
    )
    assert found.status == 0
    return float(-found.fun)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(tables())
def test_no_withheld_sum_follows_from_published_ones(
    drawn: tuple[NDArray[np.int64], Groups, Groups],
) -> None:
    leaves, rows, columns = drawn
    hidden = withheld([leaves], rows, columns, LEAST)
    known = equations(rows, columns, hidden)
    rank = np.linalg.matrix_rank(known) if len(known) else 0
    for row, column in np.argwhere(hidden):
        wanted = np.outer(rows.member[row], columns.member[column]).ravel()
        assert np.linalg.matrix_rank(np.vstack([known, wanted])) > rank


@settings(max_examples=60, deadline=None, derandomize=True)
@given(tables())
def test_small_sums_could_as_well_be_large(
    drawn: tuple[NDArray[np.int64], Groups, Groups],
) -> None:
    leaves, rows, columns = drawn
    hidden = withheld([leaves], rows, columns, LEAST)
    found = sums(leaves, rows, columns)
    small = (found > 0) & (found < LEAST)
    assert not (small & ~hidden).any()
    for cell in np.argwhere(small):
        assert largest(leaves, rows, columns, hidden, cell) >= LEAST - 1e-6


@settings(max_examples=60, deadline=None, derandomize=True)
@given(tables(), st.integers(0, 2**32 - 1))
def test_lists_that_anybody_can_count_do_not_help(
    drawn: tuple[NDArray[np.int64], Groups, Groups], seed: int
) -> None:
    leaves, rows, columns = drawn
    listed = np.random.default_rng(seed).integers(0, leaves + 1)
    private = leaves - listed
    hidden = withheld([leaves, private], rows, columns, LEAST)
    found = sums(private, rows, columns)
    for cell in np.argwhere((found > 0) & (found < LEAST)):
        assert hidden[tuple(cell)]
        assert largest(private, rows, columns, hidden, cell) >= LEAST - 1e-6


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_leaves_that_everybody_knows_hide_nothing(size: int, seed: int) -> None:
    dice = np.random.default_rng(seed)
    leaves = dice.poisson(dice.gamma(0.5, 12, (size, size)))
    fixed = np.eye(size, dtype=bool)
    leaves[fixed] = 0
    rows = columns = tree(size, [])
    hidden = withheld([leaves], rows, columns, LEAST, known=fixed)
    found = sums(leaves, rows, columns)
    for cell in np.argwhere((found > 0) & (found < LEAST)):
        assert largest(leaves, rows, columns, hidden, cell, fixed) >= LEAST - 1e-6


def test_a_table_without_small_sums_is_published_whole() -> None:
    leaves = np.array([[5, 0], [12, 30]])
    rows = columns = tree(2, [])
    assert not withheld([leaves], rows, columns, LEAST).any()


def test_a_table_of_a_few_people_is_withheld_whole() -> None:
    rows = columns = tree(2, [])
    hidden = withheld([np.array([[1, 0], [2, 1]])], rows, columns, LEAST)
    assert hidden.all()


def test_a_district_with_few_people_takes_another_along() -> None:
    leaves = np.array([[1, 2], [40, 50], [60, 70]])
    rows, columns = tree(3, []), tree(2, [])
    hidden = withheld([leaves], rows, columns, LEAST)
    n_totals = int(hidden[-3:, 0].sum())
    assert hidden[-3, 0]
    assert n_totals == 2


@pytest.mark.parametrize("least", [2, 3, 10])
def test_the_threshold_is_the_callers(least: int) -> None:
    leaves = np.array([[least, 50, 50], [50, 50, 50], [50, 50, 50]])
    rows = columns = tree(3, [])
    assert not withheld([leaves], rows, columns, least).any()
    leaves[0, 0] -= 1
    assert int(withheld([leaves], rows, columns, least)[-3:, -3:].sum()) == 4
