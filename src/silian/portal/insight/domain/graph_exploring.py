"""What lies around a thing, and what some things have to do with each other."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from silian.portal.accounts.domain.access import Viewer
from silian.portal.insight.domain.graph_rights import visible_ids
from silian.portal.insight.domain.graph_scope import graph_for
from silian.portal.insight.domain.graph_values import (
    GraphNodeNotFound,
    Narrowing,
    Part,
    Thing,
    thing_of,
    ties_of,
)

if TYPE_CHECKING:
    from silian.engines.graph import Edge, Graph

EVERYTHING = Narrowing()
#: Nodes that one page shows at most: beyond, nobody reads the picture.
MOST_SHOWN = 300
_MORE_LISTED = 60
_MOST_EDGES = 2_000


def find_thing(viewer: Viewer, node_id: str) -> Thing:
    """Describe a thing by its id, or by the id of a record merged into it.

    Raises
    ------
    GraphNodeNotFound
        If there is none that the viewer may see.
    """
    graph = graph_for(viewer)
    if node_id not in graph.nodes or not visible_ids(viewer, [node_id]):
        raise GraphNodeNotFound(node_id)
    return thing_of(graph.node(node_id))


def around(
    viewer: Viewer,
    node_id: str,
    *,
    shown: Iterable[str] = (),
    narrowing: Narrowing = EVERYTHING,
    most: int = 14,
) -> Part:
    """A thing with its strongest neighbours, and how these are tied to what is shown already.

    Of every way of being tied the strongest come in turn, so that a firm's patents don't hide its
    people.

    Raises
    ------
    GraphNodeNotFound
        If there is none that the viewer may see.
    """
    thing = find_thing(viewer, node_id)
    graph = graph_for(viewer)
    present = [one for one in dict.fromkeys(shown) if one in graph.nodes][:MOST_SHOWN]
    ranked = _ranked_neighbours(graph, thing.node_id, narrowing)
    fresh = [one for one in ranked if one not in set(present)]
    chosen, left = fresh[:most], fresh[most:]
    part = among(viewer, [thing.node_id, *present, *chosen], narrowing=narrowing)
    labels = _things(graph, left[:_MORE_LISTED])
    kinds = Counter(graph.nodes.kinds[code] for code in _kind_codes(graph, left))
    return Part(
        things=part.things,
        ties=part.ties,
        more=_only_visible(viewer, labels),
        n_more=len(left),
        more_by_kind=dict(kinds.most_common()),
    )


def among(viewer: Viewer, node_ids: Sequence[str], *, narrowing: Narrowing = EVERYTHING) -> Part:
    """Some things and the ties among them; ids that are gone or hidden are passed over."""
    graph = graph_for(viewer)
    known = [graph.node(one).node_id for one in node_ids if one in graph.nodes]
    ids = list(dict.fromkeys(known))[:MOST_SHOWN]
    edges = _edges_among(graph, ids, narrowing)
    seen = visible_ids(viewer, [*ids, *(edge.evidence for edge in edges if edge.evidence)])
    things = tuple(thing_of(graph.node(one)) for one in ids if one in seen)
    kept = [
        edge
        for edge in edges
        if edge.source_id in seen
        and edge.target_id in seen
        and (not edge.evidence or edge.evidence in seen)
    ]
    return Part(things=things, ties=ties_of(graph, kept))


def _ranked_neighbours(graph: "Graph", node_id: str, narrowing: Narrowing) -> list[str]:
    """Ids of all neighbours, the strongest of every type and direction in turn."""
    import numpy as np

    centre = np.array([graph.nodes.position(node_id)])
    met = graph.incident(centre, "both", graph.compile_filter(narrowing.as_filter(graph)))
    if not len(met.others):
        return []
    ways = graph.types_of(met.edges).astype(np.int64) * 2 + met.forward
    keys, places = np.unique(
        met.others.astype(np.int64) * (2 * len(graph.type_names)) + ways, return_inverse=True
    )
    strength = np.bincount(places, weights=graph.weights_of(met.edges))
    others, way = np.divmod(keys, 2 * len(graph.type_names))
    order = np.lexsort((others, -strength, way))
    # Place within its own way of being tied: the first of each, then the second of each.
    first = np.r_[True, way[order][1:] != way[order][:-1]]
    start = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    turn = np.arange(len(order)) - start
    ranked = others[order][np.lexsort((-strength[order], turn))]
    return list(dict.fromkeys(graph.nodes.node_ids(ranked)))


def _edges_among(graph: "Graph", ids: Sequence[str], narrowing: Narrowing) -> list["Edge"]:
    import numpy as np

    positions = np.unique(graph.nodes.positions(ids))
    if not len(positions):
        return []
    plain = Narrowing(
        types=narrowing.types, since_year=narrowing.since_year, until_year=narrowing.until_year
    )
    met = graph.incident(positions, "out", graph.compile_filter(plain.as_filter(graph)))
    inside = np.isin(met.others, positions)
    return [graph.edge(number) for number in met.edges[inside].tolist()[:_MOST_EDGES]]


def _kind_codes(graph: "Graph", ids: Sequence[str]) -> Any:
    return graph.nodes.kind_codes[graph.nodes.positions(ids)] if ids else ()


def _things(graph: "Graph", ids: Iterable[str]) -> list[Thing]:
    return [thing_of(graph.node(one)) for one in ids]


def _only_visible(viewer: Viewer, things: Sequence[Thing]) -> tuple[Thing, ...]:
    seen = visible_ids(viewer, [thing.node_id for thing in things])
    return tuple(thing for thing in things if thing.node_id in seen)
