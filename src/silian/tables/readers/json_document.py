"""JSON documents of any size: a list of rows, or an object whose members are rows."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Self, cast

import ijson
import numpy as np

from silian.tables.readers.errors import CellTooLarge, DamagedFile, TooDeep
from silian.tables.readers.source import FileOptions, Limits, RowSource, SourceRow
from silian.tables.readers.text import examine_text, object_row

_CHUNK_BYTES = 4 * 1024 * 1024
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NOT_BRACKETS = bytes(code for code in range(256) if code not in b"[]{}")
_STEPS = np.zeros(256, dtype=np.int64)
_STEPS[list(b"[{")] = 1
_STEPS[list(b"]}")] = -1


def read_json(path: Path, options: FileOptions, limits: Limits) -> RowSource:
    """Open a JSON document."""
    encoding = examine_text(path, options.encoding).encoding
    check_structure(path, limits, encoding)
    return RowSource(format="json", rows=_rows(path, options, limits, encoding), encoding=encoding)


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


def check_structure(path: Path, limits: Limits, encoding: str = "utf-8") -> None:
    """Refuse nesting and texts that would fill the memory, before anything is built of them.

    Raises
    ------
    TooDeep
        If brackets nest deeper than allowed.
    CellTooLarge
        If one text is longer than allowed.
    """
    depth, rest = 0, b""
    with _open_utf8(path, encoding) as file:
        while chunk := file.read(_CHUNK_BYTES):
            brackets, rest = _without_strings(rest + chunk)
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


def _without_strings(data: bytes) -> tuple[bytes, bytes]:
    """Brackets outside of strings, and the tail from a string that isn't closed yet."""
    outside = _STRING.sub(b"", data)
    opened = outside.find(b'"')
    if opened < 0:
        return outside.translate(None, _NOT_BRACKETS), b""
    tail = outside[opened:]
    return outside[:opened].translate(None, _NOT_BRACKETS), tail


def _rows(path: Path, options: FileOptions, limits: Limits, encoding: str) -> Iterator[SourceRow]:
    number = 0
    try:
        with _open_utf8(path, encoding) as file:
            for number, value in enumerate(_values(file, options), 1):
                yield object_row(number, value, limits)
    except (ijson.JSONError, UnicodeDecodeError) as error:
        what = str(error).splitlines()[0]
        raise DamagedFile(
            f"after row {number} the file isn't JSON any more: {what}. Export it again.",
            message_zh=f"第 {number} 行之后不再是有效的 JSON（{what}），请重新导出。",
        ) from error


def _values(file: Any, options: FileOptions) -> Iterator[Any]:
    if options.shape == "mapping":
        for key, value in ijson.kvitems(file, options.records_at, use_float=True):
            yield {"key": key.strip("\ufeff \u3000"), "value": value}
        return
    path = f"{options.records_at}.item" if options.records_at else "item"
    yield from ijson.items(file, path, use_float=True)
