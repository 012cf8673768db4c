"""The matching engine's front: one index in one folder, written and searched by any process."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from silian.engines.matching.asking import QUESTIONS_AT_ONCE, Asker
from silian.engines.matching.building import VectorBook, build_segment
from silian.engines.matching.candidates import CandidateBatch, Question, Ranker
from silian.engines.matching.errors import (
    EmbedderMismatch,
    EmbedderMissing,
    IndexClosed,
    UnknownDocument,
    VectorWrongDimension,
)
from silian.engines.matching.explanation import Ranked, absence_of, hit_of
from silian.engines.matching.folder import IndexMeta, disk_bytes, make_folder, read_meta
from silian.engines.matching.fusion import FusionRanker
from silian.engines.matching.questionvectors import QuestionVectors
from silian.engines.matching.retrieval import no_candidates, read_candidates, with_documents
from silian.engines.matching.rows import WordReader, rows_of, text_of, tombstones_of
from silian.engines.matching.snapshot import write_snapshot
from silian.engines.matching.store import LanceStore, file_lock
from silian.engines.matching.values import Absence, Document, Hit, Query, SearchResult
from silian.engines.matching.view import Part, View, ViewKeeper
from silian.engines.matching.vocabulary import Vocabulary
from silian.language import Embedder, EmbeddingCache, embed_cached

Progress = Callable[[int, int], None]
_Item = TypeVar("_Item")

_WRITE_ROWS = 8_192
_EMBED_ROWS = 512
# Small parts slow every search a little; beyond this share of the index they are folded in.
_FOLD_ROWS = 20_000
_FOLD_SHARE = 0.1
# How often a writer looks whether folding is due: looking costs a renewed view.
_LOOK_ROWS = 2_000
_LOOK_PORTIONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a write did."""

    inserted: int = 0
    replaced: int = 0
    deleted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """State of an index.

    ``pending_vectors`` documents have words but no vector yet; ``unoptimised_rows`` were written
    since the last ``optimise``.
    """

    document_count: int
    counts_by_kind: Mapping[str, int]
    pending_vectors: int
    unoptimised_rows: int
    disk_bytes: int
    embedder_name: str
    n_dimensions: int


class Matcher:
    """Finds for a need who can meet it, and for a supply who needs it.

    Use ``Matcher.create`` or ``Matcher.open``. Several processes may hold the same folder open
    and write to it; each sees what the others wrote at its next search.

    Parameters
    ----------
    path
        Folder of the index.
    segmenter
        Reads texts into words; ``silian.language.Segmenter``.
    embedder
        Reads texts into vectors; without one the engine searches by words, and by meaning where
        the query brings a vector.
    ranker
        Orders candidates; ``FusionRanker`` by default.
    embedding_cache
        Keeps vectors by text, shared by indexes and rebuilds; by default a file in the index.
    """

    def __init__(
        self,
        path: Path,
        *,
        segmenter: WordReader,
        embedder: Embedder | None = None,
        ranker: Ranker | None = None,
        embedding_cache: EmbeddingCache | None = None,
        lock_timeout_s: float = 30.0,
    ) -> None:
        meta = read_meta(path)
        if embedder is not None and (embedder.name, embedder.n_dimensions) != (
            meta.embedder or embedder.name,
            meta.n_dimensions,
        ):
            raise EmbedderMismatch(
                f"The index holds vectors of {meta.embedder!r} with {meta.n_dimensions} numbers; "
                f"the embedder given is {embedder.name!r} with {embedder.n_dimensions}. Open it "
                "with the same embedder, or build a new index.",
                expected=meta.embedder,
                arrived=embedder.name,
            )
        self._path = path
        self._meta = meta
        self._embedder = embedder
        self._reader = segmenter
        self._asker = Asker(
            reader=segmenter,
            vectors=None if embedder is None else QuestionVectors(embedder),
            ranker=ranker if ranker is not None else FusionRanker(),
            n_dimensions=meta.n_dimensions,
        )
        self._own_cache = embedding_cache is None
        self._cache = embedding_cache
        self._store = LanceStore(
            path / "tables", self._meta.n_dimensions, create=False, lock_timeout_s=lock_timeout_s
        )
        self._keeper = ViewKeeper(self._store, path / "snapshots", self._meta.n_dimensions)
        self._closed = False
        self._rows_since_look = 0

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        segmenter: WordReader,
        embedder: Embedder | None = None,
        ranker: Ranker | None = None,
        embedding_cache: EmbeddingCache | None = None,
        n_dimensions: int = 384,
        lock_timeout_s: float = 30.0,
    ) -> Self:
        """Make an empty index.

        Raises
        ------
        IndexExists
            If the folder already holds one.
        """
        path = Path(path)
        meta = IndexMeta(
            n_dimensions=embedder.n_dimensions if embedder is not None else n_dimensions,
            embedder=embedder.name if embedder is not None else "",
        )
        make_folder(path, meta, lock_timeout_s)
        return cls(
            path,
            segmenter=segmenter,
            embedder=embedder,
            ranker=ranker,
            embedding_cache=embedding_cache,
            lock_timeout_s=lock_timeout_s,
        )

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        segmenter: WordReader,
        embedder: Embedder | None = None,
        ranker: Ranker | None = None,
        embedding_cache: EmbeddingCache | None = None,
        lock_timeout_s: float = 30.0,
    ) -> Self:
        """Open an index.

        Raises
        ------
        IndexMissing, IndexCorrupted, EmbedderMismatch
            Where there is none, it can't be read, or it was built with another embedder.
        """
        return cls(
            Path(path),
            segmenter=segmenter,
            embedder=embedder,
            ranker=ranker,
            embedding_cache=embedding_cache,
            lock_timeout_s=lock_timeout_s,
        )

    def __enter__(self) -> Self:
        """Use the matcher in a with block that closes it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the matcher."""
        self.close()

    def close(self) -> None:
        """Let go of files; every later call is refused."""
        self._closed = True
        if self._own_cache and self._cache is not None:
            self._cache.close()
            self._cache = None

    # Writing

    def add(self, documents: Iterable[Document], progress: Progress | None = None) -> Changes:
        """Insert documents, or replace those with the same id; words are searchable at once.

        Each portion of 8,192 is one commit: a killed load keeps whole portions, and adding the
        same documents again ends in the same index.

        Parameters
        ----------
        progress
            Called with (done, total) after each portion; total is 0 where it is not known.
        """
        self._check_open()
        total = len(documents) if isinstance(documents, Sequence) else 0
        inserted = replaced = done = 0
        for portion in _portions(documents, _WRITE_ROWS):
            rows = rows_of(portion, self._reader)
            new, old = self._store.write_documents(rows)
            inserted, replaced, done = inserted + new, replaced + old, done + len(portion)
            if progress is not None:
                progress(done, total)
        self._rows_since_look += inserted + replaced
        if inserted + replaced >= _FOLD_ROWS:
            self.optimise()
        elif self._rows_since_look >= _LOOK_ROWS:
            self._fold_if_due()
        return Changes(inserted=inserted, replaced=replaced)

    def update(self, documents: Iterable[Document], progress: Progress | None = None) -> Changes:
        """Do as ``add`` does: the id decides whether a document is new."""
        return self.add(documents, progress)

    def delete(self, document_ids: Iterable[str]) -> Changes:
        """Remove documents; ids that are not indexed are passed over."""
        self._check_open()
        view = self._keeper.current()
        present = [one for one in dict.fromkeys(document_ids) if view.find(one)[1] >= 0]
        for portion in _portions(present, _WRITE_ROWS):
            self._store.write_documents(tombstones_of(portion))
        return Changes(deleted=len(present))

    def add_vectors(
        self, document_ids: Sequence[str], vectors: NDArray[np.floating], *, fold: bool = True
    ) -> None:
        """Give documents vectors that were computed elsewhere.

        Parameters
        ----------
        vectors
            Shape (n_documents, n_dimensions), unit length, of each document's title, keywords
            and body as the index's embedder reads passages.
        fold
            Whether to optimise when enough has come in; False while more is on its way.

        Raises
        ------
        VectorWrongDimension
            If the shape does not fit.
        UnknownDocument
            If a document is not indexed.
        """
        self._check_open()
        if vectors.shape != (len(document_ids), self._meta.n_dimensions):
            raise VectorWrongDimension(
                f"vectors has shape {vectors.shape}; expected "
                f"({len(document_ids)}, {self._meta.n_dimensions}), one row a document.",
                arrived=vectors.shape,
                expected=(len(document_ids), self._meta.n_dimensions),
            )
        view = self._keeper.current()
        hashes = []
        for one in document_ids:
            number, row = view.find(one)
            if row < 0:
                raise _unknown(one)
            hashes.append(int(view.parts[number].segment.text_hash[row]))
        self._store.write_vectors(hashes, vectors.astype(np.float16))
        if fold:
            self._fold_if_due()

    def embed_pending(self, limit: int | None = None, progress: Progress | None = None) -> int:
        """Embed documents that have no vector yet, in portions that survive a kill.

        Parameters
        ----------
        limit
            How many documents at most; all by default.
        progress
            Called with (done, total) after each portion.

        Returns
        -------
        int
            How many documents got a vector.
        """
        self._check_open()
        if self._embedder is None:
            raise EmbedderMissing(
                "This matcher has no embedder. Pass embedder=silian.language.default_embedder() "
                "when opening the index, or bring vectors with add_vectors."
            )
        pending = self._pending(limit)
        done = 0
        for portion in _portions(pending.items(), _EMBED_ROWS):
            texts = [text_of(part.segment.document(row)) for _, (part, row) in portion]
            vectors = embed_cached(
                self._embedder, texts, role="passage", cache=self._embedding_cache()
            )
            self._store.write_vectors([one for one, _ in portion], vectors.astype(np.float16))
            done += len(portion)
            if progress is not None:
                progress(done, len(pending))
            if done % (_EMBED_ROWS * _LOOK_PORTIONS) == 0:
                self._fold_if_due()
        if done:
            self._fold_if_due()
        return done

    def optimise(self) -> None:
        """Fold everything written so far into the large part, and tidy the tables.

        Searches go on meanwhile, and so do writes, except while the tables are tidied. A second
        call while one runs, in any process, waits for it.
        """
        self._check_open()
        with file_lock(self._path / "optimise.lock", 3600.0, "optimising"):
            versions = self._store.versions()
            vocabulary, book = Vocabulary(), VectorBook(self._meta.n_dimensions)
            for hashes, vectors in self._store.read_vectors(0):
                book.add(hashes, vectors)
            segment = build_segment(self._store.read_documents(0, None), vocabulary, book)
            write_snapshot(self._path / "snapshots", segment, vocabulary, versions)
            self._store.tidy(versions[0])

    # Searching

    def search(self, query: Query) -> SearchResult:
        """Find, rank and explain.

        Raises
        ------
        LimitOutOfRange, UnknownDirection, VectorWrongDimension
            Where the query asks for what can't be given.
        """
        self._check_open()
        return self._asker.search(query, self._keeper.current())

    def search_many(
        self, queries: Sequence[Query], progress: Progress | None = None
    ) -> list[SearchResult]:
        """Answer many queries as ``search`` answers each, reading texts and vectors together.

        Parameters
        ----------
        progress
            Called with (done, total) after each portion.
        """
        self._check_open()
        view = self._keeper.current()
        results: list[SearchResult] = []
        for portion in _portions(queries, QUESTIONS_AT_ONCE):
            results += self._asker.search_together(portion, view)
            if progress is not None:
                progress(len(results), len(queries))
        return results

    def explain(self, query: Query, document_id: str) -> Hit:
        """Score and explain one document for a query, whether or not it would be found.

        Its ``rank`` is the one it has among the candidates of the query.

        Raises
        ------
        UnknownDocument
            If the document is not indexed.
        """
        self._check_open()
        ranked, place, _ = self._ranked_with(query, document_id)
        if place is None:
            raise _unknown(document_id)
        return hit_of(ranked, place, ranked.rank_of(place))

    def why_not(self, query: Query, document_id: str) -> Absence:
        """Say why a document is not among the hits of a query, or that it is."""
        self._check_open()
        ranked, place, retrieved = self._ranked_with(query, document_id)
        if place is None:
            return Absence(
                document_id=document_id,
                reason="not_indexed",
                rank=None,
                cutoff_rank=query.limit,
                checks=(),
                hit=None,
                weakest_features=(),
            )
        return absence_of(ranked, place, retrieved=retrieved, limit=query.limit)

    def candidates(
        self, query: Query, document_ids: Sequence[str] | None = None
    ) -> tuple[Question, CandidateBatch]:
        """Give what a ranker sees: of the retrieved candidates, or of the documents named.

        Raises
        ------
        UnknownDocument
            If a named document is not indexed.
        """
        self._check_open()
        view = self._keeper.current()
        question = self._asker.question(query, view, {})
        if document_ids is None:
            found = self._asker.retrieve(view, question, {})
        else:
            places = [view.find(one) for one in document_ids]
            for one, place in zip(document_ids, places, strict=True):
                if place[1] < 0:
                    raise _unknown(one)
            found, _ = with_documents(no_candidates(), places)
        return question, read_candidates(view, question, found)

    # Looking in

    def content_hashes(self) -> dict[str, str]:
        """Content hash of every indexed document by id."""
        self._check_open()
        view = self._keeper.current()
        hashes: dict[str, str] = {}
        for part in view.parts:
            segment = part.segment
            for row in np.flatnonzero(part.live()).tolist():
                hashes[segment.document_id[row]] = segment.content_hash[row]
        return hashes

    def statistics(self) -> Statistics:
        """Count documents, pending vectors, unoptimised rows and bytes on disk."""
        self._check_open()
        view = self._keeper.current()
        counts: dict[str, int] = {}
        for part in view.parts:
            codes = part.segment.kind.codes[part.live()]
            for code, count in enumerate(np.bincount(codes).tolist()):
                if count:
                    kind = part.segment.kind.values[code]
                    counts[kind] = counts.get(kind, 0) + count
        return Statistics(
            document_count=view.document_count,
            counts_by_kind=dict(sorted(counts.items())),
            pending_vectors=view.pending_count,
            unoptimised_rows=_unoptimised(view),
            disk_bytes=disk_bytes(self._path),
            embedder_name=self._meta.embedder,
            n_dimensions=self._meta.n_dimensions,
        )

    # Inside

    def _ranked_with(self, query: Query, document_id: str) -> tuple[Ranked, int | None, bool]:
        """Rank with one document among the candidates; where it stands, and if it was found."""
        view = self._keeper.current()
        place = view.find(document_id)
        ranked = self._asker.ranked(query, view, {}, [place] if place[1] >= 0 else [])
        if place[1] < 0:
            return ranked, None, False
        number = ranked.batch.document_ids.index(document_id)
        candidates = ranked.candidates
        found = bool(candidates.from_words[number] or candidates.from_meaning[number])
        return ranked, number, found

    def _pending(self, limit: int | None) -> dict[int, tuple[Part, int]]:
        """One place for every text that lacks a vector; texts themselves are read later."""
        pending: dict[int, tuple[Part, int]] = {}
        for part in self._keeper.current().parts:
            rows = np.flatnonzero(part.live() & ~part.has_vector())
            hashes = part.segment.text_hash[rows]
            for text_hash, row in zip(hashes.tolist(), rows.tolist(), strict=True):
                if limit is not None and len(pending) >= limit:
                    return pending
                pending.setdefault(text_hash, (part, row))
        return pending

    def _fold_if_due(self) -> None:
        self._rows_since_look = 0
        view = self._keeper.current()
        late = sum(len(part.late) for part in view.parts if part.late is not None)
        waiting = late + _unoptimised(view)
        if waiting >= max(_FOLD_ROWS, int(_FOLD_SHARE * view.document_count)):
            self.optimise()

    def _embedding_cache(self) -> EmbeddingCache:
        if self._cache is None:
            self._cache = EmbeddingCache(self._path / "embeddings.sqlite")
        return self._cache

    def _check_open(self) -> None:
        if self._closed:
            raise IndexClosed(
                f"The matcher of {self._path} is closed. Open it again with Matcher.open.",
                path=str(self._path),
            )


def _unoptimised(view: View) -> int:
    small = view.parts[1:] if view.snapshot_name else view.parts
    return sum(len(part.segment) for part in small)


def _unknown(document_id: str) -> UnknownDocument:
    return UnknownDocument(
        f"{document_id!r} is not in the index. Add it first, or run `silian check` to see where "
        "records and index differ.",
        document_id=document_id,
    )


def _portions(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    iterator = iter(items)
    while portion := list(islice(iterator, size)):
        yield portion
