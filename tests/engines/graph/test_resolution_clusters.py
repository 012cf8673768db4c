"""Links that are alone are settled at once, and come to what all others come to."""

import random

from silian.engines.graph import Decision, Link
from silian.engines.graph.resolution_clusters import cluster

#: Nobody decided anything on these records; it only sends every link the long way.
ON_NOBODY = (Decision(kind="merge", record_ids=("gone", "too")),)


def _link(left, right, probability=0.9, state="linked"):
    return Link(left_id=left, right_id=right, weight_bits=4.0, probability=probability, state=state)


def test_lone_links_settle_as_links_among_others_do():
    draw = random.Random(5)
    ids = [f"{number:03}" for number in range(120)]
    for _ in range(20):
        links = [
            _link(*draw.sample(ids, 2), round(draw.random(), 2), draw.choice(("linked", "review")))
            for _ in range(60)
        ]
        codes = {one: draw.choice(("", "", "U1", "U2")) for one in ids}
        names = {one: f"name {one}" for one in ids if draw.random() < 0.5}
        assert cluster(ids, links, codes=codes, identities=names) == cluster(
            ids, links, codes=codes, identities=names, decisions=ON_NOBODY
        )


def test_a_lone_link_does_not_bring_two_codes_together():
    [link], clusters = cluster(["a", "b"], [_link("b", "a")], codes={"a": "U1", "b": "U2"})
    assert (link.state, link.reason) == ("refused", "contradicting_codes")
    assert [one.record_ids for one in clusters] == [("a",), ("b",)]


def test_a_lone_link_keeps_the_code_that_one_side_knows():
    _, [found] = cluster(["a", "b"], [_link("b", "a", 0.8)], codes={"b": "U2"})
    assert (found.cluster_id, found.record_ids, found.unified_code, found.probability) == (
        "a",
        ("a", "b"),
        "U2",
        0.8,
    )


def test_a_link_of_a_record_with_itself_changes_nothing():
    _, clusters = cluster(["a"], [_link("a", "a")])
    assert [one.record_ids for one in clusters] == [("a",)]
