"""The map on pages and in files: the same figures everywhere, withheld alike."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from silian.portal.audit.models import AuditEntry
from silian.portal.insight.domain import maps_unmet
from silian.portal.insight.domain.maps_unmet import match_open_needs
from silian.portal.registry.models import Organisation, Person, Region, Register

pytestmark = pytest.mark.django_db
_SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
_PEOPLE = {"990101": 3, "990102": 8, "990103": 20}


@pytest.fixture
def city(register: Register, make_organisation: Callable[..., Organisation]) -> None:
    """Three districts with 3, 8 and 20 people."""
    for code, name, name_en in (
        ("990100", "海市", "Sea City"),
        ("990101", "东区", "East"),
        ("990102", "西区", "West"),
        ("990103", "北区", "North"),
    ):
        region = Region.objects.create(
            register=register,
            source_key=code,
            adcode=code,
            name=name,
            name_en=name_en,
            level="city" if code.endswith("00") else "district",
            parent_adcode="" if code.endswith("00") else "990100",
            boundary=_SQUARE,
        )
        firm = make_organisation(f"=企业 {code}", region=region)
        for number in range(_PEOPLE.get(code, 0)):
            Person.objects.create(
                register=register,
                source_key=f"{code}-{number}",
                name=f"人 {number}",
                organisation=firm,
                field_codes=["T0401"],
            )
    cache.clear()


@pytest.fixture
def reader(client: Client, users: dict[str, Any]) -> Callable[[str], Client]:
    def sign_in(role: str) -> Client:
        client.logout()
        if role:
            client.force_login(users[role])
        return client

    return sign_in


def rows_of(response: Any) -> list[dict[str, str]]:
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content)))


def test_everybody_may_read_the_map_in_both_languages(
    city: None, reader: Callable[[str], Client]
) -> None:
    client = reader("")
    page = client.get("/map/").content.decode()
    assert "人才地图" in page
    assert "东区" in page
    client.cookies["django_language"] = "en"
    page = client.get("/map/").content.decode()
    assert "Talent map" in page
    assert "North" in page
    assert "东区" not in page


def test_pages_files_and_the_api_withhold_the_same_counts(
    city: None, reader: Callable[[str], Client]
) -> None:
    client = reader("operator")
    data = client.get("/map/").context["map_data"]
    on_page = {row["code"]: row["values"]["people"] for row in data["rows"]}
    assert on_page == {"990101": None, "990102": None, "990103": 20}

    geo = client.get("/map/export/?format=geojson")
    features = json.loads(b"".join(geo.streaming_content))["features"]
    in_geojson = {
        one["id"]: one["properties"]["people"] for one in features if "-" not in one["id"]
    }
    assert in_geojson == on_page
    assert features[0]["geometry"] == _SQUARE

    in_csv = {row["地区代码"]: row["人才"] for row in rows_of(client.get("/map/export/"))}
    assert in_csv["990101"] == in_csv["990102"] == "隐去"
    assert (in_csv["990103"], in_csv["990100"]) == ("20", "31")

    in_api = client.get("/api/v1/map").json()
    assert {
        row["adcode"]: row["values"]["people"] for row in in_api["rows"] if "-" not in row["adcode"]
    } == on_page
    assert in_api["withheld_count"] == 2
    described = client.get("/api/v1/map/geojson").json()["features"]
    assert [one["properties"] for one in described] == [one["properties"] for one in features]


def test_withheld_counts_are_nowhere_on_the_page(
    city: None, reader: Callable[[str], Client]
) -> None:
    page = reader("operator").get("/map/?field=T04&measure=people").content.decode()
    assert page.count("隐去</span>") >= 2
    assert "不是零，也不是没有数据" in page
    assert '"people": 3' not in page
    assert '"people": 8' not in page


def test_exports_are_for_members_and_logged(city: None, reader: Callable[[str], Client]) -> None:
    assert reader("").get("/map/export/").status_code == 302
    assert reader("viewer").get("/map/export/").status_code == 403
    assert reader("enterprise").get("/map/export/?format=xlsx").status_code == 200
    entry = AuditEntry.objects.filter(action="list.export").latest("pk")
    assert (entry.subject, entry.details["format"]) == ("map-areas", "xlsx")
    flows = reader("research").get("/map/export/?what=flows&format=geojson")
    assert flows.headers["Content-Type"] == "text/csv"


@pytest.mark.parametrize("query", ["area=990101", "area=1", "field=T0401", "area=%00"])
def test_areas_and_fields_that_the_map_has_not_are_not_found(
    query: str, city: None, reader: Callable[[str], Client]
) -> None:
    assert reader("").get(f"/map/?{query}").status_code == (200 if query == "area=%00" else 404)


def test_boundaries_are_those_of_the_parts(city: None, reader: Callable[[str], Client]) -> None:
    answer = reader("").get("/map/outlines/?area=990100")
    assert [one["properties"]["name"] for one in answer.json()["features"]] == [
        "990101",
        "990102",
        "990103",
    ]
    assert "max-age=600" in answer.headers["Cache-Control"]
    assert reader("").get("/map/outlines/?area=77").status_code == 404


def test_a_map_without_areas_says_what_to_do(db: None, client: Client) -> None:
    assert "silian load" in client.get("/map/").content.decode()


def test_needs_without_supply_are_for_those_who_may_read_matches(
    city: None,
    reader: Callable[[str], Client],
    make_need: Callable[..., Any],
    index: Callable[[], int],
    settings: Any,
    tmp_path: Any,
) -> None:
    settings.SILIAN_HOME = tmp_path
    region = Region.objects.get(adcode="990102")
    need = make_need("lonely", title="=深海采矿", text="耐高压密封的采矿头。", region=region)
    index()
    assert "silian map --match" in reader("operator").get("/map/").content.decode()
    told = reader("viewer").get("/map/").content.decode()
    assert "由运营方匹配后在此列出" in told
    assert "silian map" not in told  # a reader has no shell
    match_open_needs()
    cache.clear()

    assert need.title not in reader("").get("/map/").content.decode()
    assert reader("").get("/api/v1/map/needs-without-supply").status_code == 401
    assert need.title in reader("viewer").get("/map/").content.decode()
    assert need.title not in reader("viewer").get("/map/?field=T08").content.decode()
    told = rows_of(reader("research").get("/map/export/?what=needs"))
    assert [(row["需求编号"], row["需求"]) for row in told] == [(need.public_id, "'=深海采矿")]
    listed = reader("viewer").get("/api/v1/map/needs-without-supply").json()
    assert [item["need_id"] for item in listed["items"]] == [need.public_id]


def test_only_operators_have_the_needs_matched_anew(
    city: None, reader: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr("django_q.tasks.async_task", started.append)
    assert reader("research").post("/map/run/").status_code == 403
    assert reader("operator").post("/map/run/").status_code == 302
    assert started == [f"{maps_unmet.__name__}.match_open_needs"]
    assert AuditEntry.objects.filter(action="map.run").count() == 1
