"""Many new rows at once, past the costs of Django's ``bulk_create``.

Half of a load's time went into preparing values that the row schema has already made right;
here texts and whole numbers go to the driver as they are.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from json.encoder import encode_basestring_ascii
from operator import itemgetter
from typing import Any

from django.db import connection, models
from django.db.models.base import ModelState
from django.utils import timezone

from silian.portal.registry.models import Record

_LOG_PAGES = 16_384
_PLAIN = (models.CharField, models.TextField, models.IntegerField, models.BooleanField)
_PLAIN_KEYS = (models.ForeignKey, models.FloatField)


@contextmanager
def many_writes() -> Iterator[None]:
    """Let SQLite copy its log into the database every 64 MB of it rather than every 4 MB.

    The pages of an index change with almost every batch; so each is copied once in a while
    instead of once a batch. Whatever is committed stays committed.
    """
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_autocheckpoint")
        [before] = cursor.fetchone()
        cursor.execute(f"PRAGMA wal_autocheckpoint={_LOG_PAGES}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA wal_autocheckpoint={int(before)}")


def maker_of(model: type[Record]) -> Callable[[dict[str, Any]], Any]:
    """Function that makes an unsaved record from values by column attribute.

    ``Model(**values)`` looks at every field of every record; here the defaults are known once.
    """
    fields = [(field.attname, field) for field in model._meta.concrete_fields]
    constant = {name: field.get_default() for name, field in fields if not callable(field.default)}
    computed = [(name, field.get_default) for name, field in fields if callable(field.default)]

    def make(values: dict[str, Any]) -> Any:
        record = model.__new__(model)
        held = record.__dict__
        held["_state"] = ModelState()
        held.update(constant)
        for name, default in computed:
            if name not in values:
                held[name] = default()
        held.update(values)
        return record

    return make


def insert_records(records: Sequence[Record]) -> None:
    """Insert new records of one model and give them their primary keys."""
    if not records:
        return
    model = type(records[0])
    newest = model._default_manager.aggregate(newest=models.Max("pk"))["newest"] or 0
    now = timezone.now()
    for record in records:
        record.created_at = record.updated_at = now
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    names = [field.attname for field in fields]
    # Past the descriptors of relations, which cost more than all else here.
    values_of = itemgetter(*names)
    insert_rows(model, names, (values_of(record.__dict__) for record in records))
    by_id = {record.public_id: record for record in records}
    # Keys grow; other loads may have committed rows of theirs in between.
    found = model._default_manager.filter(pk__gt=newest).values_list("public_id", "pk")
    for public_id, key in found.iterator(chunk_size=5_000):
        if public_id in by_id:
            by_id[public_id].id = key
            by_id[public_id]._state.adding = False


def insert_rows(
    model: type[models.Model],
    attributes: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    ignore_conflicts: bool = False,
) -> None:
    """Insert rows given as values of these attributes; defaults are the caller's."""
    by_attribute = {field.attname: field for field in model._meta.concrete_fields}
    fields = [by_attribute[name] for name in attributes]
    quote = connection.ops.quote_name
    statement = (
        f"INSERT INTO {quote(model._meta.db_table)} "
        f"({', '.join(quote(field.column) for field in fields)}) "
        f"VALUES ({', '.join(['%s'] * len(fields))})"
        f"{' ON CONFLICT DO NOTHING' if ignore_conflicts else ''}"
    )
    # Whole columns at a time: most hold one value throughout, or nothing to prepare.
    columns = list(zip(*rows, strict=True))
    prepared = [_prepared(column, field) for column, field in zip(columns, fields, strict=False)]
    if prepared:
        with connection.cursor() as cursor:
            cursor.executemany(statement, list(zip(*prepared, strict=True)))


def _prepared(column: Sequence[Any], field: Any) -> Sequence[Any]:
    prepare = _preparer(field)
    if prepare is None:
        return column
    first = column[0]
    if all(value is first for value in column):
        return [prepare(first)] * len(column)
    return [prepare(value) for value in column]


def _preparer(field: Any) -> Callable[[Any], Any] | None:
    """What the driver needs done to a field's values; ``None`` where nothing."""
    if isinstance(field, (*_PLAIN, *_PLAIN_KEYS)):
        return None
    if not isinstance(field, models.JSONField):
        # Days and amounts come again and again: each is prepared once.
        known: dict[Any, Any] = {None: None}

        def remember(value: Any) -> Any:
            if value not in known:
                known[value] = field.get_db_prep_save(value, connection=connection)
            return known[value]

        return remember
    adapt, encoder = connection.ops.adapt_json_value, field.encoder
    is_text = connection.vendor == "sqlite" and encoder is None

    def prepare(value: Any) -> Any:
        if is_text and type(value) is list and all(type(item) is str for item in value):
            # What ``json.dumps`` writes, without the making of an encoder for each list.
            return f"[{', '.join(map(encode_basestring_ascii, value))}]"
        return None if value is None else adapt(value, encoder)

    return prepare
