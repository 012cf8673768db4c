"""``{% t "中文" "English" %}``: both languages side by side in a template."""

from typing import Any

from django import template

from silian.portal.bilingual import choose

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
