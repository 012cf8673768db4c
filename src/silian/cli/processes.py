"""Child processes that start, fail and end together."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

from silian.cli.console import say

_GRACE_SECONDS = 25.0
_START_SECONDS = 60.0
_POLL_SECONDS = 0.2
_RESTART_PAUSES = (1.0, 2.0, 5.0, 15.0, 60.0)
_STEADY_SECONDS = 120.0
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class Child:
    """One process: restarted when it ends, unless it is essential.

    Parameters
    ----------
    essential
        Without it the others have no purpose: its end ends them all.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        essential: bool = False,
    ) -> None:
        self.name = name
        self.essential = essential
        self._command = list(command)
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._due_at = 0.0
        self._n_falls = 0

    @property
    def exit_code(self) -> int | None:
        """Its exit code, ``None`` while it runs."""
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        """Start it, in a session of its own: Ctrl-C comes to the parent, which ends it in order."""
        defaults = {"DJANGO_SETTINGS_MODULE": "silian.portal.settings", "PYTHONUTF8": "1"}
        self._started_at = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter and arguments
            self._command,
            env={**defaults, **os.environ},
            start_new_session=True,
            # Nothing else runs in this process yet that a fork could catch halfway.
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
        )

    def revive(self) -> None:
        """Start it again if it fell, later after every fall."""
        if self.exit_code is None:
            return
        now = time.monotonic()
        if not self._due_at:
            self._n_falls = 0 if now - self._started_at > _STEADY_SECONDS else self._n_falls
            pause = _RESTART_PAUSES[min(self._n_falls, len(_RESTART_PAUSES) - 1)]
            self._n_falls += 1
            self._due_at = now + pause
            say(f"{self.name}: 退出 exited ({self.exit_code}); {pause:g} s 后重启 restarts")
        elif now >= self._due_at:
            self._due_at = 0.0
            self.start()

    def ask_to_end(self) -> None:
        """Let it end what it is doing, and its own children."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait(self, until: float) -> None:
        """Wait for its end, then make sure of it and of all that it started."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            say(f"{self.name}: 强制结束 killed")
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Family:
    """Children that run together."""

    def __init__(self, children: Sequence[Child]) -> None:
        self._children = list(children)
        self._stopping = False

    @property
    def fallen(self) -> bool:
        """Whether an essential child has ended."""
        return any(child.essential and child.exit_code is not None for child in self._children)

    @property
    def stopping(self) -> bool:
        """Whether somebody asked us to stop."""
        return self._stopping

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start all; on the way out, end all, however we leave."""
        former = {
            number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            for child in self._children:
                child.start()
            yield
        finally:
            for child in self._children:
                child.ask_to_end()
            until = time.monotonic() + _GRACE_SECONDS
            for child in self._children:
                child.wait(until)
            for number, handler in former.items():
                signal.signal(number, handler)

    def watch(self) -> None:
        """Keep them running until a signal comes or an essential one ends."""
        while not self._stopping and not self.fallen:
            for child in self._children:
                if not child.essential:
                    child.revive()
            time.sleep(_POLL_SECONDS)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True


def port_is_free(host: str, port: int) -> bool:
    """Whether an address can be bound."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def wait_for_port(host: str, port: int, family: Family) -> bool:
    """Wait until the web answers; false if it fell or took too long."""
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and not family.fallen and not family.stopping:
        try:
            socket.create_connection((target, port), timeout=1.0).close()
        except OSError:
            time.sleep(_POLL_SECONDS)
        else:
            return True
    return family.stopping


def _end_with_parent() -> None:
    # A parent that is killed can't end its children: the kernel does.
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGTERM)
