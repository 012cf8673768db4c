"""Zip archives that are no workbook, told by what they hold."""

import zipfile

from silian.tables.readers.errors import WrongFileType
from silian.tables.values import shorten

# A part that tells what an archive is, and what that is called.
_KINDS = (
    ("xl/workbook.bin", "二进制工作簿（.xlsb）", "a binary workbook (.xlsb)"),
    ("word/document.xml", "Word 文档", "a Word document"),
    ("ppt/presentation.xml", "演示文稿", "a presentation"),
    ("content.xml", "OpenDocument 文件（.ods 等）", "an OpenDocument file (.ods and the like)"),
)
_MOST_NAMED = 5
_UTF8_NAME = 0x800  # flag of an entry whose name is UTF-8


def check_is_workbook(archive: zipfile.ZipFile) -> None:
    """Refuse a zip archive that isn't a workbook by its true name.

    Raises
    ------
    WrongFileType
        If it is something else: a folder of files, a document.
    """
    names = {info.filename.lower() for info in archive.infolist()}
    for part, zh, en in _KINDS:
        if part in names:
            raise WrongFileType(
                f"the file is {en}, not an .xlsx workbook. Save its table as .xlsx or CSV UTF-8.",
                message_zh=f"文件是{zh}，不是 .xlsx 工作簿；请把其中的表格另存为 .xlsx 或“CSV UTF-8”。",
            )
    if any(name.startswith("xl/") for name in names):
        return
    held = [_name(info) for info in archive.infolist() if not info.is_dir()]
    more = len(held) > _MOST_NAMED
    named = [shorten(name) for name in held[:_MOST_NAMED]]
    raise WrongFileType(
        "the file is a zip archive, not a workbook; it holds "
        f"{', '.join(named) or 'nothing'}{', …' if more else ''}. Unpack it and load the file inside.",
        message_zh=f"文件是 zip 压缩包，不是工作簿；其中有：{'、'.join(named) or '（空）'}{'等' if more else ''}。"
        "请解压后导入里面的文件。",
    )


def _name(info: zipfile.ZipInfo) -> str:
    """Name of an entry; Chinese programs write GB18030 where the format says code page 437."""
    if info.flag_bits & _UTF8_NAME:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename
