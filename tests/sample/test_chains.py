"""The city's chains hang together, and their gaps are where they were planted."""

from collections import defaultdict

import pytest

from silian.sample import generate_city
from silian.sample.chains import planted_gaps, target_chains


@pytest.fixture(scope="module")
def chains():
    city = generate_city("small", seed=3)
    return {kind: list(city.rows(kind)) for kind in ("chain_node", "chain_link", "chain_member")}


def test_every_name_is_one_node_and_every_link_joins_two(chains):
    nodes = {row["source_key"]: row["name"] for row in chains["chain_node"]}
    assert len(set(nodes.values())) == len(nodes)
    for link in chains["chain_link"]:
        assert {link["from_key"], link["to_key"]} <= nodes.keys()
        assert link["from_key"] != link["to_key"]


def test_goods_flow_one_way(chains):
    feeds = defaultdict(list)
    for link in chains["chain_link"]:
        if link["relation"] == "upstream":
            feeds[link["from_key"]].append(link["to_key"])
    done, open_now = set(), set()

    def visit(key):
        assert key not in open_now, "a circle"
        if key in done:
            return
        open_now.add(key)
        for target in feeds[key]:
            visit(target)
        open_now.remove(key)
        done.add(key)

    for row in chains["chain_node"]:
        visit(row["source_key"])


def test_planted_gaps_have_no_maker_here_or_one(chains):
    keys = {row["name"]: row["source_key"] for row in chains["chain_node"]}
    here = defaultdict(list)
    for row in chains["chain_member"]:
        if row["organisation_key"]:
            here[row["node_key"]].append(row["revenue_share"])
    gaps = planted_gaps()
    assert [len(here[keys[name]]) for name in gaps["missing"]] == [0, 0, 0]
    assert [len(here[keys[name]]) for name in gaps["weak"]] == [1, 1]
    assert all(max(here[keys[name]]) < 0.07 for name in gaps["weak"])


def test_shares_of_revenue_are_fractions_of_one_whole(chains):
    whole = defaultdict(float)
    for row in chains["chain_member"]:
        assert 0 < row["revenue_share"] <= 1
        if row["role"] == "主营产品":
            whole[row["organisation_key"]] += row["revenue_share"]
    assert max(whole.values()) <= 1.0


def test_target_chains_name_end_products(chains):
    names = {row["name"] for row in chains["chain_node"]}
    assert len(target_chains()) == 3
    assert all(set(target["roots"]) <= names for target in target_chains())
