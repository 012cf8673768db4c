"""Refusals as readers meet them, and the headers that every answer carries."""

import re
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, reverse

from silian.portal.accounts.domain.access import require, viewer_of
from silian.portal.accounts.models import User
from silian.portal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db


def test_an_anonymous_reader_comes_back_after_signing_in(client: Client) -> None:
    response = client.get("/imports/?state=open&page=2")
    assert response.status_code == 302
    assert response["Location"] == (
        "/account/sign-in/?next=%2Fimports%2F%3Fstate%3Dopen%26page%3D2"
    )


def test_a_fragment_sends_the_whole_page_to_sign_in(client: Client) -> None:
    response = client.get("/needs/need-aaaaaaaaaaaaaaaa/matches/", headers={"HX-Request": "true"})
    assert (response.status_code, response.content) == (204, b"")
    assert response["HX-Redirect"] == "/account/sign-in/?next=%2F"


def test_a_signed_in_reader_is_told_who_may(client: Client, users: dict[str, User]) -> None:
    client.force_login(users["viewer"])
    response = client.get("/imports/")
    assert response.status_code == 403
    assert "可用角色：运营方" in response.content.decode()
    entry = AuditEntry.objects.get(action="access.denied")
    assert (entry.actor, entry.subject) == (users["viewer"], "GET registry:import_list")


def test_a_changed_role_counts_from_the_next_request(
    client: Client, users: dict[str, User]
) -> None:
    client.force_login(users["viewer"])
    assert client.get("/imports/").status_code == 403
    User.objects.filter(pk=users["viewer"].pk).update(role="operator")
    assert client.get("/imports/").status_code == 200
    User.objects.filter(pk=users["viewer"].pk).update(is_active=False)
    assert client.get("/imports/").status_code == 302


def open_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


def guarded_view(request: HttpRequest) -> HttpResponse:
    require(viewer_of(request), "user.manage")
    return HttpResponse("open")


@pytest.fixture
def forgotten_routes(settings: Any) -> None:
    """A route that nobody listed, and a listed one whose domain refuses."""
    routes = ModuleType("forgotten_routes")
    routes.urlpatterns = [
        path("forgotten/", open_view, name="forgotten"),
        path("nameless/", open_view),
        path("guarded/", guarded_view, name="search"),
        *import_module("silian.portal.urls").urlpatterns,
    ]
    settings.ROOT_URLCONF = routes


@pytest.mark.parametrize("route", ["/forgotten/", "/nameless/"])
def test_a_route_that_nobody_listed_is_closed_even_to_operators(
    route: str, client: Client, users: dict[str, User], forgotten_routes: None
) -> None:
    assert client.get(route).status_code == 302
    client.force_login(users["operator"])
    response = client.get(route)
    assert response.status_code == 403
    entry = AuditEntry.objects.get(action="access.denied")
    assert entry.details["code"] == "route_not_listed"


def test_a_refusal_inside_a_view_is_answered_alike(
    client: Client, users: dict[str, User], forgotten_routes: None
) -> None:
    assert client.get("/guarded/").status_code == 302
    client.force_login(users["viewer"])
    assert client.get("/guarded/").status_code == 403


def policy_of(response: HttpResponse) -> dict[str, str]:
    header = response["Content-Security-Policy"]
    return dict(part.strip().partition(" ")[::2] for part in header.split(";"))


@pytest.mark.parametrize("page", ["/", "/account/sign-in/", "/api/v1/docs", "/api/v1/kinds", "/x"])
def test_every_answer_forbids_foreign_and_inline_scripts(
    page: str, client: Client, users: dict[str, User]
) -> None:
    client.force_login(users["enterprise"])
    response = client.get(page)
    policy = policy_of(response)
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert not re.search(r"https?:|\*|unsafe-eval", response["Content-Security-Policy"])
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]


@pytest.mark.parametrize("name", ["home", "accounts:sign_in", "exchange:need_list"])
def test_pages_hold_no_script_that_the_policy_would_stop(name: str, client: Client) -> None:
    html = client.get(reverse(name)).content.decode()
    scripts = re.findall(r"<script\b([^>]*)>(.*?)</script>", html, flags=re.S)
    inline = [(tag, body) for tag, body in scripts if body.strip() and "json" not in tag]
    assert inline == []
    assert re.findall(r"<style\b", html) == []
    assert re.findall(r"\son\w+=", html) == []
    assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]*\.(?:js|css)', html) == []


def test_the_admin_needs_evaluation_but_nothing_foreign(
    client: Client, users: dict[str, User]
) -> None:
    client.force_login(users["operator"])
    policy = policy_of(client.get("/admin/"))
    assert policy["script-src"] == "'self' 'unsafe-inline' 'unsafe-eval'"
    assert policy["default-src"] == "'none'"


def test_the_session_cookie_is_out_of_reach_of_scripts(
    client: Client, users: dict[str, User]
) -> None:
    client.post("/account/sign-in/", {"username": "viewer", "password": "a-long-Passphrase-7"})
    cookie = client.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert cookie["max-age"] == 12 * 3600
