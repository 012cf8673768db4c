"""Last year, mean of three years and growth: one implementation for one enterprise or all.

Subjects are rows and consecutive years columns, so that a single enterprise is a grid of one row
and both paths do the same additions in the same order.
"""

from typing import TYPE_CHECKING

import numpy as np

from silian.tables.clauses import quotients

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WINDOW_YEARS = 3


def lagged(
    values: "NDArray[np.float64]",
    years: "NDArray[np.int64]",
    established: "NDArray[np.float64]",
) -> "dict[str, NDArray[np.float64]]":
    """Derived columns of one fact.

    Parameters
    ----------
    values
        Shape (n_subjects, n_years); NaN where unknown.
    years
        Shape (n_years,), consecutive.
    established
        Shape (n_subjects, n_years): year of establishment as that year's facts know it, NaN
        where unknown.

    Returns
    -------
    dict
        ``last_year``, ``mean_three_years`` (of a younger subject the years since its
        establishment, unknown where one of them is missing) and ``growth_rate`` (a fraction,
        rounded as clauses
        round quotients, unknown unless last year is above zero), each of the shape of ``values``.

    Examples
    --------
    >>> grid = lagged(
    ...     np.array([[100.0, 120.0, 150.0]]),
    ...     np.array([2022, 2023, 2024]),
    ...     np.array([[2023.0, 2023.0, 2023.0]]),
    ... )
    >>> grid["mean_three_years"].tolist(), grid["growth_rate"].tolist()
    ([[nan, 120.0, 135.0]], [[nan, 0.2, 0.25]])
    """
    last = _moved(values, 1)
    total, counted = np.zeros_like(values), np.zeros_like(values)
    for back in range(_WINDOW_YEARS - 1, -1, -1):
        # An unknown year of establishment asks for all three years.
        wanted = ~(established > years - back)
        total = total + np.where(wanted, _moved(values, back), 0.0)
        counted = counted + wanted
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(counted > 0, total / counted, np.nan)
    growth = np.where(last > 0, quotients(values - last, last), np.nan)
    return {"last_year": last, "mean_three_years": mean, "growth_rate": growth}


def _moved(values: "NDArray[np.float64]", back: int) -> "NDArray[np.float64]":
    """The values of ``back`` years earlier, NaN before the first year."""
    if back == 0:
        return values
    moved = np.full_like(values, np.nan)
    moved[:, back:] = values[:, :-back] if back < values.shape[1] else np.nan
    return moved
