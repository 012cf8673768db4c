"""Random trees beside a slow reading of the rules in fractions.

The reading knows no bounds: it tries every missing value at 0 and at 1 and looks what follows.
"""

import itertools
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_world import branch, compiled, leaf

from silian.engines.scoring import Branch, score_subject

PASS_MARK = 40.0


class Names:
    """Fresh ids for one tree; the facts go round."""

    def __init__(self):
        self._numbers = itertools.count()

    def leaf(self, full_score, missing):
        number = next(self._numbers)
        return leaf(f"x{number}", "abcde"[number % 5], float(full_score), missing=missing)

    def branch(self, children, combine, minimum):
        return branch(f"b{next(self._numbers)}", *children, combine=combine, minimum_points=minimum)


@st.composite
def trees(draw, depth=2):
    names = Names()

    def node(depth, minima):
        if depth == 0 or draw(st.booleans()):
            return names.leaf(
                draw(st.integers(1, 30)), draw(st.sampled_from(["unknown", "zero", "reweigh"]))
            )
        combine = draw(st.sampled_from(["sum", "sum", "best"]))
        minimum = draw(st.none() | st.integers(0, 30).map(float)) if minima else None
        children = [
            node(depth - 1, minima and combine == "sum") for _ in range(draw(st.integers(1, 3)))
        ]
        return names.branch(children, combine, minimum)

    return [node(depth, True) for _ in range(draw(st.integers(1, 3)))]


FACTS = st.fixed_dictionaries(
    dict.fromkeys("abcde", st.none() | st.integers(0, 20).map(lambda n: n / 20))
)


def absent(node, row):
    if isinstance(node, Branch):
        return all(absent(child, row) for child in node.children)
    return node.missing == "reweigh" and row[node.expression] is None


def mass(node):
    if not isinstance(node, Branch):
        return Fraction(node.full_score[""])
    masses = [mass(child) for child in node.children]
    return max(masses) if node.combine == "best" else sum(masses)


def read(node, row, budget, found):
    """Points of a node that may give ``budget`` in full; notes every branch's in ``found``."""
    if not isinstance(node, Branch):
        value = row[node.expression]
        return budget * Fraction(0 if value is None else value)
    there = [child for child in node.children if not absent(child, row)]
    if not there:
        return Fraction(0)
    scale = budget / mass(node)
    if node.combine == "sum":
        scale = budget / sum(mass(child) for child in there)
    points = [read(child, row, mass(child) * scale, found) for child in there]
    found[node.branch_id] = max(points) if node.combine == "best" else sum(points)
    return found[node.branch_id]


def open_facts(node, row):
    if isinstance(node, Branch):
        return set().union(*(open_facts(child, row) for child in node.children))
    return (
        {node.indicator_id} if node.missing == "unknown" and row[node.expression] is None else set()
    )


def filled(node, values):
    """The tree with facts of their own for what is missing."""
    if isinstance(node, Branch):
        children = [filled(child, values) for child in node.children]
        return branch(node.branch_id, *children, combine=node.combine)
    return leaf(
        node.indicator_id,
        node.indicator_id if node.indicator_id in values else node.expression,
        node.full_score[""],
        missing=node.missing,
    )


def outcomes(root, row):
    """Points of every branch for each way the missing values may turn out."""
    missing = sorted(open_facts(root, row))
    for turn in itertools.product((0, 1), repeat=len(missing)):
        values = dict(zip(missing, turn, strict=True))
        found = {}
        read(filled(root, values), {**row, **values}, mass(root), found)
        yield found


def minima(node):
    if isinstance(node, Branch):
        if node.minimum_points is not None:
            yield node.branch_id, node.minimum_points
        for child in node.children:
            yield from minima(child)


@settings(max_examples=200, deadline=None)
@given(trees(), FACTS)
def test_totals_and_verdicts_are_what_a_slow_reading_finds(children, row):
    system = compiled(*children, pass_at_least=PASS_MARK)
    root = system.system.root
    score = score_subject(system, row)
    if absent(root, row):
        assert (score.total, score.passed) == (None, None)
        return
    found = list(outcomes(root, row))
    totals = {one["root"] for one in found}
    if len(totals) == 1:
        assert score.total == pytest.approx(float(totals.pop()), abs=1e-6)
    else:
        assert score.total is None
        assert score.missing
    for branch_id, points in score.branches:
        possible = {one[branch_id] for one in found if branch_id in one}
        if len(possible) == 1:
            assert points == pytest.approx(float(possible.pop()), abs=1e-6)
        else:
            assert points is None
    conditions = [("root", PASS_MARK), *minima(root)]
    if any(branch_id not in one for one in found for branch_id, _ in conditions):
        return  # a branch whose weight went elsewhere has no minimum to meet
    verdicts = {
        all(float(one[branch_id]) >= mark - 1e-9 for branch_id, mark in conditions) for one in found
    }
    assert score.passed is (verdicts.pop() if len(verdicts) == 1 else None)


@settings(max_examples=100, deadline=None)
@given(trees(), FACTS)
def test_what_counts_sums_to_every_branch_exactly(children, row):
    score = score_subject(compiled(*children), row)
    for branch_id, points in score.branches:
        below = [one for one in score.leaves if branch_id in one.path]
        if points is not None and any(one.counted for one in below):
            assert sum(one.points for one in below if one.counted) == points
