"""How two things hang together: the cheapest paths, and what each step means."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from silian.engines.graph.path_search import PathSearch
from silian.engines.graph.path_steps import PathSteps
from silian.engines.graph.path_values import PLAIN_COSTS, PathCosts, Way
from silian.engines.graph.relations import Relation
from silian.engines.graph.snapshot import Graph
from silian.engines.graph.snapshot_errors import LimitOutOfRange
from silian.engines.graph.snapshot_values import ALL_EDGES, Direction, Edge, EdgeFilter, Node


@dataclass(frozen=True, slots=True, kw_only=True)
class PathStep:
    """One step, in the order it is walked.

    Parameters
    ----------
    edge
        The cheapest edge between the two.
    forward
        Whether the step follows the edge, or goes against it.
    others
        How many more edges between the two would do.
    """

    start: Node
    end: Node
    edge: Edge
    forward: bool
    cost: float
    others: int
    relation: Relation

    def reads(self, language: str = "zh") -> str:
        """Say the step in words: "张三 任职于 甲公司"."""
        verb = self.relation.reads(forward=self.forward, language=language)
        return (
            f"{self.start.label or self.start.node_id} {verb} {self.end.label or self.end.node_id}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A way from one thing to another that meets nothing twice."""

    steps: tuple[PathStep, ...]
    cost: float

    def reads(self, language: str = "zh") -> str:
        """Say all steps in words."""
        return ("；" if language == "zh" else "; ").join(
            step.reads(language) for step in self.steps
        )


def shortest_path(
    graph: Graph,
    start_id: str,
    end_id: str,
    *,
    costs: PathCosts = PLAIN_COSTS,
    chosen: EdgeFilter = ALL_EDGES,
    direction: Direction = "both",
) -> Path | None:
    """Find the cheapest path, from both ends at once; ``None`` where there is none.

    Raises
    ------
    UnknownNode, UnknownEdgeType, UnknownNodeKind
        If an end, or what the filter or the costs name, is not in the graph.
    SubgraphTooLarge
        If half a million nodes were visited and no path was found.

    References
    ----------
    Pohl (1971), Bi-directional search. Machine Intelligence 6.
    """
    found = shortest_paths(
        graph, start_id, end_id, most=1, costs=costs, chosen=chosen, direction=direction
    )
    return found[0] if found else None


def shortest_paths(
    graph: Graph,
    start_id: str,
    end_id: str,
    *,
    most: int = 3,
    costs: PathCosts = PLAIN_COSTS,
    chosen: EdgeFilter = ALL_EDGES,
    direction: Direction = "both",
) -> tuple[Path, ...]:
    """Cheapest paths first; each meets another sequence of nodes, none meets a node twice.

    Raises
    ------
    LimitOutOfRange
        If ``most`` is not positive.

    References
    ----------
    Yen (1971), Finding the k shortest loopless paths in a network. Management Science 17; Lawler
    (1972), A procedure for computing the k best solutions. Management Science 18.
    """
    every = paths_by_cost(
        graph,
        start_id,
        end_id,
        expected=most,
        costs=costs,
        chosen=chosen,
        direction=direction,
    )
    return tuple(islice(every, most))


def paths_by_cost(
    graph: Graph,
    start_id: str,
    end_id: str,
    *,
    expected: int = 3,
    costs: PathCosts = PLAIN_COSTS,
    chosen: EdgeFilter = ALL_EDGES,
    direction: Direction = "both",
) -> Iterator[Path]:
    """Cheapest paths first, each searched for when it is asked for.

    Parameters
    ----------
    expected
        How many are going to be asked for at least, 1 or more: these are searched for together.

    Raises
    ------
    LimitOutOfRange
        If ``expected`` is not positive.
    """
    if expected < 1:
        raise LimitOutOfRange(f"{expected} paths are asked for; ask for 1 path or more.")
    start, end = graph.nodes.position(start_id), graph.nodes.position(end_id)
    ends = start, end
    steps = PathSteps(graph, costs, graph.compile_filter(chosen), direction, ends)
    ways = (
        [Way(0.0, (start,), ())]
        if start == end
        else PathSearch(steps, ends).cheapest_first(expected)
    )
    return (_described(graph, steps, way) for way in ways)


def _described(graph: Graph, ways: PathSteps, way: Way) -> Path:
    steps = []
    for place, number in enumerate(way.edges):
        start, end = way.nodes[place], way.nodes[place + 1]
        edge = graph.edge(number)
        others, _, _ = ways.of(start)
        steps.append(
            PathStep(
                start=graph.nodes.node(start),
                end=graph.nodes.node(end),
                edge=edge,
                forward=edge.source_id == graph.nodes.node_id(start),
                cost=ways.cost(start, number),
                others=int((others == end).sum()) - 1,
                relation=graph.relations[edge.edge_type],
            )
        )
    return Path(steps=tuple(steps), cost=sum(step.cost for step in steps))
