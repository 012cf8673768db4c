"""Records back as rows of their kind's schema, in batches with a fixed number of queries."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from silian.portal.accounts.domain.access import Viewer, visible
from silian.portal.catalogue import RecordKind
from silian.portal.innovation.models import Contribution
from silian.portal.registry.interfaces.columns import Column, Reference
from silian.portal.registry.interfaces.identifying_columns import PUBLIC_ID
from silian.portal.registry.models import OrganisationName, Person

_BATCH_ROWS = 500
_PERSON_COLUMNS = ("person", "leader")
_JOINED = ("organisation", "region", "person", "leader", "node", "source", "target")


def rows_of(
    entry: RecordKind, records: "QuerySet[Any]", viewer: Viewer
) -> Iterator[dict[str, Any]]:
    """Each record as the row that would make it again, as far as the viewer may see; and its id.

    References are written as keys where the register is the same, otherwise as public ids; the
    readable name or code stands beside them. People who are hidden from the viewer are left out.
    """
    joined = [name for name in _JOINED if _has(entry, name)]
    if not records.query.is_sliced:
        records = records.select_related(*joined)
    if not records.ordered:
        records = records.order_by("pk")
    prefetch = ["assignees"] if entry.kind == "patent" else []
    found = records.prefetch_related(*prefetch).iterator(chunk_size=_BATCH_ROWS)
    while batch := list(islice(found, _BATCH_ROWS)):
        attached = _attached(entry, batch)
        _leave_out_hidden(batch, attached, viewer)
        for record in batch:
            beside = attached.get(record.public_id, {})
            row = {column.name: _value(column, record, beside) for column in entry.columns}
            yield row | {PUBLIC_ID: record.public_id}


def names_of(entry: RecordKind, record: Any) -> dict[str, list[str]]:
    """Names that a record has in other tables, by the columns that list them.

    Rows write such people and organisations by key; a reader knows them by name.
    """
    beside = _attached(entry, [record]).get(record.public_id, {})
    names: dict[str, list[str]] = {}
    for column in entry.columns:
        reference = column.reference
        if column.name in {"former_names", "aliases"}:
            names[column.name] = beside.get(column.name, [])
        elif reference and reference.many and reference.by == "name":
            is_person = reference.to == "person"
            named = (
                beside.get(reference.field, []) if is_person else record.assignees.order_by("pk")
            )
            names[column.name] = [target.name for target in named]
    return names


def _has(entry: RecordKind, name: str) -> bool:
    fields = entry.model._meta.concrete_fields
    return any(field.name == name and field.is_relation for field in fields)


def _attached(entry: RecordKind, batch: list[Any]) -> dict[str, dict[str, Any]]:
    """What stands in other tables: names of organisations, people with a part in a work."""
    attached: dict[str, dict[str, Any]] = {}
    if entry.kind == "organisation":
        by_key = {record.pk: record.public_id for record in batch}
        names = OrganisationName.objects.filter(organisation_id__in=list(by_key)).order_by("pk")
        for organisation, kind, name in names.values_list("organisation_id", "name_kind", "name"):
            column = {"former": "former_names", "alias": "aliases"}.get(kind)
            if column:
                attached.setdefault(by_key[organisation], {}).setdefault(column, []).append(name)
    roles = {
        column.reference.field
        for column in entry.columns
        if column.reference and column.reference.to == "person" and column.reference.many
    }
    if roles:
        parts = Contribution.objects.filter(
            subject_id__in=[record.public_id for record in batch], role__in=roles
        ).select_related("person")
        for part in parts.order_by("position", "pk"):
            attached.setdefault(part.subject_id, {}).setdefault(part.role, []).append(part.person)
    return attached


def _leave_out_hidden(
    batch: list[Any], attached: dict[str, dict[str, Any]], viewer: Viewer
) -> None:
    if viewer.is_operator:
        return
    named = {getattr(record, f"{role}_id", None) for record in batch for role in _PERSON_COLUMNS}
    named |= {part.pk for beside in attached.values() for part in _people(beside)}
    seen = set(visible(Person.objects.filter(pk__in=named), viewer).values_list("pk", flat=True))
    for record in batch:
        for role in _PERSON_COLUMNS:
            if getattr(record, f"{role}_id", None) not in seen and hasattr(record, role):
                setattr(record, role, None)
    for beside in attached.values():
        for role, values in beside.items():
            beside[role] = [v for v in values if not isinstance(v, Person) or v.pk in seen]


def _people(beside: dict[str, Any]) -> list[Person]:
    return [v for values in beside.values() for v in values if isinstance(v, Person)]


def _value(column: Column, record: Any, attached: dict[str, Any]) -> Any:
    if column.name == "source_key":
        return record.source_key
    if column.reference is not None:
        return _reference(column.reference, record, attached)
    if column.name in {"former_names", "aliases"}:
        return attached.get(column.name, [])
    if not column.model_field:
        return ""
    return column.value_of(record)


def _reference(reference: Reference, record: Any, attached: dict[str, Any]) -> Any:
    if reference.to == "person" and reference.many:
        people: list[Person] = attached.get(reference.field, [])
        return (
            [_named(person, reference.by, record) for person in people]
            if (reference.by == "key")
            else []
        )
    if reference.many:
        return (
            [_named(organisation, "key", record) for organisation in record.assignees.all()]
            if reference.by == "key"
            else []
        )
    target = getattr(record, reference.field, None)
    return "" if target is None else _named(target, reference.by, record)


def _named(target: Any, by: str, record: Any) -> str:
    match by:
        case "key":
            same = target.register_id == record.register_id
            return str(target.source_key if same else target.public_id)
        case "kind":
            return str(target.node_kind)
        case "code" if target.kind == "chain_node":
            return str(target.code)
        case "code":
            return str(target.unified_social_credit_code)
        case "adcode":
            return str(target.adcode)
        case _:
            return str(target.name)
