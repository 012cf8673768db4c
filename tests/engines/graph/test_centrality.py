import networkx
import numpy as np
import pytest
from small_graphs import graph_of, random_graph

from silian.engines.graph import (
    Changes,
    EdgeFilter,
    betweenness,
    components,
    edge_table,
    find_communities,
    pagerank,
    similar_nodes,
)
from silian.engines.graph.snapshot_errors import LimitOutOfRange, UnknownNode


def _oracle(graph, kind=networkx.MultiGraph):
    made = kind()
    made.add_nodes_from(graph.nodes.node_id(place) for place in range(graph.n_nodes))
    for row in edge_table(graph).to_pylist():
        made.add_edge(row["source_id"], row["target_id"], weight=row["weight"])
    return made


@pytest.mark.parametrize("seed", range(5))
def test_components_equal_networkx(tmp_path, seed):
    graph = random_graph(tmp_path, seed, n_edges=18)
    found = components(graph)
    wanted = sorted(map(sorted, networkx.connected_components(_oracle(graph))))
    parts = [
        sorted(graph.nodes.node_id(place) for place in np.flatnonzero(found.labels == number))
        for number in range(len(found.sizes))
    ]
    assert sorted(parts) == wanted
    assert found.sizes.tolist() == sorted(map(len, wanted), reverse=True)
    assert found.of("n000") == found.labels[0]


def test_withdrawn_nodes_belong_to_no_component(tmp_path):
    graph = Changes(withdrawn_nodes=("n003",)).applied_to(random_graph(tmp_path, 1))
    found = components(graph)
    assert found.labels[3] == -1
    assert found.sizes.sum() == 29
    assert pagerank(graph).values[3] == 0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("directed", [False, True])
def test_pagerank_equals_networkx(tmp_path, seed, directed):
    graph = random_graph(tmp_path, seed)
    kind = networkx.MultiDiGraph if directed else networkx.MultiGraph
    for start in (None, {"n003": 2.0, "n004": 1.0}):
        wanted = networkx.pagerank(
            _oracle(graph, kind), personalization=start, weight="weight", tol=1e-12, max_iter=500
        )
        found = pagerank(graph, start=start, directed=directed, tolerance=1e-12)
        assert found.values == pytest.approx(np.array(list(wanted.values())), abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_betweenness_equals_networkx(tmp_path, seed):
    graph = random_graph(tmp_path, seed, n_edges=45)
    oracle = networkx.Graph(_oracle(graph))
    everyone = list(oracle)
    wanted = networkx.betweenness_centrality(oracle)
    assert betweenness(graph, among=everyone).values == pytest.approx(list(wanted.values()))
    some = everyone[:20]
    part = networkx.betweenness_centrality(oracle.subgraph(some))
    found = betweenness(graph, among=some)
    assert {one: found.of(one) for one in some} == pytest.approx(part)


def test_sampled_betweenness_comes_near_and_repeats(tmp_path):
    graph = random_graph(tmp_path, 3, n_nodes=120, n_edges=300)
    exact = betweenness(graph).values
    estimate = betweenness(graph, samples=60, seed=4).values
    assert np.corrcoef(exact, estimate)[0, 1] > 0.95
    assert (betweenness(graph, samples=60, seed=4).values == estimate).all()


def test_the_bridge_between_two_cliques_comes_first(tmp_path):
    graph = _two_cliques(tmp_path)
    top = betweenness(graph).top(3)
    assert [one.node.node_id for one in top] == ["bridge", "a0", "b0"]
    assert [one.node.node_id for one in pagerank(graph).top(2, kind="b")] == ["b0", "b1"]


def test_communities_are_the_cliques_with_the_modularity_of_networkx(tmp_path):
    graph = _two_cliques(tmp_path)
    found = find_communities(graph)
    assert found.of("a0") == found.of("a4") != found.of("b0") == found.of("b4")
    oracle = _oracle(graph, networkx.Graph)
    groups = [
        {node.node_id for node in found.members(number)} for number in range(len(found.groups))
    ]
    assert found.modularity == pytest.approx(networkx.community.modularity(oracle, groups))
    assert sum(group.size for group in found.groups) == graph.n_nodes
    assert all(0 < group.inward_share <= 1 for group in found.groups)
    assert find_communities(graph, seed=0).labels.tolist() == found.labels.tolist()


def test_nodes_without_edges_belong_to_no_community(tmp_path):
    assert find_communities(graph_of(tmp_path, [("a", "x")], [])).labels.tolist() == [-1]
    assert components(graph_of(tmp_path, [("a", "x")], [])).sizes.tolist() == [1]


def test_similar_things_share_rare_neighbours(tmp_path):
    nodes = [*((f"firm{n}", "firm") for n in range(4)), *((f"p{n}", "product") for n in range(4))]
    edges = [
        ("firm0", "p0", "produces"),
        ("firm0", "p1", "produces"),
        ("firm1", "p0", "produces"),
        ("firm1", "p1", "produces"),
        ("firm2", "p1", "produces"),
        ("firm2", "p2", "produces"),
        ("firm3", "p1", "needs"),
    ]
    graph = graph_of(tmp_path, nodes, edges)
    first, second = similar_nodes(graph, "firm0")
    assert (first.node.node_id, first.similarity) == ("firm1", pytest.approx(1.0))
    assert sum(tie.contribution for tie in first.shared) == pytest.approx(1.0)
    assert [tie.node.node_id for tie in first.shared] == ["p0", "p1"]  # the rarer says more
    assert second.node.node_id == "firm2"
    assert 0 < second.similarity < 1
    none = similar_nodes(graph, "firm3", chosen=EdgeFilter(types=frozenset({"needs"})))
    assert none == ()


def test_senseless_numbers_are_refused(tmp_path):
    graph = graph_of(tmp_path, [("a", "x")], [])
    for question in (
        lambda: pagerank(graph, damping=1.0),
        lambda: betweenness(graph, samples=0),
        lambda: find_communities(graph, resolution=0.0),
        lambda: similar_nodes(graph, "a", most=0),
    ):
        with pytest.raises(LimitOutOfRange):
            question()
    with pytest.raises(UnknownNode):
        pagerank(graph, start={"a": 0.0})


def _two_cliques(tmp_path):
    nodes = [(f"{side}{n}", side) for side in "ab" for n in range(5)]
    edges = [
        (f"{side}{one}", f"{side}{two}", "partner")
        for side in "ab"
        for one in range(5)
        for two in range(one)
    ]
    edges += [("a0", "bridge", "partner"), ("bridge", "b0", "partner")]
    return graph_of(tmp_path, [*nodes, ("bridge", "x")], edges)


def test_communities_among_some_nodes_are_those_of_their_own_ties(tmp_path):
    nodes = [(name, "person") for name in "abcdef"]
    triangles = [("a", "b"), ("b", "c"), ("c", "a"), ("d", "e"), ("e", "f"), ("f", "d")]
    edges = [(*pair, "partner") for pair in [*triangles, ("c", "d")]]
    graph = graph_of(tmp_path, nodes, edges)
    found = find_communities(graph, among=["a", "b", "c", "e"])
    assert {found.of(one) for one in "abc"} == {0}
    assert [found.of(one) for one in "def"] == [-1, -1, -1]
    assert [group.size for group in found.groups] == [3]
