import json

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import rankdata

from silian.engines.graph import (
    Capabilities,
    ChainStrength,
    ChainThresholds,
    IndustryChain,
    Presence,
    remove_from_chain,
)
from silian.engines.graph.snapshot_errors import ChainTableRefused, LimitOutOfRange, UnknownNode

LINES = ChainThresholds(
    least_confidence=0.5, least_local_share=0.3, most_concentration=0.5, part_depth=1
)
#        ore -> magnet -> motor -> robot; servo is a motor; gear -> robot
NODES = pa.table({"node_id": ["ore", "magnet", "motor", "servo", "gear", "robot"]})
LINKS = pa.table(
    {
        "source_id": ["ore", "magnet", "motor", "gear", "servo"],
        "target_id": ["magnet", "motor", "robot", "robot", "motor"],
        "relation": ["upstream", "upstream", "upstream", "upstream", "part_of"],
        "weight": [1.0, 2.0, 3.0, 1.0, 1.0],
        "evidence": ["l1", "l2", "l3", "l4", "l5"],
    }
)
MEMBERS = [
    ("far-mine", "ore", "enterprise", False, 1.0, 10.0),
    ("alpha", "magnet", "enterprise", True, 1.0, 6.0),
    ("beta", "magnet", "enterprise", True, 0.5, 4.0),
    ("far-magnets", "magnet", "enterprise", False, 1.0, 2.0),
    ("beta", "servo", "enterprise", True, 1.0, 5.0),
    ("doubtful", "gear", "enterprise", True, 0.4, 9.0),
    ("far-gears", "gear", "enterprise", False, 1.0, 8.0),
    ("gamma", "robot", "enterprise", True, 1.0, 1.0),
    ("delta", "robot", "enterprise", True, 1.0, 1.0),
    ("prof", "gear", "person", True, 0.9, 1.0),
]


def _members(rows):
    names = ("entity_id", "node_id", "kind", "local", "confidence", "size")
    columns = list(zip(*rows, strict=True)) or [()] * 6
    types = ("string", "string", "string", "bool", "float64", "float64")
    return pa.table({n: pa.array(c, t) for n, c, t in zip(names, columns, types, strict=True)})


def _chain(members=MEMBERS, nodes=NODES, links=LINKS):
    return IndustryChain(nodes=nodes, links=links, members=_members(members))


def _assessed(**kwargs):
    return {one.node_id: one for one in ChainStrength(_chain(**kwargs), LINES).assess()}


def test_every_node_has_its_status():
    assert {node_id: one.status for node_id, one in _assessed().items()} == {
        "ore": "missing",
        "magnet": "concentrated",
        "motor": "concentrated",
        "servo": "concentrated",
        "gear": "missing",
        "robot": "sound",
    }
    assert _assessed(members=[])["robot"].status == "unknown"
    assert _assessed(members=[])["robot"].local_share is None


def test_shares_and_concentration_follow_from_size_and_confidence():
    magnet = _assessed()["magnet"]
    assert (magnet.local_capacity, magnet.outside_capacity) == (8.0, 2.0)
    assert magnet.local_share == pytest.approx(0.8)
    assert magnet.concentration == pytest.approx(0.75**2 + 0.25**2)
    assert magnet.effective_enterprises == pytest.approx(1.6)
    # here 8 + 5 (servo) + 5 (servo as motor) + 2 of 40 in all
    assert magnet.specialisation == pytest.approx(0.8 / (20 / 40))
    assert _assessed()["gear"].presence == {
        "enterprise": Presence(local=0, outside=1),
        "person": Presence(local=1, outside=0),
    }


def test_dependence_weighs_inputs_and_passes_over_what_is_unknown():
    assert _assessed()["magnet"].input_dependence == 1.0
    assert _assessed()["motor"].input_dependence == pytest.approx(0.2)
    assert _assessed()["robot"].input_dependence == pytest.approx((3 * 0.0 + 1 * 1.0) / 4)
    assert _assessed()["ore"].input_dependence is None
    counts = {name: (one.n_known_inputs, one.n_inputs) for name, one in _assessed().items()}
    assert (counts["ore"], counts["robot"]) == ((0, 0), (2, 2))


def test_gaps_are_those_that_local_enterprises_wait_for_with_evidence():
    strength = ChainStrength(_chain(), LINES)
    assert [(one.node_id, one.waiting) for one in strength.gaps()] == [("gear", 2), ("ore", 2)]
    evidence = strength.evidence("gear")
    assert [link.evidence for link in evidence.links] == ["l4"]
    assert [member.entity_id for member in evidence.waiting] == ["gamma", "delta"]
    assert [member.entity_id for member in evidence.suppliers] == ["far-gears"]


def test_losses_follow_the_links_by_share_or_in_full():
    found = remove_from_chain(_chain(), nodes=["ore"])
    assert [(one.node_id, one.loss, one.steps, one.through) for one in found.nodes] == [
        ("magnet", 1.0, 1, "ore"),
        ("motor", 1.0, 2, "magnet"),
        ("robot", 0.75, 3, "motor"),
    ]
    assert {one.entity_id: one.loss for one in found.entities}["gamma"] == 0.75
    found = remove_from_chain(_chain(), nodes=["gear"], substitution="none")
    assert [(one.node_id, one.loss) for one in found.nodes] == [("robot", 1.0)]


def test_an_enterprise_takes_its_share_along():
    found = remove_from_chain(_chain(), entities=["alpha"])
    assert {one.node_id: pytest.approx(one.loss) for one in found.nodes} == {
        "magnet": 0.6,
        "motor": 0.6,
        "robot": 0.45,
    }
    assert all(one.entity_id != "alpha" for one in found.entities)
    here = remove_from_chain(_chain(), entities=["alpha"], within_region=True)
    assert here.nodes[0].loss == pytest.approx(0.75)


def test_who_only_loses_a_rival_loses_nothing():
    found = {one.entity_id: one for one in remove_from_chain(_chain(), entities=["alpha"]).entities}
    assert "far-magnets" not in found
    # beta makes 2 of magnets (which lose no input) and 5 of servo motors (which have none)
    assert "beta" not in found
    assert found["gamma"].loss == pytest.approx(0.45)


def test_a_whole_loses_with_its_parts():
    found = remove_from_chain(_chain(), nodes=["servo"])
    assert [(one.node_id, one.direct, one.loss, one.steps, one.through) for one in found.nodes] == [
        ("motor", 1.0, 1.0, 1, "servo"),
        ("robot", 0.0, 0.75, 2, "motor"),
    ]
    by_firm = remove_from_chain(_chain(), entities=["beta"])
    assert {one.node_id: one.loss for one in by_firm.nodes} == pytest.approx(
        {"servo": 1.0, "motor": 1.0, "robot": 0.75, "magnet": 2 / 10}
    )
    alone = remove_from_chain(_chain(), nodes=["servo"], part_depth=0)
    assert alone.nodes == ()


def test_a_part_takes_its_share_of_the_whole_and_what_its_inputs_cost():
    nodes = pa.table({"node_id": ["wire", "servo", "stepper", "motor", "robot"]})
    links = pa.table(
        {
            "source_id": ["wire", "servo", "stepper", "motor"],
            "target_id": ["servo", "motor", "motor", "robot"],
            "relation": ["upstream", "part_of", "part_of", "upstream"],
        }
    )
    rows = [
        ("one", "servo", "enterprise", True, 1.0, 3.0),
        ("one", "stepper", "enterprise", True, 1.0, 1.0),
        ("two", "motor", "enterprise", True, 1.0, 6.0),
        ("two", "servo", "enterprise", True, 0.3, 100.0),
    ]

    def losses(**asked):
        told = remove_from_chain(_chain(rows, nodes, links), least_confidence=0.5, **asked)
        return {one.node_id: one.loss for one in told.nodes}

    assert losses(nodes=["servo"]) == pytest.approx({"motor": 0.3, "robot": 0.3})
    assert losses(nodes=["wire"]) == pytest.approx({"servo": 1.0, "motor": 0.3, "robot": 0.3})
    assert losses(entities=["one"]) == pytest.approx(
        {"servo": 1.0, "stepper": 1.0, "motor": 0.4, "robot": 0.4}
    )
    # of a whole and parts where nobody is known, every part is an equal share
    unknown = remove_from_chain(_chain([], nodes, links), nodes=["servo"])
    assert {one.node_id: one.loss for one in unknown.nodes} == {"motor": 0.5, "robot": 0.5}


def test_losses_in_a_circle_of_parts_end():
    links = pa.table(
        {
            "source_id": ["ore", "magnet", "motor"],
            "target_id": ["magnet", "motor", "magnet"],
            "relation": ["upstream", "part_of", "part_of"],
        }
    )
    found = remove_from_chain(_chain(links=links), nodes=["ore"], part_depth=3)
    assert {one.node_id: one.loss for one in found.nodes} == pytest.approx(
        {"magnet": 1.0, "motor": 1.0}
    )


def test_losses_in_a_circle_end():
    links = pa.table(
        {"source_id": ["ore", "magnet", "motor"], "target_id": ["magnet", "motor", "magnet"]}
    )
    found = remove_from_chain(_chain(links=links), nodes=["ore"])
    assert {one.node_id: one.loss for one in found.nodes}["motor"] == pytest.approx(1.0, abs=1e-6)


def test_near_enterprises_fill_a_gap_and_say_why():
    nodes = pa.table({"node_id": ["pump", "valve", "seal", "tea"]})
    links = pa.table({"source_id": ["seal"], "target_id": ["valve"]})
    rows = [
        ("far-1", "pump", "enterprise", False, 1.0, 3.0),
        ("far-1", "valve", "enterprise", False, 1.0, 3.0),
        ("far-2", "pump", "enterprise", False, 1.0, 2.0),
        ("far-2", "valve", "enterprise", False, 1.0, 9.0),
        ("pumps", "pump", "enterprise", True, 1.0, 1.0),
        ("seals", "seal", "enterprise", True, 1.0, 1.0),
        ("teas", "tea", "enterprise", True, 1.0, 1.0),
        ("prof", "seal", "person", True, 1.0, 1.0),
    ]
    capabilities = Capabilities(_chain(rows, nodes, links), least_confidence=0.5)
    found = capabilities.fillers("valve")
    assert [one.entity_id for one in found.local] == ["seals", "pumps"]
    seals, pumps = found.local
    # Two make both, of three who make pumps: 2 / (3 + 2), and by so few half of that.
    assert (pumps.density, pumps.kinship) == pytest.approx((0.2 / 1.2, 0.0))
    assert (seals.density, seals.kinship) == pytest.approx((0.0, 0.7 / 2))
    assert [(one.node_id, one.together, one.relation) for one in pumps.near] == [("pump", 2, "")]
    assert pumps.near[0].proximity == pytest.approx(2 / 3)
    assert [(one.node_id, one.linked, one.relation) for one in seals.near] == [
        ("seal", True, "input")
    ]
    assert [one.entity_id for one in found.to_attract] == ["far-2", "far-1"]
    assert [one.entity_id for one in found.supporters] == ["prof"]


def test_thin_evidence_says_little_and_customers_come_after_those_of_the_trade():
    nodes = pa.table({"node_id": ["steel", "foil", "motor", "coil", "sheet", "metal", "gears"]})
    links = pa.table(
        {
            "source_id": ["steel", "foil", "coil", "steel", "sheet"],
            "target_id": ["motor", "motor", "steel", "metal", "metal"],
            "relation": ["upstream", "upstream", "upstream", "part_of", "part_of"],
        }
    )
    # One firm makes steel and gears; thirty others make gears and know nothing of steel.
    rows = [("one", "steel", "enterprise", True, 1.0, 1.0)]
    rows += [(f"gears-{n}", "gears", "enterprise", True, 1.0, 1.0) for n in range(30)]
    rows += [("one", "gears", "enterprise", True, 1.0, 1.0)]
    rows += [
        (f"{name}s", name, "enterprise", True, 1.0, 1.0)
        for name in ("motor", "foil", "coil", "sheet")
    ]
    rows += [
        (f"prof-{name}", name, "person", True, 1.0, 1.0) for name in ("motor", "foil", "steel")
    ]
    capabilities = Capabilities(_chain(rows, nodes, links), least_confidence=0.5)
    found = capabilities.fillers("steel", most=40)
    assert [(one.entity_id, one.is_customer) for one in found.local[:5]] == [
        ("coils", False),
        ("sheets", False),
        ("foils", False),
        ("motors", True),
        ("gears-0", False),
    ]
    assert [one.near[0].relation for one in found.local[:5]] == [
        "input", "kind", "beside", "output", "",
    ]  # fmt: skip
    assert all(one.score < 0.03 for one in found.local[4:])
    assert [one.entity_id for one in found.supporters] == ["prof-steel", "prof-foil", "prof-motor"]


def test_tables_that_do_not_fit_are_refused():
    with pytest.raises(ChainTableRefused, match="'nowhere'"):
        _chain([("alpha", "nowhere", "enterprise", True, 1.0, 1.0)])
    with pytest.raises(ChainTableRefused, match=r"confidence is 1\.5"):
        _chain([("alpha", "ore", "enterprise", True, 1.5, 1.0)])
    with pytest.raises(ChainTableRefused, match="twice"):
        _chain(nodes=pa.table({"node_id": [*NODES["node_id"].to_pylist(), "ore"]}))
    with pytest.raises(ChainTableRefused, match="lacks \\['target_id'\\]"):
        _chain(links=LINKS.drop_columns(["target_id"]))
    wrong = pa.table({"source_id": ["ore"], "target_id": ["robot"], "relation": ["eats"]})
    with pytest.raises(ChainTableRefused, match="relations \\['eats'\\]"):
        _chain(links=wrong)
    with pytest.raises(UnknownNode):
        remove_from_chain(_chain(), entities=["nobody"])
    with pytest.raises(LimitOutOfRange):
        remove_from_chain(_chain())
    with pytest.raises(LimitOutOfRange):
        ChainThresholds(
            least_confidence=0.5, least_local_share=30, most_concentration=0.5, part_depth=1
        )


@pytest.fixture(scope="module")
def listed_companies(real_data):
    """The chain of listed companies: products, what they are made of, who makes them."""
    folder = real_data / "chain_kg_full"
    if not folder.is_dir():
        pytest.skip("the chain of listed companies is absent")

    def rows(name):
        with (folder / f"{name}.jsonl").open(encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    products = dict.fromkeys(one["name"] for one in rows("product"))
    links = []
    for one in rows("product_product"):
        source, target = one["from_entity"], one["to_entity"]
        if source not in products or target not in products:
            continue
        # "A 上游材料 B": B goes into A. "A 产品小类 B": B is a kind of A.
        relation = "part_of" if one["rel"] == "产品小类" else "upstream"
        ends = (source, target) if one["rel"] == "下游产品" else (target, source)
        links.append((*ends, relation))
    makes = [one for one in rows("company_product") if one["product_name"] in products]
    columns = list(zip(*links, strict=True))
    return IndustryChain(
        nodes=pa.table({"node_id": list(products)}),
        links=pa.table({"source_id": columns[0], "target_id": columns[1], "relation": columns[2]}),
        members=pa.table(
            {
                "entity_id": [one["company_code"] for one in makes],
                "node_id": [one["product_name"] for one in makes],
                "kind": ["enterprise"] * len(makes),
            }
        ),
    )


@pytest.mark.real_data
def test_hidden_products_are_foretold_better_than_by_size(listed_companies):
    chain = listed_companies
    capabilities = Capabilities(chain, least_confidence=0.5)
    random = np.random.default_rng(5)
    standing = capabilities.standing
    wide = np.diff(standing.indptr) >= 3
    common = np.flatnonzero(np.diff(standing.T.tocsr().indptr) >= 5)
    ours, sizes = [], []
    for place in random.choice(common, 80, replace=False).tolist():
        members = standing[:, place].nonzero()[0]
        hidden = int(random.choice(members))
        density, kinship = capabilities.scores(place, without=hidden)
        scores = 1 - (1 - density) * (1 - kinship)
        rivals = np.setdiff1d(np.flatnonzero(wide), members)
        for values, ranks in ((scores, ours), (np.diff(standing.indptr), sizes)):
            line = np.append(values[rivals], values[hidden])
            ranks.append((rankdata(line)[-1] - 1) / len(rivals))
    assert np.mean(ours) > np.mean(sizes) + 0.05
    assert np.mean(ours) > 0.7
