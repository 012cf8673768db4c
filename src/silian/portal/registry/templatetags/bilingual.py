"""``{% t "中文" "English" %}``: both languages side by side in a template."""

from typing import Any

from django import template

from silian.portal.bilingual import choose
from silian.portal.bilingual import named as name_of

register = template.Library()


@register.simple_tag
def t(zh: str, en: str, **values: Any) -> str:
    """The text in the reader's language; ``{name}`` parts are filled from keyword arguments.

    Examples
    --------
    >>> from django.utils.translation import override
    >>> with override("en"):
    ...     t("共 {n} 条", "{n} results", n=3)
    '3 results'
    """
    text = choose(zh, en)
    return text.format(**values) if values else text


@register.filter
def named(thing: Any) -> str:
    """Name of a place, a node or a register in the reader's language; '' for nothing."""
    return name_of(thing) if thing else ""
