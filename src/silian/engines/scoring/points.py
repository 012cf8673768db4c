"""Points on a grid, so that a total is exactly the sum of its parts, and marks met in millionths.

Sums of floats depend on their order in the last bit. Points are multiples of 2**-30 instead:
every sum of them below 2**23 is exact, in any order and grouping. A mark ("at least 60") is met in
millionths, because 14.1 + 45.9 on that grid may be a billionth short of 60.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]

_STEPS_PER_POINT = 2.0**30
MOST_POINTS = 1e6  # full points of one system; sums stay far below 2**23


def on_grid(points: Any) -> Floats:
    """The nearest points on the grid; NaN and infinities stay.

    Examples
    --------
    >>> parts = on_grid([0.1, 0.2, 0.3])
    >>> float((parts[0] + parts[1]) + parts[2]) == float(parts[0] + (parts[1] + parts[2]))
    True
    """
    return np.rint(np.asarray(points, dtype=np.float64) * _STEPS_PER_POINT) / _STEPS_PER_POINT


def in_millionths(points: Any) -> Floats:
    """Whole millionths of a point: what marks, grades and ranks compare."""
    return np.rint(np.asarray(points, dtype=np.float64) * 1e6)


def meets(points: Any, mark: float) -> Booleans:
    """Whether points reach a mark, to the millionth; False where they are NaN.

    Examples
    --------
    >>> bool(meets(on_grid(14.1) + on_grid(45.9), 60.0))
    True
    """
    return np.asarray(in_millionths(points) >= in_millionths(mark))
