"""What is answered where no view is: pages to readers, problems to programs."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views import defaults

from silian.portal.api.problems import problem
from silian.portal.kept_text import page_of_form

_API = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """400: a request that Django can't take, such as one for a host that isn't ours."""
    if _by_program(request):
        return problem(
            400,
            "bad_request",
            "请求格式有误，或所用主机名不在 SILIAN_ALLOWED_HOSTS 中。",
            "The request is malformed, or its host is not in SILIAN_ALLOWED_HOSTS.",
        )
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """403 outside the permission table."""
    if _by_program(request):
        return problem(403, "not_permitted", "没有权限。", "This is not permitted.")
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """404: an address that nothing stands at."""
    if _by_program(request):
        return problem(
            404,
            "no_such_address",
            f"接口没有地址 {request.path[:200]}，全部地址见 /api/v1/docs。",
            f"The API has no address {request.path[:200]}; /api/v1/docs lists them.",
        )
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse | HttpResponseBase:
    """500: a defect, which the log has."""
    if _by_program(request):
        return problem(
            500,
            "internal_error",
            "服务器处理该请求时出错，已记录。",
            "The server failed on this request; it has been logged.",
        )
    return defaults.server_error(request)


def csrf_failure(request: HttpRequest, reason: str = "", **options: Any) -> HttpResponseBase:
    """403: a form without its token."""
    if _by_program(request):
        return problem(
            403,
            "csrf_token_missing",
            "缺少 CSRF 令牌，请发送 X-CSRFToken，或改用接口密钥。",
            "The CSRF token is missing or wrong; send X-CSRFToken, or use an API key.",
        )
    # Without a session to read: the page needs none.
    return render(request, "403_csrf.html", {"page": page_of_form(request)}, status=403)


def _by_program(request: HttpRequest) -> bool:
    return request.path_info.startswith(_API)
