"""One record as a short entry of a list: title, what it is, whose, where, and the key facts."""

from dataclasses import dataclass
from typing import Any

from silian.library.service_kinds import service_kind_names
from silian.portal.bilingual import choose
from silian.portal.registry.domain.trades import trade_label
from silian.portal.registry.interfaces.amounts import cny
from silian.portal.registry.interfaces.faces import FACES, KindFace, url_of
from silian.portal.registry.interfaces.fields import field_label
from silian.portal.registry.interfaces.levels import legal_status_label, level_label
from silian.portal.registry.models import Organisation, Record, Region


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a list entry shows; ``facts`` are short texts, the amount stands apart."""

    record: Record
    face: KindFace
    title: str
    url: str
    summary: str
    organisation: Organisation | None
    region: Region | None
    fields: tuple[str, ...]
    facts: tuple[str, ...]
    amount: str


def card_of(record: Any) -> Card:
    """Entry of a record; its organisation and region should be loaded with it."""
    kind = record.kind
    organisation = getattr(record, "organisation", None)
    region = getattr(record, "region", None) or getattr(organisation, "region", None)
    facts, amount = _FACTS.get(kind, _no_facts)(record)
    return Card(
        record=record,
        face=FACES[kind],
        title=str(record),
        url=url_of(record.public_id),
        summary=_summary(record),
        organisation=organisation,
        region=region,
        fields=tuple(field_label(code) for code in (getattr(record, "field_codes", None) or [])),
        facts=tuple(fact for fact in facts if fact),
        amount=amount,
    )


def _summary(record: Any) -> str:
    for name in ("summary", "text", "abstract", "description", "biography"):
        text = getattr(record, name, "")
        if text:
            return str(text)
    return "、".join(getattr(record, "expertise", None) or getattr(record, "main_products", []))


def _readiness(level: int | None) -> str:
    return choose(f"成熟度 {level} 级", f"Readiness {level}") if level else ""


def _no_facts(record: Any) -> tuple[tuple[str, ...], str]:
    return (), ""


def _need(need: Any) -> tuple[tuple[str, ...], str]:
    budget = cny(need.budget_cny)
    return (
        (
            need.get_need_kind_display(),
            _readiness(need.readiness_target),
            choose(f"截止 {need.deadline}", f"Due {need.deadline}") if need.deadline else "",
        ),
        choose(f"预算 {budget}", f"Budget {budget}") if budget else "",
    )


def _achievement(achievement: Any) -> tuple[tuple[str, ...], str]:
    facts = (_readiness(achievement.readiness_level), achievement.get_transfer_mode_display())
    return facts, cny(achievement.price_cny)


def _person(person: Any) -> tuple[tuple[str, ...], str]:
    return (person.title, *(person.expertise or [])[:4]), ""


def _facility(facility: Any) -> tuple[tuple[str, ...], str]:
    price = cny(facility.price_cny_per_hour)
    facts = (facility.get_facility_kind_display(), facility.model)
    return facts, choose(f"{price}/时", f"{price}/h") if price else ""


def _service_agency(agency: Any) -> tuple[tuple[str, ...], str]:
    count = agency.served_enterprise_count
    served = choose(f"服务企业 {count} 家", f"{count} enterprises served") if count else ""
    kinds = (choose(*service_kind_names(kind)) for kind in (agency.service_kinds or [])[:3])
    return (*kinds, agency.qualification, served), ""


def _platform(platform: Any) -> tuple[tuple[str, ...], str]:
    return (platform.get_platform_kind_display(), level_label(platform.level)), ""


def _organisation(organisation: Any) -> tuple[tuple[str, ...], str]:
    trade = trade_label(organisation.industry_code, organisation.industry_name)
    return (organisation.get_organisation_kind_display(), trade), ""


def _patent(patent: Any) -> tuple[tuple[str, ...], str]:
    return (
        patent.get_patent_kind_display(),
        patent.publication_number,
        legal_status_label(patent.legal_status),
    ), ""


def _project(project: Any) -> tuple[tuple[str, ...], str]:
    return (level_label(project.level), project.programme, project.number), cny(project.funds_cny)


def _publication(publication: Any) -> tuple[tuple[str, ...], str]:
    published_on = publication.published_on
    return (str(published_on.year) if published_on else "",), ""


_FACTS = {
    "need": _need,
    "achievement": _achievement,
    "person": _person,
    "facility": _facility,
    "service_agency": _service_agency,
    "platform": _platform,
    "organisation": _organisation,
    "patent": _patent,
    "project": _project,
    "publication": _publication,
}
