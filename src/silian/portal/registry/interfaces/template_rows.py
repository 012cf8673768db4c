"""Files in our own columns: headings in Chinese or English, or the columns' names."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from silian.portal.catalogue import KINDS
from silian.portal.registry.interfaces.columns import Column
from silian.portal.registry.interfaces.mapped_rows import MappedRow
from silian.portal.registry.interfaces.sheets import unmarked
from silian.tables.readers import FileOptions, SourceRow, open_rows
from silian.tables.values import (
    UNITS,
    ValueRefused,
    fold_label,
    foreign_currency,
    is_missing,
    is_negotiable,
    parse_amount_cny,
    parse_line,
    parse_number,
)

NOTE_MARK = "※"  # begins the row of notes in a template; such rows are no data
_WITH_UNIT = re.compile(r"^(.*?)[(（]([^()（）]+)[)）]$")
_UNIT_WORD = re.compile(r"^(?:单位|unit)\s*[:：]?\s*", re.IGNORECASE)
_MONEY = re.compile(r"^[十百千万亿]*[元万亿](?:/|每|$)|/[十百千万亿]*元$")
_SHARE_KNOWN = 0.6
_TYPED = {".json", ".jsonl", ".ndjson", ".parquet"}  # columns may be unknown on purpose


class TemplateMapper:
    """Maps files whose headings are those of a kind's template."""

    def __init__(self, kind: str, path: Path, options: FileOptions | None = None) -> None:
        self.kind = kind
        self.path = path
        self.options = options or FileOptions()
        self.notes: Counter[str] = Counter()
        self._is_table = path.suffix.lower() not in _TYPED
        self._columns = KINDS[kind].columns
        self._known: dict[str, Column] = {}
        for column in self._columns:
            for text in (column.name, column.label_zh, column.label_en):
                self._known.setdefault(fold_label(text), column)
        self._read: dict[str, tuple[str, str, str] | None] = {}

    def close(self) -> None:
        """Nothing is held."""

    def is_heading(self, cells: Sequence[str]) -> bool:
        """Whether most cells are headings of the template."""
        filled = [cell for cell in cells if cell]
        known = sum(self.column_of(cell) is not None for cell in filled)
        return bool(filled) and known >= _SHARE_KNOWN * len(filled)

    def column_of(self, heading: str) -> tuple[str, str, str] | None:
        """Our column behind a heading, its type, and the unit in the heading's brackets."""
        if heading not in self._read:
            self._read[heading] = self._find(heading)
        return self._read[heading]

    def _find(self, heading: str) -> tuple[str, str, str] | None:
        text = heading.replace("*", "").replace("＊", "").strip()
        column = self._known.get(fold_label(text))
        if column is not None:
            is_percent = column.type_name == "rate" and "%" in text
            return column.name, column.type_name, "%" if is_percent else ""
        match = _WITH_UNIT.match(text) if text[-1:] in {")", "）"} else None
        column = self._known.get(fold_label(match[1])) if match else None
        if match is None or column is None:
            return None
        if column.type_name == "rate":
            return column.name, column.type_name, match[2] if match[2] in UNITS else ""
        return column.name, column.type_name, _unit_in(match[2], column)

    def rows(self) -> Any:
        """The opened file."""
        return open_rows(self.path, self.options, is_heading=self.is_heading)

    def combined(self, rows: Iterable[SourceRow]) -> Iterator[SourceRow]:
        """Rows without the template's own: second headings, notes."""
        return (row for row in rows if not self._is_template_row(row))

    def _is_template_row(self, row: SourceRow) -> bool:
        first = next(iter(row.values.values()), None)
        if isinstance(first, str) and first.startswith(NOTE_MARK):
            return True
        for heading, value in row.values.items():
            if not is_missing(value):
                # The same columns named once more, in the other language.
                # A value isn't remembered as headings are: there are as many as rows.
                own, again = self.column_of(heading), self._find(parse_line(str(value)))
                return own is not None and again is not None and own[0] == again[0]
        return False

    def map(self, rows: Sequence[SourceRow]) -> Iterator[MappedRow]:
        """One record a row."""
        for row in rows:
            if row.problem is None:
                yield self._map(row)

    def _map(self, row: SourceRow) -> MappedRow:
        result = MappedRow(self.kind, row.number, {})
        is_table, read = self._is_table, self._read
        for heading, value in row.values.items():
            found = read[heading] if heading in read else self.column_of(heading)
            if found is None:
                if not is_missing(value):
                    if is_table:
                        self.notes[f"heading_unknown:{heading[:80]}"] += 1
                    else:
                        result.values[heading] = value
                continue
            name, type_name, unit = found
            try:
                cell = unmarked(value) if is_table and str(value)[:1] == "'" else value
                result.values[name] = _in_base_unit(cell, type_name, unit) if unit else cell
                if unit and is_negotiable(cell):
                    self.notes[f"not_agreed:{name}"] += 1
            except ValueRefused as refused:
                result.problems.append((name, refused))
        return result


def _unit_in(brackets: str, column: Column) -> str:
    """The unit that stands in a heading's brackets, '' where that is the column's own or none.

    One of money that isn't kept (万美元, 万元/台) stays: its cells are refused, not read as yuan.
    """
    text = _UNIT_WORD.sub("", brackets.strip())
    first = re.split(r"[,，;；、]", text)[0].strip()
    for unit in (text, first):
        if unit == column.unit:
            return ""
        if unit.lower() in UNITS:
            return unit
    is_money = column.type_name == "amount" and (_MONEY.search(first) or foreign_currency(first))
    return first if is_money else ""


def _in_base_unit(value: Any, type_name: str, unit: str) -> Any:
    parse = parse_amount_cny if type_name == "amount" else parse_number
    return parse(value, unit=unit)
