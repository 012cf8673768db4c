"""From the rows of several registers to what is known of an enterprise in a year.

What the operator confirmed goes first, then what an authority verified, then what the enterprise
declares; among equals the newest row counts, then the register's code. Each fact is taken on its
own. Sets of codes are joined among rows of the same standing, since a list of one title says
nothing of other titles; what the operator confirmed stands alone.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from silian.library.facts import FACTS, LAGS, Fact, lag_name
from silian.portal.industry.domain.facts_lags import lagged
from silian.portal.industry.models import EnterpriseYear

if TYPE_CHECKING:
    from numpy.typing import NDArray

Value = float | int | str | bool | date | None

LAGGED = tuple(fact for fact in FACTS if fact.lags)
_SETS = frozenset(fact.code for fact in FACTS if fact.type == "codes")
# Facts that the organisation's own record answers where no year says otherwise.
ORGANISATION_COLUMNS: Mapping[str, str] = {
    "organisation_kind": "organisation__organisation_kind",
    "region_code": "organisation__region__adcode",
    "industry_code": "organisation__industry_code",
    "established_on": "organisation__established_on",
    "registered_capital_cny": "organisation__registered_capital_cny",
}
VERIFIED_REGISTER = "portal-verified"  # values that the operator confirmed, as they were then
YEAR_COLUMNS = (
    "public_id",
    "organisation_id",
    "year",
    "status",
    "facts",
    "updated_at",
    "valid_from",
    "valid_until",
)


@dataclass(frozen=True, slots=True)
class StatedYear:
    """What one register says of one enterprise and year."""

    public_id: str
    organisation_pk: int
    year: int
    status: str
    facts: Mapping[str, Any]
    updated_at: datetime
    valid_from: date | None
    valid_until: date | None
    register_code: str
    register_name: str = ""


def by_precedence(rows: Iterable[StatedYear]) -> list[StatedYear]:
    """Rows of one enterprise and year that hold at its end, the one that counts first in front.

    Among rows of the same standing the one that holds since later counts, then the newer one: an
    old file that is loaded late doesn't set newer figures aside, if it says since when it holds.
    """
    return sorted(
        (row for row in rows if row.valid_until is None or row.valid_until >= _end_of(row.year)),
        key=lambda row: (
            row.register_code != VERIFIED_REGISTER,
            row.status != EnterpriseYear.Status.VERIFIED,
            -(row.valid_from or date.min).toordinal(),
            -row.updated_at.timestamp(),
            row.register_code,
            row.public_id,
        ),
    )


def _end_of(year: int) -> date:
    return date(year, 12, 31)


def joined(rows: Sequence[StatedYear]) -> dict[str, Any]:
    """Facts of one year as JSON has them, from rows in order of precedence."""
    if len(rows) == 1:
        return dict(rows[0].facts)
    facts: dict[str, Any] = {}
    standing: dict[str, tuple[bool, str]] = {}
    for row in reversed(rows):
        own = (row.register_code == VERIFIED_REGISTER, row.status)
        for code, value in row.facts.items():
            held = facts.get(code) if code in _SETS and standing.get(code) == own else None
            together = isinstance(held, list) and isinstance(value, list)
            facts[code] = [*held, *value] if together else value
            standing[code] = own
    return facts


def known_facts(own: Mapping[str, Any], rows: Sequence[StatedYear]) -> dict[str, Any]:
    """Facts of one year: the registration's go before what is declared, not before the verified.

    Parameters
    ----------
    own
        What the organisation's record says, see ``organisation_facts``.
    rows
        Rows of the year in order of precedence.
    """
    found = joined(rows)
    if not own:
        return found
    verified = joined([row for row in rows if row.status == EnterpriseYear.Status.VERIFIED])
    return {**found, **own, **{code: verified[code] for code in own if code in verified}}


def declared_codes(own: Mapping[str, Any], rows: Sequence[StatedYear]) -> str:
    """Facts of a year that rest on a declaration alone, as a set of codes: ``;a;b;``."""
    if all(row.status == EnterpriseYear.Status.VERIFIED for row in rows):
        return ";"
    declared = EnterpriseYear.Status.DECLARED
    found = (code for code, row in speakers(rows).items() if row.status == declared)
    return _kept_text(frozenset(found).difference(own))


@lru_cache(maxsize=1024)
def _kept_text(codes: frozenset[str]) -> str:
    return code_text(codes)


def speakers(rows: Sequence[StatedYear]) -> dict[str, StatedYear]:
    """Which row each joined fact comes from."""
    found: dict[str, StatedYear] = {}
    for row in reversed(rows):
        found.update(dict.fromkeys(row.facts, row))
    return found


def code_text(codes: Iterable[str]) -> str:
    """A set of codes as the clause language reads it.

    Examples
    --------
    >>> code_text(["b", "a"]), code_text([])
    (';a;b;', ';')
    """
    return ";" + "".join(f"{code};" for code in sorted(set(codes)))


_READERS: Mapping[str, Callable[[Any], Value]] = {
    "number": float,
    "integer": int,
    "text": str,
    "boolean": bool,
    "date": date.fromisoformat,
    "codes": code_text,
}


def typed(fact: Fact, value: Any) -> Value:
    """A fact as clauses read it; ``None`` where nothing readable is known."""
    if value is None:
        return None
    try:
        return _READERS[fact.type](value)
    except (TypeError, ValueError):
        return None  # unknown: rows are checked when they are saved


def typed_facts(facts: Mapping[str, Any]) -> dict[str, Value]:
    """Every fact of the library by code, lags aside."""
    return {fact.code: typed(fact, facts.get(fact.code)) for fact in FACTS}


@cache
def lag_columns() -> tuple[tuple[str, Fact, str], ...]:
    """Name, fact and suffix of every derived column."""
    return tuple((lag_name(f.code, lag.suffix), f, lag.suffix) for f in LAGGED for lag in LAGS)


def numbers(values: Iterable[Any]) -> "NDArray[np.float64]":
    """Numbers as the derived columns are computed from: NaN where unknown."""
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def derived(
    subjects: Sequence[int],
    years: Sequence[int],
    columns: "Mapping[str, NDArray[np.float64]]",
    established: "NDArray[np.float64]",
) -> "dict[str, NDArray[np.float64]]":
    """Derived columns of many enterprise-years.

    Parameters
    ----------
    subjects, years
        Shape (n_rows,): place of the enterprise, 0 to n - 1, and year of each row.
    columns
        Facts with lags by code, shape (n_rows,), NaN where unknown.
    established
        Year of establishment, shape (n_rows,), NaN where unknown.

    Returns
    -------
    dict
        Column by name, shape (n_rows,), NaN where unknown.
    """
    place, year = np.asarray(subjects, dtype=np.int64), np.asarray(years, dtype=np.int64)
    first = int(year.min())
    column = year - first
    shape = (int(place.max()) + 1, int(column.max()) + 1)
    grid_years = np.arange(first, first + shape[1])

    def grid(values: "NDArray[np.float64]") -> "NDArray[np.float64]":
        cells = np.full(shape, np.nan)
        cells[place, column] = values
        return cells

    since = grid(established)
    found: dict[str, NDArray[np.float64]] = {}
    for fact in LAGGED:
        for suffix, cells in lagged(grid(columns[fact.code]), grid_years, since).items():
            found[lag_name(fact.code, suffix)] = cells[place, column]
    return found


def organisation_facts(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the organisation's record says, from a row of ``ORGANISATION_COLUMNS``."""
    found = {code: row[column] for code, column in ORGANISATION_COLUMNS.items()}
    return {code: _as_json(value) for code, value in found.items() if value not in (None, "")}


def _as_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value
