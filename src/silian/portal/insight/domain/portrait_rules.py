"""What portraits count and how long tags hold: ``library/portrait.yaml``, typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from silian.library.loading import read_library_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class TagGroup:
    """One group of tags.

    Attributes
    ----------
    lasts_years
        How long a tag holds after its newest statement; ``None`` for ever.
    then
        ``shown`` (as expired) or ``dropped``.
    most
        How many a portrait shows.
    """

    key: str
    label_zh: str
    label_en: str
    lasts_years: int | None
    then: str
    most: int

    def expires_on(self, stated_on: date) -> date | None:
        """First day on which a statement no longer holds.

        Examples
        --------
        >>> tag_groups()["activity"].expires_on(date(2024, 2, 29))
        datetime.date(2025, 3, 1)
        """
        return None if self.lasts_years is None else years_after(stated_on, self.lasts_years)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitRules:
    """All choices; confidences lie between 0 and 1."""

    confidence_stated: float
    confidence_own_words: float
    works_for_half: float
    recent_years: int
    trend_years: int
    trend_ratio: float
    trend_at_least_works: int
    topics_shown: int
    partners_shown: int
    works_shown: int

    def confidence_of_works(self, n_works: int) -> float:
        """How sure a tag is that so many works carry.

        Examples
        --------
        >>> portrait_rules().confidence_of_works(3)
        0.75
        """
        return n_works / (n_works + self.works_for_half)


@cache
def tag_groups() -> Mapping[str, TagGroup]:
    """Groups of tags by key, in the order of a portrait."""
    return {row["key"]: TagGroup(**row) for row in _document()["groups"]}


@cache
def portrait_rules() -> PortraitRules:
    """The choices beside the groups."""
    document = _document()
    confidence, trend = document["confidence"], document["trend"]
    plain = ("recent_years", "topics_shown", "partners_shown", "works_shown")
    return PortraitRules(
        confidence_stated=confidence["stated"],
        confidence_own_words=confidence["own_words"],
        works_for_half=confidence["works_for_half"],
        trend_years=trend["years"],
        trend_ratio=trend["ratio"],
        trend_at_least_works=trend["at_least_works"],
        **{name: document[name] for name in plain},
    )


def years_after(day: date, years: int) -> date:
    """The same day so many years later (or earlier); the day after where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return date(day.year + years, 3, 1)


@cache
def _document() -> Mapping[str, Any]:
    found: Mapping[str, Any] = read_library_yaml("portrait.yaml")
    return found
