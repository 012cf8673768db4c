"""Who carries on with a background work: locks that the kernel releases however a holder ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

from silian.errors import EngineError


class WorkTaken(EngineError, RuntimeError):
    """Another process of this machine carries on with this work."""

    code = "work_taken"

    def __init__(self, name: str) -> None:
        super().__init__(f"another process carries on with {name}; wait until it has ended.")
        self.message_zh = f"另一个进程正在执行 {name}，请等待其结束。"


@contextmanager
def hold(name: str) -> Iterator[None]:
    """Be the only process that carries on with a work of this name.

    Raises
    ------
    WorkTaken
        If another one does.
    """
    path = _path_of(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WorkTaken(name) from None
        if not _is_file(handle.fileno(), path):
            # The last holder removed the file between our opening and locking it.
            raise WorkTaken(name)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def is_held(name: str) -> bool:
    """Whether a process of this machine carries on with it."""
    try:
        with _path_of(name).open() as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _path_of(name: str) -> Path:
    return Path(settings.SILIAN_HOME) / "locks" / name


def _is_file(descriptor: int, path: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False
