"""CSV and XLSX that spreadsheet programs open without running anything in them."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import xlsxwriter

# Already marked texts are marked once more, so that taking one mark off gives back the text.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_MARKED = re.compile(r"'+[=+\-@\t\r]")
EXAMPLE_SHEET = "示例"  # of a template: its row is no data
MAX_CELL = 32_767  # of Excel
_ROWS_A_CHUNK = 500


def harmless(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula, marked as text.

    Examples
    --------
    >>> harmless("=HYPERLINK(1)"), harmless("-3.5"), harmless("永磁")
    ("'=HYPERLINK(1)", '-3.5', '永磁')
    """
    if isinstance(value, str) and _FORMULA.match(value) and not _is_number(value):
        return "'" + value
    return value


def unmarked(value: Any) -> Any:
    """A cell without the mark that ``harmless`` gave it.

    Examples
    --------
    >>> unmarked(harmless("=1+1")), unmarked("'quoted'")
    ('=1+1', "'quoted'")
    """
    if isinstance(value, str) and value.startswith("'") and _MARKED.match(value):
        return value[1:]
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def csv_bytes(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """CSV in pieces, UTF-8 with BOM so that Excel reads it as such."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([harmless(heading) for heading in headings])
    first = True
    for number, row in enumerate(rows, 1):
        writer.writerow([harmless(value) for value in row])
        if number % _ROWS_A_CHUNK == 0:
            yield buffer.getvalue().encode("utf-8-sig" if first else "utf-8")
            first = False
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode("utf-8-sig" if first else "utf-8")


def xlsx_bytes(
    name: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    widths: Sequence[float] = (),
    reasons: Sequence[int] = (),
) -> bytes:
    """A workbook of one sheet; texts are never formulas or links.

    Parameters
    ----------
    widths
        Widths of the first columns, in characters.
    reasons
        Columns set in red and wrapped.
    """
    buffer = io.BytesIO()
    write_xlsx(buffer, name, headings, rows, widths=widths, reasons=reasons)
    return buffer.getvalue()


def table_bytes(
    name: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[Any]],
    file_format: str,
    *,
    widths: Sequence[float] = (),
) -> Iterator[bytes]:
    """A table as ``xlsx``, or as CSV; ``name`` and ``widths`` as in ``xlsx_bytes``."""
    if file_format == "xlsx":
        return iter([xlsx_bytes(name, headings, rows, widths=widths)])
    return csv_bytes(headings, rows)


def write_xlsx(
    target: Any,
    name: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    widths: Sequence[float] = (),
    reasons: Sequence[int] = (),
) -> None:
    """Write a workbook row by row; only one row is held in memory."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd",
    }
    workbook = xlsxwriter.Workbook(target, options)
    heading = workbook.add_format(
        {"bold": True, "font_color": "#FFFFFF", "bg_color": "#1F4E79", "valign": "vcenter"}
    )
    red = workbook.add_format({"font_color": "#B42318", "text_wrap": True, "valign": "top"})
    sheet = workbook.add_worksheet(name[:31])
    sheet.freeze_panes(1, 0)
    for column in range(len(headings)):
        sheet.set_column(column, column, widths[column] if column < len(widths) else 20)
    sheet.set_row(0, 22)
    for column, text in enumerate(headings):
        sheet.write_string(0, column, text, heading)
    for line, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            _write(sheet, line, column, value, red if column in reasons else None)
    workbook.close()


def _write(sheet: Any, line: int, column: int, value: Any, style: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, str):
        sheet.write_string(line, column, harmless(value)[:MAX_CELL], style)
    else:
        sheet.write(line, column, value, style)
