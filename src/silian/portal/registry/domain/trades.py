"""Trades in both languages: a register's own words in Chinese, the division's name in English."""

import re
from functools import cache

from silian.library.loading import read_library_yaml
from silian.portal.bilingual import choose

_CODE = re.compile(r"[A-T]?(\d\d)\d{0,2}")


def trade_names(code: str, name: str) -> tuple[str, str]:
    """A trade in Chinese and in English.

    Registers name classes of GB/T 4754 in Chinese only; in English their division is told, with
    the code, and where the code is unknown the register's name.

    Examples
    --------
    >>> trade_names("C4013", "绘图、计算及测量仪器制造")
    ('绘图、计算及测量仪器制造', 'Manufacture of measuring instruments (C4013)')
    >>> trade_names("", "磁性材料")
    ('磁性材料', '磁性材料')
    """
    found = _CODE.fullmatch(code or "")
    zh, en = _divisions().get(found.group(1), ("", "")) if found else ("", "")
    return name or zh or code, f"{en} ({code})" if en else name or code


def trade_label(code: str, name: str) -> str:
    """A trade in the reader's language."""
    return choose(*trade_names(code, name))


@cache
def _divisions() -> dict[str, tuple[str, str]]:
    entries = read_library_yaml("industries.yaml")["divisions"]
    return {one["code"][1:]: (one["label_zh"], one["label_en"]) for one in entries}
