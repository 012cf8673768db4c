"""What the web's worker answers to requests that are too long to be read, over a real socket."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from silian.cli.processes import port_is_free

_APPLICATION = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(len(environ["QUERY_STRING"])).encode()]
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A port where gunicorn serves a small application as the portal's configuration says."""
    folder: Path = tmp_path_factory.mktemp("web")
    (folder / "lengths.py").write_text(_APPLICATION)
    (folder / "configured.py").write_text(
        "from silian.cli.web_worker import limit_request_line, worker_class\n"
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "gunicorn", "lengths:application", "--threads", "2"]
    command += ["--config", "python:configured", "--bind", f"127.0.0.1:{free}"]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    server = subprocess.Popen(command, env=environment, cwd=folder, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 20
        while port_is_free("127.0.0.1", free) and time.monotonic() < until:
            time.sleep(0.05)
        yield free
    finally:
        server.terminate()
        server.wait(20)


def answer(port: int, path: str, **headers: str) -> tuple[int, str, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.headers["Content-Type"], response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read().decode()


def test_an_address_of_eight_thousand_bytes_is_served(port: int) -> None:
    assert answer(port, f"/search/?q={'x' * 8_000}") == (200, "text/plain", "8002")


@pytest.mark.parametrize("length", [8_400, 300_000])
def test_a_longer_address_gets_a_page_in_both_languages(port: int, length: int) -> None:
    status, media_type, text = answer(port, f"/search/?q={'x' * length}")
    assert (status, media_type) == (414, "text/html; charset=utf-8")
    assert "地址里的文字太长" in text
    assert "Send long texts by the search form" in text


def test_a_longer_address_of_the_api_gets_a_problem(port: int) -> None:
    status, media_type, text = answer(port, f"/api/v1/search?q={'x' * 9_000}")
    assert (status, media_type) == (414, "application/problem+json")
    body = json.loads(text)
    assert (body["status"], body["code"], body["title_en"]) == (
        414,
        "address_too_long",
        "The address is too long",
    )
    assert "POST /search" in body["detail"]


def test_headers_beyond_reason_get_a_page_that_names_cookies(port: int) -> None:
    status, _, text = answer(port, "/", Cookie="x" * 9_000)
    assert status == 431
    assert "Cookie" in text
