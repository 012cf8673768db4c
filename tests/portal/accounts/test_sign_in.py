"""Signing in, and the slowing down of guesses."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone

from silian.portal.accounts.domain.access import viewer_of
from silian.portal.accounts.domain.sign_in import (
    SignInRefused,
    TooManyAttempts,
    client_address,
    sign_in,
    sign_out,
)
from silian.portal.accounts.models import SignInFailure, User
from silian.portal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-Passphrase-7"


def request_from(address: str = "10.0.0.1", **headers: Any) -> HttpRequest:
    request = RequestFactory().post("/account/sign-in/", REMOTE_ADDR=address, **headers)
    request.session = SessionStore()
    return request


def fail(username: str, address: str = "10.0.0.1", times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            sign_in(request_from(address), username, "wrong")


def test_the_right_password_begins_a_session(users: dict[str, User]) -> None:
    request = request_from()
    assert sign_in(request, "enterprise", PASSWORD) == users["enterprise"]
    assert viewer_of(request).role == "enterprise"
    assert AuditEntry.objects.get(action="session.sign_in").actor == users["enterprise"]
    sign_out(request)
    assert viewer_of(request).role == "anonymous"


def test_an_unknown_name_and_a_wrong_password_are_told_alike(users: dict[str, User]) -> None:
    texts = set()
    for name in ("enterprise", "nobody"):
        with pytest.raises(SignInRefused) as refused:
            sign_in(request_from(), name, "wrong")
        texts.add(str(refused.value))
    assert len(texts) == 1


def test_an_inactive_account_cannot_sign_in(users: dict[str, User]) -> None:
    User.objects.filter(pk=users["viewer"].pk).update(is_active=False)
    with pytest.raises(SignInRefused):
        sign_in(request_from(), "viewer", PASSWORD)


def test_after_five_failures_even_the_right_password_waits(users: dict[str, User]) -> None:
    fail("enterprise", times=5)
    with pytest.raises(TooManyAttempts) as refused:
        sign_in(request_from(), " Enterprise ", PASSWORD)
    assert refused.value.details == {"wait_minutes": 10}
    assert "10 minutes" in str(refused.value)


def test_others_at_the_address_and_the_same_name_elsewhere_are_not_held_back(
    users: dict[str, User],
) -> None:
    fail("enterprise", times=5)
    assert sign_in(request_from(), "research", PASSWORD) == users["research"]
    assert sign_in(request_from("10.0.0.2"), "enterprise", PASSWORD) == users["enterprise"]


def test_an_address_that_tries_many_names_is_held_back(users: dict[str, User]) -> None:
    for number in range(50):
        fail(f"name{number}")
    with pytest.raises(TooManyAttempts):
        sign_in(request_from(), "research", PASSWORD)


def test_failures_age_out(users: dict[str, User]) -> None:
    fail("enterprise", times=5)
    SignInFailure.objects.update(created_at=timezone.now() - timedelta(minutes=10, seconds=1))
    assert sign_in(request_from(), "enterprise", PASSWORD) == users["enterprise"]
    assert SignInFailure.objects.count() == 0


def test_success_forgives_former_failures(users: dict[str, User]) -> None:
    fail("enterprise", times=4)
    sign_in(request_from(), "enterprise", PASSWORD)
    fail("enterprise", times=4)
    assert sign_in(request_from(), "enterprise", PASSWORD) == users["enterprise"]


def test_the_typed_name_is_not_kept(users: dict[str, User]) -> None:
    fail("my-password-by-mistake")
    assert "my-password" not in str(list(SignInFailure.objects.values()))


def test_forwarded_addresses_count_only_behind_trusted_proxies(settings: Any) -> None:
    request = request_from("10.0.0.9", HTTP_X_FORWARDED_FOR="1.1.1.1, 2.2.2.2")
    assert client_address(request) == "10.0.0.9"
    settings.TRUSTED_PROXY_COUNT = 1
    assert client_address(request) == "2.2.2.2"
    settings.TRUSTED_PROXY_COUNT = 3
    assert client_address(request) == "10.0.0.9"
