"""Stretches of time that stand where a day is asked for: year ends, half years, quarters."""

import re
import unicodedata
from calendar import monthrange
from datetime import date

from silian.tables.values.dates import fold_numerals

Period = tuple[date, date]  # first and last day

_YEAR = r"((?:1[89]|2[01])\d{2})\s*年?度?\s*"
_BEFORE = re.compile(
    r"^(?:截至|截止到?|预计|计划|约|by|before|until)\s*|\s*(?:之前|以前|前|以内|内|止)$"
)
_MONTH = re.compile(rf"^{_YEAR}[-/.]?\s*(\d{{1,2}})\s*月?份?\s*(底|末|初|上旬|中旬|下旬)?$")
_WHOLE = re.compile(rf"^{_YEAR}$")
_PARTS: tuple[tuple["re.Pattern[str]", int, int], ...] = tuple(
    (re.compile(pattern), first, last)
    for pattern, first, last in (
        (rf"^{_YEAR}[底末终]$|^end of\s+{_YEAR}$|^{_YEAR}年[底末终]$", 12, 12),
        (rf"^{_YEAR}初$|^(?:early|beginning of)\s+{_YEAR}$", 1, 1),
        (rf"^{_YEAR}上半年?$|^{_YEAR}h1$|^h1\s+{_YEAR}$|^first half of\s+{_YEAR}$", 1, 6),
        (rf"^{_YEAR}下半年?$|^{_YEAR}h2$|^h2\s+{_YEAR}$|^second half of\s+{_YEAR}$", 7, 12),
    )
)
_QUARTER = re.compile(
    rf"^{_YEAR}(?:[-/]?\s*q([1-4])|第?\s*([1-4])\s*季度?)$|^q([1-4])\s*[-/]?\s*{_YEAR}$"
)
_TENTHS = {"上旬": (1, 10), "中旬": (11, 20), "下旬": (21, 31), "底": (31, 31), "末": (31, 31),
           "初": (1, 10)}  # fmt: skip
_BETWEEN = re.compile(
    r"\s*(?:至|到|~|〜|–|—|--)\s*|(?<=\d{4})\s*-\s*(?=\d{4}(?:$|[.年/]))|\s+(?:-|to)\s+|(?<=\d)\s*-\s*(?=\d{4}[.年/])"
    r"|(?<=[年月日])\s*-\s*(?=\d{4})|(?<=^\d{6})-(?=\d{6}$)|(?<=^\d{8})-(?=\d{8}$)"
    r"|(?<=^\d{4}-\d\d)-(?=\d{4}-\d\d$)|(?<=^\d{4}-\d\d-\d\d)-(?=\d{4}-\d\d-\d\d$)"
)
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")


def parse_period(value: object) -> Period | None:
    """First and last day of what a text says; ``None`` where it names no stretch of time.

    The end of a year or a month (年底, 月底) is its last day alone.

    Examples
    --------
    >>> [day.isoformat() for day in parse_period("2025年上半年")]
    ['2025-01-01', '2025-06-30']
    >>> [day.isoformat() for day in parse_period("2025年12月底前")]
    ['2025-12-31', '2025-12-31']
    >>> [day.isoformat() for day in parse_period("2024Q3")]
    ['2024-07-01', '2024-09-30']
    >>> [day.isoformat() for day in parse_period("202201-202512")]
    ['2022-01-01', '2025-12-31']
    """
    if not isinstance(value, str):
        return None
    text = fold_numerals(unicodedata.normalize("NFKC", value).strip().lower())
    bare = _BEFORE.sub("", text).strip()
    found = _one(bare)
    if found is None and len(ends := _BETWEEN.split(bare)) == 2:
        first, last = _one(ends[0]), _one(ends[1])
        if first and last and first[0] <= last[1]:
            return first[0], last[1]
    return found


def _one(text: str) -> Period | None:
    if match := _WHOLE.match(text):
        return _months(int(match[1]), 1, 12)
    if match := _QUARTER.match(text):
        year = int(match[1] or match[5])
        quarter = int(match[2] or match[3] or match[4])
        return _months(year, 3 * quarter - 2, 3 * quarter)
    for pattern, first, last in _PARTS:
        if match := pattern.match(text):
            year = int(next(group for group in match.groups() if group))
            begin, end = _months(year, first, last)
            return (end, end) if (first, last) == (12, 12) else (begin, end)
    match = _MONTH.match(text)
    if match is None or not 1 <= int(match[2]) <= 12:
        return _day(text)
    begin, end = _months(int(match[1]), int(match[2]), int(match[2]))
    first_day, last_day = _TENTHS.get(match[3] or "", (1, 31))
    return (
        begin.replace(day=min(first_day, end.day)),
        begin.replace(day=min(last_day, end.day)),
    )


def _day(text: str) -> Period | None:
    match = re.match(r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?$", text)
    match = match or _COMPACT.match(text)
    try:
        day = date(*map(int, match.groups())) if match else None
    except ValueError:
        return None
    return (day, day) if day else None


def _months(year: int, first: int, last: int) -> Period:
    return date(year, first, 1), date(year, last, monthrange(year, last)[1])
