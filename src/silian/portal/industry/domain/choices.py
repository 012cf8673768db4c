"""What the platform's diagnosis calls near, strong or large: ``library/diagnosis.yaml``, typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from silian.library.loading import read_library_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeClass:
    """Enterprises below a revenue; ``None``: all that are left."""

    code: str
    label_zh: str
    label_en: str
    revenue_below_cny: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerGroup:
    """Who counts as a peer: as many leading characters of the industry code, the same size."""

    code: str
    label_zh: str
    label_en: str
    industry_characters: int
    size: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure that an enterprise is compared by with its peers.

    Attributes
    ----------
    expression
        Clause over the facts of the year.
    better
        ``more``, ``less``, or ``none`` where it depends.
    offers
        What a weakness can be turned into: ``need``, ``position``.
    """

    code: str
    part: str
    expression: str
    unit: str
    better: str
    label_zh: str
    label_en: str
    advice_zh: str
    advice_en: str
    offers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """All choices of the diagnosis; rates are fractions."""

    unmet_at_most: int
    unknown_at_most: int
    shortfall_at_most_rate: float
    shortfall_at_most_count: float
    strength_from_rate: float
    weakness_until_rate: float
    peers_at_least: int
    size_classes: tuple[SizeClass, ...]
    peer_groups: tuple[PeerGroup, ...]
    calendar_days: int
    urgent_days: int
    look_back_months: tuple[int, ...]
    matches_per_need: int
    needs_at_most: int
    close_match_level: float
    headline_systems: tuple[str, ...]
    measures: tuple[Measure, ...]


@cache
def choices() -> Choices:
    """The choices that are in the library.

    Examples
    --------
    >>> [one.code for one in choices().size_classes]
    ['micro', 'small', 'medium', 'large']
    """
    document: Mapping[str, Any] = read_library_yaml("diagnosis.yaml")
    plain = (
        "calendar_days",
        "urgent_days",
        "matches_per_need",
        "needs_at_most",
        "close_match_level",
    )
    return Choices(
        **document["near"],
        **document["position"],
        size_classes=tuple(SizeClass(**row) for row in document["size_classes"]),
        peer_groups=tuple(PeerGroup(**row) for row in document["peer_groups"]),
        look_back_months=tuple(document["look_back_months"]),
        headline_systems=tuple(document["headline_systems"]),
        measures=tuple(
            Measure(**{**row, "offers": tuple(row["offers"])}) for row in document["measures"]
        ),
        **{name: document[name] for name in plain},
    )


def size_class(revenue_cny: float | None) -> SizeClass | None:
    """Size of an enterprise by its revenue; ``None`` where that is unknown.

    Examples
    --------
    >>> size_class(5e6).code
    'small'
    """
    if revenue_cny is None:
        return None
    return next(
        one
        for one in choices().size_classes
        if one.revenue_below_cny is None or revenue_cny < one.revenue_below_cny
    )
