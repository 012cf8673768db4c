"""Whether a question is of the sort that a ranker was taught, or about something else altogether.

A ranker that only ever saw needs takes a question about the weather for one more need: something
is always nearest to it. So it is told what everyday questions look like, too; what it learns of
them decides nothing about needs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from silian.engines.matching.candidates import Floats, SmallFloats

# Found by leaving out kinds of everyday questions, needs and terms in turn (docs/design/ranking.md).
_RIDGE = 1.0
_FAR_OFF = -0.25


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PurviewExamples:
    """What a purview is learned from beside questions that were judged; embeddings, (n, d) each.

    Attributes
    ----------
    everyday
        Questions that no supply is meant to answer.
    needs
        Needs in as few and plain words.
    terms
        Names of fields and trades, as people type who name nothing but these.
    """

    everyday: SmallFloats
    needs: SmallFloats
    terms: SmallFloats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Purview:
    """Rates what is asked: about 1 for needs and terms of trades, about -1 for everyday talk.

    Attributes
    ----------
    weights
        Shape (d_question,), of a question's direction.
    offset
        Added to their product.
    """

    weights: Floats
    offset: float

    def is_left_by(self, direction: SmallFloats) -> bool:
        """Whether a question, by its direction of shape (d_question,), is about something else."""
        return float(direction @ self.weights) + self.offset < _FAR_OFF


def learn_purview(within: Sequence[SmallFloats], outside: SmallFloats) -> Purview:
    """Ridge regression on 1 and -1.

    Both sides have the same weight in all, and so has every sort of what is within.

    Parameters
    ----------
    within
        Directions of questions, (n, d_question) for each sort.
    outside
        Directions of everyday questions, (n, d_question).

    References
    ----------
    Hendrycks, Mazeika, Dietterich: Deep anomaly detection with outlier exposure, ICLR 2019.
    """
    rows = np.vstack([*within, outside]).astype(np.float64)
    design = np.hstack([rows, np.ones((len(rows), 1))])
    counts = [*(len(sort) for sort in within), len(outside)]
    targets = np.repeat([*(1.0 for _ in within), -1.0], counts)
    shares = [*(0.5 / len(within) for _ in within), 0.5]
    weights = np.repeat(np.divide(shares, counts), counts) * len(rows)
    gram = design.T @ (design * weights[:, None])
    gram[np.diag_indices(rows.shape[1])] += _RIDGE
    answer: Floats = cho_solve(cho_factor(gram), design.T @ (weights * targets))
    return Purview(weights=answer[:-1], offset=float(answer[-1]))
