"""Save checked rows of one kind, a batch at a time, in a fixed number of queries.

The caller holds the transaction.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from silian.identifiers import public_id
from silian.portal.catalogue import KINDS
from silian.portal.registry.domain.adoption import find_mentions, follow_new_ids
from silian.portal.registry.domain.history import Change, record_history
from silian.portal.registry.domain.inserting import insert_records, maker_of
from silian.portal.registry.domain.key_holders import taken_keys
from silian.portal.registry.domain.linking import Links, link_rows
from silian.portal.registry.domain.names import kind_by_name, name_key
from silian.portal.registry.domain.reasons import Reason
from silian.portal.registry.domain.references import portions
from silian.portal.registry.domain.relations import save_relations
from silian.portal.registry.domain.resolution import Resolver
from silian.portal.registry.domain.validation import CheckedRow, Parts
from silian.portal.registry.domain.withheld import without_withheld
from silian.portal.registry.models import Organisation, Record, Register

ACCEPTED, CHANGED, UNCHANGED, REJECTED = "accepted", "changed", "unchanged", "rejected"


@dataclass(slots=True)
class LoadContext:
    """What one load carries from batch to batch.

    Attributes
    ----------
    by_hand
        Whether somebody saves a record at the portal. The hash of what the register said stays,
        so that its unchanged row doesn't undo the edit later.
    replace
        Whether a row may take the place of another thing's record under the same key.
    seen
        Hashes of the keys met so far, by kind: 8 bytes' worth each, not the keys themselves.
    notes
        Things worth knowing that refuse nothing, counted by code.
    """

    register: Register
    change: Change
    resolver: Resolver
    owner: Organisation | None = None
    dry_run: bool = False
    by_hand: bool = False
    replace: bool = False
    seen: dict[str, set[int]] = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)
    regions_told: set[str] = field(default_factory=set)  # texts that the notes name
    touched: set[str] = field(default_factory=set)  # public ids whose index entry is due


@dataclass(slots=True)
class Saved:
    """What became of one row."""

    row: CheckedRow
    status: str
    public_id: str = ""
    reasons: tuple[Reason, ...] = ()


@dataclass(slots=True)
class _Target:
    """A row on its way to its record."""

    row: CheckedRow
    links: Links
    record: Record | None = None  # the record as it is, where there is one
    old_public_id: str = ""  # of a mention that this row registers


def save_rows(kind: str, rows: Sequence[CheckedRow], context: LoadContext) -> list[Saved]:
    """Make, change or leave the records of rows of one kind; every row is answered.

    Rows with a key that came before are refused, or added to it if they only add.
    """
    results: list[Saved] = []
    fresh = _without_repeats(kind, rows, context, results)
    held = _held_hashes(kind, fresh, context)
    changed = []
    for row in fresh:
        is_same = held.get(row.source_key) == row.digest
        if is_same and not row.adds and not context.by_hand:
            results.append(Saved(row, UNCHANGED, _id_of(kind, row, context)))
        else:
            changed.append(row)
    if changed:
        context.resolver.look_up(changed)
        results.extend(_save_changed(kind, changed, held, context))
    return results


def _without_repeats(
    kind: str, rows: Sequence[CheckedRow], context: LoadContext, results: list[Saved]
) -> list[CheckedRow]:
    seen = context.seen.setdefault(kind, set())
    first: dict[str, CheckedRow] = {}
    for row in rows:
        earlier = first.get(row.source_key)
        if row.adds:
            if earlier is None:
                first[row.source_key] = row
            else:
                _merge(earlier, row)
                results.append(Saved(row, UNCHANGED, _id_of(kind, row, context)))
            continue
        mark = hash(row.source_key)
        if mark in seen and not (earlier is not None and earlier.digest == row.digest):
            results.append(Saved(row, REJECTED, reasons=(_repeated(row),)))
        elif earlier is not None:
            results.append(Saved(row, UNCHANGED, _id_of(kind, row, context)))
        else:
            seen.add(mark)
            first[row.source_key] = row
    return list(first.values())


def _merge(earlier: CheckedRow, row: CheckedRow) -> None:
    for name, value in row.fields.items():
        earlier.fields[name] = added(earlier.fields.get(name), value)
    earlier.references = [*earlier.references, *row.references]
    earlier.given |= row.given


def added(held: Any, value: Any) -> Any:
    """A held value with a further one: blanks are filled, lists extended, the rest stays.

    Examples
    --------
    >>> added("", "磁材"), added("磁材", "电机"), added(["a"], ["b", "a"])
    ('磁材', '磁材', ['a', 'b'])
    """
    if isinstance(value, Parts):
        return value.under(held)
    if isinstance(held, list) and isinstance(value, list):
        return list(dict.fromkeys([*held, *value]))
    return value if held in (None, "", [], "other") and value not in (None, "") else held


def _onto(held: Any, value: Any) -> Any:
    return value.onto(held) if isinstance(value, Parts) else value


def _repeated(row: CheckedRow) -> Reason:
    return Reason(
        field="source_key",
        code="duplicate_key",
        message_zh=f"主键“{row.source_key}”在本次导入中已出现过且内容不同；请保留一行，或改用能区分二者的主键。",
        message_en=(
            f"key {row.source_key!r} came before in this load with other content; keep one of the "
            "rows, or choose a key that tells them apart."
        ),
        arrived=row.source_key,
    )


def _id_of(kind: str, row: CheckedRow, context: LoadContext) -> str:
    return public_id(kind, context.register.code, row.source_key)


def _held_hashes(kind: str, rows: Sequence[CheckedRow], context: LoadContext) -> dict[str, str]:
    """Content hash of each row's record, by source key, of those that exist."""
    manager = KINDS[kind].model._default_manager
    held: dict[str, str] = {}
    for portion in portions(row.source_key for row in rows):
        # A region is its code, whichever register tells of it.
        found = (
            manager.filter(adcode__in=portion)
            if kind == "region"
            else manager.filter(register=context.register, source_key__in=portion)
        )
        column = "adcode" if kind == "region" else "source_key"
        held.update(found.values_list(column, "source_hash"))
    return held


def _save_changed(
    kind: str, rows: list[CheckedRow], held: dict[str, str], context: LoadContext
) -> list[Saved]:
    results: list[Saved] = []
    targets = []
    for row, links in link_rows(kind, rows, context):
        if links.reasons:
            results.append(Saved(row, REJECTED, reasons=tuple(links.reasons)))
        elif links.pretended:
            status = CHANGED if row.source_key in held else ACCEPTED
            results.append(Saved(row, status, _id_of(kind, row, context)))
        else:
            targets.append(_Target(row, links))
    _attach_records(kind, targets, held, context)
    targets = _without_taken(kind, targets, context, results)
    made = [target for target in targets if target.record is None]
    kept = [target for target in targets if target.record is not None]
    _create(kind, made, context)
    differing = _update(kind, kept, context)
    pairs = [(target.row, target.links, target.record) for target in targets if target.record]
    new = frozenset(target.record.id for target in made if target.record)
    related = save_relations(kind, pairs, context, new=new)
    _mark_changed(kind, related - differing - new, context)
    differing |= related
    for target in targets:
        record = target.record
        assert record is not None
        # A mention that this row registers is new to the register.
        is_new = record.id in new or bool(target.old_public_id)
        status = ACCEPTED if is_new else CHANGED if record.id in differing else UNCHANGED
        results.append(Saved(target.row, status, record.public_id))
        if status != UNCHANGED and KINDS[kind].indexed:
            context.touched.add(record.public_id)
    moved = {t.old_public_id: t.record.public_id for t in kept if t.old_public_id and t.record}
    follow_new_ids(moved)
    context.touched.update(moved)
    return results


def _attach_records(
    kind: str, targets: list[_Target], held: dict[str, str], context: LoadContext
) -> None:
    # Locked, since all columns are written; in one order, so that no two loads wait for each other.
    records = KINDS[kind].model._default_manager.select_for_update().order_by("source_key")
    by_key: dict[str, Record] = {}
    for portion in portions(sorted(t.row.source_key for t in targets if t.row.source_key in held)):
        if kind == "region":
            by_key.update({r.adcode: r for r in records.filter(adcode__in=portion)})
        else:
            found = records.filter(register=context.register, source_key__in=portion)
            by_key.update({record.source_key: record for record in found})
    for target in targets:
        target.record = by_key.get(target.row.source_key)
    if kind == "organisation":
        _attach_by_name([t for t in targets if t.row.adds and t.record is None], context)
    if kind in {"organisation", "person", "chain_node"}:
        unmet = [target for target in targets if target.record is None]
        found_mentions = find_mentions(kind, [(t.row, t.links) for t in unmet])
        for target, mention in zip(unmet, found_mentions, strict=True):
            if mention is not None:
                target.record, target.old_public_id = mention, mention.public_id


def _without_taken(
    kind: str, targets: list[_Target], context: LoadContext, results: list[Saved]
) -> list[_Target]:
    """Leave out rows of which another thing holds the key."""
    if context.replace or context.by_hand:
        return targets
    held = [
        (target.row, target.links, target.record)
        for target in targets
        if target.record is not None
        and not target.old_public_id
        and target.record.source_key == target.row.source_key
    ]
    taken = taken_keys(kind, held, context)
    results.extend(
        Saved(target.row, REJECTED, reasons=(taken[target.row.source_key],))
        for target in targets
        if target.row.source_key in taken
    )
    return [target for target in targets if target.row.source_key not in taken]


def _attach_by_name(targets: list[_Target], context: LoadContext) -> None:
    """A list of honours adds to organisations that another register keeps."""
    resolver = context.resolver
    names = {name_key(target.row.fields["name"]) for target in targets}
    resolver.find_by_name(names - resolver.organisation_by_name.keys())
    keys = {name: resolver.organisation_by_name.get(name) for name in names}
    records: dict[int, Organisation] = {}
    for portion in portions({key for key in keys.values() if key}):
        records.update(Organisation.objects.select_for_update().order_by("pk").in_bulk(portion))
    for target in targets:
        key = keys[name_key(target.row.fields["name"])]
        record = records.get(key) if key else None
        if record is not None and record.registered:
            target.record = record


def _create(kind: str, targets: list[_Target], context: LoadContext) -> None:
    if not targets:
        return
    model = KINDS[kind].model
    register, unsaved = context.register, maker_of(model)
    for target in targets:
        row = target.row
        values = {
            "register_id": register.pk,
            "source_key": row.source_key,
            "public_id": public_id(kind, register.code, row.source_key),
            "source_row": row.number or None,
            "source_hash": "" if row.adds or context.by_hand else row.digest,
            **{n: v.onto(None) if isinstance(v, Parts) else v for n, v in row.fields.items()},
            **target.links.fields,
        }
        for name, value in target.links.blanks.items():
            values[name] = values.get(name) or value
        if kind == "organisation" and "organisation_kind" not in row.fields:
            values["organisation_kind"] = found = kind_by_name(row.fields["name"])
            context.notes["kind_by_name"] += found != "other"
        target.record = unsaved(values)
        _set_owner(target.record, None, context)
    records = [target.record for target in targets if target.record]
    insert_records(records)
    record_history(model, [record.id for record in records], "+", context.change)


def _update(kind: str, targets: list[_Target], context: LoadContext) -> set[int]:
    """Change records; the keys of those in which anything differs."""
    changed: list[Record] = []
    only_hash: list[Record] = []
    journal = context.change.journal
    for target in targets:
        record, row = target.record, target.row
        assert record is not None
        held = dict(record.__dict__) if journal is not None else {}
        before = getattr(record, "organisation_id", None)
        differs = _apply(record, row, target.links, keep=row.adds)
        if target.old_public_id:
            record.register, record.source_key = context.register, row.source_key
            record.public_id = public_id(kind, context.register.code, row.source_key)
            differs = True
        if kind == "organisation" and not record.registered:
            record.registered = differs = True
        keeps_hash = row.adds or context.by_hand
        if not keeps_hash and record.source_hash != row.digest:
            record.source_hash = row.digest
            if not differs:
                only_hash.append(record)
        if differs:
            record.source_row = row.number or record.source_row
            _set_owner(record, before, context)
            changed.append(record)
        if journal is not None:
            journal.changed(record, held)
    model = KINDS[kind].model
    for portion in portions(only_hash):
        model._default_manager.bulk_update(portion, ["source_hash"], batch_size=200)
    if changed:
        overwrite(changed)
        record_history(model, [record.pk for record in changed], "~", context.change)
    return {record.pk for record in changed}


def _mark_changed(kind: str, keys: set[int], context: LoadContext) -> None:
    """Let what is derived from records see that their people, owners or names are others now."""
    model = KINDS[kind].model
    for portion in portions(keys):
        model._default_manager.filter(pk__in=portion).update(updated_at=timezone.now())
    # Their own columns are as before, but who asks when they last changed must find it.
    record_history(model, sorted(keys), "~", context.change)


def _apply(record: Record, row: CheckedRow, links: Links, *, keep: bool) -> bool:
    """Put the given values on a record; whether anything differs now."""
    differs = False
    given = {**row.fields, **links.fields}
    for name, value in links.blanks.items():
        given[name] = given.get(name) or (
            value if name in given else getattr(record, name) or value
        )
    for name, value in given.items():
        held = getattr(record, name)
        new = added(held, value) if keep else _onto(held, value)
        new = without_withheld(record, name, new)
        if new != held:
            setattr(record, name, new)
            differs = True
    return differs


def _set_owner(record: Record, organisation_before: int | None, context: LoadContext) -> None:
    """Records belong to the organisation they name, unless somebody said otherwise."""
    if context.owner is not None:
        record.owner_id = context.owner.pk
        return
    organisation = getattr(record, "organisation_id", None)
    if organisation and record.owner_id in {None, organisation_before}:
        record.owner_id = organisation


def overwrite(records: Sequence[Record]) -> None:
    """Write records that exist, many in one statement."""
    model = type(records[0])
    fields = [
        field.name
        for field in model._meta.concrete_fields
        if not field.primary_key and field.name != "created_at"
    ]
    model._default_manager.bulk_create(
        records, update_conflicts=True, unique_fields=["id"], update_fields=fields, batch_size=2_000
    )
