"""The web's worker, which answers requests too long to be read with words instead of a bare page.

Such a request never reaches Django: gunicorn ends it while it reads its first line or headers.
"""

import json
import socket
from typing import Any

from gunicorn.http import RequestParser
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine
from gunicorn.http.message import Request
from gunicorn.workers.gthread import ThreadWorker

#: The longest first line gunicorn takes, in bytes; proxies before us rarely take more either.
REQUEST_LINE_BYTES_MAX = 8190

_DRAINED_BYTES_MAX = 1024 * 1024
_DRAIN_SECONDS = 1.0
_API = b"/api/"


class TellingRequest(Request):
    """A request that tells how a first line began that was too long."""

    def read_line(self, unreader: Any, buf: bytearray, limit: int = 0) -> Any:
        """Read the first line, or raise with its beginning."""
        try:
            return super().read_line(unreader, buf, limit)
        except LimitRequestLine as error:
            error.begun = bytes(buf[:200])
            raise


RequestParser.mesg_class = TellingRequest


class PortalWorker(ThreadWorker):
    """Gunicorn's threaded worker, with answers in both languages for what it refuses unread."""

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Answer a request that could not be read or failed."""
        if not isinstance(exc, LimitRequestLine | LimitRequestHeaders):
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("request from %s refused: %s", (addr or ("",))[0], exc)
        try:
            client.sendall(refusal(exc))
            _drain(client)
        except OSError as gone:
            self.log.debug("the refusal could not be sent: %s", gone)


def refusal(error: Exception) -> bytes:
    """Whole answer to a request whose first line or headers are too long."""
    if isinstance(error, LimitRequestLine):
        status, reason, code = 414, "URI Too Long", "address_too_long"
        title_zh, title_en = "地址过长", "The address is too long"
        zh = "地址里的文字太长。长文字请在搜索框里提交，或发布为需求；接口请用 POST /search 或 POST /match。"
        en = (
            f"The first line may have {REQUEST_LINE_BYTES_MAX} bytes. Send long texts by the "
            "search form; programs use POST /search or POST /match."
        )
    else:
        status, reason, code = 431, "Request Header Fields Too Large", "headers_too_large"
        title_zh, title_en = "请求头过大", "The headers are too large"
        zh = "请求头过大，多半是本站的 Cookie 太多；请清除后再试。"
        en = "The request's headers are too large; clear this site's cookies and try again."
    if getattr(error, "begun", b"").partition(b" ")[2].startswith(_API):
        body = {
            "type": f"urn:silian:problem:{code}",
            "title": title_zh,
            "title_en": title_en,
            "status": status,
            "code": code,
            "detail": zh,
            "detail_en": en,
            "errors": [],
        }
        content = json.dumps(body, ensure_ascii=False).encode()
        return _answer(status, reason, "application/problem+json", content)
    page = _PAGE.format(
        status=status, title_zh=title_zh, title_en=title_en, detail_zh=zh, detail_en=en
    )
    return _answer(status, reason, "text/html; charset=utf-8", page.encode())


def _answer(status: int, reason: str, media_type: str, content: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: {media_type}\r\n"
        "Content-Security-Policy: default-src 'none'; style-src 'self'\r\n"
        f"X-Content-Type-Options: nosniff\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode("ascii") + content


def _drain(client: socket.socket) -> None:
    """Read on for a moment: closing on unread bytes would reset the answer away."""
    client.shutdown(socket.SHUT_WR)
    client.settimeout(_DRAIN_SECONDS)
    left = _DRAINED_BYTES_MAX
    while left > 0:
        chunk = client.recv(65536)
        if not chunk:
            return
        left -= len(chunk)


# Both languages at once: the reader's choice is in a cookie, which was not read.
_PAGE = """<!doctype html>
<html lang="zh-Hans"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title_zh} {title_en} · 四链 silian</title>
<link rel="stylesheet" href="/static/js-lib-bootstrap5/css/bootstrap.min.css">
<link rel="stylesheet" href="/static/silian/css/tokens.css">
<link rel="stylesheet" href="/static/silian/css/base.css">
<link rel="stylesheet" href="/static/silian/css/records.css"></head>
<body><main><div class="shell error-page"><p class="code num">{status}</p>
<h1>{title_zh}</h1><p data-error-message>{detail_zh}</p>
<p lang="en" class="muted"><b>{title_en}.</b> {detail_en}</p>
<p><a class="btn btn-primary" href="/">回首页 Home page</a></p></div></main></body></html>
"""
