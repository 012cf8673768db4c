"""Changes since a snapshot was built: laid over it when it is loaded, merged when it is rebuilt."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from silian.engines.graph.building import build_snapshot
from silian.engines.graph.edge_blocks import (
    OPEN_END,
    OPEN_START,
    Bools,
    EdgeBlock,
    day_number,
    offsets_of,
    order_by,
)
from silian.engines.graph.relations import relations_of
from silian.engines.graph.snapshot import Graph, load_snapshot
from silian.engines.graph.snapshot_errors import (
    DanglingEdge,
    DatesReversed,
    SnapshotUnreadable,
    UnknownEdge,
    WeightOutOfRange,
)
from silian.engines.graph.snapshot_values import Edge, Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What happened in the records since: applied in the order of the fields.

    Parameters
    ----------
    withdrawn_evidence
        Records whose edges are gone, usually because the record changed and gives new ones.
    withdrawn_edges
        Edges that are gone: all of the same ends and type, and of the same evidence where the
        edge names one.
    withdrawn_nodes
        Nodes that are gone with all their edges.
    nodes
        Nodes new or described anew.
    edges
        Edges new.
    """

    withdrawn_evidence: tuple[str, ...] = ()
    withdrawn_edges: tuple[Edge, ...] = ()
    withdrawn_nodes: tuple[str, ...] = ()
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()

    def applied_to(self, graph: Graph) -> Graph:
        """Give the graph with these changes; the one given stays as it is.

        Raises
        ------
        UnknownNode, UnknownEdge
            If something to withdraw is not there.
        DanglingEdge, WeightOutOfRange, DatesReversed
            If a new edge can't stand.
        """
        removed = self._removed(graph)
        standing = list(_laid_over(graph, removed))
        nodes = graph.nodes.with_changes((), self.withdrawn_nodes)
        nodes = nodes.with_changes(self.nodes, ())
        for edge in self.edges:
            _check(edge, nodes)
        types = [*graph.type_names]
        types += sorted({edge.edge_type for edge in self.edges} - set(types))
        base = graph.blocks[0]
        grown = replace(
            base,
            out_offsets=_padded(base.out_offsets, len(nodes)),
            in_offsets=_padded(base.in_offsets, len(nodes)),
        )
        added = _block([*standing, *self.edges], nodes, types)
        first = removed[: len(base)]
        return Graph(
            nodes=nodes,
            blocks=[grown, added] if len(added) else [grown],
            type_names=types,
            relations=relations_of(types, graph.relations.values()),
            removed=first if first.any() else None,
            dropped_edges=graph.dropped_edges,
            pending_changes=graph.pending_changes + 1,
        )

    def _removed(self, graph: Graph) -> Bools:
        """For every edge number whether it is gone after these changes."""
        removed: Bools = np.zeros(sum(len(block) for block in graph.blocks), np.bool_)
        if graph.removed is not None:
            removed[: len(graph.removed)] = graph.removed
        if self.withdrawn_evidence:
            first = 0
            gone = pa.array(self.withdrawn_evidence, pa.large_string())
            for block in graph.blocks:
                if block.evidence is not None:
                    hit = pc.is_in(block.evidence, gone).to_numpy(zero_copy_only=False)
                    removed[first : first + len(block)] |= hit
                first += len(block)
        for edge in self.withdrawn_edges:
            removed[_numbers_of(graph, edge)] = True
        if self.withdrawn_nodes:
            gone_nodes = graph.nodes.positions(self.withdrawn_nodes)
            removed[graph.incident(gone_nodes).edges] = True
        return removed


def with_other_ids(graph: Graph, nodes: Mapping[str, Node]) -> Graph:
    """Give a graph where some nodes go by another id and label; the former id finds nothing.

    For readers who may know a merged thing by one of its records only. The graph given stays as it
    is, and such a graph is for asking, not for rebuilding from.

    Raises
    ------
    UnknownNode
        If a former id is not there.
    """
    return Graph(
        nodes=graph.nodes.with_other_ids(nodes),
        blocks=graph.blocks,
        type_names=graph.type_names,
        relations=graph.relations.values(),
        removed=graph.removed,
        dropped_edges=graph.dropped_edges,
        pending_changes=graph.pending_changes,
    )


def record_changes(folder: str | PathLike[str], changes: Changes) -> Path:
    """Write changes beside a snapshot, after trying them on it.

    Give many changes at once: each file is applied at every loading.
    """
    place = Path(folder)
    changes.applied_to(load_snapshot(place))
    number = 1 + max((int(path.stem.split("-")[1]) for path in _files(place)), default=0)
    path = place / f"changes-{number:06d}.json"
    part = path.with_suffix(".part")
    part.write_text(json.dumps(asdict(changes), ensure_ascii=False, default=str), "utf-8")
    part.rename(path)
    return path


def read_changes(folder: Path) -> Iterator[Changes]:
    """Changes recorded beside a snapshot, oldest first.

    Raises
    ------
    SnapshotUnreadable
        If one is damaged.
    """
    for path in _files(folder):
        try:
            raw = json.loads(path.read_text("utf-8"))
            yield Changes(
                withdrawn_evidence=tuple(raw["withdrawn_evidence"]),
                withdrawn_edges=tuple(map(_edge, raw["withdrawn_edges"])),
                withdrawn_nodes=tuple(raw["withdrawn_nodes"]),
                nodes=tuple(Node(**one) for one in raw["nodes"]),
                edges=tuple(map(_edge, raw["edges"])),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SnapshotUnreadable(f"{path} can't be read ({error}); build anew.") from error


def rebuild_snapshot(folder: str | PathLike[str], destination: str | PathLike[str]) -> Path:
    """Merge a snapshot and its changes into a new one."""
    from silian.engines.graph.exports import edge_table, node_table

    graph = load_snapshot(folder)
    aliases = graph.nodes.alias_table()
    known = [one in graph.nodes for one in aliases["canonical_id"].to_pylist()]
    aliases = aliases.filter(pa.array(known, "bool"))
    # An alias must be a node to be merged: it comes back as a bare one for the build.
    merged = {
        "node_id": aliases["node_id"],
        "kind": pa.array(["merged"] * len(aliases), "string"),
        "label": pa.array([""] * len(aliases), "string"),
    }
    return build_snapshot(
        destination,
        nodes=pa.concat_tables([node_table(graph), pa.table(merged)]),
        edges=edge_table(graph),
        same_as=aliases,
        relations=graph.relations.values(),
    )


def _laid_over(graph: Graph, removed: Bools) -> Iterator[Edge]:
    """Edges of earlier changes that still stand."""
    base = len(graph.blocks[0])
    for number in range(base, len(removed)):
        if not removed[number]:
            yield graph.edge(number)


def _numbers_of(graph: Graph, edge: Edge) -> list[int]:
    met = graph.incident(np.array([graph.nodes.position(edge.source_id)]), "out")
    same_end = met.others == graph.nodes.position(edge.target_id)
    found = [
        number
        for number in met.edges[same_end].tolist()
        if (one := graph.edge(number)).edge_type == edge.edge_type
        and edge.evidence in ("", one.evidence)
    ]
    if not found:
        raise UnknownEdge(f"no such edge to withdraw: {edge}.")
    return found


def _check(edge: Edge, nodes: Any) -> None:
    for end in (edge.source_id, edge.target_id):
        if end not in nodes:
            raise DanglingEdge(f"{end!r} of {edge} is no node; add it among the nodes.")
    if nodes.position(edge.source_id) == nodes.position(edge.target_id):
        raise DanglingEdge(f"{edge} leads from a node to itself; leave it out.")
    if not (edge.weight > 0 and np.isfinite(edge.weight)):
        raise WeightOutOfRange(f"{edge} weighs {edge.weight}; give a finite weight above 0.")
    if edge.start is not None and edge.end is not None and edge.end < edge.start:
        raise DatesReversed(f"{edge} ends before it starts.")


def _block(edges: list[Edge], nodes: Any, types: list[str]) -> EdgeBlock:
    codes = {name: code for code, name in enumerate(types)}
    rows = sorted(
        (
            nodes.position(edge.source_id),
            codes[edge.edge_type],
            nodes.position(edge.target_id),
            day_number(edge.start, OPEN_START),
            day_number(edge.end, OPEN_END),
            edge.weight,
            edge.evidence,
        )
        for edge in edges
    )
    columns: list[Any] = [list(column) for column in zip(*rows, strict=True)] or [[]] * 7
    sources, targets = np.array(columns[0], np.int32), np.array(columns[2], np.int32)
    in_offsets, in_edges = order_by(targets, len(nodes))
    return EdgeBlock(
        sources=sources,
        targets=targets,
        types=np.array(columns[1], np.uint16),
        weights=np.array(columns[5], np.float64),
        starts=np.array(columns[3], np.int32),
        ends=np.array(columns[4], np.int32),
        out_offsets=offsets_of(sources, len(nodes)),
        in_offsets=in_offsets,
        in_edges=in_edges,
        evidence=_evidence(columns[6]),
    )


def _padded(offsets: Any, n_nodes: int) -> Any:
    missing = n_nodes + 1 - len(offsets)
    return offsets if not missing else np.concatenate([offsets, np.repeat(offsets[-1], missing)])


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("changes-*.json"))


def _edge(raw: dict[str, Any]) -> Edge:
    days = {key: date.fromisoformat(raw[key]) if raw[key] else None for key in ("start", "end")}
    return Edge(**(raw | days))


def _evidence(texts: Sequence[str]) -> pa.Array | None:
    """Evidence of a block; ``None`` where no edge has any."""
    return pa.array(texts, pa.large_string()) if any(texts) else None
