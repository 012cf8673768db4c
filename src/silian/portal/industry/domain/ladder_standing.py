"""Relation ``standing``: titles with the step of the ladder that each enterprise-year is on."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from silian.errors import EngineError
from silian.library.ladder import ladder_steps

if TYPE_CHECKING:
    from silian.tables.sessions import TableSession

NO_STEP = 0
UNKNOWN_STEP = -1  # the year is told, but not the titles
ABSENT = -2  # nothing is told of the year
_REGION = re.compile(r"\d{2,6}")


class UnknownStep(EngineError, LookupError):
    """A step that the ladder doesn't have, or whose conditions were never read."""

    code = "unknown_step"


class UnknownRegion(EngineError, ValueError):
    """A region code that isn't one."""

    code = "unknown_region"

    def __init__(self, region_code: str) -> None:
        super().__init__(
            f"region_code is {region_code!r}; expected the two to six digits of a region."
        )
        self.message_zh = f"地区代码 {region_code} 无效，应为 2 至 6 位数字。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """How many moved from one step to another within a year.

    Steps are numbers: ``NO_STEP`` holds no title, ``UNKNOWN_STEP`` doesn't tell, ``ABSENT`` isn't
    told of in that year at all.
    """

    from_step: int
    to_step: int
    count: int


@contextmanager
def opened(
    region_code: str = "", *, as_of: date | None = None
) -> "Iterator[tuple[TableSession, list[int]]]":
    """A session with relation ``standing``, and the years it tells of, ascending.

    Parameters
    ----------
    as_of
        As the city was known on this day, if it is past.

    Raises
    ------
    UnknownRegion
        If the code isn't two to six digits.
    """
    from silian.portal.industry.domain.facts import city_facts, facts_session

    if region_code and not _REGION.fullmatch(region_code):
        raise UnknownRegion(region_code)
    begins = f"substr(region_code, 1, {len(region_code)}) = '{region_code}'"
    within = f" AND {begins}" if region_code else ""
    branches = " ".join(
        f"WHEN {has_any(step.titles)} THEN {step.step}" for step in reversed(ladder_steps())
    )
    session = facts_session() if as_of is None else city_facts(as_of)
    try:
        session.execute(
            f"CREATE {_kept(session)} standing AS SELECT subject_id, year, titles, name, "
            "coalesce(region_code, '') AS region_code, "
            "coalesce(industry_code, '') AS industry_code, "
            f"CASE WHEN titles IS NULL THEN {UNKNOWN_STEP} "
            f"{branches} ELSE {NO_STEP} END AS step FROM facts "
            f"WHERE organisation_kind = 'enterprise'{within}"
        )
        rows = session.query("SELECT DISTINCT year FROM standing ORDER BY year")
        yield session, rows["year"].to_pylist()
    finally:
        session.close()


def _kept(session: "TableSession") -> str:
    """A table where it costs nothing to keep one; Spark's temporary tables are views."""
    return "TEMP TABLE" if session.dialect == "duckdb" else "OR REPLACE TEMP VIEW"


def has_any(titles: Iterable[str]) -> str:
    """Whether an enterprise holds one of some titles, as SQL; unknown where none are told."""
    # Codes are the library's own: letters, digits and underscores.
    return " OR ".join(f"contains(titles, ';{code};')" for code in titles)


def flows_into(session: "TableSession", year: int) -> tuple[Flow, ...]:
    """How many moved from each step to each within a year."""
    rows = session.query(
        f"SELECT coalesce(a.step, {ABSENT}) AS from_step, coalesce(b.step, {ABSENT}) AS to_step, "
        f"count(*) AS n FROM (SELECT subject_id, step FROM standing WHERE year = {year - 1}) a "
        f"FULL JOIN (SELECT subject_id, step FROM standing WHERE year = {int(year)}) b "
        "USING (subject_id) GROUP BY ALL ORDER BY ALL"
    )
    return tuple(
        Flow(from_step=row["from_step"], to_step=row["to_step"], count=row["n"])
        for row in rows.to_pylist()
    )


def holders_of(session: "TableSession", titles: Sequence[str], year: int) -> dict[str, int]:
    """Who holds one of some titles in a year, gained it since the year before, or lost it."""
    holds = f"(titles IS NOT NULL AND ({has_any(titles)}))"
    [row] = session.query(
        f"SELECT count(*) FILTER (WHERE b.h) AS holder_count, "
        "count(*) FILTER (WHERE b.h AND NOT a.h) AS gained_count, "
        "count(*) FILTER (WHERE a.h AND NOT b.h) AS lost_count "
        f"FROM (SELECT subject_id, {holds} AS h FROM standing WHERE year = {int(year)}) b "
        f"LEFT JOIN (SELECT subject_id, {holds} AS h FROM standing WHERE year = {year - 1}) a "
        "USING (subject_id)"
    ).to_pylist()
    return dict(row)


def holders_by_year(session: "TableSession", titles: Sequence[str]) -> dict[int, int]:
    """Who holds one of some titles, year by year."""
    rows = session.query(
        f"SELECT year, count(*) FILTER (WHERE {has_any(titles)}) AS n FROM standing GROUP BY year"
    )
    return {row["year"]: row["n"] for row in rows.to_pylist()}
