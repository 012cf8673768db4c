"""Random draws that repeat on every machine and with every NumPy release."""

import zlib
from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")
BLOCK_SIZE = 8192


class Dice:
    """Draws from one named stream of a seed.

    Only the raw words of PCG64 are used: NumPy promises that a bit generator's words never
    change, which it does not promise for ``Generator``'s methods.

    Parameters
    ----------
    seed
        Seed of the whole city, >= 0.
    stream
        Name of the stream; streams of one seed are independent of each other, so that one more
        draw for a patent doesn't move every need.

    Examples
    --------
    >>> Dice(7, "need").below(1000) == Dice(7, "need").below(1000)
    True
    """

    def __init__(self, seed: int, stream: str) -> None:
        key = zlib.crc32(stream.encode())
        self._bits = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(key,)))
        self._units = self._blocks()

    def _blocks(self) -> Iterator[float]:
        while True:
            raw = self._bits.random_raw(BLOCK_SIZE)
            yield from ((raw >> np.uint64(11)) * 2.0**-53).tolist()

    def unit(self) -> float:
        """Uniform in [0, 1)."""
        return next(self._units)

    def below(self, bound: int) -> int:
        """Uniform integer in 0 .. bound - 1."""
        return int(next(self._units) * bound)

    def between(self, low: float, high: float) -> float:
        """Uniform in [low, high)."""
        return low + (high - low) * next(self._units)

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return next(self._units) < probability

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices, each as likely."""
        return choices[int(next(self._units) * len(choices))]

    def early(self, choices: Sequence[T]) -> T:
        """One of the choices, the first ones more often (density 2 (1 - x))."""
        return choices[int((1.0 - (1.0 - next(self._units)) ** 0.5) * len(choices))]

    def several(self, choices: Sequence[T], count: int) -> list[T]:
        """Up to ``count`` different choices, in drawn order."""
        pool = list(choices)
        taken = min(count, len(pool))
        for place in range(taken):
            other = place + self.below(len(pool) - place)
            pool[place], pool[other] = pool[other], pool[place]
        return pool[:taken]
