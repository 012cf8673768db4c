"""How telling a character is, and two neighbours are: the fewer names hold them, the more."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from silian.engines.graph.resolution_table import PAD, WIDTH, Doubles, Floats, Ints

Number = TypeVar("Number", bound=np.generic)
_SHIFT = 22


@dataclass(frozen=True, slots=True)
class Rarity:
    """In how many names of the pool a character, and a pair of neighbours, occurs.

    A small pool tells little of that; so much of the lexicon's trade words is mixed in as if they
    were names, and every character may occur in a few.
    """

    n_names: float
    characters: Ints
    character_counts: Doubles
    pairs: Ints
    pair_counts: Doubles
    unseen: float

    def bits(self, characters: Ints) -> Floats:
        """Information of seeing each character in a name, bits; 0 for padding."""
        counts = lookup(self.characters, self.character_counts, characters) + self.unseen
        bits = np.log2((self.n_names + 1) / (counts + 0.5))
        return np.where(characters == PAD, 0, np.maximum(bits, 0.02)).astype(np.float32)

    def bits_after(self, characters: Ints) -> Floats:
        """Information of each character where the one before it stands before it there too."""
        before = np.zeros_like(characters)
        before[:, 1:] = characters[:, :-1]
        singles = lookup(self.characters, self.character_counts, before) + self.unseen
        together = lookup(self.pairs, self.pair_counts, pair_keys(before, characters))
        together += self.unseen / _PAIRS_A_CHARACTER
        bits = np.log2((singles + 0.5) / (together + 0.25))
        return np.where((characters == PAD) | (before == PAD), 0, np.maximum(bits, 0.02)).astype(
            np.float32
        )


_POOL = 2000
_UNSEEN_SHARE = 0.002
_PAIRS_A_CHARACTER = 8
_NAMES_A_TRADE_WORD = 1.5


def measure_rarity(characters: Ints, trades: Iterable[str] = ()) -> Rarity:
    """Count characters and neighbours over the names of a pool.

    Parameters
    ----------
    characters
        Shape (n_names, width), the names.
    trades
        Words to make up a pool of fewer than 2,000 names with.
    """
    n_names = len(characters)
    missing = max(0, _POOL - n_names)
    held, counts, pairs, pair_counts = _counts(characters)
    if missing:
        words = sorted(trades)
        matrix = np.zeros((len(words), WIDTH), np.int64)
        for row, word in enumerate(words):
            matrix[row, : len(word)] = [ord(character) for character in word]
        share = _NAMES_A_TRADE_WORD * missing / max(1, len(words))
        more = _counts(matrix)
        held, counts = _added(held, counts, more[0], more[1] * share)
        pairs, pair_counts = _added(pairs, pair_counts, more[2], more[3] * share)
    return Rarity(n_names + missing, held, counts, pairs, pair_counts, _UNSEEN_SHARE * missing)


def _counts(characters: Ints) -> tuple[Ints, Doubles, Ints, Doubles]:
    rows = np.arange(len(characters))[:, None]
    held, counts = _document_counts(characters, rows, characters != PAD)
    left, right = characters[:, :-1], characters[:, 1:]
    pairs, pair_counts = _document_counts(pair_keys(left, right), rows, right != PAD)
    return held, counts, pairs, pair_counts


def _added(
    keys: Ints, counts: Doubles, more_keys: Ints, more_counts: Doubles
) -> tuple[Ints, Doubles]:
    both, places = np.unique(np.concatenate([keys, more_keys]), return_inverse=True)
    together = np.bincount(places, np.concatenate([counts, more_counts]), minlength=len(both))
    return both, together.astype(np.float64)


def _document_counts(keys: Ints, rows: Ints, kept: npt.NDArray[np.bool_]) -> tuple[Ints, Doubles]:
    rows = np.broadcast_to(rows, keys.shape)[kept]
    keys = keys[kept]
    order = np.lexsort((rows, keys))
    keys, rows = keys[order], rows[order]
    first = np.ones(len(keys), bool)
    first[1:] = (keys[1:] != keys[:-1]) | (rows[1:] != rows[:-1])
    found, counts = np.unique(keys[first], return_counts=True)
    return found, counts.astype(np.float64)


def pair_keys(left: Ints, right: Ints) -> Ints:
    """One number for two characters in their order."""
    return (left << _SHIFT) | right


def lookup(keys: Ints, values: npt.NDArray[Number], wanted: Ints) -> npt.NDArray[Number]:
    """Value of each wanted key; 0 where there is none."""
    if not len(keys):
        return np.zeros(wanted.shape, values.dtype)
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found: npt.NDArray[Number] = values[places]
    found[keys[places] != wanted] = 0
    return found
