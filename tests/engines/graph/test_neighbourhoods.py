import networkx
import pytest
from small_graphs import graph_of, random_graph

from silian.engines.graph import EdgeFilter, edge_table, neighbourhood, nodes_within
from silian.engines.graph.snapshot_errors import LimitOutOfRange, UnknownNode


def _ids(found):
    return {one.node.node_id: one.hops for one in found.neighbours}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("hops", [1, 2, 4])
def test_hops_equal_networkx(tmp_path, seed, hops):
    graph = random_graph(tmp_path, seed)
    oracle = networkx.Graph()
    oracle.add_nodes_from(f"n{number:03d}" for number in range(30))
    table = edge_table(graph)
    oracle.add_edges_from(
        zip(*(table[c].to_pylist() for c in ("source_id", "target_id")), strict=True)
    )
    for start in ("n000", "n007", "n029"):
        wanted = networkx.single_source_shortest_path_length(oracle, start, cutoff=hops)
        found = neighbourhood(graph, start, hops=hops)
        assert _ids(found) == dict(wanted)
        assert not found.truncated
        ids = nodes_within(graph, start, hops)
        assert sorted(ids) == sorted(set(wanted) - {start})
        assert [wanted[one] for one in ids] == sorted(wanted[one] for one in ids)


STAR = [("hub", "a"), *((f"leaf{number}", "b") for number in range(9)), ("far", "b")]
SPOKES = [
    *(("hub", f"leaf{number}", "supplies", 1.0 + number) for number in range(9)),
    ("leaf8", "far", "supplies", 1.0),
]


def test_limits_keep_the_strongest_and_say_so(tmp_path):
    graph = graph_of(tmp_path, STAR, SPOKES)
    found = neighbourhood(graph, "hub", limit=3)
    assert _ids(found) == {"hub": 0, "leaf8": 1, "leaf7": 1}
    assert found.truncated
    found = neighbourhood(graph, "hub", hops=2, per_node=2)
    assert _ids(found) == {"hub": 0, "leaf8": 1, "leaf7": 1, "far": 2}
    assert {(edge.source_id, edge.target_id) for edge in found.edges} == {
        ("hub", "leaf8"),
        ("hub", "leaf7"),
        ("leaf8", "far"),
    }


def test_direction_and_filter_hold_at_every_step(tmp_path):
    graph = graph_of(tmp_path, STAR, SPOKES)
    assert _ids(neighbourhood(graph, "far", hops=3, direction="out")) == {"far": 0}
    only_b = EdgeFilter(kinds=frozenset({"b"}))
    assert _ids(neighbourhood(graph, "far", hops=3, chosen=only_b)) == {"far": 0, "leaf8": 1}
    assert _ids(neighbourhood(graph, "far", hops=3, direction="in", limit=4))["hub"] == 2


def test_senseless_limits_are_refused(tmp_path):
    graph = graph_of(tmp_path, STAR, SPOKES)
    for wrong in ({"hops": 0}, {"limit": 0}, {"per_node": 0}):
        with pytest.raises(LimitOutOfRange):
            neighbourhood(graph, "hub", **wrong)
    with pytest.raises(UnknownNode, match="nobody"):
        neighbourhood(graph, "nobody")
