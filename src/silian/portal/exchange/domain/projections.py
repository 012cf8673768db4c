"""Which columns of each record kind make its document: one table, no code per kind."""

from dataclasses import dataclass, field
from functools import cache

from django.db.models import Q
from django.utils.translation import override

from silian.portal.industry.models import Need
from silian.portal.innovation.models import (
    Achievement,
    Facility,
    Patent,
    Platform,
    Project,
    ServiceAgency,
)
from silian.portal.registry.models import Organisation, Person, Record

_PLACE = ("longitude_degrees", "latitude_degrees")
_REGION_PLACE = ("centre_longitude_degrees", "centre_latitude_degrees")


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """How the rows of one model become documents.

    Attributes
    ----------
    title, body, keywords
        Columns of text; ``keywords`` are columns that hold lists of terms.
    labels
        Columns with choices whose Chinese label is part of the text (中试线, 重点实验室).
    days
        Columns with the day its content dates from, the first known one counts; a record
        without any counts from its last change.
    until
        Column with the last day on which it can be had, beside ``valid_until``.
    readiness, price, served
        Columns, empty where the kind has none. A facility's price by the hour is no price in
        this sense: it can't be held against a budget for the whole.
    organisation, region
        Relations; an organisation is its own.
    findable
        Rows that can be found at all.
    """

    model: type[Record]
    title: str
    body: tuple[str, ...]
    keywords: tuple[str, ...] = ("keywords",)
    labels: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    until: str = ""
    readiness: str = ""
    price: str = ""
    served: str = ""
    organisation: str = "organisation"
    region: str = "region"
    findable: Q = field(default_factory=Q)
    has_fields: bool = True

    def columns(self) -> list[str]:
        """Every column that a document of this kind reads, joins included."""
        prefix = f"{self.organisation}__" if self.organisation else ""
        names = ["pk", "public_id", "audience", "valid_from", "valid_until", "updated_at"]
        names += ["owner__public_id", self.title, *self.body, *self.keywords, *self.labels]
        names += [*self.days, self.until, self.readiness, self.price, self.served]
        if self.has_fields:
            names.append("field_codes")
        if prefix:
            names += [f"{prefix}public_id", f"{prefix}name"]
        names += [f"{prefix}{column}" for column in _PLACE]
        for relation in self.regions():
            names += [f"{relation}__adcode", *(f"{relation}__{part}" for part in _REGION_PLACE)]
        return [*dict.fromkeys(name for name in names if name)]

    def regions(self) -> list[str]:
        """Relations to a region, the record's own first."""
        own = [self.region] if self.region else []
        return [*own, f"{self.organisation}__region"] if self.organisation else own


PROJECTIONS: dict[str, Projection] = {
    "achievement": Projection(
        model=Achievement,
        title="title",
        body=("summary", "advantages", "comparison", "intellectual_property"),
        days=("completed_on",),
        readiness="readiness_level",
        price="price_cny",
    ),
    "patent": Projection(
        model=Patent,
        title="title",
        body=("abstract", "assignee_text", "inventor_text"),
        keywords=("ipc_codes",),
        days=("grant_date", "application_date"),
        region="",
    ),
    "project": Projection(
        model=Project,
        title="title",
        body=("summary", "programme"),
        days=("ended_on", "started_on"),
        region="",
    ),
    "platform": Projection(
        model=Platform,
        title="name",
        body=("description", "level"),
        labels=("platform_kind",),
        days=("started_on",),
    ),
    "facility": Projection(
        model=Facility,
        title="name",
        body=("description", "model"),
        keywords=("techniques",),
        labels=("facility_kind",),
    ),
    "service_agency": Projection(
        model=ServiceAgency,
        title="name",
        body=("description", "qualification"),
        keywords=("keywords", "service_kinds"),
        served="served_enterprise_count",
    ),
    # An organisation that was only mentioned so far offers nothing yet.
    "organisation": Projection(
        model=Organisation,
        title="name",
        body=("description", "industry_name", "name_en"),
        keywords=("main_products", "keywords"),
        labels=("organisation_kind",),
        organisation="",
        findable=Q(registered=True),
        has_fields=False,
    ),
    "person": Projection(
        model=Person,
        title="name",
        body=("title", "biography", "name_en"),
        keywords=("expertise",),
        region="",
    ),
    # A need that is contracted or closed is not open to be met any more.
    "need": Projection(
        model=Need,
        title="title",
        body=("text", "target", "present_state"),
        labels=("need_kind",),
        days=("published_on",),
        until="deadline",
        readiness="readiness_target",
        price="budget_cny",
        findable=Q(status__in=(Need.Status.DRAFT, Need.Status.PUBLISHED)),
    ),
}
# In the order in which a need's page shows them.
SUPPLY_KINDS = (
    "achievement",
    "person",
    "facility",
    "service_agency",
    "platform",
    "organisation",
    "patent",
    "project",
)
FINDABLE_KINDS = (*SUPPLY_KINDS, "need")
# Publications are found through their authors: a paper itself can't be contracted, the people
# who wrote it can. Their titles and keywords are part of each author's document.
WORK_KINDS = ("achievement", "patent", "project", "publication")


@cache
def chinese_labels(kind: str, column: str) -> dict[str, str]:
    """Chinese label of each choice, whatever language is active now."""
    choices = PROJECTIONS[kind].model._meta.get_field(column).choices or ()
    with override("zh-hans"):
        return {str(value): str(label) for value, label in choices}
