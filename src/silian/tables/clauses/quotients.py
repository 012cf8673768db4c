"""How the language divides: a quotient is rounded to twelve decimals.

Facts come in cents. Expenses of exactly 5 % of revenue, divided in doubles, fall below 0.05 in two
of five cases; rounded, the quotient is the double that is written ``0.05``.
"""

import math
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUOTIENT_SCALE: Final = 1e12
#: From here on the scaled quotient would pass 2**52, where doubles have no decimals to round.
ROUNDED_BELOW: Final = 4e3


def quotient(above: float, below: float) -> float | None:
    """``above / below`` as the language reads it; ``None`` (unknown) where ``below`` is 0.

    Examples
    --------
    >>> 4441703.80 / 88834076.00 < 0.05, quotient(4441703.80, 88834076.00)
    (True, 0.05)
    """
    if below == 0:
        return None
    raw = above / below
    if not abs(raw) < ROUNDED_BELOW:  # NaN, too, is left alone
        return raw
    scaled = abs(raw) * QUOTIENT_SCALE
    whole = math.floor(scaled)
    whole += scaled - whole >= 0.5
    return math.copysign(whole / QUOTIENT_SCALE, raw)


def quotients(above: "NDArray[np.float64]", below: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """``quotient`` of whole arrays, bit for bit the same; NaN where unknown.

    Examples
    --------
    >>> quotients(np.array([1.0, 1.0]), np.array([3.0, 0.0])).tolist()
    [0.333333333333, nan]
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        raw = np.where(below == 0, np.nan, above / below)
        scaled = np.abs(raw) * QUOTIENT_SCALE
        whole = np.floor(scaled)
        whole = whole + (scaled - whole >= 0.5)
        rounded = np.copysign(whole / QUOTIENT_SCALE, raw)
        return np.where(np.abs(raw) < ROUNDED_BELOW, rounded, raw)
