"""Scores of all enterprises of a year, kept for the state of the city they were made from."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from silian.engines.scoring.values import IndicatorSystem
from silian.portal.industry.domain.city_answers import KeptAnswers, city_version
from silian.portal.industry.domain.facts_past import version_for
from silian.portal.industry.domain.indicator_systems import compiled_system, find_system
from silian.portal.industry.domain.peers import PeerTable, table_of

if TYPE_CHECKING:
    from silian.engines.scoring import Population


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CityScores:
    """All enterprises of one year under one system: what ranks and peers are read off."""

    table: Any  # pyarrow: subject_id, region_code, industry_code, revenue_cny, total, rank, ...
    population: "Population"
    peers: PeerTable


def city_scores(system_id: str, *, as_of: date, year: int, snapshot: str = "") -> CityScores:
    """Scores of all enterprises of a year; the latest few are kept for a snapshot.

    Of a past day they are those of the city as it was known then, whatever ``snapshot`` says.
    """
    version = version_for(as_of) or snapshot or city_version()
    return _city_scores(find_system(system_id, as_of), as_of, year, version)


_CITY = KeptAnswers(most=48)


def _city_scores(system: IndicatorSystem, as_of: date, year: int, snapshot: str) -> CityScores:
    # Where no clause reads the day, one table serves all days of a version.
    day = as_of if _reads_the_day(system) else None
    key = (system.system_id, system.version, day, year, snapshot)
    found: CityScores = _CITY.get(key, lambda: _scored(system, as_of, year))
    return found


def _reads_the_day(system: IndicatorSystem) -> bool:
    return "as_of" in repr(system)


def _scored(system: IndicatorSystem, as_of: date, year: int) -> CityScores:
    from silian.engines.scoring import score_subjects
    from silian.portal.industry.domain.facts import city_facts

    session = city_facts(as_of)
    try:
        scores = score_subjects(
            compiled_system(system, as_of), session, "facts", year=year, keep=_KEPT_COLUMNS
        )
    finally:
        session.close()
    table = scores.arrow(leaves=False)
    return CityScores(table=table, population=scores.population(), peers=_peer_totals(table))


_KEPT_COLUMNS = ("region_code", "industry_code", "revenue_cny")
TOTAL = "total"


def _peer_totals(table: Any) -> PeerTable:
    return table_of(
        subject_ids=table.column("subject_id").to_pylist(),
        industries=table.column("industry_code").to_pylist(),
        revenues=table.column("revenue_cny").to_pylist(),
        columns={TOTAL: table.column(TOTAL).to_numpy(zero_copy_only=False).astype(float)},
    )
