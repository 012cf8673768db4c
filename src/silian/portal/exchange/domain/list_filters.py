"""Filters of the lists: each narrows a queryset and counts what its values would leave."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Protocol

from django.db.models import Case, CharField, Count, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast
from django.utils import timezone

from silian.portal.bilingual import both, choose
from silian.portal.exchange.domain.asked_fields import is_field
from silian.portal.registry.domain.asked_regions import UnknownRegion, codes_of_asked
from silian.portal.registry.interfaces.fields import field_label, field_parents
from silian.portal.registry.models import Region

_REGION = both("地区", "Region")
_FIELD = both("技术领域", "Field")
_UNKNOWN = both("未填写", "Not stated")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterValue:
    """One value of a filter; ``parent`` nests it under another in the list of values."""

    value: str
    label: str
    count: int
    parent: str = ""

    def plus(self, count: int) -> "FilterValue":
        """The same value with more records."""
        return replace(self, count=self.count + count)


class Filter(Protocol):
    """What a list can be narrowed by."""

    name: str
    label: Any

    def knows(self, value: str) -> bool:
        """Whether a value can be asked for; of an open set, every one can."""

    def narrow(self, rows: QuerySet[Any], values: Sequence[str]) -> QuerySet[Any]:
        """Keep the records that have any of the values."""

    def count(self, rows: QuerySet[Any]) -> list[FilterValue]:
        """Values that occur, each with its number of records."""

    def ordered(
        self, values: Mapping[str, FilterValue], chosen: Sequence[str]
    ) -> tuple[FilterValue, ...]:
        """Values in the order in which they are offered."""


@dataclass(frozen=True, kw_only=True)
class ChoiceFilter:
    """A column with a closed set of values, or with few values as the registers write them.

    An ``open_ended`` one has labels for some values only.
    """

    name: str
    label: Any
    column: str
    labels: Mapping[str, Any] = field(default_factory=dict)
    open_ended: bool = False

    def knows(self, value: str) -> bool:
        return self.open_ended or not self.labels or value in self.labels

    def narrow(self, rows: QuerySet[Any], values: Sequence[str]) -> QuerySet[Any]:
        return rows.filter(**{f"{self.column}__in": values})

    def count(self, rows: QuerySet[Any]) -> list[FilterValue]:
        groups = rows.values_list(self.column).annotate(n=Count("pk"))
        return [
            FilterValue(value=value, label=str(self.labels.get(value, value)), count=n)
            for value, n in groups
            if value
        ]

    def ordered(
        self, values: Mapping[str, FilterValue], chosen: Sequence[str]
    ) -> tuple[FilterValue, ...]:
        known = {value: position for position, value in enumerate(self.labels)}
        return tuple(
            sorted(values.values(), key=lambda v: (known.get(v.value, len(known)), -v.count))
        )


@dataclass(frozen=True, kw_only=True)
class RegionFilter:
    """Where a record is; a city's code keeps all of its districts."""

    path: str
    name: str = "region"
    label: Any = _REGION

    def knows(self, value: str) -> bool:
        try:
            return bool(codes_of_asked([value]))
        except UnknownRegion:
            return False

    def narrow(self, rows: QuerySet[Any], values: Sequence[str]) -> QuerySet[Any]:
        condition = Q()
        for adcode in values:
            condition |= Q(**{f"{self.path}__adcode__startswith": region_prefix(adcode)})
        return rows.filter(condition)

    def count(self, rows: QuerySet[Any]) -> list[FilterValue]:
        return self.values_of(dict(rows.values_list(f"{self.path}_id").annotate(n=Count("pk"))))

    def values_of(self, counts: Mapping[int | None, int]) -> list[FilterValue]:
        """Values from how many records have each region, by its primary key."""
        regions = Region.objects.filter(pk__in=[pk for pk in counts if pk is not None])
        return [
            FilterValue(value=adcode, label=choose(name, name_en or name), count=counts[pk])
            for pk, adcode, name, name_en in regions.values_list("pk", "adcode", "name", "name_en")
            if adcode
        ]

    def ordered(
        self, values: Mapping[str, FilterValue], chosen: Sequence[str]
    ) -> tuple[FilterValue, ...]:
        # A city keeps its districts, so it counts them too: over all kinds of the list at once.
        rolled_up = (
            replace(value, count=sum(v.count for v in values.values() if _within(v, value)))
            for value in values.values()
        )
        return tuple(sorted(rolled_up, key=lambda v: (-v.count, v.value)))


def _within(inner: FilterValue, outer: FilterValue) -> bool:
    return inner.value.startswith(region_prefix(outer.value))


@dataclass(frozen=True, kw_only=True)
class FieldFilter:
    """Technical fields; a field keeps its sub-fields, which are offered once it is chosen."""

    name: str = "field"
    label: Any = _FIELD
    column: str = "field_codes"

    def knows(self, value: str) -> bool:
        return is_field(value)

    def narrow(self, rows: QuerySet[Any], values: Sequence[str]) -> QuerySet[Any]:
        condition = Q()
        for code in values:
            # As the column stores it: SQLite keeps what Django wrote, PostgreSQL plain text.
            condition |= Q(fields_as_text__contains=json.dumps(code)[:-1])
            condition |= Q(fields_as_text__contains=json.dumps(code, ensure_ascii=False)[:-1])
        return rows.annotate(fields_as_text=Cast(self.column, TextField())).filter(condition)

    def count(self, rows: QuerySet[Any]) -> list[FilterValue]:
        # Few distinct combinations of codes exist, so the grouping does the heavy part.
        groups = (
            rows.annotate(fields_as_text=Cast(self.column, TextField()))
            .values_list("fields_as_text")
            .annotate(n=Count("pk"))
        )
        return self.values_of(dict(groups))

    def values_of(self, counts: Mapping[str, int]) -> list[FilterValue]:
        """Values from how many records have each list of codes, as text."""
        counter: Counter[str] = Counter()
        for text, n in counts.items():
            codes = set(json.loads(text or "[]"))
            for code in codes | {field_parents().get(code, code) for code in codes}:
                counter[code] += n
        return [
            FilterValue(
                value=code,
                label=field_label(code),
                count=n,
                parent=field_parents().get(code, ""),
            )
            for code, n in counter.items()
        ]

    def ordered(
        self, values: Mapping[str, FilterValue], chosen: Sequence[str]
    ) -> tuple[FilterValue, ...]:
        parents = field_parents()
        opened = set(chosen) | {parents.get(code, "") for code in chosen}
        kept = [v for v in values.values() if not v.parent or v.parent in opened]
        return tuple(sorted(kept, key=lambda v: v.value))


@dataclass(frozen=True, kw_only=True)
class ListMemberFilter:
    """A JSON list column: a record has the value if the list holds it.

    ``names`` gives a value's Chinese and English; without it a value is its own label.
    """

    name: str
    label: Any
    column: str
    limit: int = 12
    names: Callable[[str], tuple[str, str]] | None = None

    def knows(self, value: str) -> bool:
        return True

    def narrow(self, rows: QuerySet[Any], values: Sequence[str]) -> QuerySet[Any]:
        condition = Q()
        for value in values:
            # As the column stores it: SQLite keeps what Django wrote, PostgreSQL plain text.
            condition |= Q(members_as_text__contains=json.dumps(value))
            condition |= Q(members_as_text__contains=json.dumps(value, ensure_ascii=False))
        return rows.annotate(members_as_text=Cast(self.column, TextField())).filter(condition)

    def count(self, rows: QuerySet[Any]) -> list[FilterValue]:
        groups = (
            rows.annotate(members_as_text=Cast(self.column, TextField()))
            .values_list("members_as_text")
            .annotate(n=Count("pk"))
        )
        counter: Counter[str] = Counter()
        for text, n in groups:
            for value in set(json.loads(text or "[]")):
                counter[value] += n
        return [
            FilterValue(value=value, label=self._label(value), count=n)
            for value, n in counter.items()
        ]

    def _label(self, value: str) -> str:
        return choose(*self.names(value)) if self.names else value

    def ordered(
        self, values: Mapping[str, FilterValue], chosen: Sequence[str]
    ) -> tuple[FilterValue, ...]:
        by_count = sorted(values.values(), key=lambda v: (-v.count, v.value))
        return tuple(v for i, v in enumerate(by_count) if i < self.limit or v.value in chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """From ``low`` (included) to ``high`` (excluded); ``None`` is no bound."""

    value: str
    label: Any
    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class BandFilter:
    """A number, offered in bands; records without it stand in a band of their own."""

    name: str
    label: Any
    column: str
    bands: tuple[Band, ...]
    unknown_label: Any = _UNKNOWN

    def knows(self, value: str) -> bool:
        return value == "unknown" or any(band.value == value for band in self.bands)

    def _condition(self, band: Band) -> Q:
        condition = Q(**{f"{self.column}__isnull": False})
        if band.low is not None:
            condition &= Q(**{f"{self.column}__gte": band.low})
        if band.high is not None:
            condition &= Q(**{f"{self.column}__lt": band.high})
        return condition

    def narrow(self, rows: QuerySet[Any], values: Sequence[str]) -> QuerySet[Any]:
        condition = Q()
        for band in self.bands:
            if band.value in values:
                condition |= self._condition(band)
        if "unknown" in values:
            condition |= Q(**{f"{self.column}__isnull": True})
        return rows.filter(condition)

    def count(self, rows: QuerySet[Any]) -> list[FilterValue]:
        cases = [When(self._condition(band), then=Value(band.value)) for band in self.bands]
        groups = (
            rows.annotate(band=Case(*cases, default=Value("unknown"), output_field=CharField()))
            .values_list("band")
            .annotate(n=Count("pk"))
        )
        labels = {band.value: band.label for band in self.bands} | {"unknown": self.unknown_label}
        return [FilterValue(value=v, label=str(labels[v]), count=n) for v, n in groups]

    def ordered(
        self, values: Mapping[str, FilterValue], chosen: Sequence[str]
    ) -> tuple[FilterValue, ...]:
        order = [band.value for band in self.bands] + ["unknown"]
        return tuple(values[value] for value in order if value in values)


@dataclass(frozen=True, kw_only=True)
class DeadlineFilter(BandFilter):
    """A last day, held against today: still to come, or past."""

    bands: tuple[Band, ...] = (
        Band(value="ahead", label=both("未到期", "Ahead")),
        Band(value="past", label=both("已过期限", "Past")),
    )

    def _condition(self, band: Band) -> Q:
        comparison = "gte" if band.value == "ahead" else "lt"
        return Q(**{f"{self.column}__{comparison}": timezone.localdate()})


def region_prefix(adcode: str) -> str:
    """Leading digits that all regions within this one share.

    Examples
    --------
    >>> region_prefix("330200"), region_prefix("330000"), region_prefix("330205")
    ('3302', '33', '330205')
    """
    return adcode[:2] if adcode.endswith("0000") else adcode.removesuffix("00")
