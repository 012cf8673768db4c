"""Training: it learns, measures honestly, and refuses to swap in what is worse."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ranking_world import graded_world

from silian.engines.matching import FusionRanker
from silian.engines.matching.comparison import cross_validated, known_to
from silian.engines.matching.errors import TrainingDataInsufficient
from silian.engines.matching.graded import GradedCandidates
from silian.engines.matching.interplay import InterplayOptions
from silian.engines.matching.ranker import TrainedRanker
from silian.engines.matching.training import TrainingOptions, fit_ranker, train_ranker
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
    # Learned from other questions; training only sees shuffled labels for half of the new ones.
    good = fit_ranker(examples[12:])
    random = np.random.default_rng(0)
    noise = [
        replace(one, levels=random.permutation(one.levels)) if at % 2 else one
        for at, one in enumerate(examples[:12])
    ]
    report = train_ranker(noise, good, seed=1)
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
    assert forgetting.interplay.memory is None


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


def test_a_ranker_is_followed_by_one_that_learned_more() -> None:
    examples = graded_world(60, seed=8)
    first = train_ranker(examples[:20], FusionRanker(), seed=1)
    again = train_ranker(examples[:20], first.ranker, seed=1)
    more = train_ranker(examples, first.ranker, seed=1)

    assert again.accepted, again.reason
    assert again.before == again.after == first.after
    assert more.accepted, more.reason
    assert more.question_count == 60


def test_a_ranker_is_not_measured_on_what_it_learned_by_heart() -> None:
    examples = graded_world(24, seed=9)
    random = np.random.default_rng(1)
    noise = [replace(one, levels=random.permutation(one.levels)) for one in examples]
    by_heart = fit_ranker(noise)

    report = train_ranker(noise, by_heart, seed=1)

    assert report.before.ndcg_at_10 < 0.8  # it knows nothing of questions it has not seen
    assert report.accepted, report.reason


def test_what_it_learned_from_can_be_told_after_saving(tmp_path: Path) -> None:
    examples = graded_world(20, seed=10)
    ranker = fit_ranker(examples[:12])
    ranker.save(tmp_path / "model.npz")
    loaded = TrainedRanker.load(tmp_path / "model.npz")

    changed = replace(examples[0], levels=5.0 - examples[0].levels)
    known, renewable = known_to(loaded, [changed, *examples[1:]])

    assert loaded.version == ranker.version
    assert known.tolist() == [False] + [True] * 11 + [False] * 8
    assert renewable


def test_without_its_own_data_only_new_questions_compare() -> None:
    examples = graded_world(40, seed=11)
    current = fit_ranker(examples[:30])
    report = train_ranker(examples[25:], current, seed=1)
    assert "over 10 questions" in report.reason
    with pytest.raises(TrainingDataInsufficient, match="learned from 6 of these 15"):
        train_ranker(examples[24:39], current, seed=1)


def test_a_question_that_is_judged_more_strictly_is_no_evidence_about_others() -> None:
    random = np.random.default_rng(3)
    examples = [
        replace(one, levels=np.clip(one.levels + random.choice([-1.0, 0.0, 1.0]), 1.0, 4.0))
        for one in graded_world(60, seed=11, per_question=30)
    ]
    unseen = graded_world(60, seed=12)

    def error(options: InterplayOptions) -> float:
        ranker = fit_ranker(examples, TrainingOptions(interplay=options))
        found = [ranker.rank(ranker.features(one.question, one.candidates)) for one in unseen]
        pairs = zip(found, unseen, strict=True)
        return float(np.mean([np.abs(one.scores - other.levels).mean() for one, other in pairs]))

    assert error(InterplayOptions()) < error(
        InterplayOptions(taste_weight=0.0, taste_line_weight=0.0)
    )
