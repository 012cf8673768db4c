import itertools

import networkx
import pytest
from small_graphs import graph_of, random_graph

from silian.engines.graph import (
    EdgeFilter,
    PathCosts,
    edge_table,
    path_distances,
    paths_by_cost,
    shortest_path,
    shortest_paths,
)
from silian.engines.graph.snapshot_errors import (
    LimitOutOfRange,
    SubgraphTooLarge,
    UnknownEdgeType,
    UnknownNode,
    WeightOutOfRange,
)


def _oracle(graph, costs, directed=False):
    made = networkx.DiGraph() if directed else networkx.Graph()
    made.add_nodes_from(graph.nodes.node_id(place) for place in range(graph.n_nodes))
    for row in edge_table(graph).to_pylist():
        cost = costs.by_type.get(row["edge_type"], costs.otherwise)
        if costs.by_strength:
            cost /= row["weight"]
        ends = row["source_id"], row["target_id"]
        known = made.get_edge_data(*ends, default={"cost": float("inf")})["cost"]
        made.add_edge(*ends, cost=min(cost, known))
    return made


COSTS = [
    PathCosts(),
    PathCosts(by_strength=False),
    PathCosts(by_type={"writes": 0.25}, otherwise=3.0),
]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("costs", COSTS)
@pytest.mark.parametrize("directed", [False, True])
def test_costs_equal_networkx(tmp_path, seed, costs, directed):
    graph = random_graph(tmp_path, seed, n_nodes=25, n_edges=40)
    oracle = _oracle(graph, costs, directed)
    for start, end in itertools.product(list(oracle)[:6], list(oracle)[6:14]):
        found = shortest_path(
            graph, start, end, costs=costs, direction="out" if directed else "both"
        )
        try:
            wanted = networkx.dijkstra_path_length(oracle, start, end, weight="cost")
        except networkx.NetworkXNoPath:
            assert found is None
            continue
        assert found.cost == pytest.approx(wanted)
        assert found.steps[0].start.node_id == start
        assert found.steps[-1].end.node_id == end
        for one, after in itertools.pairwise(found.steps):
            assert one.end == after.start


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("costs", COSTS)
@pytest.mark.parametrize("directed", [False, True])
def test_k_paths_equal_networkx(tmp_path, seed, costs, directed):
    graph = random_graph(tmp_path, seed, n_nodes=14, n_edges=30)
    oracle = _oracle(graph, costs, directed)
    direction = "out" if directed else "both"
    for start, end in (("n000", "n013"), ("n001", "n007"), ("n004", "n005")):
        found = shortest_paths(graph, start, end, most=8, costs=costs, direction=direction)
        if not networkx.has_path(oracle, start, end):
            assert found == ()
            continue
        ways = networkx.shortest_simple_paths(oracle, start, end, weight="cost")
        wanted = [networkx.path_weight(oracle, way, "cost") for way in itertools.islice(ways, 8)]
        assert [path.cost for path in found] == pytest.approx(wanted)
        seen = {tuple(step.end.node_id for step in path.steps) for path in found}
        assert len(seen) == len(found)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("costs", COSTS)
@pytest.mark.parametrize("expected", [1, 3])
def test_paths_asked_for_one_by_one_are_all_that_networkx_finds(tmp_path, seed, costs, expected):
    graph = random_graph(tmp_path, seed, n_nodes=10, n_edges=18)
    oracle = _oracle(graph, costs, directed=False)
    start, end = "n001", "n007"
    found = list(paths_by_cost(graph, start, end, expected=expected, costs=costs))
    ways = (
        list(networkx.shortest_simple_paths(oracle, start, end, weight="cost"))
        if networkx.has_path(oracle, start, end)
        else []
    )
    assert [path.cost for path in found] == pytest.approx(
        [networkx.path_weight(oracle, way, "cost") for way in ways]
    )
    assert {tuple(step.end.node_id for step in path.steps) for path in found} == {
        tuple(way[1:]) for way in ways
    }


NODES = [("zhang", "person"), ("works", "firm"), ("li", "person"), ("city", "region")]
EDGES = [
    ("zhang", "works", "works_at", 1.0),
    ("zhang", "works", "owns", 0.5),
    ("li", "works", "works_at", 1.0),
    ("zhang", "city", "located_in", 9.0),
    ("li", "city", "located_in", 9.0),
]


def test_every_step_says_what_it_means(tmp_path):
    graph = graph_of(tmp_path, NODES, EDGES)
    path = shortest_path(graph, "zhang", "li", chosen=EdgeFilter(kinds=frozenset({"firm"})))
    assert path.reads() == "ZHANG 任职于 WORKS；WORKS 聘用 LI"
    assert path.reads("en") == "ZHANG works at WORKS; WORKS employs LI"
    assert [(step.forward, step.others, step.cost) for step in path.steps] == [
        (True, 1, 1.0),
        (False, 0, 1.0),
    ]


def test_hubs_are_not_walked_through_but_may_be_an_end(tmp_path):
    graph = graph_of(tmp_path, NODES, EDGES)
    assert shortest_path(graph, "zhang", "li").steps[0].end.node_id == "city"
    few = PathCosts(most_ties=2, by_strength=False)
    assert shortest_path(graph, "zhang", "li", costs=few).steps[0].end.node_id == "city"
    assert shortest_path(graph, "zhang", "li", costs=PathCosts(most_ties=1)) is None
    assert len(shortest_path(graph, "zhang", "works", costs=PathCosts(most_ties=1)).steps) == 1


def test_a_thing_is_at_no_distance_from_itself(tmp_path):
    graph = graph_of(tmp_path, NODES, EDGES)
    assert shortest_path(graph, "li", "li").steps == ()
    assert [path.cost for path in shortest_paths(graph, "li", "li")] == [0]


def test_senseless_questions_are_refused(tmp_path):
    graph = graph_of(tmp_path, NODES, EDGES)
    with pytest.raises(UnknownNode):
        shortest_path(graph, "li", "wang")
    with pytest.raises(LimitOutOfRange):
        shortest_paths(graph, "li", "zhang", most=0)
    with pytest.raises(WeightOutOfRange):
        PathCosts(by_type={"owns": 0.0})
    with pytest.raises(UnknownEdgeType):
        shortest_path(graph, "li", "zhang", costs=PathCosts(by_type={"sings": 1.0}))


def test_a_search_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(path_distances, "_MOST_VISITED", 3)
    nodes = [(f"n{number}", "person") for number in range(9)]
    graph = graph_of(
        tmp_path, nodes, [(f"n{one}", f"n{one + 1}", "writes", 1.0) for one in range(8)]
    )
    with pytest.raises(SubgraphTooLarge, match="pass most_ties"):
        shortest_path(graph, "n0", "n8")
