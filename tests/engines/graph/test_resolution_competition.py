"""Probabilities of pairs whose records compete: a name means one organisation."""

import numpy as np
import pytest

from silian.engines.graph.resolution_competition import Competitors, probabilities


def competing(pairs, means=None, chooses=None):
    """Competitors of pairs (left, right); every record an organisation of its own, and choosing."""
    left, right = (np.array(side, np.int64) for side in zip(*pairs, strict=True))
    known = np.arange(max(left.max(), right.max()) + 1) if means is None else np.array(means)
    chosen = np.ones(len(known), bool) if chooses is None else np.array(chooses, bool)
    mixed = chosen[left] != chosen[right]
    return Competitors(
        left, right, known[left], known[right], chosen[left], chosen[right], mixed.astype(np.int64)
    )


def test_a_record_is_one_chooser_on_the_left_and_on_the_right_of_its_pairs():
    # Record 1 is the right one of its pair with 0, and the left one of that with 2.
    found = probabilities(np.array([29.0, 8.0]), competing([(0, 1), (1, 2)]), 1_000)
    same = probabilities(np.array([29.0, 8.0]), competing([(0, 1), (2, 1)]), 1_000)
    assert found == pytest.approx(same, abs=1e-5)
    assert found[0] > 0.999
    assert found[1] < 1e-5


def test_records_of_one_organisation_are_no_rivals():
    found = probabilities(
        np.array([29.0, 25.0]), competing([(0, 1), (1, 2)], means=[0, 1, 0]), 1_000
    )
    assert (found > 0.99).all()


def test_who_does_not_choose_may_be_chosen_by_many():
    found = probabilities(
        np.array([20.0, 20.0]), competing([(0, 1), (1, 2)], chooses=[True, False, True]), 100
    )
    assert (found > 0.99).all()


@pytest.mark.parametrize("seed", range(20))
def test_probabilities_of_one_chooser_add_up_to_one_at_most(seed):
    random = np.random.default_rng(seed)
    ends = np.sort(random.integers(0, 60, (400, 2)), axis=1)
    pairs = np.unique(ends[ends[:, 0] < ends[:, 1]], axis=0)
    bits = random.normal(6.0, 6.0, len(pairs))
    chooses = random.random(60) < 0.7
    found = probabilities(bits, competing(pairs.tolist(), chooses=chooses), 60)
    sums = np.zeros(60)
    for (left, right), probability in zip(pairs.tolist(), found, strict=True):
        sums[[left, right]] += probability
    assert (sums[chooses] <= 1.0 + 1e-9).all()
