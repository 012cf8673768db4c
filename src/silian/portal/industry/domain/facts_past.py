"""The facts of the whole city as they were known at the end of a past day, as tables.

Made from history by the same projection as today's, once for a state of the history: days between
which nothing changed share one. The latest few are kept; the one not asked for longest goes.
"""

import hashlib
import os
import shutil
import time
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from silian.portal.industry.domain import facts_files as files
from silian.portal.industry.domain.facts_files import Manifest, folder
from silian.portal.industry.domain.facts_known import end_of, known_day, state_known, subjects_known
from silian.portal.industry.domain.facts_locks import only_writer
from silian.portal.industry.domain.facts_tables import facts_table
from silian.portal.registry.domain.references import portions

if TYPE_CHECKING:
    from silian.tables.sessions import TableSession

_SUBJECTS_A_FILE = 4_000
_MOST_KEPT = 6
# Sessions may still read what was asked for so lately; of more than this many nobody waits.
_KEPT_SECONDS = 1_800
_MOST_EVER = 20


_looked: dict[tuple[Path, date], tuple[float, str]] = {}  # when it was looked up, and the version
_MOST_LOOKED = 400


def past_version(day: date) -> str:
    """Version of the city as known at the end of a past day: a key for what is kept of it.

    Looked up anew every ``SILIAN_CITY_SECONDS``: what was begun before midnight and ended after
    it comes late.
    """
    key, now = (folder(), day), time.monotonic()
    held = _looked.get(key)
    if held is not None and now - held[0] < settings.CITY_SECONDS:
        return held[1]
    if len(_looked) >= _MOST_LOOKED:
        _looked.clear()
    version = _version(day)
    _looked[key] = (now, version)
    return version


def _version(day: date) -> str:
    told = f"{files.schema_digest()} {state_known(end_of(day))}"
    return "past-" + hashlib.blake2b(told.encode(), digest_size=10).hexdigest()


def version_for(as_of: date) -> str:
    """The same for the day at whose end a question takes its facts; empty where that is now."""
    day = known_day(as_of)
    return "" if day is None else past_version(day)


def past_session(day: date) -> "TableSession":
    """A session with relation ``facts`` as known at the end of a past day; made if it isn't there.

    Who asks while another makes it waits for that. The caller closes it.
    """
    from silian.portal.industry.domain.facts_sessions import open_session

    version = past_version(day)
    place = _places() / version
    if not place.exists():
        with only_writer(_places(), wait=True):
            if not place.exists():
                _make(place, end_of(day))
                _drop_old(place)
    os.utime(place)
    listed = sorted(path.name for path in place.iterdir())
    return open_session(
        Manifest(
            version=version,
            schema=files.schema_digest(),
            made_at=timezone.now().isoformat(),
            watermark="",
            recent_file="",
            bucket_count=len(listed),
            buckets={name: f"{_PAST}/{version}/{name}" for name in listed},
        )
    )


_PAST = "past"


def _places() -> Path:
    return folder() / _PAST


def _make(place: Path, moment: datetime) -> None:
    """Write all rows beside the place and move them there at once."""
    import pyarrow.parquet as pq

    draft = place.with_name(f"{place.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    for number, keys in enumerate(portions(subjects_known(moment), _SUBJECTS_A_FILE)):
        table = facts_table(keys, moment)
        if table.num_rows:
            pq.write_table(table, draft / f"{number:04d}.parquet", compression="lz4")
    draft.rename(place)


def _drop_old(made: Path) -> None:
    """Keep the few asked for last."""
    by_use = sorted(
        (path for path in _places().iterdir() if path.is_dir() and path != made),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    since = time.time() - _KEPT_SECONDS
    for place, path in enumerate(by_use, 2):
        if place > _MOST_EVER or (place > _MOST_KEPT and path.stat().st_mtime < since):
            shutil.rmtree(path, ignore_errors=True)
