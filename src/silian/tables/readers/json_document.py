"""JSON documents of any size: a list of rows, an object that holds one, or one of rows."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Self, cast

import ijson
import numpy as np

from silian.tables.readers.errors import CellTooLarge, DamagedFile, NoRows, TooDeep
from silian.tables.readers.source import FileOptions, Limits, RowSource, SourceRow
from silian.tables.readers.text import examine_text, object_row
from silian.tables.values import shorten

_CHUNK_BYTES = 4 * 1024 * 1024
_N_NAMED = 8  # lists, or members, that a refusal names
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NAN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?Infinity|NaN', re.DOTALL)
_LONGEST_WORD = len(b"-Infinity")
_NOT_BRACKETS = bytes(code for code in range(256) if code not in b"[]{}")
_STEPS = np.zeros(256, dtype=np.int64)
_STEPS[list(b"[{")] = 1
_STEPS[list(b"]}")] = -1


def read_json(path: Path, options: FileOptions, limits: Limits) -> RowSource:
    """Open a JSON document."""
    encoding = examine_text(path, options.encoding).encoding
    document = _Document(path, encoding, check_structure(path, limits, encoding))
    return RowSource(format="json", rows=_rows(document, options, limits), encoding=encoding)


@dataclass(frozen=True, slots=True)
class _Document:
    """A file that was looked through once.

    Attributes
    ----------
    has_nan
        Whether it writes NaN or Infinity, which JSON doesn't know but pandas does.
    """

    path: Path
    encoding: str
    has_nan: bool

    def open(self) -> BinaryIO:
        """Its bytes in UTF-8, with null for what is no number."""
        file = _open_utf8(self.path, self.encoding)
        return cast(BinaryIO, _WithoutNan(file)) if self.has_nan else file


def _open_utf8(path: Path, encoding: str) -> BinaryIO:
    """The document's bytes in UTF-8, recoded as they are read where they are in another code.

    In GB18030 the second byte of a character may be a bracket or a backslash, so nothing looks at
    the raw bytes.
    """
    file = path.open("rb")
    if codecs.lookup(encoding).name in {"utf-8", "utf-8-sig"}:
        if file.read(3) != codecs.BOM_UTF8:
            file.seek(0)
        return file
    return cast(BinaryIO, _Recoded(file, encoding))


class _Recoded:
    """A file in another encoding, read as UTF-8.

    ``codecs.EncodedFile`` hands ``readinto`` through to the raw file, and ijson would use it.
    """

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file = file
        self._reader = codecs.getreader(encoding)(file)

    def read(self, size: int = -1) -> bytes:
        return self._reader.read(size).encode()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


class _WithoutNan:
    """A document with ``null`` in place of NaN and Infinity, outside of its texts."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._rest = file, b""

    def read(self, size: int = -1) -> bytes:
        if not size:  # asked for to learn of what type the answers are
            return b""
        while chunk := self._file.read(max(size, _CHUNK_BYTES) if size >= 0 else size):
            if told := self._told(self._rest + chunk):
                return told
        told, self._rest = _NAN.sub(_null, self._rest), b""
        return told

    def _told(self, data: bytes) -> bytes:
        """What can be told already: all but a text, or a word, that may go on."""
        end = 0
        for match in _NAN.finditer(data):
            end = match.end()
        opened = data.find(b'"', end)
        cut = opened if opened >= 0 else max(end, len(data) - _LONGEST_WORD)
        self._rest = data[cut:]
        return _NAN.sub(_null, data[:cut])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _null(match: "re.Match[bytes]") -> bytes:
    return match[0] if match[0].startswith(b'"') else b"null"


def check_structure(path: Path, limits: Limits, encoding: str = "utf-8") -> bool:
    """Refuse nesting and texts that would fill the memory, before anything is built of them.

    Returns
    -------
    bool
        Whether the document writes NaN or Infinity.

    Raises
    ------
    TooDeep
        If brackets nest deeper than allowed.
    CellTooLarge
        If one text is longer than allowed.
    """
    depth, rest, has_nan = 0, b"", False
    with _open_utf8(path, encoding) as file:
        while chunk := file.read(_CHUNK_BYTES):
            outside, rest = _without_strings(rest + chunk)
            has_nan = has_nan or b"N" in outside or b"I" in outside
            brackets = outside.translate(None, _NOT_BRACKETS)
            if len(rest) > limits.max_cell_characters * 4:
                raise CellTooLarge(
                    f"a text in the document has more than {limits.max_cell_characters:,} "
                    "characters; perhaps a quotation mark isn't closed.",
                    message_zh=f"文件中有文本超过 {limits.max_cell_characters:,} 个字符，可能是引号没有闭合。",
                )
            if brackets:
                course = depth + np.cumsum(_STEPS[np.frombuffer(brackets, dtype=np.uint8)])
                depth = int(course[-1])
                # The document and its rows are levels of their own.
                if int(course.max()) > limits.max_json_depth + 8:
                    raise TooDeep(
                        f"the document nests deeper than {limits.max_json_depth} levels; expected "
                        "a list of flat objects.",
                        message_zh=f"文件嵌套超过 {limits.max_json_depth} 层，应为由扁平对象组成的数组。",
                    )
    return has_nan


def _without_strings(data: bytes) -> tuple[bytes, bytes]:
    """What stands outside of strings, and the tail from a string that isn't closed yet."""
    outside = _STRING.sub(b"", data)
    opened = outside.find(b'"')
    return (outside, b"") if opened < 0 else (outside[:opened], outside[opened:])


def _rows(document: _Document, options: FileOptions, limits: Limits) -> Iterator[SourceRow]:
    number = 0
    try:
        place = _place_of_rows(document, options)
        with document.open() as file:
            for number, value in enumerate(_values(file, options, place), 1):
                yield object_row(number, value, limits)
        if not number and options.records_at:
            _check_place(document, options)
    except (ijson.JSONError, UnicodeDecodeError) as error:
        what = _said(error)
        raise DamagedFile(
            f"after row {number} the file isn't JSON any more: {what}. Export it again.",
            message_zh=f"第 {number} 行之后不再是有效的 JSON（{what}），请重新导出。",
        ) from error


def _said(error: Exception) -> str:
    """The first line of what the parser says, which speaks in bytes."""
    said = error.args[0] if error.args else ""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(error)
    return shorten(text.strip().splitlines()[0]) if text.strip() else type(error).__name__


def _values(file: Any, options: FileOptions, place: str) -> Iterator[Any]:
    if options.shape == "mapping":
        for key, value in ijson.kvitems(file, place, use_float=True):
            yield {"key": key.strip("\ufeff \u3000"), "value": value}
        return
    yield from ijson.items(file, f"{place}.item" if place else "item", use_float=True)


def _is_list(document: _Document) -> bool:
    with document.open() as file:
        while start := file.read(4096):
            if start := start.lstrip():
                return start.startswith(b"[")
    return False


@dataclass(slots=True)
class _Found:
    """What a document holds where rows could be.

    Attributes
    ----------
    n_objects
        Of each list that lies in no other list, by its path.
    mappings
        Paths of objects that lie in no list.
    members
        Names at the top.
    """

    n_objects: dict[str, int] = field(default_factory=dict)
    mappings: set[str] = field(default_factory=set)
    members: list[str] = field(default_factory=list)


def _place_of_rows(document: _Document, options: FileOptions) -> str:
    """Where the rows are: where the options say, or the one list of objects that is there.

    Raises
    ------
    NoRows
        If there is no list of objects, or several.
    """
    if options.records_at or options.shape == "mapping" or _is_list(document):
        return options.records_at
    found = _found_in(document)
    filled = {place: n for place, n in found.n_objects.items() if n}
    if len(filled) > 1:
        raise _several(filled)
    # One list with nothing in it is known to hold no rows.
    lists = [*filled] or [*found.n_objects]
    if len(lists) != 1:
        raise _no_list(found)
    return lists[0]


def _check_place(document: _Document, options: FileOptions) -> None:
    """Refuse a path that leads nowhere; one that leads to nothing but an empty list is right."""
    found = _found_in(document)
    places = found.mappings if options.shape == "mapping" else found.n_objects
    # A path may lead through lists on purpose (groups.item.rows).
    if options.records_at not in places and ".item" not in options.records_at:
        raise _nothing_at(options.records_at, found)


def _found_in(document: _Document) -> _Found:
    found = _Found()
    inside = item = ""  # the list that is being read; what lies in it is part of its rows
    with document.open() as file:
        for prefix, event, value in ijson.parse(file, use_float=True):
            if inside:
                if event == "start_map" and prefix == item:
                    found.n_objects[inside] += 1
                elif event == "end_array" and prefix == inside:
                    inside = ""
            elif event == "start_array":
                inside, item = prefix, f"{prefix}.item"
                found.n_objects.setdefault(inside, 0)
            elif event == "start_map":
                found.mappings.add(prefix)
            elif event == "map_key" and not prefix:
                found.members.append(value)
    return found


def _listed(found: dict[str, int]) -> str:
    shown = [f"{place} ({n:,})" for place, n in list(found.items())[:_N_NAMED]]
    return "、".join([*shown, "…"] if len(found) > _N_NAMED else shown)


def _several(filled: dict[str, int]) -> NoRows:
    listed, example = _listed(filled), next(iter(filled))
    return NoRows(
        f"the document holds {len(filled)} lists of objects: {listed}. Say in a mapping which are "
        f"the rows, e.g. file: {{records_at: {example}}}.",
        message_zh=f"文件中有 {len(filled)} 个对象列表：{listed}；请在映射中指明哪一个是数据行，如 file: {{records_at: {example}}}。",
    )


def _no_list(found: _Found) -> NoRows:
    members = "、".join(found.members[:_N_NAMED]) or "—"
    return NoRows(
        f"the document is one object without a list of objects (it has {members}). Export the "
        "rows as a list, [{…}, {…}]; of an object whose members are the rows, a mapping says "
        "file: {shape: mapping}.",
        message_zh=f"文件是单个对象，其中没有对象列表（成员：{members}）；请把数据行导出为数组 [{{…}}, {{…}}]，若各成员即为数据行，请在映射中写 file: {{shape: mapping}}。",
    )


def _nothing_at(wanted: str, found: _Found) -> NoRows:
    listed = _listed(found.n_objects) or "—"
    return NoRows(
        f"there are no rows at records_at {wanted!r}; the document has lists at {listed}. Correct "
        "the path in the mapping.",
        message_zh=f"records_at“{wanted}”处没有数据行；文件中的列表有：{listed}，请更正映射中的路径。",
    )
