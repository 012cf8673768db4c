"""The beginning of a file that no mapping knows: its headings, what is above them, some rows."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from silian.portal.registry.interfaces.draft_members import flat_rows
from silian.portal.registry.interfaces.draft_sheets import (
    SheetOffer,
    must_name_sheet,
    offered_sheets,
)
from silian.portal.registry.interfaces.draft_yaml import mapping_yaml
from silian.portal.registry.interfaces.drafting import Draft, draft_mapping
from silian.portal.registry.interfaces.footers import is_footer
from silian.portal.registry.interfaces.headings import heading_position, units_above
from silian.tables.readers import FileOptions, NoHeading, NoRows, SourceRow, format_of, open_rows

SAMPLE_ROWS = 300
_TABLES = {"csv", "xlsx"}
_YEAR = re.compile(r"((?:19|20)\d\d)\s*(?:年|[-_ .]|$)")
_MOST_COLUMNS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBeginning:
    """What the first rows of a file say.

    Attributes
    ----------
    above
        Rows above the headings: titles, units.
    heading_position
        Which of the first filled rows has the headings, from 0; ``None`` where rows name their
        columns themselves.
    sheets
        Of a workbook that has several.
    """

    name: str
    headings: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    above: tuple[tuple[str, ...], ...] = ()
    heading_position: int | None = None
    sheets: tuple[SheetOffer, ...] = ()

    @property
    def sheet(self) -> str:
        """Name of the sheet that was looked at; '' where the file has at most one."""
        return next((offer.name for offer in self.sheets if offer.is_chosen), "")


def read_beginning(
    path: Path, *, file_name: str = "", kind: str = "", sheet: str = ""
) -> FileBeginning:
    """Look into a file: of a workbook, into the sheet that is named, or else fits best.

    Raises
    ------
    silian.tables.readers.FileRefused
        If it can't be read.
    """
    name = Path(file_name or path.name).stem
    sheets = offered_sheets(path, kind=kind, file_name=name, wanted=sheet)
    if format_of(path) not in _TABLES:
        rows = flat_rows(_usable(islice(open_rows(path).rows, SAMPLE_ROWS)))
        headings = dict.fromkeys(heading for row in rows for heading in row)
        return FileBeginning(name=name, headings=tuple(headings)[:_MOST_COLUMNS], rows=tuple(rows))
    options = FileOptions(sheet=next((one.name for one in sheets if one.is_chosen), ""))
    first = _first_lines(path, options)
    position = heading_position(first)
    source = open_rows(path, options, is_heading=_nth(position))
    read = [row for row in islice(source.rows, SAMPLE_ROWS) if not is_footer(row.values, ())]
    headings = dict.fromkeys(heading for row in read for heading in row.values)
    return FileBeginning(
        name=name,
        headings=tuple(headings)[:_MOST_COLUMNS] or tuple(filter(None, first[position])),
        rows=tuple(row.values for row in read),
        above=tuple(map(tuple, first[:position])),
        heading_position=position,
        sheets=sheets,
    )


def _usable(rows: Iterable[SourceRow]) -> list[Mapping[str, Any]]:
    """Rows that could be read; what a broken line holds is no column.

    Raises
    ------
    NoRows
        If there is no such row.
    """
    first: str | None = None
    found: list[Mapping[str, Any]] = []
    for row in rows:
        if row.problem is None:
            found.append(row.values)
        else:
            first = first or row.problem.message_zh
    if first and not found:
        raise NoRows(
            "no row of the file's beginning can be read; expected one object a line. Export it again.",
            message_zh=f"文件开头没有一行可以读取（{first}），请重新导出。",
        )
    return found


def draft_of_file(
    path: Path, *, kind: str = "", file_name: str = "", sheet: str = ""
) -> tuple[Draft, FileBeginning]:
    """Propose a mapping for a file.

    Parameters
    ----------
    sheet
        Of a workbook; by default the one that fits best.

    Raises
    ------
    silian.tables.readers.FileRefused
        If it can't be read.
    """
    beginning = read_beginning(path, file_name=file_name, kind=kind, sheet=sheet)
    title = " ".join(
        [
            beginning.name,
            beginning.sheet,
            *(cell for row in beginning.above for cell in row if cell),
        ]
    )
    years = {int(year) for year in _YEAR.findall(title)}
    draft = draft_mapping(
        beginning.headings,
        beginning.rows,
        kind=kind,
        about=title,
        units=units_above(beginning.above, beginning.headings),
        year=years.pop() if len(years) == 1 else None,
    )
    return draft, beginning


def draft_text(draft: Draft, beginning: FileBeginning) -> str:
    """YAML of a file's draft."""
    mapped = [column.heading for column in draft.columns if column.is_sure]
    sheet = beginning.sheet if must_name_sheet(beginning.sheets, mapped) else ""
    return mapping_yaml(draft, beginning.name, sheet=sheet)


def _first_lines(path: Path, options: FileOptions) -> list[list[str]]:
    """The first filled rows of a table, as the reader shows them while it looks for headings.

    Headings that stand in several rows are one of them.
    """
    seen: list[list[str]] = []

    def look(cells: Sequence[str]) -> bool:
        seen.append(list(cells))
        return False

    try:
        grouped = replace(options, is_row_enough=False)
        next(iter(open_rows(path, grouped, is_heading=look).rows), None)
    except NoHeading:
        if not seen:
            raise
    return seen or [[]]


def _nth(position: int) -> Any:
    asked = iter(range(position + 1))
    return lambda cells: next(asked, position) == position
