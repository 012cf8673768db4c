"""Merged cells of a sheet: one value for several rows (单位, 县区), headings over several columns."""

import re
from collections.abc import Sequence
from typing import Any

from silian.tables.readers.errors import FileTooLarge
from silian.tables.readers.heading_rows import Span
from silian.tables.values import is_missing

Merge = tuple[int, int, int]  # first row, last row, column; all from 1

_MERGE = re.compile(
    rb'<(?:\w+:)?mergeCell\s[^>]*?\bref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"'
)
_MOST_MERGES = 200_000
_LAST_HEADING_ROW = 100  # headings stand above; merges below matter only where they span rows
_MOST_SPANS = 5_000


class MergeScan:
    """Finds the merges of a sheet in its XML, given in pieces that overlap.

    Attributes
    ----------
    found
        Those that span rows.
    spans
        Those among the first rows, where headings are.
    """

    def __init__(self) -> None:
        self.found: set[Merge] = set()
        self.spans: set[Span] = set()

    def look_at(self, data: bytes) -> None:
        """Search a piece.

        Raises
        ------
        FileTooLarge
            If there are more than any register has.
        """
        if b"mergeCell " not in data:
            return
        for left, first, right, last in _MERGE.findall(data):
            rows, column = (int(first), int(last)), column_number(left)
            if rows[1] > rows[0]:
                self.found.add((*rows, column))
            if rows[0] <= _LAST_HEADING_ROW and len(self.spans) < _MOST_SPANS:
                self.spans.add((*rows, column, column_number(right)))
        if len(self.found) > _MOST_MERGES:
            raise FileTooLarge(
                f"a sheet has more than {_MOST_MERGES:,} merged cells. Unmerge them, or save the "
                "rows as CSV.",
                message_zh=f"工作表有超过 {_MOST_MERGES:,} 处合并单元格，请取消合并或另存为 CSV。",
            )


class MergedCells:
    """Gives rows the values of cells that are merged over them.

    Parameters
    ----------
    merges
        Of the sheet; those that begin at or above the headings are titles, not values.
    """

    def __init__(self, merges: set[Merge], heading_row: int) -> None:
        self._waiting = sorted((m for m in merges if m[0] > heading_row), reverse=True)
        self._open: dict[int, tuple[int, Any]] = {}  # column to last row and value

    def filled(self, number: int, cells: Sequence[Any]) -> Sequence[Any]:
        """The row with the values that span it; a row without any of its own stays blank."""
        while self._waiting and self._waiting[-1][0] <= number:
            first, last, column = self._waiting.pop()
            if first == number and column <= len(cells):
                self._open[column] = (last, cells[column - 1])
        if not self._open or all(is_missing(cell) for cell in cells):
            return cells
        row = list(cells)
        for column, (last, value) in list(self._open.items()):
            if last < number:
                del self._open[column]
                continue
            row.extend([None] * (column - len(row)))
            if is_missing(row[column - 1]):
                row[column - 1] = value
        return row


def column_number(letters: bytes) -> int:
    """Number of a column, from 1: A, B, ... Z, AA."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
