"""Entries of the lists, kept true to the records in the transaction that changes these."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Q

from silian.identifiers import KIND_BY_PREFIX
from silian.portal.exchange.domain.list_kinds import LISTED_KINDS, ListedKind
from silian.portal.exchange.domain.list_words import ENTRIES, forget_words
from silian.portal.exchange.models import ListEntry
from silian.portal.registry.domain.references import portions

#: Kind of the entry of an organisation that is only mentioned: no list shows it, but its name is
#: part of what others are found by.
MENTIONED = "mentioned"
Progress = Callable[[int, int], None]

_AT_ONCE = 4_000
_MOST_FIELD_CHARACTERS = 600
_MOST_TITLE_CHARACTERS = 500


class _Entry(NamedTuple):
    """Columns of ``ListEntry`` in the order in which they are read and written."""

    public_id: str
    kind: str
    record_key: int
    audience: str
    is_draft: bool
    owner_key: int | None
    region_key: int | None
    field_codes: str
    updated_at: datetime
    title: str
    text: str


_COLUMNS = _Entry._fields
_MOMENT = _COLUMNS.index("updated_at")
# PostgreSQL has the pairs beside the text that they are of.
_FORGET = {"postgresql": ", pairs = NULL"}


def refresh(public_ids: Sequence[str]) -> int:
    """Let the entries of these records say what the records say now.

    What carries the name or the place of an organisation among them follows.

    Returns
    -------
    int
        How many entries were written or removed.
    """
    n_written = 0
    listed = [one for one in public_ids if _kind(one) in LISTED_KINDS]
    with transaction.atomic():
        for portion in portions(listed, _AT_ONCE):
            written, renamed = _write(portion)
            n_written += written
            for others in portions(_belonging_to(renamed), _AT_ONCE):
                n_written += _write(others)[0]
    return n_written


def fill(progress: Progress | None = None) -> int:
    """Make all entries anew from the records; their words are indexed later."""
    with transaction.atomic():
        ListEntry.objects.all().delete()
        forget_words()
        # Nothing need follow its organisation: everything is looked at itself.
        return sum(_write(portion)[0] for portion in _all_ids(progress))


def drifted() -> list[str]:
    """Public ids of entries that don't say what their records say, or that lack either.

    Statements that tell nobody of what they changed (``loaddata``, SQL by hand) leave such.
    """
    found = [one for ids in _all_ids() for one in _differing(ids)[2]]
    for kind, spec in LISTED_KINDS.items():
        kinds = {kind, MENTIONED} if kind == "organisation" else {kind}
        known = spec.model._default_manager.values("public_id")
        gone = ListEntry.objects.filter(kind__in=kinds).exclude(public_id__in=known)
        found += gone.values_list("public_id", flat=True)
    return found


def is_filled() -> bool:
    """Whether entries were ever made of the records there are."""
    if ListEntry.objects.exists():
        return True
    return not any(s.model._default_manager.exists() for s in LISTED_KINDS.values())


def _all_ids(progress: Progress | None = None) -> Iterator[list[str]]:
    """Public ids of all records that may have an entry, in portions."""
    models = [spec.model._default_manager for spec in LISTED_KINDS.values()]
    total, done = sum(records.count() for records in models), 0
    for records in models:
        ids = records.order_by("pk").values_list("public_id", flat=True).iterator()
        while portion := list(islice(ids, _AT_ONCE)):
            yield portion
            done += len(portion)
            if progress:
                progress(done, total)


def _differing(
    public_ids: Sequence[str],
) -> tuple[dict[str, _Entry], dict[str, _Entry], list[str]]:
    """Entries as they should be and as they are, and the ids in which the two differ."""
    wanted = {entry.public_id: entry for entry in _wanted(public_ids)}
    rows = ListEntry.objects.filter(public_id__in=public_ids).values_list(*_COLUMNS)
    held = {row[0]: _Entry(*row) for row in rows}
    differing = [one for one in wanted | held if wanted.get(one) != held.get(one)]
    return wanted, held, differing


def _write(public_ids: Sequence[str]) -> tuple[int, list[int]]:
    """Entries written or removed, and organisations whose name or place is another now."""
    wanted, held, differing = _differing(public_ids)
    gone = [one for one in differing if one not in wanted]
    if gone:
        ListEntry.objects.filter(public_id__in=gone).delete()
    changed = [wanted[one] for one in differing if one in wanted]
    of_words = [e for e in changed if e.public_id not in held or held[e.public_id].text != e.text]
    _insert(of_words, held)
    _update([e for e in changed if e.public_id in held and held[e.public_id].text == e.text])
    return len(differing), [entry.record_key for entry in changed if _is_renamed(entry, held)]


def _is_renamed(entry: _Entry, held: Mapping[str, _Entry]) -> bool:
    if entry.kind not in {"organisation", MENTIONED}:
        return False
    # Nothing carries a name that was not there: what comes to belong to it is changed itself.
    before = held.get(entry.public_id)
    return before is not None and (
        (before.title, before.region_key) != (entry.title, entry.region_key)
    )


def _belonging_to(organisations: Sequence[int]) -> list[str]:
    found: set[str] = set()
    for spec in LISTED_KINDS.values():
        if spec.kind == "organisation":
            continue
        rows = spec.model._default_manager
        for portion in portions(organisations):
            found.update(rows.filter(organisation__in=portion).values_list("public_id", flat=True))
    return sorted(found)


def _wanted(public_ids: Sequence[str]) -> Iterator[_Entry]:
    ids_by_kind: dict[str, list[str]] = {}
    for public_id in public_ids:
        ids_by_kind.setdefault(_kind(public_id), []).append(public_id)
    for kind, ids in ids_by_kind.items():
        yield from _entries_of(LISTED_KINDS[kind], ids)


def _kind(public_id: str) -> str:
    return KIND_BY_PREFIX.get(public_id.partition("-")[0], "")


def _entries_of(spec: ListedKind, public_ids: Sequence[str]) -> Iterator[_Entry]:
    region = spec.region_path
    named = ["pk", "public_id", "audience", "owner_id", "updated_at", f"{region}_id"]
    named += [spec.title_path, *spec.text_paths]
    has_fields = spec.filter_named("field") is not None
    named += ["field_codes"] if has_fields else []
    named += ["status"] if spec.kind == "need" else []
    named += ["registered"] if spec.registered_only else []
    records = spec.model._default_manager.filter(Q(public_id__in=public_ids))
    for row in records.values(*dict.fromkeys(named)).iterator():
        kind = spec.kind if row.get("registered", True) else MENTIONED
        yield _Entry(
            public_id=row["public_id"],
            kind=kind,
            record_key=row["pk"],
            audience=row["audience"],
            is_draft=row.get("status") == "draft",
            owner_key=row["owner_id"],
            region_key=row[f"{region}_id"],
            field_codes=_codes_as_text(row["field_codes"]) if has_fields else "",
            updated_at=row["updated_at"],
            title=row[spec.title_path][:_MOST_TITLE_CHARACTERS],
            text="\n".join(row[path] or "" for path in spec.text_paths).lower(),
        )


def _codes_as_text(codes: Sequence[str]) -> str:
    """Codes as a JSON list; of absurdly many those that an index of the database can hold."""
    kept = sorted(set(codes))
    while len(text := json.dumps(kept)) > _MOST_FIELD_CHARACTERS:
        kept.pop()
    return text


def _insert(entries: Sequence[_Entry], held: Mapping[str, _Entry]) -> None:
    """Write entries whose text is new."""
    former = [entry.public_id for entry in entries if entry.public_id in held]
    if former and connection.vendor == "sqlite":
        # A new text has a new key, since the index of words can't forget what a key stood for.
        ListEntry.objects.filter(public_id__in=former).delete()
    columns = (*_COLUMNS, "words_indexed")
    marks = ", ".join(["%s"] * len(columns))
    taken = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
    # Past the models: making them and preparing their values cost far more than the insert.
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {ENTRIES} ({', '.join(columns)}) VALUES ({marks}) "
            f"ON CONFLICT (public_id) DO UPDATE SET {taken}{_FORGET.get(connection.vendor, '')}",
            [(*_stored(entry), False) for entry in entries],
        )


def _update(entries: Sequence[_Entry]) -> None:
    if not entries:
        return
    names = _COLUMNS[1:-1]  # neither id nor text
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {ENTRIES} SET {', '.join(f'{name} = %s' for name in names)} "
            "WHERE public_id = %s",
            [(*_stored(entry)[1:-1], entry.public_id) for entry in entries],
        )


def _stored(entry: _Entry) -> tuple[Any, ...]:
    when = connection.ops.adapt_datetimefield_value(entry.updated_at)
    return (*entry[:_MOMENT], when, *entry[_MOMENT + 1 :])
