"""Which nodes of a chain are drawn, and in which order: so many of each layer, wholes with parts."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from silian.portal.insight.domain.chain_values import ChainView, NodeView

Layers = dict[int, list[NodeView]]


def weight_of(node: NodeView) -> int:
    """How much a node matters on a picture: who is known there, and who here waits for it."""
    return node.local_count + node.outside_count + node.waiting


def all_layers(view: ChainView) -> Layers:
    """Nodes by layer, what is furthest upstream first; within one those that matter most."""
    layers: Layers = defaultdict(list)
    for node in view.nodes:
        layers[node.layer or 0].append(node)
    for nodes in layers.values():
        nodes.sort(key=lambda one: (not one.is_root, -weight_of(one), one.node_id))
    return {layer: layers[layer] for layer in sorted(layers, reverse=True)}


def drawn_layers(view: ChainView, rows: int) -> Layers:
    """At most ``rows`` nodes of each layer, joined to what is drawn nearer to the end products.

    They stand in an order in which few links cross, parts below their wholes.
    """
    layers, neighbours = all_layers(view), _neighbours(view)
    kept: Layers = {}
    places: dict[str, float] = {}
    for layer in sorted(layers, key=abs):
        nodes = layers[layer]
        if layer != 0:
            nodes = [one for one in nodes if _joined(one, layer, neighbours, places)] or nodes
        nodes = nodes[:rows]
        ordered = _with_parts(_by_neighbours(nodes, neighbours, places), neighbours)
        kept[layer] = ordered
        places |= {one.node_id: float(place) for place, one in enumerate(ordered)}
    return {layer: kept[layer] for layer in sorted(kept, reverse=True)}


def whole_of(view: ChainView, shown: Collection[str]) -> dict[str, str]:
    """For every part that is shown, the whole under which it stands: one that is shown itself."""
    layers = {one.node_id: one.layer or 0 for one in view.nodes}
    found: dict[str, str] = {}
    for link in view.links:
        same = layers.get(link.source_id) == layers.get(link.target_id)
        both_shown = link.source_id in shown and link.target_id in shown
        if link.relation == "part_of" and same and both_shown:
            found.setdefault(link.source_id, link.target_id)
    return found


class _Neighbours:
    """What each node feeds or is fed by, and the wholes that it is part of."""

    def __init__(self, view: ChainView) -> None:
        self.linked: Mapping[str, list[str]] = defaultdict(list)
        self.wholes: Mapping[str, list[str]] = defaultdict(list)
        for link in view.links:
            if link.relation == "part_of":
                self.wholes[link.source_id].append(link.target_id)
            else:
                self.linked[link.source_id].append(link.target_id)
                self.linked[link.target_id].append(link.source_id)


def _neighbours(view: ChainView) -> _Neighbours:
    return _Neighbours(view)


def _joined(
    node: NodeView, layer: int, neighbours: _Neighbours, places: Mapping[str, float]
) -> bool:
    """Whether something nearer to the end products is drawn that it belongs to."""
    return any(one in places for one in neighbours.linked[node.node_id]) or any(
        whole in places or neighbours.linked[whole] for whole in neighbours.wholes[node.node_id]
    )


def _by_neighbours(
    nodes: Sequence[NodeView], neighbours: _Neighbours, places: Mapping[str, float]
) -> list[NodeView]:
    """Nodes by the mean place of their neighbours that are drawn already."""

    def place(node: NodeView) -> float:
        known = [places[one] for one in neighbours.linked[node.node_id] if one in places]
        return sum(known) / len(known) if known else float("inf")

    return sorted(nodes, key=lambda one: (place(one), -weight_of(one), one.node_id))


def _with_parts(nodes: Sequence[NodeView], neighbours: _Neighbours) -> list[NodeView]:
    """Each whole followed by its parts; what is a part of itself stands for itself."""
    here = {one.node_id: one for one in nodes}
    parts: dict[str, list[NodeView]] = defaultdict(list)
    tops: list[NodeView] = []
    for node in nodes:
        whole = next((one for one in neighbours.wholes[node.node_id] if one in here), "")
        if whole and whole != node.node_id:
            parts[whole].append(node)
        else:
            tops.append(node)
    ordered: dict[str, NodeView] = {}

    def put(node: NodeView) -> None:
        if node.node_id not in ordered:
            ordered[node.node_id] = node
            for part in parts[node.node_id]:
                put(part)

    for node in [*tops, *nodes]:  # a ring of parts has no top: its nodes come last
        put(node)
    return list(ordered.values())
