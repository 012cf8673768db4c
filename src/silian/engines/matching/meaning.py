"""Nearest vectors: float16 blocks, mean-centred as they are read, in inverted lists when large.

Vectors are kept raw. The centred cosine of question q and document x with mean m is
``(x - m)·q' / |x - m|`` with ``q' = (q - m) / |q - m|``, so one pass over raw vectors gives it,
and a model trained on raw vectors can read the same block.
"""

from dataclasses import dataclass, replace

import numkong
import numpy as np
from numpy.typing import NDArray

from silian.engines.matching.candidates import Booleans, Integers, SmallFloats

HalfFloats = NDArray[np.float16]

# Smaller blocks are scanned whole: 20,000 vectors take less than a millisecond.
SMALLEST_WITH_LISTS = 20_000
_PROBED_LISTS = 60
_MOST_PROBED_LISTS = 240
# Under a selective filter lists would miss most of what passes: scan what passes instead.
_MOST_SCANNED_ROWS = 30_000
_TRAINING_SAMPLE = 40
_TRAINING_ROUNDS = 6
_BLOCK_ROWS = 16_384
# With few documents the mean is mostly the documents themselves; subtract only part of it.
_MEAN_PRIOR = 50.0


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
        with_lists: bool = True,
        seed: int = 0,
    ) -> "MeaningBlock":
        """Group vectors by nearness.

        Parameters
        ----------
        vectors
            Shape (n, d), raw unit vectors.
        rows
            Shape (n,).
        mean
            Given for blocks beside a large one; by default computed here.
        with_lists
            Whether a large block is worth training lists for.
        """
        if mean is None:
            mean = shrunken_mean(vectors)
        centroids = np.empty((0, vectors.shape[1]), dtype=np.float32)
        offsets = np.array([0, len(vectors)], dtype=np.int64)
        if with_lists and len(vectors) >= SMALLEST_WITH_LISTS:
            centroids = _train(vectors, mean, seed)
            lists = _assign(vectors, mean, centroids)
            order = np.argsort(lists, kind="stable")
            offsets = np.zeros(len(centroids) + 1, dtype=np.int64)
            np.cumsum(np.bincount(lists, minlength=len(centroids)), out=offsets[1:])
            vectors, rows = vectors[order], rows[order]
        positions = np.argsort(rows, kind="stable").astype(np.int32)
        return cls(
            vectors=np.ascontiguousarray(vectors),
            rows=np.ascontiguousarray(rows),
            sorted_rows=rows[positions],
            positions=positions,
            lengths=_centred_lengths(vectors, mean),
            mean=mean,
            centroids=centroids,
            list_offsets=offsets,
        )

    def recentred(self, mean: SmallFloats) -> "MeaningBlock":
        """Hold the same vectors against another mean; only for blocks without lists."""
        return replace(self, mean=mean, lengths=_centred_lengths(self.vectors, mean))

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

    def top(
        self, question: CentredQuestion, n_best: int, mask: Booleans | None
    ) -> tuple[NDArray[np.int64], SmallFloats]:
        """Find the rows nearest to a question, nearest first.

        Parameters
        ----------
        mask
            Over the segment's rows.
        """
        if not len(self) or n_best <= 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        share = 1.0
        if mask is not None:
            n_passing = int(np.count_nonzero(mask))
            if n_passing <= _MOST_SCANNED_ROWS < len(self):
                return self._scan_passing(question, n_best, mask)
            share = n_passing / len(mask)
        ranges = self.ranges_to_probe(question, share)
        return self._scan_ranges(question, n_best, mask, ranges)

    def ranges_to_probe(self, question: CentredQuestion, share: float) -> list[tuple[int, int]]:
        """Which stretches of ``vectors`` to scan where ``share`` of the rows pass the filter."""
        n_lists = len(self.centroids)
        wanted = min(_MOST_PROBED_LISTS, int(_PROBED_LISTS / max(share, 1e-6) ** 0.5))
        if n_lists <= wanted:
            return [(0, len(self))]
        nearness = self.centroids @ question.direction[0].astype(np.float32)
        lists = np.sort(np.argpartition(-nearness, wanted)[:wanted])
        starts, stops = self.list_offsets[lists], self.list_offsets[lists + 1]
        return list(zip(starts.tolist(), stops.tolist(), strict=True))

    def _scan_passing(
        self, question: CentredQuestion, n_best: int, mask: Booleans
    ) -> tuple[NDArray[np.int64], SmallFloats]:
        positions = self.positions_of(np.flatnonzero(mask))
        positions = np.sort(positions[positions >= 0])
        return self._best(positions, self.cosines(question, positions), n_best)

    def _scan_ranges(
        self,
        question: CentredQuestion,
        n_best: int,
        mask: Booleans | None,
        ranges: list[tuple[int, int]],
    ) -> tuple[NDArray[np.int64], SmallFloats]:
        products = np.concatenate(
            [_products(question.direction, self.vectors[a:b])[0] for a, b in ranges if b > a]
        )
        lengths = np.concatenate([self.lengths[a:b] for a, b in ranges if b > a])
        positions = np.concatenate([np.arange(a, b) for a, b in ranges if b > a])
        cosines = _to_cosine(products, question.shift, lengths)
        if mask is not None:
            passing = mask[self.rows[positions]]
            positions, cosines = positions[passing], cosines[passing]
        return self._best(positions, cosines, n_best)

    def _best(
        self, positions: Integers, cosines: SmallFloats, n_best: int
    ) -> tuple[NDArray[np.int64], SmallFloats]:
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


def shrunken_mean(vectors: HalfFloats) -> SmallFloats:
    """Mean of the vectors, drawn towards zero where they are few."""
    n_rows, n_dimensions = vectors.shape
    total = np.zeros(n_dimensions, dtype=np.float64)
    for start in range(0, n_rows, _BLOCK_ROWS):
        total += vectors[start : start + _BLOCK_ROWS].astype(np.float32).sum(axis=0)
    mean: SmallFloats = (total / (n_rows + _MEAN_PRIOR)).astype(np.float32)
    return mean


def _products(directions: HalfFloats, vectors: HalfFloats) -> SmallFloats:
    if not len(vectors):
        return np.empty((len(directions), 0), dtype=np.float32)
    products = numkong.cdist(directions, np.ascontiguousarray(vectors), metric="dot")
    return np.asarray(products).astype(np.float32).reshape(len(directions), len(vectors))


def _to_cosine(products: SmallFloats, shift: float, lengths: SmallFloats) -> SmallFloats:
    cosines = (products - np.float32(shift)) / np.maximum(lengths, np.float32(1e-6))
    return cosines.astype(np.float32, copy=False)


def _centred(vectors: HalfFloats, mean: SmallFloats) -> SmallFloats:
    centred = vectors.astype(np.float32) - mean
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-6)
    return centred


def _centred_lengths(vectors: HalfFloats, mean: SmallFloats) -> SmallFloats:
    lengths = np.empty(len(vectors), dtype=np.float32)
    for start in range(0, len(vectors), _BLOCK_ROWS):
        block = vectors[start : start + _BLOCK_ROWS].astype(np.float32) - mean
        lengths[start : start + _BLOCK_ROWS] = np.linalg.norm(block, axis=1)
    return lengths


def _train(vectors: HalfFloats, mean: SmallFloats, seed: int) -> SmallFloats:
    """Spherical k-means on a sample."""
    random = np.random.default_rng(seed)
    n_lists = int(len(vectors) ** 0.5)
    size = min(len(vectors), n_lists * _TRAINING_SAMPLE)
    sample = _centred(vectors[np.sort(random.choice(len(vectors), size, replace=False))], mean)
    centroids = sample[random.choice(size, n_lists, replace=False)].copy()
    for _ in range(_TRAINING_ROUNDS):
        lists = np.concatenate(
            [
                np.argmax(part @ centroids.T, axis=1)
                for part in np.array_split(sample, size // 8192 + 1)
            ]
        )
        order = np.argsort(lists, kind="stable")
        filled, starts = np.unique(lists[order], return_index=True)
        centroids[filled] = np.add.reduceat(sample[order], starts, axis=0)
        # A list that nothing came to begins again at a random vector.
        lost = np.setdiff1d(np.arange(n_lists), filled)
        centroids[lost] = sample[random.choice(size, len(lost), replace=False)]
        centroids /= np.maximum(np.linalg.norm(centroids, axis=1, keepdims=True), 1e-6)
    return centroids


def _assign(vectors: HalfFloats, mean: SmallFloats, centroids: SmallFloats) -> NDArray[np.int64]:
    lists = np.empty(len(vectors), dtype=np.int64)
    for start in range(0, len(vectors), _BLOCK_ROWS):
        block = _centred(vectors[start : start + _BLOCK_ROWS], mean)
        lists[start : start + _BLOCK_ROWS] = np.argmax(block @ centroids.T, axis=1)
    return lists
