"""Rejected rows, or rows read in part, as a file to mend: the reasons stand beside the original columns."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from silian.portal.registry.interfaces.sheets import csv_bytes, unmarked, xlsx_bytes
from silian.portal.registry.models import ImportJob, RejectedRow

ROW_HEADING = "原行号 row"
REASON_HEADINGS = ("拒收原因", "Reasons")
REMARK_HEADINGS = ("提示", "Remarks")
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
    lines = _lines(rows, list(columns))
    if fmt == "csv":
        return b"".join(csv_bytes(headings, lines))
    sheet = "提示 remarks" if is_remarks else "拒收 rejects"
    return xlsx_bytes(sheet, headings, lines, widths=[10, 60, 60], reasons=(1, 2))


def _lines(rows: Any, columns: list[str]) -> Iterator[list[Any]]:
    for row in rows.iterator(chunk_size=1_000):
        zh = "\n".join(_told(reason, "message_zh") for reason in row.reasons)
        en = "\n".join(_told(reason, "message_en") for reason in row.reasons)
        yield [row.row_number, zh, en, *(as_cell(row.values.get(name)) for name in columns)]


def _told(reason: dict[str, str], key: str) -> str:
    return f"{reason['field']}：{reason[key]}" if reason.get("field") else reason[key]


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
