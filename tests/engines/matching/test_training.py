"""Training: it learns, measures honestly, and refuses to swap in what is worse."""

from dataclasses import replace

import numpy as np
import pytest
from ranking_world import graded_world

from silian.engines.matching import FusionRanker
from silian.engines.matching.errors import TrainingDataInsufficient
from silian.engines.matching.interplay import InterplayOptions
from silian.engines.matching.training import (
    GradedCandidates,
    TrainingOptions,
    cross_validated,
    fit_ranker,
    train_ranker,
)
from silian.library.loading import outcome_levels, ranking_priors


def test_a_ranker_trained_on_meaning_beats_one_that_knows_nothing() -> None:
    report = train_ranker(graded_world(40, seed=1), FusionRanker(), seed=1)
    assert report.accepted, report.reason
    assert report.after.ndcg_at_10 > report.before.ndcg_at_10 + 0.05
    assert report.after.level_score > 0.6
    assert report.ndcg_gain.low > 0
    assert (report.question_count, report.pair_count) == (40, 800)


def test_labels_that_are_noise_are_not_swapped_in() -> None:
    examples = graded_world(40, seed=2)
    good = fit_ranker(examples)
    random = np.random.default_rng(0)
    # The current ranker knows the truth; training only sees shuffled labels for new questions.
    noise = [
        replace(one, levels=random.permutation(one.levels)) if at % 2 else one
        for at, one in enumerate(examples)
    ]
    report = train_ranker(noise[:12], good, seed=1)
    assert not report.accepted
    assert report.reason.startswith("Refused")
    assert f"{report.after.ndcg_at_10:.4f}" in report.reason


def test_the_same_seed_gives_the_same_model_and_report() -> None:
    examples = graded_world(15, seed=3)
    one = train_ranker(examples, FusionRanker(), seed=5)
    two = train_ranker(examples, FusionRanker(), seed=5)
    assert one.ranker.version == two.ranker.version
    assert (one.after, one.ndcg_gain, one.reason) == (two.after, two.ndcg_gain, two.reason)


def test_a_question_told_twice_is_never_on_both_sides() -> None:
    examples = [replace(one, group=f"{at // 2}") for at, one in enumerate(graded_world(20, 4))]
    seen: list[set[str]] = []

    def fit(some: list[GradedCandidates]) -> object:
        seen.append({one.group for one in some})
        return FusionRanker()

    cross_validated(examples, fit, folds=5, seed=0)  # type: ignore[arg-type]
    assert len(seen) == 5
    everything = {one.group for one in examples}
    assert set.union(*(everything - one for one in seen)) == everything


def test_without_vectors_it_still_learns_curves() -> None:
    examples = [
        replace(
            one,
            candidates=replace(one.candidates, has_vector=np.zeros(20, dtype=np.bool_)),
        )
        for one in graded_world(12, seed=5)
    ]
    assert fit_ranker(examples, TrainingOptions(priors=ranking_priors())).interplay is None


def test_a_question_that_was_judged_is_remembered_only_where_asked_for() -> None:
    examples = graded_world(12, seed=6)
    forgetting = fit_ranker(examples)
    remembering = fit_ranker(
        examples, TrainingOptions(interplay=InterplayOptions(memory_weight=0.5))
    )
    one = examples[0]

    def error(ranker: object) -> float:
        ranking = ranker.rank(ranker.features(one.question, one.candidates))  # type: ignore[attr-defined]
        return float(np.abs(ranking.scores - one.levels).mean())

    assert error(remembering) < error(forgetting)
    assert forgetting.interplay is not None
    assert forgetting.interplay.remembered.shape[0] == 0


def test_no_question_can_be_read_back_from_a_model() -> None:
    examples = graded_world(20, seed=7)
    ranker = fit_ranker(examples)
    assert ranker.interplay is not None
    anchors = ranker.interplay.question_anchors
    assert len(anchors) <= len(examples) // 2


def test_too_few_questions_or_levels_are_refused() -> None:
    with pytest.raises(TrainingDataInsufficient, match="at least 10"):
        train_ranker(graded_world(9, seed=1), FusionRanker(), seed=1)
    same = [replace(one, levels=np.full(20, 3.0)) for one in graded_world(10, seed=1)]
    with pytest.raises(TrainingDataInsufficient, match="difference"):
        train_ranker(same, FusionRanker(), seed=1)


def test_outcomes_stand_for_levels_by_data() -> None:
    assert outcome_levels() == {"signed": 4, "contacted": 3, "unsuitable": 1}
