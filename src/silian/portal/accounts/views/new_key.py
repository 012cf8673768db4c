"""A new key's words on their way from the form that made it to the page that shows them once.

They travel in a cookie of the reader's own that the page deletes: the form can be answered with a
redirect, so that reloading makes no second key, and nothing that is stored here reveals a key.
"""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from silian.portal.accounts.domain.access import Viewer
from silian.portal.accounts.domain.api_keys import is_key_of

_COOKIE = "silian_new_key"
_SECONDS = 60


def carry(request: HttpRequest, response: HttpResponse, token: str) -> None:
    """Give the browser a key for its next look at the page of keys."""
    response.set_cookie(
        _COOKIE,
        token,
        max_age=_SECONDS,
        path=reverse("accounts:api_keys"),
        httponly=True,
        samesite="Strict",
        secure=request.is_secure(),
    )


def carried(request: HttpRequest, viewer: Viewer) -> str:
    """The key that was just made, if it is one of the viewer's; empty where none is carried."""
    token = request.COOKIES.get(_COOKIE, "")
    return token if token and is_key_of(viewer, token) else ""


def drop(response: HttpResponse) -> None:
    """Let the browser forget the key once it was shown."""
    response.delete_cookie(_COOKIE, path=reverse("accounts:api_keys"), samesite="Strict")
