"""One process of this machine at a time makes the facts' snapshot."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from silian.errors import EngineError


class SnapshotBusy(EngineError, RuntimeError):
    """Another process makes the snapshot."""

    code = "snapshot_busy"

    def __init__(self) -> None:
        super().__init__("another process refreshes the facts; wait until it has ended.")
        self.message_zh = "另一进程正在更新企业数据快照，请等它完成。"


@contextmanager
def only_writer(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Be the only one who writes in the folder; the kernel lets go however the holder ends.

    Raises
    ------
    SnapshotBusy
        If another process is at it and ``wait`` is not asked for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise SnapshotBusy from None
        yield
