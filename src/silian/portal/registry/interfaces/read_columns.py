"""Which columns of a file a mapping reads, and what it asks for that the file hasn't."""

import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches

from silian.portal.catalogue import KINDS
from silian.portal.registry.interfaces.mapping import FieldSpec, MappingSpec, RecordSpec
from silian.tables.readers import FileRefused

PLACE = re.compile(r"\{([^{}]+)\}")
MISSING, UNREAD = "column_missing", "column_unread"  # notes, with the column behind a colon
_SHOWN_COLUMNS = 30


class ColumnsMissing(FileRefused, LookupError):
    """A file without the columns that its mapping makes every record of."""

    code = "columns_missing"


def columns_of(spec: FieldSpec) -> Iterator[str]:
    """Columns that a field is made of."""
    yield from spec.column or ()
    yield from spec.columns or ()
    yield from PLACE.findall(spec.template or "")


def notes_of(spec: MappingSpec, held: Collection[str], *, is_table: bool) -> list[str]:
    """Notes of columns that the mapping asks for in vain, and of those that it doesn't read.

    Parameters
    ----------
    held
        Columns of the file.
    is_table
        Whether every row has every column; members of JSON objects may come later.

    Raises
    ------
    ColumnsMissing
        If no record can be made for want of columns.
    """
    made = set()  # columns that joins and lists bring
    for record in spec.records:
        made |= {record.for_each.name} if record.for_each else set()
    made |= {join.name for join in spec.joins}

    def is_there(column: str) -> bool:
        return column in held or column.split(".", maxsplit=1)[0] in {*held, *made}

    missing = {
        column: name
        for record in spec.records
        for name, one in _sources(record)
        if not any(map(is_there, columns_of(one)))
        for column in columns_of(one)
    }
    if is_table and all(_lacks(record, missing) for record in spec.records):
        raise _refusal(missing, held)
    read = _read(spec)
    return [
        *(f"{MISSING}:{column}" for column in missing),
        *(f"{UNREAD}:{column}" for column in held if column not in read),
    ]


def _sources(record: RecordSpec) -> Iterator[tuple[str, FieldSpec]]:
    yield "source_key", record.key
    yield from record.fields.items()


def _read(spec: MappingSpec) -> set[str]:
    found = {*spec.unique, *(column for join in spec.joins for column in join.on)}
    for record in spec.records:
        found.update(column for _, one in _sources(record) for column in columns_of(one))
        found.update({record.for_each.column} if record.for_each else ())
        found.update({record.when.column} if record.when else ())
    return found | {column.split(".")[0] for column in found}


def _lacks(record: RecordSpec, missing: dict[str, str]) -> bool:
    """Whether a record misses every column of something that it must have."""
    required = {column.name for column in KINDS[record.kind].columns if column.required}
    return any(
        name in {*required, "source_key"}
        and one.default is None
        and bool(wanted := list(columns_of(one)))
        and all(column in missing for column in wanted)
        for name, one in _sources(record)
    )


def _refusal(missing: dict[str, str], held: Collection[str]) -> ColumnsMissing:
    near = {column: _nearest(column, held) for column in missing}
    zh = "、".join(f"“{c}”" + (f"（最接近：“{n}”）" if n else "") for c, n in near.items())
    en = ", ".join(f"{c!r}" + (f" (nearest: {n!r})" if n else "") for c, n in near.items())
    shown = "、".join(list(held)[:_SHOWN_COLUMNS])
    return ColumnsMissing(
        f"the mapping reads columns that the file hasn't: {en}. The file has: {shown}. Correct the "
        "columns in the mapping, or choose the file that it is for.",
        message_zh=f"映射要读的列在文件中没有：{zh}。文件中有：{shown}。请更正映射中的列名，或选择与映射对应的文件。",
    )


def _nearest(column: str, held: Collection[str]) -> str:
    within = [one for one in held if column in one or one in column]
    if within:
        return min(within, key=lambda one: abs(len(one) - len(column)))
    return next(iter(get_close_matches(column, held, 1, 0.5)), "")
