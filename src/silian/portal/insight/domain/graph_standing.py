"""Who bridges the region, and which organisations and people form groups: of the whole network.

Learned from the public part of every snapshot and kept beside it, so that no count or share tells
of a hidden record, and asking costs nothing.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from django.utils import timezone

from silian.identifiers import kind_of
from silian.portal.accounts.domain.access import ANONYMOUS_VIEWER, Viewer
from silian.portal.insight.domain.graph_files import current_stamp, read_beside, write_beside
from silian.portal.insight.domain.graph_rights import visible_ids
from silian.portal.insight.domain.graph_scope import graph_for
from silian.portal.insight.domain.graph_store import GraphNotBuilt
from silian.portal.insight.domain.graph_values import GraphQuestionRefused, Thing, thing_of

if TYPE_CHECKING:
    from silian.engines.graph import Communities, EdgeFilter, Graph, NodeScores

#: The network of who works where and with whom; works stand behind `partner`.
NETWORK_TYPES = frozenset({"works_at", "partner", "supplies"})
NETWORK_KINDS = ("organisation", "person")
_BESIDE = "standing"
_MOST_BRIDGES, _MOST_GROUPS, _MOST_CENTRAL = 200, 200, 10
_LEAST_GROUP = 3
# Shortest connections are counted from every thing up to so many; from fewer the larger it is.
_EXACT_THINGS = 3_000
_SEARCHED_CELLS = 4_000_000
_LEAST_STARTS, _MOST_STARTS = 16, 512
_MOST_BRIDGED = 300_000

_lock = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionBridge:
    """An organisation or a person that others are connected through.

    Attributes
    ----------
    share
        Share of all shortest connections in the network that lead through it; ``None`` where the
        network is too large to follow them.
    rank
        Place among its kind by how often a walk along the ties comes by (PageRank), 1 the first.
    groups
        Numbers of the communities that it is tied to.
    """

    thing: Thing
    share: float | None
    rank: int
    groups: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionCommunity:
    """Organisations and people tied more among themselves than with the rest.

    Attributes
    ----------
    number
        0 the largest.
    central
        Its members with most ties inside, as far as they may be seen.
    inward_share
        Share of its members' ties that stay inside.
    """

    number: int
    size: int
    by_kind: Mapping[str, int]
    central: tuple[Thing, ...]
    inward_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the public network of a snapshot looks like as a whole.

    Attributes
    ----------
    learned_at
        What changed since is not in it.
    n_things
        Organisations and people that are tied at all.
    n_starts
        From how many of them shortest connections were followed, drawn at random: from all where
        that is ``n_things``, from none (0) where the network is too large.
    """

    learned_at: datetime
    n_things: int
    n_starts: int
    bridges: tuple[RegionBridge, ...] = ()
    communities: tuple[RegionCommunity, ...] = ()


def standing_of_region(viewer: Viewer, *, kind: str = "", most: int = 20) -> Standing:
    """Who bridges the region, and its communities, as far as the viewer may see them.

    Parameters
    ----------
    kind
        Only bridges of this kind, ``organisation`` or ``person``.
    most
        So many bridges and so many communities at most.

    Raises
    ------
    GraphNotBuilt
        If there is no graph.
    GraphQuestionRefused
        If the kind is another one.
    """
    if kind and kind not in NETWORK_KINDS:
        raise GraphQuestionRefused(
            f"kind is {kind!r}; expected one of {', '.join(NETWORK_KINDS)}, or none for both.",
            message_zh=f"类型为“{kind}”，应为 {'、'.join(NETWORK_KINDS)} 之一，或留空。",
        )
    raw, graph = _kept(), graph_for(viewer)
    # Some may be hidden by now, so more are looked at than are told.
    candidates = [one for one in raw["bridges"] if kind in ("", kind_of(one["id"]))][: 3 * most]
    groups = raw["communities"][:most]
    named = {one["id"] for one in candidates}
    named |= {one for group in groups for one in group["central"]}
    seen = visible_ids(viewer, named)
    things = {one: thing_of(graph.node(one)) for one in named & seen if one in graph.nodes}
    bridges = [
        RegionBridge(
            thing=things[one["id"]],
            share=one["share"],
            rank=one["rank"],
            groups=tuple(one["groups"]),
        )
        for one in candidates
        if one["id"] in things
    ]
    communities = [
        RegionCommunity(
            number=group["number"],
            size=group["size"],
            by_kind=group["by_kind"],
            central=tuple(things[one] for one in group["central"] if one in things),
            inward_share=group["inward_share"],
        )
        for group in groups
    ]
    return Standing(
        learned_at=datetime.fromisoformat(raw["learned_at"]),
        n_things=raw["n_things"],
        n_starts=raw["n_starts"],
        bridges=tuple(bridges[:most]),
        communities=tuple(communities),
    )


def learn_standing(stamp: str) -> None:
    """Learn from a new snapshot's public part who bridges and what belongs together."""
    found = learned_of(graph_for(ANONYMOUS_VIEWER))
    write_beside(stamp, _BESIDE, json.dumps(found))


def _kept() -> dict[str, Any]:
    """What was learned of the current snapshot; learned now where that was cut short."""
    stamp = current_stamp()
    if not stamp:
        raise GraphNotBuilt
    with _lock:
        try:
            raw: dict[str, Any] = json.loads(read_beside(stamp, _BESIDE))
        except (FileNotFoundError, ValueError):
            learn_standing(stamp)
            raw = json.loads(read_beside(stamp, _BESIDE))
    return raw


def learned_of(graph: "Graph") -> dict[str, Any]:
    """What is kept of a graph's network, as JSON."""
    from silian.engines.graph import EdgeFilter, find_communities, pagerank

    chosen = EdgeFilter(
        types=NETWORK_TYPES & frozenset(graph.type_names),
        kinds=frozenset(NETWORK_KINDS) & frozenset(graph.nodes.kinds),
    )
    divided = find_communities(graph, chosen, most_central=_MOST_CENTRAL)
    n_things = int((divided.labels >= 0).sum())
    found: dict[str, Any] = {"learned_at": timezone.now().isoformat(), "n_things": n_things}
    if not n_things:
        return found | {"n_starts": 0, "bridges": [], "communities": []}
    n_starts = _n_starts(n_things)
    scores = _bridged(graph, chosen, n_starts, n_things)
    walked = pagerank(graph, chosen)
    return found | {
        "n_starts": n_starts,
        "bridges": _bridges(graph, chosen, divided, scores, walked),
        "communities": [
            {
                "number": group.number,
                "size": group.size,
                "by_kind": group.kinds,
                "central": [node.node_id for node in group.central],
                "inward_share": round(group.inward_share, 4),
            }
            for group in divided.groups[:_MOST_GROUPS]
            if group.size >= _LEAST_GROUP
        ],
    }


def _n_starts(n_things: int) -> int:
    if n_things <= _EXACT_THINGS:
        return n_things
    if n_things > _MOST_BRIDGED:
        return 0
    return max(_LEAST_STARTS, min(_MOST_STARTS, _SEARCHED_CELLS // n_things))


def _bridged(
    graph: "Graph", chosen: "EdgeFilter", n_starts: int, n_things: int
) -> "NodeScores | None":
    from silian.engines.graph import betweenness

    if not n_starts:
        return None
    return betweenness(graph, chosen, samples=None if n_starts == n_things else n_starts)


def _bridges(
    graph: "Graph",
    chosen: "EdgeFilter",
    divided: "Communities",
    scores: "NodeScores | None",
    walked: "NodeScores",
) -> list[dict[str, Any]]:
    """The strongest of each kind; by walks alone where shortest connections weren't followed."""
    matrix = graph.adjacency(chosen, weighted=False)
    found: list[dict[str, Any]] = []
    for kind in NETWORK_KINDS:
        if kind not in graph.nodes.kinds:
            continue
        places = graph.nodes.of_kind(kind)
        places = places[divided.labels[places] >= 0]
        order = places[np.argsort(-walked.values[places], kind="stable")]
        ranks = {place: number for number, place in enumerate(order.tolist(), 1)}
        if scores is not None:
            bridging = places[scores.values[places] > 0]
            order = bridging[np.argsort(-scores.values[bridging], kind="stable")]
        found += [
            {
                "id": graph.nodes.node(place).node_id,
                "share": None if scores is None else round(float(scores.values[place]), 6),
                "rank": ranks[place],
                "groups": _groups_at(matrix, divided, place),
            }
            for place in order[:_MOST_BRIDGES].tolist()
        ]
    return sorted(found, key=lambda one: (-(one["share"] or 0.0), one["rank"], one["id"]))


def _groups_at(matrix: Any, divided: "Communities", place: int) -> list[int]:
    """Communities of what a thing is tied to, its own among them."""
    others = matrix.indices[matrix.indptr[place] : matrix.indptr[place + 1]]
    numbers: Sequence[int] = np.unique(divided.labels[[place, *others.tolist()]]).tolist()
    return [one for one in numbers if one >= 0 and divided.groups[one].size >= _LEAST_GROUP]
