"""Who works on an import job: a lock that the kernel releases however its holder ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

from silian.errors import EngineError
from silian.portal.registry.models import ImportJob


class JobTaken(EngineError, RuntimeError):
    """Another worker carries on with this job."""

    code = "job_taken"


@contextmanager
def hold_job(job: ImportJob) -> Iterator[None]:
    """Be the only process of this machine that works on the job.

    Raises
    ------
    JobTaken
        If another one does.
    """
    path = _path_of(job)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise JobTaken(
                f"another process works on import {job.public_id}; wait until it has ended."
            ) from None
        if not _is_file(handle.fileno(), path):
            # The last holder removed the file between our opening and locking it.
            raise JobTaken(f"import {job.public_id} was just ended by another process.")
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def is_held(job: ImportJob) -> bool:
    """Whether a process of this machine works on the job."""
    try:
        with _path_of(job).open() as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _path_of(job: ImportJob) -> Path:
    return Path(settings.SILIAN_HOME) / "locks" / f"import-{job.public_id}"


def _is_file(descriptor: int, path: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False
