"""The graph's pages, files and API: what they show, to whom, and how they refuse."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from graph_city import City, make_city

from silian.portal.audit.models import AuditEntry
from silian.portal.insight.domain.chain_placements import rebuild_placements
from silian.portal.insight.domain.graph_building import build_graph
from silian.portal.insight.domain.graph_partners import forget_partners
from silian.portal.insight.domain.graph_scope import forget_scopes
from silian.portal.insight.domain.graph_store import forget_opened
from silian.portal.insight.models import SavedView
from silian.portal.registry.models import ChainMember, ChainNode, Organisation, Register

Reader = Callable[[str], Client]


@pytest.fixture
def home(settings: Any, tmp_path: Path) -> Iterator[Path]:
    settings.SILIAN_HOME = tmp_path
    yield tmp_path
    forget_opened()
    forget_scopes()
    forget_partners()


@pytest.fixture
def city(home: Path, register: Register, organisations: dict[str, Organisation]) -> City:
    made = make_city(register, organisations)
    build_graph()
    return made


@pytest.fixture
def reader(client: Client, users: dict[str, Any]) -> Reader:
    def sign_in(role: str) -> Client:
        client.logout()
        if role:
            client.force_login(users[role])
        return client

    return sign_in


def post(client: Client, path: str, **values: Any) -> Any:
    return client.post(path, json.dumps(values), content_type="application/json")


def ids(part: dict[str, Any]) -> set[str]:
    return {node["id"] for node in part["nodes"]}


def test_without_a_graph_the_page_says_how_to_make_one(home: Path, reader: Reader) -> None:
    page = reader("").get("/graph/")
    assert page.status_code == 200
    assert "silian graph build" in page.content.decode()
    assert reader("operator").get("/api/v1/graph").status_code == 404


def test_the_explorer_starts_from_a_thing_and_expands(city: City, reader: Reader) -> None:
    client = reader("")
    page = client.get("/graph/", {"node": city.university.public_id})
    assert "东海大学" in page.content.decode()
    assert city.zhang.public_id in ids(page.context["config"]["part"])

    part = post(client, "/graph/part/", node=city.zhang.public_id, nodes=[city.li.public_id])
    assert {city.zhang.public_id, city.li.public_id, city.paper.public_id} <= ids(part.json())
    [tie] = [one for one in part.json()["edges"] if one["edge_type"] == "works_at"][:1]
    assert tie["evidence"][0]["url"]
    written = [one for one in part.json()["edges"] if one["edge_type"] == "writes"]
    assert {said["title"] for one in written for said in one["evidence"]} == {city.paper.title}
    assert client.get("/graph/", {"node": "org-aaaaaaaaaaaaaaaa"}).status_code == 404
    assert post(client, "/graph/part/", node="org-x").status_code == 404
    assert client.post("/graph/part/", "no json", content_type="text/plain").json()["nodes"] == []


def test_things_are_found_by_name_or_id(city: City, reader: Reader) -> None:
    client = reader("")
    for text in ("东海大", city.university.public_id):
        found = client.get("/graph/find/", {"q": text}).json()["things"]
        assert [one["label"] for one in found] == ["东海大学"]
    assert client.get("/graph/find/", {"q": "东海", "kinds": "person"}).json()["things"] == []
    assert "张三" in client.get("/graph/", {"q": "张三"}).content.decode()


def test_paths_conflicts_and_the_card_are_told_in_words(city: City, reader: Reader) -> None:
    client = reader("adviser")
    ends = {"from": city.wang.public_id, "to": city.enterprise.public_id}
    page = client.get("/graph/paths/", ends).content.decode()
    assert "第 1 条，2 步" in page
    assert f"/records/{city.paper.public_id}" in page or "依据" in page

    two = {"first": city.zhang.public_id, "second": city.li.public_id, "on": "2022-01-01"}
    page = client.get("/graph/conflicts/", two).content.decode()
    assert "共同发明" in page
    assert AuditEntry.objects.filter(action="conflict.check").count() == 1
    assert reader("research").get("/graph/conflicts/", two).status_code == 403
    card = reader("").get(f"/graph/near/{city.li.public_id}/").content.decode()
    assert "王五" in card
    assert "张三" in card


def test_an_english_card_calls_what_things_alike_share_by_its_english_name(
    city: City, reader: Reader
) -> None:
    motor = ChainNode.objects.create(
        register=city.register, source_key="电机", name="驱动电机", name_en="Drive motor"
    )
    for firm in (city.enterprise, city.other):
        ChainMember.objects.create(
            register=city.register, source_key=firm.source_key, organisation=firm, node=motor
        )
    rebuild_placements()
    build_graph()
    client = reader("")
    path = f"/graph/near/{city.enterprise.public_id}/"
    assert "驱动电机" in client.get(path).content.decode()
    client.cookies["django_language"] = "en"
    card = client.get(path).content.decode()
    assert ("Drive motor" in card, "驱动电机" in card) == (True, False)
    every = client.get(f"/api/v1/graph/nodes/{city.enterprise.public_id}/similar").json()
    shared = {one["thing"]["node_id"]: one["shared"] for one in every}
    assert any("驱动电机" in said for said in shared[city.other.public_id])  # as registered


def test_a_shared_view_shows_each_reader_what_that_reader_may_see(
    city: City, reader: Reader
) -> None:
    city.achievement.audience = "members"
    city.achievement.save()
    build_graph()
    kept = reader("research").post(
        "/graph/views/",
        {
            "name": "永磁",
            "shared": "1",
            "nodes": f"{city.university.public_id},{city.achievement.public_id}",
            "kinds": "organisation,nonsense",
            "since": "2010",
        },
    )
    view = SavedView.objects.get()
    assert kept["Location"] == f"/graph/views/{view.public_id}/"
    assert view.state["kinds"] == ["organisation"]
    everything = {city.university.public_id, city.achievement.public_id}
    for role, seen in (("viewer", everything), ("", {city.university.public_id})):
        page = reader(role).get(kept["Location"])
        assert ids(page.context["config"]["part"]) == seen, role

    view.shared = False
    view.save()
    assert reader("viewer").get(kept["Location"]).status_code == 404
    assert reader("viewer").post(f"{kept['Location']}delete/").status_code == 404
    assert reader("research").post(f"{kept['Location']}delete/").status_code == 302
    assert not SavedView.objects.exists()


def test_a_view_needs_a_name_and_something_shown(city: City, reader: Reader) -> None:
    client = reader("research")
    for name, nodes in (("", city.zhang.public_id), ("名", "")):
        client.post("/graph/views/", {"name": name, "nodes": nodes})
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("file_format", ["csv", "xlsx", "graphml", "jsonld"])
def test_the_shown_part_is_exported_and_logged(
    file_format: str, city: City, reader: Reader
) -> None:
    shown = {"format": file_format, "nodes": f"{city.zhang.public_id},{city.paper.public_id}"}
    answer = reader("research").post("/graph/export/", shown)
    content = b"".join(answer.streaming_content)
    assert answer.status_code == 200
    if file_format == "csv":
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
        assert rows[1][:5] == ["张三", "人才", "撰写", "晶界扩散研究", "论文"]
    if file_format == "jsonld":
        said = json.loads(content)["@graph"]
        assert [one["predicate"] for one in said if one["@type"] == "Statement"] == ["writes"]
    entry = AuditEntry.objects.get(action="list.export")
    assert entry.details["format"] == file_format
    assert reader("viewer").post("/graph/export/", shown).status_code == 403


def test_the_shown_part_is_analysed(city: City, reader: Reader) -> None:
    shown = [one.public_id for one in (city.li, city.patent, city.zhang, city.paper, city.wang)]
    found = post(reader(""), "/graph/analysis/", nodes=shown).json()
    assert found["bridges"][0]["label"] == "张三"
    assert sorted(one for group in found["groups"] for one in group) == sorted(shown)


def test_the_api_answers_the_same(city: City, reader: Reader) -> None:
    client = reader("operator")
    start = f"/api/v1/graph/nodes/{city.zhang.public_id}"
    status = client.get("/api/v1/graph").json()
    assert (status["behind"], status["n_nodes"]) == (0, status["n_nodes"])
    assert client.get(start).json()["label"] == "张三"
    around = client.get(f"{start}/neighbourhood", {"kinds": "publication"}).json()
    assert {one["label"] for one in around["things"]} == {"张三", "晶界扩散研究"}
    assert client.get(f"{start}/similar").json()[0]["thing"]["label"] == "王五"
    ends = {"start": city.wang.public_id, "end": city.enterprise.public_id, "most": 1}
    [way] = client.get("/api/v1/graph/paths", ends).json()
    assert len(way["steps"]) == 2
    partners = client.get(f"/api/v1/graph/nodes/{city.li.public_id}/partners").json()
    assert [one["thing"]["label"] for one in partners] == ["王五"]
    two = {"first": city.zhang.public_id, "second": city.li.public_id, "on": "2022-01-01"}
    assert client.get("/api/v1/graph/conflicts", two).json()["ties"][0]["code"] == "coinventors"
    exported = client.get("/api/v1/graph/export", {"format": "graphml"})
    assert b"<graphml" in b"".join(exported.streaming_content)
    assert client.get("/api/v1/graph/nodes/org-x").status_code == 404
    same = {"start": city.wang.public_id, "end": city.wang.public_id}
    assert client.get("/api/v1/graph/paths", same).status_code == 422
    reader("research")
    assert client.get("/api/v1/graph/conflicts", two).status_code == 403
    assert client.get("/api/v1/graph/export").status_code == 403


def test_a_page_asks_the_database_as_often_for_many_things_as_for_few(
    city: City, reader: Reader, django_assert_max_num_queries: Any
) -> None:
    client = reader("viewer")
    client.get("/graph/", {"node": city.university.public_id})
    with django_assert_max_num_queries(24):
        client.get("/graph/", {"node": city.university.public_id})
