"""Files of registers as streams of rows: CSV, XLSX, JSON, JSON Lines, Parquet.

Examples
--------
>>> import pathlib, tempfile
>>> path = pathlib.Path(tempfile.mkdtemp()) / "needs.csv"
>>> _ = path.write_bytes("标题;预算\\n永磁材料;50万元\\n".encode("gb18030"))
>>> source = open_rows(path)
>>> source.encoding, [row.values for row in source.rows]
('gb18030', [{'标题': '永磁材料', '预算': '50万元'}])
"""

from collections.abc import Callable
from pathlib import Path

from silian.tables.readers.errors import (
    CellTooLarge,
    DamagedFile,
    FileRefused,
    FileTooLarge,
    ForbiddenContent,
    MissingSheet,
    NoHeading,
    NoRows,
    TooDeep,
    TooManyColumns,
    UnreadableText,
    WrongFileType,
)
from silian.tables.readers.formulas import (
    FormulasNotComputed,
    FormulaText,
    FormulaWithoutValue,
    formula_text,
)
from silian.tables.readers.json_document import read_json
from silian.tables.readers.parquet import read_parquet
from silian.tables.readers.source import (
    FileOptions,
    HeadingTest,
    Limits,
    MisshapenRow,
    RowSource,
    SourceRow,
)
from silian.tables.readers.text import examine_text, read_csv, read_jsonl
from silian.tables.readers.xlsx import SheetLook, look_at_sheets, read_xlsx

FORMATS = ("csv", "xlsx", "json", "jsonl", "parquet")
_FORMAT_BY_SUFFIX = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".json": "json",
    ".geojson": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
# First bytes that tell a type; None where it is one that isn't read.
_SIGNATURES: tuple[tuple[bytes, str | None, str], ...] = (
    (b"PK\x03\x04", "xlsx", "a zip archive or workbook"),
    (b"PAR1", "parquet", "Parquet"),
    (b"\xd0\xcf\x11\xe0", None, "an old .xls workbook or an encrypted one"),
    (b"%PDF", None, "PDF"),
    (b"\x1f\x8b", None, "gzip"),
    (b"Rar!", None, "RAR"),
    (b"7z\xbc\xaf", None, "7-Zip"),
    (b"\x7fELF", None, "a program"),
    (b"MZ\x90", None, "a program"),
    (b"\x89PNG", None, "an image"),
    (b"\xff\xd8\xff", None, "an image"),
)


def open_rows(
    path: Path | str,
    options: FileOptions | None = None,
    *,
    limits: Limits | None = None,
    is_heading: HeadingTest | None = None,
    begin_sheet: Callable[[], None] | None = None,
) -> RowSource:
    """Open a file of a register; type, encoding and delimiter are found out where not given.

    Parameters
    ----------
    is_heading
        Tells the row of headings from titles and notes above it; without it the first row with
        content is taken. Of a workbook, the first sheet with such a row is read.
    begin_sheet
        Called before headings are looked for in another sheet.

    Raises
    ------
    FileRefused
        If the file is broken, hostile or of another type than it says.
    """
    path = Path(path)
    options = options or FileOptions()
    limits = limits or Limits()
    match format_of(path, options.format):
        case "xlsx":
            return read_xlsx(path, options, limits, is_heading, begin_sheet)
        case "parquet":
            return read_parquet(path, limits)
        case "json":
            return read_json(path, options, limits)
        case "jsonl":
            return read_jsonl(path, options, limits)
        case _:
            return read_csv(path, options, limits, is_heading)


def format_of(path: Path, wanted: str = "") -> str:
    """Type of a file, by its name and its first bytes, which must agree.

    Raises
    ------
    WrongFileType
        If they don't, or the type isn't read.
    """
    by_name = wanted or _FORMAT_BY_SUFFIX.get(path.suffix.lower(), "")
    with path.open("rb") as file:
        start = file.read(4096)
    if not start:
        raise WrongFileType(
            "the file is empty. Export it again.", message_zh="文件为空，请重新导出。"
        )
    for signature, found, description in _SIGNATURES:
        if start.startswith(signature):
            if found is None or found != (by_name or found):
                raise _wrong_type(path, description, by_name)
            return found
    if by_name in {"xlsx", "parquet"}:
        raise _wrong_type(path, "something else", by_name)
    if by_name not in {"", *FORMATS}:
        raise _wrong_type(path, "unknown", by_name)
    return by_name or _text_format(start)


def _text_format(start: bytes) -> str:
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"["):
        return "json"
    return "jsonl" if text.startswith(b"{") else "csv"


def _wrong_type(path: Path, description: str, wanted: str) -> WrongFileType:
    return WrongFileType(
        f"{path.name} holds {description}, expected {wanted or ', '.join(FORMATS)}. Save the file "
        "as .xlsx or CSV UTF-8 and keep the fitting extension.",
        message_zh=f"{path.name} 的内容与类型不符（应为 {wanted or '、'.join(FORMATS)}）；请另存为 .xlsx 或“CSV UTF-8”，并使用对应的后缀。",
    )


__all__ = [
    "FORMATS",
    "CellTooLarge",
    "DamagedFile",
    "FileOptions",
    "FileRefused",
    "FileTooLarge",
    "ForbiddenContent",
    "FormulaText",
    "FormulaWithoutValue",
    "FormulasNotComputed",
    "HeadingTest",
    "Limits",
    "MisshapenRow",
    "MissingSheet",
    "NoHeading",
    "NoRows",
    "RowSource",
    "SheetLook",
    "SourceRow",
    "TooDeep",
    "TooManyColumns",
    "UnreadableText",
    "WrongFileType",
    "examine_text",
    "format_of",
    "formula_text",
    "look_at_sheets",
    "open_rows",
]
