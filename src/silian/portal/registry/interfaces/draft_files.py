"""The beginning of a file that no mapping knows: its headings, what is above them, some rows."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from silian.portal.catalogue import KINDS
from silian.portal.registry.interfaces.draft_yaml import mapping_yaml
from silian.portal.registry.interfaces.drafting import Draft, draft_mapping
from silian.portal.registry.interfaces.footers import is_footer
from silian.portal.registry.interfaces.headings import find_heading, is_unused, units_above
from silian.tables.readers import NoHeading, format_of, open_rows
from silian.tables.values import is_missing

SAMPLE_ROWS = 300
_TABLES = {"csv", "xlsx"}
_YEAR = re.compile(r"((?:19|20)\d\d)\s*(?:年|[-_ .]|$)")
_MOST_COLUMNS = 500
_DEEPEST = 3


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
    """

    name: str
    headings: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    above: tuple[tuple[str, ...], ...] = ()
    heading_position: int | None = None


def read_beginning(path: Path, *, file_name: str = "") -> FileBeginning:
    """Look into a file.

    Raises
    ------
    silian.tables.readers.FileRefused
        If it can't be read.
    """
    name = Path(file_name or path.name).stem
    if format_of(path) not in _TABLES:
        rows = [_flat(row.values) for row in islice(open_rows(path).rows, SAMPLE_ROWS)]
        headings = dict.fromkeys(heading for row in rows for heading in row)
        return FileBeginning(name=name, headings=tuple(headings)[:_MOST_COLUMNS], rows=tuple(rows))
    first = _first_lines(path)
    position = _heading_position(first)
    source = open_rows(path, is_heading=_nth(position))
    read = [row for row in islice(source.rows, SAMPLE_ROWS) if not is_footer(row.values, ())]
    headings = tuple(read[0].values) if read else tuple(cell for cell in first[position] if cell)
    return FileBeginning(
        name=name,
        headings=headings,
        rows=tuple(row.values for row in read),
        above=tuple(map(tuple, first[:position])),
        heading_position=position,
    )


def draft_of_file(
    path: Path, *, kind: str = "", file_name: str = ""
) -> tuple[Draft, FileBeginning]:
    """Propose a mapping for a file.

    Raises
    ------
    silian.tables.readers.FileRefused
        If it can't be read.
    """
    beginning = read_beginning(path, file_name=file_name)
    title = " ".join([beginning.name, *(cell for row in beginning.above for cell in row if cell)])
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
    return mapping_yaml(draft, beginning.name)


def _first_lines(path: Path) -> list[list[str]]:
    """The first filled rows of a table, as the reader shows them while it looks for headings."""
    seen: list[list[str]] = []

    def look(cells: Sequence[str]) -> bool:
        seen.append(list(cells))
        return False

    try:
        next(iter(open_rows(path, is_heading=look).rows), None)
    except NoHeading:
        if not seen:
            raise
    return seen or [[]]


def _heading_position(lines: Sequence[Sequence[str]]) -> int:
    """The row with most words that registers use; else the first that is as wide as the table."""
    known = [sum(map(_is_known, filter(None, cells))) for cells in lines]
    best = max(known, default=0)
    if best >= 2:
        return known.index(best)
    widths = [sum(bool(cell) for cell in cells) for cells in lines]
    widest = max(widths, default=0)
    return next((n for n, width in enumerate(widths) if width * 2 > widest), 0)


def _is_known(cell: str) -> bool:
    return is_unused(cell) or any(find_heading(kind, cell) is not None for kind in KINDS)


def _nth(position: int) -> Any:
    asked = iter(range(position + 1))
    return lambda cells: next(asked, position) == position


def _flat(values: Mapping[str, Any], prefix: str = "", depth: int = 1) -> dict[str, Any]:
    """Members of objects as columns of their own, named as mappings name them: ``a.b``."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict) and depth < _DEEPEST:
            found |= _flat(value, f"{path}.", depth + 1)
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            found |= _gathered(path, value)
        else:
            found[path] = value
    return found


def _gathered(path: str, items: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for item in items:
        for name, value in item.items():
            if not is_missing(value) and not isinstance(value, dict):
                found.setdefault(f"{path}.{name}", []).append(value)
    return found
