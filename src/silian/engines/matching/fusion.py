"""The baseline ranker: reciprocal-rank fusion of words and meaning, nothing learned.

It answers where no trained model is present, and every trained model is measured against it.
"""

import numpy as np

from silian.engines.matching.candidates import (
    CandidateBatch,
    FeatureTable,
    Floats,
    Question,
    Ranking,
)

# The constant of the paper; larger values flatten the difference between first ranks.
_RANK_OFFSET = 60.0
_NAMES = ("words_rank", "meaning_rank")


class FusionRanker:
    """Scores a candidate ``1 / (60 + rank)`` for words and the same for meaning.

    The level is a monotone map of the score, not calibrated: 4 for a candidate that is first in
    both lists, falling towards 1 as the score falls to nothing.

    References
    ----------
    Cormack, Clarke, Büttcher: Reciprocal rank fusion outperforms Condorcet and individual rank
    learning methods, SIGIR 2009.
    """

    @property
    def version(self) -> str:
        """Name of the formula."""
        return "fusion-1"

    def features(self, question: Question, candidates: CandidateBatch) -> FeatureTable:
        """Rank of each candidate by words and by meaning, from 1; 0 where it has none."""
        words = np.where(candidates.bm25 > 0, candidates.bm25, np.nan)
        columns = [_ranks(words), _ranks(candidates.cosine)]
        return FeatureTable(names=_NAMES, values=np.stack(columns, axis=1))

    def rank(self, table: FeatureTable) -> Ranking:
        """Sum the reciprocal ranks."""
        contributions = np.where(table.values > 0, 1.0 / (_RANK_OFFSET + table.values), 0.0)
        scores = contributions.sum(axis=1)
        best = len(_NAMES) / (_RANK_OFFSET + 1.0)
        return Ranking(
            scores=scores,
            levels=1.0 + 3.0 * np.clip(scores / best, 0.0, 1.0),
            base_score=0.0,
            contributions=contributions,
        )


def _ranks(values: Floats) -> Floats:
    """Rank of each value, 1 for the largest, equal values sharing one; 0 for NaN."""
    ranks = np.zeros(len(values))
    known = ~np.isnan(values)
    # Ties share a rank, so that the order candidates arrive in decides nothing.
    distinct, places = np.unique(-values[known], return_inverse=True)
    counts = np.bincount(places, minlength=len(distinct))
    first = np.cumsum(counts) - counts + 1
    ranks[known] = first[places]
    return ranks
