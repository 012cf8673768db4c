"""A new index filled from the records, on every core.

Reading records and cutting their texts into words is most of a rebuild's work and needs nothing
but the database and the dictionary. So helpers, processes of their own, lay portions out as rows,
this process lays out others meanwhile and writes them all: an index has one writer.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from silian.language import Segmenter, cache_key, normalise
from silian.portal.exchange.domain.documents import documents_for, findable_count, findable_ids
from silian.portal.exchange.domain.index import embedder_of_process, embedding_cache
from silian.portal.exchange.domain.index_crew import Crew
from silian.portal.exchange.domain.projections import PROJECTIONS
from silian.portal.exchange.domain.unreadable import (
    is_of_everything,
    log_unreadable,
    told_briefly,
)
from silian.portal.garbage import collected_later

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from silian.engines.matching import Matcher

Progress = Callable[[int, int], None]
_Portion = tuple["pa.Table", "tuple[NDArray[np.int64], NDArray[np.float32]] | None"]

_PORTION = 2_000
_ROWS_A_WRITE = 8_192


@dataclass(slots=True)
class LaidOut:
    """Documents as rows of the index, and under which key the vector of each is kept."""

    rows: "pa.Table"
    keys: list[bytes]  # none where nothing embeds
    # Why a record could not be read, by public id; the others stand in the rows.
    unreadable: dict[str, str] = field(default_factory=dict)


def lay_out(public_ids: Sequence[str], segmenter: Segmenter) -> LaidOut:
    """Read records and cut their texts into words; what can't be read is left out and named."""
    try:
        return _lay_out(public_ids, segmenter)
    except Exception as error:
        if is_of_everything(error):
            raise
        if len(public_ids) > 1:
            middle = len(public_ids) // 2
            halves = public_ids[:middle], public_ids[middle:]
            return _as_one([lay_out(half, segmenter) for half in halves])
        log_unreadable(public_ids[0], error)
        nothing = _lay_out([], segmenter)
        return LaidOut(nothing.rows, nothing.keys, {public_ids[0]: told_briefly(error)})


def _lay_out(public_ids: Sequence[str], segmenter: Segmenter) -> LaidOut:
    from silian.engines.matching.rows import passage_of, rows_of

    with collected_later():
        documents = documents_for(public_ids)
        embedder = embedder_of_process()
        keys = [
            cache_key(embedder.name, "passage", normalise(passage_of(document)))
            for document in documents
            if embedder is not None
        ]
        return LaidOut(rows_of(documents, segmenter), keys)


def fill(
    matcher: "Matcher", segmenter: Segmenter, crew: Crew, progress: Progress | None
) -> tuple[int, dict[str, str]]:
    """Bring every findable record into an empty index, with the vectors known from before.

    Parameters
    ----------
    crew
        Helpers that have the segmenter's dictionary.

    Returns
    -------
    int, dict of str to str
        How many documents it holds now, and why which records could not be read.
    """
    unreadable: dict[str, str] = {}

    def portions() -> Iterator[_Portion]:
        for laid_out in _joined(_laid_out(segmenter, crew, progress)):
            unreadable.update(laid_out.unreadable)
            yield laid_out.rows, known_vectors(laid_out)

    changes = matcher.fill(portions())
    return changes.inserted, unreadable


def known_vectors(laid_out: LaidOut) -> "tuple[NDArray[np.int64], NDArray[np.float32]] | None":
    """Vectors that are known from before and the hashes of their texts; nothing is embedded."""
    known = embedding_cache().get_many(laid_out.keys) if laid_out.keys else {}
    known = {key: vector for key, vector in known.items() if np.isfinite(vector).all()}
    places = [place for place, key in enumerate(laid_out.keys) if key in known]
    if not places:
        return None
    vectors = np.stack([known[laid_out.keys[place]] for place in places]).astype(np.float32)
    return laid_out.rows["text_hash"].to_numpy()[places], vectors


def findable_total() -> int:
    """How many records of all kinds can be found."""
    return sum(findable_count(kind) for kind in PROJECTIONS)


def _laid_out(segmenter: Segmenter, crew: Crew, progress: Progress | None) -> Iterator[LaidOut]:
    total = findable_total() if progress else 0
    done = 0
    for taken, laid_out in _taken(crew):
        yield laid_out or lay_out(taken, segmenter)
        done += len(taken)
        if progress:
            progress(done, total)


def _taken(crew: Crew) -> Iterator[tuple[list[str], LaidOut | None]]:
    """Every portion, with its rows where a helper has laid them out."""
    for ids in _portions():
        if not crew.take(ids):
            yield ids, None
        yield from crew.done()
    yield from crew.rest()


def _portions() -> Iterator[list[str]]:
    for kind in PROJECTIONS:
        ids = findable_ids(kind)
        while portion := list(islice(ids, _PORTION)):
            yield portion


def _joined(portions: Iterable[LaidOut]) -> Iterator[LaidOut]:
    """Larger portions of the same rows: each write costs the same again."""
    held: list[LaidOut] = []
    for portion in portions:
        held.append(portion)
        if sum(len(one.rows) for one in held) >= _ROWS_A_WRITE:
            yield _as_one(held)
            held = []
    if held:
        yield _as_one(held)


def _as_one(portions: Sequence[LaidOut]) -> LaidOut:
    import pyarrow as pa

    rows = pa.concat_tables([one.rows for one in portions])
    unreadable = {key: why for one in portions for key, why in one.unreadable.items()}
    return LaidOut(rows, [key for one in portions for key in one.keys], unreadable)
