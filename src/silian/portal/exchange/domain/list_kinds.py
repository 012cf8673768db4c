"""What the lists show of each kind: where its title, place and amount are, and its filters."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Model, QuerySet

from silian.library.service_kinds import service_kind_names
from silian.portal.bilingual import both
from silian.portal.exchange.domain.list_filters import (
    Band,
    BandFilter,
    ChoiceFilter,
    DeadlineFilter,
    FieldFilter,
    Filter,
    ListMemberFilter,
    RegionFilter,
)
from silian.portal.industry.models import Need
from silian.portal.innovation.models import (
    Achievement,
    Facility,
    Patent,
    Platform,
    Project,
    ServiceAgency,
)
from silian.portal.registry.interfaces.levels import LEGAL_STATUSES, LEVELS
from silian.portal.registry.models import Organisation, OrganisationKind, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedKind:
    """One kind of record in a list."""

    kind: str
    model: type[Model]
    title_path: str
    text_paths: tuple[str, ...]
    related: tuple[str, ...]
    filters: tuple[Filter, ...]
    amount_path: str = ""
    registered_only: bool = False

    def base(self) -> QuerySet[Any]:
        """All records of the kind that belong in a list."""
        rows = self.model._default_manager.all()
        # An organisation that is only mentioned somewhere offers nothing yet.
        return rows.filter(registered=True) if self.registered_only else rows

    @property
    def region_path(self) -> str:
        """Relation to the region in which a record of the kind is."""
        return next(one.path for one in self.filters if isinstance(one, RegionFilter))

    def filter_named(self, name: str) -> Filter | None:
        """The filter of that name, if the kind has it."""
        return next((narrowing for narrowing in self.filters if narrowing.name == name), None)


def _labels(choices: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {value: label for value, label in choices if value}


def _amount_bands() -> tuple[Band, ...]:
    edges = (
        ("to10", both("10 万元以下", "Under ¥100k"), None, 100_000),
        ("to50", both("10–50 万元", "¥100k–500k"), 100_000, 500_000),
        ("to100", both("50–100 万元", "¥500k–1m"), 500_000, 1_000_000),
        ("to500", both("100–500 万元", "¥1m–5m"), 1_000_000, 5_000_000),
        ("over500", both("500 万元以上", "¥5m and more"), 5_000_000, None),
    )
    return tuple(
        Band(
            value=value,
            label=label,
            low=None if low is None else Decimal(low),
            high=None if high is None else Decimal(high),
        )
        for value, label, low, high in edges
    )


_READINESS_BANDS = (
    Band(value="1-3", label=both("1–3 级 原理", "1–3 principle"), high=Decimal(4)),
    Band(value="4-6", label=both("4–6 级 样机", "4–6 prototype"), low=Decimal(4), high=Decimal(7)),
    Band(value="7-9", label=both("7–9 级 产品", "7–9 product"), low=Decimal(7)),
)
_HOURLY_BANDS = (
    Band(value="to100", label=both("100 元/时以下", "Under ¥100/h"), high=Decimal(100)),
    Band(
        value="to500",
        label=both("100–500 元/时", "¥100–500/h"),
        low=Decimal(100),
        high=Decimal(500),
    ),
    Band(value="over500", label=both("500 元/时以上", "¥500/h and more"), low=Decimal(500)),
)
_OWN_REGION = RegionFilter(path="region")
_REGION_OF_ORGANISATION = RegionFilter(path="organisation__region")
_FIELD = FieldFilter()
_PRICE = both("价格", "Price")
_KIND = both("类型", "Type")
_LEVEL = both("级别", "Level")
_WITH_REGION = ("organisation", "region")
_WITH_ORGANISATION = ("organisation", "organisation__region")

_KINDS = (
    ListedKind(
        kind="need",
        model=Need,
        title_path="title",
        text_paths=("title", "text", "target", "organisation__name"),
        related=_WITH_REGION,
        amount_path="budget_cny",
        filters=(
            ChoiceFilter(
                name="status",
                label=both("状态", "Status"),
                column="status",
                labels=_labels(Need.Status.choices),
            ),
            ChoiceFilter(
                name="type",
                label=_KIND,
                column="need_kind",
                labels=_labels(Need.NeedKind.choices),
            ),
            _OWN_REGION,
            _FIELD,
            BandFilter(
                name="price",
                label=both("预算", "Budget"),
                column="budget_cny",
                bands=_amount_bands(),
            ),
            DeadlineFilter(name="deadline", label=both("期限", "Deadline"), column="deadline"),
            BandFilter(
                name="readiness",
                label=both("期望成熟度", "Readiness wanted"),
                column="readiness_target",
                bands=_READINESS_BANDS,
            ),
        ),
    ),
    ListedKind(
        kind="achievement",
        model=Achievement,
        title_path="title",
        text_paths=("title", "summary", "organisation__name"),
        related=_WITH_REGION,
        amount_path="price_cny",
        filters=(
            _OWN_REGION,
            _FIELD,
            BandFilter(
                name="readiness",
                label=both("技术成熟度", "Readiness"),
                column="readiness_level",
                bands=_READINESS_BANDS,
            ),
            BandFilter(
                name="price",
                label=_PRICE,
                column="price_cny",
                bands=_amount_bands(),
                unknown_label=both("面议", "Negotiable"),
            ),
            ChoiceFilter(
                name="transfer",
                label=both("转化方式", "Transfer"),
                column="transfer_mode",
                labels=_labels(Achievement.TransferMode.choices),
            ),
        ),
    ),
    ListedKind(
        kind="person",
        model=Person,
        title_path="name",
        text_paths=("name", "name_en", "biography", "organisation__name"),
        related=_WITH_ORGANISATION,
        filters=(
            _REGION_OF_ORGANISATION,
            _FIELD,
            ListMemberFilter(name="expertise", label=both("专长", "Expertise"), column="expertise"),
        ),
    ),
    ListedKind(
        kind="facility",
        model=Facility,
        title_path="name",
        text_paths=("name", "model", "description", "organisation__name"),
        related=_WITH_REGION,
        amount_path="price_cny_per_hour",
        filters=(
            ChoiceFilter(
                name="type",
                label=_KIND,
                column="facility_kind",
                labels=_labels(Facility.FacilityKind.choices),
            ),
            _OWN_REGION,
            _FIELD,
            BandFilter(
                name="price",
                label=both("机时价格", "Price per hour"),
                column="price_cny_per_hour",
                bands=_HOURLY_BANDS,
            ),
        ),
    ),
    ListedKind(
        kind="service_agency",
        model=ServiceAgency,
        title_path="name",
        text_paths=("name", "description", "organisation__name"),
        related=_WITH_REGION,
        filters=(
            ListMemberFilter(
                name="service",
                label=both("服务类别", "Service"),
                column="service_kinds",
                names=service_kind_names,
            ),
            _OWN_REGION,
            _FIELD,
        ),
    ),
    ListedKind(
        kind="platform",
        model=Platform,
        title_path="name",
        text_paths=("name", "description", "organisation__name"),
        related=_WITH_REGION,
        filters=(
            ChoiceFilter(
                name="type",
                label=_KIND,
                column="platform_kind",
                labels=_labels(Platform.PlatformKind.choices),
            ),
            ChoiceFilter(
                name="level", label=_LEVEL, column="level", labels=LEVELS, open_ended=True
            ),
            _OWN_REGION,
            _FIELD,
        ),
    ),
    ListedKind(
        kind="organisation",
        model=Organisation,
        title_path="name",
        text_paths=("name", "name_en", "description", "industry_name"),
        related=("region",),
        amount_path="registered_capital_cny",
        registered_only=True,
        filters=(
            ChoiceFilter(
                name="type",
                label=_KIND,
                column="organisation_kind",
                labels=_labels(OrganisationKind.choices),
            ),
            _OWN_REGION,
        ),
    ),
    ListedKind(
        kind="patent",
        model=Patent,
        title_path="title",
        text_paths=("title", "abstract", "assignee_text", "publication_number"),
        related=_WITH_ORGANISATION,
        filters=(
            ChoiceFilter(
                name="type",
                label=_KIND,
                column="patent_kind",
                labels=_labels(Patent.PatentKind.choices),
            ),
            ChoiceFilter(
                name="legal",
                label=both("法律状态", "Legal status"),
                column="legal_status",
                labels=LEGAL_STATUSES,
                open_ended=True,
            ),
            _REGION_OF_ORGANISATION,
            _FIELD,
        ),
    ),
    ListedKind(
        kind="project",
        model=Project,
        title_path="title",
        text_paths=("title", "summary", "number", "organisation__name"),
        related=(*_WITH_ORGANISATION, "leader"),
        amount_path="funds_cny",
        filters=(
            ChoiceFilter(
                name="level", label=_LEVEL, column="level", labels=LEVELS, open_ended=True
            ),
            _REGION_OF_ORGANISATION,
            _FIELD,
            BandFilter(
                name="price",
                label=both("经费", "Funds"),
                column="funds_cny",
                bands=_amount_bands(),
            ),
        ),
    ),
)
LISTED_KINDS = {spec.kind: spec for spec in _KINDS}
