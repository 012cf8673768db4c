"""Enterprises that have yearly facts, for those who advise them."""

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from silian.portal.accounts.domain.access import visible
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.models import Organisation

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer


def enterprises_with_facts(viewer: "Viewer", text: str = "") -> QuerySet[Organisation]:
    """Organisations of which any year is known to the viewer, by name.

    Parameters
    ----------
    text
        Part of the name, or the unified code.
    """
    years = visible(EnterpriseYear.objects.all(), viewer).filter(organisation_id=OuterRef("pk"))
    found = Organisation.objects.filter(Exists(years)).select_related("region")
    if text:
        found = found.filter(Q(name__icontains=text) | Q(unified_social_credit_code=text.upper()))
    # A question for each row that is shown: grouping would first join all years of the city.
    latest = years.order_by("-year").values("year")[:1]
    return found.annotate(latest_year=Subquery(latest)).order_by("name", "pk")
