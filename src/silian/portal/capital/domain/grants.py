"""What was paid before, for policies that pay the difference."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from django.db.models import Q, QuerySet, Sum

from silian.portal.capital.models import Grant
from silian.portal.industry.domain.facts_known import end_of, known_day, newest_states


def paid_earlier_cny(
    organisation_id: str, *, year: int, as_of: date, known_on: date | Literal["ask"] | None = "ask"
) -> Mapping[str, float]:
    """Yuan by policy that an organisation was paid for earlier years, known on a day.

    Parameters
    ----------
    organisation_id
        Public id.
    year
        Year of the facts that are judged now: its own payments are not earlier ones.
    known_on
        ``known_day(as_of)``, where the facts were read by it already; asked for by default.

    Returns
    -------
    Mapping
        Policy id to the sum of its payments.
    """
    day = known_day(as_of) if known_on == "ask" else known_on
    earlier = _earlier(year, as_of, day).filter(organisation__public_id=organisation_id)
    sums = earlier.values_list("policy_id").annotate(Sum("amount_cny")).order_by("policy_id")
    return {policy_id: float(total) for policy_id, total in sums}


def paid_earlier_by_organisation(*, year: int, as_of: date) -> Mapping[str, Mapping[str, float]]:
    """The same for every organisation that was paid anything, by its public id."""
    earlier = _earlier(year, as_of, known_day(as_of))
    found: dict[str, dict[str, float]] = {}
    rows = earlier.values_list("organisation__public_id", "policy_id").annotate(Sum("amount_cny"))
    for organisation_id, policy_id, total in rows.order_by("organisation__public_id", "policy_id"):
        found.setdefault(organisation_id, {})[policy_id] = float(total)
    return found


def _earlier(year: int, as_of: date, day: date | None) -> "QuerySet[Any]":
    """Payments for earlier years by a day; of a past day those that were recorded by then."""
    told: QuerySet[Any] = (
        Grant.objects.all() if day is None else newest_states(Grant.history.all(), end_of(day))
    )
    return told.filter(Q(paid_on__isnull=True) | Q(paid_on__lte=as_of), year__lt=year)
