"""Vectors kept by content, so that no rebuild embeds a text twice."""

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from silian.language.embedding import LONGEST_TEXT_CHARACTERS, Embedder, Role, check_request
from silian.language.errors import CacheUnusable, VectorNotFinite, WrongDimension
from silian.language.normalisation import normalise

_KEY_BYTES = 16
# SQLite takes at most 32,766 parameters in a statement.
# The largest number of half precision, in which vectors are kept.
_LARGEST = float(np.finfo(np.float16).max)
_KEYS_A_QUERY = 30_000
_WAIT_FOR_OTHER_WRITERS_S = 60.0
_PAUSE_S = 0.02
_SCHEMA = """
CREATE TABLE IF NOT EXISTS vectors (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    vector BLOB NOT NULL
)
"""


class EmbeddingCache:
    """Vectors on disk, float16, keyed by embedder, role and text; several processes may share it.

    Parameters
    ----------
    path
        SQLite file; made where it is missing.

    Raises
    ------
    CacheUnusable
        If the file can't be opened or holds something else.
    """

    def __init__(self, path: Path) -> None:
        self._path = Path(path)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                self._path, timeout=_WAIT_FOR_OTHER_WRITERS_S, check_same_thread=False
            )
            _write_ahead(self._connection)
            # With WAL this loses at most the last commits on a power cut, never consistency; and
            # a lost vector is only embedded again.
            self._connection.execute("PRAGMA synchronous=NORMAL")
            with self._connection:
                self._connection.execute(_SCHEMA)
            self._connection.execute("SELECT id, key, vector FROM vectors LIMIT 0")
        except (OSError, sqlite3.DatabaseError) as error:
            raise CacheUnusable(
                f"The embedding cache {self._path} can't be used: {error}. Check the folder's "
                "permissions, or remove the file: it holds nothing that can't be computed again.",
                path=str(self._path),
            ) from error

    def __enter__(self) -> Self:
        """Use the cache in a with block that closes it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the cache."""
        self.close()

    def __len__(self) -> int:
        """How many vectors are kept."""
        (n_vectors,) = self._connection.execute("SELECT count(*) FROM vectors").fetchone()
        return int(n_vectors)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def get_many(self, keys: Iterable[bytes]) -> dict[bytes, NDArray[np.float16]]:
        """Vectors of those keys that are kept."""
        wanted = sorted(set(keys))
        found: dict[bytes, NDArray[np.float16]] = {}
        for start in range(0, len(wanted), _KEYS_A_QUERY):
            portion = wanted[start : start + _KEYS_A_QUERY]
            marks = ",".join("?" * len(portion))
            rows = self._connection.execute(
                f"SELECT key, vector FROM vectors WHERE key IN ({marks})", portion
            )
            found.update((key, np.frombuffer(vector, dtype=np.float16)) for key, vector in rows)
        return found

    def missing(self, keys: Iterable[bytes]) -> set[bytes]:
        """Those of the keys that are not kept, without reading vectors."""
        absent = set(keys)
        wanted = sorted(absent)
        for start in range(0, len(wanted), _KEYS_A_QUERY):
            portion = wanted[start : start + _KEYS_A_QUERY]
            marks = ",".join("?" * len(portion))
            rows = self._connection.execute(
                f"SELECT key FROM vectors WHERE key IN ({marks})", portion
            )
            absent.difference_update(key for (key,) in rows)
        return absent

    def put_many(self, vectors: Mapping[bytes, NDArray[np.float32]]) -> None:
        """Keep vectors in one transaction; a key that is already kept stays as it is."""
        with self._connection:
            self._connection.executemany(
                "INSERT OR IGNORE INTO vectors (key, vector) VALUES (?, ?)",
                [(key, vector.astype(np.float16).tobytes()) for key, vector in vectors.items()],
            )


def cache_key(embedder_name: str, role: Role, normalised_text: str) -> bytes:
    """Key of a vector: a hash of everything that decides it."""
    content = f"{embedder_name}\x1f{role}\x1f{normalised_text}"
    return hashlib.blake2b(content.encode(), digest_size=_KEY_BYTES).digest()


def embed_cached(
    embedder: Embedder,
    texts: Sequence[str],
    *,
    role: Role,
    cache: EmbeddingCache,
    progress: Callable[[int, int], None] | None = None,
    batch_size: int = 256,
) -> NDArray[np.float32]:
    """Embed texts, computing only what the cache does not hold.

    Each batch is committed before the next begins: a killed run resumes where it stopped, and
    loses at most one batch.

    Parameters
    ----------
    embedder
        Any embedder; its name is part of the key.
    texts
        Shape (n_texts,). They are normalised first, so spellings of one text share a vector.
    role
        "query" or "passage".
    cache
        Where vectors are kept.
    progress
        Called with (done, total), counted in texts, at the start and after each batch.
    batch_size
        Texts in a batch.

    Returns
    -------
    NDArray[np.float32]
        Shape (n_texts, n_dimensions), of float16 precision, rows of unit length.

    Raises
    ------
    WrongDimension
        If the embedder or the cache gives vectors of another length than the embedder promises.
    VectorNotFinite
        If the embedder gives numbers that are not finite; nothing of that batch is kept.
    """
    # Normalising may lengthen a text: some single signs stand for whole words.
    wanted = [normalise(text)[:LONGEST_TEXT_CHARACTERS] for text in check_request(texts, role)]
    keys = [cache_key(embedder.name, role, text) for text in wanted]
    text_by_key = dict(zip(keys, wanted, strict=True))
    absent = cache.missing(text_by_key)
    # Longest first within the run: batches of like length, and the time left is never a surprise.
    pending = sorted(absent, key=lambda key: (-len(text_by_key[key]), key))
    n_total = len(keys)
    n_done = sum(key not in absent for key in keys)
    n_copies = _count(keys)
    if progress:
        progress(n_done, n_total)
    for start in range(0, len(pending), batch_size):
        batch = pending[start : start + batch_size]
        # Another process may have embedded some of them meanwhile.
        still = cache.missing(batch)
        todo = [key for key in batch if key in still]
        if todo:
            vectors = embedder.embed([text_by_key[key] for key in todo], role=role)
            _check_shape(vectors, len(todo), embedder)
            check_finite(vectors, [text_by_key[key] for key in todo], embedder)
            cache.put_many(dict(zip(todo, vectors, strict=True)))
        n_done += sum(n_copies[key] for key in batch)
        if progress:
            progress(n_done, n_total)
    return _assemble(cache, keys, embedder)


def _count(keys: Sequence[bytes]) -> dict[bytes, int]:
    counts: dict[bytes, int] = {}
    for key in keys:
        counts[key] = counts.get(key, 0) + 1
    return counts


def _assemble(
    cache: EmbeddingCache, keys: Sequence[bytes], embedder: Embedder
) -> NDArray[np.float32]:
    vectors = np.zeros((len(keys), embedder.n_dimensions), dtype=np.float32)
    for start in range(0, len(keys), _KEYS_A_QUERY):
        portion = keys[start : start + _KEYS_A_QUERY]
        found = cache.get_many(portion)
        rows = [found[key] for key in portion]
        if any(len(row) != embedder.n_dimensions for row in rows):
            raise WrongDimension(
                f"The cache holds vectors of another length than the {embedder.n_dimensions} "
                f"that {embedder.name} promises. Two models share one name: rename one of them.",
                expected=embedder.n_dimensions,
            )
        vectors[start : start + len(portion)] = np.stack(rows)
    return vectors


def _check_shape(vectors: NDArray[np.float32], n_texts: int, embedder: Embedder) -> None:
    expected = (n_texts, embedder.n_dimensions)
    if vectors.shape != expected:
        raise WrongDimension(
            f"{embedder.name} returned an array of shape {vectors.shape}; expected {expected}. "
            "Set the embedder's n_dimensions to the model's.",
            expected=expected,
        )


def check_finite(vectors: NDArray[np.floating], texts: Sequence[str], embedder: Embedder) -> None:
    """Refuse vectors that half precision can't hold: NaN, infinite or far too long.

    Raises
    ------
    VectorNotFinite
        If there are any; names the embedder and the first such text.
    """
    # What is no number compares as false.
    wrong = np.flatnonzero(~(np.abs(vectors) <= _LARGEST).all(axis=1))
    if len(wrong):
        raise VectorNotFinite(
            f"{embedder.name} gave numbers that are not finite, or beyond {_LARGEST:g}, for "
            f"{len(wrong)} of {len(texts)} texts, first for {texts[wrong[0]][:40]!r}; expected "
            "vectors of unit length. Mend the embedder, or use another.",
            embedder=embedder.name,
            text_count=len(wrong),
        )


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL, waiting for a process that is just doing the same.

    SQLite does not call its busy handler for this one statement, so that two processes that
    open a new file in the same moment would see "database is locked" in spite of the timeout.
    """
    deadline = time.monotonic() + _WAIT_FOR_OTHER_WRITERS_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_S)
        else:
            return
