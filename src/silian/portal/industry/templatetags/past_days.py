"""Of which day what is shown is known."""

from datetime import date

from django import template
from django.utils import timezone

from silian.portal.industry.domain import facts_known

register = template.Library()


@register.filter
def is_past(day: date | None) -> bool:
    """Whether a local day is over."""
    return day is not None and day < timezone.localdate()


@register.filter
def known_day(day: date) -> date | None:
    """The day at whose end facts are taken for a question; ``None``: as they are known now."""
    return facts_known.known_day(day)
