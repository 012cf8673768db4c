"""Rows of the store to a segment: whole columns at a time, no loop over documents."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from silian.engines.matching.candidates import Integers, Ragged, SmallFloats, TermIds
from silian.engines.matching.clustering import shrunken_mean
from silian.engines.matching.meaning import MeaningBlock
from silian.engines.matching.postings import Postings
from silian.engines.matching.schema import DOCUMENT_SCHEMA
from silian.engines.matching.segment import CategoryColumn, Segment
from silian.engines.matching.vocabulary import StringColumn, Vocabulary, hash_text

HalfFloats = NDArray[np.float16]

_READ_APART = {"commit_number", "is_deleted", "title_words", "body_words"}
_KEPT = [name for name in DOCUMENT_SCHEMA.names if name not in _READ_APART]


def build_segment(
    tables: Iterable[pa.Table],
    vocabulary: Vocabulary,
    vectors: "VectorBook",
    *,
    average_length: float | None = None,
    mean: SmallFloats | None = None,
    with_lists: bool = True,
) -> Segment:
    """Build a segment of live rows.

    Parameters
    ----------
    tables
        Portions of rows, read once.
    vocabulary
        Numbers the words; grows.
    vectors
        Vectors known so far.
    average_length, mean
        Of the large segment, when this one stands beside it.
    with_lists
        Whether a large block of vectors is worth grouping.
    """
    title_terms, body_terms = _TermsBuilder(vocabulary), _TermsBuilder(vocabulary)
    columns = {name: _Column() for name in _KEPT}
    for table in tables:
        live = table.filter(pc.invert(table["is_deleted"]))
        title_terms.add(live["title_words"])
        body_terms.add(live["body_words"])
        for name, column in columns.items():
            column.add(live[name])
    title, body = title_terms.finish(), body_terms.finish()

    # Each column is let go as soon as it is read: a large index holds each text but once.
    def take(name: str) -> pa.ChunkedArray:
        return columns.pop(name).finish(DOCUMENT_SCHEMA.field(name).type)

    text_hash = take("text_hash").to_numpy()
    document_id = _strings(take("document_id"))
    sorted_hashes, rows_by_hash = _hash_index(document_id)
    return Segment(
        document_id=document_id,
        sorted_id_hashes=sorted_hashes,
        rows_by_id_hash=rows_by_hash,
        kind=_categories(take("kind")),
        region=_categories(take("region_code")),
        fields=_categories(take("field_codes")),
        owner=_categories(take("owner_id")),
        audience=_categories(take("audience")),
        readiness_level=_floats(take("readiness_level")),
        price_cny=_floats(take("price_cny")),
        longitude_degrees=_floats(take("longitude_degrees")),
        latitude_degrees=_floats(take("latitude_degrees")),
        track_record_count=take("track_record_count").to_numpy(),
        updated_on_day=_floats(take("updated_on_day")),
        available_from_day=take("available_from_day").to_numpy(),
        available_until_day=take("available_until_day").to_numpy(),
        title=_strings(take("title")),
        body=_strings(take("body")),
        keywords=_strings(take("keywords")),
        content_hash=_strings(take("content_hash")),
        text_hash=text_hash,
        title_terms=title,
        body_terms=body,
        postings=Postings.build(title, body, len(vocabulary), average_length),
        meaning=vectors.block(text_hash, mean, with_lists=with_lists),
    )


class _Column:
    """Portions of one column."""

    def __init__(self) -> None:
        self._chunks: list[pa.Array] = []

    def add(self, column: pa.ChunkedArray) -> None:
        self._chunks += column.chunks

    def finish(self, kind: pa.DataType) -> pa.ChunkedArray:
        return pa.chunked_array(self._chunks, type=kind)


class VectorBook:
    """Vectors by text hash, as read from the store.

    Parameters
    ----------
    n_dimensions
        Length of each.
    """

    def __init__(self, n_dimensions: int) -> None:
        self._n_dimensions = n_dimensions
        self._hashes: list[NDArray[np.int64]] = []
        self._vectors: list[HalfFloats] = []

    def add(self, hashes: NDArray[np.int64], vectors: HalfFloats) -> None:
        """Take a portion."""
        self._hashes.append(hashes)
        self._vectors.append(vectors)

    def __len__(self) -> int:
        return sum(len(part) for part in self._hashes)

    def joined_with(self, hashes: NDArray[np.int64], vectors: HalfFloats) -> "VectorBook":
        """Make a book that holds these too."""
        joined = VectorBook(self._n_dimensions)
        joined._hashes, joined._vectors = list(self._hashes), list(self._vectors)
        joined.add(hashes, vectors)
        return joined

    def mean(self) -> SmallFloats | None:
        """Mean to centre on, None without vectors.

        It is taken over the first power of two of them, so that it seldom changes while vectors
        trickle in, and every process computes the same.
        """
        if not len(self):
            return None
        self._join()
        return shrunken_mean(self._vectors[0][: 1 << (len(self).bit_length() - 1)])

    def block(
        self,
        text_hash: NDArray[np.int64],
        mean: SmallFloats | None,
        *,
        with_lists: bool = False,
    ) -> MeaningBlock:
        """Vectors of rows with these text hashes; rows without one are left out."""
        if not len(self) or not len(text_hash):
            return MeaningBlock.empty(self._n_dimensions, mean)
        self._join()
        hashes, places = np.unique(self._hashes[0], return_index=True)
        found = np.minimum(np.searchsorted(hashes, text_hash), len(hashes) - 1)
        rows = np.flatnonzero(hashes[found] == text_hash)
        return MeaningBlock.build(
            self._vectors[0],
            rows.astype(np.int32),
            mean,
            picked=places[found[rows]],
            with_lists=with_lists,
        )

    def _join(self) -> None:
        if len(self._hashes) < 2:
            return
        joined = np.empty((len(self), self._n_dimensions), dtype=np.float16)
        end = len(joined)
        # From the back, letting each portion go: never both copies of everything at once.
        while self._vectors:
            portion = self._vectors.pop()
            joined[end - len(portion) : end] = portion
            end -= len(portion)
        self._vectors = [joined]
        self._hashes = [np.concatenate(self._hashes)]


class _TermsBuilder:
    """Turns columns of space-separated words into word numbers."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._values: list[TermIds] = []
        self._lengths: list[Integers] = []

    def add(self, column: pa.ChunkedArray) -> None:
        for chunk in column.chunks:
            words = pc.split_pattern(chunk, " ")
            words = words.filter(pc.is_valid(words))
            # Splitting "" gives one empty word; such a text has none.
            lengths = np.where(pc.equal(chunk, ""), 0, pc.list_value_length(words).to_numpy())
            flat = words.flatten().dictionary_encode()
            spelled = flat.dictionary.to_pylist()
            empty = spelled.index("") if "" in spelled else -1
            codes = flat.indices.to_numpy()
            if empty >= 0:
                codes = codes[codes != empty]
            numbers = np.fromiter(
                (self._vocabulary.number(word) if word else -1 for word in spelled),
                np.int32,
                len(spelled),
            )
            self._values.append(numbers[codes] if len(numbers) else numbers)
            self._lengths.append(lengths.astype(np.int64))

    def finish(self) -> Ragged:
        lengths = np.concatenate([np.empty(0, np.int64), *self._lengths])
        offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
        np.cumsum(lengths, out=offsets[1:])
        return Ragged(
            offsets=offsets, values=np.concatenate([np.empty(0, np.int32), *self._values])
        )


def _strings(column: pa.ChunkedArray) -> StringColumn:
    array = pc.cast(column, pa.large_string()).combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    n_rows = len(array)
    _, offsets_buffer, data_buffer = array.buffers()
    if not n_rows or offsets_buffer is None:
        return StringColumn(np.zeros(n_rows + 1, np.int64), np.empty(0, np.uint8))
    offsets = np.frombuffer(offsets_buffer, np.int64)[array.offset : array.offset + n_rows + 1]
    data = (
        np.frombuffer(data_buffer, np.uint8) if data_buffer is not None else np.empty(0, np.uint8)
    )
    first = offsets[0]
    return StringColumn(offsets - first, data[first : offsets[-1]])


def _categories(column: pa.ChunkedArray) -> CategoryColumn:
    array = pc.fill_null(column, "").combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], pa.string())
    encoded = array.dictionary_encode()
    return CategoryColumn(
        encoded.indices.to_numpy().astype(np.int32), encoded.dictionary.to_pylist()
    )


def _floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    floats: NDArray[np.float64] = pc.fill_null(column, float("nan")).to_numpy().astype(np.float64)
    return floats


def _hash_index(ids: StringColumn) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    hashes = np.fromiter((hash_text(ids[row]) for row in range(len(ids))), np.uint64, len(ids))
    order = np.argsort(hashes, kind="stable").astype(np.int32)
    return hashes[order], order
