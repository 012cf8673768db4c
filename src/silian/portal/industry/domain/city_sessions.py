"""What lists of the city share: a session over its facts, and who an enterprise is."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from django.db.models import F

from silian.portal.industry.domain.facts_known import known_day
from silian.portal.registry.models import Organisation

if TYPE_CHECKING:
    from silian.tables.sessions import TableSession


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEnterprise:
    """One line: an enterprise and what it gets; ``None`` where it pays nothing or is unknown."""

    organisation_id: str
    name: str
    region_code: str
    industry_code: str
    amount_cny: float | None
    on_declared: bool = False


def chosen_year(year: int | None, as_of: date) -> int:
    """The year asked for, or the latest that any enterprise tells of."""
    from silian.portal.industry.domain.facts import latest_year

    return year if year is not None else latest_year(as_of) or as_of.year - 1


@contextmanager
def opened(as_of: date) -> "Iterator[TableSession]":
    """A session over the city's facts as they were known on a day, closed afterwards."""
    from silian.portal.industry.domain.facts import city_facts

    session = city_facts(as_of)
    try:
        yield session
    finally:
        session.close()


def about_enterprises(
    session: "TableSession", year: int, subject_ids: Sequence[str]
) -> Mapping[str, Mapping[str, Any]]:
    """Name, region, industry and revenue of some enterprises, by their ids."""
    asked = pa.table({"asked_id": pa.array(list(subject_ids), pa.string())})
    session.register("asked_enterprises", asked)
    rows = session.query(
        "SELECT subject_id, name, region_code, industry_code, revenue_cny FROM facts "
        f"JOIN asked_enterprises ON subject_id = asked_id WHERE year = {int(year)}"
    )
    return {row["subject_id"]: row for row in rows.to_pylist()}


_FEW = 500


def about_page(
    year: int, subject_ids: Sequence[str], as_of: date
) -> Mapping[str, Mapping[str, Any]]:
    """The same of a page from the records, which is quicker; of a whole list from the tables.

    Of a past day always from the tables: who an enterprise was then.
    """
    if len(subject_ids) > _FEW or known_day(as_of) is not None:
        with opened(as_of) as session:
            return about_enterprises(session, year, subject_ids)
    rows = Organisation.objects.filter(public_id__in=subject_ids).values(
        "public_id", "name", "industry_code", region_code=F("region__adcode")
    )
    return {row["public_id"]: row for row in rows}


def listed(
    subject_id: str,
    amount_cny: float | None,
    about: Mapping[str, Mapping[str, Any]],
    *,
    on_declared: bool = False,
) -> ListedEnterprise:
    row = about[subject_id]
    return ListedEnterprise(
        organisation_id=subject_id,
        name=row["name"] or "",
        region_code=row["region_code"] or "",
        industry_code=row["industry_code"] or "",
        amount_cny=amount_cny,
        on_declared=on_declared,
    )
