"""Locks between the processes of one machine; apart from the store, which takes long to import."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from silian.engines.matching.errors import IndexLocked

_LOCK_POLL_S = 0.005


@contextmanager
def file_lock(path: Path, timeout_s: float, purpose: str) -> Iterator[None]:
    """Hold an advisory lock that the kernel releases when the process ends, however it ends.

    Raises
    ------
    IndexLocked
        If another process holds it for longer than ``timeout_s``.
    """
    with path.open("a") as handle:
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise IndexLocked(
                        f"{path} is held by another process for more than {timeout_s:g} s, "
                        f"needed for {purpose}. Wait for its write to end, or pass a larger "
                        "lock_timeout_s.",
                        path=str(path),
                        timeout_s=timeout_s,
                    ) from None
                time.sleep(_LOCK_POLL_S)
        try:
            yield
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)
