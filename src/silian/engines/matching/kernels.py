"""How near questions, documents and features are to each other, 1 for the same."""

import numpy as np

from silian.engines.matching.candidates import Floats, SmallFloats


def standardised(features: Floats, means: Floats, spreads: Floats) -> SmallFloats:
    """Mean zero and spread one; 0 where unknown."""
    scaled: SmallFloats = np.nan_to_num((features - means) / spreads, nan=0.0).astype(np.float32)
    return scaled


def likeness(one: SmallFloats, other: SmallFloats, width: float) -> SmallFloats:
    """Gaussian kernel of feature rows, 1 for equal ones: shape (len(one), len(other))."""
    scale = np.float32(1.0 / (width**2 * one.shape[1]))
    halves = (one**2).sum(axis=1)[:, None] / 2 + (other**2).sum(axis=1)[None, :] / 2
    kernel: SmallFloats = np.exp(np.minimum((one @ other.T - halves) * scale, 0.0))
    return kernel


def nearness(one: SmallFloats, other: SmallFloats, width: float) -> SmallFloats:
    """Kernel of unit rows, 1 for equal ones: shape (len(one), len(other))."""
    kernel: SmallFloats = np.exp((one @ other.T - np.float32(1.0)) / np.float32(width**2))
    return kernel
