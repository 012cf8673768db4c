"""Files in our own columns: headings in Chinese or English, the columns' names, or words for them.

What registers call a column (企业名称, Company Name) is read as our column where it can mean no
other; each such reading is noted.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from silian.portal.catalogue import KINDS
from silian.portal.registry.interfaces.columns import Column
from silian.portal.registry.interfaces.footers import SKIPPED, is_footer, may_be_footer
from silian.portal.registry.interfaces.heading_groups import own_part
from silian.portal.registry.interfaces.headings import (
    columns_by_name,
    find_heading,
    is_own_label,
    is_unused,
    resolved,
    units_above,
    words_of,
)
from silian.portal.registry.interfaces.identifying_columns import is_identifying
from silian.portal.registry.interfaces.mapped_rows import MappedRow
from silian.portal.registry.interfaces.other_registers import notes_of_register
from silian.portal.registry.interfaces.period_headings import period_of
from silian.portal.registry.interfaces.sheets import unmarked
from silian.tables.readers import FileOptions, SourceRow, open_rows
from silian.tables.values import (
    UNITS,
    ValueRefused,
    foreign_currency,
    is_missing,
    is_negotiable,
    parse_amount_cny,
    parse_line,
    parse_number,
    parse_period,
)

NOTE_MARK = "※"  # begins the row of notes in a template; such rows are no data
_UNIT_WORD = re.compile(r"^(?:单位|unit)\s*[:：]?\s*", re.IGNORECASE)
_MONEY = re.compile(r"^[十百千万亿]*[元万亿](?:/|每|$)|/[十百千万亿]*元$")
_UNIT = re.compile(r"[(（][^()（）]*元[^()（）]*[)）]|[十百千万亿]元$")  # a heading's own
_SHARE_KNOWN = 0.6
_FEW_KNOWN = 3  # headings are many in registers; so few and all that is required are enough
_MOST_PLANS = 1_000
_LONGEST_KEY = 200
_TYPED = {".json", ".jsonl", ".ndjson", ".parquet"}  # columns may be unknown on purpose

_Cell = tuple[str, str, str] | None  # our column, its type, the unit of its cells
_Plan = list[tuple[str, _Cell, str]]  # heading, what it is to us, the note of reading it so


class TemplateMapper:
    """Maps files whose headings are those of a kind's template."""

    def __init__(self, kind: str, path: Path, options: FileOptions | None = None) -> None:
        self.kind = kind
        self.path = path
        self.options = options or FileOptions()
        self.notes: Counter[str] = Counter()
        self._is_table = path.suffix.lower() not in _TYPED
        self._columns = KINDS[kind].columns
        self._required = {c.name for c in self._columns if c.required} - {"source_key"}
        self._read: dict[str, _Cell] = {}
        self._by_name = columns_by_name(kind)
        # A number of the row itself, or any text without which a record is none.
        self._needs_key = self._by_name["source_key"].required
        self._telling = {"source_key", *self._required}
        self._plans: dict[tuple[str, ...], _Plan] = {}
        self._periods: dict[str, tuple[str, str]] = {}
        self._above: list[list[str]] = []
        self._units_above: dict[str, str] = {}

    def close(self) -> None:
        """Nothing is held."""

    def is_heading(self, cells: Sequence[str]) -> bool:
        """Whether a row of cells names our columns: most of them, or all that a record needs."""
        filled = [cell for cell in cells if cell]
        plan = self._plan_of(tuple(filled))
        # One word of a title (单位：万元) may look like a register's heading, two won't.
        n_least = 1 if any(found and not note for _, found, note in plan) else 2
        known = {heading: found for heading, found, _ in plan if found}
        named = {name for name, _, _ in known.values()}
        is_enough = len(named) >= _FEW_KNOWN and self._required <= named
        n_telling = sum(not is_unused(cell) for cell in filled)
        # What may mean two of our columns (注册地) is none of theirs yet, but a heading.
        n_known = sum(h in known or find_heading(self.kind, h) is not None for h in filled)
        if is_enough or n_known >= max(n_least, _SHARE_KNOWN * n_telling):
            self._units_above = units_above(self._above, cells)
            self._plans.clear()
            return True
        self._above.append(list(cells))
        return False

    def column_of(self, heading: str) -> _Cell:
        """Our column behind a heading, its type, and the unit in the heading's brackets."""
        if heading not in self._read:
            self._read[heading] = self._find(heading)
        return self._read[heading]

    def _find(self, heading: str) -> _Cell:
        found = find_heading(self.kind, heading)
        if found is None or found.how != "label" or found.year is not None:
            return None
        column = self._by_name[found.name]
        if column.type_name == "rate":
            unit = found.unit or ("%" if "%" in heading else "")
            return column.name, column.type_name, unit if unit in UNITS else ""
        return column.name, column.type_name, unit_in(found.unit, column) if found.unit else ""

    def _plan_of(self, headings: tuple[str, ...]) -> _Plan:
        """What each column of a file is to us; no column of ours twice."""
        if headings not in self._plans:
            if len(self._plans) > _MOST_PLANS:  # rows of JSON, each with other members
                self._plans.clear()
            self._plans[headings] = self._planned(headings)
        return self._plans[headings]

    def _planned(self, headings: tuple[str, ...]) -> _Plan:
        own = {heading: self.column_of(heading) for heading in headings}
        taken: dict[str, str] = {}
        for heading, found in own.items():
            if found is not None:
                taken.setdefault(found[0], heading)
        named: dict[str, _Cell] = {h: own[h] for h in taken.values()}
        for heading, word in resolved(self.kind, headings).items():
            if own[heading] is None and word.name not in taken:
                taken[word.name] = heading
                column = self._by_name[word.name]
                unit = unit_in(word.unit, column) if word.unit else ""
                named[heading] = (column.name, column.type_name, unit)
        for heading in headings:
            ends = period_of(self.kind, heading)
            if ends and heading not in named and not taken.keys() & set(ends):
                taken |= dict.fromkeys(ends, heading)
                self._periods[heading] = ends
        self.notes |= Counter(notes_of_register(headings, [self.kind]))  # once, however often read
        plan: _Plan = []
        for heading in headings:
            cell, is_own = named.get(heading), own[heading] is not None
            if cell is not None and cell[1] == "amount" and not cell[2]:
                cell = self._with_unit_above(heading, cell)
            note = (
                ""
                if is_own or cell is None
                else f"heading_read:{heading[:80]}={cell[0]}@{self.kind}"
            )
            plan.append((heading, cell, note))
        return plan

    def _with_unit_above(self, heading: str, cell: _Cell) -> _Cell:
        unit = self._units_above.get(heading, "")
        if not unit or cell is None or self._by_name[cell[0]].unit != "元":
            return cell
        if _UNIT.search(own_part(heading)):
            return cell
        return cell[0], cell[1], unit

    def _key_of(self, values: Mapping[str, Any]) -> str:
        """A key of what tells records apart, for files that have no column of keys."""
        for names in words_of(self.kind).keys:
            parts = [self._key_part(name, values.get(name)) for name in names]
            if all(parts):
                self.notes[f"key_made:{'+'.join(names)}@{self.kind}"] += 1
                return " ".join(parts)[:_LONGEST_KEY]
        return ""

    def _key_part(self, name: str, value: Any) -> str:
        if isinstance(value, (list, dict)) or is_missing(value):
            return ""
        text = parse_line(value)
        if self._by_name[name].type_name != "code":
            return text
        return "".join(unicodedata.normalize("NFKC", text).upper().split())

    def rows(self) -> Any:
        """The opened file."""
        self._begin_sheet()
        return open_rows(
            self.path, self.options, is_heading=self.is_heading, begin_sheet=self._begin_sheet
        )

    def _begin_sheet(self) -> None:
        self._above = []

    def combined(self, rows: Iterable[SourceRow]) -> Iterator[SourceRow]:
        """Rows without second headings, the template's notes, totals and notes below the table."""
        for row in rows:
            if self._is_template_row(row):
                continue
            ends = row.problem is None and may_be_footer(row.values)
            if ends and is_footer(row.values, self._key_headings(row)):
                self.notes[SKIPPED] += 1
                continue
            yield row

    def _key_headings(self, row: SourceRow) -> list[str]:
        plan = self._plan_of(tuple(row.values))
        return [heading for heading, cell, _ in plan if cell and cell[0] in self._telling]

    def _is_template_row(self, row: SourceRow) -> bool:
        first = next(iter(row.values.values()), None)
        if isinstance(first, str) and first.startswith(NOTE_MARK):
            return True
        for heading, value in row.values.items():
            if not is_missing(value):
                # The same columns named once more, in the other language.
                text = parse_line(str(value)[:_LONGEST_KEY])
                if not (is_own_label(self.kind, text) or text[-1:] in {")", "）"}):
                    return False  # nearly every row, so that none is remembered as headings are
                own, again = self.column_of(heading), self._find(text)
                return own is not None and again is not None and own[0] == again[0]
        return False

    def map(self, rows: Sequence[SourceRow]) -> Iterator[MappedRow]:
        """One record a row."""
        for row in rows:
            if row.problem is None:
                yield self._map(row)

    def _map(self, row: SourceRow) -> MappedRow:
        result = MappedRow(self.kind, row.number, {})
        is_table, values = self._is_table, result.values
        for heading, found, note in self._plan_of(tuple(row.values)):
            value = row.values[heading]
            if found is None and heading in self._periods:
                values |= self._ends_of(heading, value)
                continue
            if found is None:
                if not is_missing(value) and not is_identifying(heading):
                    if is_table:
                        self.notes[f"heading_unknown:{heading[:80]}"] += 1
                    else:
                        values[heading] = value
                continue
            name, type_name, unit = found
            if note and not is_missing(value):
                self.notes[note] += 1
            try:
                cell = unmarked(value) if is_table and str(value)[:1] == "'" else value
                values[name] = _in_base_unit(cell, type_name, unit) if unit else cell
                if unit and is_negotiable(cell):
                    self.notes[f"not_agreed:{name}"] += 1
            except ValueRefused as refused:
                result.problems.append((name, refused))
        if "source_key" not in values and self._needs_key:
            values["source_key"] = self._key_of(values)
        return result

    def _ends_of(self, heading: str, value: Any) -> dict[str, Any]:
        """Beginning and end of a stretch of time; what is none is left to the first column."""
        if is_missing(value):
            return {}
        ends, period = self._periods[heading], parse_period(value)
        for name in ends:
            self.notes[f"heading_read:{heading[:80]}={name}@{self.kind}"] += 1
        return dict(zip(ends, period, strict=True)) if period else {ends[0]: value}


def unit_in(brackets: str, column: Column) -> str:
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
