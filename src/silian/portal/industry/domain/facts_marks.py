"""Which enterprises changed since a moment, as far as their facts go."""

import hashlib
from collections.abc import Iterable, Iterator
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

Mark = tuple[datetime, int, str]  # when, organisation, what


def marks_since(moment: datetime) -> list[Mark]:
    """Every change of a year's row or of an organisation with years, since a moment."""
    marks: list[Mark] = []
    changed = EnterpriseYear.objects.filter(updated_at__gte=moment)
    rows = list(changed.values_list("updated_at", "organisation_id", "pk"))
    marks += ((when, organisation, f"year {pk}") for when, organisation, pk in rows)
    marks += _left(rows)
    deleted = EnterpriseYear.history.filter(history_type="-", history_date__gte=moment)
    for when, organisation, key in deleted.values_list(
        "history_date", "organisation_id", "history_id"
    ):
        marks.append((when, organisation, f"deleted {key}"))
    organisations = Organisation.objects.filter(updated_at__gte=moment, years__isnull=False)
    for when, key in organisations.distinct().values_list("updated_at", "pk"):
        marks.append((when, key, "organisation"))
    return marks


def _left(rows: Iterable[tuple[datetime, int, int]]) -> Iterator[Mark]:
    """Organisations that a changed row belonged to before."""
    now = {pk: (when, organisation) for when, organisation, pk in rows}
    for portion in portions(now):
        kept = EnterpriseYear.history.filter(id__in=portion).values_list("id", "organisation_id")
        for pk, organisation in kept.distinct():
            when, present = now[pk]
            if organisation != present:
                yield when, organisation, f"left {pk}"


def digests(marks: Iterable[Mark], since: datetime) -> dict[int, str]:
    """One fingerprint for each organisation of its changes since a moment."""
    by_organisation: dict[int, list[str]] = {}
    for when, organisation, what in marks:
        if when >= since:
            by_organisation.setdefault(organisation, []).append(f"{when.isoformat()} {what}")
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
