"""From weights to probabilities when records compete: a short name means one organisation.

A record names one organisation. Where its candidates are several, the probability is that of the pair
among all ways to choose, found by message passing over the candidate pairs. How many records have a
match at all is learned from the weights themselves.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from silian.engines.graph.resolution_keys import Ints
from silian.engines.graph.resolution_table import Doubles

_MOST_BITS = 60.0
_N_ROUNDS = 25
_LEAST_SHARE = 0.1
_SETTLED = 1e-6
_LEFT, _RIGHT = 0, 1


@dataclass(frozen=True, slots=True)
class Competitors:
    """Who competes for whom.

    Attributes
    ----------
    left, right
        Positions of the records of each pair, shape (n_pairs,).
    left_means, right_means
        Which organisation the record on that side names, as far as is known before: to its partner,
        two records of one organisation are one offer and no rivals.
    left_chooses, right_chooses
        Whether the record on that side has at most one match.
    group
        Pairs of one kind: which share of the choosing records has a match is learned by kind.
    """

    left: Ints
    right: Ints
    left_means: Ints
    right_means: Ints
    left_chooses: npt.NDArray[np.bool_]
    right_chooses: npt.NDArray[np.bool_]
    group: Ints


def probabilities(weights_bits: Doubles, competitors: Competitors, n_possible: int) -> Doubles:
    """Probability of each pair.

    Parameters
    ----------
    weights_bits
        Evidence without prior, shape (n_pairs,).
    n_possible
        How many records each one could match by chance.
    """
    if not len(weights_bits):
        return weights_bits
    bare = np.clip(weights_bits - np.log2(max(1, n_possible)), -_MOST_BITS, _MOST_BITS)
    likelihood = np.exp2(bare)
    to_left = np.ones(len(bare))
    to_right = np.ones(len(bare))
    having = np.ones(len(bare))
    found = np.zeros(len(bare))
    rivals = _Rivals(competitors)
    groups = [_Group(competitors, number) for number in np.unique(competitors.group)]
    for _ in range(_N_ROUNDS):
        odds = likelihood * having
        # A full name may be chosen by many short ones; these are no rivals of its own choice.
        rivals.hear(_LEFT, np.where(competitors.left_chooses, odds * to_right, 0))
        to_left = np.where(competitors.left_chooses, 1 / (1 + rivals.of_others(_LEFT)), 1.0)
        rivals.hear(_RIGHT, np.where(competitors.right_chooses, odds * to_left, 0))
        to_right = np.where(competitors.right_chooses, 1 / (1 + rivals.of_others(_RIGHT)), 1.0)
        heard = odds * to_left * to_right
        before, found = found, heard / (1 + heard)
        for one in groups:
            having[one.pairs] = one.odds_of_having(found)
        if np.abs(found - before).max() < _SETTLED:
            break
    return _at_most_one(found, competitors, rivals)


def _at_most_one(found: Doubles, competitors: Competitors, rivals: "_Rivals") -> Doubles:
    """Probabilities scaled down where those of one choice add up to more, in rings of names."""
    rivals.hear(_LEFT, np.where(competitors.left_chooses, found, 0))
    rivals.hear(_RIGHT, np.where(competitors.right_chooses, found, 0))
    left = np.where(competitors.left_chooses, rivals.in_all(_LEFT), 0)
    right = np.where(competitors.right_chooses, rivals.in_all(_RIGHT), 0)
    scaled: Doubles = found / np.maximum(1.0, np.maximum(left, right))
    return scaled


class _Group:
    """Pairs of one kind, and the records among them that choose, by side."""

    def __init__(self, competitors: Competitors, number: int) -> None:
        self.pairs = competitors.group == number
        self._sides = []
        for who, chooses in (
            (competitors.left, competitors.left_chooses),
            (competitors.right, competitors.right_chooses),
        ):
            chosen = self.pairs & chooses
            if chosen.any():
                choosing = who[chosen]
                self._sides.append((chosen, choosing, np.flatnonzero(np.bincount(choosing))))

    def odds_of_having(self, found: Doubles) -> float:
        """Odds that a record that chooses has a match; of two sides the one with more counts."""
        share = max(
            (
                float(np.minimum(np.bincount(choosing, found[chosen])[held], 1).mean())
                for chosen, choosing, held in self._sides
            ),
            default=0.5,
        )
        share = min(max(share, _LEAST_SHARE), 1 - _LEAST_SHARE)
        return share / (1 - share)


class _Rivals:
    """Sum over the strongest offer of every other organisation to one record.

    Within one register a record is on the left of some pairs and on the right of others: all of
    them are offers to it.
    """

    def __init__(self, competitors: Competitors) -> None:
        who = np.concatenate([competitors.left, competitors.right]).astype(np.int64)
        rival = np.concatenate([competitors.right_means, competitors.left_means])
        n_rivals = int(rival.max(initial=0)) + 1
        offers, offer = np.unique(who * n_rivals + rival, return_inverse=True)
        self._owner_of_offer = offers // n_rivals
        n_pairs = len(competitors.left)
        self._offer = (offer[:n_pairs], offer[n_pairs:])
        self._owner = (competitors.left, competitors.right)
        self._is_single = [len(offers) == 2 * n_pairs or _are_distinct(one) for one in self._offer]
        self._heard = [np.zeros(len(offers)), np.zeros(len(offers))]
        self._strongest = np.zeros(len(offers))

    def hear(self, side: int, values: Doubles) -> None:
        """Take what is offered to the records on one side, by pair; 0 to those who don't choose."""
        heard = np.zeros(len(self._strongest))
        if self._is_single[side]:
            heard[self._offer[side]] = values
        else:
            np.maximum.at(heard, self._offer[side], values)
        self._heard[side] = heard
        self._strongest = np.maximum(*self._heard)

    def in_all(self, side: int) -> Doubles:
        """What all organisations offer to the record on that side of each pair."""
        summed: Doubles = np.bincount(self._owner_of_offer, self._strongest).astype(np.float64)
        return summed[self._owner[side]]

    def of_others(self, side: int) -> Doubles:
        """What the others offer to the record on that side of each pair."""
        others: Doubles = self.in_all(side) - self._strongest[self._offer[side]]
        return np.maximum(others, 0.0)


def _are_distinct(numbers: Ints) -> bool:
    return len(numbers) == 0 or int(np.bincount(numbers).max()) == 1
