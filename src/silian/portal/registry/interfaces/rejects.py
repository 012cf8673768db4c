"""Rejected rows, or rows read in part, as a file to mend: the reasons stand beside the original columns."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from silian.errors import EngineError
from silian.portal.catalogue import KINDS
from silian.portal.registry.interfaces.headings import columns_by_name
from silian.portal.registry.interfaces.mapping_library import TEMPLATE_PREFIX, find_mapping
from silian.portal.registry.interfaces.read_columns import columns_of
from silian.portal.registry.interfaces.sheets import csv_bytes, unmarked, xlsx_bytes
from silian.portal.registry.models import ImportJob, RejectedRow

ROW_HEADING = "原行号 row"
REASON_HEADINGS = ("拒收原因", "Reasons")
REMARK_HEADINGS = ("提示", "Remarks")
Sources = Mapping[tuple[str, str], str]
OWN_HEADINGS = frozenset({ROW_HEADING, *REASON_HEADINGS, *REMARK_HEADINGS})


def in_order(values: Mapping[str, Any], order: Sequence[str]) -> dict[str, Any]:
    """Values in the order of their file's columns; what has no place there follows, by name.

    Examples
    --------
    >>> in_order({"d": 1, "c": 2, "a": 3, "b": 4}, ["b", "x", "a"])
    {'b': 4, 'a': 3, 'c': 2, 'd': 1}
    """
    known = [name for name in order if name in values]
    return {name: values[name] for name in (*known, *sorted(values.keys() - set(order)))}


def rejects_file(
    job: ImportJob,
    fmt: str = "xlsx",
    *,
    order: Sequence[str] = (),
    state: str = RejectedRow.State.OPEN,
) -> bytes:
    """Open rejected rows of a job, with reasons, to be corrected and uploaded again.

    Parameters
    ----------
    fmt
        ``xlsx`` or ``csv`` (UTF-8 with BOM).
    order
        Columns of the job's file.
    state
        ``open``, or ``remarked`` for rows that were loaded with remarks.
    """
    rows = job.rejected_rows.filter(state=state).order_by("row_number", "pk")
    columns: dict[str, None] = {}
    for values in rows.values_list("values", flat=True).iterator():
        columns.update(dict.fromkeys(values))
    columns = in_order(columns, order)
    is_remarks = state == RejectedRow.State.REMARKED
    headings = [ROW_HEADING, *(REMARK_HEADINGS if is_remarks else REASON_HEADINGS), *columns]
    lines = _lines(rows, list(columns), source_columns(job))
    if fmt == "csv":
        return b"".join(csv_bytes(headings, lines))
    sheet = "提示 remarks" if is_remarks else "拒收 rejects"
    return xlsx_bytes(sheet, headings, lines, widths=[10, 60, 60], reasons=(1, 2))


def _lines(rows: Any, columns: list[str], sources: Sources) -> Iterator[list[Any]]:
    for row in rows.iterator(chunk_size=1_000):
        told = [told_reason(row.kind, reason, sources) for reason in row.reasons]
        zh, en = ("\n".join(texts) for texts in zip(*told, strict=True)) if told else ("", "")
        yield [row.row_number, zh, en, *(as_cell(row.values.get(name)) for name in columns)]


def source_columns(job: ImportJob) -> Sources:
    """By kind and field, the file's columns that the job's mapping makes it of."""
    if job.mapping_code.startswith(TEMPLATE_PREFIX):
        return {}
    try:
        spec = find_mapping(job.mapping_code)
    except EngineError:  # it is gone, or became wrong
        return {}
    return {
        (record.kind, name): "、".join(columns_of(one))
        for record in spec.records
        for name, one in (("source_key", record.key), *record.fields.items())
    }


def told_reason(kind: str, reason: Mapping[str, str], sources: Sources) -> tuple[str, str]:
    """A reason in Chinese and English, with the field's name and its column in the file."""
    field = reason.get("field", "")
    if not field:
        return reason["message_zh"], reason["message_en"]
    column = columns_by_name(kind).get(field) if kind in KINDS else None
    zh, en = (column.label_zh, column.label_en) if column else (field, field)
    if (source := sources.get((kind, field), "")) not in {"", zh, en, field}:
        zh, en = f"{zh}（列“{source}”）", f"{en} (column {source})"
    return f"{zh}：{reason['message_zh']}", f"{en}: {reason['message_en']}"


def as_cell(value: Any) -> Any:
    """A raw value as one cell."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value


def as_written(value: Any) -> str:
    """What stands in a cell, without the mark that keeps it from being a formula."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(unmarked(str(value)))
