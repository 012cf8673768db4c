"""Nearest vectors: float16 blocks, mean-centred as they are read, in inverted lists when large.

Vectors are kept raw. The centred cosine of question q and document x with mean m is
``(x - m)·q' / |x - m|`` with ``q' = (q - m) / |q - m|``, so one pass over raw vectors gives it,
and a model trained on raw vectors can read the same block.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numkong
import numpy as np
from numpy.typing import NDArray

from silian.engines.matching.candidates import Booleans, Integers, SmallFloats
from silian.engines.matching.clustering import (
    HalfFloats,
    assign_lists,
    centred_lengths,
    shrunken_mean,
    train_centroids,
)

# Smaller blocks are scanned whole: 20,000 vectors take less than a millisecond.
SMALLEST_WITH_LISTS = 20_000
_PROBED_LISTS = 60
_MOST_PROBED_LISTS = 240
# Under a selective filter lists would miss most of what passes: scan what passes instead.
_MOST_SCANNED_ROWS = 30_000
# Questions answered together: their scores must fit in memory side by side.
_QUESTIONS_AT_ONCE = 128


Nearest = tuple[NDArray[np.int64], SmallFloats]  # rows, cosines


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CentredQuestion:
    """A question's vector, ready to be held against blocks centred on the same mean."""

    direction: HalfFloats  # q', shape (1, d)
    shift: float  # m·q'


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeaningBlock:
    """Vectors of some rows of a segment.

    Attributes
    ----------
    vectors
        Shape (n, d), raw, float16, grouped by list.
    rows
        Shape (n,): the segment row of each vector.
    sorted_rows, positions
        Sorted ``rows`` and where each of them stands in ``vectors``.
    lengths
        Shape (n,): length of each centred vector.
    mean
        Shape (d,), float32.
    centroids
        Shape (n_lists, d), unit length, centred; no rows where the block is scanned whole.
    list_offsets
        Shape (n_lists + 1,).
    """

    vectors: HalfFloats
    rows: NDArray[np.int32]
    sorted_rows: NDArray[np.int32]
    positions: NDArray[np.int32]
    lengths: SmallFloats
    mean: SmallFloats
    centroids: SmallFloats
    list_offsets: Integers

    @classmethod
    def build(
        cls,
        vectors: HalfFloats,
        rows: NDArray[np.int32],
        mean: SmallFloats | None = None,
        *,
        picked: Integers | None = None,
        with_lists: bool = True,
        seed: int = 0,
    ) -> "MeaningBlock":
        """Group vectors by nearness.

        Parameters
        ----------
        vectors
            Raw unit vectors, d numbers each.
        rows
            Shape (n,).
        picked
            Shape (n,): the place in ``vectors`` of each row's vector; in order by default.
        mean
            Given for blocks beside a large one; by default computed here.
        with_lists
            Whether a large block is worth training lists for.
        """
        if picked is None:
            picked = np.arange(len(vectors))
        if mean is None:
            mean = shrunken_mean(vectors, picked)
        centroids = np.empty((0, vectors.shape[1]), dtype=np.float32)
        offsets = np.array([0, len(picked)], dtype=np.int64)
        if with_lists and len(picked) >= SMALLEST_WITH_LISTS:
            centroids = train_centroids(vectors, picked, mean, seed)
            lists = assign_lists(vectors, picked, mean, centroids)
            order = np.argsort(lists, kind="stable")
            offsets = np.zeros(len(centroids) + 1, dtype=np.int64)
            np.cumsum(np.bincount(lists, minlength=len(centroids)), out=offsets[1:])
            picked, rows = picked[order], rows[order]
        vectors = vectors[picked]
        positions = np.argsort(rows, kind="stable").astype(np.int32)
        return cls(
            vectors=np.ascontiguousarray(vectors),
            rows=np.ascontiguousarray(rows),
            sorted_rows=rows[positions],
            positions=positions,
            lengths=centred_lengths(vectors, mean),
            mean=mean,
            centroids=centroids,
            list_offsets=offsets,
        )

    def recentred(self, mean: SmallFloats) -> "MeaningBlock":
        """Hold the same vectors against another mean; only for blocks without lists."""
        return replace(self, mean=mean, lengths=centred_lengths(self.vectors, mean))

    def with_rows(self, rows: NDArray[np.int32]) -> "MeaningBlock":
        """Let the same vectors stand for other rows, which must ascend as the old ones do."""
        return replace(self, rows=rows, sorted_rows=rows[self.positions])

    def joined(self, other: "MeaningBlock") -> "MeaningBlock":
        """Add vectors centred on the same mean; only for blocks without lists."""
        rows = np.concatenate([self.rows, other.rows])
        positions = np.argsort(rows, kind="stable").astype(np.int32)
        return replace(
            self,
            vectors=np.concatenate([self.vectors, other.vectors]),
            rows=rows,
            sorted_rows=rows[positions],
            positions=positions,
            lengths=np.concatenate([self.lengths, other.lengths]),
            list_offsets=np.array([0, len(rows)], dtype=np.int64),
        )

    @classmethod
    def empty(cls, n_dimensions: int, mean: SmallFloats | None = None) -> "MeaningBlock":
        """Make a block without vectors."""
        nothing = np.empty((0, n_dimensions), dtype=np.float16)
        return cls.build(nothing, np.empty(0, dtype=np.int32), mean)

    def __len__(self) -> int:
        return len(self.rows)

    def positions_of(self, rows: NDArray[np.int64]) -> Integers:
        """Where the vectors of rows stand, -1 for a row without one."""
        if not len(self):
            return np.full(len(rows), -1, dtype=np.int64)
        places = np.searchsorted(self.sorted_rows, rows)
        places[places == len(self)] = 0
        found = self.sorted_rows[places] == rows
        return np.where(found, self.positions[places], -1).astype(np.int64)

    def cosines(self, question: CentredQuestion, positions: Integers) -> SmallFloats:
        """Centred cosine of given vectors."""
        products = _products(question.direction, self.vectors[positions])[0]
        return _to_cosine(products, question.shift, self.lengths[positions])

    def cosines_of_all(self, question: CentredQuestion) -> SmallFloats:
        """Centred cosine of every vector, in the order of ``vectors``: what ``top`` is spared."""
        products = _products(question.direction, self.vectors)[0]
        return _to_cosine(products, question.shift, self.lengths)

    def top(self, question: CentredQuestion, n_best: int, mask: Booleans | None) -> Nearest:
        """Find the rows nearest to a question, nearest first.

        Parameters
        ----------
        mask
            Over the segment's rows.
        """
        return self.top_many([question], n_best, mask)[0]

    def top_many(
        self, questions: Sequence[CentredQuestion], n_best: int, mask: Booleans | None
    ) -> list[Nearest]:
        """Find the rows nearest to each of many questions under one filter.

        A list is read once for all questions that probe it; each gets what ``top`` gives it.
        """
        if not len(self) or n_best <= 0:
            return [(np.empty(0, np.int64), np.empty(0, np.float32)) for _ in questions]
        share = 1.0
        if mask is not None:
            n_passing = int(np.count_nonzero(mask))
            share = n_passing / len(mask)
        found: list[Nearest] = []
        for start in range(0, len(questions), _QUESTIONS_AT_ONCE):
            block = questions[start : start + _QUESTIONS_AT_ONCE]
            if mask is not None and n_passing <= _MOST_SCANNED_ROWS < len(self):
                found += self._scan_passing(block, n_best, mask)
            else:
                found += self._scan_lists(block, n_best, mask, share)
        return found

    def _scan_passing(
        self, questions: Sequence[CentredQuestion], n_best: int, mask: Booleans
    ) -> list[Nearest]:
        positions = self.positions_of(np.flatnonzero(mask))
        positions = np.sort(positions[positions >= 0])
        products = _products(_directions(questions), self.vectors[positions])
        lengths = self.lengths[positions]
        return [
            self._best(positions, _to_cosine(row, question.shift, lengths), n_best)
            for row, question in zip(products, questions, strict=True)
        ]

    def _scan_lists(
        self,
        questions: Sequence[CentredQuestion],
        n_best: int,
        mask: Booleans | None,
        share: float,
    ) -> list[Nearest]:
        lists = [self._lists_to_probe(question, share) for question in questions]
        askers = np.repeat(np.arange(len(questions)), [len(one) for one in lists])
        numbers = np.concatenate(lists)
        order = np.argsort(numbers, kind="stable")
        distinct, starts = np.unique(numbers[order], return_index=True)
        products: list[list[SmallFloats]] = [[] for _ in questions]
        directions = _directions(questions)
        for number, group in zip(
            distinct.tolist(), np.split(askers[order], starts[1:]), strict=True
        ):
            begin, end = self.list_offsets[number], self.list_offsets[number + 1]
            rows = _products(directions[group], self.vectors[begin:end])
            for asker, row in zip(group.tolist(), rows, strict=True):
                products[asker].append(row)
        found = []
        for question, probed, pieces in zip(questions, lists, products, strict=True):
            positions = _stretches(self.list_offsets[probed], self.list_offsets[probed + 1])
            cosines = _to_cosine(np.concatenate(pieces), question.shift, self.lengths[positions])
            if mask is not None:
                passing = mask[self.rows[positions]]
                positions, cosines = positions[passing], cosines[passing]
            found.append(self._best(positions, cosines, n_best))
        return found

    def _lists_to_probe(self, question: CentredQuestion, share: float) -> Integers:
        """Lists nearest to a question, ascending; more where few rows pass the filter."""
        n_lists = len(self.list_offsets) - 1
        wanted = min(_MOST_PROBED_LISTS, int(_PROBED_LISTS / max(share, 1e-6) ** 0.5))
        if n_lists <= wanted:
            return np.arange(n_lists)
        nearness = self.centroids @ question.direction[0].astype(np.float32)
        return np.sort(np.argpartition(-nearness, wanted)[:wanted])

    def _best(self, positions: Integers, cosines: SmallFloats, n_best: int) -> Nearest:
        if len(cosines) > n_best:
            kept = np.argpartition(-cosines, n_best - 1)[:n_best]
            positions, cosines = positions[kept], cosines[kept]
        rows = self.rows[positions].astype(np.int64)
        order = np.lexsort((rows, -cosines))
        return rows[order], cosines[order]


def centre(vector: SmallFloats, mean: SmallFloats) -> CentredQuestion:
    """Prepare a question's raw vector for blocks with this mean."""
    centred = vector - mean
    length = float(np.linalg.norm(centred))
    direction = (centred / length if length > 0 else centred).astype(np.float16)[None, :]
    shift = float(mean @ direction[0].astype(np.float32))
    return CentredQuestion(direction=direction, shift=shift)


def _directions(questions: Sequence[CentredQuestion]) -> HalfFloats:
    return np.concatenate([question.direction for question in questions])


def _stretches(starts: Integers, stops: Integers) -> Integers:
    """All numbers from each start up to its stop."""
    lengths = stops - starts
    ends = np.cumsum(lengths)
    numbers: Integers = np.arange(ends[-1]) + np.repeat(starts - (ends - lengths), lengths)
    return numbers


def _products(directions: HalfFloats, vectors: HalfFloats) -> SmallFloats:
    if not len(vectors):
        return np.empty((len(directions), 0), dtype=np.float32)
    products = numkong.cdist(directions, np.ascontiguousarray(vectors), metric="dot")
    return np.asarray(products).astype(np.float32).reshape(len(directions), len(vectors))


def _to_cosine(products: SmallFloats, shift: float, lengths: SmallFloats) -> SmallFloats:
    cosines = (products - np.float32(shift)) / np.maximum(lengths, np.float32(1e-6))
    return cosines.astype(np.float32, copy=False)
