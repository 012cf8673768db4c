"""What every reader takes and gives."""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, dropwhile, islice
from typing import Any, Protocol

from silian.tables.readers.errors import NoHeading, TooManyColumns
from silian.tables.readers.heading_rows import (
    MOST_HEADING_ROWS,
    HeadingLine,
    Line,
    Span,
    heading_lines,
    single_lines,
)
from silian.tables.values import ValueRefused, is_missing, parse_line

HeadingTest = Callable[[Sequence[str]], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is refused as hostile or damaged; far above any real register.

    Attributes
    ----------
    max_unpacked_bytes, max_unpacking_ratio
        Of a compressed file; the ratio counts from ``unpacking_allowance_bytes`` on.
    """

    max_columns: int = 500
    max_cell_characters: int = 1_000_000
    max_json_depth: int = 32
    max_unpacked_bytes: int = 4 * 1024**3
    max_unpacking_ratio: int = 200
    unpacking_allowance_bytes: int = 32 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """How to read a file, where it isn't found out from the file itself.

    Attributes
    ----------
    format
        ``csv``, ``xlsx``, ``json``, ``jsonl`` or ``parquet``.
    header_row
        Number of the row with the headings, from 1; otherwise the first that fits.
    is_row_enough
        Whether headings over several rows may also be known by one of these rows alone.
    records_at
        JSON: path of the list of rows, e.g. ``data.items``; ``""`` for the document itself, or
        for the one list of objects that it holds.
    shape
        JSON: ``rows`` (a list of objects) or ``mapping`` (an object whose members become rows
        with the columns ``key`` and ``value``).
    """

    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_row: int | None = None
    is_row_enough: bool = True
    records_at: str = ""
    shape: str = "rows"


@dataclass(slots=True)
class SourceRow:
    """One row of a file.

    Attributes
    ----------
    number
        As people count in the file: lines of a sheet from 1, items of a list from 1.
    problem
        Why the row as such can't be used; the values are then what was left of it.
    """

    number: int
    values: dict[str, Any]
    problem: ValueRefused | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSource:
    """A file opened for reading: rows come one by one, memory stays bounded.

    Attributes
    ----------
    row_total
        Rows to come, an estimate for text files, ``None`` where counting would cost a reading.
    """

    format: str
    rows: Iterator[SourceRow]
    row_total: int | None = None
    encoding: str = ""
    notes: list[str] = field(default_factory=list)


class MisshapenRow(ValueRefused):
    """A row with more cells than headings, or that is no row at all."""

    code = "misshapen_row"


class Filler(Protocol):
    """Gives rows values that stand elsewhere."""

    def filled(self, number: int, cells: Sequence[Any]) -> Sequence[Any]:
        """The cells of a row with such values."""


class UnclosedQuote(list[str]):
    """Cells of a line in which a quotation mark is opened that the file never closes."""


N_HEADING_ROWS = 10  # headings are looked for among so many rows


def clean_headings(cells: Sequence[object], limits: Limits) -> list[str]:
    """Headings of a table: one line each, unnamed and repeated ones told apart.

    Raises
    ------
    TooManyColumns
        If there are more than ``limits.max_columns``.

    Examples
    --------
    >>> clean_headings(["名称", " 名称", None, "地址"], Limits())
    ['名称', '名称 (2)', '第3列', '地址']
    """
    texts = [parse_line(cell) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    if len(texts) > limits.max_columns:
        raise TooManyColumns(
            f"the file has {len(texts)} columns; at most {limits.max_columns} are read. Leave out "
            "what the register doesn't need.",
            message_zh=f"文件共有 {len(texts)} 列，最多读取 {limits.max_columns} 列，请删去不需要的列。",
        )
    seen: dict[str, int] = {}
    headings = []
    for position, text in enumerate(texts, 1):
        name = text or f"第{position}列"
        seen[name] = seen.get(name, 0) + 1
        headings.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return headings


@dataclass(frozen=True, slots=True, kw_only=True)
class TableShape:
    """What a file tells of its table beside the texts of its cells.

    Attributes
    ----------
    spans
        Merged cells among the first rows.
    merged
        From the row of the headings: what gives rows the values of cells merged over them.
    keeps_columns
        Whether cells know their column, as in a workbook: one beyond the headings is then a
        column without a heading; else something has shifted the row.
    """

    spans: Collection[Span] = ()
    merged: Callable[[int], Filler] | None = None
    keeps_columns: bool = False


def tabular_rows(
    lines: Iterator[Line],
    options: FileOptions,
    limits: Limits,
    is_heading: HeadingTest | None,
    shape: TableShape | None = None,
) -> Iterator[SourceRow]:
    """Rows of a table whose headings stand in one, or several, of its first rows."""
    shape = shape or TableShape()
    lines = dropwhile(lambda line: all(map(is_missing, line[1])), lines)
    first = first_lines(lines, options)
    found = find_headings(first, options, limits, is_heading, shape.spans)
    if found is None:
        if any(not is_missing(cell) for _, cells in first for cell in cells):
            raise _no_heading(first[:N_HEADING_ROWS])
        return
    headings = clean_headings(found.cells, limits)
    filler = shape.merged(found.number) if shape.merged else None
    for number, cells in chain((line for line in first if line[0] > found.number), lines):
        filled = cells if filler is None else filler.filled(number, cells)
        row = _row(number, filled, headings)
        if row is None:
            continue
        if shape.keeps_columns and len(headings) < len(filled) <= limits.max_columns:
            row.values.update(_unnamed(filled, len(headings)))
        elif len(filled) > len(headings):
            row.problem = row.problem or _too_long(filled, len(headings))
        yield row


def first_lines(lines: Iterator[Line], options: FileOptions) -> list[Line]:
    """The lines among which the headings are looked for, and some more below."""
    if options.header_row is None:
        return list(islice(lines, N_HEADING_ROWS + MOST_HEADING_ROWS - 1))
    held: deque[Line] = deque(maxlen=MOST_HEADING_ROWS)
    for line in lines:
        held.append(line)
        if line[0] >= options.header_row:
            break
    return [*held, *islice(lines, MOST_HEADING_ROWS - 1)]


def find_headings(
    first: Sequence[Line],
    options: FileOptions,
    limits: Limits,
    is_heading: HeadingTest | None,
    spans: Collection[Span] = (),
) -> HeadingLine | None:
    """The line of headings among a table's first lines; ``None`` where none is known.

    Rows that belong together are looked at as one line; each by itself where that is unknown.

    Raises
    ------
    TooManyColumns
        If no line is known and one is wider than ``limits.max_columns``.
    """
    grouped = list(heading_lines(first, spans))
    views = [grouped]
    if options.is_row_enough and any(line.row_count > 1 for line in grouped):
        views.append(list(single_lines(first, spans)))
    for line in chain.from_iterable(views):
        if options.header_row is not None:
            is_sought = line.number >= options.header_row
            is_known = is_heading is None or line.row_count == 1 or is_heading(line.cells)
        else:
            is_sought = line.first_number <= first[:N_HEADING_ROWS][-1][0] and any(line.cells)
            fits = len(line.cells) <= limits.max_columns
            is_known = is_heading is None or (is_sought and fits and is_heading(line.cells))
        if is_sought and is_known:
            return line
    for _, cells in first:
        if len(cells) > limits.max_columns:
            clean_headings(cells, limits)
    return None


def _no_heading(waiting: list[tuple[int, Sequence[Any]]]) -> NoHeading:
    shown = next(("、".join(parse_line(c) for c in cells[:8]) for _, cells in waiting), "")
    return NoHeading(
        f"no row of known headings among the first {len(waiting)}; the first says {shown!r}. Use "
        "the headings of the template, or a mapping that names these columns.",
        message_zh=f"前 {len(waiting)} 行中没有可识别的表头，首行内容为“{shown}”；请使用模板的表头，或选择与这些列对应的映射。",
    )


def _row(number: int, cells: Sequence[Any], headings: list[str]) -> SourceRow | None:
    if all(is_missing(cell) for cell in cells):
        return None
    row = SourceRow(number, dict(zip(headings, cells, strict=False)))
    if len(cells) < len(headings):
        row.values.update(dict.fromkeys(headings[len(cells) :]))
    if isinstance(cells, UnclosedQuote):
        row.problem = MisshapenRow(
            f"a quotation mark that opens in line {number} is never closed; the lines behind it "
            "are read by themselves. Close it, or double a mark that belongs to the text.",
            message_zh=f"第 {number} 行有引号没有闭合，其后各行已单独读取；请补上引号，文本中的引号请写成两个。",
            arrived="、".join(cells)[:200],
        )
    return row


def _unnamed(cells: Sequence[Any], n_headings: int) -> dict[str, Any]:
    """Cells beyond the headings, by the number of their column."""
    beyond = enumerate(cells[n_headings:], n_headings + 1)
    return {f"第{position}列": cell for position, cell in beyond if not is_missing(cell)}


def _too_long(cells: Sequence[Any], n_headings: int) -> MisshapenRow | None:
    beyond = [parse_line(cell) for cell in cells[n_headings:] if not is_missing(cell)]
    if not beyond:
        return None
    return MisshapenRow(
        f"the row has {len(cells)} cells, the headings are {n_headings}; a separator inside a "
        "text must stand in quotes.",
        message_zh=f"本行有 {len(cells)} 个单元格，表头只有 {n_headings} 列；文本内含分隔符时请加引号。",
        arrived="、".join(beyond)[:200],
    )
