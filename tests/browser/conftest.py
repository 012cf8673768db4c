"""A real platform on a free port with a small sample city, and a real Chromium before it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from made_once import PASSWORD, sample_home

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright  # noqa: E402

DESKTOP = {"width": 1280, "height": 860}
PHONE = {"width": 360, "height": 740}
START_SECONDS = 180
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True, kw_only=True)
class Site:
    """A running platform."""

    address: str
    home: Path


def _chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("no Chromium is installed")


# Of a file, not of the session: while Playwright runs, its event loop forbids the database to
# every other test of the process.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = _chromium()
    with sync_playwright() as running:
        opened = running.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The sample city, loaded and served by the command line as anybody would."""
    _chromium()
    home = tmp_path_factory.mktemp("browser") / "home"
    shutil.copytree(sample_home(tmp_path_factory), home)
    port = _free_port()
    environment = {
        **os.environ,
        "SILIAN_HOME": str(home),
        # One test signs in as often as a person does in a week.
        "SILIAN_SIGN_IN_FAILURES": "50",
    }
    with (home / "serve.log").open("wb") as log:
        served = subprocess.Popen(
            [sys.executable, "-m", "silian.cli", "serve", "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/", served, home / "serve.log")
            yield Site(address=f"http://127.0.0.1:{port}", home=home)
        finally:
            os.killpg(served.pid, signal.SIGTERM)
            served.wait(timeout=60)


@pytest.fixture
def open_page(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Open pages in fresh contexts; afterwards nothing may have gone wrong in any of them."""
    contexts, complaints = [], []

    def open_one(role: str = "", *, english: bool = False, phone: bool = False) -> Page:
        context = browser.new_context(base_url=site.address, viewport=PHONE if phone else DESKTOP)
        contexts.append(context)
        if english:
            chosen = {"name": "django_language", "value": "en", "url": site.address}
            context.add_cookies([chosen])
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda message: _note(message, complaints))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((site.address, "data:", "blob:"))
                else complaints.append(f"left the server: {request.url}")
            ),
        )
        if role:
            page.goto("/account/sign-in/")
            page.fill("#username", role)
            page.fill("#password", PASSWORD)
            page.click("main button[type=submit], main form button")
            page.wait_for_url(f"{site.address}/")
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


def _note(message: ConsoleMessage, complaints: list[str]) -> None:
    """Keep errors, apart from the browser's note that a form or a page was refused on purpose."""
    refused = re.search(r"(status of|Status Error Code) (403|409|422)", message.text)
    if message.type == "error" and not refused:
        complaints.append(message.text)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"the platform did not start:\n{log.read_text(errors='replace')[-3000:]}")
