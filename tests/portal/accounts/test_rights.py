"""Every route against every role, expected from the one table and from a literal file.

``rights.txt`` is the table as it stands; a change of rights shows in its diff. Write it anew with
``SILIAN_WRITE_RIGHTS=1 pytest tests/portal/accounts/test_rights.py``.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from silian.portal.accounts.domain.permissions import (
    ANONYMOUS,
    NAMESPACE_ACTIONS,
    ROLES,
    ROUTE_ACTIONS,
    TABLE,
    action_of_route,
)
from silian.portal.accounts.models import User
from silian.portal.api.gate import operations

pytestmark = pytest.mark.django_db
RIGHTS = Path(__file__).with_name("rights.txt")
PAGE = Path(__file__).resolve().parents[3] / "docs" / "design" / "access.md"
_MARKS = {(True, True): "own", (True, False): "yes", (False, False): "-"}
_SIGN_IN = "/account/sign-in/"
_ARGUMENTS: dict[str, Any] = {
    "public_id": "need-aaaaaaaaaaaaaaaa",
    "need_id": "need-aaaaaaaaaaaaaaaa",
    "supply_id": "ach-aaaaaaaaaaaaaaaa",
    "job_id": UUID(int=0),
    "kind": "need",
    "policy_id": "technology_sme",
    "system_id": "technology_sme_points",
    "organisation_id": "org-aaaaaaaaaaaaaaaa",
    "year": 2025,
    "diagnosis_id": UUID(int=0),
    "scenario_id": UUID(int=0),
    "target_id": UUID(int=0),
    "file_format": "pdf",
    "step": "technology_sme",
    "code": "nothing",
    "pk": 1,
    "row_id": 1,
    "node_id": "node-aaaaaaaaaaaaaaaa",
    "note_id": 1,
    "subject": "service_agency",
    "subject_id": "per-aaaaaaaaaaaaaaaa",
    "outcome_id": 1,
    "link_id": 1,
    "decision_id": 1,
    "view_id": UUID(int=0),
    "upload_id": "0123456789abcdef",
}


def page_routes() -> list[tuple[str, str]]:
    """(url name, path with example arguments) of every page outside the API and the admin."""

    def walk(patterns: list[Any], namespace: str) -> Iterator[tuple[str, URLPattern]]:
        for entry in patterns:
            if isinstance(entry, URLResolver):
                inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
                yield from walk(entry.url_patterns, inner)
            else:
                yield f"{namespace}{entry.name or entry.pattern}", entry

    pages = []
    for name, pattern in walk(get_resolver().url_patterns, ""):
        if name.partition(":")[0] in {"api", *NAMESPACE_ACTIONS}:
            continue
        arguments = {
            key: UUID(int=0) if "UUID" in type(converter).__name__ else _ARGUMENTS[key]
            for key, converter in pattern.pattern.converters.items()
        }
        pages.append((name, reverse(name, kwargs=arguments)))
    return pages


def api_routes() -> list[tuple[str, str, str]]:
    """(route, method, path with example arguments) of every API operation, and its documents."""
    found = [
        (f"api:{operation}", method, re.sub(r"{(\w+)}", lambda m: str(_ARGUMENTS[m[1]]), path))
        for path, methods in operations().items()
        for method, operation in methods.items()
    ]
    own = ("openapi-json", "openapi-view", "api-root")
    return found + [(f"api:{name}", "GET", reverse(f"api:{name}")) for name in own]


def table_text() -> str:
    """The table and the routes behind each act, one line each."""
    lines = [f"{'':34}" + "".join(f"{role:>11}" for role in ROLES)]
    for action, permission in sorted(TABLE.items()):
        marks = [
            _MARKS[role in permission.roles, role in permission.own_records_only] for role in ROLES
        ]
        lines.append(f"{action:34}" + "".join(f"{mark:>11}" for mark in marks))
    lines.append("")
    lines += [f"{route:34} {action}" for route, action in sorted(ROUTE_ACTIONS.items())]
    lines += [f"{space + ':*':34} {action}" for space, action in sorted(NAMESPACE_ACTIONS.items())]
    return "\n".join(lines) + "\n"


def test_a_change_of_rights_is_visible_in_the_literal_file() -> None:
    if os.environ.get("SILIAN_WRITE_RIGHTS") == "1":
        RIGHTS.write_text(table_text(), encoding="utf-8")
    assert table_text() == RIGHTS.read_text(encoding="utf-8")


def documented_table() -> str:
    """The table for readers, with the acts' names."""
    lines = [f"| act | 中文 | {' | '.join(ROLES)} |", "| --- | --- |" + " :-: |" * len(ROLES)]
    for action, permission in sorted(TABLE.items()):
        marks = (
            _MARKS[role in permission.roles, role in permission.own_records_only].strip("-")
            for role in ROLES
        )
        names = f"`{action}` {permission.label_en} | {permission.label_zh}"
        lines.append(f"| {names} | {' | '.join(marks)} |")
    return "\n".join(lines)


def test_the_design_page_shows_the_same_table() -> None:
    page = PAGE.read_text(encoding="utf-8")
    before, shown, after = re.split(r"<!-- /?rights -->\n", page)
    if os.environ.get("SILIAN_WRITE_RIGHTS") == "1":
        shown = documented_table() + "\n"
        PAGE.write_text(f"{before}<!-- rights -->\n{shown}<!-- /rights -->\n{after}", "utf-8")
    assert shown.strip() == documented_table()


def test_every_page_and_operation_is_listed_and_nothing_else_is() -> None:
    real = {name for name, _ in page_routes()} | {name for name, _, _ in api_routes()}
    unlisted = {name for name in real if action_of_route(name) is None}
    assert unlisted == set(), "add these to ROUTE_ACTIONS, or they stay closed"
    assert set(ROUTE_ACTIONS) - real == set(), "these routes are gone; take them out"


def client_of(role: str, users: dict[str, User]) -> Client:
    client = Client(raise_request_exception=False)
    if role != ANONYMOUS:
        client.force_login(users[role])
    return client


@pytest.mark.parametrize("role", ROLES)
def test_pages_open_to_a_role_exactly_as_the_table_says(
    role: str, users: dict[str, User], index: Any
) -> None:
    client = client_of(role, users)
    opened, expected, broken = {}, {}, {}
    for name, path in page_routes():
        response = client.get(path)
        to_sign_in = response.status_code == 302 and response["Location"].startswith(_SIGN_IN)
        opened[name] = response.status_code != 403 and not to_sign_in
        if role != ANONYMOUS:
            assert not to_sign_in, name
        expected[name] = role in TABLE[ROUTE_ACTIONS[name]].roles
        if response.status_code >= 500:
            broken[name] = response.status_code
        if name == "accounts:sign_out":
            client = client_of(role, users)
    assert opened == expected
    assert broken == {}


@pytest.mark.parametrize("role", ROLES)
def test_operations_open_to_a_role_exactly_as_the_table_says(
    role: str, users: dict[str, User], index: Any, settings: Any
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1_000_000  # there are more operations than that
    settings.API_ANONYMOUS_REQUESTS_PER_MINUTE = 1_000_000
    client = client_of(role, users)
    opened, expected, broken = {}, {}, {}
    for name, method, path in api_routes():
        response = client.generic(method, path, data="{}", content_type="application/json")
        refused = 401 if role == ANONYMOUS else 403
        opened[name] = response.status_code != refused
        expected[name] = role in TABLE[ROUTE_ACTIONS[name]].roles
        if not expected[name]:
            assert response["Content-Type"] == "application/problem+json", name
            assert response.json()["detail"], name
        if response.status_code >= 500:
            broken[name] = response.content
    assert opened == expected
    assert broken == {}


@pytest.mark.parametrize("role", ROLES)
def test_the_admin_opens_to_operators_only(role: str, users: dict[str, User]) -> None:
    client = client_of(role, users)
    statuses = {
        client.get(path).status_code
        for path in ("/admin/", "/admin/accounts/user/", "/admin/login/", "/admin/logout/")
    }
    if role == "operator":
        assert 403 not in statuses
    else:
        assert statuses == {302 if role == ANONYMOUS else 403}
