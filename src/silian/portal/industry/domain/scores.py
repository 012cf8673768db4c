"""Scores of enterprises under the library's indicator systems: one, its peers, all."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from django.conf import settings

from silian.engines.scoring.values import IndicatorSystem, Score
from silian.portal.industry.domain.city_answers import kept_for_city
from silian.portal.industry.domain.city_scores import TOTAL, CityScores, city_scores
from silian.portal.industry.domain.indicator_systems import (
    compiled_system,
    find_system,
    systems_in_force,
)
from silian.portal.industry.domain.peers import (
    PeerGroupOf,
    quartiles_of,
    share_behind,
    step_rate,
)

__all__ = [
    "CityScores",
    "PeerStanding",
    "RankedEnterprise",
    "Ranking",
    "ScoreSheet",
    "are_many",
    "city_scores",
    "compiled_system",
    "find_system",
    "history",
    "ranked_among_many",
    "ranking",
    "score_alone",
    "score_from",
    "score_of",
    "scores_of",
    "systems_in_force",
]

if TYPE_CHECKING:
    from silian.portal.industry.domain.facts import FactsRow
    from silian.portal.registry.models import Organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerStanding:
    """Where a total stands among peers.

    Attributes
    ----------
    share_behind_rate
        Share of the other peers that at least have a lower total, see ``peers.share_behind``.
    step_rate
        How finely that is told.
    """

    group: PeerGroupOf
    peer_count: int
    share_behind_rate: float
    step_rate: float
    median_total: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSheet:
    """One score with the system it was made under and where it stands.

    Attributes
    ----------
    score
        ``rank`` and ``percentile`` are those of the whole city where a snapshot is at hand, and
        enough others are ranked.
    peers
        ``None`` where the total is withheld or unknown, or there are too few peers.
    """

    system: IndicatorSystem
    score: Score
    year: int
    peers: PeerStanding | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedEnterprise:
    """One line of a ranking."""

    organisation_id: str
    name: str
    total: float | None
    provisional_total: float | None
    grade: str
    rank: int | None
    stage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """All enterprises under one system; ``rows`` is one page of them."""

    system: IndicatorSystem
    year: int
    as_of: date
    rows: tuple[RankedEnterprise, ...]
    total_count: int
    ranked_count: int
    counts_by_grade: Mapping[str, int]
    withheld: str


def score_of(
    organisation: "Organisation", system_id: str, *, as_of: date, year: int | None = None
) -> ScoreSheet:
    """Score of one enterprise, decomposed, with rank and peers among the city.

    Of a past day all of it is as it was known then.
    """
    from silian.portal.industry.domain.facts import facts_of

    return score_from(facts_of(organisation, year, known_on=as_of), system_id, as_of=as_of)


def score_from(facts: "FactsRow", system_id: str, *, as_of: date, snapshot: str = "") -> ScoreSheet:
    """The same from facts that are at hand.

    Parameters
    ----------
    snapshot
        Version of the city's facts, where many are scored after each other; the newest without.
        For a past day it doesn't count.
    """
    from silian.engines.scoring import score_subject

    system = find_system(system_id, as_of)
    city = city_scores(system_id, as_of=as_of, year=facts.year, snapshot=snapshot)
    score = score_subject(
        compiled_system(system, as_of),
        facts.values,
        subject_id=facts.organisation_id,
        population=city.population,
    )
    peers = _peers(score.total, facts, city)
    return ScoreSheet(system=system, score=ranked_among_many(score), year=facts.year, peers=peers)


def ranked_among_many(score: Score) -> Score:
    """A score without what ranks tell of single enterprises.

    Ranks of totals stand among many only. Of a single indicator, whose raw values are books, no
    rank is told but the tenth of the city.
    """
    unplaced: dict[str, Any] = {"rank": None, "percentile": None, "n_ranked": 0}
    leaves = tuple(
        replace(leaf, rank=None, percentile=math.floor(leaf.percentile * 10) / 10)
        if leaf.percentile is not None and are_many(leaf.n_ranked)
        else replace(leaf, **unplaced)
        for leaf in score.leaves
    )
    own = {} if are_many(score.n_ranked) else unplaced
    return replace(score, leaves=leaves, **own)


def are_many(n_ranked: int) -> bool:
    """Whether so many are ranked that a rank tells of no single one."""
    return n_ranked > 2 * settings.SMALL_COUNT_MIN


def scores_of(facts: "FactsRow", *, as_of: date, snapshot: str = "") -> tuple[ScoreSheet, ...]:
    """The score under every system in force.

    A system whose weights are derived from the city is left out while too few tell of the year.
    """
    sheets = (
        _if_enough(facts, system.system_id, as_of, snapshot) for system in systems_in_force(as_of)
    )
    return tuple(sheet for sheet in sheets if sheet is not None)


def _if_enough(
    facts: "FactsRow", system_id: str, as_of: date, snapshot: str = ""
) -> ScoreSheet | None:
    from silian.engines.scoring import PopulationTooSmall

    try:
        return score_from(facts, system_id, as_of=as_of, snapshot=snapshot)
    except PopulationTooSmall:
        return None


def score_alone(facts: "FactsRow", system: IndicatorSystem, *, as_of: date) -> ScoreSheet:
    """A score without rank and peers: a pure function of the facts and the system.

    Raises
    ------
    silian.engines.scoring.PopulationMissing
        If the system reads weights or positions off the city.
    """
    from silian.engines.scoring import score_subject

    compiled = compiled_system(system, as_of)
    score = score_subject(compiled, facts.values, subject_id=facts.organisation_id)
    return ScoreSheet(system=system, score=score, year=facts.year, peers=None)


def history(organisation: "Organisation", system_id: str, *, as_of: date) -> tuple[ScoreSheet, ...]:
    """Score of every year that has facts, under the system as of one day, earliest first.

    Years in which too few enterprises tell for derived weights are left out.
    """
    from silian.portal.industry.domain.facts import facts_history

    find_system(system_id, as_of)
    sheets = (
        _if_enough(row, system_id, as_of) for row in facts_history(organisation, known_on=as_of)
    )
    return tuple(sheet for sheet in sheets if sheet is not None)


def ranking(
    system_id: str,
    *,
    as_of: date,
    year: int | None = None,
    region_code: str = "",
    industry_code: str = "",
    limit: int = 50,
    offset: int = 0,
) -> Ranking:
    """Enterprises by their totals, the best first; ranks are those of the whole city.

    Where totals are withheld nothing is ranked: ``withheld`` says why.

    Parameters
    ----------
    region_code, industry_code
        Only these: a code, or its beginning.
    """
    from silian.portal.industry.domain.facts import latest_year

    chosen = year if year is not None else latest_year(as_of) or as_of.year - 1
    ordered = _ordered(system_id, as_of, chosen, region_code, industry_code)
    page = ordered.table.slice(offset, limit).to_pylist()
    names = _names([row["subject_id"] for row in page])
    return Ranking(
        system=find_system(system_id, as_of),
        year=chosen,
        as_of=as_of,
        rows=tuple(_ranked(row, names) for row in page),
        total_count=ordered.table.num_rows,
        ranked_count=ordered.ranked_count,
        counts_by_grade=ordered.counts_by_grade,
        withheld=ordered.withheld,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ordered:
    """Enterprises of a ranking in its order, as a table."""

    table: Any  # pyarrow
    ranked_count: int
    counts_by_grade: Mapping[str, int]
    withheld: str


@kept_for_city(most=16)
def _ordered(
    system_id: str, as_of: date, year: int, region_code: str, industry_code: str
) -> _Ordered:
    import pyarrow as pa

    table = city_scores(system_id, as_of=as_of, year=year).table
    rows = table.select(["rank", "grade", "withheld", "subject_id", *_WHERE]).to_pylist()
    chosen = [
        place
        for place, row in enumerate(rows)
        if _begins(row["region_code"], region_code) and _begins(row["industry_code"], industry_code)
    ]
    last = len(rows) + 1
    chosen.sort(key=lambda place: (rows[place]["rank"] or last, rows[place]["subject_id"]))
    grades = Counter(rows[place]["grade"] or "" for place in chosen)
    return _Ordered(
        table=table.take(pa.array(chosen, pa.int64())),  # none chosen has no type to tell
        ranked_count=sum(rows[place]["rank"] is not None for place in chosen),
        counts_by_grade=dict(sorted(grades.items())),
        withheld=_withheld_from_all([rows[place] for place in chosen]),
    )


_WHERE = ("region_code", "industry_code")


def _withheld_from_all(rows: list[dict[str, Any]]) -> str:
    """Why nobody has a total; empty where somebody does, whoever lacks too much to have one."""
    reasons = [row["withheld"] for row in rows]
    return reasons[0] if reasons and all(reasons) else ""


def _peers(total: float | None, facts: "FactsRow", city: CityScores) -> PeerStanding | None:
    if total is None:
        return None
    group, figures = city.peers.peers_of(facts, TOTAL)
    behind, step = share_behind(total, figures), step_rate(len(figures))
    if behind is None or step is None:
        return None
    return PeerStanding(
        group=group,
        peer_count=len(figures),
        share_behind_rate=behind,
        step_rate=step,
        median_total=quartiles_of(figures)[1],
    )


def _ranked(row: Mapping[str, Any], names: Mapping[str, str]) -> RankedEnterprise:
    return RankedEnterprise(
        organisation_id=row["subject_id"],
        name=names.get(row["subject_id"], ""),
        total=row["total"],
        provisional_total=row["provisional_total"],
        grade=row["grade"] or "",
        rank=row["rank"],
        stage=row["stage"] or "",
    )


def _names(public_ids: list[str]) -> dict[str, str]:
    from silian.portal.registry.models import Organisation

    rows = Organisation.objects.filter(public_id__in=public_ids)
    return dict(rows.values_list("public_id", "name"))


def _begins(value: str | None, prefix: str) -> bool:
    return not prefix or (value or "").startswith(prefix.rstrip("0") or prefix)
