"""Files that were uploaded for a look at their columns, before any import of them.

Each has a short id of its own, the name of its folder, and belongs to the account that sent it.
What nobody imports within a day is removed.
"""

import json
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from silian.portal.registry.domain.uploads import store_upload
from silian.portal.registry.models import ImportJob

KEPT_S = 24 * 3600
_MARK = ".draft"
_ID = re.compile(r"[0-9a-f]{8,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftUpload:
    """An uploaded file that somebody looks at.

    Attributes
    ----------
    owner_id
        Account that sent it.
    """

    id: str
    path: Path
    file_name: str
    owner_id: int | None


def store_draft(file_name: str, chunks: Iterable[bytes], owner_id: int | None) -> DraftUpload:
    """Keep one file for a day, or for good once an import was made of it."""
    return keep_as_draft(store_upload(file_name, chunks), owner_id)


def keep_as_draft(path: Path, owner_id: int | None) -> DraftUpload:
    """Let an upload be looked at by who sent it, for a day."""
    held = {"owner": owner_id, "name": path.name}
    (path.parent / _MARK).write_text(json.dumps(held), "utf-8")
    return DraftUpload(id=path.parent.name, path=path, file_name=path.name, owner_id=owner_id)


def find_draft(upload_id: str, owner_id: int | None) -> DraftUpload | None:
    """An account's own upload; ``None`` where it is another's, gone, or older than a day."""
    if not _ID.fullmatch(upload_id):
        return None
    folder = Path(settings.UPLOAD_DIRECTORY) / upload_id
    mark = folder / _MARK
    try:
        held = json.loads(mark.read_text("utf-8"))
        age_s = time.time() - mark.stat().st_mtime
    except (OSError, ValueError):
        return None
    path = folder / str(held["name"])
    if age_s >= KEPT_S or held["owner"] != owner_id or not path.is_file():
        return None
    return DraftUpload(id=upload_id, path=path, file_name=path.name, owner_id=owner_id)


def forget_uploads() -> int:
    """Remove uploads older than a day of which no import was made; how many that were.

    Those are drafts that nobody went on with, and what a process left that was killed between
    storing an upload and making its job.
    """
    old = list(_older(KEPT_S))
    if not old:
        return 0
    used = _folders_of_jobs()
    removed = 0
    for folder in old:
        if folder.name in used:
            (folder / _MARK).unlink(missing_ok=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed


def _older(seconds: float) -> Iterator[Path]:
    now = time.time()
    place = Path(settings.UPLOAD_DIRECTORY)
    for folder in place.iterdir() if place.is_dir() else ():
        mark = folder / _MARK
        try:
            told = mark if mark.exists() else folder
            if folder.is_dir() and now - told.stat().st_mtime >= seconds:
                yield folder
        except OSError:  # another process was faster
            continue


def _folders_of_jobs() -> set[str]:
    paths = ImportJob.objects.values_list("stored_path", flat=True)
    return {Path(path).parent.name for path in paths.iterator()}
