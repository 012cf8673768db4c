"""Cells of a sheet that are merged downwards: one value for several rows (单位, 县区)."""

import re
from collections.abc import Sequence
from typing import Any

from silian.tables.readers.errors import FileTooLarge
from silian.tables.values import is_missing

Merge = tuple[int, int, int]  # first row, last row, column; all from 1

_MERGE = re.compile(
    rb'<(?:\w+:)?mergeCell\s[^>]*?\bref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"'
)
_MOST_MERGES = 200_000


class MergeScan:
    """Finds the merges of a sheet that span rows in its XML, given in pieces that overlap."""

    def __init__(self) -> None:
        self.found: set[Merge] = set()

    def look_at(self, data: bytes) -> None:
        """Search a piece.

        Raises
        ------
        FileTooLarge
            If there are more than any register has.
        """
        if b"mergeCell " not in data:
            return
        for column, first, _, last in _MERGE.findall(data):
            if int(last) > int(first):
                self.found.add((int(first), int(last), column_number(column)))
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
