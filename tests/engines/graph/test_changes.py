from datetime import date

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_graphs import graph_of, random_graph, table_of_edges, table_of_nodes

from silian.engines.graph import (
    Changes,
    Edge,
    Node,
    build_snapshot,
    edge_table,
    load_snapshot,
    neighbourhood,
    node_table,
    rebuild_snapshot,
    record_changes,
    with_other_ids,
)
from silian.engines.graph.snapshot_errors import (
    DanglingEdge,
    DatesReversed,
    SnapshotUnreadable,
    UnknownEdge,
    UnknownNode,
    WeightOutOfRange,
)

NODES = [("a", "person"), ("b", "person"), ("c", "firm")]
EDGES = [
    ("a", "c", "works_at", 1.0, None, None, "r1"),
    ("b", "c", "works_at", 1.0, None, None, "r2"),
    ("a", "c", "owns", 0.5, None, None, "r1"),
]


def _rows(graph):
    return sorted(map(str, edge_table(graph).to_pylist()))


def _edge(source, target, kind="partner", **kwargs):
    return Edge(source_id=source, target_id=target, edge_type=kind, **kwargs)


def test_a_record_gives_its_edges_anew(tmp_path):
    graph = graph_of(tmp_path, NODES, EDGES)
    after = Changes(
        withdrawn_evidence=("r1",),
        nodes=(Node(node_id="0", kind="patent", label="new"),),
        edges=(_edge("a", "0", "invents", evidence="r1", start=date(2026, 1, 1)),),
    ).applied_to(graph)
    assert after.summary().edges_by_type == {"owns": 0, "works_at": 1, "invents": 1}
    assert [one.node.node_id for one in neighbourhood(after, "a", hops=2).neighbours] == ["a", "0"]
    assert graph.summary().edges == 3  # the one given stays as it is


def test_withdrawn_nodes_take_their_edges_along(tmp_path):
    graph = Changes(withdrawn_nodes=("c",)).applied_to(graph_of(tmp_path, NODES, EDGES))
    assert (graph.summary().nodes, graph.summary().edges) == (2, 0)
    assert node_table(graph)["node_id"].to_pylist() == ["a", "b"]
    with pytest.raises(UnknownNode):
        graph.node("c")


def test_recorded_changes_are_there_after_loading_and_after_rebuilding(tmp_path):
    place = build_snapshot(tmp_path / "s", nodes=table_of_nodes(NODES), edges=table_of_edges(EDGES))
    record_changes(place, Changes(edges=(_edge("a", "b", evidence="x", weight=2.0),)))
    record_changes(place, Changes(withdrawn_edges=(_edge("a", "b"), _edge("a", "c", "owns"))))
    record_changes(place, Changes(nodes=(Node(node_id="b", kind="firm", label="B Ltd"),)))
    graph = load_snapshot(place)
    assert graph.summary().pending_changes == 3
    assert graph.summary().edges_by_type == {"owns": 0, "works_at": 2, "partner": 0}
    merged = load_snapshot(rebuild_snapshot(place, tmp_path / "merged"))
    assert merged.summary().pending_changes == 0
    assert _rows(merged) == _rows(graph)
    assert node_table(merged).to_pylist() == node_table(graph).to_pylist()
    assert merged.node("b") == Node(node_id="b", kind="firm", label="B Ltd")


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_changes_laid_over_equal_a_graph_built_anew(tmp_path, data):
    graph = random_graph(tmp_path, data.draw(st.integers(0, 99)), n_nodes=12, n_edges=25)
    ids = node_table(graph)["node_id"].to_pylist()
    every = [graph.edge(number) for number in range(graph.summary().edges)]
    gone = data.draw(st.lists(st.sampled_from(every), unique=True, max_size=4))
    pairs = st.tuples(st.sampled_from(ids), st.sampled_from(ids)).filter(lambda p: p[0] != p[1])
    fresh = [_edge(*pair, "guides") for pair in data.draw(st.lists(pairs, max_size=5))]
    ends = {(edge.source_id, edge.target_id, edge.edge_type) for edge in gone}
    changed = Changes(withdrawn_edges=tuple(gone)).applied_to(graph)
    changed = Changes(edges=tuple(fresh)).applied_to(changed)
    left = [e for e in every if (e.source_id, e.target_id, e.edge_type) not in ends] + fresh
    anew = graph_of(
        tmp_path,
        [(one["node_id"], one["kind"]) for one in node_table(graph).to_pylist()],
        [
            (e.source_id, e.target_id, e.edge_type, e.weight, e.start, e.end, e.evidence or None)
            for e in left
        ],
    )
    assert _rows(changed) == _rows(anew)
    for node_id in ids[:4]:
        one, other = (neighbourhood(each, node_id, hops=2) for each in (changed, anew))
        assert {n.node.node_id: n.hops for n in one.neighbours} == {
            n.node.node_id: n.hops for n in other.neighbours
        }


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        (Changes(edges=(_edge("a", "ghost"),)), DanglingEdge),
        (Changes(edges=(_edge("a", "a"),)), DanglingEdge),
        (Changes(edges=(_edge("a", "b", weight=0.0),)), WeightOutOfRange),
        (
            Changes(edges=(_edge("a", "b", start=date(2026, 1, 2), end=date(2026, 1, 1)),)),
            DatesReversed,
        ),
        (Changes(withdrawn_edges=(_edge("a", "b"),)), UnknownEdge),
        (Changes(withdrawn_nodes=("ghost",)), UnknownNode),
    ],
)
def test_changes_that_cannot_stand_are_refused_and_not_recorded(tmp_path, changes, error):
    place = build_snapshot(tmp_path / "s", nodes=table_of_nodes(NODES), edges=table_of_edges(EDGES))
    with pytest.raises(error):
        record_changes(place, changes)
    assert load_snapshot(place).summary().pending_changes == 0


def test_damaged_changes_are_refused(tmp_path):
    place = build_snapshot(tmp_path / "s", nodes=table_of_nodes(NODES), edges=table_of_edges(EDGES))
    record_changes(place, Changes(edges=(_edge("a", "b"),))).write_text("{")
    with pytest.raises(SnapshotUnreadable):
        load_snapshot(place)


def test_a_node_may_go_by_another_of_its_ids(tmp_path):
    place = tmp_path / "graph"
    build_snapshot(
        place,
        nodes=pa.table(
            {"node_id": ["a", "b", "c"], "kind": ["org"] * 3, "label": ["A", "B", "C"]}
        ),
        edges=pa.table(
            {
                "source_id": ["b"], "target_id": ["c"], "edge_type": ["owns"], "weight": [1.0],
                "start": pa.array([None], "date32"), "end": pa.array([None], "date32"),
                "evidence": ["e"],
            }
        ),
        same_as=pa.table({"node_id": ["b"], "canonical_id": ["a"]}),
    )  # fmt: skip
    graph = load_snapshot(place)
    told = with_other_ids(graph, {"a": Node(node_id="b", kind="org", label="B")})
    assert ("a" in told.nodes, told.node("b").node_id, graph.node("b").node_id) == (False, "b", "a")
    assert told.edge(0).source_id == "b"
    assert told.nodes.find_all(["a", "b", "c"]).tolist() == [-1, 0, 1]
    assert sorted(told.nodes.columns()["node_id"]) == ["b", "c"]
