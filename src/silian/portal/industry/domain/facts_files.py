"""The files of a facts snapshot, and the one file that says which of them are the snapshot.

``current.json`` names an immutable Parquet file for each bucket of organisations, and one delta:
rows of the few organisations that changed since their buckets were written, which stand in for
what the buckets say of them.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from silian.portal.industry.domain.facts_tables import facts_table, table_schema

if TYPE_CHECKING:
    import pyarrow as pa

    from silian.tables.sessions import TableSession

_FORMAT = 3
# Sessions opened before a swap may still read files that it retired.
_KEPT_SECONDS = 1_800


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What ``current.json`` says.

    Attributes
    ----------
    watermark
        Changes since this moment were looked at one by one.
    recent_file
        Their fingerprints by organisation, as taken in.
    buckets
        Bucket number to file.
    delta_file, replaced
        The delta, and the organisations it speaks for; empty where there is none.
    record_count
        Rows of registers behind the snapshot's rows.
    retired
        Files of earlier snapshots and when they left.
    """

    version: str
    schema: str
    made_at: str
    watermark: str
    recent_file: str
    bucket_count: int
    buckets: Mapping[str, str]
    delta_file: str = ""
    replaced: tuple[int, ...] = ()
    row_count: int = 0
    record_count: int = 0
    subject_count: int = 0
    retired: Mapping[str, float] = field(default_factory=dict)

    def files(self) -> set[str]:
        """Every file that belongs to it."""
        named = {*self.buckets.values(), self.recent_file, self.delta_file}
        return {name for name in named if name}

    def recent(self) -> dict[str, str]:
        """Fingerprints of the changes it has taken in since its watermark."""
        found: dict[str, str] = json.loads((folder() / self.recent_file).read_text("utf-8"))
        return found


def folder() -> Path:
    """Where snapshots lie."""
    return Path(settings.SILIAN_HOME) / "tables" / "facts"


def read_manifest() -> Manifest | None:
    """The current snapshot; ``None`` if there is none of today's columns."""
    try:
        content = json.loads((folder() / "current.json").read_text("utf-8"))
    except FileNotFoundError:
        return None
    if content.get("schema") != schema_digest():
        return None
    manifest = Manifest(**{**content, "replaced": tuple(content["replaced"])})
    return manifest if (folder() / manifest.recent_file).exists() else None


def schema_digest() -> str:
    """Fingerprint of the columns: a library with other facts asks for another snapshot."""
    text = f"{_FORMAT} {table_schema()}"
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def fresh_name(stem: str, suffix: str) -> str:
    """A file name that was never used."""
    return f"{stem}-{time.time_ns():x}.{suffix}"


def write_rows(stem: str, table: "pa.Table") -> str:
    """Write rows to a new file; its name, or empty where there are none."""
    import pyarrow.parquet as pq

    if not table.num_rows:
        return ""
    name = fresh_name(stem, "parquet")
    table = table.sort_by([("organisation_pk", "ascending"), ("year", "ascending")])
    # Lags and money hardly repeat: dictionaries would only cost time.
    pq.write_table(table, folder() / name, compression="lz4", use_dictionary=["name"])
    return name


def rows_with(name: str, organisations: Iterable[int]) -> "pa.Table":
    """Rows of a file with those of some organisations made anew."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    listed = list(organisations)
    fresh = facts_table(listed)
    if not name:
        return fresh
    kept = pq.read_table(folder() / name, schema=table_schema())
    others = pc.invert(pc.is_in(kept["organisation_pk"], pa.array(listed, pa.int64())))
    return pa.concat_tables([kept.filter(others), fresh])


def open_relation(session: "TableSession", manifest: Manifest) -> None:
    """Give a DuckDB session relation ``facts`` over the files of a snapshot."""
    parts = []
    if manifest.buckets:
        rows = f"SELECT * FROM {_read(manifest.buckets.values())}"
        if manifest.replaced:
            gone = ", ".join(str(int(key)) for key in manifest.replaced)
            keys = f"(SELECT unnest([{gone}]) AS organisation_pk)"
            rows += f" ANTI JOIN {keys} USING (organisation_pk)"
        parts.append(rows)
    if manifest.delta_file:
        parts.append(f"SELECT * FROM {_read([manifest.delta_file])}")
    if parts:
        session.execute(f"CREATE VIEW facts AS {' UNION ALL '.join(parts)}")
    else:
        session.register("facts", table_schema().empty_table())


def _read(names: Iterable[str]) -> str:
    listed = ", ".join("'" + str(folder() / name).replace("'", "''") + "'" for name in names)
    return f"read_parquet([{listed}])"


def swap(manifest: Manifest) -> None:
    """Make these files the snapshot, all at once, and drop what nobody reads any more."""
    draft = folder() / "current.json.draft"
    with draft.open("w", encoding="utf-8") as file:
        json.dump(asdict(manifest), file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder() / "current.json")
    kept = {*manifest.files(), *manifest.retired, "current.json"}
    for path in folder().iterdir():
        # Retired long ago, or left by a refresh that was killed.
        if path.suffix in {".parquet", ".json"} and path.name not in kept:
            path.unlink(missing_ok=True)


def retired_by(old: Manifest | None, files: set[str]) -> dict[str, float]:
    """Files that sessions may still read, once ``files`` are the snapshot."""
    if old is None:
        return {}
    now = time.time()
    left = {name: when for name, when in old.retired.items() if when >= now - _KEPT_SECONDS}
    return {**left, **dict.fromkeys(old.files() - files, now)}
