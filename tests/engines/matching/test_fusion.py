"""The baseline ranker: its formula, its ties, its levels."""

import numpy as np
import pytest

from silian.engines.matching.candidates import FeatureTable
from silian.engines.matching.fusion import FusionRanker, _ranks


def test_scores_are_reciprocal_ranks() -> None:
    table = FeatureTable(
        names=("words_rank", "meaning_rank"), values=np.array([[1.0, 1.0], [2.0, 0.0], [0.0, 0.0]])
    )
    ranking = FusionRanker().rank(table)
    assert ranking.scores == pytest.approx([2 / 61, 1 / 62, 0.0])
    assert ranking.contributions.sum(axis=1) + ranking.base_score == pytest.approx(ranking.scores)
    assert ranking.levels == pytest.approx([4.0, 1 + 3 * (1 / 62) / (2 / 61), 1.0])


def test_equal_values_share_a_rank_and_unknown_has_none() -> None:
    values = np.array([3.0, np.nan, 5.0, 3.0, 1.0])
    assert _ranks(values).tolist() == [2.0, 0.0, 1.0, 2.0, 4.0]
