"""Tags that draw why a hit is where it is."""

from typing import Any

from django import template

from silian.portal.exchange.interfaces.reasons import (
    bars_of,
    checks_of,
    feature_label,
    level_bound,
    shares_of,
    told_words,
)

register = template.Library()
register.filter("bars", bars_of)
register.filter("shares", shares_of)
register.filter("checks", checks_of)
register.filter("feature_label", feature_label)
register.filter("level_bound", level_bound)
register.filter("told_words", told_words)

_WINDOW = 240


@register.filter
def level_width(level: float) -> float:
    """How far a level from 1 to 4 fills a gauge 300 wide.

    Examples
    --------
    >>> level_width(2.5)
    150.0
    """
    return round(100.0 * min(3.0, max(0.0, level - 1.0)), 1)


@register.filter
def passage(text: str, terms: Any) -> str:
    """The part of a text where its first matched words stand.

    Examples
    --------
    >>> passage("甲" * 500 + "永磁" + "乙" * 500, ["永磁"])[41:43]
    '永磁'
    """
    text = str(text)
    places = [place for term in terms or () if (place := text.lower().find(term.lower())) >= 0]
    start = max(0, min(places, default=0) - 40)
    if len(text) - start < _WINDOW:
        start = max(0, len(text) - _WINDOW) if start else 0
    end = start + _WINDOW
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
