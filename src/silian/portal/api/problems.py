"""Errors as RFC 9457 problem details, in Chinese and English, with a stable code.

References
----------
RFC 9457, Problem Details for HTTP APIs.
"""

import json
import logging

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import Field

from silian.errors import EngineError
from silian.portal.accounts.domain.access import AccessDenied
from silian.portal.accounts.domain.refusals import SignInRequired
from silian.portal.api.parameter_errors import field_error
from silian.portal.bilingual import choose
from silian.portal.error_words import words_of
from silian.portal.exchange.domain.outcomes import OutcomeDoubted, OutcomeRefused
from silian.portal.registry.domain.reasons import RowRefused
from silian.portal.registry.interfaces.mapping import MappingInvalid

logger = logging.getLogger(__name__)

_TITLES = {
    400: ("请求有误", "Bad request"),
    401: ("需要身份", "Authentication required"),
    403: ("没有权限", "Not permitted"),
    404: ("没有找到", "Not found"),
    405: ("不支持该方法", "Method not allowed"),
    409: ("与现状冲突", "Conflict with the present state"),
    412: ("记录已被他人修改", "The record has changed meanwhile"),
    413: ("内容过大", "Content too large"),
    422: ("内容未通过校验", "Content failed the checks"),
    429: ("请求过于频繁", "Too many requests"),
    500: ("服务器内部错误", "Internal server error"),
    503: ("服务暂不可用", "Service unavailable"),
}
#: Outcomes that are well-formed but come at the wrong time.
_CONFLICTS = frozenset(
    {
        "need_not_open",
        "already_signed",
        "outcome_not_last",
        "outcome_not_withdrawn",
        "confirmation_needed",
    }
)


class FieldError(Schema):
    """One thing that is wrong with one field."""

    field: str = Field(description="Column or parameter; empty where it concerns the whole.")
    code: str
    message_zh: str
    message_en: str
    arrived: str = Field("", description="What was sent, shortened.")


class Problem(Schema):
    """What went wrong, for people (both languages) and for programs (``code``)."""

    type: str = Field(examples=["urn:silian:problem:record_not_found"])
    title: str = Field(description="Kind of problem, in Chinese.", examples=["没有找到"])
    title_en: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    code: str = Field(description="Stable; decide by it.", examples=["record_not_found"])
    detail: str = Field(description="This case, in the language of Accept-Language.")
    detail_en: str
    errors: list[FieldError] = []


class Refusal(Exception):
    """A problem that the API itself finds: paging, headers, sizes."""

    def __init__(
        self,
        status: int,
        code: str,
        zh: str,
        en: str,
        *,
        errors: list[dict[str, str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(en)
        self.status, self.code, self.zh, self.en = status, code, zh, en
        self.errors, self.headers = errors or [], headers or {}


def problem(
    status: int,
    code: str,
    zh: str,
    en: str,
    *,
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    """Response with the details of one problem."""
    title, title_en = _TITLES[status]
    body = {
        "type": f"urn:silian:problem:{code}",
        "title": title,
        "title_en": title_en,
        "status": status,
        "code": code,
        "detail": choose(zh, en),
        "detail_en": en,
        "errors": errors or [],
    }
    response = HttpResponse(
        # What arrived may hold half a character, which no answer can carry.
        json.dumps(body, ensure_ascii=False, default=str).encode("utf-8", "replace"),
        status=status,
        content_type="application/problem+json",
        headers=headers,
    )
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="silian"'
    return response


def answer_problems_of(api: NinjaAPI) -> None:
    """Answer every error of the API's operations with a problem."""
    for error, handler in (
        (Refusal, _refusal),
        (EngineError, engine_problem),
        (ValidationError, _validation),
        (AuthenticationError, _unauthenticated),
        (HttpError, _http),
        (Http404, _not_found),
        (RequestDataTooBig, _too_large),
        (TooManyFieldsSent, _malformed),
        (TooManyFilesSent, _malformed),
        (MultiPartParserError, _malformed),
        (Exception, _unexpected),
    ):
        api.add_exception_handler(error, handler)


def engine_problem(request: HttpRequest, error: EngineError) -> HttpResponse:
    """Problem of an error that a domain or an engine raised on purpose."""
    message_zh, message_en = words_of(error)
    if isinstance(error, MappingInvalid):
        return _mapping_problem(error)
    if isinstance(error, OutcomeDoubted):
        return _doubted(error)
    errors = list(error.details.get("reasons", [])) if isinstance(error, RowRefused) else []
    return problem(
        status_of(error),
        error.code,
        _joined(errors) or message_zh,
        message_en,
        errors=errors,
    )


def _doubted(error: OutcomeDoubted) -> HttpResponse:
    """Each doubt as an error of its own, and how to say that it is meant."""
    errors = [
        {
            "field": "",
            "code": doubt.code,
            "message_zh": doubt.message_zh,
            "message_en": doubt.message_en,
            "arrived": "",
        }
        for doubt in error.doubts
    ]
    return problem(
        status_of(error),
        error.code,
        f"{error.message_zh}（再次发送，并加上 confirmed: true）",
        f"{error.message_en} (Send it again with confirmed: true.)",
        errors=errors,
    )


def _mapping_problem(error: MappingInvalid) -> HttpResponse:
    """Each mistake as an error of its own, with the line where it stands."""
    errors = [
        {
            "field": each["path"],
            "code": error.code,
            "message_zh": f"第 {each['line']} 行：{each['message_zh']}",
            "message_en": f"line {each['line']}: {each['message_en']}",
            "arrived": "",
        }
        for each in error.problems
    ]
    zh = f"映射有 {len(errors)} 处错误，见 errors。"
    return problem(422, error.code, zh, f"The mapping has {len(errors)} mistakes.", errors=errors)


def status_of(error: EngineError) -> int:
    """HTTP status that fits an error, by what kind of builtin it also is."""
    if isinstance(error, SignInRequired):
        return 401
    if isinstance(error, AccessDenied | PermissionError):
        return 403
    if isinstance(error, OutcomeRefused) and error.code in _CONFLICTS:
        return 409
    if isinstance(error, LookupError):
        return 404
    if isinstance(error, OSError | RuntimeError):
        return 503
    return 422


def _joined(errors: list[dict[str, str]]) -> str:
    return "".join(f"{error['field']}：{error['message_zh']}" for error in errors)


def _refusal(request: HttpRequest, error: Refusal) -> HttpResponse:
    return problem(
        error.status, error.code, error.zh, error.en, errors=error.errors, headers=error.headers
    )


def _validation(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [field_error(item) for item in error.errors]
    names = ", ".join(item["field"] for item in errors)
    return problem(
        422,
        "invalid_request",
        f"以下参数不符合要求：{names}。",
        f"These parameters are not as the description asks: {names}.",
        errors=errors,
    )


def _unauthenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problem(
        401,
        "sign_in_required",
        "请在 Authorization 头中提供接口密钥（Bearer silian_…）。",
        "Send an API key in the Authorization header (Bearer silian_...).",
    )


def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    status = error.status_code if error.status_code in _TITLES else 400
    return problem(
        status,
        "bad_request",
        "请求内容无法解析：应为有效的 JSON（UTF-8），或按说明填写的表单。",
        f"{error}. Expected valid JSON in UTF-8, or a form as described.",
    )


def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, "not_found", "没有这个地址或记录。", "There is no such address or record.")


def _too_large(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(413, "content_too_large", "请求内容超过上限。", "The request is too large.")


def _malformed(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(400, "malformed_form", f"表单无法解析：{error}", f"The form is broken: {error}")


def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    # The task boundary: the caller learns that it is our fault, the log learns everything else.
    logger.exception("API request %s %s failed", request.method, request.path, exc_info=error)
    return problem(
        500,
        "internal_error",
        "服务器处理该请求时出错，已记录。",
        "The server failed on this request; it has been logged.",
    )
