"""The undo itself, a portion at a time: records become what they were, or go."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Model
from django.utils import timezone

from silian.portal.catalogue import KINDS
from silian.portal.exchange.domain.dependents import dependents_of
from silian.portal.exchange.domain.outbox import enqueue
from silian.portal.innovation.models import Contribution, Patent
from silian.portal.registry.domain.adoption import follow_new_ids
from silian.portal.registry.domain.history import Change, record_history
from silian.portal.registry.domain.identity_store import lock, resettle
from silian.portal.registry.domain.inserting import insert_rows
from silian.portal.registry.domain.references import portions
from silian.portal.registry.domain.saving import overwrite
from silian.portal.registry.domain.undo_journal import Before, value_of
from silian.portal.registry.domain.undo_plan import unrestorable
from silian.portal.registry.domain.undo_references import Leaving, forget_derived, referred
from silian.portal.registry.domain.undo_standing import Standing, undone_by
from silian.portal.registry.models import (
    IdentityMember,
    ImportJob,
    OrganisationName,
    Person,
    Record,
    UndoneRecord,
)

_Action = UndoneRecord.Action


class Undoing:
    """Carries out what a plan says, and looks again before it touches anything."""

    def __init__(self, undo: ImportJob) -> None:
        assert undo.undoes is not None
        self._undo = undo
        self._standing = Standing(undo.undoes)
        self._leaving: dict[str, set[int]] = {}
        self._change = Change(
            reason=undone_by(undo.undoes), when=timezone.now(), user_id=undo.actor_id
        )

    def restore(self, kind: str, befores: Mapping[int, Before]) -> int:
        """Give records the values and relations that they had; the caller holds the transaction.

        Returns
        -------
        int
            How many were restored or are left alone now.
        """
        model = KINDS[kind].model
        items = self._items(kind, list(befores), _Action.RESTORE)
        rows = model._default_manager.select_for_update().filter(pk__in=items)
        records: dict[int, Any] = {record.pk: record for record in rows.order_by("pk")}
        kept = self._changed_meanwhile(model, list(records))
        kept |= unrestorable(model, {key: befores[key] for key in records if key not in kept})
        for key in kept:
            records.pop(key)
        moved: dict[str, str] = {}
        touched: set[str] = set()
        for key, record in records.items():
            before_id = record.public_id
            for name, value in befores[key].fields.items():
                setattr(record, name, value_of(model, name, value))
            if record.public_id != before_id:
                moved[before_id] = record.public_id
            touched |= {before_id, record.public_id}
        if records:
            overwrite(list(records.values()))
            for key, record in records.items():
                touched |= _restore_relations(record, befores[key].relations)
            record_history(model, sorted(records), "~", self._change)
            follow_new_ids(moved)
            if KINDS[kind].indexed:
                enqueue(touched)
        self._settle(items, kept)
        return len(items)

    def remove(self, kind: str, keys: Sequence[int]) -> int:
        """Remove records that the load made; the caller holds the transaction."""
        model = KINDS[kind].model
        items = self._items(kind, keys, _Action.REMOVE)
        rows = model._default_manager.select_for_update().filter(pk__in=items).order_by("pk")
        ids = dict(rows.values_list("pk", "public_id"))
        kept = self._changed_meanwhile(model, list(ids))
        going = self._still_leaving(kind)
        going.difference_update(kept)
        leaving = Leaving(records={kind: going})
        while more := referred(kind, [key for key in ids if key not in kept], leaving):
            kept |= more
            going.difference_update(more)
        gone = {key: one for key, one in ids.items() if key not in kept}
        if gone:
            self._remove(model, gone)
        self._settle(items, kept)
        going.difference_update(keys)
        return len(items)

    def _remove(self, model: type[Record], gone: Mapping[int, str]) -> None:
        keys, ids = list(gone), list(gone.values())
        dependents = dependents_of(ids)
        record_history(model, keys, "-", self._change)
        forget_derived(model.kind, keys, ids)
        _let_go_of(model, keys)
        rows = model._default_manager.filter(pk__in=keys)
        # Past the collector, which would fetch each record and all that might hang on it: what
        # does was looked for already.
        rows._raw_delete(rows.db)
        if IdentityMember.objects.filter(record_id__in=ids).exists():
            lock(model.kind)
            resettle(model.kind, ids)
        enqueue({*ids, *dependents} if KINDS[model.kind].indexed else dependents)

    def _items(self, kind: str, keys: Sequence[int], action: str) -> dict[int, UndoneRecord]:
        found: dict[int, UndoneRecord] = {}
        for portion in portions(keys):
            items = self._undo.undone_records.filter(
                kind=kind, action=action, record_key__in=portion
            )
            found.update({item.record_key: item for item in items})
        return found

    def _still_leaving(self, kind: str) -> set[int]:
        """Keys of the kind that are yet to go; asked for once, since they may be a million."""
        if kind not in self._leaving:
            waiting = self._undo.undone_records.filter(
                kind=kind, action=_Action.REMOVE, is_done=False
            )
            self._leaving[kind] = set(waiting.values_list("record_key", flat=True))
        return self._leaving[kind]

    def _changed_meanwhile(
        self, model: type[Record], keys: Sequence[int]
    ) -> dict[int, dict[str, str]]:
        later = self._standing.changed_since(model, keys)
        return {key: self._standing.told(one) for key, one in later.items()}

    def _settle(
        self, items: Mapping[int, UndoneRecord], kept: Mapping[int, dict[str, str]]
    ) -> None:
        for key, item in items.items():
            item.is_done = True
            if key in kept:
                item.action, item.detail = _Action.KEEP, kept[key]
        done = [item.pk for key, item in items.items() if key not in kept]
        for portion in portions(done):
            UndoneRecord.objects.filter(pk__in=portion).update(is_done=True)
        UndoneRecord.objects.bulk_update(
            [items[key] for key in kept], ["action", "detail", "is_done"], batch_size=200
        )


def _restore_relations(record: Any, relations: Mapping[str, list[Any]]) -> set[str]:
    """Put former relations in the place of those of now; ids of people whose works changed."""
    if (names := relations.get("names")) is not None:
        record.names.all().delete()
        columns = ("organisation_id", "name", "normalised", "name_kind")
        insert_rows(OrganisationName, columns, [(record.pk, *one) for one in names])
    if (assignees := relations.get("assignees")) is not None:
        through = Patent.assignees.through
        through.objects.filter(patent_id=record.pk).delete()
        there = KINDS["organisation"].model._default_manager.in_bulk(assignees)
        made = [(record.pk, key) for key in assignees if key in there]
        insert_rows(through, ("patent_id", "organisation_id"), made)
    if (parts := relations.get("contributions")) is None:
        return set()
    held = Contribution.objects.filter(subject_id=record.public_id)
    people = {*held.values_list("person_id", flat=True), *(person for person, _, _ in parts)}
    held._raw_delete(held.db)
    ids = dict(Person.objects.filter(pk__in=people).values_list("pk", "public_id"))
    columns = ("subject_id", "person_id", "role", "position")
    there = [(record.public_id, *part) for part in parts if part[0] in ids]
    insert_rows(Contribution, columns, there)
    return set(ids.values())


def _let_go_of(model: type[Model], keys: Sequence[int]) -> None:
    """Let records of the same kind that go as well not name these any more."""
    for column in model._meta.concrete_fields:
        if column.is_relation and column.related_model is model and column.null:
            model._default_manager.filter(**{f"{column.attname}__in": keys}).update(
                **{column.attname: None}
            )


def in_portions(undo: ImportJob, kind: str, size: int) -> Iterator[list[int]]:
    """Keys that wait to be removed, so many at a time."""
    last = 0
    while True:
        waiting = undo.undone_records.filter(
            kind=kind, action=_Action.REMOVE, is_done=False, record_key__gt=last
        )
        keys = list(waiting.order_by("record_key").values_list("record_key", flat=True)[:size])
        if not keys:
            return
        last = keys[-1]
        yield keys
