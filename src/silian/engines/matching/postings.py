"""BM25 over inverted lists in plain arrays, exact, without scoring every document.

References
----------
Robertson, Zaragoza: The probabilistic relevance framework: BM25 and beyond, 2009.
Turtle, Flood: Query evaluation: strategies and optimizations (MaxScore), 1995.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from silian.engines.matching.candidates import Booleans, Floats, Integers, Ragged, TermIds

_SATURATION = 1.2
_LENGTH_WEIGHT = 0.75
# Below so many documents it is cheaper to look each one up in the lists than to add lists up.
_FEW_ROWS = 4096
# Looking one row up in a list costs as much as adding so many entries of it.
_LOOK_UP_COST = 16
# Float additions in another order may differ in the last digits.
_SLACK = np.float32(1.0001)
_NEVER = np.float32(-1e9)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Postings:
    """For every word the rows that hold it, with what it adds to BM25 before idf.

    Attributes
    ----------
    term_ids
        Shape (n_words,), sorted numbers of the words that occur here.
    offsets
        Shape (n_words + 1,): word ``i`` has ``rows[offsets[i]:offsets[i + 1]]``.
    rows
        Row numbers, ascending within a word.
    impacts
        Saturated, length-normalised frequency, float32, beside ``rows``.
    largest_impacts
        Shape (n_words,): bound by which lists are skipped.
    average_length
        Words a document on which lengths were normalised.
    """

    term_ids: TermIds
    offsets: Integers
    rows: NDArray[np.int32]
    impacts: NDArray[np.float32]
    largest_impacts: NDArray[np.float32]
    average_length: float

    @classmethod
    def build(
        cls, title: Ragged, body: Ragged, n_words: int, average_length: float | None = None
    ) -> "Postings":
        """Turn words by document into documents by word.

        Parameters
        ----------
        n_words
            Size of the vocabulary.
        average_length
            Given for small segments, so that their scores compare with the large one's.
        """
        n_rows = len(title)
        counts = _count_matrix(title, n_rows, n_words) + _count_matrix(body, n_rows, n_words)
        lengths = (np.diff(title.offsets) + np.diff(body.offsets)).astype(np.float32)
        if average_length is None:
            average_length = float(lengths.mean()) if n_rows else 1.0
        average_length = max(average_length, 1.0)
        by_word = counts.tocsc()
        norm = _SATURATION * (1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * lengths / average_length)
        frequency = by_word.data
        impacts = frequency * np.float32(_SATURATION + 1) / (frequency + norm[by_word.indices])
        sizes = np.diff(by_word.indptr)
        term_ids = np.flatnonzero(sizes).astype(np.int32)
        offsets = np.zeros(len(term_ids) + 1, dtype=np.int64)
        np.cumsum(sizes[term_ids], out=offsets[1:])
        largest = np.maximum.reduceat(impacts, offsets[:-1]) if len(term_ids) else impacts[:0]
        return cls(
            term_ids=term_ids,
            offsets=offsets,
            rows=by_word.indices.astype(np.int32, copy=False),
            impacts=impacts.astype(np.float32, copy=False),
            largest_impacts=largest.astype(np.float32, copy=False),
            average_length=average_length,
        )

    def place(self, term_id: int) -> int:
        """Where a word stands in ``term_ids``, -1 where it does not occur."""
        place = int(np.searchsorted(self.term_ids, term_id))
        found = place < len(self.term_ids) and self.term_ids[place] == term_id
        return place if found else -1

    def document_count(self, term_id: int) -> int:
        """How many rows hold a word."""
        place = self.place(term_id)
        return int(self.offsets[place + 1] - self.offsets[place]) if place >= 0 else 0


def _count_matrix(terms: Ragged, n_rows: int, n_words: int) -> sparse.csr_matrix:
    ones = np.ones(len(terms.values), dtype=np.float32)
    matrix = sparse.csr_matrix((ones, terms.values, terms.offsets), shape=(n_rows, n_words))
    # The values must be copied: summing duplicates sorts in place, and word order matters to us.
    matrix = matrix.copy()
    matrix.sum_duplicates()
    return matrix


def top_rows(
    postings: Postings,
    n_rows: int,
    term_ids: TermIds,
    weights: Floats,
    n_best: int,
    mask: Booleans | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Find the rows with the highest BM25.

    Parameters
    ----------
    term_ids, weights
        Words of the question and idf times their count in it.
    n_best
        How many rows at most.
    mask
        Shape (n_rows,): only these rows count.

    Returns
    -------
    tuple
        Rows by falling score (equal scores by row), and their scores, all above zero.
    """
    lists = _Lists(postings, term_ids, weights)
    if not len(lists.places) or n_best <= 0:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    if mask is not None and np.count_nonzero(mask) <= _FEW_ROWS:
        rows = np.flatnonzero(mask)
        return _best(rows, lists.scores_of(rows), n_best)
    sums = np.zeros(n_rows, dtype=np.float32)
    if mask is not None:
        # Rows that the mask drops start so low that no list can lift them above zero.
        np.copyto(sums, _NEVER, where=~mask)
    rows = _add_lists(lists, sums, n_best)
    return _best(rows, sums[rows], n_best)


def scores_of_rows(
    postings: Postings, term_ids: TermIds, weights: Floats, rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    """BM25 of given rows, whatever brought them."""
    return _Lists(postings, term_ids, weights).scores_of(rows)


class _Lists:
    """The lists of one question's words, those that can add most first."""

    def __init__(self, postings: Postings, term_ids: TermIds, weights: Floats) -> None:
        self.postings = postings
        places = np.searchsorted(postings.term_ids, term_ids)
        places = np.minimum(places, max(len(postings.term_ids) - 1, 0))
        found = (
            postings.term_ids[places] == term_ids
            if len(postings.term_ids)
            else np.zeros(len(term_ids), dtype=np.bool_)
        )
        places, weights = places[found], weights[found].astype(np.float32)
        bounds = weights * postings.largest_impacts[places]
        order = np.argsort(-bounds, kind="stable")
        self.places, self.weights = places[order], weights[order]
        # What all later lists together can still add to a row.
        remaining = np.cumsum(bounds[order][::-1])[::-1]
        self.remaining = np.append(remaining[1:], np.float32(0.0))

    def __getitem__(self, number: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        place = self.places[number]
        start, stop = self.postings.offsets[place], self.postings.offsets[place + 1]
        return self.postings.rows[start:stop], self.postings.impacts[start:stop]

    def scores_of(self, rows: Integers) -> NDArray[np.float32]:
        scores = np.zeros(len(rows), dtype=np.float32)
        wanted = rows.astype(np.int32)
        for number in range(len(self.weights)):
            scores += self._added(number, wanted)
        return scores

    def add_to(self, sums: NDArray[np.float32], number: int, rows: Integers) -> None:
        """Add one list to the sums of some rows only."""
        sums[rows] += self._added(number, rows.astype(np.int32))

    def _added(self, number: int, wanted: NDArray[np.int32]) -> NDArray[np.float32]:
        listed, impacts = self[number]
        places = np.searchsorted(listed, wanted)
        places[places == len(listed)] = 0
        added: NDArray[np.float32] = (listed[places] == wanted) * impacts[places]
        added *= self.weights[number]
        return added


def _add_lists(lists: _Lists, sums: NDArray[np.float32], n_best: int) -> Integers:
    """Add lists up until only the rows that can still be among the best are left, then only those.

    Returns
    -------
    Integers
        Rows that hold the best; their sums are complete.
    """
    rows: Integers | None = None
    threshold = np.float32(0.0)
    for number, weight in enumerate(lists.weights):
        listed, impacts = lists[number]
        if rows is not None and len(rows) * _LOOK_UP_COST < len(listed):
            lists.add_to(sums, number, rows)
        else:
            sums[listed] += impacts * weight
        remaining = lists.remaining[number]
        if remaining <= 0:
            break
        seen = sums[listed] if rows is None else sums[rows]
        if len(seen) >= n_best:
            place = len(seen) - n_best
            threshold = max(threshold, np.partition(seen, place)[place])
        # A row not seen yet can reach at most `remaining`.
        if rows is None and threshold > remaining * _SLACK:
            rows = np.flatnonzero(sums >= threshold - remaining * _SLACK)
        elif rows is not None:
            rows = rows[sums[rows] >= threshold - remaining * _SLACK]
    return rows if rows is not None else np.flatnonzero(sums > 0)


def _best(
    rows: NDArray[np.int64], scores: NDArray[np.float32], n_best: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    if len(rows) > n_best:
        place = len(rows) - n_best
        kth = np.partition(scores, place)[place]
        good = scores >= max(kth, np.finfo(np.float32).tiny)
    else:
        good = scores > 0
    rows, scores = rows[good], scores[good]
    order = np.lexsort((rows, -scores))[:n_best]
    return rows[order], scores[order]
