"""Rows that end a table and are no records: totals, and notes below it."""

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
_FIRST = frozenset("合总小共累汇本注备说附资数填制审单负联统tsgnrTSGNR")
_LONGEST_TOTAL = 24


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
    """
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
