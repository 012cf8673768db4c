"""What a single named feature adds: a piecewise linear curve with a head for each target."""

from dataclasses import dataclass

import numpy as np

from silian.engines.matching.candidates import Floats

# Heads of every curve: the score, and the probabilities that the level is at least 2, 3 and 4.
N_HEADS = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """What a feature adds, piecewise linear and flat beyond its ends; NaN adds nothing.

    Attributes
    ----------
    knots
        Shape (k,), rising values of the feature, k >= 1.
    heights
        Shape (k, N_HEADS), what is added there to the score and to P(level >= 2, 3, 4).
    """

    knots: Floats
    heights: Floats

    def __call__(self, values: Floats) -> Floats:
        """Evaluate at feature values of shape (n,); the answer has shape (n, N_HEADS)."""
        unknown = np.isnan(values)
        if unknown.all():
            return np.zeros((len(values), N_HEADS))
        if len(self.knots) == 1:
            added = np.repeat(self.heights, len(values), axis=0)
        else:
            right = np.searchsorted(self.knots[1:-1], values, side="right") + 1
            low, high = self.knots[right - 1], self.knots[right]
            share = np.minimum(np.maximum((values - low) / (high - low), 0.0), 1.0)[:, None]
            added = self.heights[right - 1] * (1.0 - share) + self.heights[right] * share
        added[unknown] = 0.0
        return added
