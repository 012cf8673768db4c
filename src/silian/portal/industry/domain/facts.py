"""What is known of enterprises year by year: one enterprise from its records, all from tables.

Books are private: callers ask ``accounts.domain.access`` first (``facts.read``, ``facts.write``,
``facts.verify``).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.db.models import Max
from django.utils import timezone

from silian.library.facts import FACT, LAGS, lag_name
from silian.portal.industry.domain.facts_known import (
    OWN_COLUMNS,
    end_of,
    known_day,
    organisations_known,
    years_known,
)
from silian.portal.industry.domain.facts_past import past_session, past_version
from silian.portal.industry.domain.facts_snapshot import (
    Freshness,
    RefreshReport,
    facts_session,
    freshness,
    rebuild,
    refresh,
    snapshot_version,
)
from silian.portal.industry.domain.facts_values import (
    LAGGED,
    ORGANISATION_COLUMNS,
    YEAR_COLUMNS,
    StatedYear,
    Value,
    by_precedence,
    derived,
    known_facts,
    numbers,
    organisation_facts,
    speakers,
    typed_facts,
)
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.models import Organisation

if TYPE_CHECKING:
    from silian.tables.sessions import TableSession

__all__ = [
    "FactsRow",
    "Freshness",
    "Origin",
    "RefreshReport",
    "city_facts",
    "facts_history",
    "facts_of",
    "facts_session",
    "freshness",
    "latest_year",
    "rebuild",
    "refresh",
    "snapshot_version",
    "years",
]

REGISTERED = "registered"  # status of what the organisation's own record says


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where one fact comes from.

    Attributes
    ----------
    status
        ``verified``, ``declared``, or ``registered`` where the organisation's own record says it.
    """

    status: str
    register_code: str
    register_name: str
    record_public_id: str
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsRow:
    """All that is known of one enterprise in one year.

    Attributes
    ----------
    values
        Every column of ``library.facts.fact_schema()``, lags included; ``None`` is unknown,
        codes are ``;a;b;``.
    origin
        Of the known facts; derived ones follow from the same fact of other years.
    years
        Years of which anything is known, ascending.
    known_on
        The past day as of whose end this was known; ``None``: now.
    """

    organisation_id: str
    name: str
    year: int
    values: Mapping[str, Value]
    origin: Mapping[str, Origin]
    years: tuple[int, ...]
    known_on: date | None = None


def facts_of(
    organisation: Organisation, year: int | None = None, *, known_on: date | None = None
) -> FactsRow:
    """One enterprise in one year, straight from its records.

    Parameters
    ----------
    year
        By default the latest that any record tells of (without one, the last full year).
    known_on
        As it was known at the end of this day, see ``facts_known.known_day``; by default, and
        for a day that isn't past, as it is now.
    """
    day = None if known_on is None else known_day(known_on)
    told = read_years(organisation, day)
    known = sorted({row.year for row in told[0]})
    last = (day or timezone.localdate()).year - 1
    wanted = year if year is not None else known[-1] if known else last
    rows = _rows(organisation, told, known, {*known, wanted}, day)
    return next(row for row in rows if row.year == wanted)


def facts_history(
    organisation: Organisation, *, known_on: date | None = None
) -> tuple[FactsRow, ...]:
    """Every year of one enterprise, ascending; ``known_on`` as in ``facts_of``."""
    day = None if known_on is None else known_day(known_on)
    told = read_years(organisation, day)
    known = sorted({row.year for row in told[0]})
    return tuple(_rows(organisation, told, known, set(known), day))


def latest_year(known_on: date | None = None) -> int | None:
    """Latest year of which any enterprise tells, up to now or to a past day.

    ``None`` while there is none.
    """
    if known_on is not None and (day := known_day(known_on)) is not None:
        return _latest_known(day, past_version(day))
    told = EnterpriseYear.objects.filter(year__lte=timezone.localdate().year)
    found: int | None = told.aggregate(last=Max("year"))["last"]
    return found


@lru_cache(maxsize=64)
def _latest_known(day: date, version: str) -> int | None:
    session = past_session(day)
    try:
        [row] = session.query(
            f"SELECT max(year) AS last FROM facts WHERE year <= {day.year}"
        ).to_pylist()
    finally:
        session.close()
    last: int | None = row["last"]
    return last


def city_facts(as_of: date) -> "TableSession":
    """A session with relation ``facts`` as the city was known on a day; the caller closes it."""
    day = known_day(as_of)
    return facts_session() if day is None else past_session(day)


def years() -> tuple[int, ...]:
    """Years of which any enterprise tells, ascending."""
    found = EnterpriseYear.objects.order_by("year").values_list("year", flat=True).distinct()
    return tuple(found)


_OWN_COLUMNS = (
    *ORGANISATION_COLUMNS.values(),
    "organisation__updated_at",
    "organisation__register__code",
    "organisation__register__name",
)


Told = tuple[list[StatedYear], dict[str, Any], Origin]


def read_years(organisation: Organisation, day: date | None = None) -> Told:
    """The enterprise's rows and its own record's facts, in one query where it has rows.

    Parameters
    ----------
    day
        As they stood at the end of this past day.
    """
    if day is not None:
        return _read_past(organisation, end_of(day))
    found = list(
        EnterpriseYear.objects.filter(organisation_id=organisation.pk).values(
            *YEAR_COLUMNS, "register__code", "register__name", *_OWN_COLUMNS
        )
    )
    own = found[0] if found else _own_row(organisation)
    return [_stated(row) for row in found], organisation_facts(own), _own_origin(organisation, own)


def _read_past(organisation: Organisation, moment: datetime) -> Told:
    rows = years_known([organisation.pk], moment).values(
        *YEAR_COLUMNS, "register__code", "register__name"
    )
    about = ("updated_at", "register__code", "register__name")
    state = organisations_known([organisation.pk], moment, *about)[organisation.pk]
    own = {f"organisation__{name}": state[name] for name in (*OWN_COLUMNS, *about)}
    stated = [_stated(row) for row in rows]
    return stated, organisation_facts(own), _own_origin(organisation, own)


def _stated(row: Mapping[str, Any]) -> StatedYear:
    return StatedYear(
        *(row[column] for column in YEAR_COLUMNS), row["register__code"], row["register__name"]
    )


def _own_origin(organisation: Organisation, own: Mapping[str, Any]) -> Origin:
    return Origin(
        status=REGISTERED,
        register_code=own["organisation__register__code"],
        register_name=own["organisation__register__name"],
        record_public_id=organisation.public_id,
        updated_at=own["organisation__updated_at"],
    )


def _own_row(organisation: Organisation) -> dict[str, Any]:
    names = [column.removeprefix("organisation__") for column in _OWN_COLUMNS]
    row = Organisation.objects.filter(pk=organisation.pk).values(*names).get()
    return {f"organisation__{name}": value for name, value in row.items()}


def _rows(
    organisation: Organisation,
    told: Told,
    known: Sequence[int],
    wanted: set[int],
    day: date | None,
) -> list[FactsRow]:
    stated, own, own_origin = told
    by_year = {
        year: by_precedence(rows)
        for year, rows in groupby(sorted(stated, key=lambda row: row.year), lambda row: row.year)
    }
    if not wanted:
        return []
    listed = sorted(wanted)
    values = [typed_facts(known_facts(own, by_year.get(year, ()))) for year in listed]
    columns = {fact.code: numbers(row[fact.code] for row in values) for fact in LAGGED}
    days = (row["established_on"] for row in values)
    established = numbers(day.year if isinstance(day, date) else None for day in days)
    lags = derived([0] * len(listed), listed, columns, established)
    for position, row in enumerate(values):
        for fact in LAGGED:
            for lag in LAGS:
                name = lag_name(fact.code, lag.suffix)
                number = float(lags[name][position])
                row[name] = None if math.isnan(number) else number
    return [
        FactsRow(
            organisation_id=organisation.public_id,
            name=organisation.name,
            year=year,
            values=row,
            origin=_origins(row, by_year.get(year, ()), own, own_origin),
            years=tuple(known),
            known_on=day,
        )
        for year, row in zip(listed, values, strict=True)
    ]


def _origins(
    values: Mapping[str, Value],
    stated: Sequence[StatedYear],
    own: Mapping[str, Any],
    own_origin: Origin,
) -> dict[str, Origin]:
    speaking = speakers(stated)
    verified = speakers([row for row in stated if row.status == EnterpriseYear.Status.VERIFIED])
    # What the registration says, only verified rows gainsay.
    speaking = {code: row for code, row in speaking.items() if code not in own} | {
        code: verified[code] for code in own if code in verified
    }
    origins = {row.public_id: _origin(row) for row in stated}
    return {
        code: origins[speaking[code].public_id] if code in speaking else own_origin
        for code in FACT
        if values[code] is not None
    }


def _origin(row: StatedYear) -> Origin:
    return Origin(
        status=row.status,
        register_code=row.register_code,
        register_name=row.register_name,
        record_public_id=row.public_id,
        updated_at=row.updated_at,
    )
