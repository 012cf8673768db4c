"""Agencies and facilities that a row of yearly facts is about: by key, or by name and owner."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from silian.portal.innovation.models import Facility, ServiceAgency
from silian.portal.registry.domain.reasons import Reason
from silian.portal.registry.domain.references import is_public_id, portions, unknown_reference
from silian.portal.registry.domain.validation import CheckedRow
from silian.portal.registry.interfaces.columns import Reference
from silian.portal.registry.models import Register

if TYPE_CHECKING:
    from silian.portal.registry.domain.linking import Links
    from silian.portal.registry.domain.saving import LoadContext

_SUBJECTS: dict[str, tuple[type[ServiceAgency] | type[Facility], str, str]] = {
    "service_agency_year": (ServiceAgency, "科技服务机构", "service agency"),
    "facility_year": (Facility, "仪器设施", "facility"),
}


Found = tuple[int, int | None]  # a subject and its organisation


@dataclass(slots=True)
class YearSubjects:
    """Subjects that rows of a batch name.

    Attributes
    ----------
    by_key
        By source key in the register of the rows, or by public id.
    by_name
        All that bear a name, oldest first.
    """

    by_key: dict[str, Found] = field(default_factory=dict)
    by_name: dict[str, list[Found]] = field(default_factory=dict)


def find_year_subjects(
    kind: str, rows: Sequence[CheckedRow], register: Register
) -> YearSubjects | None:
    """Find all agencies or facilities that rows are about; ``None`` for rows of other kinds."""
    if kind not in _SUBJECTS:
        return None
    found = YearSubjects()
    named = [(reference.by, value) for row in rows for reference, value in _named(row)]
    keys = {value for by, value in named if by == "key"}
    subjects = _SUBJECTS[kind][0]._default_manager
    for portion in portions(filter(is_public_id, keys)):
        rows_found = subjects.filter(public_id__in=portion)
        for public_id, *one in rows_found.values_list("public_id", "pk", "organisation_id"):
            found.by_key[public_id] = (one[0], one[1])
    for portion in portions(keys):  # later, so that the register's own keys go first
        rows_found = subjects.filter(register=register, source_key__in=portion)
        for key, *one in rows_found.values_list("source_key", "pk", "organisation_id"):
            found.by_key[key] = (one[0], one[1])
    for portion in portions({value for by, value in named if by == "name"}):
        rows_found = subjects.filter(name__in=portion).order_by("pk")
        for name, *one in rows_found.values_list("name", "pk", "organisation_id"):
            found.by_name.setdefault(name, []).append((one[0], one[1]))
    return found


def _named(row: CheckedRow) -> list[tuple[Reference, Any]]:
    return [pair for pair in row.references if pair[0].field == "subject"]


def link_year_subject(
    row: CheckedRow, links: "Links", subjects: YearSubjects, context: "LoadContext"
) -> None:
    """Put the subject of a row on its links, with the organisation that it belongs to.

    The books of an agency belong to its own organisation; a row that names another one is refused.
    """
    model, zh, en = _SUBJECTS[row.kind]
    named = {reference.by: value for reference, value in _named(row)}
    if not named:
        if links.fields.get("subject_id") is None:
            links.reasons.append(_missing(zh, en))
        return
    if context.dry_run and hash(named.get("key")) in context.seen.get(model.kind, ()):
        links.pretended = True  # a dry run saves nobody, but knows whom it would have saved
        return
    owner = links.fields.get("organisation_id")
    if "key" in named:
        found = subjects.by_key.get(named["key"])
    else:
        matches = subjects.by_name.get(named["name"], [])
        matches = [one for one in matches if owner is None or one[1] == owner]
        if len(matches) > 1:
            links.reasons.append(_ambiguous(named["name"], zh, en))
            return
        found = matches[0] if matches else None
    if found is None:
        by = "key" if "key" in named else "name"
        links.reasons.append(unknown_reference(f"subject_{by}", named[by], zh, en))
    elif owner is not None and owner != found[1]:
        links.reasons.append(_of_another(zh, en))
    else:
        links.fields["subject_id"], links.fields["organisation_id"] = found


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
