"""Builds a snapshot from tables of nodes and edges: one sort in DuckDB, one counting sort.

The texts become positions in DuckDB, which uses all its threads and spills to disk beyond memory.
"""

from collections.abc import Iterable, Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import duckdb
import numpy as np
import pyarrow as pa

from silian.engines.graph.edge_blocks import OPEN_END, OPEN_START, offsets_of, order_by
from silian.engines.graph.relations import Relation, relations_of
from silian.engines.graph.snapshot_errors import (
    DanglingEdge,
    DatesReversed,
    DuplicateNode,
    GraphColumnsRefused,
    WeightOutOfRange,
)
from silian.engines.graph.snapshot_files import SnapshotWriter

#: A table in memory, a stream, a DuckDB relation, or a Parquet file (patterns allowed).
TableSource: TypeAlias = (
    pa.Table | pa.RecordBatchReader | duckdb.DuckDBPyRelation | str | PathLike[str]
)

_NODE_COLUMNS: Final = {"node_id": None, "kind": None, "label": "''"}
_EDGE_COLUMNS: Final = {
    "source_id": None,
    "target_id": None,
    "edge_type": None,
    "weight": "1.0",
    "start": "NULL",
    "end": "NULL",
    "evidence": "NULL",
}
_SAME_COLUMNS: Final = {"node_id": None, "canonical_id": None}
_PREFIX: Final = "silian_graph_"


def build_snapshot(
    folder: str | PathLike[str],
    *,
    nodes: TableSource,
    edges: TableSource,
    same_as: TableSource | None = None,
    relations: Iterable[Relation] = (),
    dangling: Literal["refuse", "drop"] = "refuse",
    connection: duckdb.DuckDBPyConnection | None = None,
) -> Path:
    """Write an immutable snapshot of a typed, weighted, dated graph.

    Parameters
    ----------
    folder
        Where; must not be there yet. It appears whole or not at all.
    nodes
        Columns ``node_id``, ``kind``, and where wanted ``label``.
    edges
        Columns ``source_id``, ``target_id``, ``edge_type``, and where wanted ``weight`` (> 0, 1
        where null), ``start`` and ``end`` (days, open where null), ``evidence`` (id of the record
        that says so). Edges from a node to itself are dropped and counted.
    same_as
        Columns ``node_id``, ``canonical_id``: nodes that resolution found to be one. Their edges
        move to the canonical node, and their ids still find it.
    relations
        Words for edge types that silian does not know, or other words for those it does.
    dangling
        Whether an edge with an unknown end stops the build, or is dropped and counted.
    connection
        A DuckDB connection to work on (its memory and thread limits hold); one of its own where
        ``None``.

    Raises
    ------
    GraphColumnsRefused, DuplicateNode, DanglingEdge, WeightOutOfRange, DatesReversed
        If a table is not as described; each names the first offenders.
    SnapshotExists
        If the folder is there.
    """
    place = Path(folder)
    own = duckdb.connect() if connection is None else connection
    try:
        with SnapshotWriter(place) as writer:
            if connection is None:
                own.execute(f"SET temp_directory = '{fspath(writer.workplace)}/spill'")
            build = _Build(own, dangling)
            build.read(nodes, edges, same_as)
            manifest = build.write(writer)
            kept = relations_of(manifest["edges_by_type"], relations)
            manifest["relations"] = [
                [one.name, one.forward_zh, one.backward_zh, one.forward_en, one.backward_en]
                for one in kept
            ]
            if connection is None:
                own.close()  # its spill folder goes before the snapshot gets its name
            writer.publish(manifest)
    finally:
        if connection is None:
            own.close()
        else:
            _forget(own)
    return place


class _Build:
    """The steps of one build on one connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, dangling: str) -> None:
        self._connection = connection
        self._drops = dangling == "drop"

    def read(self, nodes: TableSource, edges: TableSource, same_as: TableSource | None) -> None:
        """Give the tables their names, check the nodes and number them by id."""
        none = pa.table({"node_id": pa.array([], "string"), "canonical_id": pa.array([], "string")})
        self._open("raw_nodes", nodes, _NODE_COLUMNS)
        self._open("edges", edges, _EDGE_COLUMNS)
        self._open("same", none if same_as is None else same_as, _SAME_COLUMNS)
        self._refuse(
            "SELECT node_id FROM {raw_nodes} GROUP BY node_id HAVING count(*) > 1 OR node_id IS NULL",
            DuplicateNode,
            "node ids must be given and must differ; these are null or repeated",
        )
        self._refuse(
            "SELECT node_id FROM {same} GROUP BY node_id HAVING count(*) > 1",
            DuplicateNode,
            "same_as names these more than once; a node has one canonical node",
        )
        self._refuse(
            "SELECT canonical_id FROM {same} WHERE canonical_id IN (SELECT node_id FROM {same})"
            " OR canonical_id NOT IN (SELECT node_id FROM {raw_nodes})",
            DanglingEdge,
            "canonical_id must be a node that is not itself merged into another; not so",
        )
        self._run(
            "CREATE TEMP TABLE {nodes} AS SELECT"
            " CAST(row_number() OVER (ORDER BY node_id) - 1 AS INTEGER) AS position,"
            " node_id, kind, label FROM {raw_nodes} AS n"
            " WHERE NOT EXISTS (SELECT 1 FROM {same} AS s WHERE s.node_id = n.node_id)"
        )

    def write(self, writer: SnapshotWriter) -> dict[str, Any]:
        """Write nodes and edges; returns the manifest."""
        named = self._table("SELECT node_id, kind, label FROM {nodes} ORDER BY position")
        kinds = sorted(value for value in named["kind"].unique().to_pylist() if value is not None)
        if named["kind"].null_count:
            raise GraphColumnsRefused("nodes without a kind; give every node one.")
        codes = named["kind"].combine_chunks().dictionary_encode()
        order = {kind: code for code, kind in enumerate(kinds)}
        recode = np.array([order[kind] for kind in codes.dictionary.to_pylist()], np.uint16)
        kind_codes = recode[codes.indices.to_numpy()] if kinds else np.empty(0, np.uint16)
        writer.array("node_kinds", kind_codes)
        writer.texts("nodes", {key: named[key] for key in ("node_id", "label")})
        aliases = self._table("SELECT node_id, canonical_id FROM {same} ORDER BY node_id")
        writer.texts("aliases", {key: aliases[key] for key in ("node_id", "canonical_id")})
        n_nodes = named.num_rows
        del named, codes
        counts = np.bincount(kind_codes, minlength=len(kinds))
        return {
            "nodes": n_nodes,
            "nodes_by_kind": dict(zip(kinds, counts.tolist(), strict=True)),
            **self._write_edges(writer, n_nodes),
        }

    def _write_edges(self, writer: SnapshotWriter, n_nodes: int) -> dict[str, Any]:
        types = [
            row[0]
            for row in self._rows("SELECT DISTINCT edge_type FROM {edges} ORDER BY edge_type")
        ]
        if None in types:
            raise GraphColumnsRefused("edges without an edge_type; give every edge one.")
        n_given = self._rows("SELECT count(*) FROM {edges}")[0][0]
        rows = self._sorted_edges(types)
        sources, targets = _numbers(rows, "source", np.int32), _numbers(rows, "target", np.int32)
        self._check_edges(rows, n_given, len(sources))
        codes = _numbers(rows, "type", np.uint16)
        writer.array("sources", sources)
        writer.array("targets", targets)
        writer.array("types", codes)
        writer.array("weights", _numbers(rows, "weight", np.float64))
        writer.array("starts", _numbers(rows, "start_day", np.int32))
        writer.array("ends", _numbers(rows, "end_day", np.int32))
        has_evidence = rows["evidence"].null_count < rows.num_rows
        if has_evidence:
            writer.texts("evidence", {"evidence": rows["evidence"]})
        del rows
        writer.array("out_offsets", offsets_of(sources, n_nodes))
        in_offsets, in_edges = order_by(targets, n_nodes)
        writer.array("in_offsets", in_offsets)
        writer.array("in_edges", in_edges)
        counts = np.bincount(codes, minlength=len(types)).tolist()
        return {
            "edges": len(sources),
            "edges_by_type": dict(zip(types, counts, strict=True)),
            "dropped_edges": n_given - len(sources),
            "has_evidence": has_evidence,
        }

    def _sorted_edges(self, types: list[str]) -> pa.Table:
        codes = pa.table(
            {"name": pa.array(types, "string"), "code": pa.array(range(len(types)), "uint16")}
        )
        self._connection.register(f"{_PREFIX}types", codes)
        return self._table(
            "SELECT s.position AS source, t.position AS target, y.code AS type,"
            " coalesce(CAST(e.weight AS DOUBLE), 1.0) AS weight,"
            f" coalesce(CAST(e.start AS DATE) - DATE '1970-01-01', {OPEN_START}) AS start_day,"
            f" coalesce(CAST(e.end AS DATE) - DATE '1970-01-01', {OPEN_END}) AS end_day,"
            " CAST(e.evidence AS VARCHAR) AS evidence"
            " FROM {edges} AS e"
            " LEFT JOIN {same} AS a ON a.node_id = e.source_id"
            " LEFT JOIN {same} AS b ON b.node_id = e.target_id"
            " JOIN {nodes} AS s ON s.node_id = coalesce(a.canonical_id, e.source_id)"
            " JOIN {nodes} AS t ON t.node_id = coalesce(b.canonical_id, e.target_id)"
            " JOIN {types} AS y ON y.name = e.edge_type"
            " WHERE s.position <> t.position"
            # Everything takes part, so that one input has one snapshot, byte for byte.
            " ORDER BY source, type, target, start_day, end_day, weight, evidence"
        )

    def _check_edges(self, rows: pa.Table, n_given: int, n_kept: int) -> None:
        weights = _numbers(rows, "weight", np.float64)
        if n_kept and not (weights.min() > 0 and np.isfinite(weights.max())):
            worst = weights[~((weights > 0) & np.isfinite(weights))][0]
            raise WeightOutOfRange(
                f"an edge weighs {worst}; weights are finite and above 0. Leave out what does not"
                " hold, or give its strength on another scale."
            )
        late = np.flatnonzero(
            _numbers(rows, "start_day", np.int64) > _numbers(rows, "end_day", np.int64)
        )
        if len(late):
            row = rows.slice(int(late[0]), 1).to_pylist()[0]
            raise DatesReversed(f"{len(late)} edges end before they start, the first: {row}.")
        if n_kept < n_given and not self._drops:
            known = "(SELECT node_id FROM {nodes} UNION ALL SELECT node_id FROM {same})"
            self._refuse(
                "SELECT source_id || ' -' || edge_type || '-> ' || target_id FROM {edges}"
                f" WHERE source_id NOT IN {known} OR target_id NOT IN {known}",
                DanglingEdge,
                "both ends of an edge must be nodes (or pass dangling='drop'); not so",
            )

    def _open(self, name: str, source: TableSource, columns: Mapping[str, str | None]) -> None:
        raw = f"{_PREFIX}{name}_given"
        if isinstance(source, str | PathLike):
            path = fspath(source).replace("'", "''")
            self._run(f"CREATE TEMP VIEW {raw} AS FROM read_parquet('{path}')")
        elif isinstance(source, pa.Table):
            self._connection.register(raw, source)
        else:  # streams are read once, the build reads twice
            stream = source if isinstance(source, pa.RecordBatchReader) else source.to_arrow_table()
            self._connection.register(f"{raw}_once", stream)
            self._run(f"CREATE TEMP TABLE {raw} AS FROM {raw}_once")
            self._connection.unregister(f"{raw}_once")
        there = [row[0] for row in self._rows(f"DESCRIBE {raw}")]
        missing = [key for key, default in columns.items() if default is None and key not in there]
        if missing:
            raise GraphColumnsRefused(
                f"the table has columns {there}; it lacks {missing}. Needed: "
                f"{[key for key, default in columns.items() if default is None]}; optional: "
                f"{[key for key, default in columns.items() if default is not None]}."
            )
        chosen = ", ".join(
            f'"{key}"' if key in there else f'{default} AS "{key}"'
            for key, default in columns.items()
        )
        self._run(f"CREATE TEMP VIEW {_PREFIX}{name} AS SELECT {chosen} FROM {raw}")

    def _refuse(self, query: str, error: type[Exception], message: str) -> None:
        offenders = [row[0] for row in self._rows(query + " LIMIT 5")]
        if offenders:
            raise error(f"{message}: {offenders}.")

    def _run(self, sql: str) -> None:
        try:
            self._connection.execute(_named(sql))
        except duckdb.Error as error:
            raise GraphColumnsRefused(f"the tables can't be read: {error}") from error

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(_named(sql)).fetchall()
        except duckdb.Error as error:
            raise GraphColumnsRefused(f"the tables can't be read: {error}") from error

    def _table(self, sql: str) -> pa.Table:
        try:
            return self._connection.sql(_named(sql)).to_arrow_table()
        except duckdb.Error as error:
            raise GraphColumnsRefused(f"the tables can't be read: {error}") from error


def _named(sql: str) -> str:
    names = ("raw_nodes", "nodes", "edges", "same", "types")
    return sql.format(**{name: f"{_PREFIX}{name}" for name in names}) if "{" in sql else sql


def _numbers(rows: pa.Table, column: str, dtype: Any) -> Any:
    return rows[column].to_numpy().astype(dtype, copy=False)


def _forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Leave a passed-in connection as it was."""
    rows = connection.execute(
        "SELECT table_name, table_type FROM information_schema.tables WHERE table_name LIKE ?",
        [f"{_PREFIX}%"],
    ).fetchall()
    for name, kind in sorted(rows, key=lambda row: row[0], reverse=True):
        connection.unregister(name)
        word = "VIEW" if kind == "VIEW" else "TABLE"
        connection.execute(f"DROP {word} IF EXISTS {name}")
