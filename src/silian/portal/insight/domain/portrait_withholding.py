"""Hidden tags and the records behind them: values leave their columns, and come back.

Who is one subject changes. A record that joins somebody who hides a tag hides it too, and one
that leaves again, since it was another's, gets back what was taken.
"""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from silian.identifiers import kind_of
from silian.portal.catalogue import KINDS
from silian.portal.insight.domain.portrait_texts import folded
from silian.portal.insight.models import TagNote
from silian.portal.registry.domain.identities import members_of, subject_of
from silian.portal.registry.domain.identity_signals import identities_changed
from silian.portal.registry.domain.references import portions
from silian.portal.registry.domain.withheld import AFFILIATIONS, EMPLOYER, put_back, withhold
from silian.portal.registry.models import (
    Affiliation,
    Audience,
    ChainMember,
    Organisation,
    Person,
    Record,
)

#: Columns behind tags, by kind of subject and scheme of the tag's key.
_COLUMNS = {
    ("person", "title"): "title",
    ("person", "expertise"): "expertise",
    ("person", "field"): "field_codes",
    ("organisation", "product"): "main_products",
    ("organisation", "keyword"): "keywords",
}
_MEMBERSHIPS = "memberships"


def connect() -> None:
    """Keep hidden values hidden whenever it changes who is who."""
    identities_changed.connect(_after_change, dispatch_uid="insight.withheld")


def settle_withheld(record_ids: Iterable[str]) -> int:
    """Bring the records of one subject in line with what it hides; how many changed.

    What the subject hides leaves each of them; what only a former subject hid comes back.
    """
    ids = tuple(record_ids)
    notes = _hiding().filter(subject_id__in=ids)
    keys = sorted(set(notes.values_list("tag_key", flat=True)))
    changed = 0
    with transaction.atomic():
        for member in locked_records(ids):
            back = [bring_back(member, key) for key in _withheld_keys(member, keys)]
            taken = [take_out(member, key) for key in keys]
            changed += any(back) or any(taken)
    return changed


def settle_changed(record_ids: Iterable[str]) -> int:
    """Settle the subjects that records joined or left; how many records changed.

    Only where something is or was hidden is there anything to do, so a run that merges a whole
    city asks two questions here.
    """
    moved = set(record_ids)
    hiding = set(_hiding().values_list("subject_id", flat=True))
    concerned = _with_withheld(moved) | hiding
    subjects = subject_of(concerned)
    groups = {subjects.get(one, one) for one in concerned}
    members = [members_of(one) for one in sorted(groups)]
    return sum(settle_withheld(ids) for ids in members if moved.intersection(ids))


def locked_records(record_ids: Iterable[str]) -> list[Any]:
    """Records by their ids, kept from others until the transaction ends."""
    by_kind: dict[str, list[str]] = {}
    for one in record_ids:
        by_kind.setdefault(kind_of(one), []).append(one)
    return [
        record
        for kind, of_kind in sorted(by_kind.items())
        for record in KINDS[kind]
        .model._default_manager.select_for_update()
        .filter(public_id__in=of_kind)
        .order_by("pk")
    ]


def take_out(member: Any, tag_key: str) -> bool:
    """Take a tag's value out of a record: out of a column, or another record out of sight.

    With an affiliation goes the employer of the person's own record, if it is the same.
    """
    scheme, _, value = tag_key.partition(":")
    if scheme == "affiliation" and isinstance(member, Person):
        taken = [_hide_affiliation(member, value), _hide_employer(member, value)]
        return _save_if(any(taken), member)
    if scheme == "node" and isinstance(member, Organisation):
        return _save_if(_hide_memberships(member, value), member)
    column = _COLUMNS.get((member.kind, scheme))
    if column is None:
        return False
    held = getattr(member, column)
    said = held if isinstance(held, list) else [held]
    taken = [withhold(member, column, one) for one in said if folded(str(one)) == folded(value)]
    return _save_if(any(taken), member)


def bring_back(member: Any, tag_key: str) -> bool:
    """Put a tag's value back where it was taken out; whether it had been."""
    scheme, _, value = tag_key.partition(":")
    if scheme == "affiliation" and isinstance(member, Person):
        back = [_show_affiliation(member, value), _show_employer(member, value)]
        return _save_if(any(back), member)
    if scheme == "node" and isinstance(member, Organisation):
        return _save_if(_show_memberships(member, value), member)
    column = _COLUMNS.get((member.kind, scheme))
    if column is None:
        return False
    kept = list(member.withheld.get(column, []))
    back = [put_back(member, column, one) for one in kept if folded(str(one)) == folded(value)]
    return _save_if(any(back), member)


def _hide_affiliation(person: Person, public_id: str) -> bool:
    rows = Affiliation.objects.select_for_update().filter(public_id=public_id, person=person)
    return _shut(person, AFFILIATIONS, rows)


def _show_affiliation(person: Person, public_id: str) -> bool:
    rows = Affiliation.objects.select_for_update().filter(public_id=public_id, person=person)
    return _open_again(person, AFFILIATIONS, rows, [public_id])


def _hide_employer(person: Person, affiliation_id: str) -> bool:
    row = Affiliation.objects.filter(public_id=affiliation_id).select_related("organisation")
    standing = row.first()
    if standing is None or person.organisation is None:
        return False
    ids = [standing.organisation.public_id, person.organisation.public_id]
    subjects = subject_of(ids)
    if len({subjects.get(one, one) for one in ids}) > 1:
        return False
    person.withheld.setdefault(EMPLOYER, {})[affiliation_id] = person.organisation.pk
    person.organisation = None
    return True


def _show_employer(person: Person, affiliation_id: str) -> bool:
    key = person.withheld.get(EMPLOYER, {}).pop(affiliation_id, None)
    if key is None:
        return False
    if person.organisation is None:
        person.organisation = Organisation.objects.filter(pk=key).first()
    return True


def _hide_memberships(organisation: Organisation, node_id: str) -> bool:
    """Registers' words on the place in the chain; what texts say is filtered where it is read."""
    rows = ChainMember.objects.select_for_update().filter(
        organisation=organisation, node__public_id=node_id
    )
    return _shut(organisation, _MEMBERSHIPS, rows)


def _show_memberships(organisation: Organisation, node_id: str) -> bool:
    rows = ChainMember.objects.select_for_update().filter(
        organisation=organisation, node__public_id=node_id
    )
    ids = list(rows.values_list("public_id", flat=True))
    return _open_again(organisation, _MEMBERSHIPS, rows, ids)


def _shut(member: Any, name: str, rows: Any) -> bool:
    """Let records be seen by their owner only, and keep who saw them before."""
    shut = False
    for row in rows.exclude(audience=Audience.OWNER).order_by("pk"):
        member.withheld.setdefault(name, {})[row.public_id] = row.audience
        row.audience = Audience.OWNER
        row.save()
        shut = True
    return shut


def _open_again(member: Any, name: str, rows: Any, ids: Iterable[str]) -> bool:
    kept = member.withheld.get(name, {})
    before = {one: kept.pop(one) for one in ids if one in kept}
    for row in rows.filter(public_id__in=before).order_by("pk"):
        row.audience = before[row.public_id]
        row.save()
    return bool(before)


def _save_if(changed: bool, record: Record) -> bool:
    if changed:
        record.save()  # its index entry and its history follow
    return changed


def _after_change(*, record_ids: Iterable[str], **_: Any) -> None:
    settle_changed(record_ids)


def _hiding() -> Any:
    return TagNote.objects.filter(action=TagNote.Action.HIDDEN, withdrawn_at__isnull=True)


def _with_withheld(record_ids: set[str]) -> set[str]:
    """Those of the records that have something taken out."""
    if not TagNote.objects.filter(action=TagNote.Action.HIDDEN).exists():
        return set()
    found: set[str] = set()
    for model in (Organisation, Person):
        for portion in portions(record_ids):
            rows = model._default_manager.filter(public_id__in=portion).exclude(withheld={})
            found.update(rows.values_list("public_id", flat=True))
    return found


def _withheld_keys(member: Any, hidden: list[str]) -> list[str]:
    """Keys of what was taken out of a record and is hidden by none of these."""
    kept = {(scheme, folded(value)) for scheme, _, value in (key.partition(":") for key in hidden)}
    taken = member.withheld
    ids = {*taken.get(AFFILIATIONS, {}), *taken.get(EMPLOYER, {})}
    said = [("affiliation", one) for one in sorted(ids)]
    shut = ChainMember.objects.filter(public_id__in=taken.get(_MEMBERSHIPS, {}))
    said += [("node", one) for one in shut.values_list("node__public_id", flat=True).distinct()]
    for (kind, scheme), column in _COLUMNS.items():
        if kind == member.kind:
            said += [(scheme, one) for one in member.withheld.get(column, [])]
    return [
        f"{scheme}:{value}" for scheme, value in said if (scheme, folded(str(value))) not in kept
    ]
