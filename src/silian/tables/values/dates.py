"""Dates as Chinese registers and spreadsheets write them."""

import re
import unicodedata
from calendar import monthrange
from datetime import date, datetime, timedelta, timezone

from silian.tables.values.errors import NotADate, shorten
from silian.tables.values.texts import MISSING, is_missing, parse_text

_EXCEL_EPOCH = date(1899, 12, 30)
_FIRST_SERIAL, _LAST_SERIAL = 3654, 109_574  # 1910 to 2199: years and amounts stay out
_PARTS = re.compile(
    r"^(\d{4})\s*[-/.年]\s*(\d{1,2})(?:\s*[-/.月]\s*(?:(\d{1,2})\s*日?)?)?"
    r"(?:[T\s]+\d{1,2}:\d{2}.*)?$"
)
# A moment that says how far its clock is from UTC.
_ZONED = re.compile(
    r"^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:T|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*"
    r"(?:Z|UTC|GMT|([+-])(\d{2}):?(\d{2})?)$",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_YEAR = re.compile(r"^(\d{4})\s*年?$")
_NUMERALS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_TENS = re.compile(r"(\d?)十(\d?)")
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_NAMED = re.compile(
    r"^(?:(?P<first>\d{1,2})(?:st|nd|rd|th)?[\s-]+)?(?P<month>[a-z]{3,9})\.?"
    r"(?:[\s-]+(?P<second>\d{1,2})(?:st|nd|rd|th)?,)?[\s,-]+(?P<year>\d{4})$",
    re.IGNORECASE,
)
_FULL_MONTHS = (
    *("january", "february", "march", "april", "june", "july", "august", "september", "sept"),
    *("october", "november", "december"),
)
_UP_TO = re.compile(r"^(?:截至|截止到?)\s*|\s*(?:之前|以前|前|止)$")  # 2025年6月30日前
_ENDLESS = 9999  # how registers write a day that never comes (长期)
_ENDLESS_SERIAL = 2_958_000  # spreadsheets count its days so
_ZONE = timezone(timedelta(hours=8))  # registers tell the time of China


def parse_date(value: object) -> date | None:
    """A day; a month or a year alone stands for its first day. ``None`` where nothing is given.

    The year 9999, by which registers say 长期, is nothing given. Of a moment that names its offset from UTC, the day that it was in China.

    Raises
    ------
    NotADate
        If it is no date, ambiguous (``03/05/2024``), or outside 1800 to 2199.

    Examples
    --------
    >>> [parse_date(text).isoformat() for text in ("2024年3月5日", "2024/3/5", "20240305", 45356)]
    ['2024-03-05', '2024-03-05', '2024-03-05', '2024-03-05']
    >>> parse_date("二〇二四年十二月"), parse_date("长期")
    (datetime.date(2024, 12, 1), None)
    >>> parse_date("May 2003"), parse_date("2025年6月30日前"), parse_date("9999-12-31")
    (datetime.date(2003, 5, 1), datetime.date(2025, 6, 30), None)
    >>> parse_date("2024-03-05T16:30:00Z"), parse_date("2024-03-05T23:30:00+08:00")
    (datetime.date(2024, 3, 6), datetime.date(2024, 3, 5))
    """
    if isinstance(value, date):
        if value.year == _ENDLESS:
            return None
        if not 1800 <= value.year < 2200:
            raise _not_a_date(value.isoformat())
        if not isinstance(value, datetime):
            return value
        # Midnight here is the afternoon before in UTC.
        return (value.astimezone(_ZONE) if value.tzinfo else value).date()
    if is_missing(value):
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _from_number(value)
    if not isinstance(value, str):
        raise _not_a_date(value)
    text = value.strip() if value.isascii() else unicodedata.normalize("NFKC", value).strip()
    if text.lower() in MISSING or text in {"长期", "长期有效", "至今", "永久"}:
        return None
    if text.startswith("9999"):
        return (
            None
            if any(p.match(text) for p in (_PARTS, _COMPACT, _YEAR))
            else _from_text(text, value)
        )
    return _from_text(text, value)


def parse_last_date(value: object) -> date | None:
    """A day as ``parse_date`` reads it, but the last of a month or a year alone: for deadlines.

    Examples
    --------
    >>> parse_last_date("2025年6月"), parse_last_date(2025), parse_last_date("2025-06-01")
    (datetime.date(2025, 6, 30), datetime.date(2025, 12, 31), datetime.date(2025, 6, 1))
    """
    found = parse_date(value)
    if found is None or found.day != 1 or isinstance(value, date):
        return found
    text = fold_numerals(unicodedata.normalize("NFKC", parse_text(value)).strip().lower())
    if _YEAR.match(text):
        return found.replace(month=12, day=31)
    parts = _PARTS.match(text)
    named = _NAMED.match(text)
    if (parts and not parts[3]) or (named and not (named["first"] or named["second"])):
        return found.replace(day=monthrange(found.year, found.month)[1])
    return found


def fold_numerals(text: str) -> str:
    """Chinese numerals of dates as digits.

    Examples
    --------
    >>> fold_numerals("二〇二四年十一月")
    '2024年11月'
    """
    return text if text.isascii() else _TENS.sub(_tens, text.translate(_NUMERALS))


def _from_text(text: str, arrived: str) -> date | None:
    text = fold_numerals(text)
    if zoned := _ZONED.match(text):
        return _in_china(zoned, arrived)
    for pattern in (_PARTS, _COMPACT, _YEAR):
        match = pattern.match(text)
        if match:
            year, month, day = (int(part or 1) for part in (*match.groups(), None, None)[:3])
            return _day(year, month, day, arrived)
    if re.fullmatch(r"\d{5,6}(?:\.\d+)?", text):
        return _from_number(float(text))
    if re.fullmatch(r"\d{8}\.0", text):
        return _from_text(text[:8], arrived)
    if named := _NAMED.match(text):
        return _from_names(named, arrived)
    if (bare := _UP_TO.sub("", text)) != text and (match := _PARTS.match(bare)) and match[3]:
        return _from_text(bare, arrived)
    raise _not_a_date(arrived)


def _from_names(match: "re.Match[str]", arrived: str) -> date:
    month = match["month"].lower()
    if (month not in _MONTHS and month not in _FULL_MONTHS) or (match["first"] and match["second"]):
        raise _not_a_date(arrived)
    day = int(match["first"] or match["second"] or 1)
    return _day(int(match["year"]), _MONTHS[month[:3]], day, arrived)


def _in_china(match: "re.Match[str]", arrived: str) -> date:
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    sign, hours, minutes = match.groups()[6:]
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    try:
        zone = timezone(-offset if sign == "-" else offset)
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone)
        found = moment.astimezone(_ZONE)
    except (ValueError, OverflowError) as error:
        raise _not_a_date(arrived) from error
    return _day(found.year, found.month, found.day, arrived)


def _tens(match: "re.Match[str]") -> str:
    return f"{match[1] or '1'}{match[2] or '0'}"


def _from_number(value: float) -> date | None:
    if _ENDLESS_SERIAL <= value < _ENDLESS_SERIAL + 1000 or value == 99_991_231:
        return None
    if _FIRST_SERIAL <= value <= _LAST_SERIAL:
        return _EXCEL_EPOCH + timedelta(days=int(value))
    if float(value).is_integer() and 1800 <= value < 2200:
        return date(int(value), 1, 1)
    if float(value).is_integer() and 18_000_101 <= value <= 21_991_231:
        return _from_text(str(int(value)), str(value))
    raise _not_a_date(value)


def _day(year: int, month: int, day: int, arrived: object) -> date:
    try:
        found = date(year, month, day)
    except ValueError as error:
        raise _not_a_date(arrived) from error
    if not 1800 <= year < 2200:
        raise _not_a_date(arrived)
    return found


def _not_a_date(value: object) -> NotADate:
    shown = shorten(value)
    return NotADate(
        f"arrived {shown}; expected a date such as 2024-03-05, 2024年3月5日 or 20240305, from "
        "1800 to 2199. Write the year first.",
        message_zh=f"收到“{shown}”，应为 1800 至 2199 年间的日期，如 2024-03-05、2024年3月5日、20240305；请把年份写在最前。",
        arrived=value,
    )
