"""Keys, sessions, rates, sizes and malformed requests."""

import json
from typing import Any

import pytest
from django.test import Client

from silian.portal.accounts.domain.api_keys import create_key, revoke_key
from silian.portal.accounts.models import User
from silian.portal.api.throttling import take_token

pytestmark = pytest.mark.django_db
NEED = {"kind": "need", "source_key": "1", "values": {"title": "标题", "text": "内容"}}


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer ", "Basic YTpi", "silian_x_y", "x"])
def test_a_wrong_key_is_refused_even_where_none_is_needed(header: str, callers: dict) -> None:
    response = callers["anonymous"].get("/records?kind=need", Authorization=header)
    assert (response.status_code, response.json()["code"]) == (401, "invalid_api_key")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_wrong_key_never_falls_back_to_the_session(
    client: Client, users: dict[str, User]
) -> None:
    client.force_login(users["operator"])
    assert client.get("/api/v1/imports").status_code == 200
    headers = {"Authorization": "Bearer silian_0_0"}
    assert client.get("/api/v1/imports", headers=headers).status_code == 401


def test_a_revoked_key_is_refused(callers: dict, viewers: dict) -> None:
    key, token = create_key(viewer=viewers["enterprise"], name="x")
    caller = type(callers["viewer"])(client=callers["viewer"].client, token=token)
    assert caller.get("/kinds").status_code == 200
    revoke_key(key, viewer=viewers["enterprise"])
    assert caller.get("/kinds").status_code == 401


def test_a_session_writes_only_with_its_token(users: dict[str, User]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(users["enterprise"])
    send = {"data": json.dumps(NEED), "content_type": "application/json"}
    forged = client.post("/api/v1/records", **send)
    assert forged.status_code == 403
    assert forged["Content-Type"] == "application/problem+json"
    client.get("/api/v1/docs")
    token = client.cookies["csrftoken"].value
    meant = client.post("/api/v1/records", headers={"X-CSRFToken": token}, **send)
    assert meant.status_code == 201, meant.content


def test_a_key_needs_no_csrf_token(callers: dict) -> None:
    client = Client(enforce_csrf_checks=True)
    caller = type(callers["viewer"])(client=client, token=callers["enterprise"].token)
    assert caller.post("/records", NEED).status_code == 201


def test_who_asks_too_often_waits(callers: dict, settings: Any) -> None:
    settings.API_ANONYMOUS_REQUESTS_PER_MINUTE = 3
    path = "/records?kind=need"
    answers = [callers["anonymous"].get(path) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].json()["code"] == "rate_limited"
    assert 1 <= int(answers[3]["Retry-After"]) <= 20
    assert callers["viewer"].get(path).status_code == 200


def test_a_bucket_holds_a_minutes_worth_and_fills_steadily() -> None:
    assert [take_token("a", 2, now) for now in (0.0, 0.0)] == [0.0, 0.0]
    assert take_token("a", 2, 0.0) == pytest.approx(30)
    assert take_token("b", 2, 0.0) == 0.0
    assert take_token("a", 2, 29.0) == pytest.approx(1)
    assert take_token("a", 2, 30.0) == 0.0
    assert [take_token("a", 2, 1000.0) for _ in range(3)] == [0.0, 0.0, pytest.approx(30)]


def test_a_body_above_the_limit_is_refused_unread(callers: dict, settings: Any) -> None:
    settings.API_BODY_BYTES_MAX = 1000
    big = NEED | {"values": {"title": "长" * 1000}}
    response = callers["enterprise"].post("/records", big)
    assert (response.status_code, response.json()["code"]) == (413, "content_too_large")


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"kind": 1}', '"x"', "\x00", "NaN"])
def test_a_malformed_body_is_a_problem_and_not_a_failure(body: str, callers: dict) -> None:
    client = callers["enterprise"].client
    response = client.generic(
        "POST",
        "/api/v1/records",
        data=body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {callers['enterprise'].token}"},
    )
    assert response.status_code in {400, 422}, response.content
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "text", ["a\x00b", "\ud800", "𠮷" * 300, "\u202e", "'; DROP TABLE--", "=1+1", " "]
)
def test_odd_texts_are_kept_or_refused_but_never_fail(text: str, callers: dict) -> None:
    sent = NEED | {"source_key": f"k{text}"[:150], "values": {"title": text, "text": text}}
    response = callers["enterprise"].post("/records", sent)
    assert response.status_code in {201, 400, 422}, response.content
    if response.status_code == 201:
        callers["enterprise"].get(f"/records/{response.json()['record']['public_id']}")


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/records"), ("PUT", "/search")])
def test_other_methods_are_told_apart_from_other_addresses(
    method: str, path: str, callers: dict
) -> None:
    response = callers["operator"].request(method, path)
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in response["Allow"]


def test_problems_speak_the_readers_language(callers: dict) -> None:
    path = "/records/need-aaaaaaaaaaaaaaaa"
    chinese = callers["viewer"].post("/records", NEED).json()
    english = callers["viewer"].post("/records", NEED, **{"Accept-Language": "en"}).json()
    assert chinese["title"] == english["title"] == "没有权限"
    assert "不对“访客”开放" in chinese["detail"]
    assert english["detail"] == english["detail_en"]
    assert callers["viewer"].get(path).json()["type"] == "urn:silian:problem:record_not_found"


def test_a_defect_is_logged_and_told_without_details(
    callers: dict, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: Any, **options: Any) -> None:
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr("silian.portal.api.records.page_of", broken)
    response = callers["viewer"].get("/records?kind=need")
    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert "secret" not in response.content.decode()
    assert "a secret detail" in caplog.text


def test_a_text_that_is_too_long_is_measured_and_not_repeated(callers: dict) -> None:
    answer = callers["viewer"].post("/search", {"text": "磁" * 20_001})
    [error] = answer.json()["errors"]
    assert error["message_zh"] == "收到 20001 个字符，最多 20000 个字符。"
    assert len(error["arrived"]) < 100
