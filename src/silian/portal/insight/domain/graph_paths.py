"""How two things hang together, each step in words and with the record that says so."""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING

from silian.portal.accounts.domain.access import Viewer
from silian.portal.bilingual import choose
from silian.portal.insight.domain.graph_exploring import EVERYTHING, find_thing
from silian.portal.insight.domain.graph_rights import visible_ids
from silian.portal.insight.domain.graph_scope import graph_for
from silian.portal.insight.domain.graph_values import (
    GraphQuestionRefused,
    Narrowing,
    Thing,
    thing_of,
    until_of,
)

if TYPE_CHECKING:
    from silian.engines.graph import Components, Graph, Path, PathCosts

#: Both lie in one city, one policy or programme pays both: that is no connection.
_NO_WAY_THROUGH = frozenset({"region", "policy", "programme"})
#: Looser ties are longer steps: being near in the chain says less than working together.
_COSTS = {"in_chain_node": 1.6, "part_of": 1.6, "produces": 1.3, "matched": 1.3, "upstream_of": 1.2}
# Through such hubs (a university, a common product) everything is near everything.
_MOST_TIES = 3_000
_MOST_PATHS = 10
_MOST_SEARCHED = 60
_KEPT = 8

_lock = threading.Lock()
_parts: "OrderedDict[tuple[int, Narrowing], Components]" = OrderedDict()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a path.

    Attributes
    ----------
    words
        What the step means: "张三 任职于 甲公司".
    evidence
        Id of the record that says so; empty where no record of its own does.
    others
        How many more records say the same or like of the two.
    """

    start: Thing
    end: Thing
    edge_type: str
    verb: str
    words: str
    evidence: str
    since: date | None
    until: date | None
    others: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One path."""

    steps: tuple[Step, ...]
    cost: float

    @property
    def words(self) -> str:
        """All steps in words."""
        return choose("；", "; ").join(step.words for step in self.steps)


def paths_between(
    viewer: Viewer,
    start_id: str,
    end_id: str,
    *,
    most: int = 3,
    narrowing: Narrowing = EVERYTHING,
) -> tuple[Way, ...]:
    """The nearest paths between two things, leading through nothing that the viewer may not see.

    A path that takes another one's way with a detour is left out. Places and policies are no way
    through, nor is anything with thousands of ties.

    Raises
    ------
    GraphNodeNotFound
        If an end is not there or hidden.
    GraphQuestionRefused
        If both ends are one thing, or too many paths are asked for.
    """
    from silian.engines.graph import PathCosts

    start, end = find_thing(viewer, start_id), find_thing(viewer, end_id)
    if start.node_id == end.node_id:
        raise GraphQuestionRefused(
            "both ends are the same thing; choose two different ones.",
            message_zh="起点和终点是同一对象，请选择两个不同的对象。",
        )
    if not 1 <= most <= _MOST_PATHS:
        raise GraphQuestionRefused(
            f"most is {most}; ask for 1 to {_MOST_PATHS} paths.",
            message_zh=f"路径条数应为 1 至 {_MOST_PATHS}。",
        )
    graph = graph_for(viewer)
    kinds = narrowing.kinds or tuple(sorted(set(graph.nodes.kinds) - _NO_WAY_THROUGH))
    chosen = Narrowing(
        kinds=kinds,
        types=narrowing.types,
        since_year=narrowing.since_year,
        until_year=narrowing.until_year,
    )
    if not _may_meet(graph, start, end, chosen):
        return ()
    costs = PathCosts(
        by_type={name: cost for name, cost in _COSTS.items() if name in graph.type_names},
        by_strength=False,
        most_ties=_MOST_TIES,
    )
    found = _different_paths(graph, (start.node_id, end.node_id), most, costs, chosen)
    language = choose("zh", "en")
    ways = [
        Way(
            cost=path.cost,
            steps=tuple(
                Step(
                    start=thing_of(step.start),
                    end=thing_of(step.end),
                    edge_type=step.edge.edge_type,
                    verb=step.relation.reads(forward=step.forward, language=language),
                    words=step.reads(language),
                    evidence=step.edge.evidence,
                    since=step.edge.start,
                    until=until_of(step.edge),
                    others=step.others,
                )
                for step in path.steps
            ),
        )
        for path in found
    ]
    seen = visible_ids(viewer, [one for way in ways for one in _ids_of(way)])
    return tuple(way for way in ways if all(one in seen for one in _ids_of(way)))[:most]


def _different_paths(
    graph: "Graph", ends: tuple[str, str], most: int, costs: "PathCosts", chosen: Narrowing
) -> "list[Path]":
    """The cheapest paths but detours; more are searched for only where detours left too few."""
    from silian.engines.graph import paths_by_cost

    coming = islice(
        # A path that turns out to be a detour has another one beside it.
        paths_by_cost(
            graph, *ends, expected=max(most, 2), costs=costs, chosen=chosen.as_filter(graph)
        ),
        _MOST_SEARCHED,
    )
    every = list(islice(coming, most))
    while True:
        found = list(_without_detours(every))
        more = next(coming, None) if len(found) < most else None
        if more is None:
            return found
        every.append(more)


def _without_detours(paths: "Sequence[Path]") -> "Iterator[Path]":
    """Paths that lead through nothing but what another one needs as well are no other ways.

    From a person to the university over the own patent that it owns, say, where there is a post.
    """
    places = [
        frozenset(end.node_id for step in path.steps for end in (step.start, step.end))
        for path in paths
    ]
    for path, own in zip(paths, places, strict=True):
        if not any(other < own for other in places):
            yield path


def _may_meet(graph: "Graph", start: Thing, end: Thing, chosen: Narrowing) -> bool:
    """Whether the two are in one part of the graph: where not, no search need walk it all."""
    from silian.engines.graph import components

    if not {start.kind, end.kind} <= set(chosen.kinds):
        return True  # an end of another kind is allowed, and the parts don't know it
    key = (id(graph), chosen)
    with _lock:
        kept = _parts.get(key)
    if kept is None or kept.graph is not graph:
        kept = components(graph, chosen.as_filter(graph))
        with _lock:
            _parts[key] = kept
            while len(_parts) > _KEPT:
                _parts.popitem(last=False)
    return kept.of(start.node_id) == kept.of(end.node_id)


def _ids_of(way: Way) -> list[str]:
    return [
        one
        for step in way.steps
        for one in (step.start.node_id, step.end.node_id, step.evidence)
        if one
    ]
