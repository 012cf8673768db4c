"""Writing to an index: portions that survive a kill, and folding them into the large part."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from silian.engines.matching.building import VectorBook, build_segment
from silian.engines.matching.checking import checked_documents, checked_ids
from silian.engines.matching.errors import (
    InvalidDocument,
    UnknownDocument,
    VectorWrongDimension,
)
from silian.engines.matching.locking import file_lock
from silian.engines.matching.rows import WordReader, rows_of, tombstones_of
from silian.engines.matching.snapshot import write_snapshot
from silian.engines.matching.statistics import Changes, unoptimised_rows
from silian.engines.matching.store import LanceStore
from silian.engines.matching.values import Document
from silian.engines.matching.view import ViewKeeper
from silian.engines.matching.vocabulary import Vocabulary

Progress = Callable[[int, int], None]
# Rows, and of some of their texts the hashes and vectors that are known.
Portion = tuple[pa.Table, tuple[NDArray[np.int64], NDArray[np.floating]] | None]
_Item = TypeVar("_Item")

_WRITE_ROWS = 8_192
# Small parts slow every search a little; beyond this share of the index they are folded in.
_FOLD_ROWS = 20_000
_FOLD_SHARE = 0.1
# How often a writer looks whether folding is due: looking costs a renewed view.
_LOOK_ROWS = 2_000


@dataclass(slots=True)
class _Written:
    inserted: int = 0
    replaced: int = 0
    table_count: int = 0
    vector_count: int = 0  # writes of vectors


class Writer:
    """Writes to one index; ``Matcher`` says what each method promises."""

    def __init__(
        self,
        path: Path,
        *,
        store: LanceStore,
        keeper: ViewKeeper,
        reader: WordReader,
        n_dimensions: int,
    ) -> None:
        self._path = path
        self._store = store
        self._keeper = keeper
        self._reader = reader
        self._n_dimensions = n_dimensions
        self._rows_since_look = 0

    def add(self, documents: Iterable[Document], progress: Progress | None) -> Changes:
        """Insert or replace documents."""
        total = len(documents) if isinstance(documents, Sequence) else 0
        taken = checked_documents(documents)
        tables = (rows_of(part, self._reader) for part in portions_of(taken, _WRITE_ROWS))
        changes = self._add_rows(tables, progress, total)
        inserted, replaced = changes.inserted, changes.replaced
        self._rows_since_look += inserted + replaced
        if inserted + replaced >= _FOLD_ROWS:
            self.optimise()
        elif self._rows_since_look >= _LOOK_ROWS:
            self.fold_if_due()
        return changes

    def _add_rows(
        self, tables: Iterable[pa.Table], progress: Progress | None, total: int
    ) -> Changes:
        inserted = replaced = done = 0
        for rows in tables:
            new, old = self._store.write_documents(rows)
            inserted, replaced, done = inserted + new, replaced + old, done + len(rows)
            if progress is not None:
                progress(done, total)
        return Changes(inserted=inserted, replaced=replaced)

    def delete(self, document_ids: Iterable[str]) -> Changes:
        """Remove documents."""
        document_ids = checked_ids(document_ids)
        view = self._keeper.current()
        present = [one for one in dict.fromkeys(document_ids) if view.find(one)[1] >= 0]
        for portion in portions_of(present, _WRITE_ROWS):
            self._store.write_documents(tombstones_of(portion))
        return Changes(deleted=len(present))

    def add_vectors(
        self, document_ids: Sequence[str], vectors: NDArray[np.floating], *, fold: bool
    ) -> None:
        """Give documents vectors."""
        document_ids = checked_ids(document_ids)
        vectors = np.asarray(vectors)
        if vectors.shape != (len(document_ids), self._n_dimensions):
            raise VectorWrongDimension(
                f"vectors has shape {vectors.shape}; expected "
                f"({len(document_ids)}, {self._n_dimensions}), one row a document.",
                arrived=vectors.shape,
                expected=(len(document_ids), self._n_dimensions),
            )
        if not np.isfinite(vectors).all():
            raise InvalidDocument(
                "vectors holds numbers that are not finite; expected finite ones only. Leave out "
                "documents whose vector failed: they are embedded with what is pending.",
                field="vectors",
            )
        view = self._keeper.current()
        hashes = []
        for one in document_ids:
            number, row = view.find(one)
            if row < 0:
                raise unknown_document(one)
            hashes.append(int(view.parts[number].segment.text_hash[row]))
        self._store.write_vectors(hashes, vectors.astype(np.float16))
        if fold:
            self.fold_if_due()

    def fill(self, portions: Iterable[Portion]) -> Changes:
        """Write portions and lay out the large part meanwhile, rather than from the store."""
        with self._folding():
            before, was_empty = self._store.versions(), self._store.is_empty()
            vocabulary, book = Vocabulary(), VectorBook(self._n_dimensions)
            written = _Written()
            tables = self._write_each(portions, book, written)
            segment = build_segment(tables, vocabulary, book)
            versions = self._store.versions()
            expected = before[0] + written.table_count, before[1] + written.vector_count
            if was_empty and versions == expected and not written.replaced:
                write_snapshot(self._path / "snapshots", segment, vocabulary, versions)
                self._store.tidy(versions[0])
            else:  # the store holds something else than was laid out here
                del segment
                self._fold()
        return Changes(inserted=written.inserted, replaced=written.replaced)

    def _write_each(
        self, portions: Iterable[Portion], book: VectorBook, written: "_Written"
    ) -> Iterator[pa.Table]:
        for rows, known in portions:
            inserted, replaced = self._store.write_documents(rows)
            written.inserted += inserted
            written.replaced += replaced
            written.table_count += 1
            if known is not None and len(known[0]):
                vectors = known[1].astype(np.float16)
                self._store.write_vectors(known[0].tolist(), vectors)
                book.add(known[0], vectors)
                written.vector_count += 1
            yield rows

    def optimise(self) -> None:
        """Fold everything written so far into the large part."""
        with self._folding():
            self._fold()

    def _folding(self) -> AbstractContextManager[None]:
        return file_lock(self._path / "optimise.lock", 3600.0, "optimising")

    def _fold(self) -> None:
        versions = self._store.versions()
        vocabulary, book = Vocabulary(), VectorBook(self._n_dimensions)
        for hashes, vectors in self._store.read_vectors(0):
            book.add(hashes, vectors)
        segment = build_segment(self._store.read_documents(0, None), vocabulary, book)
        write_snapshot(self._path / "snapshots", segment, vocabulary, versions)
        self._store.tidy(versions[0])

    def fold_if_due(self) -> None:
        """Optimise if enough was written since."""
        self._rows_since_look = 0
        view = self._keeper.current()
        late = sum(len(part.late) for part in view.parts if part.late is not None)
        waiting = late + unoptimised_rows(view)
        if waiting >= max(_FOLD_ROWS, int(_FOLD_SHARE * view.document_count)):
            self.optimise()


def unknown_document(document_id: str) -> UnknownDocument:
    """Say that a document is not indexed."""
    return UnknownDocument(
        f"{document_id!r} is not in the index. Add it first, or run `silian check` to see where "
        "records and index differ.",
        document_id=document_id,
    )


def portions_of(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """Cut into lists of at most ``size``."""
    iterator = iter(items)
    while portion := list(islice(iterator, size)):
        yield portion
