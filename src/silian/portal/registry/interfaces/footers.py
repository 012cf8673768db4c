"""Rows of a table that are no records: totals, notes below it, numbers of columns above it."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

from silian.tables.values import ValueRefused, is_missing, parse_number, parse_text

SKIPPED = "footer_skipped"  # the note that counts them

_TOTAL = re.compile(
    r"(?:合计|总计|小计|共计|累计|总和|汇总|本页合计|本页小计|(?:grand|sub)?totals?|sum)"
    r"(?:\(.{1,8}\))?(?:[:：]?\s*[\d,.]*\s*\S{0,2})?"
)
_NOTE = re.compile(
    r"(?:注|备注|说明|附注|注释|资料来源|数据来源|填表说明|填报说明|制表人?|填表人|填报人|填报单位|"
    r"填表单位|制表单位|填报日期|填报时间|填表日期|制表日期|统计单位|统计日期|统计时间|联系人|审核人|审批人|"
    r"单位负责人|负责人签字|联系电话|notes?|remarks?|source)\s*\d*\s*[:：].*",
    re.DOTALL,
)
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_FIRST = frozenset("甲栏合总小共累汇本注备说附资数填制审单负联统tsgnrTSGNR")
_LONGEST_TOTAL = 24
_FEWEST_NUMBERED = 3


def may_be_footer(values: Mapping[str, Any]) -> bool:
    """Whether a row begins as totals and notes do; quick to tell, and most rows don't."""
    for value in values.values():
        if not is_missing(value):
            return isinstance(value, str) and value.lstrip()[:1] in _FIRST
    return False


def is_footer(values: Mapping[str, Any], keys: Collection[str]) -> bool:
    """Whether a row is a total or a note below the table rather than a record.

    Only where nothing but figures stands beside the word: what has a text or a key of its own is
    a record, whatever it is called.

    Parameters
    ----------
    keys
        Columns whose text tells one record from another.

    Examples
    --------
    >>> is_footer({"序号": "合  计", "名称": "", "投资": "1,550"}, ["名称"])
    True
    >>> is_footer({"名称": "Total", "城市": "Paris", "人数": 12}, ["名称"])
    False
    >>> is_footer({"序号": "甲", "名称": "乙", "投资": 1, "利润": 2}, ["名称"])
    True
    """
    if _numbers_columns(values):
        return True
    for heading, value in values.items():
        if is_missing(value):
            continue
        if not isinstance(value, str) or value.lstrip()[:1] not in _FIRST:
            return False
        text = unicodedata.normalize("NFKC", value).strip().lower()
        others = {name: other for name, other in values.items() if name != heading}
        if _NOTE.fullmatch(text):
            return all(map(is_missing, others.values()))
        squeezed = "".join(text.split())
        if len(squeezed) > _LONGEST_TOTAL or not _TOTAL.fullmatch(squeezed):
            return False
        keyed = any(not is_missing(others[key]) for key in keys if key in others)
        return not keyed and all(map(_is_figure, others.values()))
    return False


def _numbers_columns(values: Mapping[str, Any]) -> bool:
    """Whether a row numbers the columns, as below the headings of statistics: 甲 乙 1 2 3."""
    first = next((value for value in values.values() if not is_missing(value)), "")
    if not isinstance(first, str) or first.strip("(（ ")[:1] not in {"甲", "栏"}:
        return False  # nearly every row
    cells = [value for value in values.values() if not is_missing(value)]
    if len(cells) < _FEWEST_NUMBERED or any(isinstance(cell, (list, dict)) for cell in cells):
        return False
    texts = [parse_text(cell).strip("()（） ") for cell in cells]
    if texts[0] in {"栏次", "栏目"}:
        texts = [_STEMS[0], *texts[1:]]
    n_stems = sum(text in _STEMS for text in texts)
    expected = [*_STEMS[:n_stems], *map(str, range(1, len(texts) - n_stems + 1))]
    return n_stems > 0 and texts == expected


def _is_figure(value: Any) -> bool:
    if is_missing(value):
        return True
    if isinstance(value, (list, dict)):
        return False
    try:
        parse_number(value)
    except ValueRefused:
        return bool(re.fullmatch(r"[\d\s,.，%元万亿家项人个户台套件—/\-]+", parse_text(value)))
    return True
