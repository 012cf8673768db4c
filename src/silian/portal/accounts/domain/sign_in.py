"""Sign in and out, and slow down whoever guesses passwords."""

import hashlib
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from silian.errors import EngineError
from silian.portal.accounts.domain.access import viewer_of, viewer_of_user
from silian.portal.accounts.models import SignInFailure, User
from silian.portal.audit import domain as audit
from silian.portal.bilingual import choose


class SignInRefused(EngineError, PermissionError):
    """Name and password don't belong together; which of the two is wrong stays untold."""

    code = "sign_in_refused"
    message_zh = "用户名或密码不正确。"
    message_en = "The user name or the password is not right."

    def __init__(self, **details: Any) -> None:
        super().__init__(self.message_en, **details)

    @property
    def message(self) -> str:
        """The message in the reader's language."""
        return choose(self.message_zh, self.message_en)


class TooManyAttempts(SignInRefused):
    """The limit of failures is reached; even the right password waits now."""

    code = "too_many_attempts"

    def __init__(self, *, wait_minutes: int) -> None:
        self.message_zh = f"失败次数过多，请在 {wait_minutes} 分钟后再试，或请运营方重设密码。"
        self.message_en = (
            f"Too many failed attempts. Try again in {wait_minutes} minutes, or ask the operator "
            "to set a new password."
        )
        super().__init__(wait_minutes=wait_minutes)


def sign_in(request: HttpRequest, username: str, password: str) -> User:
    """Begin a session.

    Raises
    ------
    SignInRefused
        If name and password don't belong together, or the account is inactive.
    TooManyAttempts
        If name and address, or the address alone, have failed too often within the window.
    """
    address = client_address(request)
    username_hash = hashlib.sha256(username.strip().casefold().encode()).hexdigest()
    _hold_back(username_hash, address)
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        SignInFailure.objects.create(username_hash=username_hash, address=address)
        raise SignInRefused
    with transaction.atomic():
        SignInFailure.objects.filter(username_hash=username_hash, address=address).delete()
        login(request, user)
        request.silian_viewer = viewer_of_user(user)  # type: ignore[attr-defined]
        audit.log("session.sign_in", viewer_of(request), address=address)
    return user


def sign_out(request: HttpRequest) -> None:
    """End the session; without one nothing happens."""
    logout(request)
    request.silian_viewer = viewer_of_user(None)  # type: ignore[attr-defined]


def client_address(request: HttpRequest) -> str:
    """Address of the client, behind as many proxies as the settings trust.

    A client can write anything into ``X-Forwarded-For``; only the entries that our own proxies
    added count, from the right.
    """
    trusted = settings.TRUSTED_PROXY_COUNT
    forwarded = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",")]
    if trusted and len(forwarded) >= trusted and forwarded[-trusted]:
        return forwarded[-trusted][:45]
    return str(request.META.get("REMOTE_ADDR", ""))[:45]


def _hold_back(username_hash: str, address: str) -> None:
    window = timedelta(minutes=settings.SIGN_IN_WINDOW_MINUTES)
    since = timezone.now() - window
    SignInFailure.objects.filter(created_at__lt=since).delete()
    recent = SignInFailure.objects.filter(address=address).order_by("-created_at")
    for failures, limit in (
        (recent.filter(username_hash=username_hash), settings.SIGN_IN_FAILURES),
        (recent, settings.SIGN_IN_FAILURES_PER_ADDRESS),
    ):
        # The attempt that has to age out before another one is free.
        blocking = failures[limit - 1 : limit].values_list("created_at", flat=True).first()
        if blocking is not None:
            wait = blocking + window - timezone.now()
            raise TooManyAttempts(wait_minutes=max(1, -(-int(wait.total_seconds()) // 60)))
