"""How many records of each kind a sample city has."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from silian.errors import EngineError


class UnknownCitySize(EngineError, LookupError):
    """A size that has no counts."""

    code = "unknown_city_size"


@dataclass(frozen=True, slots=True, kw_only=True)
class CitySize:
    """Counts by kind. Affiliations follow from the persons (about 1.2 each).

    ``graded_need_count`` needs, the first ones, have graded supply in ``relevance.csv``.
    """

    enterprise_count: int
    person_count: int
    achievement_count: int
    patent_count: int
    project_count: int
    publication_count: int
    platform_count: int
    facility_count: int
    need_count: int
    graded_need_count: int
    other_organisation_counts: Mapping[str, int]

    @property
    def supply_count(self) -> int:
        """Records that a need can be matched with, enterprises aside."""
        return (
            self.person_count
            + self.achievement_count
            + self.patent_count
            + self.project_count
            + self.platform_count
            + self.facility_count
            + self.other_organisation_counts["service_agency"]
        )


def scaled_size(factor: float) -> CitySize:
    """Counts of a city ``factor`` times as large as the small one.

    Universities, hospitals and the like grow with the square root: a larger city has larger
    ones rather than so many more.

    Examples
    --------
    >>> scaled_size(1).enterprise_count, scaled_size(1).supply_count
    (2000, 5000)
    """
    if not 0.05 <= factor <= 1000:
        raise UnknownCitySize(f"factor is {factor}; expected 0.05 to 1000 (1 is the small city).")
    root = math.sqrt(factor)

    def grown(count: int) -> int:
        return max(2, round(count * factor))

    def slowly(count: int) -> int:
        return max(2, round(count * root))

    return CitySize(
        enterprise_count=grown(2000),
        person_count=grown(1000),
        achievement_count=grown(1700),
        patent_count=grown(1300),
        project_count=grown(340),
        publication_count=grown(800),
        platform_count=grown(120),
        facility_count=grown(440),
        need_count=grown(700),
        graded_need_count=min(slowly(400), grown(700)),
        other_organisation_counts={
            "university": slowly(6),
            "research_institute": slowly(20),
            "hospital": slowly(6),
            "government": 12,
            "service_agency": grown(100),
            "financial": slowly(24),
            "other": slowly(16),
        },
    )


SIZE_FACTORS = {"small": 1.0, "medium": 10.0, "large": 25.0}


def city_size(size: str | CitySize) -> CitySize:
    """Counts of a size as people state it: a name, or a factor of the small city as text.

    Raises
    ------
    UnknownCitySize
        If it is none of small, medium, large, and no factor from 0.05 to 1000.

    Examples
    --------
    >>> city_size("0.1").enterprise_count
    200
    """
    if isinstance(size, CitySize):
        return size
    try:
        return scaled_size(SIZE_FACTORS[size] if size in SIZE_FACTORS else float(size))
    except ValueError:
        raise UnknownCitySize(
            f"size is {size!r}; expected {', '.join(SIZE_FACTORS)}, or a factor from 0.05 to 1000.",
            size=size,
        ) from None
