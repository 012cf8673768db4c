"""The facts of the whole city as tables: kept in step with the records, swapped atomically.

A refresh makes anew only what changed: a few enterprises go to the delta, many to their buckets.
Killed before the swap, it leaves the old snapshot.
"""

import json
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from silian.errors import EngineError
from silian.portal.industry.domain import facts_files as files
from silian.portal.industry.domain import facts_marks as marks
from silian.portal.industry.domain.facts_files import Manifest, folder, read_manifest
from silian.portal.industry.domain.facts_locks import SnapshotBusy, only_writer
from silian.portal.industry.domain.facts_tables import facts_table
from silian.portal.registry.models import ImportJob

if TYPE_CHECKING:
    from silian.tables.sessions import TableSession

Progress = Callable[[int, int], None]
logger = logging.getLogger(__name__)

_SUBJECTS_A_BUCKET = 800
_MOST_BUCKETS = 64
# So many replaced enterprises cost a question hardly anything; more go into their buckets.
_MOST_IN_DELTA = 2_000
# A question doesn't wait for more than this; the next ``refresh`` brings it in.
_FEW_SUBJECTS = 2_000
_CHANGING = ("accepted", "changed", "removed", "restored")
_MANY_MARKS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshReport:
    """What a refresh did.

    Attributes
    ----------
    version
        Of the snapshot that is current now.
    changed_count
        Enterprises whose rows were made anew.
    file_count
        Files written.
    row_count
        Enterprise-years in the snapshot.
    rebuilt
        Whether everything was made anew.
    """

    version: str
    changed_count: int
    file_count: int
    row_count: int
    seconds: float
    rebuilt: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How the snapshot stands to the records: ``pending_count`` enterprises changed since."""

    version: str
    made_at: datetime | None
    row_count: int
    pending_count: int


def refresh(progress: Progress | None = None) -> RefreshReport:
    """Bring the snapshot in step with the records; only changed enterprises are read.

    Raises
    ------
    SnapshotBusy
        If another process is at it.
    """
    with only_writer(folder()):
        return _refreshed(read_manifest(), progress)


def rebuild(progress: Progress | None = None) -> RefreshReport:
    """Make the snapshot anew from all records.

    Raises
    ------
    SnapshotBusy
        If another process is at it.
    """
    with only_writer(folder()):
        return _rebuilt(progress)


def follow_load(job: ImportJob) -> None:
    """Bring in the years of a large load or undo at its end; questions bring in a small one's."""
    counts = {} if job.dry_run else job.counts_by_kind.get("enterprise_year", {})
    if sum(counts.get(how, 0) for how in _CHANGING) <= _FEW_SUBJECTS:
        return
    try:
        refresh()
    except (EngineError, OSError):
        # The load itself stands; the next refresh takes this up.
        logger.exception("the facts don't follow import %s yet", job.public_id)


def freshness() -> Freshness:
    """How far the snapshot is behind."""
    manifest = read_manifest()
    if manifest is None:
        pending = len(marks.subjects())
        return Freshness(version="", made_at=None, row_count=0, pending_count=pending)
    return Freshness(
        version=manifest.version,
        made_at=datetime.fromisoformat(manifest.made_at),
        row_count=manifest.row_count,
        pending_count=len(_changed(manifest)[0]),
    )


def snapshot_version() -> str:
    """Version of the snapshot after a refresh, if that is cheap: a key for what is kept of it."""
    return _current().version


def facts_session() -> "TableSession":
    """A session with relation ``facts``, read-only over the newest snapshot.

    DuckDB, or Spark where ``SILIAN_TABLES`` says so; the answers are the same. Few changed enterprises are brought in first; many wait for ``refresh``. The caller closes it.
    """
    from silian.portal.industry.domain.facts_sessions import open_session

    return open_session(_current())


def _session(manifest: Manifest) -> "TableSession":
    """To count what was written: always here, whoever answers questions."""
    from silian.tables.sessions import DuckDBSession

    session = DuckDBSession()
    files.open_relation(session, manifest)
    return session


# -- which snapshot is current ----------------------------------------------------------------

_checked: dict[Path, tuple[str, tuple[Any, ...]]] = {}  # folder to version and pulse found clean


def _current() -> Manifest:
    """The snapshot to answer from: made if there is none, refreshed if that is cheap."""
    manifest, pulse = read_manifest(), marks.pulse()
    if manifest is not None and _checked.get(folder()) == (manifest.version, pulse):
        return manifest
    if manifest is None or _worth_refreshing(manifest):
        try:
            refresh()
        except SnapshotBusy:
            if manifest is not None:
                return manifest
            with only_writer(folder(), wait=True):  # another process makes the first one
                pass
            return _current()
        manifest = read_manifest()
    assert manifest is not None
    _checked[folder()] = (manifest.version, pulse)
    return manifest


def _worth_refreshing(manifest: Manifest) -> bool:
    changed, found = _changed(manifest)
    if changed:
        return len(changed) <= _FEW_SUBJECTS
    return _looks_back_far(manifest, found) or _miscounts(manifest)


def _looks_back_far(manifest: Manifest, found: list[marks.Mark]) -> bool:
    """Whether many changes are looked at again and again that were taken in long ago."""
    since = datetime.fromisoformat(manifest.watermark)
    return len(found) > _MANY_MARKS and timezone.now() - since > 3 * marks.MARGIN


def _changed(manifest: Manifest) -> tuple[set[int], list[marks.Mark]]:
    """Organisations whose changes since the watermark differ from those taken in then."""
    since = datetime.fromisoformat(manifest.watermark)
    found = marks.marks_since(since)
    held = manifest.recent()
    now = marks.digests(found, since)
    changed = {key for key, digest in now.items() if held.get(str(key)) != digest}
    changed |= {int(key) for key in held if int(key) not in now}  # taken back since
    rows = [key for _, owner, what, key in found if what == marks.YEAR and owner in changed]
    return changed | marks.former_organisations(rows), found


def _miscounts(manifest: Manifest) -> bool:
    """Whether rows came or went by a way that leaves no trace."""
    return manifest.record_count != marks.row_count()


# -- making one -------------------------------------------------------------------------------


def _refreshed(manifest: Manifest | None, progress: Progress | None) -> RefreshReport:
    began, now = time.perf_counter(), timezone.now()
    if manifest is None:
        return _rebuilt(progress)
    changed, found = _changed(manifest)
    if len(changed) * 2 > manifest.subject_count or (not changed and _miscounts(manifest)):
        return _rebuilt(progress)
    if not changed:
        if _looks_back_far(manifest, found):
            manifest = _swapped(manifest, manifest, found, now)
        return _report(manifest, began)
    due = {*manifest.replaced, *changed}
    if len(due) <= _MOST_IN_DELTA:
        delta = files.write_rows("delta", files.rows_with(manifest.delta_file, sorted(changed)))
        made = replace(manifest, delta_file=delta, replaced=tuple(sorted(due)))
        file_count = 1
    else:
        buckets = _with_rows_of(manifest, due, progress)
        made = replace(manifest, buckets=buckets, delta_file="", replaced=())
        file_count = len(set(buckets.values()) - set(manifest.buckets.values()))
    made = _swapped(made, manifest, found, now)
    return _report(made, began, changed_count=len(changed), file_count=file_count)


def _with_rows_of(
    manifest: Manifest, organisations: Iterable[int], progress: Progress | None
) -> dict[str, str]:
    """Buckets in which these organisations' rows are made anew."""
    buckets = dict(manifest.buckets)
    grouped = _by_bucket(sorted(organisations), manifest.bucket_count)
    for done, (number, keys) in enumerate(grouped.items(), 1):
        rows = files.rows_with(buckets.pop(number, ""), keys)
        if name := files.write_rows(number, rows):
            buckets[number] = name
        if progress:
            progress(done, len(grouped))
    return buckets


def _rebuilt(progress: Progress | None) -> RefreshReport:
    began, now = time.perf_counter(), timezone.now()
    found = marks.marks_since(now - marks.MARGIN)
    subjects = marks.subjects()
    wanted = max(1, len(subjects) // _SUBJECTS_A_BUCKET)
    n_buckets = min(_MOST_BUCKETS, 1 << (wanted - 1).bit_length())
    buckets: dict[str, str] = {}
    grouped = _by_bucket(subjects, n_buckets)
    for done, (number, keys) in enumerate(grouped.items(), 1):
        if name := files.write_rows(number, facts_table(keys)):
            buckets[number] = name
        if progress:
            progress(done, len(grouped))
    made = Manifest(
        version="",
        schema=files.schema_digest(),
        made_at="",
        watermark="",
        recent_file="",
        bucket_count=n_buckets,
        buckets=buckets,
    )
    made = _swapped(made, read_manifest(), found, now)
    return _report(made, began, changed_count=len(subjects), file_count=len(buckets), rebuilt=True)


def _by_bucket(organisations: Iterable[int], n_buckets: int) -> dict[str, list[int]]:
    grouped: dict[str, list[int]] = {}
    for key in organisations:
        grouped.setdefault(f"{key % n_buckets:03d}", []).append(key)
    return grouped


def _swapped(
    made: Manifest, old: Manifest | None, found: list[marks.Mark], now: datetime
) -> Manifest:
    """Count a snapshot's rows, note what it has taken in, and make it the current one."""
    watermark = now - marks.MARGIN
    recent = files.fresh_name("recent", "json")
    text = json.dumps(marks.digests(found, watermark))
    (folder() / recent).write_text(text, encoding="utf-8")
    session = _session(made)
    [counts] = session.query(
        "SELECT count(*) AS row_count, coalesce(sum(record_count), 0)::BIGINT AS record_count, "
        "count(DISTINCT organisation_pk) AS subject_count FROM facts"
    ).to_pylist()
    session.close()
    made = replace(
        made,
        version=f"{now:%Y%m%d%H%M%S}-{time.time_ns():x}",
        made_at=now.isoformat(),
        watermark=watermark.isoformat(),
        recent_file=recent,
        **counts,
    )
    made = replace(made, retired=files.retired_by(old, made.files()))
    files.swap(made)
    return made


def _report(
    manifest: Manifest,
    began: float,
    *,
    changed_count: int = 0,
    file_count: int = 0,
    rebuilt: bool = False,
) -> RefreshReport:
    return RefreshReport(
        version=manifest.version,
        changed_count=changed_count,
        file_count=file_count,
        row_count=manifest.row_count,
        seconds=time.perf_counter() - began,
        rebuilt=rebuilt,
    )
