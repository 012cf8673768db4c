"""What is known of service agencies and facilities year by year, and how they score.

Some hundreds of rows: the table that scores read is made when somebody asks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from silian.engines.scoring.values import IndicatorSystem
from silian.errors import EngineError
from silian.library.facts import facts
from silian.portal.industry.domain.facts_values import StatedYear, by_precedence, joined
from silian.portal.industry.domain.indicator_systems import (
    SystemNotFound,
    compiled_system,
    systems_in_force,
)
from silian.portal.industry.domain.scores import ScoreSheet, ranked_among_many
from silian.portal.industry.models import EnterpriseYear, FacilityYear, ServiceAgencyYear
from silian.portal.innovation.models import Facility, ServiceAgency

if TYPE_CHECKING:
    from silian.engines.scoring import CompiledSystem, ScoreTable

Subject = ServiceAgency | Facility
YEAR_MODELS: Mapping[str, type[ServiceAgencyYear] | type[FacilityYear]] = {
    "service_agency": ServiceAgencyYear,
    "facility": FacilityYear,
}
_REVIEW = "review"  # group of facts that reviewers give, nobody by himself


class UnknownSubjectKind(EngineError, LookupError):
    """A kind of subject that has no yearly facts of its own."""

    code = "unknown_subject_kind"
    message_zh = "只有科技服务机构（service_agency）和仪器设施（facility）可以这样评价。"


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
    """All agencies, or all facilities, of one year under one system."""

    subject: str
    system: IndicatorSystem
    year: int
    years: tuple[int, ...]
    rows: tuple[RankedSubject, ...]
    ranked_count: int
    withheld: str


def subject_kind(kind: str) -> str:
    """The kind, if it has yearly facts of its own.

    Raises
    ------
    UnknownSubjectKind
        If not.
    """
    if kind not in YEAR_MODELS:
        raise UnknownSubjectKind(
            f"subject is {kind!r}; expected one of {', '.join(YEAR_MODELS)}.", subject=kind
        )
    return kind


def systems_of(subject: str, as_of: date) -> tuple[IndicatorSystem, ...]:
    """Indicator systems in force for a kind of subject."""
    return systems_in_force(as_of, subject_kind(subject))


def find_subject_system(subject: str, system_id: str, as_of: date) -> IndicatorSystem:
    """The version of a system for this kind of subject that counts on a day.

    Raises
    ------
    silian.portal.industry.domain.indicator_systems.SystemNotFound
        If there is none.
    """
    known = systems_of(subject, as_of)
    found = next((one for one in known if one.system_id == system_id), None)
    if found is None:
        names = ", ".join(one.system_id for one in known)
        raise SystemNotFound(
            f"system_id is {system_id!r}; for {subject} in force on {as_of} are: {names}.",
            message_zh=f"没有编号为 {system_id} 的评价体系（{as_of} 有效的有：{names}）。",
        )
    return found


def known_years(subject: str) -> tuple[int, ...]:
    """Years of which anything is told, ascending."""
    rows = YEAR_MODELS[subject_kind(subject)]._default_manager.order_by("year")
    return tuple(rows.values_list("year", flat=True).distinct())


def facts_by_subject(subject: str, year: int) -> dict[str, dict[str, Any]]:
    """What the registers state together of every subject in a year, by public id."""
    rows = YEAR_MODELS[subject_kind(subject)]._default_manager.filter(year=year)
    return {key[0]: found for key, found in _joined(subject, rows).items()}


def facts_by_year(record: Subject) -> dict[int, dict[str, Any]]:
    """What the registers state together of one agency or facility, by year, ascending."""
    rows = YEAR_MODELS[record.kind]._default_manager.filter(subject_id=record.pk)
    found = _joined(record.kind, rows)
    return {year: found[key, year] for key, year in sorted(found, key=lambda pair: pair[1])}


def ranking_of(
    subject: str, system_id: str = "", *, as_of: date, year: int | None = None
) -> SubjectRanking:
    """Every agency or facility of a year under a system, the best first.

    Parameters
    ----------
    system_id
        By default the first that is in force.
    year
        By default the latest of which anything is told.

    Raises
    ------
    UnknownSubjectKind, silian.portal.industry.domain.indicator_systems.SystemNotFound
        If there is no such kind of subject, or no such system for it.
    """
    years = known_years(subject)
    chosen = year if year is not None else years[-1] if years else as_of.year - 1
    system = _system(subject, system_id, as_of)
    told = facts_by_subject(subject, chosen)
    if not told:
        return SubjectRanking(
            subject=subject, system=system, year=chosen, years=years, rows=(), ranked_count=0,
            withheld="",
        )  # fmt: skip
    table = _scored(compiled_system(system, as_of), subject, told, chosen)
    lines = table.arrow(leaves=False).to_pylist()
    rows = sorted(_rows(subject, lines), key=_best_first)
    reasons = {line["withheld"] for line in lines}
    return SubjectRanking(
        subject=subject,
        system=system,
        year=chosen,
        years=years,
        rows=tuple(rows),
        ranked_count=sum(row.rank is not None for row in rows),
        withheld=str(reasons.pop() or "") if len(reasons) == 1 else "",
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
    system = _system(record.kind, system_id, as_of)
    compiled = compiled_system(system, as_of)
    told = facts_by_subject(record.kind, chosen)
    score = score_subject(
        compiled,
        _row(record.kind, record.public_id, chosen, told[record.public_id]),
        subject_id=record.public_id,
        population=_scored(compiled, record.kind, told, chosen).population(),
    )
    return ScoreSheet(system=system, score=ranked_among_many(score), year=chosen, peers=None)


def _system(subject: str, system_id: str, as_of: date) -> IndicatorSystem:
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


def _joined(subject: str, rows: Any) -> dict[tuple[str, int], dict[str, Any]]:
    groups: dict[tuple[str, int], list[StatedYear]] = {}
    values: dict[str, float | None] = {}
    for row in rows.select_related("register", "subject"):
        stated = StatedYear(
            row.public_id,
            row.subject_id,
            row.year,
            row.status,
            _counted(subject, row),
            row.updated_at,
            row.valid_from,
            row.valid_until,
            row.register.code,
        )
        if subject == "facility" and row.subject.original_value_cny is not None:
            values[row.subject.public_id] = float(row.subject.original_value_cny)
        groups.setdefault((row.subject.public_id, row.year), []).append(stated)
    found = {key: joined(by_precedence(group)) for key, group in groups.items()}
    for (public_id, _), told in found.items():
        if values.get(public_id) is not None:  # what the facility's own record says
            told.setdefault("original_value_cny", values[public_id])
    return found


def _counted(subject: str, row: Any) -> dict[str, Any]:
    """Facts of a row that count: reviews only where an authority verified them."""
    if row.status == EnterpriseYear.Status.VERIFIED:
        return dict(row.facts)
    reviews = {fact.code for fact in facts(subject) if fact.group == _REVIEW}
    return {code: value for code, value in row.facts.items() if code not in reviews}


def _row(subject: str, public_id: str, year: int, told: Mapping[str, Any]) -> dict[str, Any]:
    from silian.library.fact_tables import facts_table

    [row] = facts_table(subject, [(public_id, year, told)]).to_pylist()
    return dict(row)


def _scored(
    compiled: "CompiledSystem", subject: str, told: Mapping[str, Mapping[str, Any]], year: int
) -> "ScoreTable":
    from silian.engines.scoring import score_subjects
    from silian.library.fact_tables import facts_table
    from silian.tables.sessions import DuckDBSession

    session = DuckDBSession(threads=1)
    try:
        session.register(
            "facts", facts_table(subject, [(key, year, one) for key, one in told.items()])
        )
        return score_subjects(compiled, session, "facts", year=year)
    finally:
        session.close()


def _rows(subject: str, lines: Iterable[Mapping[str, Any]]) -> list[RankedSubject]:
    told = [line["subject_id"] for line in lines]
    model = YEAR_MODELS[subject]._meta.get_field("subject").related_model
    names = {
        row[0]: row[1:]
        for row in model._default_manager.filter(public_id__in=told).values_list(
            "public_id", "name", "organisation__name"
        )
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


def _best_first(row: RankedSubject) -> tuple[bool, int, float, str]:
    return row.rank is None, row.rank or 0, -(row.provisional_total or 0.0), row.public_id
