"""Experts who are known by the same works take one place among the matches of a need.

All authors of one paper fit a need alike, for the paper alone: one after the other they would fill
the page with one answer.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

from silian.engines.matching.values import Hit, SearchResult
from silian.portal.innovation.models import Contribution, Project

_GROUPED_KIND = "person"
# So many hits are asked for, for one that is shown: papers of six authors still fill the page.
_ASKED_FOR_ONE = 4
_MOST_ASKED = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches(SearchResult):
    """Hits of a need, of which some have others beneath them.

    Attributes
    ----------
    beneath
        By the document id of a hit, further hits in their order: people whose works on record are
        all works of this one, too. They keep their own rank and reasons.
    """

    beneath: Mapping[str, tuple[Hit, ...]] = field(default_factory=dict)

    @property
    def all_hits(self) -> tuple[Hit, ...]:
        """Each hit, followed by those beneath it."""
        return tuple(
            one
            for hit in self.hits
            for one in (hit, *self.beneath.get(hit.document.document_id, ()))
        )


def depth_for(limit: int, kinds: Sequence[str]) -> int:
    """How many hits to ask the engine for, so that ``limit`` of them are different answers."""
    return min(_MOST_ASKED, limit * _ASKED_FOR_ONE) if _GROUPED_KIND in kinds else limit


def together(result: SearchResult, limit: int) -> Matches:
    """The best ``limit`` hits, people with the works of a better one beneath it."""
    leads: list[Hit] = []
    beneath: dict[str, list[Hit]] = defaultdict(list)
    led_by = _leads(result.hits)
    for hit in result.hits:
        lead = led_by.get(hit.document.document_id)
        if lead is None:
            leads.append(hit)
        else:
            beneath[lead].append(hit)
    shown = tuple(leads[:limit])
    ids = [hit.document.document_id for hit in shown]
    values = {one.name: getattr(result, one.name) for one in fields(SearchResult)}
    return Matches(
        **(values | {"hits": shown}),
        beneath={one: tuple(beneath[one]) for one in ids if one in beneath},
    )


def _leads(hits: Sequence[Hit]) -> dict[str, str]:
    """Whom a person stands beneath: the best one with all of its works; ids of documents."""
    people = [hit.document.document_id for hit in hits if hit.document.kind == _GROUPED_KIND]
    works = _works_of(people) if len(people) > 1 else {}
    leads: list[str] = []
    led_by: dict[str, str] = {}
    for person in people:
        mine = works.get(person, set())
        lead = next((one for one in leads if mine and mine <= works[one]), None)
        if lead is not None:
            led_by[person] = lead
        elif mine:
            leads.append(person)
    return led_by


def _works_of(public_ids: Sequence[str]) -> dict[str, set[str]]:
    """Public ids of what people have taken part in or led; two queries."""
    works: dict[str, set[str]] = defaultdict(set)
    parts = Contribution.objects.filter(person__public_id__in=public_ids).order_by()
    led = Project.objects.filter(leader__public_id__in=public_ids).order_by()
    for person, work in [
        *parts.values_list("person__public_id", "subject_id"),
        *led.values_list("leader__public_id", "public_id"),
    ]:
        works[person].add(work)
    return works
