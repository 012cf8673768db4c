"""The matching engine's front: one index in one folder, written and searched by any process."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from silian.engines.matching.asking import Asker
from silian.engines.matching.backlog import Backlog
from silian.engines.matching.candidates import CandidateBatch, Question, Ranker
from silian.engines.matching.errors import EmbedderMissing, IndexClosed
from silian.engines.matching.folder import (
    IndexMeta,
    check_dimensions,
    check_embedder,
    disk_bytes,
    make_folder,
    read_meta,
)
from silian.engines.matching.fusion import FusionRanker
from silian.engines.matching.questionvectors import QuestionVectors
from silian.engines.matching.rows import WordReader
from silian.engines.matching.statistics import (
    Changes,
    Statistics,
    content_hashes_of,
    mislaid_ids,
    statistics_of,
)
from silian.engines.matching.store import LanceStore
from silian.engines.matching.translating import LanguageDirection, Translator
from silian.engines.matching.values import Absence, Document, Hit, Query, SearchResult
from silian.engines.matching.view import ViewKeeper
from silian.engines.matching.writing import Portion, Progress, Writer
from silian.language import Embedder, EmbeddingCache

# Of vectors from outside, where nobody says otherwise: those of the offline model.
_USUAL_DIMENSIONS = 384


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
    translator
        Finds Chinese words for the phrases of English questions, where the index is Chinese;
        without one such questions are read as they stand.
    """

    def __init__(
        self,
        path: Path,
        *,
        segmenter: WordReader,
        embedder: Embedder | None = None,
        ranker: Ranker | None = None,
        embedding_cache: EmbeddingCache | None = None,
        translator: Translator | None = None,
        lock_timeout_s: float = 30.0,
    ) -> None:
        meta = read_meta(path)
        if embedder is not None:
            check_embedder(embedder, meta)
        self._path = path
        self._meta = meta
        self._embedder = embedder
        self._asker = Asker(
            reader=segmenter,
            vectors=None if embedder is None else QuestionVectors(embedder, meta.n_dimensions),
            ranker=ranker if ranker is not None else FusionRanker(),
            n_dimensions=meta.n_dimensions,
            translator=translator,
            direction=None if translator is None else LanguageDirection(translator.sentences),
        )
        self._store = store = LanceStore(
            path / "tables", meta.n_dimensions, create=False, lock_timeout_s=lock_timeout_s
        )
        self._keeper = ViewKeeper(store, path / "snapshots", meta.n_dimensions)
        self._writer = Writer(
            path,
            store=store,
            keeper=self._keeper,
            reader=segmenter,
            n_dimensions=meta.n_dimensions,
        )
        self._backlog = Backlog(
            path, store=store, keeper=self._keeper, writer=self._writer, cache=embedding_cache
        )
        self._closed = False

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        segmenter: WordReader,
        embedder: Embedder | None = None,
        ranker: Ranker | None = None,
        embedding_cache: EmbeddingCache | None = None,
        n_dimensions: int | None = None,
        translator: Translator | None = None,
        lock_timeout_s: float = 30.0,
    ) -> Self:
        """Make an empty index.

        Parameters
        ----------
        n_dimensions
            Length of its vectors; by default the embedder's, or 384 without one. Where it is
            given, the embedder isn't asked, which may be a server that is down.

        Raises
        ------
        IndexExists
            If the folder already holds one.
        """
        path = Path(path)
        if n_dimensions is None:
            n_dimensions = embedder.n_dimensions if embedder is not None else _USUAL_DIMENSIONS
        meta = IndexMeta(
            n_dimensions=n_dimensions,
            embedder=embedder.name if embedder is not None else "",
        )
        make_folder(path, meta, lock_timeout_s)
        return cls(
            path,
            segmenter=segmenter,
            embedder=embedder,
            ranker=ranker,
            embedding_cache=embedding_cache,
            translator=translator,
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
        translator: Translator | None = None,
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
            translator=translator,
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
        self._backlog.close()

    # Writing

    def add(self, documents: Iterable[Document], progress: Progress | None = None) -> Changes:
        """Insert documents, or replace those with the same id; words are searchable at once.

        Each portion of 8,192 is one commit: a killed load keeps whole portions, and adding the
        same documents again ends in the same index.

        Parameters
        ----------
        progress
            Called with (done, total) after each portion; total is 0 where it is not known.

        Raises
        ------
        InvalidDocument
            If a document has a value that its field doesn't allow; nothing of its portion is
            written.
        """
        self._check_open()
        return self._writer.add(documents, progress)

    def fill(self, portions: Iterable[Portion]) -> Changes:
        """Fill an empty index with rows that ``rows_of`` has laid out, here or elsewhere.

        Nothing needs ``optimise`` afterwards: the large part is laid out while the rows are
        written. Each portion is one commit of rows and one of vectors. An index that isn't empty
        takes the rows too, with more work.

        Parameters
        ----------
        portions
            Rows whose words were read by the dictionary of this index, and either ``None`` or, of
            texts that were embedded before, the hashes as in the rows (``text_hash``) and the
            vectors, of shape (n_hashes, n_dimensions).
        """
        self._check_open()
        return self._writer.fill(portions)

    def update(self, documents: Iterable[Document], progress: Progress | None = None) -> Changes:
        """Do as ``add`` does: the id decides whether a document is new."""
        return self.add(documents, progress)

    def delete(self, document_ids: Iterable[str]) -> Changes:
        """Remove documents; ids that are not indexed are passed over."""
        self._check_open()
        return self._writer.delete(document_ids)

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
        self._writer.add_vectors(document_ids, vectors, fold=fold)

    def embed_pending(self, limit: int | None = None, progress: Progress | None = None) -> int:
        """Embed documents that have no vector yet, in portions that survive a kill.

        Of a very long text the first 20,000 characters are read for their meaning; all of its
        words are searched by.

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

        Raises
        ------
        EmbedderUnavailable
            If the embedder fails; what it has read is kept.
        """
        self._check_open()
        if self._embedder is None:
            raise EmbedderMissing(
                "This matcher has no embedder. Pass embedder=silian.language.default_embedder() "
                "when opening the index, or bring vectors with add_vectors."
            )
        check_dimensions(self._embedder, self._meta)
        return self._backlog.embed(self._embedder, limit, progress)

    def optimise(self) -> None:
        """Fold everything written so far into the large part, and tidy the tables.

        Searches go on meanwhile, and so do writes, except while the tables are tidied. A second
        call while one runs, in any process, waits for it.
        """
        self._check_open()
        self._writer.optimise()

    # Searching

    def search(self, query: Query) -> SearchResult:
        """Find, rank and explain.

        Where the embedder fails, words alone answer, and the result's ``meaning_failure`` names
        the error; the embedder is tried again after a while.

        Raises
        ------
        InvalidQuery, LimitOutOfRange, UnknownDirection, VectorWrongDimension
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
        return self._asker.search_many(queries, self._keeper.current(), progress)

    def explain(self, query: Query, document_id: str) -> Hit:
        """Score and explain one document for a query, whether or not it would be found.

        Its ``rank`` is the one it has among the candidates of the query.

        Raises
        ------
        UnknownDocument
            If the document is not indexed.
        """
        self._check_open()
        return self._asker.explain(query, document_id, self._keeper.current())

    def why_not(self, query: Query, document_id: str) -> Absence:
        """Say why a document is not among the hits of a query, or that it is."""
        self._check_open()
        return self._asker.why_not(query, document_id, self._keeper.current())

    def candidates(
        self, query: Query, document_ids: Sequence[str] | None = None
    ) -> tuple[Question, CandidateBatch]:
        """Give what a ranker sees: of the retrieved candidates, or of the documents named.

        Raises
        ------
        UnknownDocument
            If a named document is not indexed.
        EmbedderUnavailable
            If the embedder fails: unlike ``search``, nothing is ranked by words alone.
        """
        self._check_open()
        return self._asker.candidates(query, document_ids, self._keeper.current())

    # Looking in

    def content_hashes(self) -> dict[str, str]:
        """Content hash of every indexed document by id."""
        self._check_open()
        return content_hashes_of(self._keeper.current())

    def mislaid_ids(self) -> tuple[str, ...]:
        """Ids of documents that searches find otherwise than their table holds them, sorted.

        Such are rows that something else removed from the table or changed there, and entries
        that a damaged snapshot lost. ``optimise`` makes searches follow the table again.
        """
        self._check_open()
        return mislaid_ids(self._keeper, self._store)

    def statistics(self) -> Statistics:
        """Count documents, pending vectors, unoptimised rows and bytes on disk."""
        self._check_open()
        return statistics_of(self._keeper.current(), self._meta, disk_bytes(self._path))

    def _check_open(self) -> None:
        if self._closed:
            raise IndexClosed(
                f"The matcher of {self._path} is closed. Open it again with Matcher.open.",
                path=str(self._path),
            )
