"""Second files that a mapping joins, kept on disk so that their size costs no memory."""

import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from silian.portal.registry.interfaces.mapping import JoinSpec
from silian.tables.readers import FileOptions, FileRefused, SourceRow, open_rows
from silian.tables.values import is_missing, parse_line

_ROWS_A_STATEMENT = 5_000
_KEYS_A_QUERY = 900


class MissingFile(FileRefused, LookupError):
    """A file that the mapping joins isn't there."""

    code = "missing_file"


class JoinedFiles:
    """The joined files of one mapping, in a temporary SQLite file that goes with the job.

    Parameters
    ----------
    transform
        Applies named transforms to a key.
    """

    def __init__(
        self,
        joins: Sequence[JoinSpec],
        folder: Path,
        companions: dict[str, Path],
        transform: Callable[[Sequence[str], Any], Any],
    ) -> None:
        self._joins = joins
        self._transform = transform
        self._store: sqlite3.Connection | None = None
        if joins:
            # '' is SQLite's own temporary file: removed by the system even after a crash.
            self._store = sqlite3.connect("")
            for position, join in enumerate(joins):
                self._load(position, join, _locate(join.file, folder, companions))

    def close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def attach(self, rows: Sequence[dict[str, Any]]) -> None:
        """Put the joined rows of each row under the join's name."""
        for position, join in enumerate(self._joins):
            [(main, _)] = join.on.items()
            targets = rows if not join.to else _joined_rows(rows, join.to)
            keys = [self._key(join, target.get(main)) for target in targets]
            found = self._find(position, {key for key in keys if key})
            for target, key in zip(targets, keys, strict=True):
                # Copies: what a later join adds to one row is not the other's.
                target[join.name] = [dict(row) for row in found.get(key, ())]

    def _key(self, join: JoinSpec, value: Any) -> str:
        return "" if is_missing(value) else parse_line(self._transform(join.transform, value))

    def _load(self, position: int, join: JoinSpec, path: Path) -> None:
        store = self._store
        assert store is not None
        store.execute(f"CREATE TABLE joined_{position} (key TEXT, row TEXT)")
        [(_, column)] = join.on.items()
        rows = open_rows(path, FileOptions(**join.read.model_dump())).rows
        pairs = (
            (self._key(join, row.values.get(column)), json.dumps(row.values, default=str))
            for row in rows
            if row.problem is None
        )
        while portion := list(islice(pairs, _ROWS_A_STATEMENT)):
            store.executemany(f"INSERT INTO joined_{position} VALUES (?, ?)", portion)
        store.execute(f"CREATE INDEX joined_{position}_key ON joined_{position} (key)")

    def _find(self, position: int, keys: set[str]) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        listed = sorted(keys)
        assert self._store is not None
        for start in range(0, len(listed), _KEYS_A_QUERY):
            portion = listed[start : start + _KEYS_A_QUERY]
            marks = ", ".join("?" * len(portion))
            query = f"SELECT key, row FROM joined_{position} WHERE key IN ({marks}) ORDER BY rowid"
            for key, row in self._store.execute(query, portion):
                found.setdefault(key, []).append(json.loads(row))
        return found


def _joined_rows(rows: Iterable[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [inner for row in rows for inner in row.get(name, ())]


def _locate(name: str, folder: Path, companions: dict[str, Path]) -> Path:
    path = companions.get(name, folder / name)
    if not path.is_file():
        raise MissingFile(
            f"the mapping joins {name}, which isn't beside the file. Put it there, or upload both "
            "together.",
            message_zh=f"映射需要连接文件 {name}，但未找到；请将其与主文件放在同一目录，或一并上传。",
        )
    return path


def repeated_values(rows: Iterable[SourceRow], read: Callable[[dict[str, Any]], Any]) -> set[str]:
    """Values of a column that stand in more than one row; counted on disk."""
    with tempfile.TemporaryDirectory() as folder:
        store = sqlite3.connect(f"{folder}/values.sqlite3")
        store.execute("PRAGMA synchronous=OFF")
        store.execute("CREATE TABLE counted (value TEXT)")
        texts = ((text,) for row in rows if (text := parse_line(read(row.values))))
        while portion := list(islice(texts, _ROWS_A_STATEMENT)):
            store.executemany("INSERT INTO counted VALUES (?)", portion)
        found = store.execute("SELECT value FROM counted GROUP BY value HAVING count(*) > 1")
        repeated = {value for (value,) in found}
        store.close()
    return repeated
