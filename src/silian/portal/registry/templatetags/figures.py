"""Filters that show figures, labels and gaps: the same words on every page."""

import math
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import template

from silian.portal.bilingual import choose
from silian.portal.exchange.domain.figures_in_words import in_words

register = template.Library()

_LEAST_PERCENT = 0.005
_GAUGE = 300.0  # width of a gauge's view box


@register.filter
def words(value: Any, unit: str = "") -> str:
    """A figure with its unit, a day, or a dash where nothing is known.

    Examples
    --------
    >>> words(12_345_678.0, "cny"), words(0.0523, "rate"), words(None, "cny")
    ('1,234.57 万元', '5.2%', '—')
    """
    if value is None or value == "":
        return "—"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return choose("、", ", ").join(words(one, unit) for one in value)
    if isinstance(value, float) and math.isinf(value):
        return "∞"
    if isinstance(value, Decimal):
        value = float(value)
    return in_words(value, unit or "", english=choose("zh", "en") == "en")


@register.filter
def in_wan(amount_cny: Decimal | None) -> str:
    """A yuan amount as forms write it: in units of 10,000 yuan, without grouping.

    Examples
    --------
    >>> in_wan(Decimal("12505000.00")), in_wan(Decimal(0))
    ('1250.5', '0')
    """
    return "" if amount_cny is None else f"{(amount_cny / 10_000).normalize():f}"


@register.filter
def label(thing: Any, prefix: str = "label") -> str:
    """Label of anything that has one in both languages: an object or a mapping.

    Examples
    --------
    >>> label({"label_zh": "营业收入", "label_en": "Revenue"})
    '营业收入'
    """
    if thing is None:
        return ""
    zh, en = (_part(thing, f"{prefix}_{language}") for language in ("zh", "en"))
    return choose(zh or en, en or zh)


def _part(thing: Any, name: str) -> str:
    value = thing.get(name, "") if isinstance(thing, Mapping) else getattr(thing, name, "")
    return str(value or "")


@register.filter
def percent(rate: Any) -> str:
    """A fraction as whole percent, or a dash.

    Examples
    --------
    >>> percent(0.734), percent(None), percent(0.004), percent(0.0), percent(0.998)
    ('73%', '—', '<1%', '0%', '>99%')
    """
    if rate is None:
        return "—"
    # Something is never told as nothing, nor nearly everything as all.
    if 0 < rate < _LEAST_PERCENT:
        return "<1%"
    return ">99%" if 1 - _LEAST_PERCENT < rate < 1 else f"{rate:.0%}"


@register.filter
def probability(value: Any) -> str:
    """A probability to two digits; at the ends what it is not: none and sure are never meant.

    Examples
    --------
    >>> probability(0.713), probability(0.002), probability(0.9999), probability(1.0)
    ('0.71', '<0.01', '>0.99', '1.00')
    """
    if value is None:
        return "—"
    if 0 < value < _LEAST_PERCENT:
        return "<0.01"
    return ">0.99" if 1 - _LEAST_PERCENT < value < 1 else f"{value:.2f}"


@register.filter
def gauge(share: Any) -> str:
    """How far a share from 0 to 1 fills a gauge 300 wide.

    Examples
    --------
    >>> gauge(0.5), gauge(None), gauge(3)
    ('150.0', '0.0', '300.0')
    """
    if share is None or math.isnan(share):
        return "0.0"
    return f"{_GAUGE * min(1.0, max(0.0, share)):.1f}"
