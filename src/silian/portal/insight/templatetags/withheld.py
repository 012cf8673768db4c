"""Counts of which some are withheld."""

from typing import Any

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.html import format_html

from silian.portal.insight.interfaces.withheld import MARK, legend

register = template.Library()


@register.filter
def counted(count: int | None) -> Any:
    """A count, or the mark with what it means."""
    if count is None:
        return format_html('<span class="withheld" title="{}">{}</span>', legend(), MARK)
    return intcomma(count)


@register.simple_tag
def withheld_legend() -> str:
    """What the mark means."""
    return legend()
