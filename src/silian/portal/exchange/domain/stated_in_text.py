"""Budget and deadline that a need's text states while their boxes are empty.

The check of clarity finds the words; what they come to is offered to be filled in, because lists,
filters and the ranker read the boxes and not the words.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from silian.tables.values import ValueRefused, parse_amount_cny, parse_inexact
from silian.tables.values.dates import fold_numerals, parse_last_date

if TYPE_CHECKING:
    from silian.engines.matching.clarity import ClarityReport

_WAN = Decimal(10_000)
_DIGITS = r"[0-9〇零一二两三四五六七八九十百千壹贰叁肆伍陆柒捌玖拾佰仟]"
_UNIT = r"(?:百万|千万|万|亿|k|w|million|thousand)?\s*(?:元|块|人民币|yuan|rmb|cny)?"
_AMOUNT = re.compile(
    rf"(?:(?:cny|rmb|¥)\s*)?{_DIGITS}[0-9,.〇零一二两三四五六七八九十百千]*\s*(?:{_UNIT}"
    rf"\s*(?:-|~|–|—|至|到|to)\s*{_DIGITS}[0-9,.〇零一二两三四五六七八九十百千]*\s*)?{_UNIT}"
)
_CURRENCY = re.compile(r"eur|usd|gbp|jpy|hkd|[€$£]|欧元|美元|英镑|日元|港[元币]|美金")
_SAYS_UNIT = re.compile(r"万|亿|元|块|w|k|million|thousand|yuan|rmb|cny|¥")
_DAY = re.compile(r"\d{4}\s*[年./-]\s*\d{1,2}(?:\s*[月./-]\s*\d{1,2}\s*日?|\s*月)?")
_YEAR_END = re.compile(r"(\d{4})\s*年?\s*(?:年底|年末|底|末)")
_NAMED = re.compile(
    r"(?:\d{1,2}(?:st|nd|rd|th)?\s+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
    r"\s+(?:\d{1,2},?\s+)?\d{4}"
)
_QUARTER = re.compile(
    r"(?:q([1-4])\s*(\d{4}))|(?:(\d{4})\s*年?\s*(?:q|第?)([1-4一二三四])季?度?末?)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a text states: the box it belongs in, what to write there, and the words themselves."""

    name: str
    value: str
    words: str


def stated_in_text(clarity: "ClarityReport", empty: Iterable[str]) -> dict[str, Stated]:
    """What the text says of boxes that are empty, by aspect of the check.

    Parameters
    ----------
    empty
        Names of the boxes in which nothing stands.
    """
    empty = set(empty)
    found: dict[str, Stated] = {}
    for finding in clarity.findings:
        name, read = _READERS.get(finding.aspect, ("", _nothing))
        if name not in empty or finding.state != "present":
            continue
        for span in finding.spans:
            if value := read(unicodedata.normalize("NFKC", span.text).lower()):
                found[finding.aspect] = Stated(name=name, value=value, words=span.text)
                break
    return found


def amount_in(words: str) -> Decimal | None:
    """The highest amount in yuan that words speak of; ``None`` where none is sure.

    Examples
    --------
    >>> amount_in("预算：约 100~200 万元"), amount_in("经费不超过三百万"), amount_in("50k eur")
    (Decimal('2000000'), Decimal('3000000'), None)
    """
    if _CURRENCY.search(words):
        return None
    amounts = [
        amount
        for match in _AMOUNT.finditer(words)
        if _SAYS_UNIT.search(match.group()) and (amount := _amount(match.group())) is not None
    ]
    return max(amounts, default=None)


def _amount(text: str) -> Decimal | None:
    plain = re.sub(r"[~–—至到]|to", "-", re.sub(r"(?<=\d)\s*w\b", "万", text.strip()))
    plain = plain.replace("人民币", "元").replace("块", "元").replace("¥", "")
    plain = re.sub(r"^(cny|rmb)\s*|\s*(yuan|rmb|cny)$", "", plain)
    try:
        inexact = parse_inexact(plain)
        amount = inexact.upper if inexact is not None else parse_amount_cny(plain)
    except ValueRefused:
        return None
    if amount is None or amount <= 0:
        return None
    return Decimal(amount).quantize(Decimal(1)) if amount == int(amount) else Decimal(amount)


def day_in(words: str) -> date | None:
    """The last day that words leave; ``None`` where they name none (within 12 months).

    Examples
    --------
    >>> day_in("2027年6月底前完成"), day_in("by june 2027"), day_in("within 12 months")
    (datetime.date(2027, 6, 30), datetime.date(2027, 6, 30), None)
    """
    folded = fold_numerals(words)
    if quarter := _QUARTER.search(folded):
        number = quarter[1] or quarter[4]
        month = 3 * ("一二三四".find(number) + 1 or int(number))
        return parse_last_date(f"{quarter[2] or quarter[3]}年{month}月")
    if end := _YEAR_END.search(folded):
        return date(int(end[1]), 12, 31)
    for pattern in (_DAY, _NAMED):
        if found := pattern.search(folded):
            try:
                return parse_last_date(found.group())
            except ValueRefused:
                return None
    return None


def _budget(words: str) -> str:
    amount = amount_in(words)
    return f"{(amount / _WAN).normalize():f}" if amount is not None else ""


def _deadline(words: str) -> str:
    day = day_in(words)
    return day.isoformat() if day is not None else ""


def _nothing(_: str) -> str:
    return ""


_READERS: dict[str, tuple[str, Callable[[str], str]]] = {
    "budget": ("budget_cny", _budget),
    "deadline": ("deadline", _deadline),
}
