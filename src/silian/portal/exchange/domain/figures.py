"""The city's figures for the home page, from public records only; each subject counts once."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, OuterRef, Subquery, Sum
from django.utils import timezone

from silian.portal.accounts.domain.access import ANONYMOUS_VIEWER, visible
from silian.portal.exchange.domain.folding import folding
from silian.portal.exchange.domain.list_kinds import LISTED_KINDS
from silian.portal.exchange.models import Match, Outcome
from silian.portal.industry.models import Need
from silian.portal.registry.interfaces.fields import field_parents
from silian.portal.registry.models import Region

_CACHE_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionFigure:
    """Needs and supplies of one district, with its outline where one is loaded."""

    adcode: str
    name: str
    name_en: str
    need_count: int
    supply_count: int
    boundary: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CityFigures:
    """What the home page tells of the city.

    ``signed_amount_cny`` sums the contracts of public needs; ``None`` while they are so few that
    the sum would tell of single ones.
    """

    kind_counts: Mapping[str, int]
    need_open_count: int
    need_met_count: int
    signed_count: int
    signed_amount_cny: Decimal | None
    regions: tuple[RegionFigure, ...]
    needs_by_field: Mapping[str, int]
    supplies_by_field: Mapping[str, int]

    @property
    def supply_count(self) -> int:
        """All that is offered."""
        return sum(count for kind, count in self.kind_counts.items() if kind != "need")


def city_figures() -> CityFigures:
    """Figures over public records, at most a minute old."""
    figures = cache.get("city-figures")
    if figures is None:
        figures = _count()
        cache.set("city-figures", figures, _CACHE_SECONDS)
    return figures


def _count() -> CityFigures:
    fold = folding()  # as the lists count, which the figures lead to
    rows = {
        kind: fold.one_a_subject(visible(spec.base(), ANONYMOUS_VIEWER), kind)
        for kind, spec in LISTED_KINDS.items()
    }
    needs_by_field, supplies_by_field = Counter[str](), Counter[str]()
    needs_by_region, supplies_by_region = Counter[str](), Counter[str]()
    for kind, spec in LISTED_KINDS.items():
        by_field = needs_by_field if kind == "need" else supplies_by_field
        by_region = needs_by_region if kind == "need" else supplies_by_region
        _tally(spec.filter_named("field"), rows[kind], by_field)
        _tally(spec.filter_named("region"), rows[kind], by_region)
    signed = Match.objects.filter(status=Match.Status.SIGNED, need__in=rows["need"])
    return CityFigures(
        kind_counts={kind: queryset.count() for kind, queryset in rows.items()},
        need_open_count=rows["need"]
        .filter(status=Need.Status.PUBLISHED)
        .exclude(deadline__lt=timezone.localdate())
        .count(),
        need_met_count=rows["need"].filter(status=Need.Status.CONTRACTED).count(),
        signed_count=signed.count(),
        signed_amount_cny=_signed_amount(signed),
        regions=_regions(needs_by_region, supplies_by_region),
        needs_by_field=_top_fields(needs_by_field),
        supplies_by_field=_top_fields(supplies_by_field),
    )


def _tally(narrowing: Any, rows: Any, counter: Counter[str]) -> None:
    if narrowing is not None:
        for value in narrowing.count(rows.order_by()):
            counter[value.value] += value.count


def _signed_amount(signed: Any) -> Decimal | None:
    parties = signed.aggregate(count=Count("need__owner", distinct=True))["count"]
    if min(parties, signed.count()) < settings.CONTRACTS_SUMMED_MIN:
        return None
    latest = Outcome.objects.filter(match=OuterRef("pk"), action=Outcome.Action.SIGNED)
    amount = Subquery(latest.order_by("-id").values("amount_cny")[:1])
    return (
        signed.annotate(amount_cny=amount).aggregate(total=Sum("amount_cny"))["total"] or Decimal()
    )


def _regions(needs: Counter[str], supplies: Counter[str]) -> tuple[RegionFigure, ...]:
    codes = set(needs) | set(supplies)
    districts = Region.objects.filter(level=Region.Level.DISTRICT)
    named = districts.filter(adcode__in=codes) | districts.filter(boundary__isnull=False)
    return tuple(
        RegionFigure(
            adcode=region.adcode,
            name=region.name,
            name_en=region.name_en or region.name,
            need_count=needs[region.adcode],
            supply_count=supplies[region.adcode],
            boundary=region.boundary,
        )
        for region in named.order_by("adcode")
    )


def _top_fields(counter: Counter[str]) -> dict[str, int]:
    return {code: n for code, n in sorted(counter.items()) if code not in field_parents()}
