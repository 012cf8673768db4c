"""What an undo will do with every record that a load made or changed: found out, nothing changed.

Steps of the load are read the last one first; in memory are keys, never the records.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from silian.portal.catalogue import KINDS
from silian.portal.registry.domain.inserting import insert_rows
from silian.portal.registry.domain.references import portions
from silian.portal.registry.domain.undo_differences import Differences
from silian.portal.registry.domain.undo_journal import (
    Before,
    read_step,
    steps_backwards,
    value_of,
)
from silian.portal.registry.domain.undo_references import Leaving, referred
from silian.portal.registry.domain.undo_standing import Standing
from silian.portal.registry.models import ImportJob, Record, UndoneRecord

_Action = UndoneRecord.Action
_RECORDS_AT_ONCE = 900
_COLUMNS = ("job_id", "kind", "record_key", "public_id", "title", "action", "detail", "is_done")
Reasons = dict[int, dict[str, str]]


def plan_undo(undo: ImportJob) -> None:
    """Write down for each record whether it is removed, restored or left alone, and why."""
    undo.undone_records.all().delete()
    plan = _Plan(undo)
    plan.find_made()
    plan.restore()
    plan.remove()


class _Plan:
    def __init__(self, undo: ImportJob) -> None:
        self._undo = undo
        self._load: Any = undo.undoes
        self._standing = Standing(self._load)
        self._leaving = Leaving()
        self._met: dict[str, set[int]] = {}
        self._left_alone: dict[str, set[int]] = {}

    def find_made(self) -> None:
        """Note the records that the load made and that nobody changed since."""
        made: dict[str, set[int]] = {}
        for step in steps_backwards(self._load):
            for kind, keys in read_step(step).made.items():
                made.setdefault(kind, set()).update(keys)
        self._made = made
        self._changed: dict[str, Reasons] = {}
        for kind, keys in made.items():
            later = self._standing.changed_since(KINDS[kind].model, sorted(keys))
            self._changed[kind] = {key: self._standing.told(one) for key, one in later.items()}
            self._leaving.records[kind] = keys - later.keys()

    def restore(self) -> None:
        """Plan what becomes of records that were there before the load."""
        for step in steps_backwards(self._load):
            for kind, held in read_step(step).changed.items():
                made, met = self._made.get(kind, set()), self._met.setdefault(kind, set())
                fresh = {key: one for key, one in held.items() if key not in made}
                for portion in portions(fresh, _RECORDS_AT_ONCE):
                    self._restore(kind, {key: fresh[key] for key in portion}, met)

    def _restore(self, kind: str, befores: Mapping[int, Before], met: set[int]) -> None:
        model, left_alone = KINDS[kind].model, self._left_alone.setdefault(kind, set())
        later = self._standing.changed_since(model, [key for key in befores if key not in met])
        kept = {key: self._standing.told(one) for key, one in later.items()}
        kept |= unrestorable(model, {k: b for k, b in befores.items() if k not in kept})
        records = model._default_manager.in_bulk(list(befores))
        shown = Differences(model, befores, records)
        planned = []
        left_alone.update(kept)
        for key, before in befores.items():
            if key not in records:
                continue  # deleted since
            if key not in left_alone:
                self._free(kind, key, before)
            if key not in met:
                planned.append(
                    (key, _Action.KEEP, kept[key])
                    if key in kept
                    else (key, _Action.RESTORE, shown.of(key))
                )
        met.update(befores)
        self._write(kind, planned)

    def _free(self, kind: str, key: int, before: Before) -> None:
        """Note what the record will not refer to any more."""
        for name in before.fields:
            if name.endswith("_id"):
                self._leaving.freed.setdefault((kind, name), set()).add(key)
        if (parts := before.relations.get("contributions")) is not None:
            people = frozenset(person for person, _, _ in parts)
            self._leaving.contributors[kind, key] = people
        if (assignees := before.relations.get("assignees")) is not None:
            self._leaving.assignees[key] = frozenset(assignees)

    def remove(self) -> None:
        """Plan what becomes of records that the load made; what refers to others goes first."""
        for kind in reversed(KINDS):
            if kind not in self._made:
                continue
            candidates = self._leaving.records[kind]
            kept = dict(self._changed[kind])
            # One that stays may refer to another of its kind, which then stays as well.
            while more := referred(kind, sorted(candidates), self._leaving):
                kept |= more
                candidates.difference_update(more)
            for portion in portions(sorted(self._made[kind]), _RECORDS_AT_ONCE):
                self._write(
                    kind,
                    [
                        (key, _Action.KEEP, kept[key]) if key in kept else (key, _Action.REMOVE, {})
                        for key in portion
                    ],
                )

    def _write(self, kind: str, planned: Sequence[tuple[int, str, dict[str, Any]]]) -> None:
        titles = titles_of(kind, [key for key, _, _ in planned])
        rows = [
            (self._undo.pk, kind, key, *titles[key], action, detail, False)
            for key, action, detail in planned
            if key in titles  # what was deleted since is nobody's to remove
        ]
        insert_rows(UndoneRecord, _COLUMNS, rows)


def unrestorable(model: type[Record], befores: Mapping[int, Before]) -> Reasons:
    """By key why a record can't be what it was: what it named is gone, or its id is another's."""
    found: Reasons = {}
    by_name: dict[str, dict[int, Any]] = {}
    for key, before in befores.items():
        for name, kept in before.fields.items():
            if kept is not None and (name.endswith("_id")):
                by_name.setdefault(name, {})[key] = value_of(model, name, kept)
    for name, values in by_name.items():
        if name == "public_id":
            rows = model._default_manager.filter(public_id__in=set(values.values()))
            held = dict(rows.values_list("public_id", "pk"))
            taken = {key for key, one in values.items() if held.get(one, key) != key}
            found.update(dict.fromkeys(taken, _TAKEN))
            continue
        target = next(c.related_model for c in model._meta.concrete_fields if c.attname == name)
        there = set[Any]()
        for portion in portions(set(values.values())):
            rows = target._default_manager.filter(pk__in=portion)
            there.update(rows.values_list("pk", flat=True))
        gone = {key for key, one in values.items() if one not in there}
        found.update(dict.fromkeys(gone, _LOST))
    return found


_TAKEN = {
    "code": "id_taken",
    "message_zh": "原公开编号已属于另一条记录，未动。",
    "message_en": "its former id belongs to another record now; left as it is.",
}
_LOST = {
    "code": "reference_gone",
    "message_zh": "原先所指的记录已不存在，无法恢复，未动。",
    "message_en": "what it named before is gone; left as it is.",
}


def titles_of(kind: str, keys: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Public id and title of records by key."""
    entry = KINDS[kind]
    found: dict[int, tuple[str, str]] = {}
    for portion in portions(keys):
        rows = entry.model._default_manager.filter(pk__in=portion)
        if entry.title_field:
            for key, public_id, title in rows.values_list("pk", "public_id", entry.title_field):
                found[key] = (public_id, title[:200])
        else:
            for record in rows.select_related(*entry.joined):
                found[record.pk] = (record.public_id, str(record)[:200])
    return found
