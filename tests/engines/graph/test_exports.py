import csv
import json

import networkx
import pytest
from small_graphs import graph_of, random_graph

from silian.engines.graph import (
    build_snapshot,
    edge_table,
    export_graphml,
    export_json_ld,
    export_neo4j_csv,
    export_parquet,
    load_snapshot,
    node_table,
)

AWKWARD = [('a"<&>', "firm"), ("b,\n'", "firm"), ("丙", "人才")]
AWKWARD_EDGES = [('a"<&>', "丙", "works_at", 0.1, None, None, "r<1>"), ("b,\n'", "丙", "owns")]


@pytest.fixture(params=["random", "awkward"])
def graph(request, tmp_path):
    if request.param == "random":
        return random_graph(tmp_path, 5)
    return graph_of(tmp_path, AWKWARD, AWKWARD_EDGES)


def _edges(graph):
    return sorted(map(str, edge_table(graph).to_pylist()))


def test_parquet_builds_the_same_graph_again(graph, tmp_path):
    nodes, edges = export_parquet(graph, tmp_path / "out")
    again = load_snapshot(build_snapshot(tmp_path / "again", nodes=nodes, edges=edges))
    assert _edges(again) == _edges(graph)
    assert node_table(again) == node_table(graph)


def test_networkx_reads_the_graphml_back(graph, tmp_path):
    read = networkx.read_graphml(
        export_graphml(graph, tmp_path / "g.graphml"), force_multigraph=True
    )
    assert {(key, data["kind"], data["label"]) for key, data in read.nodes(data=True)} == {
        tuple(row.values()) for row in node_table(graph).to_pylist()
    }
    found = [
        {
            "source_id": source,
            "target_id": target,
            "edge_type": data["edge_type"],
            "weight": data["weight"],
            "start": data.get("start"),
            "end": data.get("end"),
            "evidence": data.get("evidence"),
        }
        for source, target, data in read.edges(data=True)
    ]
    assert sorted(map(str, found)) == sorted(map(str, _texts(graph)))


def test_the_csv_has_neo4j_headers_and_every_row(graph, tmp_path):
    nodes, edges = export_neo4j_csv(graph, tmp_path / "out")
    with nodes.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["node_id:ID", ":LABEL", "label:string"]
    assert rows == [list(row.values()) for row in node_table(graph).to_pylist()]
    with edges.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header[:4] == [":START_ID", ":END_ID", ":TYPE", "weight:double"]
    assert rows == [[str(value or "") for value in row.values()] for row in _texts(graph)]


def test_json_ld_names_every_thing_and_reifies_every_edge(graph, tmp_path):
    path = export_json_ld(
        graph,
        tmp_path / "g.jsonld",
        base="https://e.example/id/",
        vocabulary="https://e.example/v#",
    )
    document = json.loads(path.read_text("utf-8"))
    assert document["@context"]["@base"] == "https://e.example/id/"
    things = [one for one in document["@graph"] if one["@type"] != "Statement"]
    statements = [one for one in document["@graph"] if one["@type"] == "Statement"]
    assert [tuple(one.values()) for one in things] == [
        tuple(row.values()) for row in node_table(graph).to_pylist()
    ]
    assert [one["weight"] for one in statements] == edge_table(graph)["weight"].to_pylist()
    assert [(one["subject"], one["predicate"], one["object"]) for one in statements] == [
        (row["source_id"], row["edge_type"], row["target_id"])
        for row in edge_table(graph).to_pylist()
    ]


def _texts(graph):
    """Edges with days as text."""
    return [
        {
            key: value.isoformat() if value and key in ("start", "end") else value
            for key, value in row.items()
        }
        for row in edge_table(graph).to_pylist()
    ]
