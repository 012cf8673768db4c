"""How a program says who it is: a key in the Authorization header, or a browser's session.

The permission gate has settled who it is before an operation runs (``gate``); these classes
describe it in OpenAPI and guard sessions against forged requests.
"""

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from silian.portal.accounts.domain.access import Viewer, viewer_of
from silian.portal.api.problems import Refusal


class ApiKey(HttpBearer):
    """接口密钥 ``Authorization: Bearer silian_…``; acts with the key's role and organisation."""

    openapi_description = "An API key: `Authorization: Bearer silian_…`（接口密钥）"

    def authenticate(self, request: HttpRequest, token: str) -> Viewer | None:
        viewer = viewer_of(request)
        return viewer if viewer.signed_in else None


class Session(APIKeyCookie):
    """浏览器会话; requests that change something also need the CSRF token."""

    param_name = settings.SESSION_COOKIE_NAME
    openapi_description = (
        "The session of a signed-in browser; writes need X-CSRFToken（浏览器会话）"
    )

    def __call__(self, request: HttpRequest) -> Viewer | None:
        viewer = viewer_of(request)
        if not viewer.signed_in:
            return None
        if check_csrf(request) is not None:
            raise Refusal(
                403,
                "csrf_token_missing",
                "缺少 CSRF 令牌或令牌不对，请发送 X-CSRFToken，或改用接口密钥。",
                "The CSRF token is missing or wrong; send X-CSRFToken, or use an API key.",
            )
        return viewer

    def authenticate(self, request: HttpRequest, key: str | None) -> Viewer | None:
        return viewer_of(request)


class Anybody(AuthBase):
    """Nobody in particular: public records and search."""

    openapi_type = "none"

    def __call__(self, request: HttpRequest) -> Viewer:
        return viewer_of(request)


SIGNED_IN = [ApiKey(), Session()]
EVERYBODY = [*SIGNED_IN, Anybody()]
