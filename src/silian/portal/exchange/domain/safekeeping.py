"""One file that holds an installation, and an installation from that file."""

import json
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, connections

from silian import __version__
from silian.errors import EngineError
from silian.portal.exchange.domain.index import (
    current_generation,
    forget_opened,
    generation_folder,
)
from silian.portal.insight.domain.graph_files import forget_current
from silian.portal.insight.domain.graph_store import graph_is_built

Progress = Callable[[int, int], None]

_FORMAT = 1
_MANIFEST = "manifest.json"
_SQLITE_COPY = "database.sqlite3"
_POSTGRESQL_DUMP = "database.dump"
_VECTORS = "embeddings.sqlite"
_INDEX = "index"
_FOLDERS = ("uploads", "models")
_LOCK_SECONDS = 60.0


class BackupUnusable(EngineError, ValueError):
    """A file that is no backup, or one that doesn't fit here."""

    code = "backup_unusable"


class DumpFailed(EngineError, RuntimeError):
    """PostgreSQL's own tools are missing or failed."""

    code = "dump_failed"


def write_backup(file: Path, *, with_index: bool = True, progress: Progress | None = None) -> int:
    """Write database, uploads, models, vectors and index into one compressed file.

    The database is copied as of one moment while others go on writing. The secret key stays
    out: whoever holds a backup can't sign sessions.

    Returns
    -------
    int
        Size of the file in bytes.
    """
    home = Path(settings.SILIAN_HOME)
    temporary = file.with_name(file.name + ".part")
    with tempfile.TemporaryDirectory(dir=home, prefix="backup-") as work:
        staged = Path(work)
        steps = [lambda: _copy_database(staged)]
        if with_index:
            steps += [lambda: _copy_sqlite(home / _VECTORS, staged / _VECTORS)]
            steps += [lambda: _copy_index(staged / _INDEX)]
        for number, step in enumerate(steps):
            step()
            if progress:
                progress(number + 1, len(steps) + 1)
        manifest = {
            "format": _FORMAT,
            "version": __version__,
            "created_at": datetime.now(UTC).isoformat(),
            "database": connection.vendor,
            "generation": current_generation() if with_index else "",
            # The graph follows from the records: it is built again rather than kept.
            "graph": graph_is_built(),
        }
        (staged / _MANIFEST).write_text(json.dumps(manifest, indent=2), "utf-8")
        file.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(temporary, "w:gz", compresslevel=3) as archive:
            # The manifest comes first, so that reading it is quick.
            names = sorted(staged.iterdir(), key=lambda path: path.name != _MANIFEST)
            for path in names:
                archive.add(path, arcname=path.name)
            for name in _FOLDERS:
                if (home / name).is_dir():
                    archive.add(home / name, arcname=name)
    temporary.replace(file)
    if progress:
        progress(len(steps) + 1, len(steps) + 1)
    return file.stat().st_size


def holds_data() -> bool:
    """Whether a restore would replace records."""
    if "registry_register" not in connection.introspection.table_names():
        return False
    from silian.portal.registry.models import Register

    return Register.objects.exists()


def read_backup(file: Path, progress: Progress | None = None) -> Path | None:
    """Put a backup in the place of what is here. Nothing may be running.

    Returns
    -------
    Path | None
        Folder with what was here before, ``None`` if there was nothing. A PostgreSQL database
        is dumped into it first.

    Raises
    ------
    BackupUnusable
        If the file is no backup, is damaged, or is of another kind of database.
    """
    home = Path(settings.SILIAN_HOME)
    with tempfile.TemporaryDirectory(dir=home, prefix="restore-") as work:
        staged = Path(work)
        manifest = _unpack(file, staged)
        if progress:
            progress(1, 3)
        aside = _put_aside(home)
        if progress:
            progress(2, 3)
        _put_database(staged)
        for name in (_VECTORS, _INDEX, *_FOLDERS):
            if (staged / name).exists():
                shutil.move(staged / name, home / name)
    forget_current(due=bool(manifest.get("graph")))
    if manifest["generation"]:
        (settings.INDEX_DIRECTORY / "current").write_text(manifest["generation"], "utf-8")
    forget_opened()
    if progress:
        progress(3, 3)
    return aside


def _unpack(file: Path, target: Path) -> dict[str, Any]:
    try:
        with tarfile.open(file, "r:*") as archive:
            archive.extractall(target, filter="data")
        manifest: dict[str, Any] = json.loads((target / _MANIFEST).read_text("utf-8"))
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise BackupUnusable(
            f"{file} is not a silian backup, or is damaged: {error}. Give a file that "
            "`silian backup` wrote."
        ) from error
    if manifest.get("format") != _FORMAT:
        raise BackupUnusable(
            f"{file} has backup format {manifest.get('format')!r}; this version reads {_FORMAT}."
        )
    if manifest["database"] != connection.vendor:
        raise BackupUnusable(
            f"{file} holds a {manifest['database']} database; this installation runs on "
            f"{connection.vendor}. Set SILIAN_DATABASE_URL to a {manifest['database']} one."
        )
    return manifest


def _put_aside(home: Path) -> Path | None:
    forget_opened()
    names = [_VECTORS, f"{_VECTORS}-wal", f"{_VECTORS}-shm", _INDEX, *_FOLDERS]
    present = [home / name for name in names if (home / name).exists()]
    if not present and not holds_data():
        return None
    aside = home / f"before-restore-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    aside.mkdir()
    _copy_database(aside)
    for path in present:
        shutil.move(path, aside / path.name)
    return aside


def _copy_database(target: Path) -> None:
    if connection.vendor == "sqlite":
        _copy_sqlite(Path(settings.DATABASES["default"]["NAME"]), target / _SQLITE_COPY)
    else:
        dump = str(target / _POSTGRESQL_DUMP)
        _run_postgresql("pg_dump", "--format=custom", "--no-owner", f"--file={dump}")


def _put_database(staged: Path) -> None:
    if connection.vendor != "sqlite":
        options = ["--clean", "--if-exists", "--no-owner", "--single-transaction"]
        _run_postgresql("pg_restore", *options, "--dbname", str(staged / _POSTGRESQL_DUMP))
        return
    connections.close_all()
    # Into the existing file, page by page: its WAL and other readers stay coherent.
    _copy_sqlite(staged / _SQLITE_COPY, Path(settings.DATABASES["default"]["NAME"]))


def _copy_sqlite(source: Path, target: Path) -> None:
    if not source.exists():
        return
    with (
        closing(sqlite3.connect(source, timeout=_LOCK_SECONDS)) as here,
        closing(sqlite3.connect(target, timeout=_LOCK_SECONDS)) as there,
    ):
        here.backup(there)


def _copy_index(target: Path) -> None:
    from silian.engines.matching.locking import file_lock

    generation = current_generation()
    if not generation:
        return
    folder = generation_folder(generation)
    # Both locks: neither a write nor a tidying may change the files under the copy.
    with (
        file_lock(folder / "optimise.lock", 3600.0, "a backup"),
        file_lock(folder / "tables" / "write.lock", _LOCK_SECONDS, "a backup"),
    ):
        ignored = shutil.ignore_patterns("*.lock", "*.part")
        shutil.copytree(folder, target / generation, ignore=ignored)


def _run_postgresql(program: str, *arguments: str) -> None:
    path = shutil.which(program) or _newest(program)
    if not path:
        raise DumpFailed(
            f"{program} is not installed here. Install PostgreSQL's client tools (Debian: "
            "postgresql-client), or back the database up on its own server."
        )
    parameters = connection.get_connection_params()
    names = {"dbname": "PGDATABASE", "user": "PGUSER", "password": "PGPASSWORD"}
    names |= {"host": "PGHOST", "port": "PGPORT"}
    environment = {
        variable: str(parameters[key]) for key, variable in names.items() if parameters.get(key)
    }
    command = [path, *arguments]
    if "--dbname" in command:  # pg_restore wants the name on its command line
        command.insert(command.index("--dbname") + 1, str(parameters["dbname"]))
    connections.close_all()
    done = subprocess.run(  # noqa: S603  a tool of PostgreSQL's own, arguments from us
        command, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DumpFailed(f"{program} failed: {done.stderr.strip()[:500]}")


def _newest(program: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    return str(found[-1]) if found else ""
