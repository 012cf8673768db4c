"""What lies around a thing: so many steps, under a filter, with a limit."""

from dataclasses import dataclass

import numpy as np

from silian.engines.graph.edge_blocks import Ints
from silian.engines.graph.snapshot import Graph
from silian.engines.graph.snapshot_errors import LimitOutOfRange
from silian.engines.graph.snapshot_values import ALL_EDGES, Direction, Edge, EdgeFilter, Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A node met, and how far away.

    Parameters
    ----------
    hops
        Steps from the centre; 0 for the centre itself.
    """

    node: Node
    hops: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhood:
    """The surroundings of a node.

    Parameters
    ----------
    neighbours
        The centre first, then nearest first, stronger bound first.
    edges
        Edges over which they were met, each once.
    truncated
        Whether there was more than the limits let through.
    """

    neighbours: tuple[Neighbour, ...]
    edges: tuple[Edge, ...]
    truncated: bool


def neighbourhood(
    graph: Graph,
    node_id: str,
    *,
    hops: int = 1,
    chosen: EdgeFilter = ALL_EDGES,
    direction: Direction = "both",
    limit: int = 200,
    per_node: int | None = None,
) -> Neighbourhood:
    """Walk outwards from a node, breadth first.

    Parameters
    ----------
    hops
        Steps, 1 or more.
    limit
        Most nodes in the answer, the centre among them.
    per_node
        Most new nodes that any one node leads to: the strongest bound are kept, so that one hub
        does not fill the answer.

    Raises
    ------
    UnknownNode, UnknownEdgeType, UnknownNodeKind
        If the centre, a type or a kind is not in the graph.
    LimitOutOfRange
        If a number is not positive.
    """
    for name, value in (("hops", hops), ("limit", limit), ("per_node", per_node)):
        if value is not None and value < 1:
            raise LimitOutOfRange(f"{name} is {value}; pass 1 or more.")
    compiled = graph.compile_filter(chosen)
    centre = graph.nodes.position(node_id)
    hops_of: dict[int, int] = {centre: 0}
    edges: dict[int, None] = {}
    frontier = np.array([centre])
    truncated = False
    for hop in range(1, hops + 1):
        met = graph.incident(frontier, direction, compiled)
        order = _strongest_first(graph, met.edges, met.owners)
        fresh: list[int] = []
        led: dict[int, int] = {}
        for owner, other, edge in zip(
            met.owners[order].tolist(),
            met.others[order].tolist(),
            met.edges[order].tolist(),
            strict=True,
        ):
            if other not in hops_of:
                full = len(hops_of) >= limit
                if full or (per_node is not None and led.get(owner, 0) >= per_node):
                    truncated = True
                    continue
                led[owner] = led.get(owner, 0) + 1
                hops_of[other] = hop
                fresh.append(other)
            edges[edge] = None
        frontier = np.array(fresh, np.int64)
        if not fresh:
            break
    return Neighbourhood(
        neighbours=tuple(
            Neighbour(node=graph.nodes.node(position), hops=hop)
            for position, hop in hops_of.items()
        ),
        edges=tuple(graph.edge(number) for number in edges),
        truncated=truncated,
    )


def nodes_within(
    graph: Graph,
    node_id: str,
    hops: int,
    *,
    chosen: EdgeFilter = ALL_EDGES,
    direction: Direction = "both",
) -> tuple[str, ...]:
    """Ids of everything within so many steps, the nearest first, the node itself aside.

    Without a limit: near a hub this may be most of the graph.
    """
    if hops < 1:
        raise LimitOutOfRange(f"hops is {hops}; pass 1 or more.")
    compiled = graph.compile_filter(chosen)
    frontier = np.array([graph.nodes.position(node_id)])
    seen = np.zeros(graph.n_nodes, np.bool_)
    seen[frontier] = True
    rings = []
    for _ in range(hops):
        others = graph.incident(frontier, direction, compiled).others
        frontier = np.unique(others[~seen[others]]).astype(np.int64)
        seen[frontier] = True
        rings.append(frontier)
        if not len(frontier):
            break
    return tuple(graph.nodes.node_ids(np.concatenate(rings)))


def _strongest_first(graph: Graph, edges: Ints, owners: Ints) -> Ints:
    """Nearest owner first, then heaviest edge, then edge number."""
    return np.lexsort((edges, -graph.weights_of(edges), owners))
