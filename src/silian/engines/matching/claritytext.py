"""How the clarity check reads a text: one spelling, numbers in words, places that stay right."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from silian.tables.values.numerals import plain_numerals, read_numeral

# Half-width forms of full-width characters, one for one; "，" and "；" stay, for they end clauses.
_FORMS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code) not in "，；"}
_FORMS |= {
    ord("　"): ord(" "),
    ord("\u00a0"): ord(" "),
    ord("\t"): ord(" "),
    ord("￥"): ord("¥"),
    ord("〜"): ord("~"),
}
_FORMS |= {ord("≧"): ord("≥"), ord("⩾"): ord("≥"), ord("≦"): ord("≤"), ord("⩽"): ord("≤")}
_FORMS |= {ord("µ"): ord("μ"), ord("İ"): ord("i"), 0: ord(" ")}
BLANK = "\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A recognised place: ``text == source[start:end]``, source is ``"title"`` or ``"text"``."""

    source: str
    start: int
    end: int
    text: str


def folded(text: str) -> str:
    """A text in lower case and half-width forms; every character keeps its place.

    Examples
    --------
    >>> folded("磁能积≧３０ ＭＧＯｅ，预算：￥８０万")
    '磁能积≥30 mgoe，预算:¥80万'
    """
    return text.translate(_FORMS).lower()


def blanked(text: str, patterns: Sequence[str]) -> str:
    """Cut phrases out without moving the rest, so that places still count from the start.

    Examples
    --------
    >>> blanked("年产值6亿元，预算80万元", [r"年产值\\d+亿元"])
    '\\x00\\x00\\x00\\x00\\x00\\x00，预算80万元'
    """
    for pattern in compiled(tuple(patterns)):
        text = pattern.sub(lambda found: BLANK * len(found[0]), text)
    return text


def matching_spans(
    looked_at: Mapping[str, str], patterns: Sequence[str]
) -> list[tuple[str, int, int]]:
    """Source, start and end of every match, in order; matches that overlap are one.

    A group named ``number`` has to be a number above zero, in digits or in words; a match where
    it is none does not count.
    """
    found: list[tuple[str, int, int]] = []
    for name, text in looked_at.items():
        places = sorted(
            match.span()
            for pattern in compiled(tuple(patterns))
            for match in pattern.finditer(text)
            if match.end() > match.start() and _counts(match)
        )
        found += [(name, start, end) for start, end in _joined(places)]
    return found


def is_positive_number(text: str) -> bool:
    """Whether a text is a number above zero.

    Examples
    --------
    >>> [is_positive_number(text) for text in ("1,200.5", "三百", "叁佰", "半", "0", "一种", "零")]
    [True, True, True, True, False, False, False]
    """
    plain = plain_numerals(text).replace(",", "")
    if plain == "半":
        return True
    try:
        number = Decimal(plain) if plain.isascii() else read_numeral(plain)
    except InvalidOperation:
        return False
    return number is not None and number > 0


@lru_cache(maxsize=256)
def compiled(patterns: tuple[str, ...]) -> "tuple[re.Pattern[str], ...]":
    """The patterns, compiled once; texts arrive in lower case, so patterns are written in it."""
    return tuple(re.compile(pattern) for pattern in patterns)


def _counts(match: "re.Match[str]") -> bool:
    number = match.groupdict().get("number")
    return number is None or is_positive_number(number)


def _joined(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in places:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
