"""Numbers and amounts of money as Chinese registers write them."""

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from silian.tables.values.currencies import refuse_foreign
from silian.tables.values.errors import (
    NotAnAmount,
    NotANumber,
    UnknownUnit,
    ValueRefused,
    shorten,
)
from silian.tables.values.numerals import split_words
from silian.tables.values.texts import MISSING, is_missing

# Units that stand beside a number or in a column's heading; the factor leads to the base unit.
UNITS = {
    "": Decimal(1),
    "元": Decimal(1),
    "人民币": Decimal(1),
    "元人民币": Decimal(1),
    "人民币元": Decimal(1),
    "rmb": Decimal(1),
    "cny": Decimal(1),
    "yuan": Decimal(1),
    "元整": Decimal(1),
    "百元": Decimal(100),
    "千元": Decimal(1000),
    "千": Decimal(1000),
    "万": Decimal(10_000),
    "万元": Decimal(10_000),
    "万人民币": Decimal(10_000),
    "万元人民币": Decimal(10_000),
    "人民币万元": Decimal(10_000),
    "万元整": Decimal(10_000),
    "万rmb": Decimal(10_000),
    "万cny": Decimal(10_000),
    "十万元": Decimal(100_000),
    "百万": Decimal(1_000_000),
    "百万元": Decimal(1_000_000),
    "千万": Decimal(10_000_000),
    "千万元": Decimal(10_000_000),
    "亿": Decimal(100_000_000),
    "亿元": Decimal(100_000_000),
    "亿元人民币": Decimal(100_000_000),
    "亿人民币": Decimal(100_000_000),
    "人民币亿元": Decimal(100_000_000),
    "thousand": Decimal(1000),
    "million": Decimal(1_000_000),
    "billion": Decimal(1_000_000_000),
    "%": Decimal("0.01"),
    "percent": Decimal("0.01"),
    "‰": Decimal("0.001"),
    "人": Decimal(1),
    "家": Decimal(1),
    "项": Decimal(1),
    "小时": Decimal(1),
    "元/小时": Decimal(1),
    "元/时": Decimal(1),
    "元/机时": Decimal(1),
    "元/h": Decimal(1),
}
NEGOTIABLE = frozenset(
    {
        *("面议", "面谈", "待定", "待议", "另议", "待商议", "待协商", "待确定", "未定", "可议"),
        *("协商", "双方协商", "协商确定", "商定", "议价", "价格面议", "面议价", "可面议"),
        *("negotiable", "tbd", "to be determined", "to be agreed"),
    }
)
_YUAN = re.compile(r"(?<=[a-z])(?:yuan|rmb|cny)$")  # 5 million yuan
_CURRENCY = re.compile(r"^(?:¥|￥|rmb|cny|人民币)\s*:?\s*")
_NUMBER = re.compile(
    r"^(?P<sign>[-+(]?)\s*(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d*)?|\.\d+)"
    r"(?P<exponent>e[-+]?\d{1,3})?\)?\s*(?P<unit>[^\d\s,.]*(?: yuan| rmb| cny)?)$"
)
_CENT = Decimal("0.01")
_LARGEST = Decimal(10) ** 18


def unit_factor(unit: str) -> Decimal:
    """Factor from a unit of a register to the base unit (yuan, fraction, one).

    Raises
    ------
    UnknownUnit
        If the unit is not kept; foreign currencies are not, their rate would be a guess.

    Examples
    --------
    >>> unit_factor("万元")
    Decimal('10000')
    """
    factor = _factor(unicodedata.normalize("NFKC", unit).lower())
    if factor is None:
        allowed = "、".join(name for name in UNITS if name)
        raise UnknownUnit(
            f"unit is {shorten(unit)!r}; expected one of {allowed}. Convert other currencies first.",
            message_zh=f"单位“{shorten(unit)}”无法识别，允许：{allowed}；外币请先折算为人民币。",
            arrived=unit,
        )
    return factor


def _factor(unit: str) -> Decimal | None:
    folded = unit if unit in UNITS else _YUAN.sub("", "".join(unit.split()))
    return UNITS.get(folded)


def figure_of(digits: str, unit: str, column_unit: str) -> Decimal | None:
    """A figure in its base unit; ``None`` where the unit is not kept."""
    factor = _factor(unit.strip() or column_unit)
    return None if factor is None else Decimal(digits.replace(",", "")) * factor


def parse_number(value: object, *, unit: str = "") -> Decimal | None:
    """A number, exactly, in its base unit; ``None`` where nothing was given.

    Full-width digits, thousands separators, currency signs, percent, scientific notation, units
    after the digits (``1.2亿元``) and Chinese words (``叁佰万元``) are read. A unit in the cell
    outweighs the column's.

    Parameters
    ----------
    unit
        Unit of the column, for cells that name none.

    Raises
    ------
    NotANumber
        If it is no single number.
    UnknownUnit
        If a unit is not kept.

    Examples
    --------
    >>> parse_number("１，２３４．５万元"), parse_number("12.5%"), parse_number("3", unit="亿元")
    (Decimal('12345000.0'), Decimal('0.125'), Decimal('300000000'))
    >>> parse_number("叁佰万元整"), parse_number("1千5百万"), parse_number("三百", unit="万元")
    (Decimal('3000000'), Decimal('15000000'), Decimal('3000000'))
    """
    try:
        return _number(value, unit)
    except ValueRefused as refused:
        # Whoever reads it another way needs the cell, and the unit that was meant.
        refused.arrived, refused.unit = value, unit
        raise


def _number(value: object, unit: str) -> Decimal | None:
    if isinstance(value, str):
        return _from_text(value, unit)
    if is_missing(value):
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise _not_a_number(value)
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        raise _not_a_number(value)
    return number * unit_factor(unit) if unit else number


def _from_text(value: str, unit: str) -> Decimal | None:
    text = value if value.isascii() else unicodedata.normalize("NFKC", value)
    text = text.strip().lower()
    if text in MISSING:
        return None
    bare = _CURRENCY.sub("", text)
    match = _NUMBER.match(bare)
    own_unit = match["unit"].rstrip(")") if match else ""
    if match is None or (own_unit and _factor(own_unit) is None):
        in_words = _from_words(bare, unit)
        if in_words is not None:
            return in_words
    if match is None:
        raise _not_a_number(value)
    try:
        number = Decimal(match["digits"].replace(",", "") + (match["exponent"] or ""))
    except InvalidOperation as error:  # pragma: no cover - the pattern allows only numbers
        raise _not_a_number(value) from error
    if match["sign"] in {"-", "("}:
        number = -number
    return number * unit_factor(own_unit or unit) if own_unit or unit else number


def _from_words(text: str, unit: str) -> Decimal | None:
    """A number in words; 三百 in a column of 万元 is 300 of them, 三百万 is three million yuan."""
    found = split_words(text)
    if found is None:
        return None
    number, own_unit, is_large = found
    factor = _factor(own_unit or ("" if is_large else unit))
    return None if factor is None else number * factor


def parse_amount_cny(value: object, *, unit: str = "") -> Decimal | None:
    """An amount of money in yuan, rounded to cents; ``None`` where nothing was agreed.

    Raises
    ------
    NotAnAmount
        If it is a percentage or beyond 10**18 yuan.
    ForeignCurrency
        If it is in another currency.

    Examples
    --------
    >>> parse_amount_cny("50万元"), parse_amount_cny("面议"), parse_amount_cny(0.1, unit="万元")
    (Decimal('500000.00'), None, Decimal('1000.00'))
    """
    if is_negotiable(value):
        return None
    try:
        number = parse_number(value, unit=unit)
    except ValueRefused:
        refuse_foreign(value, unit)
        raise
    if number is None:
        return None
    if isinstance(value, str) and value.rstrip().endswith(("%", "％", "‰")):
        raise NotAnAmount(
            f"arrived {shorten(value)}; expected an amount of money, not a share.",
            message_zh=f"收到“{shorten(value)}”，应为金额而不是比例。",
            arrived=value,
        )
    if abs(number) >= _LARGEST:
        raise NotAnAmount(
            f"arrived {shorten(value)}; expected less than 10**18 yuan. Check the unit.",
            message_zh=f"收到“{shorten(value)}”，金额须小于 10 的 18 次方元，请检查单位。",
            arrived=value,
        )
    return number.quantize(_CENT, rounding=ROUND_HALF_UP)


def is_negotiable(value: object) -> bool:
    """Whether a text says that an amount is still to be agreed on (面议).

    Examples
    --------
    >>> is_negotiable("面议"), is_negotiable("TBD"), is_negotiable("5万")
    (True, True, False)
    """
    return isinstance(value, str) and value.strip().lower() in NEGOTIABLE


def parse_integer(value: object) -> int | None:
    """A whole number.

    Raises
    ------
    NotANumber
        If it has a fraction.

    Examples
    --------
    >>> parse_integer("1,200人"), parse_integer(3.0)
    (1200, 3)
    """
    number = parse_number(value)
    if number is None:
        return None
    if number != number.to_integral_value() or abs(number) >= 2**63:
        raise NotANumber(
            f"arrived {shorten(value)}; expected a whole number.",
            message_zh=f"收到“{shorten(value)}”，应为整数。",
            arrived=value,
        )
    return int(number)


def parse_float(value: object) -> float | None:
    """A measured number, e.g. a longitude."""
    number = parse_number(value)
    return None if number is None else float(number)


def _not_a_number(value: object) -> NotANumber:
    shown = shorten(value)
    return NotANumber(
        f"arrived {shown}; expected one number such as 1234.5, 1,234.5, 50万元 (500,000 yuan) or 三百万. "
        "Leave it empty where nothing is known.",
        message_zh=f"收到“{shown}”，应为单个数值，如 1234.5、1,234.5、50万元、三百万；不清楚时请留空。",
        arrived=value,
    )
