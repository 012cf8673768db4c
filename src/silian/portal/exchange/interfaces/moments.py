"""Moments as forms send them."""

from datetime import datetime

from django.utils import timezone
from django.utils.dateparse import parse_datetime

_FIRST_YEAR, _LAST_YEAR = 2000, 2100


def moment_of(text: str) -> datetime | None:
    """A moment from a ``datetime-local`` field, in the platform's time zone.

    ``None`` where it is no moment or its year is none in which anybody visits.
    """
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        return None
    return found if timezone.is_aware(found) else timezone.make_aware(found)
