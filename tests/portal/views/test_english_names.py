"""On English pages places, trades and nodes go by the English names that registers give them."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.insight.domain import chain_targets, chains
from silian.portal.insight.domain.chain_values import ChainScope
from silian.portal.registry.domain.trades import trade_label
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.interfaces.spoken_names import in_readers_language
from silian.portal.registry.models import ChainNode, Organisation, Region, Register

pytestmark = pytest.mark.django_db


def save(kind: str, key: str, **values: Any) -> Any:
    return save_record(kind, values, register_code="chains", source_key=key, viewer=SYSTEM).record


@pytest.fixture
def town(settings: Any, tmp_path: Path) -> dict[str, Any]:
    """Magnets (with an English name) feed motors (without); a firm of Wangchao makes magnets."""
    settings.SILIAN_HOME = tmp_path
    register = Register.objects.create(code="places", name="地区")
    Region.objects.create(
        register=register,
        source_key="990102",
        adcode="990102",
        name="望潮区",
        name_en="Wangchao",
        level="district",
    )
    magnets = save("chain_node", "m", name="磁材", name_en="Magnets", code="magnetic_materials")
    motors = save("chain_node", "e", name="电机", code="C3812")
    save("chain_link", "m>e", from_key="m", to_key="e")
    firm = save(
        "organisation",
        "f",
        name="甲磁材",
        organisation_kind="enterprise",
        industry_code="C3985",
        industry_name="电子专用材料制造",
        region_adcode="990102",
    )
    save("chain_member", "f", organisation_key=firm.public_id, node_key="m")
    return {"magnets": magnets, "motors": motors, "firm": firm}


@pytest.fixture
def english(client: Client, users: dict[str, Any]) -> Client:
    client.force_login(users["operator"])
    client.post("/language/", {"language": "en"})
    return client


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_nodes_are_called_the_same_on_every_page_of_the_chains(
    town: dict[str, Any], english: Client
) -> None:
    target = chain_targets.save_target(
        SYSTEM, name="链", node_ids=[town["motors"].public_id], depth=2
    )
    magnets, motors = town["magnets"].public_id, town["motors"].public_id
    for address in (
        "/chains/?q=Magnets",
        "/chains/?kind=product",
        f"/chains/{target.public_id}/",
        f"/chains/around/{motors}/",
        f"/chains/nodes/{motors}/",
        f"/chains/nodes/{magnets}/panel/",
        f"/chains/scenario/?node={magnets}",
        f"/chains/position/{town['firm'].public_id}/",
        "/chains/pick/?q=Magnets",
    ):
        shown = page(english, address).replace("甲磁材", "")
        assert ("Magnets" in shown, "磁材" in shown) == (True, False), address
    english.post("/language/", {"language": "zh-hans"})
    shown = page(english, f"/chains/nodes/{motors}/")
    assert ("磁材" in shown, "Magnets" in shown) == (True, False)


def test_keys_of_a_register_are_no_codes_for_readers(town: dict[str, Any], english: Client) -> None:
    for address in ("/chains/?kind=product", "/chains/?q=magnetic_materials"):
        assert "magnetic_materials</span>" not in page(english, address)
    assert "magnetic_materials" not in page(english, f"/chains/nodes/{town['magnets'].public_id}/")
    assert "C3812" in page(english, "/chains/?kind=product")


def test_places_and_trades_of_a_firm(town: dict[str, Any], english: Client) -> None:
    firm = town["firm"].public_id
    for address in (f"/portraits/{firm}/", f"/organisations/{firm}/"):
        shown = page(english, address)
        assert "Wangchao" in shown
        assert "other electronic equipment (C3985)" in shown
        assert ("望潮区" in shown, "电子专用材料制造" in shown) == (False, False)
    assert "Enterprise Wangchao" in page(english, "/portraits/?q=甲磁材")
    english.post("/language/", {"language": "zh-hans"})
    shown = page(english, f"/portraits/{firm}/")
    assert ("望潮区" in shown, "电子专用材料制造" in shown) == (True, True)


def test_a_patents_standing_is_told_in_words(town: dict[str, Any], english: Client) -> None:
    save("patent", "p", title="一种磁材", legal_status="审中")
    save("patent", "q", title="另一种", legal_status="权利终止")
    shown = page(english, "/supply/?kind=patent")
    assert shown.count("Pending") == 2  # the card and the filter
    assert ("审中" in shown.replace('value="审中"', ""), "权利终止" in shown) == (False, True)


def test_what_has_no_english_name_keeps_its_own(town: dict[str, Any]) -> None:
    view = chains.chain_view(ChainScope(roots=(town["motors"].public_id,)), SYSTEM)
    with override("en"):
        told = in_readers_language(view)
    assert {node.name for node in told.nodes} == {"Magnets", "电机"}
    [link] = told.links
    assert (link.source_name, link.target_name) == ("Magnets", "电机")
    with override("zh-hans"):
        assert in_readers_language(view) is view
    with override("en"):
        assert trade_label("", "磁材加工") == "磁材加工"
        assert trade_label("C39", "").startswith("Manufacture of computers")


def test_names_cost_one_query_a_kind(town: dict[str, Any], django_assert_num_queries: Any) -> None:
    view = chains.chain_view(ChainScope(roots=(town["motors"].public_id,)), SYSTEM)
    with override("en"), django_assert_num_queries(1):  # no places among them
        in_readers_language(view)
    assert ChainNode.objects.count() == 2
    assert Organisation.objects.count() == 1
