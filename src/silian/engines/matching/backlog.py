"""Documents whose words are indexed and whose meaning is not yet."""

from pathlib import Path

import numpy as np

from silian.engines.matching.rows import passage_of
from silian.engines.matching.store import LanceStore
from silian.engines.matching.view import Part, ViewKeeper
from silian.engines.matching.writing import Progress, Writer, portions_of
from silian.language import Embedder, EmbeddingCache, check_finite, embed_cached

_EMBED_ROWS = 512
_LOOK_PORTIONS = 20


class Backlog:
    """Embeds what lacks a vector, each text once.

    Parameters
    ----------
    cache
        Vectors by text; where there is none, a file in the index that ``close`` closes.
    """

    def __init__(
        self,
        path: Path,
        *,
        store: LanceStore,
        keeper: ViewKeeper,
        writer: Writer,
        cache: EmbeddingCache | None,
    ) -> None:
        self._path = path
        self._store = store
        self._keeper = keeper
        self._writer = writer
        self._own_cache = cache is None
        self._cache = cache

    def close(self) -> None:
        """Let go of the index's own file of vectors."""
        if self._own_cache and self._cache is not None:
            self._cache.close()
            self._cache = None

    def embed(self, embedder: Embedder, limit: int | None, progress: Progress | None) -> int:
        """Embed at most ``limit`` documents, in portions; returns how many got a vector."""
        pending = self._pending(limit)
        done = 0
        for portion in portions_of(pending.items(), _EMBED_ROWS):
            texts = [passage_of(part.segment.document(row)) for _, (part, row) in portion]
            vectors = embed_cached(embedder, texts, role="passage", cache=self._embedding_cache())
            check_finite(vectors, texts, embedder)  # what was cached before this was looked at
            self._store.write_vectors([one for one, _ in portion], vectors.astype(np.float16))
            done += len(portion)
            if progress is not None:
                progress(done, len(pending))
            if done % (_EMBED_ROWS * _LOOK_PORTIONS) == 0:
                self._writer.fold_if_due()
        if done:
            self._writer.fold_if_due()
        return done

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

    def _embedding_cache(self) -> EmbeddingCache:
        if self._cache is None:
            self._cache = EmbeddingCache(self._path / "embeddings.sqlite")
        return self._cache
