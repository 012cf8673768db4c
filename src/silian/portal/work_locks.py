"""Who carries on with a background work: locks that the kernel releases however a holder ends."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from silian.errors import EngineError

if TYPE_CHECKING:
    from django.db.models import QuerySet

_BETWEEN_TRIES_S = 0.05


class WorkTaken(EngineError, RuntimeError):
    """Another process of this machine carries on with this work."""

    code = "work_taken"

    def __init__(self, name: str) -> None:
        super().__init__(f"another process carries on with {name}; wait until it has ended.")
        self.message_zh = f"另一个进程正在执行 {name}，请等待其结束。"


@contextmanager
def hold(name: str, *, patience_s: float = 0.0) -> Iterator[None]:
    """Be the only process that carries on with a work of this name.

    Parameters
    ----------
    patience_s
        Seconds to wait for another one, for works that are over in a moment.

    Raises
    ------
    WorkTaken
        If another one does.
    """
    last_try = time.monotonic() + patience_s
    while True:
        with ExitStack() as held:
            try:
                held.enter_context(_hold(name))
            except WorkTaken:
                if time.monotonic() >= last_try:
                    raise
            else:
                yield
                return
        time.sleep(_BETWEEN_TRIES_S)


@contextmanager
def _hold(name: str) -> Iterator[None]:
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


def take_up_again(
    works: "QuerySet[Any]",
    *,
    lock_name: Callable[[Any], str],
    start: Callable[[Any], None],
    waiting: bool,
) -> list[Any]:
    """Queue works again that no process of this machine holds any more.

    Parameters
    ----------
    works
        Records with the states ``waiting`` and ``running``.
    waiting
        Also those that never began: at a start, when nothing can be about to fetch them.
    """
    states = ("waiting", "running") if waiting else ("running",)
    left = [one for one in works.filter(state__in=states) if not is_held(lock_name(one))]
    for one in left:
        # Waiting again, so that the next look doesn't queue it once more.
        works.filter(pk=one.pk, state="running").update(state="waiting")
        start(one)
    return left


def _path_of(name: str) -> Path:
    return Path(settings.SILIAN_HOME) / "locks" / name


def _is_file(descriptor: int, path: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False
