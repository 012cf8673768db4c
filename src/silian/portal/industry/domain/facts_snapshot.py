"""The facts of the whole city as Parquet: kept in step with the records, swapped atomically.

``SILIAN_HOME/tables/facts/`` holds one immutable file for each bucket of organisations and
``current.json``, which names the files that are the snapshot. A refresh makes anew only what
changed and then replaces ``current.json``; killed before that, it leaves the old snapshot.
"""

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from silian.portal.industry.domain import facts_marks as marks
from silian.portal.industry.domain.facts_locks import SnapshotBusy, only_writer
from silian.portal.industry.domain.facts_tables import facts_table, table_schema

if TYPE_CHECKING:
    import pyarrow as pa

    from silian.tables.sessions import TableSession

Progress = Callable[[int, int], None]

logger = logging.getLogger(__name__)

_FORMAT = 1
_SUBJECTS_A_BUCKET = 400
_MOST_BUCKETS = 256
# A question doesn't wait for more than this; the next ``refresh`` brings it in.
_FEW_SUBJECTS = 2_000
# Sessions opened before a swap may still read files that it retired.
_KEPT_SECONDS = 1_800


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshReport:
    """What a refresh did.

    Attributes
    ----------
    version
        Of the snapshot that is current now.
    changed_count
        Enterprises whose rows were made anew.
    bucket_count
        Files written.
    row_count
        Enterprise-years in the snapshot.
    rebuilt
        Whether everything was made anew.
    """

    version: str
    changed_count: int
    bucket_count: int
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
    with only_writer(_folder()):
        return _refreshed(_manifest(), progress)


def rebuild(progress: Progress | None = None) -> RefreshReport:
    """Make the snapshot anew from all records.

    Raises
    ------
    SnapshotBusy
        If another process is at it.
    """
    with only_writer(_folder()):
        return _rebuilt(progress)


def freshness() -> Freshness:
    """How far the snapshot is behind."""
    manifest = _manifest()
    if manifest is None:
        pending = len(marks.subjects())
        return Freshness(version="", made_at=None, row_count=0, pending_count=pending)
    changed, _ = _changed(manifest)
    return Freshness(
        version=manifest["version"],
        made_at=datetime.fromisoformat(manifest["made_at"]),
        row_count=sum(bucket["row_count"] for bucket in manifest["buckets"].values()),
        pending_count=len(changed),
    )


def snapshot_version() -> str:
    """Version of the snapshot after a refresh, if that is cheap: a key for what is kept of it."""
    return str(_current()["version"])


def facts_session() -> "TableSession":
    """A DuckDB session with relation ``facts``, read-only over the newest snapshot.

    Few changed enterprises are brought in first; many wait for ``refresh``. The caller closes it.
    """
    from silian.tables.sessions import DuckDBSession

    manifest = _current()
    session = DuckDBSession()
    files = [bucket["file"] for bucket in manifest["buckets"].values()]
    if files:
        listed = ", ".join(_quoted(str(_folder() / name)) for name in files)
        session.execute(f"CREATE VIEW facts AS SELECT * FROM read_parquet([{listed}])")
    else:
        session.register("facts", table_schema().empty_table())
    return session


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


# -- which snapshot is current ----------------------------------------------------------------


def _folder() -> Path:
    return Path(settings.SILIAN_HOME) / "tables" / "facts"


def _manifest() -> dict[str, Any] | None:
    try:
        manifest: dict[str, Any] = json.loads((_folder() / "current.json").read_text("utf-8"))
    except FileNotFoundError:
        return None
    is_whole = (_folder() / manifest["recent_file"]).exists()
    return manifest if is_whole and manifest["schema"] == _schema_digest() else None


def _schema_digest() -> str:
    text = f"{_FORMAT} {table_schema()}"
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


_checked: dict[Path, tuple[str, tuple[Any, ...]]] = {}  # folder to version and pulse found clean


def _current() -> dict[str, Any]:
    """The snapshot to answer from: made if there is none, refreshed if that is cheap."""
    manifest, pulse, folder = _manifest(), marks.pulse(), _folder()
    if manifest is not None and _checked.get(folder) == (manifest["version"], pulse):
        return manifest
    if manifest is None or 0 < len(_changed(manifest)[0]) <= _FEW_SUBJECTS or _miscounts(manifest):
        try:
            refresh()
        except SnapshotBusy:
            if manifest is not None:
                return manifest
            with only_writer(folder, wait=True):  # another process makes the first one
                pass
            return _current()
        manifest = _manifest()
    assert manifest is not None
    _checked[folder] = (manifest["version"], pulse)
    return manifest


def _changed(manifest: dict[str, Any]) -> tuple[set[int], list[marks.Mark]]:
    """Organisations whose changes since the watermark differ from those taken in then."""
    since = datetime.fromisoformat(manifest["watermark"])
    found = marks.marks_since(since)
    held: dict[str, str] = json.loads(
        (_folder() / manifest["recent_file"]).read_text(encoding="utf-8")
    )
    now = marks.digests(found, since)
    changed = {key for key, digest in now.items() if held.get(str(key)) != digest}
    changed |= {int(key) for key in held if int(key) not in now}  # taken back since
    return changed, found


def _miscounts(manifest: dict[str, Any]) -> bool:
    """Whether rows came or went by a way that leaves no trace."""
    expected = sum(bucket["record_count"] for bucket in manifest["buckets"].values())
    return expected != marks.row_count()


# -- making one -------------------------------------------------------------------------------


def _refreshed(manifest: dict[str, Any] | None, progress: Progress | None) -> RefreshReport:
    if manifest is None:
        return _rebuilt(progress)
    began, now = time.perf_counter(), timezone.now()
    changed, found = _changed(manifest)
    n_subjects = sum(bucket["subject_count"] for bucket in manifest["buckets"].values())
    if len(changed) * 2 > n_subjects or (not changed and _miscounts(manifest)):
        return _rebuilt(progress)
    if not changed:
        return _report(manifest, began, changed_count=0, bucket_count=0, rebuilt=False)
    by_bucket: dict[int, list[int]] = {}
    for key in sorted(changed):
        by_bucket.setdefault(key % manifest["bucket_count"], []).append(key)
    buckets = dict(manifest["buckets"])
    retired = dict(manifest["retired"])
    for done, (number, keys) in enumerate(by_bucket.items(), 1):
        old = buckets.pop(str(number), None)
        table = _replaced(old, keys)
        if old is not None:
            retired[old["file"]] = time.time()
        if table.num_rows:
            buckets[str(number)] = _write_bucket(number, table)
        if progress:
            progress(done, len(by_bucket))
    manifest = _swap(manifest["bucket_count"], buckets, retired, found, now)
    return _report(
        manifest, began, changed_count=len(changed), bucket_count=len(by_bucket), rebuilt=False
    )


def _rebuilt(progress: Progress | None) -> RefreshReport:
    began, now = time.perf_counter(), timezone.now()
    found = marks.marks_since(now - marks.MARGIN)
    subjects = marks.subjects()
    wanted = max(1, len(subjects) // _SUBJECTS_A_BUCKET)
    n_buckets = min(_MOST_BUCKETS, 1 << (wanted - 1).bit_length())
    by_bucket: dict[int, list[int]] = {}
    for key in subjects:
        by_bucket.setdefault(key % n_buckets, []).append(key)
    buckets: dict[str, dict[str, Any]] = {}
    for done, (number, keys) in enumerate(by_bucket.items(), 1):
        table = facts_table(keys)
        if table.num_rows:
            buckets[str(number)] = _write_bucket(number, table)
        if progress:
            progress(done, len(by_bucket))
    old = _manifest()
    retired = dict(old["retired"]) if old else {}
    for bucket in old["buckets"].values() if old else ():
        retired[bucket["file"]] = time.time()
    manifest = _swap(n_buckets, buckets, retired, found, now)
    return _report(
        manifest,
        began,
        changed_count=len(subjects),
        bucket_count=len(buckets),
        rebuilt=True,
    )


def _replaced(old: dict[str, Any] | None, keys: Iterable[int]) -> "pa.Table":
    """A bucket's rows with those of some organisations made anew."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    listed = list(keys)
    fresh = facts_table(listed)
    if old is None:
        return fresh
    kept = pq.read_table(_folder() / old["file"], schema=table_schema())
    others = pc.invert(pc.is_in(kept["organisation_pk"], pa.array(listed, pa.int64())))
    return pa.concat_tables([kept.filter(others), fresh])


def _write_bucket(number: int, table: "pa.Table") -> dict[str, Any]:
    """Write a bucket's file under a name that was never used, and describe it."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = table.sort_by([("organisation_pk", "ascending"), ("year", "ascending")])
    name = f"{number:03d}-{time.time_ns():x}.parquet"
    path = _folder() / name
    # Lag and money columns hardly repeat: dictionaries would only cost time.
    pq.write_table(table, path, compression="lz4", use_dictionary=["name", "industry_code"])
    return {
        "file": name,
        "row_count": table.num_rows,
        "record_count": pc.sum(table["record_count"]).as_py(),
        "subject_count": len(pc.unique(table["organisation_pk"])),
    }


def _swap(
    n_buckets: int,
    buckets: dict[str, dict[str, Any]],
    retired: dict[str, float],
    found: list[marks.Mark],
    now: datetime,
) -> dict[str, Any]:
    """Make these files the snapshot, all at once, and drop what nobody reads any more."""
    folder = _folder()
    old = _manifest()
    version = f"{now:%Y%m%d%H%M%S}-{time.time_ns():x}"
    watermark = now - marks.MARGIN
    recent = f"recent-{version}.json"
    (folder / recent).write_text(json.dumps(marks.digests(found, watermark)), encoding="utf-8")
    if old is not None:
        retired[old["recent_file"]] = time.time()
    limit = time.time() - _KEPT_SECONDS
    manifest = {
        "version": version,
        "schema": _schema_digest(),
        "made_at": now.isoformat(),
        "watermark": watermark.isoformat(),
        "recent_file": recent,
        "bucket_count": n_buckets,
        "buckets": buckets,
        "retired": {name: when for name, when in retired.items() if when >= limit},
    }
    draft = folder / "current.json.draft"
    with draft.open("w", encoding="utf-8") as file:
        json.dump(manifest, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / "current.json")
    _drop_unused(manifest)
    return manifest


def _drop_unused(manifest: dict[str, Any]) -> None:
    """Files of no recent snapshot: retired long ago, or left by a killed refresh."""
    used = {bucket["file"] for bucket in manifest["buckets"].values()}
    used |= {manifest["recent_file"], *manifest["retired"]}
    for path in _folder().iterdir():
        if path.suffix in {".parquet", ".json"} and path.name not in {*used, "current.json"}:
            path.unlink(missing_ok=True)


def _report(manifest: dict[str, Any], began: float, **counts: Any) -> RefreshReport:
    return RefreshReport(
        version=manifest["version"],
        row_count=sum(bucket["row_count"] for bucket in manifest["buckets"].values()),
        seconds=time.perf_counter() - began,
        **counts,
    )
