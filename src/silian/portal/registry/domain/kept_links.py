"""What an edited record refers to already, so that a name left in a list stays who it was."""

from dataclasses import dataclass, field

from silian.portal.catalogue import KINDS
from silian.portal.innovation.models import Contribution, Patent, Project
from silian.portal.registry.domain.names import name_key
from silian.portal.registry.models import Register


@dataclass(slots=True)
class Kept:
    """Relations of a record before an edit.

    Attributes
    ----------
    fields
        Organisation and person, which an edit that doesn't name them leaves as they are.
    people
        People by role and name.
    assignees
        Organisations of a patent by folded name.
    """

    fields: dict[str, int] = field(default_factory=dict)
    people: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    assignees: dict[str, int] = field(default_factory=dict)


def kept_links(kind: str, register: Register, source_key: str) -> Kept:
    """Relations of the record with this key; none where there is no record yet."""
    kept = Kept()
    records = KINDS[kind].model._default_manager
    record = records.filter(register=register, source_key=source_key).first()
    if record is None:
        return kept
    for name in ("organisation_id", "person_id", "node_id", "source_id", "target_id", "subject_id"):
        if key := getattr(record, name, None):
            kept.fields[name] = key
    parts = Contribution.objects.filter(subject_id=record.public_id).order_by("position", "pk")
    for role, name, person in parts.values_list("role", "person__name", "person_id"):
        kept.people.setdefault((role, name), []).append(person)
    if isinstance(record, Project) and record.leader is not None:
        kept.people.setdefault(("leader", record.leader.name), [record.leader.pk])
    if isinstance(record, Patent):
        for organisation in record.assignees.order_by("-pk"):
            kept.assignees[name_key(organisation.name)] = organisation.pk
    return kept
