"""Telling the browser which form was taken, so that it forgets what was written there.

Pages keep what is written in the tab's session storage (``static/silian/js/kept_text.js``) until
the server says that it has it: a form carries an id of its own, and a cookie names the id of the
last form that was taken. A refusal, an ended session or a failure says nothing, so the words stay.
"""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

COOKIE = "silian_saved"
_ID = re.compile(r"[0-9a-f]{24}")
_SECONDS = 300

Responder = Callable[[HttpRequest], HttpResponse]


class KeptTextMiddleware:
    """Confirm the id of each form that was taken."""

    def __init__(self, get_response: Responder) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and 300 <= response.status_code < 400:
            sent = request.POST.get("sent_id", "")
            if _ID.fullmatch(sent) and _is_taken(request, response):
                response.set_cookie(
                    COOKIE,
                    sent,
                    max_age=_SECONDS,
                    samesite="Lax",
                    secure=request.is_secure(),
                )
        return response


def page_of_form(request: HttpRequest) -> str:
    """Address of the page whose form or fragment was sent; empty where it isn't one of ours."""
    asked = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    ours = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    parts = urlsplit(asked)
    return (parts.path + (f"?{parts.query}" if parts.query else "")) if ours and parts.path else ""


def _is_taken(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether a redirect answers a form that was saved, not one that was sent away or refused."""
    to_sign_in = response.headers.get("Location", "").startswith(resolve_url("accounts:sign_in"))
    # Some pages send their reader back with an error to read.
    told = getattr(messages.get_messages(request), "_queued_messages", [])
    return not to_sign_in and all(one.level < messages.ERROR for one in told)
