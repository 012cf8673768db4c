"""``silian chain``: how chains stand, their gaps, what hangs on what."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.insight.domain import chain_targets
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.models import ChainNode, Organisation, Region, Register

pytestmark = pytest.mark.django_db
Silian = Callable[..., Any]


def save(kind: str, key: str, **values: Any) -> Any:
    return save_record(kind, values, register_code="chains", source_key=key, viewer=SYSTEM).record


@pytest.fixture(autouse=True)
def nodes(home: Path, db: None) -> dict[str, str]:
    places = Register.objects.create(code="places", name="地区")
    for adcode, name, level in (("990100", "此城", "city"), ("880100", "彼区", "district")):
        Region.objects.create(
            register=places, source_key=adcode, adcode=adcode, name=name, level=level
        )
    for name in ("磁材", "电机"):
        save("chain_node", name, name=name)
    save("chain_link", "磁材>电机", from_key="磁材", to_key="电机")
    for name, adcode, product in (("甲电机", "990100", "电机"), ("乙磁材", "880100", "磁材")):
        made = save("organisation", name, name=name, organisation_kind="enterprise")
        Organisation.objects.filter(pk=made.pk).update(region=Region.objects.get(adcode=adcode))
        save("chain_member", name, organisation_key=made.public_id, node_key=product)
    found = dict(ChainNode.objects.values_list("name", "public_id"))
    chain_targets.save_target(SYSTEM, name="电机链", node_ids=[found["电机"]], depth=1)
    return found


def test_target_chains_are_listed_and_told_by_layer(silian: Silian) -> None:
    [listed] = silian("chain", "--json").json()
    assert (listed["name"], listed["nodes"]) == ("电机链", ["电机"])
    assert listed["by_status"] == {"concentrated": 1, "missing": 1}
    told = silian("chain", "电机链", "--json").json()
    assert {one["name"]: one["layer"] for one in told["nodes"]} == {"电机": 0, "磁材": 1}
    assert "缺失" in silian("chain", "电机").out


def test_gaps_and_scenarios_name_nodes_and_enterprises(silian: Silian) -> None:
    gaps = silian("chain", "--gaps", "--json").json()
    assert [one["node"]["name"] for one in gaps["gaps"]] == ["磁材"]
    by_node = silian("chain", "--remove", "磁材", "--json").json()
    assert [(one["node"]["name"], one["loss"]) for one in by_node["nodes"]] == [("电机", 1.0)]
    by_firm = silian("chain", "--remove", "乙磁材", "--json").json()
    assert by_firm["removed_organisations"][0][1] == "乙磁材"


def test_an_unknown_name_is_told(silian: Silian) -> None:
    answer = silian("chain", "查无此链")
    assert answer.code == 1
    assert "No target chain or node" in answer.err


def test_gaps_of_some_statuses_only(silian: Silian) -> None:
    def listed(*asked: str) -> set[tuple[str, str]]:
        found = silian("chain", *asked, "--json").json()["gaps"]
        return {(one["node"]["name"], one["node"]["status"]) for one in found}

    assert listed("--gaps") == {("磁材", "missing")}
    assert listed("--status", "concentrated") == {("电机", "concentrated")}
    assert listed("电机链", "-s", "missing", "-s", "concentrated") == {
        ("磁材", "missing"),
        ("电机", "concentrated"),
    }
    refused = silian("chain", "--status", "bad")
    assert refused.code == 2
    assert "concentrated" in refused.err
