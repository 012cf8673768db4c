"""How much of the city is known: which facts, of which year, of how many enterprises."""

from collections.abc import Mapping
from dataclasses import dataclass

from silian.library.facts import FACTS, Fact
from silian.portal.industry.domain.city_answers import kept_for_city
from silian.portal.industry.domain.facts_snapshot import facts_session
from silian.tables.clauses import quote_name


@dataclass(frozen=True, slots=True, kw_only=True)
class FactCoverage:
    """Of how many enterprise-years one fact is known, by year."""

    fact: Fact
    counts: Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What is known of all enterprises; ``enterprise_counts`` are those told of at all, by year."""

    years: tuple[int, ...]
    enterprise_counts: Mapping[int, int]
    facts: tuple[FactCoverage, ...]


@kept_for_city(most=4)
def coverage(*, latest: int = 4) -> Coverage:
    """Count the known facts of the latest years, newest year first.

    Parameters
    ----------
    latest
        So many years.
    """
    codes = [fact.code for fact in FACTS]
    session = facts_session()
    # Codes are the library's own names of columns.
    names = [quote_name(code, session.dialect) for code in codes]
    counted = ", ".join(f"count({name}) AS {name}" for name in names)
    try:
        rows = session.query(
            f"SELECT year, count(*) AS subject_count, {counted} FROM facts "
            f"GROUP BY year ORDER BY year DESC LIMIT {int(latest)}"
        ).to_pylist()
    finally:
        session.close()
    return Coverage(
        years=tuple(row["year"] for row in rows),
        enterprise_counts={row["year"]: row["subject_count"] for row in rows},
        facts=tuple(
            FactCoverage(fact=fact, counts={row["year"]: row[fact.code] for row in rows})
            for fact in FACTS
        ),
    )
