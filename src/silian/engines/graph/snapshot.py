"""The graph: an immutable snapshot mapped from disk, with changes since laid over it."""

from collections.abc import Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from silian.engines.graph.edge_blocks import (
    OPEN_END,
    OPEN_START,
    Bools,
    CompiledFilter,
    EdgeArrays,
    EdgeBlock,
    Incidence,
    Ints,
    day_number,
    day_of,
    spans,
)
from silian.engines.graph.node_tables import NodeTable
from silian.engines.graph.relations import Relation
from silian.engines.graph.snapshot_errors import UnknownEdgeType
from silian.engines.graph.snapshot_files import map_array, map_texts, read_manifest
from silian.engines.graph.snapshot_values import (
    ALL_EDGES,
    Direction,
    Edge,
    EdgeFilter,
    Node,
    SnapshotSummary,
)


class Graph:
    """Nodes and typed, weighted, dated edges; never changed, only replaced.

    Questions are functions beside it (:func:`neighbourhood`, :func:`shortest_path`, ...). Inside
    the engine, nodes are positions and edges numbers; what comes out carries ids.

    Parameters
    ----------
    nodes
        The nodes.
    blocks
        Edges: those of the snapshot, and those that changes added.
    type_names
        Edge types by code.
    relations
        Words for the types.
    removed
        For every edge of the first block whether it was withdrawn; ``None`` where none was.
    """

    def __init__(
        self,
        *,
        nodes: NodeTable,
        blocks: Sequence[EdgeBlock],
        type_names: Sequence[str],
        relations: Iterable[Relation],
        removed: Bools | None = None,
        dropped_edges: int = 0,
        pending_changes: int = 0,
    ) -> None:
        self.nodes = nodes
        self.blocks = tuple(blocks)
        self.type_names = tuple(type_names)
        self.relations = {relation.name: relation for relation in relations}
        self.removed = removed
        self.dropped_edges = dropped_edges
        self.pending_changes = pending_changes
        self._first = np.cumsum([0, *(len(block) for block in self.blocks)])

    @property
    def n_nodes(self) -> int:
        """Positions of nodes, withdrawn ones among them."""
        return len(self.nodes)

    def summary(self) -> SnapshotSummary:
        """Tell what the graph holds."""
        gone = list(self.nodes.withdrawn)
        kinds = np.bincount(self.nodes.kind_codes, minlength=len(self.nodes.kinds))
        kinds -= np.bincount(self.nodes.kind_codes[gone], minlength=len(kinds))
        types = np.bincount(self.edge_arrays().types, minlength=len(self.type_names))
        return SnapshotSummary(
            nodes=int(kinds.sum()),
            edges=int(types.sum()),
            nodes_by_kind=dict(zip(self.nodes.kinds, kinds.tolist(), strict=True)),
            edges_by_type=dict(zip(self.type_names, types.tolist(), strict=True)),
            dropped_edges=self.dropped_edges,
            pending_changes=self.pending_changes,
        )

    def node(self, node_id: str) -> Node:
        """Describe a node.

        Raises
        ------
        UnknownNode
            If no node has the id.
        """
        return self.nodes.node(self.nodes.position(node_id))

    def edge(self, number: int) -> Edge:
        """Describe the edge of a number."""
        which = int(np.searchsorted(self._first, number, side="right")) - 1
        block, place = self.blocks[which], int(number - self._first[which])
        evidence = block.evidence[place].as_py() if block.evidence is not None else None
        return Edge(
            source_id=self.nodes.node_id(int(block.sources[place])),
            target_id=self.nodes.node_id(int(block.targets[place])),
            edge_type=self.type_names[block.types[place]],
            weight=float(block.weights[place]),
            start=day_of(block.starts[place]),
            end=day_of(block.ends[place]),
            evidence=evidence or "",
        )

    def compile_filter(self, chosen: EdgeFilter) -> CompiledFilter:
        """Put a filter into codes and days.

        Raises
        ------
        UnknownEdgeType, UnknownNodeKind
            If it names a type or kind that the graph does not have.
        """
        types = kinds = None
        if chosen.types is not None:
            for name in sorted(chosen.types):
                self.type_code(name)
            types = np.array([name in chosen.types for name in self.type_names], np.bool_)
        if chosen.kinds is not None:
            for name in sorted(chosen.kinds):
                self.nodes.kind_code(name)
            kinds = np.array([name in chosen.kinds for name in self.nodes.kinds], np.bool_)
        return CompiledFilter(
            types=types,
            kinds=kinds,
            since=day_number(chosen.since, OPEN_START),
            until=day_number(chosen.until, OPEN_END),
            at_least=chosen.at_least,
        )

    def type_code(self, name: str) -> int:
        """Give the code of an edge type.

        Raises
        ------
        UnknownEdgeType
            If no edge has it.
        """
        if name not in self.type_names:
            raise UnknownEdgeType(
                f"no edge is of type {name!r}; there are {list(self.type_names)}."
            )
        return self.type_names.index(name)

    def incident(
        self, positions: Ints, direction: Direction = "both", chosen: CompiledFilter | None = None
    ) -> Incidence:
        """Edges of some nodes, under a filter, and the nodes at their other ends."""
        parts: list[tuple[Ints, Ints, Ints, Bools]] = []
        kinds = None if chosen is None else chosen.kinds
        for which, forward, owners, places in self._at(positions, direction, chosen):
            block = self.blocks[which]
            others = (block.targets if forward else block.sources)[places]
            met: Any = slice(None) if kinds is None else kinds[self.nodes.kind_codes[others]]
            edges = places[met] + self._first[which]
            parts.append((owners[met], others[met], edges, np.full(len(edges), forward)))
        joined = [np.concatenate(column) for column in zip(*parts, strict=True)]
        return Incidence(owners=joined[0], others=joined[1], edges=joined[2], forward=joined[3])

    def touching_all(
        self, positions: Ints, direction: Direction, chosen: CompiledFilter
    ) -> Iterator[tuple[Ints, Ints, EdgeBlock, Ints]]:
        """Edges of many nodes, ``kinds`` left aside.

        Yields
        ------
        tuple
            Which of ``positions``, positions at the other ends, the block, places in it.
        """
        for which, forward, owners, places in self._at(positions, direction, chosen):
            block = self.blocks[which]
            yield owners, (block.targets if forward else block.sources)[places], block, places

    def touching(
        self, position: int, direction: Direction, chosen: CompiledFilter
    ) -> list[tuple[Ints, EdgeBlock, Any, int]]:
        """Edges of one node as spans of blocks, without copying: the quick way for searches.

        Returns
        -------
        list of tuple
            Positions at the other ends, the block, places in it, number of its first edge.
        """
        found: list[tuple[Ints, EdgeBlock, Any, int]] = []
        for which, block in enumerate(self.blocks):
            for side in ("out", "in"):
                if direction not in (side, "both"):
                    continue
                offsets = block.out_offsets if side == "out" else block.in_offsets
                span: Any = slice(int(offsets[position]), int(offsets[position + 1]))
                if span.start == span.stop:
                    continue
                places = span if side == "out" else block.in_edges[span]
                keep = self._keep(which, places, chosen)
                if keep is not None:
                    places = np.arange(span.start, span.stop) if side == "out" else places
                    places = places[keep]
                ends = block.targets if side == "out" else block.sources
                found.append((ends[places], block, places, int(self._first[which])))
        return found

    def edge_arrays(self, chosen: EdgeFilter = ALL_EDGES) -> EdgeArrays:
        """All edges under a filter; ``kinds`` must hold at both ends."""
        compiled = self.compile_filter(chosen)
        parts = [self._arrays(which, compiled) for which in range(len(self.blocks))]
        if len(parts) == 1:
            return parts[0]
        return EdgeArrays(
            sources=np.concatenate([part.sources for part in parts]),
            targets=np.concatenate([part.targets for part in parts]),
            weights=np.concatenate([part.weights for part in parts]),
            types=np.concatenate([part.types for part in parts]),
            edges=np.concatenate([part.edges for part in parts]),
        )

    def adjacency(
        self, chosen: EdgeFilter = ALL_EDGES, *, directed: bool = False, weighted: bool = True
    ) -> sparse.csr_matrix:
        """Sparse matrix of the graph; parallel edges add up, or count once where unweighted."""
        rows = self.edge_arrays(chosen)
        shape = (self.n_nodes, self.n_nodes)
        values = rows.weights if weighted else np.ones(len(rows.sources))
        matrix = sparse.csr_matrix((values, (rows.sources, rows.targets)), shape=shape)
        if not directed:
            matrix = (matrix + matrix.T).tocsr()
        if not weighted:
            matrix.data[:] = 1.0
        return matrix

    def adjacency_among(
        self, positions: Ints, chosen: EdgeFilter = ALL_EDGES, *, weighted: bool = True
    ) -> sparse.csr_matrix:
        """Undirected matrix of some nodes, in their order, read from their own edges alone.

        Parameters
        ----------
        positions
            Shape (n,): different positions, sorted.
        """
        met = self.incident(positions, "out", self.compile_filter(chosen))
        columns = np.searchsorted(positions, met.others)
        inside = columns < len(positions)
        inside[inside] = positions[columns[inside]] == met.others[inside]
        values = self.weights_of(met.edges[inside]) if weighted else np.ones(int(inside.sum()))
        shape = (len(positions), len(positions))
        matrix = sparse.csr_matrix((values, (met.owners[inside], columns[inside])), shape=shape)
        matrix = (matrix + matrix.T).tocsr()
        if not weighted:
            matrix.data[:] = 1.0
        return matrix

    def weights_of(self, edges: Ints) -> NDArray[np.float64]:
        """Weights of edges by number."""
        values: NDArray[np.float64] = self._pick("weights", edges, np.float64)
        return values

    def types_of(self, edges: Ints) -> Ints:
        """Type codes of edges by number."""
        codes: Ints = self._pick("types", edges, np.uint16)
        return codes

    def days_of(self, edges: Ints, side: str) -> Ints:
        """First (``starts``) or last (``ends``) days of edges by number."""
        days: Ints = self._pick(side, edges, np.int32)
        return days

    def ties(self, positions: Ints | None = None) -> Ints:
        """Count the edges at some nodes, or at all, withdrawn edges included."""
        total: Ints = np.zeros(self.n_nodes if positions is None else len(positions), np.int64)
        for block in self.blocks:
            for offsets in (block.out_offsets, block.in_offsets):
                if positions is None:
                    total += np.diff(offsets)
                else:
                    total += offsets[positions + 1] - offsets[positions]
        return total

    def _pick(self, column: str, edges: Ints, dtype: Any) -> Any:
        if len(self.blocks) == 1:
            return getattr(self.blocks[0], column)[edges]
        values = np.empty(len(edges), dtype)
        for which, block in enumerate(self.blocks):
            mine = (edges >= self._first[which]) & (edges < self._first[which + 1])
            values[mine] = getattr(block, column)[edges[mine] - self._first[which]]
        return values

    def _at(
        self, positions: Ints, direction: Direction, chosen: CompiledFilter | None
    ) -> Iterator[tuple[int, bool, Ints, Ints]]:
        """Edges of nodes by block and side: the block, forward or not, owners, places in it."""
        for which, block in enumerate(self.blocks):
            for forward in (True, False):
                if direction == ("in" if forward else "out"):
                    continue
                owners, places = spans(
                    block.out_offsets if forward else block.in_offsets, positions
                )
                if not forward:
                    places = block.in_edges[places]
                keep = self._keep(which, places, chosen)
                if keep is not None:
                    owners, places = owners[keep], places[keep]
                yield which, forward, owners, places

    def _keep(
        self, which: int, places: Ints | slice, chosen: CompiledFilter | None
    ) -> Bools | None:
        """Which edges of a block stand and pass a filter; ``None`` where all do."""
        keep = None if chosen is None else chosen.edges(self.blocks[which], places)
        if which == 0 and self.removed is not None:
            standing: Bools = ~self.removed[places]
            keep = standing if keep is None else keep & standing
        return keep

    def _arrays(self, which: int, chosen: CompiledFilter) -> EdgeArrays:
        block = self.blocks[which]
        keep = self._keep(which, slice(None), chosen)
        if chosen.kinds is not None:
            passes = chosen.kinds[self.nodes.kind_codes]
            met = passes[block.sources] & passes[block.targets]
            keep = met if keep is None else keep & met
        places: Any = slice(None) if keep is None else np.flatnonzero(keep)
        numbers = np.arange(len(block)) if keep is None else places
        return EdgeArrays(
            sources=block.sources[places],
            targets=block.targets[places],
            weights=block.weights[places],
            types=block.types[places],
            edges=numbers + self._first[which],
        )


def load_snapshot(folder: str | PathLike[str]) -> Graph:
    """Map a snapshot, with the changes recorded since it was built.

    Nothing but the manifest is read: pages come in as questions touch them.

    Raises
    ------
    SnapshotUnreadable
        If the folder holds no whole snapshot of this format.
    """
    from silian.engines.graph.changes import read_changes

    graph = _map(Path(folder))
    for changes in read_changes(Path(folder)):
        graph = changes.applied_to(graph)
    return graph


def _map(folder: Path) -> Graph:
    manifest = read_manifest(folder)
    arrays: dict[str, Any] = {
        name: map_array(folder, name, manifest) for name in manifest["arrays"]
    }
    evidence = None
    if manifest["has_evidence"]:
        evidence = map_texts(folder, "evidence", manifest)["evidence"].chunk(0)
    nodes = NodeTable(
        map_texts(folder, "nodes", manifest),
        arrays.pop("node_kinds"),
        list(manifest["nodes_by_kind"]),
        map_texts(folder, "aliases", manifest),
    )
    relations = [
        Relation(name=name, forward_zh=zh, backward_zh=back_zh, forward_en=en, backward_en=back_en)
        for name, zh, back_zh, en, back_en in manifest["relations"]
    ]
    return Graph(
        nodes=nodes,
        blocks=[EdgeBlock(**arrays, evidence=evidence)],
        type_names=list(manifest["edges_by_type"]),
        relations=relations,
        dropped_edges=manifest["dropped_edges"],
    )
