from datetime import date

import networkx
import numpy as np
import pytest
from small_graphs import graph_of

from silian.engines.graph import LinkTask, evaluate_links, learn_links, predict_links
from silian.engines.graph.link_features import LinkFeatures, logistic_weights
from silian.engines.graph.snapshot_errors import EvaluationImpossible, LimitOutOfRange

TASK = LinkTask(edge_type="partner", kind="person", context=("about",))
DAYS = {"known_until": date(2021, 12, 31), "learn_until": date(2022, 12, 31)}


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    """People work with those of their own topic; each knows one topic of twelve."""
    random = np.random.default_rng(8)
    topics = random.integers(0, 12, 180)
    nodes = [(f"p{n:03d}", "person") for n in range(180)]
    nodes += [(f"t{n:02d}", "topic") for n in range(12)]
    edges = [(f"p{n:03d}", f"t{topics[n]:02d}", "about") for n in range(180)]
    for _ in range(900):
        one, other = random.integers(0, 180, 2)
        if topics[one] != topics[other]:
            other = random.choice(np.flatnonzero(topics == topics[one]))
        if random.random() < 0.15:
            other = random.integers(0, 180)
        if one != other:
            day = date(2019 + int(random.integers(5)), 6, 1)
            edges.append((f"p{one:03d}", f"p{other:03d}", "partner", 1.0, day))
    return graph_of(tmp_path_factory.mktemp("links"), nodes, edges)


def test_the_model_foretells_better_than_what_it_is_held_against(graph):
    model = learn_links(graph, TASK, **DAYS)
    found = evaluate_links(
        graph, model, known_until=date(2022, 12, 31), judge_until=date(2023, 12, 31)
    )
    ours, *others = (found.quality[name] for name in ("model", "adamic_adar", "common_neighbours"))
    assert found.judged_pairs > 50
    assert all(ours.auc > other.auc for other in others)
    assert all(ours.hits_at_10 >= other.hits_at_10 for other in others)


def test_nothing_later_than_the_day_is_known(graph):
    features = LinkFeatures(graph, TASK, date(2018, 1, 1))
    assert features.ties.nnz == 0
    assert LinkFeatures(graph, TASK, None).ties.nnz > 0


def test_features_equal_networkx(graph):
    features = LinkFeatures(graph, TASK, None)
    oracle = networkx.from_scipy_sparse_array(features.ties)
    random = np.random.default_rng(1)
    pairs = random.integers(0, 180, (60, 2))
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    values = features.pairs(pairs[:, 0], pairs[:, 1])
    adar = [score for *_, score in networkx.adamic_adar_index(oracle, pairs)]
    allocation = [score for *_, score in networkx.resource_allocation_index(oracle, pairs)]
    common = [len(list(networkx.common_neighbors(oracle, *pair))) for pair in pairs.tolist()]
    assert values[:, 0] == pytest.approx(np.log1p(common))
    assert values[:, 1] == pytest.approx(adar)
    assert np.expm1(values[:, 2]) == pytest.approx(allocation)


def test_predictions_are_new_reasoned_and_repeat(graph):
    model = learn_links(graph, TASK, **DAYS)
    found = predict_links(graph, "p007", model, most=5)
    assert found == predict_links(graph, "p007", model, most=5)
    features = LinkFeatures(graph, TASK, None)
    tied = {graph.nodes.node_id(features.candidates[n]) for n in features.ties[7].indices}
    assert len(found) == 5
    for one in found:
        assert one.node.node_id not in tied | {"p007"}
        assert one.score == pytest.approx(sum(one.contributions.values()) + model.intercept)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_logistic_weights_find_the_odds():
    labels = np.array([True] * 30 + [False] * 10 + [True] * 10 + [False] * 30)
    values = np.repeat([[1.0], [-1.0]], 40, axis=0)
    intercept, weight = logistic_weights(values, labels, ridge=1e-9)
    assert intercept == pytest.approx(0.0, abs=1e-9)
    assert weight == pytest.approx(np.log(3))


def test_spans_without_new_ties_and_wrong_kinds_are_refused(graph):
    with pytest.raises(EvaluationImpossible):
        learn_links(graph, TASK, known_until=date(2030, 1, 1), learn_until=date(2031, 1, 1))
    model = learn_links(graph, TASK, **DAYS)
    with pytest.raises(EvaluationImpossible):
        evaluate_links(graph, model, known_until=date(2030, 1, 1), judge_until=date(2031, 1, 1))
    for wrong in ({"node_id": "t00"}, {"node_id": "p001", "most": 0}):
        with pytest.raises(LimitOutOfRange):
            predict_links(graph, model=model, **wrong)


def test_pairs_have_the_features_that_rows_have(graph):
    features = LinkFeatures(graph, TASK, date(2022, 1, 1))
    random = np.random.default_rng(5)
    firsts, seconds = random.integers(0, 180, (2, 80))
    rows = features.rows(firsts)[np.arange(80), seconds]
    np.testing.assert_allclose(features.pairs(firsts, seconds, batch=32), rows, atol=1e-12)


def test_of_many_new_ties_some_are_learned_from(graph):
    few = learn_links(graph, TASK, **DAYS, most_pairs=40)
    assert few == learn_links(graph, TASK, **DAYS, most_pairs=40)
    assert few != learn_links(graph, TASK, **DAYS)


def test_features_at_hand_change_no_answer(graph):
    model = learn_links(graph, TASK, **DAYS)
    features = LinkFeatures(graph, TASK, None)
    assert predict_links(graph, "p001", model, features=features) == predict_links(
        graph, "p001", model
    )
