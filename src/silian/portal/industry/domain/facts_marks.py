"""Which enterprises changed since a moment, as far as their facts go."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.domain.resolution import portions
from silian.portal.registry.models import Organisation

# A change carries the moment it was made and is seen when its transaction ends: so much later at
# most. What lies within the margin is looked at again, by content, not by moment.
MARGIN = timedelta(minutes=2)

YEAR = "year"
Mark = tuple[datetime, int, str, int]  # when, organisation, what, key of the row


def marks_since(moment: datetime) -> list[Mark]:
    """Every change of a year's row or of an organisation with years, since a moment."""
    marks: list[Mark] = []
    changed = EnterpriseYear.objects.filter(updated_at__gte=moment)
    for when, organisation, key in changed.values_list("updated_at", "organisation_id", "pk"):
        marks.append((when, organisation, YEAR, key))
    deleted = EnterpriseYear.history.filter(history_type="-", history_date__gte=moment)
    for when, organisation, key in deleted.values_list(
        "history_date", "organisation_id", "history_id"
    ):
        marks.append((when, organisation, "deleted", key))
    organisations = Organisation.objects.filter(updated_at__gte=moment, years__isnull=False)
    for when, key in organisations.distinct().values_list("updated_at", "pk"):
        marks.append((when, key, "organisation", key))
    return marks


def former_organisations(rows: Iterable[int]) -> set[int]:
    """Organisations that some years' rows belong or belonged to, by the rows' history."""
    found: set[int] = set()
    for portion in portions(rows):
        kept = EnterpriseYear.history.filter(id__in=portion)
        found.update(kept.values_list("organisation_id", flat=True).distinct())
    return found - {None}


def digests(marks: Iterable[Mark], since: datetime) -> dict[int, str]:
    """One fingerprint for each organisation of its changes since a moment."""
    by_organisation: dict[int, list[str]] = {}
    for when, organisation, what, key in marks:
        if when >= since:
            told = f"{when.isoformat()} {what} {key}"
            by_organisation.setdefault(organisation, []).append(told)
    return {
        organisation: hashlib.blake2b("\n".join(sorted(found)).encode(), digest_size=8).hexdigest()
        for organisation, found in by_organisation.items()
    }


def pulse() -> tuple[Any, ...]:
    """Changes with every write of years or organisations, for the price of three index reads."""
    quote = connection.ops.quote_name
    tables = (
        (EnterpriseYear._meta.db_table, "updated_at"),
        (EnterpriseYear.history.model._meta.db_table, "history_id"),
        (Organisation._meta.db_table, "updated_at"),
    )
    parts = (f"(SELECT MAX({quote(column)}) FROM {quote(table)})" for table, column in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}")
        return tuple(str(value) for value in cursor.fetchone())


def row_count() -> int:
    """How many rows there are."""
    return EnterpriseYear.objects.count()


def subjects() -> list[int]:
    """Every organisation with years, ascending."""
    with_years = EnterpriseYear.objects.filter(~Q(organisation_id=None)).order_by("organisation_id")
    return list(with_years.values_list("organisation_id", flat=True).distinct())
