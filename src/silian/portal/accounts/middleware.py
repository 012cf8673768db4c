"""Closed by default: a request reaches a view only if the permission table allows it."""

import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.views.defaults import permission_denied

from silian.portal.accounts.domain.access import AccessDenied, Viewer, require, viewer_of
from silian.portal.accounts.domain.permissions import action_of_route
from silian.portal.audit import domain as audit
from silian.portal.kept_text import page_of_form

#: One entry a minute for the same refusal: a page that polls must not fill the log.
_SAME_REFUSAL_SECONDS = 60

Responder = Callable[[HttpRequest], HttpResponse]


class RouteNotListed(AccessDenied):
    """A route that the permission table doesn't know: a defect, and closed until it is mended."""

    code = "route_not_listed"

    def __init__(self, route: str) -> None:
        super().__init__(
            f"the route {route!r} is not in the permission table and stays closed. "
            "Please tell the operator.",
            message_zh=f"路由 {route} 未列入权限表，已关闭访问。请告知运营方。",
            route=route,
        )


class PermissionMiddleware:
    """Ask the permission table before every view, and answer refusals that domains raise."""

    def __init__(self, get_response: Responder) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Let the request through, or answer it with a refusal."""
        match = request.resolver_match
        if match is not None and "api" in match.namespaces:
            from silian.portal.api.gate import check_request

            return check_request(request)
        route = (match.view_name or match.route) if match else request.path
        try:
            _check_route(viewer_of(request), route)
        except AccessDenied as denied:
            return page_refusal(request, denied)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn a refusal from a domain function into an answer."""
        return page_refusal(request, error) if isinstance(error, AccessDenied) else None


class SecurityHeadersMiddleware:
    """Tell browsers to run and load nothing but what this server serves.

    The admin's package evaluates expressions written in its pages (Alpine), so its scripts need
    a wider policy; it is reached by operators only.
    """

    def __init__(self, get_response: Responder) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        in_admin = request.path.startswith(resolve_url("admin:index"))
        response.headers.setdefault("Content-Security-Policy", ADMIN_POLICY if in_admin else POLICY)
        response.headers.setdefault("Permissions-Policy", _PERMISSIONS_POLICY)
        return response


def _policy(**changes: str) -> str:
    directives = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        # Charts and progress bars set sizes in style attributes; no style sheet is inline.
        "style-src-attr": "'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    directives |= {name.replace("_", "-"): value for name, value in changes.items()}
    return "; ".join(f"{name} {value}" for name, value in directives.items())


POLICY = _policy()
ADMIN_POLICY = _policy(
    script_src="'self' 'unsafe-inline' 'unsafe-eval'", style_src="'self' 'unsafe-inline'"
)
_PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def page_refusal(request: HttpRequest, denied: AccessDenied) -> HttpResponse:
    """Send an anonymous reader to the sign-in page, tell everybody else why not."""
    viewer = viewer_of(request)
    if not viewer.signed_in:
        there = f"{resolve_url('accounts:sign_in')}?{urlencode({'next': _next_page(request)})}"
        if request.headers.get("HX-Request"):
            # A fragment must not be replaced by a whole page: htmx follows this header instead.
            return HttpResponse(status=204, headers={"HX-Redirect": there})
        return HttpResponseRedirect(there)
    note_refusal(request, viewer, denied)
    return permission_denied(request, PermissionDenied(denied.message))


def note_refusal(request: HttpRequest, viewer: Viewer, denied: AccessDenied) -> None:
    """Log that a known viewer was refused."""
    match = request.resolver_match
    subject = f"{request.method} {(match.view_name or match.route) if match else request.path}"
    seen = f"refusal:{viewer.role}:{viewer.user_id}:{viewer.label}:{subject}:{denied.code}"
    if viewer.signed_in and cache.add(_cache_key(seen), 1, _SAME_REFUSAL_SECONDS):
        audit.log("access.denied", viewer, subject, code=denied.code, path=request.path[:500])


def _check_route(viewer: Viewer, route: str) -> None:
    action = action_of_route(route)
    if action is None:
        raise RouteNotListed(route)
    require(viewer, action)


def _next_page(request: HttpRequest) -> str:
    if request.method == "GET" and not request.headers.get("HX-Request"):
        return request.get_full_path()
    # Whoever sent a form when the session had ended comes back to that form.
    return page_of_form(request) or resolve_url("home")


def _cache_key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
