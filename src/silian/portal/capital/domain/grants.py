"""What was paid before, for policies that pay the difference."""

from collections.abc import Mapping
from datetime import date

from django.db.models import Q, Sum

from silian.portal.capital.models import Grant


def paid_earlier_cny(organisation_id: str, *, year: int, as_of: date) -> Mapping[str, float]:
    """Yuan by policy that an organisation was paid for earlier years, known on a day.

    Parameters
    ----------
    organisation_id
        Public id.
    year
        Year of the facts that are judged now: its own payments are not earlier ones.

    Returns
    -------
    Mapping
        Policy id to the sum of its payments.
    """
    earlier = Grant.objects.filter(
        Q(paid_on__isnull=True) | Q(paid_on__lte=as_of),
        organisation__public_id=organisation_id,
        year__lt=year,
    )
    sums = earlier.values_list("policy_id").annotate(Sum("amount_cny")).order_by("policy_id")
    return {policy_id: float(total) for policy_id, total in sums}


def paid_earlier_by_organisation(*, year: int, as_of: date) -> Mapping[str, Mapping[str, float]]:
    """The same for every organisation that was paid anything, by its public id."""
    earlier = Grant.objects.filter(Q(paid_on__isnull=True) | Q(paid_on__lte=as_of), year__lt=year)
    found: dict[str, dict[str, float]] = {}
    rows = earlier.values_list("organisation__public_id", "policy_id").annotate(Sum("amount_cny"))
    for organisation_id, policy_id, total in rows.order_by("organisation__public_id", "policy_id"):
        found.setdefault(organisation_id, {})[policy_id] = float(total)
    return found
