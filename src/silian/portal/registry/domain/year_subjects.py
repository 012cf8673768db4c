"""Agencies and facilities that a row of yearly facts is about: by key, or by name and owner."""

from typing import TYPE_CHECKING

from silian.portal.innovation.models import Facility, ServiceAgency
from silian.portal.registry.domain.reasons import Reason
from silian.portal.registry.domain.references import is_public_id, unknown_reference
from silian.portal.registry.domain.validation import CheckedRow
from silian.portal.registry.models import Record

if TYPE_CHECKING:
    from silian.portal.registry.domain.linking import Links
    from silian.portal.registry.domain.saving import LoadContext

_SUBJECTS: dict[str, tuple[type[ServiceAgency] | type[Facility], str, str]] = {
    "service_agency_year": (ServiceAgency, "科技服务机构", "service agency"),
    "facility_year": (Facility, "仪器设施", "facility"),
}
_TWO = 2  # enough to know that a name is no key


def link_year_subject(row: CheckedRow, links: "Links", context: "LoadContext") -> None:
    """Put the subject of a row on its links, with the organisation that it belongs to.

    The books of an agency belong to its own organisation; a row that names another one is refused.
    """
    if row.kind not in _SUBJECTS:
        return
    model, zh, en = _SUBJECTS[row.kind]
    named = {r.by: v for r, v in row.references if r.field == "subject"}
    if not named:
        if links.fields.get("subject_id") is None:
            links.reasons.append(_missing(zh, en))
        return
    if context.dry_run and hash(named.get("key")) in context.seen.get(model.kind, ()):
        links.pretended = True  # a dry run saves nobody, but knows whom it would have saved
        return
    found = _by_key(model, named["key"], context) if "key" in named else None
    if "key" not in named:
        owner = links.fields.get("organisation_id")
        matches = list(_by_name(model, named["name"], owner))
        if len(matches) > 1:
            links.reasons.append(_ambiguous(named["name"], zh, en))
            return
        found = matches[0] if matches else None
    if found is None:
        by = "key" if "key" in named else "name"
        links.reasons.append(unknown_reference(f"subject_{by}", named[by], zh, en))
        return
    owner = links.fields.get("organisation_id")
    if owner is not None and owner != found[1]:
        links.reasons.append(_of_another(zh, en))
        return
    links.fields["subject_id"], links.fields["organisation_id"] = found


Found = tuple[int, int | None]


def _by_key(model: type[Record], key: str, context: "LoadContext") -> Found | None:
    rows = model._default_manager.values_list("pk", "organisation_id")
    own = rows.filter(register=context.register, source_key=key).first()
    if own is not None or not is_public_id(key):
        return own
    return rows.filter(public_id=key).first()


def _by_name(model: type[Record], name: str, owner: int | None) -> list[Found]:
    found = model._default_manager.filter(name=name)
    if owner is not None:
        found = found.filter(organisation_id=owner)
    return list(found.order_by("pk").values_list("pk", "organisation_id")[:_TWO])


def _missing(zh: str, en: str) -> Reason:
    return Reason(
        field="subject_key",
        code="missing",
        message_zh=f"必填，未指明{zh}：请填写主键，或名称与所属单位。",
        message_en=f"required: name the {en} by its key, or by its name and owner.",
    )


def _ambiguous(name: str, zh: str, en: str) -> Reason:
    return Reason(
        field="subject_name",
        code="reference_ambiguous",
        message_zh=f"有多个{zh}叫“{name}”；请填写主键，或写明所属单位。",
        message_en=f"several of the kind {en} are called {name!r}; give the key, or the owner.",
        arrived=name,
    )


def _of_another(zh: str, en: str) -> Reason:
    return Reason(
        field="organisation_key",
        code="reference_mismatch",
        message_zh=f"该{zh}不属于所填单位；请更正，或不填单位。",
        message_en=f"the {en} belongs to another organisation; correct it, or leave it out.",
    )
