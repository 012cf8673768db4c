"""Sorting, counting and looking up whole numbers in bulk.

``numpy.unique`` and ``numpy.searchsorted`` on unsorted values take many times as long on these sizes as
a sort and a hash table of arrays.
"""

from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Number = TypeVar("Number", bound=np.generic)

#: Odd, so that multiplication spreads keys over all slots (2**64 divided by the golden ratio).
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_SLOTS_A_KEY = 4


def distinct(keys: Ints) -> Ints:
    """Every key once, ascending.

    Examples
    --------
    >>> distinct(np.array([3, 1, 3])).tolist()
    [1, 3]
    """
    ordered = np.sort(keys)
    kept: Ints = ordered[first_of_runs(ordered)]
    return kept


def first_of_runs(values: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.bool_]:
    """Where a run of equal values begins.

    Examples
    --------
    >>> first_of_runs(np.array([5, 5, 7])).tolist()
    [True, False, True]
    """
    first = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=first[1:])
    return first


class KeyTable(Generic[Number]):
    """Values by key: a hash table that is asked for many keys at once.

    Parameters
    ----------
    keys
        Each once, >= 0.
    values
        One a key.

    Examples
    --------
    >>> KeyTable(np.array([7, 9]), np.array([0.5, 0.25])).get(np.array([9, 8])).tolist()
    [0.25, 0.0]
    """

    def __init__(self, keys: Ints, values: npt.NDArray[Number]) -> None:
        bits = max(4, int(len(keys) * _SLOTS_A_KEY).bit_length())
        self._shift = np.uint64(64 - bits)
        self._keys = np.full(1 << bits, -1, np.int64)
        self._values = np.zeros(1 << bits, values.dtype)
        self._is_crowded = np.zeros(1 << bits, bool)
        slots = self._slots(keys)
        self._keys[slots] = keys
        self._values[slots] = values
        # Of keys that fall into one slot the last one has it; the others stand aside, in order.
        aside = self._keys[slots] != keys
        self._is_crowded[slots[aside]] = True
        order = np.argsort(keys[aside])
        self._aside, self._aside_values = keys[aside][order], values[aside][order]

    def get(self, wanted: Ints) -> npt.NDArray[Number]:
        """Value of each wanted key; 0 where there is none."""
        slots = self._slots(wanted)
        found = self._values[slots]
        missing = self._keys[slots] != wanted
        found[missing] = 0
        if len(self._aside):
            places = np.flatnonzero(missing & self._is_crowded[slots])
            near = np.searchsorted(self._aside, wanted[places])
            near = np.minimum(near, len(self._aside) - 1)
            held = self._aside[near] == wanted[places]
            found[places[held]] = self._aside_values[near[held]]
        return found

    def _slots(self, keys: Ints) -> Ints:
        slots: Ints = ((keys.view(np.uint64) * _SPREAD) >> self._shift).view(np.int64)
        return slots
