"""Grouping vectors into lists, so that a search can pass most of them over.

``picked`` says which rows of ``vectors`` are meant, so that nobody copies a large array to choose.
"""

import numpy as np
from numpy.typing import NDArray

from silian.engines.matching.candidates import Integers, SmallFloats

HalfFloats = NDArray[np.float16]

_TRAINING_SAMPLE = 40
_TRAINING_ROUNDS = 6
_BLOCK_ROWS = 16_384
# With few documents the mean is mostly the documents themselves; subtract only part of it.
_MEAN_PRIOR = 50.0


def shrunken_mean(vectors: HalfFloats, picked: Integers | None = None) -> SmallFloats:
    """Mean of the vectors, drawn towards zero where they are few."""
    if picked is None:
        picked = np.arange(len(vectors))
    total = np.zeros(vectors.shape[1], dtype=np.float64)
    for start in range(0, len(picked), _BLOCK_ROWS):
        block = vectors[picked[start : start + _BLOCK_ROWS]]
        total += block.astype(np.float32).sum(axis=0)
    mean: SmallFloats = (total / (len(picked) + _MEAN_PRIOR)).astype(np.float32)
    return mean


def _centred(vectors: HalfFloats, mean: SmallFloats) -> SmallFloats:
    centred = vectors.astype(np.float32) - mean
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-6)
    return centred


def centred_lengths(vectors: HalfFloats, mean: SmallFloats) -> SmallFloats:
    """Length of each vector after centring."""
    lengths = np.empty(len(vectors), dtype=np.float32)
    for start in range(0, len(vectors), _BLOCK_ROWS):
        block = vectors[start : start + _BLOCK_ROWS].astype(np.float32) - mean
        lengths[start : start + _BLOCK_ROWS] = np.linalg.norm(block, axis=1)
    return lengths


def train_centroids(
    vectors: HalfFloats, picked: Integers, mean: SmallFloats, seed: int
) -> SmallFloats:
    """Spherical k-means on a sample."""
    random = np.random.default_rng(seed)
    n_lists = int(len(picked) ** 0.5)
    size = min(len(picked), n_lists * _TRAINING_SAMPLE)
    sample = _centred(
        vectors[picked[np.sort(random.choice(len(picked), size, replace=False))]], mean
    )
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


def assign_lists(
    vectors: HalfFloats, picked: Integers, mean: SmallFloats, centroids: SmallFloats
) -> Integers:
    """List of each picked vector."""
    lists = np.empty(len(picked), dtype=np.int64)
    for start in range(0, len(picked), _BLOCK_ROWS):
        block = _centred(vectors[picked[start : start + _BLOCK_ROWS]], mean)
        lists[start : start + _BLOCK_ROWS] = np.argmax(block @ centroids.T, axis=1)
    return lists
