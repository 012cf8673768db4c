from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_graphs import graph_of, random_graph, table_of_edges, table_of_nodes

from silian.engines.graph import (
    Changes,
    Edge,
    EdgeFilter,
    Node,
    SnapshotSummary,
    build_snapshot,
    edge_table,
    load_snapshot,
    node_table,
)
from silian.engines.graph.snapshot_errors import (
    DanglingEdge,
    DatesReversed,
    DuplicateNode,
    GraphColumnsRefused,
    SnapshotExists,
    SnapshotUnreadable,
    UnknownEdgeType,
    UnknownNode,
    UnknownNodeKind,
    WeightOutOfRange,
)

NODES = [("zhang", "person"), ("li", "person"), ("works", "organisation"), ("patent", "patent")]
EDGES = [
    ("zhang", "works", "works_at", 1.0, date(2020, 1, 1), date(2022, 1, 1), "a-1"),
    ("li", "works", "works_at", None, date(2021, 1, 1), None, "a-2"),
    ("zhang", "patent", "invents", 0.5, None, None, None),
    ("li", "patent", "invents", 0.5, None, None, None),
]


def test_a_snapshot_holds_what_went_in(tmp_path):
    graph = graph_of(tmp_path, NODES, EDGES)
    assert graph.summary() == SnapshotSummary(
        nodes=4,
        edges=4,
        nodes_by_kind={"organisation": 1, "patent": 1, "person": 2},
        edges_by_type={"invents": 2, "works_at": 2},
        dropped_edges=0,
        pending_changes=0,
    )
    assert graph.node("li") == Node(node_id="li", kind="person", label="LI")
    wanted = [
        Edge(
            source_id=source,
            target_id=target,
            edge_type=kind,
            weight=weight or 1.0,
            start=start,
            end=end,
            evidence=evidence or "",
        )
        for source, target, kind, weight, start, end, evidence in EDGES
    ]
    found = [graph.edge(number) for number in range(4)]
    assert sorted(found, key=str) == sorted(wanted, key=str)


@pytest.mark.parametrize("seed", range(4))
def test_edges_are_found_from_either_end(tmp_path, seed):
    graph = random_graph(tmp_path, seed)
    every = [graph.edge(number) for number in range(graph.summary().edges)]
    for position in range(graph.n_nodes):
        own = graph.nodes.node_id(position)
        for direction, side in (("out", "source_id"), ("in", "target_id")):
            met = graph.incident(np.array([position]), direction)
            found = [graph.edge(number) for number in met.edges]
            assert sorted(found, key=str) == sorted(
                (edge for edge in every if getattr(edge, side) == own), key=str
            )


@pytest.mark.parametrize(
    ("chosen", "left"),
    [
        (EdgeFilter(types=frozenset({"invents"})), {"invents"}),
        (EdgeFilter(kinds=frozenset({"person", "organisation"})), {"works_at"}),
        (EdgeFilter(since=date(2022, 6, 1)), {"works_at", "invents"}),
        (EdgeFilter(until=date(2019, 1, 1)), {"invents"}),
        (EdgeFilter(at_least=0.7), {"works_at"}),
    ],
)
def test_filters_keep_what_they_say(tmp_path, chosen, left):
    graph = graph_of(tmp_path, NODES, EDGES)
    assert set(edge_table(graph, chosen)["edge_type"].to_pylist()) == left


def test_an_edge_holds_on_its_last_day(tmp_path):
    graph = graph_of(tmp_path, NODES, EDGES[:1])
    assert edge_table(graph, EdgeFilter(since=date(2022, 1, 1))).num_rows == 1
    assert edge_table(graph, EdgeFilter(since=date(2022, 1, 2))).num_rows == 0


def test_every_kind_of_source_gives_the_same_snapshot(tmp_path):
    nodes, edges = table_of_nodes(NODES), table_of_edges(EDGES)
    pq.write_table(nodes, tmp_path / "n.parquet")
    pq.write_table(edges, tmp_path / "e.parquet")
    connection = duckdb.connect()
    connection.register("n", nodes)
    sources = [
        (nodes, edges),
        (tmp_path / "n.parquet", tmp_path / "e.parquet"),
        (connection.sql("FROM n"), edges.to_reader()),
    ]
    for number, (nodes_given, edges_given) in enumerate(sources):
        build_snapshot(tmp_path / str(number), nodes=nodes_given, edges=edges_given)
    first, *others = [
        {path.name: path.read_bytes() for path in (tmp_path / str(number)).iterdir()}
        for number in range(len(sources))
    ]
    assert all(other == first for other in others)


def test_the_order_of_rows_does_not_matter(tmp_path):
    build_snapshot(tmp_path / "a", nodes=table_of_nodes(NODES), edges=table_of_edges(EDGES))
    build_snapshot(
        tmp_path / "b", nodes=table_of_nodes(NODES[::-1]), edges=table_of_edges(EDGES[::-1])
    )
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_a_connection_passed_in_is_left_as_it_was(tmp_path):
    connection = duckdb.connect()
    before = connection.execute("SHOW ALL TABLES").fetchall()
    for name in ("a", "b"):
        build_snapshot(
            tmp_path / name,
            nodes=table_of_nodes(NODES),
            edges=table_of_edges(EDGES).to_reader(),
            connection=connection,
        )
    assert connection.execute("SHOW ALL TABLES").fetchall() == before


def test_merged_nodes_are_one_and_answer_to_both_ids(tmp_path):
    same = pa.table({"node_id": ["li"], "canonical_id": ["zhang"]})
    graph = graph_of(tmp_path, NODES, [*EDGES, ("li", "zhang", "partner")], same_as=same)
    assert graph.node("li") == graph.node("zhang")
    summary = graph.summary()
    assert (summary.nodes, summary.edges, summary.dropped_edges) == (3, 4, 1)
    assert node_table(graph)["node_id"].to_pylist() == ["patent", "works", "zhang"]


def test_an_empty_graph_is_a_graph(tmp_path):
    graph = graph_of(tmp_path, [], [])
    assert graph.summary().nodes == graph.summary().edges == 0
    with pytest.raises(UnknownNode):
        graph.node("a")


def test_dangling_edges_are_refused_or_dropped_and_counted(tmp_path):
    edges = [*EDGES, ("zhang", "nobody", "partner")]
    with pytest.raises(DanglingEdge, match="zhang -partner-> nobody"):
        graph_of(tmp_path, NODES, edges)
    assert graph_of(tmp_path, NODES, edges, dangling="drop").summary().dropped_edges == 1


@pytest.mark.parametrize(
    ("nodes", "edges", "error"),
    [
        ([*NODES, NODES[0]], EDGES, DuplicateNode),
        (NODES, [("li", "works", "works_at", 0.0)], WeightOutOfRange),
        (NODES, [("li", "works", "works_at", float("nan"))], WeightOutOfRange),
        (NODES, [("li", "works", "works_at", float("inf"))], WeightOutOfRange),
        (NODES, [("li", "works", None)], GraphColumnsRefused),
        ([("li", None)], [], GraphColumnsRefused),
        (NODES, [("li", "works", "w", 1.0, date(2022, 1, 2), date(2022, 1, 1))], DatesReversed),
    ],
)
def test_bad_tables_are_refused_and_leave_nothing(tmp_path, nodes, edges, error):
    with pytest.raises(error):
        graph_of(tmp_path, nodes, edges)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_column_is_named(tmp_path):
    edges = table_of_edges(EDGES).drop_columns(["edge_type"])
    with pytest.raises(GraphColumnsRefused, match="lacks \\['edge_type'\\]"):
        build_snapshot(tmp_path / "s", nodes=table_of_nodes(NODES), edges=edges)


def test_a_snapshot_is_never_written_over(tmp_path):
    build_snapshot(tmp_path / "s", nodes=table_of_nodes(NODES), edges=table_of_edges(EDGES))
    with pytest.raises(SnapshotExists):
        build_snapshot(tmp_path / "s", nodes=table_of_nodes([]), edges=table_of_edges([]))


@pytest.mark.parametrize("name", ["manifest.json", "targets.bin", "nodes.arrow"])
def test_a_damaged_snapshot_is_refused(tmp_path, name):
    place = build_snapshot(tmp_path / "s", nodes=table_of_nodes(NODES), edges=table_of_edges(EDGES))
    path = place / name
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(SnapshotUnreadable):
        load_snapshot(place)


def test_what_a_filter_names_must_be_there(tmp_path):
    graph = graph_of(tmp_path, NODES, EDGES)
    with pytest.raises(UnknownEdgeType, match="invents"):
        edge_table(graph, EdgeFilter(types=frozenset({"sings"})))
    with pytest.raises(UnknownNodeKind, match="patent"):
        edge_table(graph, EdgeFilter(kinds=frozenset({"ghost"})))
    with pytest.raises(DatesReversed):
        EdgeFilter(since=date(2022, 1, 2), until=date(2022, 1, 1))


def test_many_nodes_are_found_at_once_as_one_by_one(tmp_path):
    nodes = [(f"n{number:03d}", "a") for number in range(200)]
    merged = pa.table({"node_id": ["n199"], "canonical_id": ["n000"]})
    graph = graph_of(tmp_path, nodes, [("n001", "n002", "writes")], same_as=merged)
    changed = Changes(
        withdrawn_nodes=("n005",), nodes=(Node(node_id="new", kind="b", label=""),)
    ).applied_to(graph)
    asked = [*(one for one, _ in nodes), "new", "nobody"]
    found = changed.nodes.find_all(asked).tolist()
    assert found == [changed.nodes.position(one) if one in changed.nodes else -1 for one in asked]
    assert [asked[place] for place, at in enumerate(found) if at < 0] == ["n005", "nobody"]
    assert changed.nodes.positions(asked[:5] * 20).tolist() == found[:5] * 20
    with pytest.raises(UnknownNode, match="'nobody'"):
        changed.nodes.positions(asked[6:])


@pytest.mark.parametrize("seed", range(3))
def test_a_part_of_the_matrix_is_the_part(tmp_path, seed):
    graph = random_graph(tmp_path, seed)
    some = np.unique(np.random.default_rng(seed).integers(0, graph.n_nodes, 12))
    for weighted in (True, False):
        whole = graph.adjacency(weighted=weighted)
        part = graph.adjacency_among(some, weighted=weighted)
        assert (part.toarray() == whole[some][:, some].toarray()).all()
