"""From weights to probabilities when records compete: a short name means one organisation.

Without competition the odds of a pair are its weight times the prior. Where a record has at most
one match (a short name; a row of a list against a register without duplicates), the probability is
that of the pair among all matchings, found by message passing over the candidate pairs. How many
records have a match at all is learned from the weights themselves.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from silian.engines.graph.resolution_table import Doubles, Ints

_MOST_BITS = 60.0
_N_ROUNDS = 25
_LEAST_SHARE = 0.02
_LEAST_MATCHES = 0.25
_MOST_MATCHES = 2.0


@dataclass(frozen=True, slots=True)
class Competitors:
    """Who competes for whom.

    Attributes
    ----------
    left, right
        Positions of the records of each pair, shape (n_pairs,).
    left_exclusive, right_exclusive
        Whether that record of the pair has at most one match.
    left_rival, right_rival
        Which organisation the pair offers to its left (right) record: rivals are different ones,
        the same organisation listed twice is no rival of itself.
    """

    left: Ints
    right: Ints
    left_exclusive: npt.NDArray[np.bool_]
    right_exclusive: npt.NDArray[np.bool_]
    left_rival: Ints
    right_rival: Ints


def probabilities(weights_bits: Doubles, competitors: Competitors, n_possible: int) -> Doubles:
    """Probability of each pair.

    Parameters
    ----------
    weights_bits
        Evidence without prior, shape (n_pairs,).
    n_possible
        How many records each one could match by chance: the size of the other side.
    """
    if not len(weights_bits):
        return weights_bits
    bare = np.clip(weights_bits - np.log2(max(1, n_possible)), -_MOST_BITS, _MOST_BITS)
    likelihood = np.exp2(bare)
    exclusive = competitors.left_exclusive | competitors.right_exclusive
    to_left = np.ones(len(bare))
    to_right = np.ones(len(bare))
    having = np.ones(len(bare))
    found = np.zeros(len(bare))
    lefts = _Rivals(competitors.left, competitors.left_rival)
    rights = _Rivals(competitors.right, competitors.right_rival)
    for _ in range(_N_ROUNDS):
        odds = likelihood * having
        to_left = np.where(competitors.left_exclusive, 1 / (1 + lefts.others(odds * to_right)), 1.0)
        to_right = np.where(
            competitors.right_exclusive, 1 / (1 + rights.others(odds * to_left)), 1.0
        )
        heard = odds * to_left * to_right
        found = heard / (1 + heard)
        having = np.where(
            exclusive,
            _odds_of_having(found, competitors, exclusive),
            _expected_matches(found, competitors, ~exclusive),
        )
    return found


def _odds_of_having(
    found: Doubles, competitors: Competitors, exclusive: npt.NDArray[np.bool_]
) -> float:
    """Odds that a record that matches at most one has its match, from the matches found so far."""
    if not exclusive.any():
        return 1.0
    who = np.where(competitors.left_exclusive, competitors.left, competitors.right)[exclusive]
    _, place = np.unique(who, return_inverse=True)
    share = float(np.minimum(np.bincount(place, found[exclusive]), 1).mean())
    share = min(max(share, _LEAST_SHARE), 1 - _LEAST_SHARE)
    return share / (1 - share)


def _expected_matches(
    found: Doubles, competitors: Competitors, free: npt.NDArray[np.bool_]
) -> float:
    """How many matches a record without that limit has, from the matches found so far."""
    if not free.any():
        return 1.0
    n_records = len(np.unique(np.concatenate([competitors.left[free], competitors.right[free]])))
    return float(min(max(2 * found[free].sum() / n_records, _LEAST_MATCHES), _MOST_MATCHES))


class _Rivals:
    """Sum over the strongest offer of every other organisation to one record."""

    def __init__(self, who: Ints, rival: Ints) -> None:
        key = who.astype(np.int64) * (int(rival.max(initial=0)) + 1) + rival
        _, self.offer = np.unique(key, return_inverse=True)
        self.n_offers = int(self.offer.max(initial=-1)) + 1
        self.owner_of_offer = np.zeros(self.n_offers, np.int64)
        _, owners = np.unique(who, return_inverse=True)
        self.owner_of_offer[self.offer] = owners
        self.owners = owners

    def others(self, values: Doubles) -> Doubles:
        strongest = np.zeros(self.n_offers)
        np.maximum.at(strongest, self.offer, values)
        total = np.bincount(self.owner_of_offer, strongest, minlength=int(self.owners.max()) + 1)
        return np.maximum(total[self.owners] - strongest[self.offer], 0.0)
