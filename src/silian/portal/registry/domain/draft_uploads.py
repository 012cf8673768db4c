"""Files that were uploaded for a look at their columns, before any import of them."""

import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from silian.portal.registry.domain.uploads import store_upload
from silian.portal.registry.models import ImportJob

KEPT_S = 24 * 3600
_MARK = ".draft"


def store_draft(file_name: str, chunks: Iterable[bytes]) -> Path:
    """Keep one file for a day, or for good once an import was made of it."""
    path = store_upload(file_name, chunks)
    mark_draft(path)
    return path


def mark_draft(path: Path) -> None:
    """Let an upload go after a day unless an import is made of it."""
    (path.parent / _MARK).touch()


def forget_drafts() -> int:
    """Remove files that nobody imported within a day; how many uploads that were."""
    removed = 0
    for mark in Path(settings.UPLOAD_DIRECTORY).glob(f"*/{_MARK}"):
        if time.time() - mark.stat().st_mtime < KEPT_S:
            continue
        if ImportJob.objects.filter(stored_path__startswith=f"{mark.parent.resolve()}/").exists():
            mark.unlink()
        else:
            shutil.rmtree(mark.parent, ignore_errors=True)
            removed += 1
    return removed
