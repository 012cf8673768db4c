"""The durable half of an index: documents and vectors as rows in LanceDB.

Every write is one commit, made under a file lock, and stamps its rows with the number of that
commit. So a reader that has seen commit v needs exactly the rows stamped above v, and a writer
that is killed leaves either its whole commit or nothing.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import lancedb
import numpy as np
import pyarrow as pa
from lancedb.index import BTree
from numpy.typing import NDArray

from silian.engines.matching.damage import damage_told
from silian.engines.matching.errors import IndexCorrupted, IndexMissing
from silian.engines.matching.locking import file_lock
from silian.engines.matching.schema import DOCUMENT_SCHEMA

_DOCUMENTS = "documents"
_VECTORS = "vectors"
_BATCH_ROWS = 65_536
_KEEP_VERSIONS = timedelta(minutes=10)


class Store(Protocol):
    """What a matcher needs of durable storage; LanceDB is the one that ships."""

    def stamp(self) -> tuple[int, int]:
        """Change as soon as any process has written; cheap enough for every search."""

    def versions(self) -> tuple[int, int]:
        """Last commit number of documents and of vectors, as of now."""

    def is_empty(self) -> bool:
        """Whether nothing was ever written."""

    def write_documents(self, rows: pa.Table) -> tuple[int, int]:
        """Insert or replace by document id in one commit; return (inserted, replaced)."""

    def write_vectors(self, text_hashes: Sequence[int], vectors: NDArray[np.float16]) -> None:
        """Append vectors in one commit."""

    def read_documents(self, after: int, columns: Sequence[str] | None) -> Iterator[pa.Table]:
        """Rows stamped above a commit number, tombstones included, in portions."""

    def read_vectors(self, after: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float16]]]:
        """Vectors stamped above a commit number, with their text hashes, in portions."""

    def tidy(self, documents_before: int) -> None:
        """Drop tombstones up to a commit number, merge small files, forget old versions."""


class LanceStore:
    """Documents and vectors as two LanceDB tables in one folder.

    Parameters
    ----------
    path
        Folder of the tables; with ``create`` it is made.
    n_dimensions
        Length of the vectors.
    lock_timeout_s
        How long a write waits for other writers.
    """

    def __init__(
        self, path: Path, n_dimensions: int, *, create: bool, lock_timeout_s: float = 30.0
    ) -> None:
        self._path = path
        self._n_dimensions = n_dimensions
        self._lock_timeout_s = lock_timeout_s
        if create:
            path.mkdir(parents=True, exist_ok=True)
            with damage_told(path, "can't be made"):
                database = lancedb.connect(str(path))
                self._documents = database.create_table(_DOCUMENTS, schema=DOCUMENT_SCHEMA)
                self._vectors = database.create_table(_VECTORS, schema=self._vector_schema())
        else:
            if not path.is_dir():
                raise IndexMissing(f"{path} does not exist. Make it with Matcher.create.")
            with damage_told(path, "can't be opened"):
                database = lancedb.connect(str(path))
                self._documents = database.open_table(_DOCUMENTS)
                self._vectors = database.open_table(_VECTORS)
        self._watched = [path / f"{name}.lance" / "_versions" for name in (_DOCUMENTS, _VECTORS)]

    def _vector_schema(self) -> pa.Schema:
        vector = pa.list_(pa.float16(), self._n_dimensions)
        return pa.schema(
            [("text_hash", pa.int64()), ("commit_number", pa.int64()), ("vector", vector)]
        )

    def stamp(self) -> tuple[int, int]:
        """Times at which either table last got a version, nanoseconds."""
        try:
            first, second = (folder.stat().st_mtime_ns for folder in self._watched)
        except FileNotFoundError as error:
            raise IndexCorrupted(
                f"{error.filename} is gone while the index is open. Build the index again.",
                path=str(self._path),
            ) from error
        return first, second

    def versions(self) -> tuple[int, int]:
        """Last commit number of documents and of vectors."""
        with damage_told(self._path, "can't be read"):
            _look_anew(self._documents, self._vectors)
            return self._documents.version, self._vectors.version

    def is_empty(self) -> bool:
        """Whether it holds neither documents nor vectors."""
        with damage_told(self._path, "can't be read"):
            _look_anew(self._documents, self._vectors)
            return not (self._documents.count_rows() or self._vectors.count_rows())

    @contextmanager
    def _writing(self, table: Any) -> Iterator[int]:
        with file_lock(self._path / "write.lock", self._lock_timeout_s, "a write"):
            with damage_told(self._path, "can't be read"):
                _look_anew(table)
                commit_number = table.version + 1
            yield commit_number

    def write_documents(self, rows: pa.Table) -> tuple[int, int]:
        """Insert or replace by document id in one commit."""
        with self._writing(self._documents) as commit_number:
            place = rows.schema.get_field_index("commit_number")
            stamps = pa.array(np.full(len(rows), commit_number, dtype=np.int64))
            stamped = rows.set_column(place, "commit_number", stamps).cast(DOCUMENT_SCHEMA)
            with damage_told(self._path, "can't be written"):
                merge = self._documents.merge_insert("document_id")
                merge = merge.when_matched_update_all().when_not_matched_insert_all()
                result = merge.execute(stamped)
        return result.num_inserted_rows, result.num_updated_rows

    def write_vectors(self, text_hashes: Sequence[int], vectors: NDArray[np.float16]) -> None:
        """Append vectors in one commit."""
        with self._writing(self._vectors) as commit_number:
            flat = pa.array(np.ascontiguousarray(vectors, dtype=np.float16).reshape(-1))
            table = pa.table(
                [
                    pa.array(np.asarray(text_hashes, dtype=np.int64)),
                    pa.array(np.full(len(vectors), commit_number, dtype=np.int64)),
                    pa.FixedSizeListArray.from_arrays(flat, self._n_dimensions),
                ],
                schema=self._vector_schema(),
            )
            with damage_told(self._path, "can't be written"):
                self._vectors.add(table)

    def read_documents(
        self, after: int, columns: Sequence[str] | None = None
    ) -> Iterator[pa.Table]:
        """Rows stamped above a commit number, tombstones included."""
        yield from self._read(self._documents, after, columns)

    def read_vectors(self, after: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float16]]]:
        """Vectors stamped above a commit number."""
        for table in self._read(self._vectors, after, ["text_hash", "vector"]):
            flat = table["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
            yield table["text_hash"].to_numpy(), flat.reshape(-1, self._n_dimensions)

    def _read(self, table: Any, after: int, columns: Sequence[str] | None) -> Iterator[pa.Table]:
        with damage_told(self._path, "can't be read"):
            query = table.search()
            if after:
                query = query.where(f"commit_number > {int(after)}")
            if columns is not None:
                query = query.select(list(columns))
            batches = iter(query.limit(2**31 - 1).to_batches(_BATCH_ROWS))
        while True:
            with damage_told(self._path, "can't be read"):
                batch = next(batches, None)
            if batch is None:
                return
            if batch.num_rows:
                yield pa.Table.from_batches([batch])

    def read_through(self) -> None:
        """Read what searches don't: vectors, the index of document ids, former versions.

        Raises
        ------
        IndexCorrupted
            If any of it can't be read.
        """
        for _ in self._read(self._vectors, 0, None):
            pass
        with damage_told(self._path, "can't be read"):
            self._documents.list_versions()
            self._vectors.list_versions()
            self._documents.count_rows("document_id >= ''")

    def tidy(self, documents_before: int) -> None:
        """Drop tombstones, merge small files, index the document ids, forget old versions."""
        with (
            file_lock(self._path / "write.lock", self._lock_timeout_s, "tidying"),
            damage_told(self._path, "can't be tidied"),
        ):
            _look_anew(self._documents, self._vectors)
            condition = f"is_deleted AND commit_number <= {int(documents_before)}"
            if self._documents.count_rows(condition):
                self._documents.delete(condition)
            names = {index.name for index in self._documents.list_indices()}
            if "document_id_idx" not in names and self._documents.count_rows():
                self._documents.create_index("document_id", config=BTree())
            self._documents.optimize(cleanup_older_than=_KEEP_VERSIONS)
            self._vectors.optimize(cleanup_older_than=_KEEP_VERSIONS)


def _look_anew(*tables: Any) -> None:
    """See what other processes committed; an open table stays at its version otherwise."""
    for table in tables:
        table.checkout_latest()
