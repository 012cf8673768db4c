"""From a question to its candidates: by words, by meaning, under hard constraints."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from silian.engines.matching.candidates import (
    Booleans,
    CandidateBatch,
    Floats,
    Integers,
    Question,
    Ragged,
    SmallFloats,
)
from silian.engines.matching.meaning import CentredQuestion, centre
from silian.engines.matching.postings import scores_of_rows, top_rows
from silian.engines.matching.questions import term_weights
from silian.engines.matching.segment import Segment, gather_ragged
from silian.engines.matching.view import Part, View

DEPTH = 100

Found = tuple[Integers, SmallFloats]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    """Where the candidates stand: part and row of each, and what brought it."""

    parts: Integers
    rows: Integers
    from_words: Booleans
    from_meaning: Booleans

    def __len__(self) -> int:
        return len(self.rows)


def by_words(
    view: View, question: Question, masks: Sequence[Booleans | None], depth: int
) -> list[Found]:
    """Best rows of every part by BM25, at most ``depth`` over all parts."""
    weights = term_weights(question)
    found = [
        top_rows(part.segment.postings, len(part.segment), question.term_ids, weights, depth, mask)
        for part, mask in zip(view.parts, masks, strict=True)
    ]
    return _best_overall(found, depth)


def by_meaning(
    view: View, questions: Sequence[Question], masks: Sequence[Booleans | None], depth: int
) -> list[list[Found]]:
    """For each question the nearest rows of every part, at most ``depth`` over all parts."""
    answers = [[_nothing() for _ in view.parts] for _ in questions]
    asked: list[CentredQuestion] = []
    askers: list[int] = []
    for number, question in enumerate(questions):
        if question.vector is not None and view.mean is not None:
            asked.append(centre(question.vector, view.mean))
            askers.append(number)
    if not asked:
        return answers
    for place, (part, mask) in enumerate(zip(view.parts, masks, strict=True)):
        blocks = [block.top_many(asked, depth, mask) for block in part.blocks()]
        for number, found in zip(askers, zip(*blocks, strict=True), strict=True):
            rows = np.concatenate([one[0] for one in found])
            answers[number][place] = rows, np.concatenate([one[1] for one in found])
    return [_best_overall(answer, depth) for answer in answers]


def merge(words: list[Found], meaning: list[Found]) -> Candidates:
    """Unite both ways, part by part, rows ascending."""
    parts, rows, from_words, from_meaning = [], [], [], []
    for number, ((word_rows, _), (meaning_rows, _)) in enumerate(zip(words, meaning, strict=True)):
        united = np.union1d(word_rows, meaning_rows)
        parts.append(np.full(len(united), number, dtype=np.int64))
        rows.append(united)
        from_words.append(_marked(united, word_rows))
        from_meaning.append(_marked(united, meaning_rows))
    nothing = np.empty(0, dtype=np.int64)
    return Candidates(
        parts=np.concatenate([nothing, *parts]),
        rows=np.concatenate([nothing, *rows]),
        from_words=np.concatenate([nothing.astype(np.bool_), *from_words]),
        from_meaning=np.concatenate([nothing.astype(np.bool_), *from_meaning]),
    )


def with_documents(
    candidates: Candidates, places: Sequence[tuple[int, int]]
) -> tuple[Candidates, list[int]]:
    """Add documents that retrieval did not bring; return also where each stands."""
    known = {
        place: number
        for number, place in enumerate(
            zip(candidates.parts.tolist(), candidates.rows.tolist(), strict=True)
        )
    }
    added = [place for place in dict.fromkeys(places) if place not in known]
    for place in added:
        known[place] = len(known)
    not_found = np.zeros(len(added), dtype=np.bool_)
    new_parts = np.array([place[0] for place in added], dtype=np.int64)
    new_rows = np.array([place[1] for place in added], dtype=np.int64)
    united = Candidates(
        parts=np.concatenate([candidates.parts, new_parts]),
        rows=np.concatenate([candidates.rows, new_rows]),
        from_words=np.concatenate([candidates.from_words, not_found]),
        from_meaning=np.concatenate([candidates.from_meaning, not_found]),
    )
    return united, [known[place] for place in places]


def no_candidates() -> Candidates:
    """Begin with none."""
    return merge([], [])


def read_candidates(view: View, question: Question, candidates: Candidates) -> CandidateBatch:
    """Gather the columns of the candidates that ranking reads."""
    weights = term_weights(question)
    asked = None
    if question.vector is not None and view.mean is not None:
        asked = centre(question.vector, view.mean)
    n_dimensions = 0 if view.mean is None else len(view.mean)
    pieces: list[_Piece] = []
    order: list[Integers] = []
    for number in np.unique(candidates.parts).tolist():
        places = np.flatnonzero(candidates.parts == number)
        order.append(places)
        part = view.parts[number]
        rows = candidates.rows[places]
        scores = scores_of_rows(part.segment.postings, question.term_ids, weights, rows)
        pieces.append(_read_piece(part, rows, scores, asked, n_dimensions))
    back = np.argsort(np.concatenate(order)) if order else np.empty(0, np.int64)
    return _join(view, candidates, pieces, back, n_dimensions)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Piece:
    segment: Segment
    rows: Integers
    bm25: NDArray[np.float32]
    cosine: Floats
    vectors: SmallFloats
    has_vector: Booleans
    title_terms: Ragged
    body_terms: Ragged


def _read_piece(
    part: Part,
    rows: Integers,
    scores: NDArray[np.float32],
    asked: CentredQuestion | None,
    n_dimensions: int,
) -> _Piece:
    vectors = np.zeros((len(rows), n_dimensions), dtype=np.float32)
    has_vector = np.zeros(len(rows), dtype=np.bool_)
    cosine = np.full(len(rows), np.nan)
    for block in part.blocks():
        positions = block.positions_of(rows)
        held = np.flatnonzero(positions >= 0)
        if not len(held):
            continue
        vectors[held] = block.vectors[positions[held]]
        has_vector[held] = True
        if asked is not None:
            cosine[held] = block.cosines(asked, positions[held])
    return _Piece(
        segment=part.segment,
        rows=rows,
        bm25=scores,
        cosine=cosine,
        vectors=vectors,
        has_vector=has_vector,
        title_terms=gather_ragged(part.segment.title_terms, rows),
        body_terms=gather_ragged(part.segment.body_terms, rows),
    )


def _join(
    view: View, candidates: Candidates, pieces: list[_Piece], back: Integers, n_dimensions: int
) -> CandidateBatch:
    in_order = bool((back[1:] > back[:-1]).all())

    def column(name: str) -> Floats:
        parts = [getattr(piece.segment, name)[piece.rows] for piece in pieces]
        return np.concatenate([np.empty(0), *parts]).astype(np.float64)[back]

    def texts(name: str) -> tuple[str, ...]:
        flat = [text for one in pieces for text in getattr(one.segment, name).take(one.rows)]
        return tuple(flat) if in_order else tuple(flat[place] for place in back.tolist())

    def stacked(name: str) -> Floats:
        parts = [getattr(piece, name) for piece in pieces]
        return np.concatenate([np.empty(0), *parts]).astype(np.float64)[back]

    no_vectors = np.empty((0, n_dimensions), dtype=np.float32)
    return CandidateBatch(
        document_ids=texts("document_id"),
        kinds=texts("kind"),
        region_codes=texts("region"),
        field_codes=tuple(tuple(codes.split("\x1f")) if codes else () for codes in texts("fields")),
        title_terms=_join_ragged([piece.title_terms for piece in pieces], back),
        body_terms=_join_ragged([piece.body_terms for piece in pieces], back),
        vectors=np.concatenate([no_vectors, *(piece.vectors for piece in pieces)])[back],
        has_vector=stacked("has_vector").astype(np.bool_),
        bm25=stacked("bm25"),
        cosine=stacked("cosine"),
        readiness_level=column("readiness_level"),
        price_cny=column("price_cny"),
        longitude_degrees=column("longitude_degrees"),
        latitude_degrees=column("latitude_degrees"),
        track_record_count=column("track_record_count"),
        updated_on_day=column("updated_on_day"),
        from_words=candidates.from_words,
        from_meaning=candidates.from_meaning,
        idf_of=view.idf,
        words_of=view.vocabulary.words,
        parts_of=view.vocabulary.parts.of,
    )


def _join_ragged(pieces: list[Ragged], back: Integers) -> Ragged:
    if len(pieces) == 1:
        joined = pieces[0]
    else:
        lengths = np.concatenate([np.empty(0, np.int64), *(np.diff(one.offsets) for one in pieces)])
        offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
        np.cumsum(lengths, out=offsets[1:])
        values = np.concatenate([np.empty(0, np.int32), *(one.values for one in pieces)])
        joined = Ragged(offsets=offsets, values=values)
    in_order = bool((back[1:] > back[:-1]).all())
    return joined if in_order else gather_ragged(joined, back)


def _best_overall(found: list[Found], depth: int) -> list[Found]:
    """Keep the best ``depth`` over all parts; equal scores keep the earlier part and row."""
    if sum(len(rows) for rows, _ in found) <= depth:
        return found
    scores = np.concatenate([scores for _, scores in found])
    owners = np.repeat(np.arange(len(found)), [len(rows) for rows, _ in found])
    rows = np.concatenate([rows for rows, _ in found])
    kept = np.lexsort((rows, owners, -scores))[:depth]
    best = []
    for number in range(len(found)):
        mine = kept[owners[kept] == number]
        best.append((rows[mine], scores[mine]))
    return best


def _marked(united: Integers, rows: Integers) -> Booleans:
    marks = np.zeros(len(united), dtype=np.bool_)
    marks[np.searchsorted(united, rows)] = True
    return marks


def _nothing() -> Found:
    return np.empty(0, np.int64), np.empty(0, np.float32)
