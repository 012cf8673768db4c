"""Finds all listed words in a long text at once, by a hash of their characters."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from silian.engines.graph import names_costs as costs
from silian.engines.graph.names_lexicon import LONGEST_LISTED, NameLexicon
from silian.engines.graph.resolution_keys import Ints, KeyTable

Flags = npt.NDArray[np.bool_]
Doubles = npt.NDArray[np.float64]

_FACTOR = np.uint64(0x100000001B3)
#: Hashes are keys of a table, which are no less than 0.
_KEY = np.uint64((1 << 63) - 1)


@dataclass(frozen=True, slots=True)
class ListedWords:
    """Regions and trade words by the hash of their characters; word 0 is none.

    Attributes
    ----------
    beginnings
        The first two characters of every word; longer words are looked for only there.
    place_cost
        What the word costs where it begins a name.
    """

    numbers: KeyTable[np.int64]
    beginnings: KeyTable[np.bool_]
    words: Sequence[str]
    is_region: Flags
    is_county: Flags
    is_trade: Flags
    place_cost: Doubles

    @classmethod
    def of(cls, lexicon: NameLexicon) -> "ListedWords":
        words = [*dict.fromkeys((*lexicon.regions, *lexicon.trades))]
        words = ["", *(one for one in words if 0 < len(one) <= LONGEST_LISTED)]
        hashes = _hashes(words[1:])
        starts = _hashes(list({one[:2] for one in words[1:] if len(one) > 1}))
        regions = [lexicon.regions.get(one) for one in words]
        return cls(
            KeyTable(hashes, np.arange(1, len(words))),
            KeyTable(starts, np.ones(len(starts), bool)),
            words,
            np.array([one is not None for one in regions]),
            np.array([one is not None and one.grade == "county" for one in regions]),
            np.array([one in lexicon.trades for one in words]),
            np.array(
                [
                    0.0
                    if one is None
                    else costs.REGION[one.grade]
                    if one.bare
                    else costs.FULL_REGION
                    for one in regions
                ]
            ),
        )


@lru_cache(maxsize=4)
def listed_words_of(lexicon: NameLexicon) -> ListedWords:
    """The words of a lexicon, put together once."""
    return ListedWords.of(lexicon)


def _hashes(words: Sequence[str]) -> Ints:
    lengths = np.array([len(one) for one in words], np.int64)
    text = "".join(one.ljust(LONGEST_LISTED, "\0") for one in words)
    codes = np.frombuffer(text.encode("utf-32-le"), "<u4").reshape(-1, LONGEST_LISTED)
    hashes = np.zeros(len(words), np.uint64)
    for place in range(LONGEST_LISTED):
        longer = lengths > place
        hashes[longer] = hashes[longer] * _FACTOR + codes[longer, place]
    return (hashes & _KEY).view(np.int64)


def words_at(codes: Ints, left: Ints, words: ListedWords) -> npt.NDArray[np.int32]:
    """Number of the listed word of each length at each position; 0 where there is none."""
    word = np.zeros((LONGEST_LISTED + 1, len(codes)), np.int32)
    hashes = codes.astype(np.uint64)
    word[1] = words.numbers.get((hashes & _KEY).view(np.int64))
    here = np.flatnonzero(left > 1)
    hashes = hashes[here] * _FACTOR + hashes[here + 1]
    begins = words.beginnings.get((hashes & _KEY).view(np.int64))
    here, hashes = here[begins], hashes[begins]
    for length in range(2, LONGEST_LISTED + 1):
        if length > 2:
            long = left[here] >= length
            here = here[long]
            hashes = hashes[long] * _FACTOR + codes[here + length - 1].astype(np.uint64)
        word[length, here] = words.numbers.get((hashes & _KEY).view(np.int64))
    return word
