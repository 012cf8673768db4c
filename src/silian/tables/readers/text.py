"""CSV and JSON Lines: encoding and delimiter found out, read as a stream."""

import codecs
import csv
import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from silian.tables.readers.errors import CellTooLarge, DamagedFile, UnreadableText
from silian.tables.readers.formulas import without_formulas
from silian.tables.readers.source import (
    FileOptions,
    HeadingTest,
    Limits,
    MisshapenRow,
    RowSource,
    SourceRow,
    UnclosedQuote,
    tabular_rows,
)
from silian.tables.values import shorten

_CHUNK_BYTES = 4 * 1024 * 1024
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = ",\t;|"
_N_SNIFFED = 20
_MAX_UNCLOSED = 100  # each is read twice
_FEWEST_BYTES_A_NULL = 100  # more null bytes are no text's


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFacts:
    """What one reading of a text file told.

    Attributes
    ----------
    null_line
        The first line with a null character, as old databases pad their fields; ``None`` for
        none. Readers leave such characters out.
    """

    encoding: str
    line_count: int
    null_line: int | None = None

    @property
    def notes(self) -> list[str]:
        """What a report of the file should say."""
        return [] if self.null_line is None else [f"null_left_out:{self.null_line}"]


def examine_text(path: Path, encoding: str = "") -> TextFacts:
    """Encoding and number of lines; the whole file is decoded once, in pieces.

    A sample would not do: the first character beyond ASCII may stand in the last row.

    Raises
    ------
    UnreadableText
        If the file is binary, or in none of UTF-8, GB18030 and UTF-16.
    """
    with path.open("rb") as file:
        start = file.read(4)
    known = encoding or next((name for bom, name in _BOMS if start.startswith(bom)), "")
    for candidate in [known] if known else ["utf-8", "gb18030"]:
        if facts := _decode(path, candidate):
            return facts
    tried = [known] if known else ["UTF-8", "GB18030"]
    odd = {name: _first_odd_line(path, name) for name in tried}
    lines = {name: number for name, number in odd.items() if number}
    where_zh = "，".join(f"第 {number} 行不是 {name}" for name, number in lines.items())
    where_en = ", ".join(f"line {number} isn't {name}" for name, number in lines.items())
    raise UnreadableText(
        f"the file is no text in {' or '.join(tried)}{where_en and f' ({where_en})'}. Save it as "
        "CSV UTF-8, or name its encoding in the mapping.",
        message_zh=f"文件不是 {' 或 '.join(tried)} 编码的文本{where_zh and f'（{where_zh}）'}；"
        "请另存为“CSV UTF-8”，或在映射中注明编码。",
    )


def _first_odd_line(path: Path, encoding: str) -> int | None:
    """The first line that the encoding doesn't have; its neighbours show what was mixed in."""
    if encoding.lower().startswith("utf-16"):
        return None  # its lines don't end with single bytes
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError:
                return number
    return None


def _decode(path: Path, encoding: str) -> TextFacts | None:
    """What the whole file tells, or ``None`` if the bytes don't fit the encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    n_lines, last = 0, ""
    null_line: int | None = None
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            n_null = 0 if encoding.startswith("utf-16") else chunk.count(b"\0")
            if n_null > max(1, len(chunk) // _FEWEST_BYTES_A_NULL):
                raise _binary(n_lines + 1 + chunk[: chunk.index(b"\0")].count(b"\n"))
            try:
                text = decoder.decode(chunk)
            except UnicodeDecodeError:
                return None
            if encoding == "gb18030" and not _plausible(text):
                return None
            if null_line is None and "\0" in text:
                null_line = n_lines + 1 + text[: text.index("\0")].count("\n")
            n_lines += text.count("\n")
            last = text[-1:] or last
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    n_lines += last not in {"", "\n"}
    return TextFacts(encoding=encoding, line_count=n_lines, null_line=null_line)


def _plausible(text: str) -> bool:
    """Whether a text is Chinese rather than junk: nearly every byte sequence is GB18030."""
    sample = text[:100_000]
    odd = sum(
        1
        for character in sample
        if (character < " " and character not in "\t\r\n\f")
        or "\ue000" <= character <= "\uf8ff"
        or character > "\uffff"
    )
    return odd <= len(sample) // 100


def _binary(line: int) -> UnreadableText:
    return UnreadableText(
        f"the file holds many null bytes, from line {line} on: it is binary, or UTF-16 without a "
        "mark. Export it as CSV UTF-8 or XLSX.",
        message_zh=f"文件自第 {line} 行起含有许多空字节，是二进制文件，或没有标记的 UTF-16；请导出为“CSV UTF-8”或 XLSX。",
    )


def _without_null(file: Iterable[str]) -> Iterator[str]:
    return (line.replace("\0", "") for line in file)


def read_csv(
    path: Path, options: FileOptions, limits: Limits, is_heading: HeadingTest | None
) -> RowSource:
    """Open a CSV file."""
    facts = examine_text(path, options.encoding)
    delimiter = options.delimiter or _sniff_delimiter(path, facts.encoding)
    lines = _csv_lines(path, facts, delimiter, limits)
    return RowSource(
        format="csv",
        rows=without_formulas(tabular_rows(lines, options, limits, is_heading)),
        row_total=max(0, facts.line_count - 1),
        encoding=facts.encoding,
        notes=facts.notes,
    )


def _sniff_delimiter(path: Path, encoding: str) -> str:
    """The delimiter that splits the first lines most evenly."""
    with path.open(encoding=encoding, newline="") as file:
        text = file.read(65_536)
    lines = text.splitlines(keepends=True)[:_N_SNIFFED]

    def evenness(delimiter: str) -> tuple[int, int]:
        # The line of headings counts most: texts below it may hold any of the marks.
        widths = [len(cells) for cells in csv.reader(lines, delimiter=delimiter) if cells]
        common = max(set(widths), key=widths.count, default=1)
        return (widths.count(widths[0]) if widths and widths[0] > 1 else 0, common)

    return max(_DELIMITERS, key=evenness) if lines else ","


def _csv_lines(
    path: Path, facts: TextFacts, delimiter: str, limits: Limits
) -> Iterator[tuple[int, list[str]]]:
    # The limit is one for the whole process; every reader here asks for the same kind of bound.
    csv.field_size_limit(limits.max_cell_characters)
    held: list[str] = []  # lines of the row that is being read
    again: deque[str] = deque()
    with path.open(encoding=facts.encoding, newline="") as opened:
        file = iter(opened) if facts.null_line is None else _without_null(opened)
        lines = _remembered(file, again, held)
        reader = csv.reader(lines, delimiter=delimiter)
        number, n_columns, n_unclosed = 1, 0, 0
        while True:
            held.clear()
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise _broken_csv(number, error, limits) from error
            if cells is None:
                return
            n_lines = len(held)
            if held[-1] is not _END and (
                n_lines == 1 or not _has_swallowed(held, delimiter, n_columns)
            ):
                n_columns = max(n_columns, len(cells))
            else:
                n_unclosed += 1
                if n_unclosed > _MAX_UNCLOSED:
                    raise _broken_csv(number, csv.Error("quotation marks aren't closed"), limits)
                own, rest = _told_apart(held, delimiter, n_columns)
                cells, n_lines = UnclosedQuote(next(csv.reader(own, delimiter=delimiter))), len(own)
                again.extendleft(reversed(rest))
                lines = _remembered(file, again, held)
                reader = csv.reader(lines, delimiter=delimiter)
            yield number, cells
            number += n_lines


_END = "\x1e"  # told behind the last line, which only an open quotation mark asks for


def _remembered(file: Iterator[str], again: deque[str], held: list[str]) -> Iterator[str]:
    """Lines, noted as they go; those in ``again`` are told before the file's."""
    while True:
        line = again.popleft() if again else next(file, None)
        if line is None:
            held.append(_END)
            return
        held.append(line)
        yield line


def _has_swallowed(lines: list[str], delimiter: str, n_columns: int) -> bool:
    """Whether a row of several lines is rather several rows behind a mark that isn't closed."""
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return len(_told_apart(lines, delimiter, n_columns)[0]) < len(lines)
    return False


def _told_apart(lines: list[str], delimiter: str, n_columns: int) -> tuple[list[str], list[str]]:
    """Lines of the row with an open quotation mark, and those behind it that are rows again."""
    lines = [line for line in lines if line is not _END]
    for position, line in enumerate(lines[1:], 1):
        if len(next(csv.reader([line], delimiter=delimiter))) == n_columns:
            return lines[:position], lines[position:]
    return lines, []


def _broken_csv(number: int, error: csv.Error, limits: Limits) -> CellTooLarge | DamagedFile:
    if "field larger" in str(error):
        return CellTooLarge(
            f"a cell that begins in line {number} has more than {limits.max_cell_characters:,} "
            "characters; perhaps a quotation mark isn't closed.",
            message_zh=f"第 {number} 行起有单元格超过 {limits.max_cell_characters:,} 个字符，可能是引号没有闭合。",
        )
    return DamagedFile(
        f"line {number} isn't CSV: {error}. Save the file again as CSV UTF-8.",
        message_zh=f"第 {number} 行不是有效的 CSV（{error}），请重新另存为“CSV UTF-8”。",
    )


def read_jsonl(path: Path, options: FileOptions, limits: Limits) -> RowSource:
    """Open a JSON Lines file."""
    facts = examine_text(path, options.encoding)
    return RowSource(
        format="jsonl",
        rows=_jsonl_rows(path, facts.encoding, limits),
        row_total=facts.line_count,
        encoding=facts.encoding,
        notes=facts.notes,
    )


def _jsonl_rows(path: Path, encoding: str, limits: Limits) -> Iterator[SourceRow]:
    longest = limits.max_cell_characters * 10
    with path.open(encoding=encoding) as file:
        number = 0
        while line := file.readline(longest + 1):
            number += 1
            if len(line) > longest:
                raise CellTooLarge(
                    f"line {number} has more than {longest:,} characters; expected one small "
                    "object a line. Is the file a JSON list? Then name it .json.",
                    message_zh=f"第 {number} 行超过 {longest:,} 个字符，应每行一个对象；若为 JSON 数组，请改用 .json 后缀。",
                )
            line = line.replace("\0", "")
            if line and not line.isspace():
                yield _json_row(number, line, limits)


def _json_row(number: int, line: str, limits: Limits) -> SourceRow:
    try:
        value = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        return SourceRow(number, {"": shorten(line.strip(), 1000)}, _not_json(line, error))
    return object_row(number, value, limits)


def _not_json(line: str, error: Exception) -> MisshapenRow:
    what = getattr(error, "msg", "nested too deep")
    return MisshapenRow(
        f"the line isn't JSON ({what}): {shorten(line.strip())}",
        message_zh=f"本行不是有效的 JSON（{what}）：{shorten(line.strip())}",
        arrived=shorten(line.strip(), 200),
    )


def object_row(number: int, value: Any, limits: Limits) -> SourceRow:
    """A row of one JSON value, checked for width, depth and cell size."""
    if not isinstance(value, dict):
        problem = MisshapenRow(
            f"arrived {shorten(value)}; expected an object with one member a column.",
            message_zh=f"收到 {shorten(value)}，应为对象，每个成员对应一列。",
            arrived=shorten(value, 200),
        )
        return SourceRow(number, {"": shorten(value, 1000)}, problem)
    row = SourceRow(number, value)
    if len(value) > limits.max_columns or not fits(value, limits):
        row.values = {key: shorten(item, 1000) for key, item in list(value.items())[:50]}
        row.problem = MisshapenRow(
            f"the object has {len(value)} members, is nested deeper than {limits.max_json_depth}, "
            f"or holds a text of more than {limits.max_cell_characters:,} characters.",
            message_zh=f"对象成员过多（{len(value)}）、嵌套超过 {limits.max_json_depth} 层，或有文本超过 {limits.max_cell_characters:,} 个字符。",
        )
    return row


def fits(value: Any, limits: Limits) -> bool:
    """Whether a value keeps within depth and cell size; without recursion."""
    level: list[Any] = [value]
    for _ in range(limits.max_json_depth):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, str):
                if len(item) > limits.max_cell_characters:
                    return False
            elif isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        if not inner:
            return True
        level = inner
    return False
