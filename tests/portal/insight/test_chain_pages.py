"""Chains on pages, by API: the same answers, what each role may do, what is kept and undone."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.audit.models import AuditEntry
from silian.portal.insight.domain import chain_targets
from silian.portal.insight.models import ChainPlacement, TargetChain
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.models import ChainMember, ChainNode, Organisation, Region, Register

pytestmark = pytest.mark.django_db
GOODS = (("磁材", "电机"), ("硅钢", "电机"), ("电机", "汽车"))


def save(kind: str, key: str, **values: Any) -> Any:
    return save_record(kind, values, register_code="chains", source_key=key, viewer=SYSTEM).record


def firm(name: str, adcode: str, product: str) -> Organisation:
    made = save("organisation", name, name=name, organisation_kind="enterprise")
    Organisation.objects.filter(pk=made.pk).update(region=Region.objects.get(adcode=adcode))
    save("chain_member", name, organisation_key=made.public_id, node_key=product)
    return Organisation.objects.get(pk=made.pk)


@pytest.fixture
def nodes(settings: Any, tmp_path: Path, db: None) -> dict[str, ChainNode]:
    """Magnets and steel feed motors, motors feed cars; magnets come from elsewhere."""
    settings.SILIAN_HOME = tmp_path
    register = Register.objects.create(code="places", name="地区")
    for adcode, name, level in (
        ("990100", "此城", "city"),
        ("990101", "此区", "district"),
        ("880101", "彼区", "district"),
    ):
        Region.objects.create(
            register=register, source_key=adcode, adcode=adcode, name=name, level=level
        )
    for name in ("磁材", "硅钢", "电机", "汽车"):
        save("chain_node", name, name=name)
    for source, target in GOODS:
        save("chain_link", f"{source}>{target}", from_key=source, to_key=target)
    firm("甲电机", "990101", "电机")
    firm("乙电机", "990101", "电机")
    firm("戊钢厂", "990101", "硅钢")
    firm("丙磁材", "880101", "磁材")
    firm("丁车厂", "990101", "汽车")
    return {node.name: node for node in ChainNode.objects.all()}


@pytest.fixture
def target(nodes: dict[str, ChainNode]) -> TargetChain:
    return chain_targets.save_target(
        SYSTEM, name="新能源汽车链", node_ids=[nodes["汽车"].public_id], depth=2
    )


@pytest.fixture
def operator(client: Client, users: dict[str, Any], nodes: Any) -> Client:
    client.force_login(users["operator"])
    return client


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


def rows_of(response: Any) -> list[dict[str, str]]:
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content)))


def test_a_target_chain_is_a_card_a_picture_and_a_file(
    operator: Client, target: TargetChain
) -> None:
    listed = text_of(operator.get("/chains/"))
    assert f"/chains/{target.public_id}/" in listed
    assert "25%" in listed  # one of the four nodes is sound, two hang on one enterprise each
    shown = text_of(operator.get(f"/chains/{target.public_id}/"))
    assert shown.count('class="chain-box"') == 4
    assert shown.count('class="wire ') == 3
    assert "st-box st-missing" in shown
    folded = text_of(operator.get(f"/chains/{target.public_id}/?fold=2"))
    assert folded.count('class="chain-box"') == 2
    rows = rows_of(operator.get(f"/chains/{target.public_id}/export/"))
    assert {(row["名称"], row["层"], row["强度"], row["供给"]) for row in rows} == {
        ("汽车", "终端环节", "集中", ""),
        ("电机", "上游第 1 层", "健全", "汽车"),
        ("硅钢", "上游第 2 层", "集中", "电机"),
        ("磁材", "上游第 2 层", "缺失", "电机"),
    }
    logged = AuditEntry.objects.filter(action="list.export").get()
    assert (logged.subject, logged.details["list"]) == (str(target.public_id), "chain")


def test_a_node_says_who_stands_there_what_it_hangs_on_and_who_could_fill_it(
    operator: Client, nodes: dict[str, ChainNode]
) -> None:
    shown = text_of(operator.get(f"/chains/nodes/{nodes['磁材'].public_id}/"))
    assert "缺失" in shown
    assert "丙磁材" in shown
    assert "本地能力相近的企业" in shown
    assert shown.count("甲电机") >= 1
    panel = text_of(operator.get(f"/chains/nodes/{nodes['电机'].public_id}/panel/"))
    assert "<html" not in panel
    assert "2 家本地" not in panel
    assert "本地 2 家，外地 0 家" in panel
    assert operator.get("/chains/nodes/node-aaaaaaaaaaaaaaaa/").status_code == 404
    assert operator.get("/chains/around/node-aaaaaaaaaaaaaaaa/").status_code == 404


def test_gaps_are_filtered_and_exported(operator: Client, target: TargetChain) -> None:
    shown = text_of(operator.get("/chains/gaps/"))
    assert "1 个环节" in shown
    assert "磁材" in shown
    both = rows_of(operator.get(f"/chains/gaps/export/?target={target.public_id}&status=missing"))
    [row] = both
    assert (row["名称"], row["已知供给企业"]) == ("磁材", "丙磁材")
    assert set(row["等待的本地企业"].split("；")) == {"甲电机", "乙电机"}
    dependent = rows_of(operator.get("/chains/gaps/export/?status=dependent"))
    assert {row["名称"] for row in dependent} <= {"电机", "汽车"}
    assert operator.get("/chains/gaps/?target=nothing").status_code == 404


def test_what_nobody_is_known_to_make_is_a_gap_where_it_is_waited_for(
    operator: Client, nodes: dict[str, ChainNode]
) -> None:
    for name, target in (("磁粉", "电机"), ("矿石", "磁粉")):
        save("chain_node", name, name=name)
        save("chain_link", f"{name}>{target}", from_key=name, to_key=target)

    gaps = rows_of(operator.get("/chains/gaps/export/"))

    assert [(row["名称"], row["等待的本地企业数"]) for row in gaps] == [
        ("磁材", "2"),
        ("磁粉", "2"),
    ]
    shown = text_of(operator.get("/chains/gaps/"))
    assert "无已知供应" in shown
    assert "矿石" not in shown  # nobody here waits for it
    told = operator.get("/api/v1/chain-gaps").json()
    assert [one["node"]["status"] for one in told["gaps"]] == ["missing", "unknown"]
    assert operator.get("/api/v1/chain-gaps?status=weak").json()["total_count"] == 0


def test_dependence_is_told_with_the_inputs_from_elsewhere(
    operator: Client, nodes: dict[str, ChainNode]
) -> None:
    firm("远磁粉", "880101", "磁材")
    for name in ("铜线", "轴承", "绝缘漆"):
        save("chain_node", name, name=name)
        save("chain_link", f"{name}>电机", from_key=name, to_key="电机")
    firm("远铜线", "880101", "铜线")
    firm("远轴承", "880101", "轴承")

    [told] = operator.get("/api/v1/chain-gaps?status=dependent").json()["gaps"]

    node = told["node"]
    assert (node["name"], round(node["input_dependence"], 6)) == ("电机", 0.75)
    assert (node["known_inputs"], node["input_count"]) == (4, 5)
    lacking = {
        one["node"]["name"]: (one["share"], {maker["label"] for maker in one["suppliers"]})
        for one in told["inputs"]
    }
    assert lacking == {
        "磁材": (0.2, {"丙磁材", "远磁粉"}),
        "铜线": (0.2, {"远铜线"}),
        "轴承": (0.2, {"远轴承"}),
    }
    shown = text_of(operator.get("/chains/gaps/?status=dependent"))
    assert "按 4/5 种已知投入" in shown
    assert "占投入 20%，本地占 0%" in shown
    assert ("外部依赖</span>" in shown, "健全</span>" in shown) == (True, False)
    [row] = rows_of(operator.get("/chains/gaps/export/?status=dependent"))
    assert "铜线（占投入 20%，本地 0%） 远铜线" in row["来自外地的投入"]
    assert (row["已知投入数"], row["投入数"]) == ("4", "5")
    page = text_of(operator.get(f"/chains/nodes/{nodes['电机'].public_id}/"))
    assert "来自外地的投入" in page


def test_a_scenario_is_its_address(
    operator: Client, nodes: dict[str, ChainNode], users: dict[str, Any]
) -> None:
    address = f"/chains/scenario/?node={nodes['磁材'].public_id}"
    shown = text_of(operator.get(address))
    assert "波及 2 个环节" in shown
    rows = rows_of(operator.get(address.replace("scenario/", "scenario/export/")))
    losses = {row["名称"]: float(row["损失占比"]) for row in rows}
    assert losses["电机"] == losses["汽车"] == 0.5
    steel = Organisation.objects.get(name="戊钢厂").public_id
    without = text_of(operator.get(f"/chains/scenario/?firm={steel}&substitution=none"))
    assert "100%" in without
    assert "没有" in text_of(operator.get("/chains/scenario/?node=node-aaaaaaaaaaaaaaaa"))
    assert "选一个环节或一家企业" in text_of(operator.get("/chains/scenario/"))


def test_a_placement_is_refused_and_the_refusal_undone(
    operator: Client, nodes: dict[str, ChainNode]
) -> None:
    node, firm_id = nodes["电机"], Organisation.objects.get(name="甲电机").public_id
    address = f"/chains/nodes/{node.public_id}/"
    operator.post(f"{address}decide/", {"subject": firm_id, "verdict": "refused"})
    assert ChainPlacement.objects.get().verdict == "refused"
    refused = text_of(operator.get(address))
    assert "本地 1 家，外地 0 家" in refused
    assert "撤回" in refused
    operator.post(f"{address}decide/", {"subject": firm_id, "verdict": "withdraw"})
    assert not ChainPlacement.objects.exists()
    assert "本地 2 家，外地 0 家" in text_of(operator.get(address))
    operator.post(f"{address}decide/", {"subject": firm_id, "verdict": "nonsense"})
    operator.post(f"{address}decide/", {"subject": "org-aaaaaaaaaaaaaaaa", "verdict": "refused"})
    assert not ChainPlacement.objects.exists()
    kept = AuditEntry.objects.filter(action="chain.decide")
    assert kept.count() == 2


def test_the_operator_keeps_target_chains_with_their_history(
    operator: Client, nodes: dict[str, ChainNode], users: dict[str, Any]
) -> None:
    ids = [nodes["汽车"].public_id]
    made = operator.post("/chains/new/", {"name": "汽车链", "depth": "2", "node": ids})
    target = TargetChain.objects.get()
    assert made.headers["Location"] == f"/chains/{target.public_id}/"
    edit = f"/chains/{target.public_id}/edit/"
    operator.post(edit, {"name": "整车链", "depth": "3", "node": ids})
    page = text_of(operator.get(edit))
    assert "汽车链" in page
    assert "整车链" in page
    assert operator.post(edit, {"name": "", "depth": "3", "node": ids}).status_code == 422
    assert operator.post(edit, {"name": "空链", "depth": "3"}).status_code == 422
    operator.post(f"/chains/{target.public_id}/delete/")
    assert not TargetChain.objects.exists()


def test_an_organisation_shows_where_it_stands(
    operator: Client, nodes: dict[str, ChainNode]
) -> None:
    firm_id = Organisation.objects.get(name="甲电机").public_id
    assert f"/chains/position/{firm_id}/" in text_of(operator.get(f"/organisations/{firm_id}/"))
    card = text_of(operator.get(f"/chains/position/{firm_id}/"))
    assert "在产业链中的位置" in card
    assert nodes["电机"].public_id in card


def test_boxes_to_choose_from_find_nodes_and_firms_of_the_chains(
    operator: Client, nodes: Any
) -> None:
    assert nodes["电机"].public_id in text_of(operator.get("/chains/pick/?q=电机"))
    assert "甲电机" in text_of(operator.get("/chains/pick/?q=甲&what=firm"))
    assert "没有" in text_of(operator.get("/chains/pick/?q=查无&what=firm"))


def test_nobody_sees_who_is_hidden_from_them(
    client: Client, users: dict[str, Any], target: TargetChain, nodes: dict[str, ChainNode]
) -> None:
    hidden = Organisation.objects.get(name="丁车厂")
    hidden.audience = "owner"
    hidden.save()
    ChainMember.objects.filter(organisation=hidden).update(audience="owner")
    pages = [
        "/chains/",
        f"/chains/{target.public_id}/",
        f"/chains/nodes/{nodes['汽车'].public_id}/",
        f"/chains/nodes/{nodes['汽车'].public_id}/panel/",
        "/chains/gaps/?status=missing&status=weak&status=concentrated&status=dependent",
        "/chains/pick/?what=firm&q=丁",
    ]
    for page in pages:
        assert "丁车厂" not in text_of(client.get(page)), page
    assert client.get(f"/chains/position/{hidden.public_id}/").status_code == 404
    client.force_login(users["viewer"])
    assert "丁车厂" not in text_of(client.get(f"/chains/scenario/?firm={hidden.public_id}"))
    client.force_login(users["operator"])
    assert "丁车厂" in text_of(client.get(pages[2]))


@pytest.mark.parametrize("role", ["enterprise", "research", "viewer"])
def test_others_read_and_change_nothing(
    role: str, client: Client, users: dict[str, Any], target: TargetChain, nodes: Any
) -> None:
    client.force_login(users[role])
    node = nodes["电机"].public_id
    assert client.get(f"/chains/{target.public_id}/").status_code == 200
    assert client.get("/chains/new/").status_code == 403
    assert client.post(f"/chains/{target.public_id}/delete/").status_code == 403
    told = {"subject": Organisation.objects.get(name="甲电机").public_id, "verdict": "refused"}
    assert client.post(f"/chains/nodes/{node}/decide/", told).status_code == 403
    assert TargetChain.objects.exists()


def test_both_languages_and_odd_addresses(
    operator: Client, target: TargetChain, nodes: dict[str, ChainNode]
) -> None:
    queries = ("", "up=99&down=x&rows=1e9&fold=1,,-2,zz", "q=%00&kind=nothing", "page=99999999999")
    paths = (
        "/chains/",
        f"/chains/{target.public_id}/",
        f"/chains/around/{nodes['电机'].public_id}/",
        f"/chains/nodes/{nodes['电机'].public_id}/",
        "/chains/gaps/",
        "/chains/scenario/",
        "/chains/pick/",
    )
    for language in ("zh-hans", "en"):
        operator.post("/language/", {"language": language})
        answers = {
            f"{path}?{query}": operator.get(f"{path}?{query}").status_code
            for path in paths
            for query in queries
        }
        assert answers == dict.fromkeys(answers, 200)


def test_a_city_without_chains_is_told_what_to_do(
    settings: Any, tmp_path: Path, client: Client, users: dict[str, Any]
) -> None:
    settings.SILIAN_HOME = tmp_path
    client.force_login(users["operator"])
    assert "还没有产业链数据" in text_of(client.get("/chains/"))
    assert "还没有产业链数据" in text_of(client.get("/chains/gaps/"))
