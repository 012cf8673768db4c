"""How telling a character is, and two neighbours are: the fewer names hold them, the more."""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from silian.engines.graph.resolution_keys import Ints, KeyTable, distinct, first_of_runs
from silian.engines.graph.resolution_letters import Letters
from silian.engines.graph.resolution_table import Doubles, Floats, NameTable


@dataclass(frozen=True, slots=True)
class Rarity:
    """In how many names of the pool a character, and a pair of neighbours, occurs.

    A small pool tells little of that; so much of the lexicon's trade words is mixed in as if they
    were names, and every character may occur in a few.

    Attributes
    ----------
    counts
        By the number of a character.
    pair_counts
        By the pair's key: number of the first times the size of the alphabet, plus the second's.
    """

    n_names: float
    counts: Doubles
    pair_counts: KeyTable[np.float64]
    unseen: float

    def bits(self, letters: Letters) -> Floats:
        """Information of seeing each character in a name, bits."""
        counts = self.counts + self.unseen
        bits = np.maximum(np.log2((self.n_names + 1) / (counts + 0.5)), 0.02).astype(np.float32)
        told: Floats = bits[letters.characters]
        return told

    def bits_after(self, letters: Letters) -> Floats:
        """Information of each character where the one before it stands before it there too."""
        bits = np.zeros(len(letters.characters), np.float32)
        second = np.flatnonzero(~first_of_runs(letters.rows))
        before, after = letters.characters[second - 1], letters.characters[second]
        together = self.pair_counts.get(before * len(self.counts) + after)
        together += self.unseen / _PAIRS_A_CHARACTER
        singles = self.counts[before] + self.unseen
        bits[second] = np.maximum(np.log2((singles + 0.5) / (together + 0.25)), 0.02)
        return bits


_POOL = 2000
_UNSEEN_SHARE = 0.002
_PAIRS_A_CHARACTER = 8
_NAMES_A_TRADE_WORD = 1.5


def measure_rarity(table: NameTable, trades: frozenset[str] = frozenset()) -> Rarity:
    """Count characters and neighbours over the full names of a table; over all where none is full.

    Parameters
    ----------
    trades
        Words to make up a pool of fewer than 2,000 names with.
    """
    is_counted = ~table.is_short if not table.is_short.all() else table.is_short
    names = table.names.where(is_counted[table.names.rows])
    n_names, size = int(is_counted.sum()), table.n_characters
    counts = np.bincount(_once_a_name(names.characters, names.rows), minlength=size).astype(
        np.float64
    )
    second = np.flatnonzero(~first_of_runs(names.rows))
    neighbours = names.characters[second - 1] * size + names.characters[second]
    pairs, pair_counts = _counted(_once_a_name(neighbours, names.rows[second]))
    missing = max(0, _POOL - n_names)
    if missing:
        share = _NAMES_A_TRADE_WORD * missing / max(1, len(trades))
        held, more, first, last, more_pairs = _word_counts(trades)
        numbers = table.numbers(held)
        counts[numbers[numbers > 0]] += more[numbers > 0] * share
        first, last = table.numbers(first), table.numbers(last)
        known = (first > 0) & (last > 0)
        both, places = np.unique(
            np.concatenate([pairs, (first * size + last)[known]]), return_inverse=True
        )
        pair_counts = np.bincount(
            places, np.concatenate([pair_counts, more_pairs[known] * share]), minlength=len(both)
        ).astype(np.float64)
        pairs = both
    return Rarity(n_names + missing, counts, KeyTable(pairs, pair_counts), _UNSEEN_SHARE * missing)


def _once_a_name(keys: Ints, rows: Ints) -> Ints:
    """Keys in order, as often as there are names that hold them."""
    n_rows = int(rows.max(initial=0)) + 1
    once: Ints = distinct(keys * n_rows + rows) // n_rows
    return once


def _counted(ordered: Ints) -> tuple[Ints, Doubles]:
    """Each key once, and how often it was there."""
    begins = np.flatnonzero(first_of_runs(ordered))
    return ordered[begins], np.diff(begins, append=len(ordered)).astype(np.float64)


@lru_cache(maxsize=8)
def _word_counts(words: frozenset[str]) -> tuple[Ints, Doubles, Ints, Ints, Doubles]:
    """In how many words a character occurs, and two neighbours do, all as code points."""
    characters = Counter(one for word in words for one in set(word))
    pairs = Counter(pair for word in words for pair in set(pairwise(word)))
    return (
        np.array([ord(one) for one in characters], np.int64),
        np.array(list(characters.values()), np.float64),
        np.array([ord(first) for first, _ in pairs], np.int64),
        np.array([ord(last) for _, last in pairs], np.int64),
        np.array(list(pairs.values()), np.float64),
    )
