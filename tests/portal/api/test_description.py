"""The OpenAPI description and its page: complete, offline, and true of every operation."""

import re
from typing import Any

import pytest
from django.test import Client

from silian.portal.accounts.domain.permissions import ANONYMOUS, PERMISSIONS, ROUTE_ACTIONS
from silian.portal.accounts.models import User
from silian.portal.api.application import api
from silian.portal.catalogue import KINDS

pytestmark = pytest.mark.django_db


def described() -> list[tuple[str, dict[str, Any]]]:
    schema = api.get_openapi_schema()
    return [
        (f"{method} {path}", operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_operation_is_described_in_both_languages() -> None:
    for name, operation in described():
        assert re.search(r"[一-鿿]", operation["summary"]), name
        assert re.search(r"[A-Za-z]{3}", operation["summary"]), name
        assert len(operation["description"]) > 25, name
        assert operation["tags"], name
        assert operation["security"], name


def test_every_operation_tells_its_problems() -> None:
    for name, operation in described():
        problems = {status for status in operation["responses"] if int(status) >= 400}
        assert problems >= {400, 401, 403, 404, 413, 422, 429, 503}, name
        for status in problems:
            assert set(operation["responses"][status]["content"]) == {"application/problem+json"}


def test_every_parameter_and_body_is_described() -> None:
    for name, operation in described():
        for parameter in operation["parameters"]:
            named = parameter["name"] in {"limit", "offset", "format", "kind", "q"}
            assert named or "description" in parameter or "examples" in parameter, (
                name,
                parameter["name"],
            )


def test_the_schemes_are_a_key_and_a_session_and_some_operations_need_none() -> None:
    schema = api.get_openapi_schema()
    schemes = schema["components"]["securitySchemes"]
    assert {name: scheme["type"] for name, scheme in schemes.items()} == {
        "ApiKey": "http",
        "Session": "apiKey",
    }
    free = {operation["operationId"] for _, operation in described() if {} in operation["security"]}
    assert {"search", "list_records", "get_record", "list_regions", "get_map"} <= free
    # Exactly those that the permission table opens to everybody.
    assert free == {
        name.removeprefix("api:")
        for name, action in ROUTE_ACTIONS.items()
        if name.startswith("api:") and ANONYMOUS in PERMISSIONS[action]
    }


def test_the_page_works_without_any_foreign_server(client: Client, users: dict[str, User]) -> None:
    client.force_login(users["enterprise"])
    response = client.get("/api/v1/docs")
    html = response.content.decode()
    assert response.status_code == 200
    assert re.findall(r"(?:https?:)?//[\w.]+\.\w+", html) == []
    links = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert len(links) >= 4
    for link in links:
        answer = client.get(link)
        assert answer.status_code == 200, link
        b"".join(answer.streaming_content)
        answer.close()
    scripts = re.findall(r"<script\b([^>]*)>\s*([^<\s])?", html)
    assert all("json" in attributes or not body for attributes, body in scripts)


def test_the_description_is_for_those_who_may_read_it(
    client: Client, users: dict[str, User]
) -> None:
    assert client.get("/api/v1/openapi.json").status_code == 401
    client.force_login(users["viewer"])
    schema = client.get("/api/v1/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    assert "/api/v1/records/{public_id}" in schema["paths"]


def test_every_kind_is_catalogued_with_its_columns(callers: dict) -> None:
    kinds = callers["research"].get("/kinds").json()
    assert [kind["kind"] for kind in kinds] == list(KINDS)
    writable = {kind["kind"] for kind in kinds if kind["writable"]}
    assert writable == set(KINDS) - {
        "need",
        "organisation",
        "region",
        "enterprise_year",
        "grant",
    } - {
        "chain_node",
        "chain_link",
        "chain_member",
    }
    detail = callers["viewer"].get("/kinds/need").json()
    assert [column["name"] for column in detail["columns"]][:3] == ["source_key", "title", "text"]
    status = next(column for column in detail["columns"] if column["name"] == "status")
    assert {"value": "draft", "label_zh": "草稿", "label_en": "Draft"} in status["choices"]
    assert detail["row_schema"]["required"] == ["source_key", "title", "text"]
    assert callers["viewer"].get("/kinds/planet").status_code == 422
