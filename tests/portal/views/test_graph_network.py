"""The whole network, kept views and narrowed paths: pages, API, and how often one may ask."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from graph_city import City, make_city

from silian.portal.accounts.domain.access import Viewer
from silian.portal.accounts.domain.api_keys import create_key
from silian.portal.innovation.models import Contribution, Publication
from silian.portal.insight.domain import graph_kept
from silian.portal.insight.domain.graph_building import build_graph
from silian.portal.insight.domain.graph_files import current_stamp, graph_folder
from silian.portal.insight.domain.graph_partners import forget_partners
from silian.portal.insight.domain.graph_scope import forget_scopes
from silian.portal.insight.domain.graph_store import forget_opened
from silian.portal.insight.domain.graph_values import Narrowing
from silian.portal.registry.models import Organisation, Register

Reader = Callable[[str], Client]


@pytest.fixture
def home(settings: Any, tmp_path: Path) -> Iterator[Path]:
    settings.SILIAN_HOME = tmp_path
    yield tmp_path
    forget_opened()
    forget_scopes()
    forget_partners()
    cache.clear()


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


def api(client: Client, path: str, **values: Any) -> Any:
    return client.get(f"/api/v1/graph/{path}", values).json()


def test_bridges_and_communities_of_the_region_are_told_to_everybody(
    city: City, reader: Reader
) -> None:
    found = api(reader(""), "bridges")
    # A ring of Zhang, the university, the enterprise and Li; Wang hangs on the first two.
    assert (found["n_things"], found["n_starts"]) == (5, 5)
    assert [one["thing"]["label"] for one in found["bridges"]] == [
        "东海大学",
        "张三",
        "东海磁材有限公司",
        "李四",
    ]
    assert {one["share"] > 0 for one in found["bridges"]} == {True}
    people = api(reader(""), "bridges", kind="person")["bridges"]
    assert [(one["thing"]["label"], one["rank"]) for one in people] == [("张三", 1), ("李四", 2)]
    [group, *_] = api(reader(""), "communities")["communities"]
    assert group["number"] == 0
    assert sum(group["by_kind"].values()) == group["size"]
    assert reader("").get("/api/v1/graph/bridges", {"kind": "patent"}).status_code == 422


def test_whoever_is_hidden_bridges_nothing_that_others_are_told(city: City, reader: Reader) -> None:
    city.zhang.audience = "owner"
    city.zhang.save()
    labels = {one["thing"]["label"] for one in api(reader("viewer"), "bridges")["bridges"]}
    assert "张三" not in labels  # though it was learned while he could be seen
    build_graph()
    found = api(reader("viewer"), "bridges")
    assert found["n_things"] == 4
    central = [
        one["label"]
        for group in api(reader("viewer"), "communities")["communities"]
        for one in group["central"]
    ]
    assert "张三" not in central


def test_what_was_not_learned_is_learned_when_asked(city: City, reader: Reader) -> None:
    before = api(reader(""), "bridges")["bridges"]
    (graph_folder() / f"{current_stamp()}.standing.json").unlink()
    assert api(reader(""), "bridges")["bridges"] == before


def test_a_city_without_people_has_no_bridges(home: Path, db: None, reader: Reader) -> None:
    build_graph()
    assert api(reader(""), "bridges")["bridges"] == []
    assert api(reader(""), "communities")["communities"] == []


def test_views_are_kept_opened_and_dropped_by_api(city: City, reader: Reader) -> None:
    def keep(client: Client, **values: Any) -> Any:
        return client.post(
            "/api/v1/graph/views", json.dumps(values), content_type="application/json"
        )

    nodes = [city.zhang.public_id, city.university.public_id]
    owner = reader("research")
    kept = keep(owner, name="团队", nodes=nodes, types=["works_at"], since=2020, shared=False)
    assert kept.status_code == 201
    view = kept.json()
    assert (view["nodes"], view["types"], view["since"], view["own"]) == (
        nodes,
        ["works_at"],
        2020,
        True,
    )
    assert [one["public_id"] for one in api(owner, "views")] == [view["public_id"]]
    address = f"views/{view['public_id']}"
    assert reader("viewer").get(f"/api/v1/graph/{address}").status_code == 404
    again = keep(reader("research"), name="团队", nodes=nodes[:1], shared=True).json()
    assert again["public_id"] == view["public_id"]
    shown = api(reader("viewer"), address)
    assert (shown["own"], shown["nodes"]) == (False, nodes[:1])
    assert reader("viewer").delete(f"/api/v1/graph/{address}").status_code == 404
    assert reader("").get("/api/v1/graph/views").status_code == 401
    assert reader("research").delete(f"/api/v1/graph/{address}").status_code == 204
    assert api(reader("research"), "views") == []


def test_a_key_keeps_no_views_and_opens_shared_ones(
    city: City, client: Client, viewers: dict[str, Viewer]
) -> None:
    state = graph_kept.ViewState(nodes=(city.zhang.public_id,), narrowing=Narrowing())
    view = graph_kept.keep_view(viewers["research"], name="共享", state=state, shared=True)
    _, token = create_key(viewer=viewers["research"], name="程序")
    key = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    values = {"name": "一", "nodes": [city.zhang.public_id]}
    refused = client.post("/api/v1/graph/views", values, content_type="application/json", **key)
    assert (refused.status_code, refused.json()["code"]) == (403, "access_denied")
    assert client.get("/api/v1/graph/views", **key).json() == []
    shown = client.get(f"/api/v1/graph/views/{view.public_id}", **key).json()
    assert (shown["name"], shown["own"]) == ("共享", False)


def test_nobody_keeps_views_without_end(
    city: City, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph_kept, "_MOST_VIEWS", 1)

    def keep(name: str) -> int:
        values = {"name": name, "nodes": [city.zhang.public_id]}
        answer = reader("research").post(
            "/api/v1/graph/views", json.dumps(values), content_type="application/json"
        )
        return answer.status_code

    assert [keep("一"), keep("二"), keep("一")] == [201, 422, 201]


def ways(client: Client, city: City, **values: Any) -> list[list[str]]:
    asked = {"from": city.wang.public_id, "to": city.enterprise.public_id, **values}
    page = client.get("/graph/paths/", asked)
    assert page.status_code == 200
    return [[step.edge_type for step in way.steps] for way in page.context.get("ways", ())]


def test_paths_are_narrowed_by_tie_and_year(city: City, reader: Reader) -> None:
    client = reader("viewer")
    assert ["works_at", "partner"] in ways(client, city)
    works = {"to": city.li.public_id, "types": ["writes", "invents"]}
    assert ways(client, city, **works) == [["writes", "writes", "invents", "invents"]]
    assert ways(client, city, **works, since="2022") == []
    page = client.get("/graph/paths/", {"types": ["writes"], "since": "2023"})
    assert b'value="writes" checked' in page.content
    assert b'name="since" inputmode="numeric" maxlength="4" pattern="[0-9]{4}" value="2023"' in (
        page.content
    )


def test_a_way_with_a_detour_is_no_other_way(city: City, reader: Reader) -> None:
    """Zhang works at the university; his patent is its own, too."""
    asked = {"from": city.zhang.public_id, "to": city.university.public_id, "most": "5"}
    page = reader("viewer").get("/graph/paths/", asked)
    assert [[step.edge_type for step in way.steps] for way in page.context["ways"]] == [
        ["works_at"]
    ]


def test_whoever_is_not_signed_in_searches_paths_as_often_as_by_api(
    city: City, reader: Reader, settings: Any
) -> None:
    settings.API_ANONYMOUS_REQUESTS_PER_MINUTE = 1
    asked = {"from": city.wang.public_id, "to": city.enterprise.public_id}
    codes = [reader("").get("/graph/paths/", asked).status_code for _ in range(2)]
    assert codes == [200, 429]
    assert reader("").get("/graph/paths/").status_code == 200
    assert reader("viewer").get("/graph/paths/", asked).status_code == 200


def test_more_things_than_are_searched_from_are_estimated(
    city: City, register: Register, monkeypatch: pytest.MonkeyPatch, reader: Reader
) -> None:
    from silian.portal.insight.domain import graph_standing

    paper = Publication.objects.create(register=register, source_key="P2", title="综述")
    for person in (city.li, city.wang):
        Contribution.objects.create(person=person, subject_id=paper.public_id, role="author")
    monkeypatch.setattr(graph_standing, "_EXACT_THINGS", 2)
    monkeypatch.setattr(graph_standing, "_LEAST_STARTS", 2)
    monkeypatch.setattr(graph_standing, "_SEARCHED_CELLS", 1)
    build_graph()
    assert api(reader(""), "bridges")["n_starts"] == 2
    monkeypatch.setattr(graph_standing, "_MOST_BRIDGED", 1)
    build_graph()
    found = api(reader(""), "bridges")
    assert found["n_starts"] == 0
    assert [one["share"] for one in found["bridges"]] == [None] * 5
    assert found["bridges"][0]["rank"] == 1


def test_an_empty_explorer_offers_the_own_record_bridges_and_groups(
    city: City, reader: Reader
) -> None:
    page = reader("research").get("/graph/")
    assert page.context["mine"].node_id == city.university.public_id
    content = page.content.decode()
    assert f'<a href="?node={city.zhang.public_id}">张三</a>' in content
    group = page.context["standing"].communities[0]
    assert f"?nodes={','.join(one.node_id for one in group.central)}" in content
    shown = reader("").get("/graph/", {"node": city.zhang.public_id})
    assert "standing" not in shown.context
    assert reader("").get("/graph/").context["mine"] is None
