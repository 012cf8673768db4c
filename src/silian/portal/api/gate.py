"""The API's side of the permission middleware: who asks, which operation, whether it is open."""

import re
from difflib import get_close_matches
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from silian.portal.accounts.domain.access import AccessDenied, require, viewer_of
from silian.portal.accounts.domain.api_keys import viewer_of_key
from silian.portal.accounts.domain.permissions import action_of_route
from silian.portal.accounts.middleware import RouteNotListed, note_refusal
from silian.portal.api.problems import engine_problem, problem
from silian.portal.api.throttling import seconds_to_wait
from silian.tables.values import shorten

_CONVERTER = re.compile(r"<(?:[^:>]+:)?([^>]+)>")


def check_request(request: HttpRequest) -> HttpResponse | None:
    """Let a request to the API through, or answer it with a problem."""
    refused = _check_form(request) or _identify(request) or _slow_down(request)
    if refused is not None:
        return refused
    route = _route_of(request)
    if isinstance(route, HttpResponse):
        return route
    try:
        action = action_of_route(route)
        if action is None:
            raise RouteNotListed(route)
        require(viewer_of(request), action)
    except AccessDenied as denied:
        note_refusal(request, viewer_of(request), denied)
        return engine_problem(request, denied)
    return _check_parameters(request, route)


@cache
def operations() -> dict[str, dict[str, str]]:
    """Operation id by path pattern and method, as the OpenAPI description lists them."""
    from silian.portal.api.application import api

    paths: dict[str, Any] = api.get_openapi_schema()["paths"]
    return {
        path: {method.upper(): details["operationId"] for method, details in methods.items()}
        for path, methods in paths.items()
    }


@cache
def query_parameters() -> dict[str, frozenset[str]]:
    """Names that an address may give after its question mark, by route."""
    from silian.portal.api.application import api

    paths: dict[str, Any] = api.get_openapi_schema()["paths"]
    return {
        f"api:{details['operationId']}": frozenset(
            parameter["name"]
            for parameter in details.get("parameters", [])
            if parameter["in"] == "query"
        )
        for methods in paths.values()
        for details in methods.values()
    }


def _check_parameters(request: HttpRequest, route: str) -> HttpResponse | None:
    """Refuse names that the operation doesn't know: a misspelt filter would filter nothing."""
    known = query_parameters().get(route)
    unknown = [] if known is None else [name for name in request.GET if name not in known]
    if known is None or not unknown:
        return None
    errors = [_unknown_parameter(name, known) for name in unknown[:20]]
    shown = [shorten(name) for name in unknown[:20]]
    allowed = sorted(known)
    return problem(
        422,
        "unknown_parameter",
        f"没有参数 {'、'.join(shown)}；可用：{'、'.join(allowed) or '（无）'}。",
        f"There is no parameter {', '.join(shown)}; known are: {', '.join(allowed) or '(none)'}.",
        errors=errors,
    )


def _unknown_parameter(name: str, known: frozenset[str]) -> dict[str, str]:
    near = get_close_matches(name, known, n=1)
    return {
        "field": shorten(name),
        "code": "unknown_parameter",
        "message_zh": "没有这个参数" + (f"，是否为 {near[0]}？" if near else "。"),
        "message_en": "There is no such parameter" + (f"; {near[0]}?" if near else "."),
        "arrived": "",
    }


def _route_of(request: HttpRequest) -> str | HttpResponse:
    match = request.resolver_match
    if match is None:
        return request.path
    methods = operations().get("/" + _CONVERTER.sub(r"{\1}", match.route))
    if methods is None:
        return str(match.view_name)
    if request.method not in methods:
        return problem(
            405,
            "method_not_allowed",
            f"该地址只支持 {'、'.join(methods)}。",
            f"This address knows {', '.join(methods)} only.",
            headers={"Allow": ", ".join(methods)},
        )
    return f"api:{methods[request.method]}"


def _identify(request: HttpRequest) -> HttpResponse | None:
    """Take the viewer from the key, if one was sent; a wrong key is never a session."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        return None
    viewer = viewer_of_key(token.strip()) if scheme.lower() == "bearer" else None
    if viewer is None:
        return problem(
            401,
            "invalid_api_key",
            "接口密钥无效或已吊销，应为 Authorization: Bearer silian_…。",
            "The API key is unknown or revoked; expected Authorization: Bearer silian_....",
        )
    request.silian_viewer = viewer  # type: ignore[attr-defined]
    return None


def _slow_down(request: HttpRequest) -> HttpResponse | None:
    wait_seconds = seconds_to_wait(request)
    if not wait_seconds:
        return None
    return problem(
        429,
        "rate_limited",
        f"请求过于频繁，请在 {wait_seconds} 秒后再试。",
        f"Too many requests; try again in {wait_seconds} seconds.",
        headers={"Retry-After": str(wait_seconds)},
    )


def _check_form(request: HttpRequest) -> HttpResponse | None:
    length = request.headers.get("Content-Length", "")
    is_upload = (request.content_type or "") == "multipart/form-data"
    limit = settings.UPLOAD_BYTES_MAX if is_upload else settings.API_BODY_BYTES_MAX
    if length.isascii() and length.isdigit() and (len(length) > 15 or int(length) > limit):
        return problem(
            413,
            "content_too_large",
            f"内容为 {length} 字节，上限为 {limit} 字节。大批量数据请用文件导入。",
            f"The content has {length} bytes, at most {limit} are taken. Import large sets as "
            "files.",
        )
    # PostgreSQL can't store it and no text has it: whatever sent it is broken.
    if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
        return _nul_refused()
    if not is_upload and (b"\x00" in request.body or b"\\u0000" in request.body):
        return _nul_refused()
    return None


def _nul_refused() -> HttpResponse:
    return problem(
        400, "invalid_character", "请求中含有空字符。", "The request has a NUL character."
    )
