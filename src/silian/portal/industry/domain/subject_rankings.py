"""How service agencies and facilities score, each one and all of them in their order.

The scores of a year are worked out when somebody asks and kept until a row of it changes.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max

from silian.engines.scoring.values import IndicatorSystem
from silian.portal.industry.domain.city_answers import KeptAnswers
from silian.portal.industry.domain.indicator_systems import SystemNotFound, compiled_system
from silian.portal.industry.domain.scores import ScoreSheet, ranked_among_many
from silian.portal.industry.domain.subject_years import (
    YEAR_MODELS,
    Subject,
    facts_by_subject,
    facts_by_year,
    find_subject_system,
    known_years,
    subject_model,
    systems_of,
)

if TYPE_CHECKING:
    from silian.engines.scoring import ScoreTable

_KEPT = KeptAnswers(most=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedSubject:
    """One line of a ranking of agencies or facilities."""

    public_id: str
    name: str
    organisation_name: str
    total: float | None
    provisional_total: float | None
    grade: str
    rank: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectRanking:
    """Agencies or facilities of one year under one system: those asked for, of all there are."""

    subject: str
    system: IndicatorSystem
    year: int
    years: tuple[int, ...]
    rows: tuple[RankedSubject, ...]
    total_count: int
    ranked_count: int
    withheld: str


@dataclass(frozen=True, slots=True)
class _Scores:
    """Scores of everybody, the best first; without names, which may change meanwhile."""

    table: "ScoreTable | None" = None
    lines: tuple[Mapping[str, Any], ...] = ()
    ranked_count: int = 0
    withheld: str = ""


def ranking_of(
    subject: str,
    system_id: str = "",
    *,
    as_of: date,
    year: int | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> SubjectRanking:
    """Agencies or facilities of a year under a system, the best first.

    Parameters
    ----------
    system_id
        By default the first that is in force.
    year
        By default the latest of which anything is told.
    limit, offset
        Which of them to name; all by default.

    Raises
    ------
    UnknownSubjectKind, silian.portal.industry.domain.indicator_systems.SystemNotFound
        If there is no such kind of subject, or no such system for it.
    """
    years = known_years(subject)
    chosen = year if year is not None else years[-1] if years else as_of.year - 1
    system = system_for(subject, system_id, as_of)
    scores = _scores(subject, system, chosen, as_of)
    stop = None if limit is None else offset + limit
    return SubjectRanking(
        subject=subject,
        system=system,
        year=chosen,
        years=years,
        rows=tuple(_named(subject, scores.lines[offset:stop])),
        total_count=len(scores.lines),
        ranked_count=scores.ranked_count,
        withheld=scores.withheld,
    )


def sheet_of_subject(
    record: Subject, system_id: str = "", *, as_of: date, year: int | None = None
) -> ScoreSheet | None:
    """Score of one agency or facility, decomposed; ``None`` where no year of it is told.

    Its rank is told only among so many that it tells of no other one.
    """
    from silian.engines.scoring import score_subject

    own = facts_by_year(record)
    if not own:
        return None
    chosen = year if year in own else max(own)
    system = system_for(record.kind, system_id, as_of)
    scores = _scores(record.kind, system, chosen, as_of)
    score = score_subject(
        compiled_system(system, as_of),
        _row(record.kind, record.public_id, chosen, own[chosen]),
        subject_id=record.public_id,
        population=scores.table.population() if scores.table else None,
    )
    return ScoreSheet(system=system, score=ranked_among_many(score), year=chosen, peers=None)


def system_for(subject: str, system_id: str, as_of: date) -> IndicatorSystem:
    """The system asked for, or the one that a page shows first.

    Raises
    ------
    silian.portal.industry.domain.indicator_systems.SystemNotFound
        If there is none.
    """
    if system_id:
        return find_subject_system(subject, system_id, as_of)
    # Ratings that show a total go before those that show parts alone.
    known = sorted(systems_of(subject, as_of), key=lambda one: (one.official, one.system_id))
    preferred = [one for one in known if one.system_id.endswith("_rating")] or known
    if not preferred:
        raise SystemNotFound(
            f"no indicator system for {subject} is in force on {as_of}.",
            message_zh=f"{as_of} 没有有效的评价体系。",
        )
    return preferred[0]


def _scores(subject: str, system: IndicatorSystem, year: int, as_of: date) -> _Scores:
    key = (subject, system.system_id, system.version, year, as_of, _stamp(subject, year))
    found: _Scores = _KEPT.get(key, lambda: _worked_out(subject, system, year, as_of))
    return found


def _stamp(subject: str, year: int) -> tuple[Hashable, ...]:
    """Changes with every row of the year, and with what facilities' own records say."""
    rows = YEAR_MODELS[subject]._default_manager.filter(year=year)
    told = rows.aggregate(n=Count("pk"), latest=Max("updated_at"), last=Max("pk"))
    of_subjects = subject_model(subject)._default_manager.aggregate(latest=Max("updated_at"))
    return told["n"], told["last"], told["latest"], of_subjects["latest"]


def _worked_out(subject: str, system: IndicatorSystem, year: int, as_of: date) -> _Scores:
    told = facts_by_subject(subject, year)
    if not told:
        return _Scores()
    table = _scored(system, subject, told, year, as_of)
    lines = sorted(table.arrow(leaves=False).to_pylist(), key=_best_first)
    reasons = {line["withheld"] for line in lines}
    return _Scores(
        table,
        tuple(lines),
        sum(line["rank"] is not None for line in lines),
        str(reasons.pop() or "") if len(reasons) == 1 else "",
    )


def _scored(
    system: IndicatorSystem,
    subject: str,
    told: Mapping[str, Mapping[str, Any]],
    year: int,
    as_of: date,
) -> "ScoreTable":
    from silian.engines.scoring import score_subjects
    from silian.library.fact_tables import facts_table
    from silian.tables.sessions import DuckDBSession

    session = DuckDBSession(threads=1)
    try:
        session.register(
            "facts", facts_table(subject, [(key, year, one) for key, one in told.items()])
        )
        return score_subjects(compiled_system(system, as_of), session, "facts", year=year)
    finally:
        session.close()


def _row(subject: str, public_id: str, year: int, told: Mapping[str, Any]) -> dict[str, Any]:
    from silian.library.fact_tables import facts_table

    [row] = facts_table(subject, [(public_id, year, told)]).to_pylist()
    return dict(row)


def _named(subject: str, lines: tuple[Mapping[str, Any], ...]) -> list[RankedSubject]:
    wanted = [line["subject_id"] for line in lines]
    names = {
        row[0]: row[1:]
        for row in subject_model(subject)
        ._default_manager.filter(public_id__in=wanted)
        .values_list("public_id", "name", "organisation__name")
    }
    return [
        RankedSubject(
            public_id=line["subject_id"],
            name=names[line["subject_id"]][0],
            organisation_name=names[line["subject_id"]][1] or "",
            total=line["total"],
            provisional_total=line["provisional_total"],
            grade=line["grade"] or "",
            rank=line["rank"],
        )
        for line in lines
        if line["subject_id"] in names
    ]


def _best_first(line: Mapping[str, Any]) -> tuple[bool, int, float, str]:
    provisional = line["provisional_total"] or 0.0
    return line["rank"] is None, line["rank"] or 0, -provisional, line["subject_id"]
