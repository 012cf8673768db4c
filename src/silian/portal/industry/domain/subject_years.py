"""What is known of service agencies and facilities year by year."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from silian.engines.scoring.values import IndicatorSystem
from silian.errors import EngineError
from silian.library.facts import facts
from silian.portal.industry.domain.facts_values import StatedYear, by_precedence, joined
from silian.portal.industry.domain.indicator_systems import SystemNotFound, systems_in_force
from silian.portal.industry.models import EnterpriseYear, FacilityYear, ServiceAgencyYear
from silian.portal.innovation.models import Facility, ServiceAgency

Subject = ServiceAgency | Facility
YEAR_MODELS: Mapping[str, type[ServiceAgencyYear] | type[FacilityYear]] = {
    "service_agency": ServiceAgencyYear,
    "facility": FacilityYear,
}
SUBJECT_MODELS: Mapping[str, type[ServiceAgency] | type[Facility]] = {
    "service_agency": ServiceAgency,
    "facility": Facility,
}
_REVIEW = "review"  # group of facts that reviewers give, nobody by himself


class UnknownSubjectKind(EngineError, LookupError):
    """A kind of subject that has no yearly facts of its own."""

    code = "unknown_subject_kind"
    message_zh = "只有科技服务机构（service_agency）和仪器设施（facility）可以这样评价。"


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


def subject_model(kind: str) -> type[ServiceAgency] | type[Facility]:
    """The records that the yearly facts of a kind are about."""
    return SUBJECT_MODELS[subject_kind(kind)]


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


def _joined(subject: str, rows: Any) -> dict[tuple[str, int], dict[str, Any]]:
    """What registers state together, by public id and year; a facility's price is its record's."""
    reviews = {fact.code for fact in facts(subject) if fact.group == _REVIEW}
    price = ("subject__original_value_cny",) if subject == "facility" else ()
    groups: dict[tuple[str, int], list[StatedYear]] = {}
    prices: dict[str, float] = {}
    # Columns, not records: a city has tens of thousands of these rows.
    for row in rows.values_list(*_STATED, *price):
        (
            public_id, pk, year, status, told, updated, begins, ends, register, subject_id, *worth
        ) = row  # fmt: skip
        stated = StatedYear(
            public_id,
            pk,
            year,
            status,
            _counted(told, status, reviews),
            updated,
            begins,
            ends,
            register,
        )
        if worth and worth[0] is not None:
            prices[subject_id] = float(worth[0])
        groups.setdefault((subject_id, year), []).append(stated)
    found = {key: joined(by_precedence(group)) for key, group in groups.items()}
    for (subject_id, _), together in found.items():
        if subject_id in prices:
            together.setdefault("original_value_cny", prices[subject_id])
    return found


_STATED = (
    "public_id",
    "subject_id",
    "year",
    "status",
    "facts",
    "updated_at",
    "valid_from",
    "valid_until",
    "register__code",
    "subject__public_id",
)


def _counted(told: Mapping[str, Any], status: str, reviews: set[str]) -> dict[str, Any]:
    """Facts of a row that count: reviews only where an authority verified them."""
    if status == EnterpriseYear.Status.VERIFIED:
        return dict(told)
    return {code: value for code, value in told.items() if code not in reviews}
