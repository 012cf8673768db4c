"""Every error under /api/ is a problem in both languages, whoever finds it."""

from typing import Any

import pytest
from django.test import Client

from silian.portal.registry.models import Region, Register

pytestmark = pytest.mark.django_db


def problem_of(response: Any) -> dict[str, Any]:
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    assert any("\u4e00" <= character <= "\u9fff" for character in body["detail"])
    assert body["detail_en"].isascii()
    return body


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/v1/records/", "/api/v2/kinds", "/api/", "/api/v1/a/b/c/d"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_address_is_a_problem(method: str, path: str, client: Client) -> None:
    body = problem_of(client.generic(method, path))
    assert (body["status"], body["code"]) == (404, "no_such_address")
    assert path in body["detail"]


def test_an_unknown_page_stays_a_page(client: Client) -> None:
    response = client.get("/nothing/")
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


def test_a_host_that_is_not_ours_is_a_problem(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["ours.example"]
    body = problem_of(client.get("/api/v1/records?kind=need"))
    assert (body["status"], body["code"]) == (400, "bad_request")


@pytest.mark.parametrize("public_id", ["need-xxxxxxxxxxxxxxxx", "need-aaaaaaaaaaaaaaaa", "zz-1"])
def test_an_id_of_nothing_is_told_in_chinese(public_id: str, callers: dict) -> None:
    body = problem_of(callers["anonymous"].get(f"/records/{public_id}"))
    assert body["status"] == 404


def test_a_parameter_out_of_range_says_in_chinese_what_arrived(callers: dict) -> None:
    body = problem_of(callers["viewer"].get("/records?kind=need&limit=999&mine=perhaps"))
    assert body["code"] == "invalid_request"
    assert {error.pop("message_en") != "" for error in body["errors"]} == {True}
    assert sorted(body["errors"], key=lambda error: error["field"]) == [
        {
            "field": "limit",
            "code": "less_than_equal",
            "message_zh": "收到“999”，应不大于 200。",
            "arrived": "999",
        },
        {
            "field": "mine",
            "code": "bool_parsing",
            "message_zh": "收到“perhaps”，应为 true 或 false。",
            "arrived": "perhaps",
        },
    ]


def test_a_body_names_its_fields_as_the_sender_does(callers: dict) -> None:
    sent = {"text": "", "kinds": ["planet"], "colour": "red", "limit": 1.5}
    body = problem_of(callers["viewer"].post("/match", sent))
    told = {error["field"]: error["message_zh"] for error in body["errors"]}
    assert told.keys() == {"text", "kinds.0", "colour", "limit"}
    assert told["text"] == "最少 1 个字符。"
    assert told["colour"] == "收到“red”，没有这个字段，请核对拼写。"


def test_a_body_that_is_no_json_is_told_in_chinese(callers: dict) -> None:
    response = callers["viewer"].client.post(
        "/api/v1/match",
        data="{",
        content_type="application/json",
        headers={"Authorization": f"Bearer {callers['viewer'].token}"},
    )
    assert problem_of(response)["code"] == "bad_request"


def test_a_misspelt_parameter_is_refused_with_the_nearest_name(callers: dict) -> None:
    body = problem_of(callers["anonymous"].get("/search?q=x&regions=330203&bogus=1"))
    assert (body["status"], body["code"]) == (422, "unknown_parameter")
    assert body["detail"].startswith("没有参数 regions、bogus；可用：field、folded、kind、")
    assert [error["message_zh"] for error in body["errors"]] == [
        "没有这个参数，是否为 region？",
        "没有这个参数。",
    ]


def test_who_may_not_ask_learns_nothing_of_parameters(callers: dict) -> None:
    body = problem_of(callers["anonymous"].get("/index?bogus=1"))
    assert (body["status"], body["code"]) == (401, "sign_in_required")


@pytest.mark.parametrize(
    ("method", "path", "payload"),
    [
        ("GET", "/search?q=x&region=zz", None),
        ("GET", "/records?kind=need&region=330203,99999999", None),
        ("POST", "/search", {"text": "x", "region_codes": ["zz"]}),
        ("POST", "/match", {"text": "x", "region_codes": ["zz"]}),
    ],
)
def test_an_impossible_region_is_told(
    method: str, path: str, payload: Any, callers: dict, index: Any
) -> None:
    body = problem_of(callers["viewer"].request(method, path, payload))
    assert (body["status"], body["code"]) == (422, "unknown_region")


def test_a_region_may_be_named(callers: dict, make_need: Any, register: Register) -> None:
    region = Region.objects.create(
        register=register, source_key="330203", adcode="330203", name="海曙区", level="district"
    )
    make_need("n", region=region)
    for name, total in (("海曙区", 1), ("宁波", 1), ("浙江省", 1), ("甘肃", 0)):
        listed = callers["anonymous"].get(f"/records?kind=need&region={name}").json()
        assert listed["total"] == total
