"""The graph held against the records, edge by edge."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from silian.portal.insight.domain.graph_building import Progress, build_graph
from silian.portal.insight.domain.graph_projection import project_all
from silian.portal.insight.domain.graph_store import current_graph, graph_is_built

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphReport:
    """What the graph lacks, or holds that the records no longer say.

    A few ids or statements of each are given as examples.
    """

    node_count: int
    edge_count: int
    missing_nodes: int
    extra_nodes: int
    missing_edges: int
    extra_edges: int
    examples: tuple[str, ...]
    repaired: bool

    @property
    def consistent(self) -> bool:
        """Nothing is missing or too much."""
        return not (
            self.missing_nodes or self.extra_nodes or self.missing_edges or self.extra_edges
        )


_EXAMPLES = 5


def check_graph(*, repair: bool = False, progress: Progress | None = None) -> GraphReport | None:
    """Compare the graph with all records, and build it anew if asked and needed.

    Returns
    -------
    GraphReport or None
        ``None`` where no graph was ever built.
    """
    if not graph_is_built():
        return None
    nodes, edges, same_as = project_all(progress)
    canonical = dict(
        zip(same_as["node_id"].to_pylist(), same_as["canonical_id"].to_pylist(), strict=True)
    )
    said_nodes = {
        (node_id, kind, label)
        for node_id, kind, label in zip(*_columns(nodes, "node_id", "kind", "label"), strict=True)
        if node_id not in canonical
    }
    ids = {node_id for node_id, _, _ in said_nodes}
    said_edges = {
        edge
        for edge in _edges(edges, canonical)
        if edge[0] != edge[1] and edge[0] in ids and edge[1] in ids
    }
    held_nodes, held_edges = _held()
    missing, extra = said_edges - held_edges, held_edges - said_edges
    report = GraphReport(
        node_count=len(held_nodes),
        edge_count=len(held_edges),
        missing_nodes=len(said_nodes - held_nodes),
        extra_nodes=len(held_nodes - said_nodes),
        missing_edges=len(missing),
        extra_edges=len(extra),
        examples=tuple(
            " ".join(map(str, row[:3]))
            for row in [*sorted(missing, key=str), *sorted(extra, key=str)][:_EXAMPLES]
        ),
        repaired=False,
    )
    if repair and not report.consistent:
        build_graph()
        return GraphReport(
            **{name: getattr(report, name) for name in GraphReport.__slots__ if name != "repaired"},
            repaired=True,
        )
    return report


def _held() -> tuple[set[Any], set[Any]]:
    from silian.engines.graph import edge_table, node_table

    graph = current_graph()
    nodes = node_table(graph)
    held = set(zip(*_columns(nodes, "node_id", "kind", "label"), strict=True))
    return held, set(_edges(edge_table(graph), {}))


def _edges(table: "pa.Table", canonical: dict[str, str]) -> Any:
    columns = _columns(
        table, "source_id", "target_id", "edge_type", "weight", "start", "end", "evidence"
    )
    for source, target, *rest in zip(*columns, strict=True):
        yield (canonical.get(source, source), canonical.get(target, target), *rest)


def _columns(table: "pa.Table", *names: str) -> list[list[Any]]:
    return [table[name].to_pylist() for name in names]
