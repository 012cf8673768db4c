"""Industry chains by API: read by everybody, kept by the operator, never more than one may see."""

import json
from pathlib import Path
from typing import Any

import pytest

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.insight.models import ChainPlacement, TargetChain
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.models import ChainNode, Organisation

pytestmark = pytest.mark.django_db


def save(kind: str, key: str, **values: Any) -> Any:
    return save_record(kind, values, register_code="chains", source_key=key, viewer=SYSTEM).record


@pytest.fixture(autouse=True)
def nodes(settings: Any, tmp_path: Path, db: None) -> dict[str, str]:
    settings.SILIAN_HOME = tmp_path
    for name in ("磁材", "电机"):
        save("chain_node", name, name=name)
    save("chain_link", "磁材>电机", from_key="磁材", to_key="电机")
    made = save("organisation", "甲", name="甲电机", organisation_kind="enterprise")
    save("chain_member", "甲", organisation_key=made.public_id, node_key="电机")
    return dict(ChainNode.objects.values_list("name", "public_id"))


def test_nodes_are_found_read_and_followed(callers: Any, nodes: dict[str, str]) -> None:
    caller = callers["anonymous"]
    [hit] = caller.get("/chain-nodes?q=电机").json()
    assert (hit["node_id"], hit["name"], hit["member_count"]) == (nodes["电机"], "电机", 1)
    told = caller.get(f"/chain-nodes/{nodes['电机']}").json()
    assert [one["node"]["name"] for one in told["detail"]["inputs"]] == ["磁材"]
    assert [one["label"] for one in told["detail"]["members"]["enterprise"]] == ["甲电机"]
    around = caller.get(f"/chain-nodes/{nodes['电机']}/around?up=1&down=0").json()
    assert {one["name"]: one["layer"] for one in around["nodes"]} == {"电机": 0, "磁材": 1}
    assert caller.get(f"/chain-nodes/{nodes['磁材']}/fillers").status_code == 200
    firm = Organisation.objects.get(name="甲电机").public_id
    [place] = caller.get(f"/chain-places/{firm}").json()
    assert place["node_id"] == nodes["电机"]
    assert caller.get("/chain-nodes/node-aaaaaaaaaaaaaaaa").status_code == 404
    assert caller.get("/chain-gaps?status=missing").json()["total_count"] >= 0
    assert caller.get("/chain-gaps?status=nonsense").status_code == 422


def test_target_chains_are_kept_by_the_operator_alone(callers: Any, nodes: dict[str, str]) -> None:
    wanted = {"name": "电机链", "depth": 2, "node_ids": [nodes["电机"]]}
    assert callers["enterprise"].post("/chain-targets", wanted).status_code == 403
    operator = callers["operator"]
    made = operator.post("/chain-targets", wanted)
    assert made.status_code == 201
    place = f"/chain-targets/{made.json()['public_id']}"
    changed = operator.request("PUT", place, {**wanted, "depth": 1})
    assert changed.json()["depth"] == 1
    told = callers["anonymous"].get(place).json()
    assert {one["name"] for one in told["chain"]["nodes"]} == {"电机", "磁材"}
    assert [one["name"] for one in callers["anonymous"].get("/chain-targets").json()] == ["电机链"]
    assert operator.post("/chain-targets", {**wanted, "node_ids": []}).status_code == 422
    assert operator.request("DELETE", place).status_code == 204
    assert not TargetChain.objects.exists()
    assert operator.get(place).status_code == 404


def test_placements_are_decided_and_undone(callers: Any, nodes: dict[str, str]) -> None:
    firm = Organisation.objects.get(name="甲电机").public_id
    place = f"/chain-nodes/{nodes['电机']}/placements/{firm}"
    refusal = {"verdict": "refused", "note": "只做贸易"}
    assert callers["enterprise"].request("PUT", place, refusal).status_code == 403
    operator = callers["operator"]
    assert operator.request("PUT", place, refusal).status_code == 204
    assert ChainPlacement.objects.get().note == "只做贸易"
    assert operator.get(f"/chain-places/{firm}").json() == []
    assert operator.request("DELETE", place).status_code == 204
    assert operator.request("DELETE", place).status_code == 404
    assert len(operator.get(f"/chain-places/{firm}").json()) == 1


def test_a_scenario_needs_something_to_take_away(callers: Any, nodes: dict[str, str]) -> None:
    assert callers["anonymous"].get("/chain-scenario").status_code in (401, 403)
    operator = callers["operator"]
    assert operator.get("/chain-scenario").status_code == 422
    told = operator.get(f"/chain-scenario?node={nodes['磁材']}").json()
    assert [(one["node"]["name"], one["loss"]) for one in told["nodes"]] == [("电机", 1.0)]
    assert json.dumps(told, ensure_ascii=False).count("甲电机") == 1
