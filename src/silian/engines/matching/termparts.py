"""Which characters and pairs of characters each word of an index has, looked up by its number.

Breaking a word up costs a hundred times what looking its parts up costs, and the words of one
question's candidates are mostly those of the last one's.
"""

from collections.abc import Callable
from functools import lru_cache
from threading import Lock
from typing import TypeVar
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from silian.engines.matching.candidates import Integers, TermIds

# As many as two bytes tell apart.
N_BUCKETS = 1 << 16
_FIRST_ROOM = 1 << 12
_Number = TypeVar("_Number", np.uint16, np.int64)


@lru_cache(maxsize=1 << 17)
def parts_of_word(word: str) -> NDArray[np.int64]:
    """Buckets of a word's characters and pairs of characters; a Latin word is one part.

    Examples
    --------
    >>> len(parts_of_word("金刚石")), len(parts_of_word("cbn")), len(parts_of_word("金"))
    (5, 1, 1)
    """
    if word.isascii():
        pieces = {word}
    else:
        pieces = set(word) | {word[at : at + 2] for at in range(len(word) - 1)}
    return np.array(sorted({crc32(one.encode()) % N_BUCKETS for one in pieces}), dtype=np.int64)


class TermParts:
    """Parts of words by word number, each word broken up when it is first asked for.

    Threads may ask side by side: what was once filled in never changes, and a reader that comes
    too early for a word waits for it.

    Parameters
    ----------
    words_of
        Spells word numbers; a number always means the same word.
    """

    def __init__(self, words_of: Callable[[TermIds], list[str]]) -> None:
        self._words_of = words_of
        self._lock = Lock()
        self._parts = np.empty(_FIRST_ROOM, dtype=np.uint16)
        self._n_parts = 0
        self._lengths = np.empty(0, dtype=np.int64)
        self._starts = np.empty(0, dtype=np.int64)  # -1 where a word was not yet asked for

    def of(self, term_ids: TermIds) -> tuple[NDArray[np.uint16], Integers]:
        """Give the parts of words, one word after the other, and how many each word has."""
        starts = self._starts_of(term_ids)
        # After the starts, because a writer fills these in before them.
        lengths = self._lengths[term_ids]
        ends = np.cumsum(lengths)
        n_parts = int(ends[-1]) if len(ends) else 0
        places = np.arange(n_parts) + np.repeat(starts - ends + lengths, lengths)
        return self._parts[places], lengths

    def _starts_of(self, term_ids: TermIds) -> Integers:
        starts = self._starts
        if len(term_ids) and (int(term_ids.max()) >= len(starts) or starts[term_ids].min() < 0):
            with self._lock:
                self._fill(np.unique(term_ids))
            starts = self._starts
        found: Integers = starts[term_ids]
        return found

    def _fill(self, term_ids: TermIds) -> None:
        if len(term_ids) and int(term_ids[-1]) >= len(self._starts):
            room = max(2 * len(self._starts), int(term_ids[-1]) + 1)
            self._lengths = _with_room(self._lengths, room, 0)
            self._starts = _with_room(self._starts, room, -1)
        lacking = term_ids[self._starts[term_ids] < 0]
        found = [parts_of_word(word) for word in self._words_of(lacking)]
        if not found:
            return
        lengths = np.array([len(one) for one in found], dtype=np.int64)
        stop = self._n_parts + int(lengths.sum())
        if stop > len(self._parts):
            self._parts = _with_room(self._parts, 2 * stop, 0)
        self._parts[self._n_parts : stop] = np.concatenate(found)
        self._lengths[lacking] = lengths
        self._starts[lacking] = self._n_parts + np.cumsum(lengths) - lengths
        self._n_parts = stop


def _with_room(array: NDArray[_Number], room: int, filling: int) -> NDArray[_Number]:
    larger = np.full(room, filling, dtype=array.dtype)
    larger[: len(array)] = array
    return larger
