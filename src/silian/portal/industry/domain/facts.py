"""What is known of enterprises year by year: one enterprise from its records, all from tables.

Books are private: callers ask ``accounts.domain.access`` first (``facts.read``, ``facts.write``,
``facts.verify``).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from silian.errors import EngineError
from silian.library.facts import FACT, LAGS, lag_name
from silian.portal.accounts.domain.permissions import OPERATOR
from silian.portal.audit import domain as audit
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
    VERIFIED_REGISTER,
    YEAR_COLUMNS,
    StatedYear,
    Value,
    by_precedence,
    derived,
    joined,
    numbers,
    organisation_facts,
    speakers,
    typed_facts,
)
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.models import Organisation

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer
    from silian.portal.registry.domain.upsert import UpsertResult

__all__ = [
    "FactsRow",
    "Freshness",
    "NothingToVerify",
    "Origin",
    "RefreshReport",
    "UnknownFactCode",
    "declare_facts",
    "facts_history",
    "facts_of",
    "facts_session",
    "freshness",
    "latest_year",
    "rebuild",
    "refresh",
    "snapshot_version",
    "verify_facts",
    "years",
]

REGISTERED = "registered"  # status of what the organisation's own record says


class UnknownFactCode(EngineError, LookupError):
    """A fact that the library doesn't have."""

    code = "unknown_fact"


class DeclarationRefused(EngineError, ValueError):
    """A year or a fact that can't be declared."""

    code = "declaration_refused"

    def __init__(self, message_en: str, *, message_zh: str) -> None:
        super().__init__(message_en)
        self.message_zh = message_zh


class NothingToVerify(EngineError, ValueError):
    """None of the named facts is known of that year."""

    code = "nothing_to_verify"


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
    """

    organisation_id: str
    name: str
    year: int
    values: Mapping[str, Value]
    origin: Mapping[str, Origin]
    years: tuple[int, ...]


def facts_of(organisation: Organisation, year: int | None = None) -> FactsRow:
    """One enterprise in one year, straight from its records.

    Parameters
    ----------
    year
        By default the latest that any record tells of (without one, the last full year).
    """
    stated, own, origin = _read(organisation)
    known = sorted({row.year for row in stated})
    wanted = year if year is not None else known[-1] if known else timezone.localdate().year - 1
    rows = _rows(organisation, stated, own, origin, known, {*known, wanted})
    return next(row for row in rows if row.year == wanted)


def facts_history(organisation: Organisation) -> tuple[FactsRow, ...]:
    """Every year of one enterprise, ascending."""
    stated, own, origin = _read(organisation)
    known = sorted({row.year for row in stated})
    return tuple(_rows(organisation, stated, own, origin, known, set(known)))


def latest_year() -> int | None:
    """Latest year up to now of which any enterprise tells; ``None`` while there is none."""
    told = EnterpriseYear.objects.filter(year__lte=timezone.localdate().year)
    found: int | None = told.aggregate(last=Max("year"))["last"]
    return found


def years() -> tuple[int, ...]:
    """Years of which any enterprise tells, ascending."""
    found = EnterpriseYear.objects.order_by("year").values_list("year", flat=True).distinct()
    return tuple(found)


def declare_facts(
    organisation: Organisation, year: int, values: Mapping[str, Any], viewer: "Viewer"
) -> "UpsertResult":
    """Keep what an enterprise (or the operator for it) states of a year, checked as imports are.

    Parameters
    ----------
    values
        Facts by code, raw or typed; one that is empty is unknown again.

    Raises
    ------
    UnknownFactCode
        If a code is none of the library's.
    DeclarationRefused
        If the year lies ahead, or a register tells the fact of the organisation itself.
    silian.portal.registry.domain.reasons.RowRefused
        If a value is wrong.
    """
    _check_codes(values)
    _check_declared(organisation, year, values, viewer)
    with transaction.atomic():
        result = _save(organisation, year, values, viewer, "portal", EnterpriseYear.Status.DECLARED)
        audit.log("facts.declare", viewer, organisation.public_id, year=year, codes=sorted(values))
    return result


def _check_declared(
    organisation: Organisation, year: int, values: Mapping[str, Any], viewer: "Viewer"
) -> None:
    """Refuse years that are not there yet, and an enterprise's word against its registration."""
    this_year = timezone.localdate().year
    if year > this_year:
        raise DeclarationRefused(
            f"year is {year}; facts are declared of years up to {this_year}.",
            message_zh=f"{year} 年尚未到来，只能申报 {this_year} 年及以前的数据。",
        )
    if viewer.role == OPERATOR:
        return
    registered = {
        code: getattr(organisation, name)
        for code, name in (("organisation_kind", "organisation_kind"), ("region_code", "region_id"))
    }
    for code in values.keys() & registered.keys():
        if registered[code]:
            raise DeclarationRefused(
                f"{code} is told by the registration; ask the operator to correct it there.",
                message_zh=f"“{FACT[code].label_zh}”以登记信息为准，如有误请联系运营方更正。",
            )


def verify_facts(
    organisation: Organisation,
    year: int,
    viewer: "Viewer",
    *,
    codes: Sequence[str] | None = None,
    values: Mapping[str, Any] | None = None,
) -> "UpsertResult":
    """Confirm facts of a year: their values as they stand now go before later declarations.

    Parameters
    ----------
    codes
        Facts that hold as they are known now; by default all that any year's row states.
    values
        Facts that the operator found to be otherwise, by code.

    Raises
    ------
    NothingToVerify
        If none of the facts is known and none is given.
    """
    corrected = dict(values or {})
    _check_codes([*(codes or ()), *corrected])
    stated, _, _ = _read(organisation)
    present = joined(by_precedence(row for row in stated if row.year == year))
    wanted = present if codes is None else {c: present[c] for c in codes if c in present}
    confirmed = {code: value for code, value in wanted.items() if code in FACT} | corrected
    if not confirmed:
        raise NothingToVerify(
            f"nothing is known of {organisation.public_id} in {year} to be verified. Name facts "
            "that a register or the enterprise has told, or give their values."
        )
    status = EnterpriseYear.Status.VERIFIED
    with transaction.atomic():
        result = _save(organisation, year, confirmed, viewer, VERIFIED_REGISTER, status)
        audit.log(
            "facts.verify",
            viewer,
            organisation.public_id,
            year=year,
            codes=sorted(confirmed),
            corrected=sorted(corrected),
        )
    return result


def _check_codes(codes: Any) -> None:
    for code in codes:
        if code not in FACT:
            raise UnknownFactCode(
                f"fact is {code!r}; expected a code of library/facts.yaml such as revenue_cny. "
                "Derived facts (last year, mean, growth) follow by themselves.",
                fact=code,
            )


def _save(
    organisation: Organisation,
    year: int,
    values: Mapping[str, Any],
    viewer: "Viewer",
    register_code: str,
    status: str,
) -> "UpsertResult":
    from silian.portal.registry.domain.upsert import register_of, save_record

    if register_code == VERIFIED_REGISTER:
        register_of(VERIFIED_REGISTER, "平台核实", name_en="Verified by the operator")
    return save_record(
        "enterprise_year",
        {**values, "organisation_key": organisation.public_id, "year": year, "status": status},
        register_code=register_code,
        source_key=f"{organisation.public_id}:{year}",
        viewer=viewer,
        owner=organisation,
    )


_OWN_COLUMNS = (
    *ORGANISATION_COLUMNS.values(),
    "organisation__updated_at",
    "organisation__register__code",
    "organisation__register__name",
)


def _read(
    organisation: Organisation,
) -> tuple[list[StatedYear], dict[str, Any], Origin]:
    """The enterprise's rows and its own record's facts, in one query where it has rows."""
    found = list(
        EnterpriseYear.objects.filter(organisation_id=organisation.pk).values(
            *YEAR_COLUMNS, "register__code", "register__name", *_OWN_COLUMNS
        )
    )
    stated = [
        StatedYear(
            *(row[column] for column in YEAR_COLUMNS), row["register__code"], row["register__name"]
        )
        for row in found
    ]
    own = found[0] if found else _own_row(organisation)
    origin = Origin(
        status=REGISTERED,
        register_code=own["organisation__register__code"],
        register_name=own["organisation__register__name"],
        record_public_id=organisation.public_id,
        updated_at=own["organisation__updated_at"],
    )
    return stated, organisation_facts(own), origin


def _own_row(organisation: Organisation) -> dict[str, Any]:
    names = [column.removeprefix("organisation__") for column in _OWN_COLUMNS]
    row = Organisation.objects.filter(pk=organisation.pk).values(*names).get()
    return {f"organisation__{name}": value for name, value in row.items()}


def _rows(
    organisation: Organisation,
    stated: Sequence[StatedYear],
    own: Mapping[str, Any],
    own_origin: Origin,
    known: Sequence[int],
    wanted: set[int],
) -> list[FactsRow]:
    by_year = {
        year: by_precedence(rows)
        for year, rows in groupby(sorted(stated, key=lambda row: row.year), lambda row: row.year)
    }
    if not wanted:
        return []
    listed = sorted(wanted)
    values = [typed_facts({**own, **joined(by_year.get(year, ()))}) for year in listed]
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
            origin=_origins(row, by_year.get(year, ()), own_origin),
            years=tuple(known),
        )
        for year, row in zip(listed, values, strict=True)
    ]


def _origins(
    values: Mapping[str, Value], stated: Sequence[StatedYear], own_origin: Origin
) -> dict[str, Origin]:
    speaking = speakers(stated)
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
