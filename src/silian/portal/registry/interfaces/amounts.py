"""Money as people read it: 万元 and 亿元 in Chinese, grouped yuan in English."""

from decimal import Decimal
from typing import Any

from silian.portal.bilingual import choose

_WAN = Decimal(10_000)
_YI = Decimal(100_000_000)


def cny(value: Any) -> str:
    """A yuan amount, or an empty text where there is none.

    Examples
    --------
    >>> cny(1_250_000), cny(320_000_000), cny(800), cny(None)
    ('125 万元', '3.2 亿元', '800 元', '')
    """
    if value in (None, ""):
        return ""
    amount = Decimal(str(value))
    return choose(cny_zh(amount), cny_en(amount))


def cny_en(amount: Decimal) -> str:
    """A yuan amount in English, whatever the reader's language.

    Examples
    --------
    >>> cny_en(Decimal("-50000"))
    '-¥50,000'
    """
    return f"{'-' if amount < 0 else ''}¥{_plain(abs(amount))}"


def cny_zh(amount: Decimal) -> str:
    """A yuan amount in Chinese, whatever the reader's language.

    Examples
    --------
    >>> cny_zh(Decimal("-50000"))
    '-5 万元'
    """
    if abs(amount) >= _YI:
        return f"{_plain(amount / _YI)} 亿元"
    if abs(amount) >= _WAN:
        return f"{_plain(amount / _WAN)} 万元"
    return f"{_plain(amount)} 元"


def _plain(amount: Decimal) -> str:
    text = f"{amount:,.2f}"
    return text.rstrip("0").rstrip(".")
