"""Words and their numbers: a fixed part on disk, and what came since in memory."""

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from silian.engines.matching.termparts import TermParts

_DIGEST_BYTES = 8
# Words kept as Python strings once they were read from the file.
_MOST_SPELLED = 200_000


def hash_text(text: str) -> int:
    """Hash a text to 64 bits, the same in every process (Python's own hash is salted)."""
    return int.from_bytes(
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest(),
        "little",
    )


class StringColumn:
    """Many strings in one block of bytes, so that they can lie in a mapped file.

    Parameters
    ----------
    offsets
        Shape (n + 1,), int64.
    data
        UTF-8, uint8.
    """

    __slots__ = ("data", "offsets")

    def __init__(self, offsets: NDArray[np.int64], data: NDArray[np.uint8]) -> None:
        self.offsets = offsets
        self.data = data

    @classmethod
    def of(cls, texts: Iterable[str]) -> "StringColumn":
        """Lay texts one after the other."""
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        offsets = np.zeros(len(encoded) + 1, dtype=np.int64)
        np.cumsum([len(part) for part in encoded], out=offsets[1:])
        return cls(offsets, np.frombuffer(b"".join(encoded), dtype=np.uint8))

    def take(self, indices: NDArray[np.int64]) -> list[str]:
        """Spell several at once."""
        data = self.data
        bounds = zip(
            self.offsets[indices].tolist(), self.offsets[indices + 1].tolist(), strict=True
        )
        return [data[a:b].tobytes().decode("utf-8", "surrogatepass") for a, b in bounds]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> str:
        start, stop = self.offsets[index], self.offsets[index + 1]
        return self.data[start:stop].tobytes().decode("utf-8", "surrogatepass")


class Vocabulary:
    """Numbers words from 0; a number once given never changes while the index is open.

    Parameters
    ----------
    words
        The fixed part, usually in a mapped file.
    hashes, numbers
        Sorted 64-bit hashes of the fixed part and the number of each, for looking words up
        without reading them all into memory.
    """

    def __init__(
        self,
        words: StringColumn | None = None,
        hashes: NDArray[np.uint64] | None = None,
        numbers: NDArray[np.int32] | None = None,
    ) -> None:
        self._fixed = words if words is not None else StringColumn.of([])
        self._hashes = hashes if hashes is not None else np.empty(0, np.uint64)
        self._numbers = numbers if numbers is not None else np.empty(0, np.int32)
        self._found: dict[str, int] = {}
        self._added: list[str] = []
        self._spelled: dict[int, str] = {}
        self.parts = TermParts(self.words)

    def __len__(self) -> int:
        return len(self._fixed) + len(self._added)

    def find(self, word: str) -> int:
        """Return the number of a word, -1 where it has none."""
        number = self._found.get(word)
        if number is None:
            number = self._look_up(word)
            if number >= 0:
                self._found[word] = number
        return number

    def number(self, word: str) -> int:
        """Return the number of a word, giving it one where it has none."""
        number = self.find(word)
        if number < 0:
            number = len(self)
            self._added.append(word)
            self._found[word] = number
        return number

    def numbers(self, words: Iterable[str]) -> NDArray[np.int32]:
        """Number each word, giving new numbers where needed."""
        return np.fromiter((self.number(word) for word in words), dtype=np.int32)

    def words(self, numbers: Sequence[int] | NDArray[np.int32]) -> list[str]:
        """Spell numbers."""
        if len(self._spelled) > _MOST_SPELLED:
            self._spelled = {}
        spelled = self._spelled
        return [
            spelled.get(number) or self._spell(number)
            for number in np.asarray(numbers, dtype=np.int64).tolist()
        ]

    def _spell(self, number: int) -> str:
        n_fixed = len(self._fixed)
        word = self._fixed[number] if number < n_fixed else self._added[number - n_fixed]
        self._spelled[number] = word
        return word

    def _look_up(self, word: str) -> int:
        if not len(self._hashes):
            return -1
        wanted = np.uint64(hash_text(word))
        place = int(np.searchsorted(self._hashes, wanted))
        while place < len(self._hashes) and self._hashes[place] == wanted:
            number = int(self._numbers[place])
            if self._fixed[number] == word:
                return number
            place += 1
        return -1
