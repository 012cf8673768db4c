"""Dates as Chinese registers and spreadsheets write them."""

import re
import unicodedata
from datetime import date, datetime, timedelta, timezone

from silian.tables.values.errors import NotADate, shorten
from silian.tables.values.texts import MISSING, is_missing

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
_ZONE = timezone(timedelta(hours=8))  # registers tell the time of China


def parse_date(value: object) -> date | None:
    """A day; a month or a year alone stands for its first day. ``None`` where nothing is given.

    Of a moment that names its offset from UTC, the day that it was in China.

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
    >>> parse_date("2024-03-05T16:30:00Z"), parse_date("2024-03-05T23:30:00+08:00")
    (datetime.date(2024, 3, 6), datetime.date(2024, 3, 5))
    """
    if isinstance(value, date):
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
    return _from_text(text, value)


def _from_text(text: str, arrived: str) -> date:
    if not text.isascii():
        text = _TENS.sub(_tens, text.translate(_NUMERALS))
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
    raise _not_a_date(arrived)


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


def _from_number(value: float) -> date:
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
