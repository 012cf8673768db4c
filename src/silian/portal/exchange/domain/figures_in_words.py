"""Figures as people read them: 万元, percent, signs; the same in findings, pages and reports."""

from datetime import date

_WAN = 10_000.0
_YI = 100_000_000.0


def in_words(value: float | str | bool | date | None, unit: str, *, english: bool = False) -> str:
    """A figure with its unit.

    Examples
    --------
    >>> in_words(12_345_678.0, "cny"), in_words(0.0523, "rate"), in_words(3, "persons")
    ('1,234.57 万元', '5.2%', '3 人')
    >>> in_words(12_345_678.0, "cny", english=True)
    'CNY 12.35 million'
    """
    if value is None:
        return "unknown" if english else "缺数据"
    if isinstance(value, bool):
        return ("yes" if value else "no") if english else ("是" if value else "否")
    if isinstance(value, str | date):
        return str(value)
    if unit == "cny":
        return _money_en(value) if english else _money_zh(value)
    if unit == "rate":
        return f"{_trimmed(100 * value, 1)}%"
    return _with_unit(_trimmed(value, 2), unit, english)


def exactly_in_words(value: float, unit: str, *, english: bool = False) -> str:
    """The same with every digit that matters: whole yuan and cents, hundredths of a percent.

    Examples
    --------
    >>> exactly_in_words(49_999_999.5, "cny"), exactly_in_words(0.04996, "rate")
    ('49,999,999.5 元', '4.996%')
    """
    if unit == "cny":
        return f"CNY {_trimmed(value, 2)}" if english else f"{_trimmed(value, 2)} 元"
    if unit == "rate":
        return f"{_trimmed(100 * value, 4)}%"
    return _with_unit(_trimmed(value, 6), unit, english)


def both_in_words(
    value: float, other: float, unit: str, *, english: bool = False
) -> tuple[str, str]:
    """Two figures that are held against each other: told apart wherever they differ.

    Examples
    --------
    >>> both_in_words(0.042, 0.05, "rate"), both_in_words(0.04996, 0.05, "rate")
    (('4.2%', '5%'), ('4.996%', '5%'))
    """
    first, second = (in_words(one, unit, english=english) for one in (value, other))
    if first != second or value == other:
        return first, second
    return (
        exactly_in_words(value, unit, english=english),
        exactly_in_words(other, unit, english=english),
    )


def _with_unit(number: str, unit: str, english: bool) -> str:
    words = _UNITS.get(unit)
    if words is None:
        return number
    return f"{number} {words[1] if english else words[0]}"


#: Things that are counted need no word: their label says what they are.
_UNITS = {
    "persons": ("人", "persons"),
    "years": ("年", "years"),
    "mu": ("亩", "mu"),
    "points": ("分", "points"),
    "hours": ("小时", "hours"),
}


def _money_zh(value: float) -> str:
    if abs(value) >= _YI:
        return f"{_trimmed(value / _YI, 2)} 亿元"
    if abs(value) >= _WAN:
        return f"{_trimmed(value / _WAN, 2)} 万元"
    return f"{_trimmed(value, 2)} 元"


def _money_en(value: float) -> str:
    if abs(value) >= 1e6:
        return f"CNY {_trimmed(value / 1e6, 2)} million"
    return f"CNY {_trimmed(value, 2)}"


def _trimmed(value: float, digits: int) -> str:
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
