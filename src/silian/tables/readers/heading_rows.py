"""Headings that stand in several rows: 财务情况（万元） over 营业收入 and 利润.

Such rows are read as one, each column named by what stands over it, from the top:
``财务情况（万元）/营业收入``. Rows belong together where merged cells say so, or, in files that keep
no merges (CSV), where what is empty in one row stands in the other.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
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
        count, is_merged = _merged_rows(rows[position:], spans), True
        if not count:
            count, is_merged = _fitting_rows(rows[position:]), False
        block = rows[position : position + max(count, 1)]
        cells = block[0][1]
        if count:
            cells = _composed(_spread(block, spans) if is_merged else _carried(block))
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


def _fitting_rows(rows: Sequence[_Row]) -> int:
    """2 where the first two rows fill each other's gaps as groups and their columns do; else 0."""
    if len(rows) < 2:
        return 0
    width = max(len(cells) for _, cells in rows[:2])
    columns = [(_at(rows[0][1], n), _at(rows[1][1], n)) for n in range(1, width + 1)]
    groups = alone = 0
    is_in_group = False
    for n, (upper, lower) in enumerate(columns):
        if upper and not lower:
            is_in_group, alone = False, alone + 1
        elif upper:
            # A group spans several columns: beside its first, the upper row is empty.
            is_next_of_group = n + 1 < width and not columns[n + 1][0]
            if not is_next_of_group or _REMARK.match(upper):
                return 0
            is_in_group, groups = True, groups + 1
        elif not (lower and is_in_group):
            return 0
    return 2 if groups and alone and _may_be_headings(rows[:2]) else 0


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


def _carried(block: Sequence[_Row]) -> list[_Row]:
    """Two rows, in the gaps of the upper one the group that stands before them."""
    (number, upper), (_, lower) = block
    carried = upper + [""] * (len(lower) - len(upper))
    for position in range(1, len(carried)):
        carried[position] = carried[position] or carried[position - 1]
    return [(number, carried), block[1]]


def _composed(block: Sequence[_Row]) -> list[str]:
    width = max(len(cells) for _, cells in block)
    return [
        SEPARATOR.join(dict.fromkeys(filter(None, (_at(cells, column) for _, cells in block))))
        for column in range(1, width + 1)
    ]


def _at(cells: Sequence[str], column: int) -> str:
    return cells[column - 1] if column <= len(cells) else ""
