"""Records as files: CSV, XLSX, JSON Lines, Parquet, in the columns of the templates.

Behind them stand each record's public id and, where the site is known, the address of its page.
CSV and XLSX are for people: choices and fields in words of the file's language. JSON Lines and
Parquet are for programs: names of columns and codes. All can be imported again, and change
nothing. Who may see which record is decided by the caller's queryset.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db.models import QuerySet

from silian.errors import EngineError
from silian.library.service_kinds import known_service_kinds, service_kind_names
from silian.portal.accounts.domain.access import SYSTEM, Viewer
from silian.portal.catalogue import KINDS, RecordKind, kind_of_model
from silian.portal.registry.interfaces.code_columns import KNOWN_EMPTY
from silian.portal.registry.interfaces.columns import Column
from silian.portal.registry.interfaces.faces import url_of
from silian.portal.registry.interfaces.fields import field_names
from silian.portal.registry.interfaces.identifying_columns import (
    PAGE,
    PUBLIC_ID,
    identifying_label,
)
from silian.portal.registry.interfaces.record_values import rows_of
from silian.portal.registry.interfaces.sheets import csv_bytes, write_xlsx
from silian.portal.registry.interfaces.templates import heading_zh

EXPORT_FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
_CHUNK_BYTES = 256 * 1024
_ROWS_A_GROUP = 5_000


class UnknownFormat(EngineError, ValueError):
    """A format that isn't written."""

    code = "unknown_format"


def export(
    records: "QuerySet[Any] | str",
    fmt: str,
    *,
    language: str = "zh",
    viewer: Viewer = SYSTEM,
    site: str = "",
) -> Iterator[bytes]:
    """Records of one kind as a file, in pieces.

    Parameters
    ----------
    records
        A queryset of one record model, already limited to what the viewer may see; or a kind,
        for all of its records.
    fmt
        ``csv`` (UTF-8 with BOM), ``xlsx``, ``jsonl`` or ``parquet``.
    language
        Language of CSV and XLSX, headings and words: ``zh`` or ``en``.
    viewer
        Who reads the file: people who are hidden from the viewer are not named in it.
    site
        Beginning of the pages' addresses, such as ``https://silian.example.cn``; without it the
        file has no addresses.

    Raises
    ------
    UnknownFormat
        If the format isn't written.
    """
    if fmt not in EXPORT_FORMATS:
        raise UnknownFormat(f"format is {fmt!r}; expected one of {', '.join(EXPORT_FORMATS)}.")
    if isinstance(records, str):
        records = KINDS[records].model._default_manager.order_by("pk")
    entry = kind_of_model(records.model)
    rows = _with_pages(rows_of(entry, records, viewer), site)
    beside = (PUBLIC_ID, PAGE) if site else (PUBLIC_ID,)
    match fmt:
        case "csv":
            headings = _headings(entry, language, beside)
            yield from csv_bytes(headings, _lines(entry, rows, language, beside))
        case "jsonl":
            yield from _jsonl(rows)
        case "xlsx":
            yield from _by_file(lambda path: _write_xlsx(path, entry, rows, language, beside))
        case _:
            yield from _by_file(lambda path: _write_parquet(path, entry, rows, beside))


def _with_pages(rows: Iterable[dict[str, Any]], site: str) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield row | {PAGE: f"{site}{url_of(row[PUBLIC_ID])}"} if site else row


def _headings(entry: RecordKind, language: str, beside: Iterable[str]) -> list[str]:
    further = [identifying_label(name, language) for name in beside]
    if language == "zh":
        return [heading_zh(column).removesuffix(" *") for column in entry.columns] + further
    return [column.label_en for column in entry.columns] + further


def _lines(
    entry: RecordKind, rows: Iterable[dict[str, Any]], language: str, beside: Iterable[str]
) -> Iterator[list[Any]]:
    words = {column.name: _words(column, language) for column in entry.columns}
    for row in rows:
        cells = [_cell(column, row[column.name], words[column.name]) for column in entry.columns]
        yield cells + [row[name] for name in beside]


def _words(column: Column, language: str) -> Mapping[Any, str]:
    """What a column's values are called in a language, where they are of a list."""
    position = 1 if language == "en" else 0
    if column.name == "field_codes":
        return {code: names[position] for code, names in field_names().items()}
    if column.name == "service_kinds":
        return {word: service_kind_names(word)[position] for word in known_service_kinds()}
    if column.type_name == "boolean":
        return {True: ("是", "yes")[position], False: ("否", "no")[position]}
    return {c.value: (c.label_zh, c.label_en)[position] for c in column.choices}


def _cell(column: Column, value: Any, words: Mapping[Any, str]) -> Any:
    if column.type_name == "codes" and value == []:
        return KNOWN_EMPTY[0]
    if column.type_name == "rate" and value is not None:
        return float(Decimal(str(value)) * 100)  # percent, as the heading says
    if isinstance(value, list):
        return listed([words.get(item, str(item)) for item in value])
    if isinstance(value, (str, bool)):
        return words.get(value, value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return value


def listed(items: list[str]) -> str:
    """A list in one cell, by a separator that none of its items contains."""
    joined = "".join(items)
    separator = next((mark for mark in "、；;|，,\n" if mark not in joined), "、")
    return separator.join(items)


def _jsonl(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    held: list[str] = []
    size = 0
    for row in rows:
        line = json.dumps(row, ensure_ascii=False, default=_plain)
        held.append(line)
        size += len(line)
        if size >= _CHUNK_BYTES:
            yield ("\n".join(held) + "\n").encode()
            held, size = [], 0
    if held:
        yield ("\n".join(held) + "\n").encode()


def _plain(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"can't write {type(value).__name__} as JSON")


def _by_file(write: Any) -> Iterator[bytes]:
    """Formats whose end tells of their beginning are written to a temporary file first."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export"
        write(path)
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk


def _write_xlsx(
    path: Path,
    entry: RecordKind,
    rows: Iterable[dict[str, Any]],
    language: str,
    beside: tuple[str, ...],
) -> None:
    lines = ([_sheet_value(c) for c in line] for line in _lines(entry, rows, language, beside))
    name = entry.label_en if language == "en" else entry.label_zh
    write_xlsx(path, name, _headings(entry, language, beside), lines)


def _sheet_value(value: Any) -> Any:
    # Excel keeps 15 digits of a number; a longer amount stays a text.
    if isinstance(value, Decimal):
        return float(value) if len(value.as_tuple().digits) <= 15 else str(value)
    # Excel's days begin in 1900, and that February it counts one too many.
    if isinstance(value, date) and value < date(1900, 3, 1):
        return value.isoformat()
    return value


def _write_parquet(
    path: Path, entry: RecordKind, rows: Iterable[dict[str, Any]], beside: Iterable[str]
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        "list": pa.list_(pa.string()),
        "amount": pa.decimal128(20, 2),
        "number": pa.float64(),
        "integer": pa.int64(),
        "date": pa.date32(),
        "rate": pa.float64(),
        "boolean": pa.bool_(),
        "codes": pa.list_(pa.string()),
    }
    schema = pa.schema(
        [
            pa.field(column.name, types.get(column.type_name, pa.string()))
            for column in entry.columns
        ]
        + [pa.field(name, pa.string()) for name in beside]
    )
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for group in _groups(rows):
            for row in group:
                for column in entry.columns:
                    row[column.name] = _typed(column, row[column.name])
            writer.write_table(pa.Table.from_pylist(group, schema=schema))


def _typed(column: Column, value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return float(value) if column.type_name == "number" and value is not None else value


def _groups(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    group: list[dict[str, Any]] = []
    for row in rows:
        group.append(row)
        if len(group) == _ROWS_A_GROUP:
            yield group
            group = []
    if group:
        yield group
