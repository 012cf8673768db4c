"""From a need to an expert through people one knows: shortest ways over joint works and posts."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from silian.identifiers import kind_of
from silian.portal.accounts.domain.access import Viewer, is_own, require
from silian.portal.insight.domain.graph_paths import Way, paths_between
from silian.portal.insight.domain.graph_store import current_graph
from silian.portal.insight.domain.graph_values import (
    GraphNodeNotFound,
    GraphQuestionRefused,
    Narrowing,
)
from silian.portal.insight.domain.hidden_ties import hidden_pairs
from silian.portal.insight.domain.portrait_subjects import own_portrait_id
from silian.portal.registry.domain.identities import subject_of

#: People know each other by works that they have done together and by where they work; only
#: where that leads nowhere do the ties of organisations count.
_TIES = (
    ("works_at", "invents", "writes", "leads", "takes_part_in"),
    ("works_at", "invents", "writes", "leads", "takes_part_in", "owns", "partner", "contracted"),
)
_MET = ("person", "patent", "publication", "achievement", "project", "organisation")
_EXPERTS = 5
_WAYS_TRIED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertWay:
    """One of a need's best experts, and how one comes to know them.

    Attributes
    ----------
    way
        From the reader's own person (where the account is linked to one and the need is the
        reader's) or the need's organisation to the expert; ``None`` where no way is known.
    by_organisations
        Whether people alone do not lead there, but partners of organisations do.
    people
        Names of the people on the way, the expert last.
    same_house
        Whether the expert works at the organisation itself.
    """

    expert: Any
    rank: int
    level: float | None
    way: Way | None
    by_organisations: bool
    people: tuple[str, ...]
    same_house: bool


def need_paths(need: Any, viewer: Viewer, *, limit: int = _EXPERTS) -> tuple[ExpertWay, ...]:
    """The best experts for a need, each with the shortest way through people.

    Raises
    ------
    AccessDenied
        If the viewer may not read matches of the need.
    silian.portal.insight.domain.graph_store.GraphNotBuilt
        If there is no graph yet.
    """
    from silian.portal.exchange.domain.service import match_need, records_of

    require(viewer, "talent.read")
    require(viewer, "match.read", need)
    current_graph()  # without one nothing can be said, so nothing is matched either
    hits = match_need(need, viewer=viewer, kinds=["person"], limit=limit)["person"].hits
    records = records_of(hits, viewer)
    silent = hidden_pairs()
    starts = _starts(need, viewer)
    found = []
    for hit in hits:
        expert = records.get(hit.document.document_id)
        if expert is None:
            continue
        same_house = (
            need.organisation_id is not None and expert.organisation_id == need.organisation_id
        )
        way, loose = _first_way(starts, expert, viewer, silent)
        found.append(
            ExpertWay(
                expert=expert,
                rank=hit.rank,
                level=hit.level,
                way=way,
                by_organisations=loose,
                people=_people(way),
                same_house=same_house,
            )
        )
    return tuple(found)


def _starts(need: Any, viewer: Viewer) -> tuple[str, ...]:
    """Whose acquaintances count: the reader's own for an own need, then the organisation's."""
    starts = []
    if is_own(viewer, need):
        own = own_portrait_id(viewer)
        starts += [own] if own and kind_of(own) == "person" else []
    if need.organisation is not None:
        starts.append(need.organisation.public_id)
    return tuple(dict.fromkeys(starts))


def _first_way(
    starts: tuple[str, ...], expert: Any, viewer: Viewer, silent: set[frozenset[str]]
) -> tuple[Way | None, bool]:
    """The shortest way on which nobody hides a tie, and whether organisations had to help."""
    for loose, types in enumerate(_TIES):
        for start in starts:
            if start == expert.public_id:
                continue
            try:
                ways = paths_between(
                    viewer,
                    start,
                    expert.public_id,
                    most=_WAYS_TRIED,
                    narrowing=Narrowing(kinds=_MET, types=types),
                )
            except (GraphNodeNotFound, GraphQuestionRefused):
                continue
            way = next((one for one in ways if not _is_silent(one, silent)), None)
            if way is not None:
                return way, bool(loose)
    return None, False


def _is_silent(way: Way, silent: set[frozenset[str]]) -> bool:
    people = [thing.node_id for thing in _things(way) if thing.kind == "person"]
    subjects = subject_of(people)
    named = [subjects.get(one, one) for one in people]
    return any(frozenset(pair) in silent for pair in pairwise(named))


def _things(way: Way) -> list[Any]:
    return [way.steps[0].start, *(step.end for step in way.steps)] if way.steps else []


def _people(way: Way | None) -> tuple[str, ...]:
    if way is None:
        return ()
    return tuple(thing.label for thing in _things(way) if thing.kind == "person")
