"""The latent structure of the city: who makes, knows, offers and needs what, before any text.

Everything that decides whether a supply meets a need is settled here, as small numbers; the
texts only express it, each in words of its own. That is what makes the relevance levels a ground
truth.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from silian.sample.vocabulary import Industry

RESEARCH_KINDS = ("university", "research_institute", "hospital")
KEY_PREFIX_BY_ORGANISATION_KIND = {
    "enterprise": "ENT",
    "university": "UNI",
    "research_institute": "INS",
    "hospital": "HOS",
    "government": "GOV",
    "service_agency": "AGO",
    "financial": "FIN",
    "other": "OTH",
}


class Competence(NamedTuple):
    """A technique applied to an object against a problem, within one industry."""

    thing: int
    problem: int
    technique: int


@dataclass(slots=True, kw_only=True)
class OrganisationFrame:
    """An organisation: trade, products, district and its names."""

    kind: str
    number: int
    industry: int
    products: tuple[int, ...]
    district: int
    staff_count: int

    @property
    def key(self) -> str:
        """Source key."""
        return f"{KEY_PREFIX_BY_ORGANISATION_KIND[self.kind]}-{self.number:06d}"


@dataclass(slots=True, kw_only=True)
class PersonFrame:
    """An expert: where, in which trade, and what they can do."""

    organisation: int
    industry: int
    competences: tuple[Competence, ...]


@dataclass(slots=True, kw_only=True)
class WorkFrame:
    """An achievement, patent, project or publication: one competence, shown once."""

    organisation: int
    persons: tuple[int, ...]
    industry: int
    competence: Competence
    quality: float
    readiness: int
    price_cny: int | None


@dataclass(slots=True, kw_only=True)
class FacilityFrame:
    """An instrument (``instrument`` >= 0) or a pilot line (``technique`` >= 0)."""

    organisation: int
    industry: int
    family: int
    thing: int
    instrument: int
    technique: int


@dataclass(slots=True, kw_only=True)
class AgencyFrame:
    """A service agency; an empty ``industries`` means that it serves every trade."""

    organisation: int
    kinds: tuple[str, ...]
    industries: tuple[int, ...]


@dataclass(slots=True, kw_only=True)
class PlatformFrame:
    """A platform and what its people can do."""

    organisation: int
    industry: int
    kind: str
    competences: tuple[Competence, ...]


@dataclass(slots=True, kw_only=True)
class NeedFrame:
    """A need. ``unmet`` needs have a problem that nobody in the city can solve."""

    organisation: int
    industry: int
    thing: int
    problem: int
    technique: int
    kind: str
    service: str
    target_quality: float
    readiness: int | None
    budget_cny: int | None
    clear: bool
    unmet: bool


@dataclass(slots=True, kw_only=True)
class Frame:
    """The whole latent structure; list positions are the numbers in the keys, from 0."""

    trades: tuple[Industry, ...]
    organisations: list[OrganisationFrame] = field(default_factory=list)
    persons: list[PersonFrame] = field(default_factory=list)
    achievements: list[WorkFrame] = field(default_factory=list)
    patents: list[WorkFrame] = field(default_factory=list)
    projects: list[WorkFrame] = field(default_factory=list)
    publications: list[WorkFrame] = field(default_factory=list)
    platforms: list[PlatformFrame] = field(default_factory=list)
    facilities: list[FacilityFrame] = field(default_factory=list)
    agencies: list[AgencyFrame] = field(default_factory=list)
    needs: list[NeedFrame] = field(default_factory=list)
    gaps: set[tuple[int, int, int]] = field(default_factory=set)
