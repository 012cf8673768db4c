"""A seeded graph of any size, and questions to it, the same for every engine."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SEED = 20_261_123
TYPES = (
    ("works_at", "person", "organisation"),
    ("invents", "person", "patent"),
    ("writes", "person", "publication"),
    ("owns", "organisation", "patent"),
    ("partner", "organisation", "organisation"),
    ("supplies", "organisation", "organisation"),
    ("produces", "organisation", "chain_node"),
    ("upstream_of", "chain_node", "chain_node"),
)
KINDS = ("person", "organisation", "patent", "publication", "chain_node")
_SHARES = (0.4, 0.3, 0.15, 0.1, 0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What is asked: neighbourhoods of some nodes, paths between some pairs."""

    centres: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]


def write_tables(folder: Path, n_edges: int) -> tuple[Path, Path]:
    """Nodes and edges as Parquet; ten edges a node, a few nodes with very many."""
    random = np.random.default_rng(SEED)
    n_nodes = n_edges // 10
    kinds = np.sort(random.choice(len(KINDS), n_nodes, p=_SHARES))
    first = np.searchsorted(kinds, np.arange(len(KINDS) + 1))
    numbers = pa.table({"number": np.arange(n_nodes), "kind_code": kinds})
    connection = duckdb.connect()
    connection.register("numbers", numbers)
    connection.register("kinds", pa.table({"code": np.arange(len(KINDS)), "kind": list(KINDS)}))
    nodes, edges = folder / "nodes.parquet", folder / "edges.parquet"
    connection.execute(
        "CREATE TABLE named AS SELECT number, kind, substr(kind, 1, 3) || '-' ||"
        " substr(md5(CAST(number AS VARCHAR)), 1, 16) AS node_id FROM numbers"
        " JOIN kinds ON code = kind_code ORDER BY number"
    )
    connection.execute(
        f"COPY (SELECT node_id, kind, '名称' || number AS label FROM named) TO '{nodes}'"
    )
    ids = connection.sql("SELECT node_id FROM named ORDER BY number").to_arrow_table()["node_id"]
    ids = ids.combine_chunks()
    writer = None
    for edge_type, source, target in TYPES:
        count = n_edges // len(TYPES)
        table = pa.table(
            {
                "source_id": ids.take(pa.array(_drawn(random, first, source, count, 1.0))),
                "target_id": ids.take(pa.array(_drawn(random, first, target, count, 2.5))),
                "edge_type": pa.array([edge_type]).take(pa.array(np.zeros(count, np.int8))),
                "weight": random.integers(1, 64, count) / 16,
                "start": pa.array(random.integers(14_600, 20_400, count), pa.int32()).cast(
                    pa.date32()
                ),
                "evidence": pa.array(np.char.mod("rec-%08d", random.integers(0, count, count))),
            }
        )
        writer = writer or pq.ParquetWriter(edges, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()
    return nodes, edges


def _drawn(
    random: np.random.Generator, first: np.ndarray, kind: str, count: int, skew: float
) -> np.ndarray:
    code = KINDS.index(kind)
    low, high = int(first[code]), int(first[code + 1])
    return (low + (high - low) * random.random(count) ** skew).astype(np.int64)


def questions(nodes: Path, n_centres: int = 20, n_pairs: int = 10) -> Questions:
    """Draw nodes to ask about."""
    ids = pq.read_table(nodes, columns=["node_id"])["node_id"].combine_chunks()
    places = np.random.default_rng(SEED + 1).choice(len(ids), n_centres + 2 * n_pairs)
    drawn = ids.take(pa.array(places)).to_pylist()
    ends = drawn[n_centres:]
    return Questions(
        centres=tuple(drawn[:n_centres]),
        pairs=tuple(zip(ends[:n_pairs], ends[n_pairs:], strict=True)),
    )
