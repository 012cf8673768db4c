"""Formulas in registers' files: texts that a spreadsheet would run, cells that hold no result."""

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from silian.tables.readers.errors import FileRefused
from silian.tables.readers.merged import column_number
from silian.tables.readers.source import SourceRow
from silian.tables.values import ValueRefused, shorten

# Calls (=HYPERLINK(...), @SUM(...)), references (=Sheet1!A1), commands (+cmd|' /C calc'!A0); not
# signed numbers and texts such as -196 ℃ or -COOH(羧基).
_FORMULA = re.compile(
    r"\s*(?:=[=+\-@\s]*[A-Za-z_][\w.]*\s*[(|!]|@\s*[A-Za-z]+\s*\(|[+\-@]+\s*[A-Za-z]+\s*\|)"
)
# Whether any cell, or line of one, may begin so: one look at a row instead of one at each cell.
_MAYBE_FORMULA = re.compile(r"^\s*[=+\-@]", re.MULTILINE)
_FORMULA_CELL = re.compile(
    rb"<(?:\w+:)?c\s([^>]*)>\s*<(?:\w+:)?f\b([^>]*)>(.*?)</(?:\w+:)?c>", re.DOTALL
)
_STORED = re.compile(rb"<(?:\w+:)?v\b[^>/]*>[^<]")
_PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_MOST_UNVALUED = 100_000
_SHOWN_CHARACTERS = 200

Unvalued = dict[int, dict[int, str]]  # row to column (both from 1) to formula


class FormulaText(ValueRefused):
    """A text that a spreadsheet would run."""

    code = "formula_text"


class FormulaWithoutValue(ValueRefused):
    """A formula whose result the file does not hold."""

    code = "formula_without_value"


class FormulasNotComputed(FileRefused):
    """A workbook that no spreadsheet program has computed."""

    code = "formulas_not_computed"


def without_formulas(rows: Iterator[SourceRow]) -> Iterator[SourceRow]:
    """Rows, those with a call or a command in a cell marked as unusable."""
    for row in rows:
        texts = [value for value in row.values.values() if value and isinstance(value, str)]
        if row.problem is None and _MAYBE_FORMULA.search("\n".join(texts)):
            row.problem = formula_text(row.values)
        yield row


def formula_text(values: Mapping[str, Any]) -> FormulaText | None:
    """What is wrong with the first cell that a spreadsheet would run, if there is one.

    Examples
    --------
    >>> formula_text({"温度": "-196℃"}), formula_text({"名称": "=SUM(A1)"}).arrived
    (None, '=SUM(A1)')
    """
    for name, value in values.items():
        if isinstance(value, str) and _FORMULA.match(value):
            return FormulaText(
                f"{name} is {shorten(value)!r}, which a spreadsheet would run as a formula; "
                "write its result, or the text without the first sign.",
                message_zh=f"“{name}”为“{shorten(value)}”，会被表格软件当作公式执行；请填写其结果，或去掉开头的符号。",
                arrived=value,
            )
    return None


class FormulaScan:
    """Finds cells with a formula and no stored result in the XML of a sheet, given in pieces."""

    def __init__(self) -> None:
        self.found: Unvalued = {}
        self._n_found = 0

    def look_at(self, data: bytes) -> None:
        """Search a piece; a cell that two pieces share must be whole in the later one.

        Raises
        ------
        FormulasNotComputed
            If there are so many that nobody has ever computed the workbook.
        """
        if b"<f" not in data and b":f" not in data:
            return
        for attributes, marks, rest in _FORMULA_CELL.findall(data):
            # A stored empty text is a result; a stored nothing is none.
            if _STORED.search(rest) or b't="str"' in attributes:
                continue
            place = _PLACE.search(attributes)
            if place is None:
                continue
            shown = b"" if marks.endswith(b"/") else rest.partition(b"</")[0]
            cells = self.found.setdefault(int(place[2]), {})
            self._n_found += column_number(place[1]) not in cells
            text = unescape(shown.decode("utf-8", "replace"))[:_SHOWN_CHARACTERS]
            cells[column_number(place[1])] = f"={text or '…'}"
        if self._n_found > _MOST_UNVALUED:
            raise FormulasNotComputed(
                f"more than {_MOST_UNVALUED:,} cells hold a formula without its result. Open the "
                "workbook in a spreadsheet program and save it, which stores the results.",
                message_zh=f"有超过 {_MOST_UNVALUED:,} 个单元格只有公式、没有保存结果；请用表格软件打开并重新保存。",
            )


def with_formulas(
    lines: Iterator[tuple[int, Sequence[Any]]], unvalued: Unvalued
) -> Iterator[tuple[int, Sequence[Any]]]:
    """Lines of a sheet with the formula itself in each cell that has no result."""
    waiting = sorted(unvalued, reverse=True)
    for number, cells in lines:
        # Readers leave out rows in which nothing has a value.
        while waiting and waiting[-1] < number:
            yield _with(unvalued[waiting[-1]], waiting.pop(), [])
        if waiting and waiting[-1] == number:
            yield _with(unvalued[waiting.pop()], number, cells)
        else:
            yield number, cells
    while waiting:
        yield _with(unvalued[waiting[-1]], waiting.pop(), [])


def _with(formulas: dict[int, str], number: int, cells: Sequence[Any]) -> tuple[int, list[Any]]:
    filled = [*cells, *[None] * (max(formulas) - len(cells))]
    for column, formula in formulas.items():
        filled[column - 1] = formula
    return number, filled


def without_unvalued(rows: Iterator[SourceRow], unvalued: Unvalued) -> Iterator[SourceRow]:
    """Rows, those with a formula that has no result marked as unusable."""
    for row in rows:
        formulas = set(unvalued.get(row.number, {}).values())
        for name, value in row.values.items() if formulas else ():
            if row.problem is None and isinstance(value, str) and value in formulas:
                row.problem = FormulaWithoutValue(
                    f"{name} holds the formula {shorten(value)!r} without a result. Open the "
                    "workbook in a spreadsheet program and save it, or write the value itself.",
                    message_zh=f"“{name}”只有公式“{shorten(value)}”，没有保存结果；请用表格软件打开并重新保存，或直接填写数值。",
                    arrived=value,
                )
        yield row


def sheet_names(path: Path) -> list[str]:
    """Names of a workbook's sheets, in their order; none where it doesn't tell."""
    try:
        with zipfile.ZipFile(path) as archive:
            book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314  as below
    except (KeyError, ElementTree.ParseError):
        return []
    sheets = (entry for entry in book.iter() if entry.tag.rpartition("}")[2] == "sheet")
    return [name for entry in sheets if (name := entry.get("name"))]


def sheet_part(archive: zipfile.ZipFile, sheet: str) -> str:
    """Name of the part that holds a sheet; empty where the workbook doesn't tell."""
    try:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314  entities are
        links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314  refused before
    except (KeyError, ElementTree.ParseError):
        return ""
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    for entry in book.iter():
        if entry.tag.rpartition("}")[2] == "sheet" and entry.get("name") == sheet:
            key = next((v for k, v in entry.attrib.items() if k.endswith("}id")), "")
            target = targets.get(key, "")
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return ""
