"""Headings that stand in several rows: 财务情况（万元） over 营业收入 and 利润.

Such rows are read as one, each column named by what stands over it, from the top:
``财务情况（万元）/营业收入``. Rows belong together where merged cells say so, or, in files that keep
no merges (CSV), where what is empty in one row stands in the other.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from silian.tables.values import parse_line

Line = tuple[int, Sequence[Any]]
Span = tuple[int, int, int, int]  # first row, last row, first column, last column; all from 1

MOST_HEADING_ROWS = 4  # of one table
SEPARATOR = "/"
_LONGEST_HEADING = 60
_FEWEST_LEAVES = 2
# Said beside a title, not over columns: 单位：万元, 填报日期：2024年; 其中：研发费用 is a heading.
_REMARK = re.compile(r"^(?!其中)[^:：]{1,12}[:：]\s*\S")
_VALUE = re.compile(
    r"[-+]?[\d,.\s]+%?|\d{4}[-/.]\d{1,2}[-/.]\d.*|\d{4}年\d{1,2}月\d{1,2}日|[0-9A-Z]{15,}"
)
_YEAR = re.compile(r"(?:19|20)\d\d(?:\.0)?")


@dataclass(frozen=True, slots=True)
class HeadingLine:
    """One line that may hold a table's headings.

    Attributes
    ----------
    first_number, number
        Of its first and its last row in the file.
    cells
        Texts; of several rows, put together.
    row_count
        How many rows of the file it stands for.
    """

    first_number: int
    number: int
    cells: list[str]
    row_count: int = 1


def heading_lines(lines: Sequence[Line], spans: Collection[Span] = ()) -> Iterator[HeadingLine]:
    """The first lines of a table, rows of headings that belong together as one.

    Parameters
    ----------
    spans
        Merged cells of these lines, where the file keeps them.

    Examples
    --------
    >>> lines = [(1, ["序号", "企业信息", "", "注册地"]), (2, ["", "名称", "代码", ""])]
    >>> [line.cells for line in heading_lines(lines)]
    [['序号', '企业信息/名称', '企业信息/代码', '注册地']]
    """
    rows = [(number, _texts(cells)) for number, cells in lines]
    position = 0
    while position < len(rows):
        block = rows[position : position + 1]
        cells = block[0][1]
        if count := _merged_rows(rows[position:], spans):
            block = rows[position : position + count]
            cells = _composed(_spread(block, spans))
        elif fitting := _fitting_rows(rows[position:]):
            count, cells = fitting
            block = rows[position : position + count]
        yield HeadingLine(block[0][0], block[-1][0], cells, len(block))
        position += len(block)


def single_lines(lines: Sequence[Line], spans: Collection[Span] = ()) -> Iterator[HeadingLine]:
    """Each of the first lines by itself, with what is merged downwards into it.

    Mappings may name the lower headings alone.
    """
    rows = [(number, _texts(cells)) for number, cells in lines]
    down = [span for span in spans if span[2] == span[3]]
    yield from (HeadingLine(number, number, cells) for number, cells in _spread(rows, down))


_Row = tuple[int, list[str]]


def _texts(cells: Sequence[Any]) -> list[str]:
    texts = [parse_line(cell) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _merged_rows(rows: Sequence[_Row], spans: Collection[Span]) -> int:
    """How many of the rows, from the first on, merged cells hold together; 0 for none."""
    number, cells = rows[0]
    if not spans or len(rows) < 2 or sum(map(bool, cells)) < _FEWEST_LEAVES:
        return 0  # one cell over all columns is a title
    begun = [span for span in spans if span[0] == number and _at(cells, span[2])]
    down = [span for span in begun if span[1] > number]
    groups = [span for span in begun if span[1] == number and _any_of(rows[1][1], span)]
    if not groups or any(_REMARK.match(_at(cells, span[2])) for span in groups):
        return 0
    if not down and (_is_over_both(rows, groups) or _merged_rows(rows[1:], spans)):
        return 0  # merged headings over values, or titles over headings
    last = max([number + 1, *(span[1] for span in down)])
    for span in sorted(spans):
        if number < span[0] <= last and span[3] > span[2]:
            last = max(last, span[1] + 1)  # a group below a group
    block = [row for row in rows if row[0] <= last]
    return len(block) if _may_be_headings(block) else 0


def _any_of(cells: Sequence[str], span: Span) -> bool:
    return any(cells[span[2] - 1 : span[3]])


def _is_over_both(rows: Sequence[_Row], groups: Sequence[Span]) -> bool:
    """Whether a cell beside the groups stands over another: no heading of both rows."""
    return any(
        text and below and not any(left <= column <= right for _, _, left, right in groups)
        for column, (text, below) in enumerate(zip(rows[0][1], rows[1][1], strict=False), 1)
    )


def _fitting_rows(rows: Sequence[_Row]) -> tuple[int, list[str]] | None:
    """How many rows fill each other's gaps as groups and their columns do, and their headings."""
    for count in range(2, min(MOST_HEADING_ROWS, len(rows)) + 1):
        block = rows[:count]
        if not _may_be_headings(block):
            continue
        width = max(len(cells) for _, cells in block)
        padded = [cells + [""] * (width - len(cells)) for _, cells in block]
        headings = _fitting(padded, 0, width)
        # Some column has one heading over all rows, else a row of values might be the lower one.
        if headings and any(map(str.__eq__, headings, padded[0])):
            return count, headings
    return None


def _fitting(rows: Sequence[list[str]], left: int, right: int) -> list[str] | None:
    """Headings of columns, each text of the first row over its own column or over a group."""
    starts = [n for n in range(left, right) if rows[0][n]]
    if not starts or starts[0] != left:
        return None
    headings: list[str] = []
    for start, end in pairwise([*starts, right]):
        text, is_group = rows[0][start], end - start > 1
        if is_group != any(cell for cells in rows[1:] for cell in cells[start:end]):
            return None
        inner = _fitting(rows[1:], start, end) if is_group and not _REMARK.match(text) else None
        if is_group and inner is None:
            return None
        headings += [_joined([text, own]) for own in inner] if inner else [text]
    return headings


def _may_be_headings(block: Sequence[_Row]) -> bool:
    if not 2 <= len(block) <= MOST_HEADING_ROWS or not block[-1][1]:
        return False
    return all(_may_be_heading(text) for _, cells in block for text in cells if text)


def _may_be_heading(text: str) -> bool:
    if len(text) > _LONGEST_HEADING:
        return False
    return _VALUE.fullmatch(text) is None or _YEAR.fullmatch(text) is not None


def _spread(rows: Sequence[_Row], spans: Collection[Span]) -> list[_Row]:
    """Rows, in all of a merged cell the text that stands in its first."""
    spread = {number: list(cells) for number, cells in rows}
    for first, last, left, right in spans:
        text = _at(spread.get(first, ()), left)
        for number in [row for row in spread if text and first <= row <= last]:
            held = spread[number] + [""] * (right - len(spread[number]))
            held[left - 1 : right] = [cell or text for cell in held[left - 1 : right]]
            spread[number] = held
    return list(spread.items())


def _composed(block: Sequence[_Row]) -> list[str]:
    width = max(len(cells) for _, cells in block)
    return [_joined(_at(cells, n) for _, cells in block) for n in range(1, width + 1)]


def _joined(parts: Iterable[str]) -> str:
    return SEPARATOR.join(dict.fromkeys(filter(None, parts)))


def _at(cells: Sequence[str], column: int) -> str:
    return cells[column - 1] if column <= len(cells) else ""
