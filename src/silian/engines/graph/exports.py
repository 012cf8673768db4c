"""The graph in formats that other tools read: Parquet, GraphML, Neo4j's CSV, JSON-LD.

GraphML, CSV and JSON-LD are written row by row; nothing but the tables is held in memory.
"""

import csv
import json
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from silian.engines.graph.edge_blocks import OPEN_END, OPEN_START
from silian.engines.graph.snapshot import Graph
from silian.engines.graph.snapshot_values import ALL_EDGES, EdgeFilter

_BATCH: Final = 50_000
_GRAPHML_KEYS: Final = (
    ("node", "kind", "string"),
    ("node", "label", "string"),
    ("edge", "edge_type", "string"),
    ("edge", "weight", "double"),
    ("edge", "start", "string"),
    ("edge", "end", "string"),
    ("edge", "evidence", "string"),
)
#: Characters that XML 1.0 can't hold.
_UNWRITABLE: Final = {code: None for code in range(32) if code not in (9, 10, 13)}


def node_table(graph: Graph) -> pa.Table:
    """All nodes: ``node_id``, ``kind``, ``label``."""
    names = ("node_id", "kind", "label")
    return pa.table(graph.nodes.columns(), schema=pa.schema([(name, "string") for name in names]))


def edge_table(graph: Graph, chosen: EdgeFilter = ALL_EDGES) -> pa.Table:
    """All edges under a filter, in the columns that ``build_snapshot`` reads."""
    rows = graph.edge_arrays(chosen)
    ids = _all_ids(graph)
    starts, ends = (graph.days_of(rows.edges, side) for side in ("starts", "ends"))
    return pa.table(
        {
            "source_id": ids.take(pa.array(rows.sources)),
            "target_id": ids.take(pa.array(rows.targets)),
            "edge_type": pa.array(graph.type_names, "string").take(pa.array(rows.types)),
            "weight": pa.array(rows.weights),
            "start": pa.array(starts, mask=starts == OPEN_START).cast(pa.date32()),
            "end": pa.array(ends, mask=ends == OPEN_END).cast(pa.date32()),
            "evidence": _evidence(graph, rows.edges),
        }
    )


def export_parquet(graph: Graph, folder: str | PathLike[str]) -> tuple[Path, Path]:
    """Write ``nodes.parquet`` and ``edges.parquet``; ``build_snapshot`` reads both."""
    place = _folder(folder)
    nodes, edges = place / "nodes.parquet", place / "edges.parquet"
    pq.write_table(node_table(graph), nodes, compression="zstd")
    pq.write_table(edge_table(graph), edges, compression="zstd")
    return nodes, edges


def export_graphml(graph: Graph, path: str | PathLike[str]) -> Path:
    """Write GraphML (networkx, Gephi, yEd, Cytoscape)."""
    place = Path(path)
    with place.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        file.write('<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n')
        for scope, name, kind in _GRAPHML_KEYS:
            file.write(f'<key id="{name}" for="{scope}" attr.name="{name}" attr.type="{kind}"/>\n')
        file.write('<graph edgedefault="directed">\n')
        for row in _rows(node_table(graph)):
            data = _graphml_data(row, ("kind", "label"))
            file.write(f"<node id={_attribute(row['node_id'])}>{data}</node>\n")
        for number, row in enumerate(_rows(edge_table(graph))):
            data = _graphml_data(row, ("edge_type", "weight", "start", "end", "evidence"))
            ends = f"source={_attribute(row['source_id'])} target={_attribute(row['target_id'])}"
            file.write(f'<edge id="e{number}" {ends}>{data}</edge>\n')
        file.write("</graph>\n</graphml>\n")
    return place


def export_neo4j_csv(graph: Graph, folder: str | PathLike[str]) -> tuple[Path, Path]:
    """Write ``nodes.csv`` and ``relationships.csv`` for ``neo4j-admin database import full``."""
    place = _folder(folder)
    nodes, edges = place / "nodes.csv", place / "relationships.csv"
    with nodes.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["node_id:ID", ":LABEL", "label:string"])
        for row in _rows(node_table(graph)):
            writer.writerow([row["node_id"], row["kind"], row["label"]])
    with edges.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        header = [":START_ID", ":END_ID", ":TYPE", "weight:double", "start:date", "end:date"]
        writer.writerow([*header, "evidence:string"])
        for row in _rows(edge_table(graph)):
            writer.writerow(["" if value is None else value for value in row.values()])
    return nodes, edges


def export_json_ld(graph: Graph, path: str | PathLike[str], *, base: str, vocabulary: str) -> Path:
    """Write JSON-LD: things with kind and name, and each edge as a reified statement.

    Parameters
    ----------
    base
        IRI before node ids, e.g. ``https://city.example/id/``.
    vocabulary
        IRI before kinds and edge types.
    """
    place = Path(path)
    date_type = "http://www.w3.org/2001/XMLSchema#date"
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    context = {
        "@base": base,
        "@vocab": vocabulary,
        "label": "http://www.w3.org/2000/01/rdf-schema#label",
        "Statement": f"{rdf}Statement",
        "subject": {"@id": f"{rdf}subject", "@type": "@id"},
        "predicate": {"@id": f"{rdf}predicate", "@type": "@vocab"},
        "object": {"@id": f"{rdf}object", "@type": "@id"},
        "start": {"@type": date_type},
        "end": {"@type": date_type},
        "evidence": {"@type": "@id"},
    }
    with place.open("w", encoding="utf-8") as file:
        file.write(f'{{"@context": {json.dumps(context)},\n"@graph": [\n')
        separator = ""
        for item in _linked_data(graph):
            file.write(separator + json.dumps(item, ensure_ascii=False, default=str))
            separator = ",\n"
        file.write("\n]}\n")
    return place


def _linked_data(graph: Graph) -> Iterator[dict[str, Any]]:
    for row in _rows(node_table(graph)):
        yield {"@id": row["node_id"], "@type": row["kind"], "label": row["label"]}
    for row in _rows(edge_table(graph)):
        statement = {
            "@type": "Statement",
            "subject": row["source_id"],
            "predicate": row["edge_type"],
            "object": row["target_id"],
            "weight": row["weight"],
            "start": row["start"],
            "end": row["end"],
            "evidence": row["evidence"],
        }
        yield {key: value for key, value in statement.items() if value is not None}


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in table.to_batches(max_chunksize=_BATCH):
        yield from batch.to_pylist()


def _graphml_data(row: dict[str, Any], names: tuple[str, ...]) -> str:
    return "".join(
        f'<data key="{name}">{escape(str(row[name]).translate(_UNWRITABLE))}</data>'
        for name in names
        if row[name] is not None
    )


def _attribute(text: str) -> str:
    return quoteattr(text.translate(_UNWRITABLE))


def _all_ids(graph: Graph) -> pa.Array:
    return pa.array(graph.nodes.node_ids(np.arange(graph.n_nodes)), "string")


def _evidence(graph: Graph, edges: np.ndarray[Any, Any]) -> pa.Array:
    first = 0
    parts = []
    for block in graph.blocks:
        mine = edges[(edges >= first) & (edges < first + len(block))] - first
        if block.evidence is None:
            parts.append(pa.nulls(len(mine), pa.string()))
        else:
            taken = block.evidence.take(pa.array(mine)).cast(pa.string())
            parts.append(pc.if_else(pc.equal(taken, ""), None, taken))
        first += len(block)
    return pa.concat_arrays([part.cast(pa.string()) for part in parts])


def _folder(folder: str | PathLike[str]) -> Path:
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    return place
