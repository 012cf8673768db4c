"""What was known of enterprises at the end of a past day, from the history of their records.

A row counts as it stood then: the newest state up to that day, deleted ones out. Days before
anything was known are answered from the first day on which something was.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Max, Min, QuerySet
from django.utils import timezone

from silian.portal.industry.domain.facts_values import ORGANISATION_COLUMNS
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.models import Organisation

# Of an organisation as it was: its facts, and who said so.
OWN_COLUMNS: Mapping[str, str] = {
    column.removeprefix("organisation__"): column for column in ORGANISATION_COLUMNS.values()
}


def known_day(as_of: date) -> date | None:
    """The day at whose end facts are taken for a question; ``None``: as they are known now.

    A day before anything was known is answered by the first one on which something was, so that
    the answer is the same from then on.
    """
    today = timezone.localdate()
    if as_of >= today:
        return None
    first: datetime | None = EnterpriseYear.history.aggregate(first=Min("history_date"))["first"]
    if first is None:
        return None
    day = max(as_of, timezone.localtime(first).date())
    return day if day < today else None


def end_of(day: date) -> datetime:
    """The first moment that no longer belongs to a local day."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def years_known(organisations: Iterable[int], moment: datetime) -> QuerySet[Any]:
    """Rows of these organisations' years as they stood before a moment."""
    kept = EnterpriseYear.history
    listed = list(organisations)
    ever = kept.filter(organisation_id__in=listed, history_date__lt=moment).values("id")
    # A row may have been another organisation's: the newest state says whose it was.
    found: QuerySet[Any] = newest_states(kept.filter(id__in=ever), moment)
    return found.filter(organisation_id__in=listed)


def organisations_known(
    organisations: Sequence[int], moment: datetime, *columns: str
) -> dict[int, dict[str, Any]]:
    """These organisations' own records as they stood before a moment, by primary key.

    Whatever stood nowhere then, but has a row of a year, is told by its id alone.
    """
    names = ("id", "public_id", "name", *OWN_COLUMNS, *columns)
    states = newest_states(Organisation.history.filter(id__in=organisations), moment).values(*names)
    found = {state["id"]: state for state in states}
    missing = [key for key in organisations if key not in found]
    for row in Organisation.objects.filter(pk__in=missing).values("id", "public_id", "name"):
        found[row["id"]] = dict.fromkeys(names) | row
    return found


def subjects_known(moment: datetime) -> list[int]:
    """Every organisation that had years up to a moment, ascending."""
    kept = EnterpriseYear.history.filter(history_date__lt=moment, organisation_id__isnull=False)
    return sorted(kept.order_by().values_list("organisation_id", flat=True).distinct())


def state_known(moment: datetime) -> tuple[int, ...]:
    """Tells two moments apart if anything of the history lies between them."""
    found: list[int] = []
    for model in (EnterpriseYear, Organisation):
        kept = model.history.filter(history_date__lt=moment).order_by()
        # The newest row's key would do, if rows came in the order of their moments.
        found += (kept.count(), kept.aggregate(last=Max("history_id"))["last"] or 0)
    return tuple(found)


def newest_states(states: QuerySet[Any], moment: datetime) -> QuerySet[Any]:
    """Of each record its newest state before a moment, unless it was deleted by then."""
    newest = (
        states.filter(history_date__lt=moment)
        .order_by()
        .values("id")
        .annotate(newest=Max("history_id"))
        .values("newest")
    )
    found: QuerySet[Any] = states.model._default_manager.filter(history_id__in=newest)
    return found.exclude(history_type="-").order_by()
