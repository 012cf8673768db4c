"""What one enterprise's score hangs on: its rank under other weights, and what to raise next."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from silian.portal.industry.domain.city_answers import kept_for_city
from silian.portal.industry.domain.scores import (
    ScoreSheet,
    are_many,
    city_scores,
    compiled_system,
    find_system,
    score_from,
)

if TYPE_CHECKING:
    from silian.engines.scoring import NextStep, ScoreTable
    from silian.portal.industry.domain.facts import FactsRow
    from silian.portal.registry.models import Organisation

_SEED = 2026  # the same question answers the same
_KEPT_TABLES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class RankInterval:
    """Between which ranks an enterprise lies when weights are a little different.

    Attributes
    ----------
    coverage_rate
        Share of the draws between best and worst.
    """

    rank: int
    best_rank: int
    median_rank: int
    worst_rank: int
    n_draws: int
    coverage_rate: float


@kept_for_city(most=512)
def rank_interval(
    organisation_id: str, system_id: str, *, as_of: date, year: int
) -> RankInterval | None:
    """Ranks under drawn weights; ``None`` where the enterprise isn't ranked, or among too few."""
    from silian.engines.scoring import UnknownSubject, sensitivity

    totals = city_scores(system_id, as_of=as_of, year=year).table.column("rank")
    if not are_many(len(totals) - totals.null_count):
        return None
    table = _table(system_id, as_of, year)
    try:
        found = sensitivity(table, seed=_SEED, subjects=[organisation_id])
    except UnknownSubject:
        return None
    if not found.rank[0]:
        return None
    return RankInterval(
        rank=int(found.rank[0]),
        best_rank=int(found.best_rank[0]),
        median_rank=int(found.median_rank[0]),
        worst_rank=int(found.worst_rank[0]),
        n_draws=found.n_draws,
        coverage_rate=found.coverage,
    )


def sheet_of(facts: "FactsRow", system_id: str, *, as_of: date) -> ScoreSheet | None:
    """The score, or ``None`` where the city has too few enterprises to derive its weights."""
    from silian.engines.scoring import PopulationTooSmall

    try:
        return score_from(facts, system_id, as_of=as_of)
    except PopulationTooSmall:
        return None


def sheets_over_years(
    organisation: "Organisation", system_id: str, *, as_of: date
) -> tuple[ScoreSheet, ...]:
    """Score of every year that can be scored, under the system as of one day, earliest first."""
    from silian.portal.industry.domain.facts import facts_history

    found = (
        sheet_of(row, system_id, as_of=as_of) for row in facts_history(organisation, known_on=as_of)
    )
    return tuple(sheet for sheet in found if sheet is not None)


def steps_up(facts: "FactsRow", system_id: str, *, as_of: date) -> "tuple[NextStep, ...]":
    """Indicators to raise next, the most points first."""
    from silian.engines.scoring import next_steps

    system = find_system(system_id, as_of)
    city = city_scores(system_id, as_of=as_of, year=facts.year)
    return tuple(
        next_steps(compiled_system(system, as_of), facts.values, population=city.population)
    )


@kept_for_city(most=_KEPT_TABLES)
def _table(system_id: str, as_of: date, year: int) -> "ScoreTable":
    from silian.engines.scoring import score_subjects
    from silian.portal.industry.domain.facts import city_facts

    system = find_system(system_id, as_of)
    session = city_facts(as_of)
    try:
        return score_subjects(compiled_system(system, as_of), session, "facts", year=year)
    finally:
        session.close()
