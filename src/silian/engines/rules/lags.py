"""Columns that follow from a fact: they move with it, never by themselves.

``<fact>_last_year`` stays, ``<fact>_mean_three_years`` holds this year's value with its share,
``<fact>_growth_rate`` compares it with last year's.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from silian.engines.rules.forms import Linear
from silian.tables.clauses import quotient

_MEAN = "_mean_three_years"
_GROWTH = "_growth_rate"
_LAST = "_last_year"
_MEAN_YEARS = 3


def base_of(column: str) -> str:
    """The fact that a derived column moves with; any other column itself.

    Examples
    --------
    >>> base_of("revenue_cny_growth_rate"), base_of("revenue_cny_last_year")
    ('revenue_cny', 'revenue_cny_last_year')
    """
    for suffix in (_MEAN, _GROWTH):
        if column.endswith(suffix):
            return column.removesuffix(suffix)
    return column


def columns_to_move(columns: Iterable[str]) -> frozenset[str]:
    """Columns that a row must hold so that these can be moved: each lag's fact and last year.

    Examples
    --------
    >>> sorted(columns_to_move(["tax_cny_growth_rate"]))
    ['established_on', 'tax_cny', 'tax_cny_growth_rate', 'tax_cny_last_year']
    """
    lags = {column for column in columns if base_of(column) != column}
    moved = {base_of(column) for column in lags}
    dates = {"established_on"} if lags else set()
    return frozenset({*columns, *moved, *(base + _LAST for base in moved), *dates})


def form_of(column: str, row: Mapping[str, Any]) -> Linear | None:
    """A column as a linear form of its fact; ``None`` where it is unknown."""
    base = base_of(column)
    if column == base:
        return Linear(0.0, {base: 1.0})
    if row.get(column) is None or row.get(base) is None:
        return None
    if column.endswith(_GROWTH):
        last = row.get(base + _LAST)
        if last is None or last <= 0:
            return None
        return Linear(-1.0, {base: 1.0 / float(last)})
    share = _share_of_mean(base, row)
    if share is None:
        return None
    return Linear(float(row[column]) - share * float(row[base]), {base: share})


def with_changes(row: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The row as it would be: changed facts, and every column that follows from them.

    Of a subject whose ``established_on`` is known the row must hold ``year`` too: how many years
    its mean is of follows from both. Without ``year`` the changed mean is unknown.

    Examples
    --------
    >>> row = {"tax_cny": 100.0, "tax_cny_last_year": 80.0, "tax_cny_growth_rate": 0.25}
    >>> with_changes(row, {"tax_cny": 120.0})["tax_cny_growth_rate"]
    0.5
    """
    changed = {**row, **changes}
    for base, value in changes.items():
        growth, mean = base + _GROWTH, base + _MEAN
        if row.get(growth) is not None and form_of(growth, row) is not None:
            # Divided as the facts' own projection does it, so that edges fall on the same side.
            last = float(row[base + _LAST])
            changed[growth] = quotient(float(value) - last, last)
        if row.get(mean) is None:
            continue
        form = form_of(mean, row)
        if form is None:
            changed[mean] = None
        else:
            changed[mean] = float(row[mean]) + form.terms[base] * (value - float(row[base]))
    return changed


def lacks_year(columns: Iterable[str], row: Mapping[str, Any]) -> bool:
    """Whether a known mean among the columns can't be moved, because the row tells no year."""
    means = [name for name in columns if name.endswith(_MEAN) and row.get(name) is not None]
    return any(_share_of_mean(base_of(name), row) is None for name in means)


def _share_of_mean(base: str, row: Mapping[str, Any]) -> float | None:
    """Share of this year in the mean: a third, more for a subject younger than three years.

    ``None`` where a day of establishment is known and no year to hold it against.
    """
    if row.get(base + _LAST) is None:
        return 1.0
    year, established = row.get("year"), row.get("established_on")
    if not isinstance(established, date):
        return 1.0 / _MEAN_YEARS
    if not isinstance(year, int):
        return None
    return 1.0 / min(_MEAN_YEARS, max(2, year - established.year + 1))
