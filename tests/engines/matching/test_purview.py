"""What is about something else gets no level above the lowest, unless words say otherwise."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ranking_world import N_DIMENSIONS, batch, graded_world, question

from silian.engines.matching.candidates import TranslatedPhrase, TranslatedWord
from silian.engines.matching.graded import GradedCandidates
from silian.engines.matching.purview import PurviewExamples, learn_purview
from silian.engines.matching.ranker import TrainedRanker
from silian.engines.matching.training import TrainingOptions, fit_ranker

TITLES = ["高温合金叶片", "天气预报系统"]


def near(axis: int, n: int, seed: int) -> np.ndarray:
    """Unit vectors about one axis."""
    rows = np.random.default_rng(seed).normal(scale=0.1, size=(n, N_DIMENSIONS))
    rows[:, axis] += 1.0
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


OTHERS = PurviewExamples(
    everyday=near(-1, 20, seed=3), needs=near(0, 20, seed=10), terms=near(1, 20, seed=4)
)


@pytest.fixture(scope="module")
def world() -> list[GradedCandidates]:
    """Needs lie about the first axis, everyday questions about the last."""
    asked = near(0, 30, seed=2)
    return [
        replace(one, question=replace(one.question, vector=vector))
        for one, vector in zip(graded_world(30, seed=1), asked, strict=True)
    ]


@pytest.fixture(scope="module")
def ranker(world: list[GradedCandidates]) -> TrainedRanker:
    fitted = fit_ranker(world, TrainingOptions(purview=OTHERS))
    # Heads that find everything good, as they do far from all that was judged.
    return replace(fitted, base=np.array([2.0, 0.9, 0.9, 0.9]))


def told(
    ranker: TrainedRanker, title: str, axis: int, **facts: Any
) -> tuple[list[float], tuple[str, ...]]:
    [vector] = near(axis, 1, seed=9)
    asked = question(title, vector=vector, **facts)
    ranking = ranker.rank(ranker.features(asked, batch(TITLES, near(2, 2, seed=5))))
    return ranking.levels.tolist(), ranking.bounds


def test_a_question_about_something_else_finds_nothing_that_fits(ranker: TrainedRanker) -> None:
    levels, bounds = told(ranker, "明日冷暖", axis=-1)
    assert levels == [1.0, 1.0]
    assert set(bounds) == {"subject"}


def test_what_shares_the_words_of_such_a_question_is_not_held_down(ranker: TrainedRanker) -> None:
    levels, bounds = told(ranker, "天气预报", axis=-1)
    assert levels[0] == 1.0 < levels[1]
    assert bounds == ("subject", "")


def test_a_supply_that_asks_for_needs_is_not_held_down(ranker: TrainedRanker) -> None:
    levels, bounds = told(ranker, "明日冷暖", axis=-1, direction="need")
    assert min(levels) > 1.0
    assert set(bounds) <= {""}


def test_of_a_translated_question_more_has_to_be_shared(ranker: TrainedRanker) -> None:
    [vector] = near(-1, 1, seed=9)
    candidates = batch(["天气预报系统"], near(2, 1, seed=5))
    asked = question("天气如何", vector=vector)
    assert ranker.rank(ranker.features(asked, candidates)).bounds == ("",)
    word = TranslatedWord(word="天气如何", terms=("天气",), share=1.0)
    phrase = TranslatedPhrase(phrase="weather", words=(word,))
    translated = replace(asked, title_phrases=(phrase,))
    assert ranker.rank(ranker.features(translated, candidates)).bounds == ("subject",)


@pytest.mark.parametrize("axis", [0, 1])
def test_needs_and_terms_of_trades_are_not_held_down(ranker: TrainedRanker, axis: int) -> None:
    levels, bounds = told(ranker, "明日冷暖", axis=axis)
    assert min(levels) > 1.0
    assert set(bounds) <= {""}


def test_what_is_learned_of_everyday_questions_changes_nothing_about_needs(
    world: list[GradedCandidates],
) -> None:
    one, two = fit_ranker(world), fit_ranker(world, TrainingOptions(purview=OTHERS))
    for each in world:
        plain = one.rank(one.features(each.question, each.candidates))
        taught = two.rank(two.features(each.question, each.candidates))
        assert taught.scores.tolist() == plain.scores.tolist()
        assert taught.levels.tolist() == plain.levels.tolist()


def test_a_purview_is_read_back_and_part_of_the_version(
    ranker: TrainedRanker, tmp_path: Path
) -> None:
    ranker.save(tmp_path / "model.npz")
    again = TrainedRanker.load(tmp_path / "model.npz")
    assert again.version == ranker.version != replace(ranker, purview=None).version
    assert told(again, "明日冷暖", -1) == told(ranker, "明日冷暖", -1)


def test_vectors_of_another_embedder_teach_no_purview(world: list[GradedCandidates]) -> None:
    other = np.ones((20, N_DIMENSIONS + 1), dtype=np.float32)
    examples = PurviewExamples(everyday=other, needs=other, terms=other)
    assert fit_ranker(world, TrainingOptions(purview=examples)).purview is None


def test_both_sides_weigh_the_same_however_many_there_are() -> None:
    few, many = near(-1, 3, seed=6), near(0, 300, seed=7)
    purview = learn_purview([many], few)
    assert [purview.is_left_by(one) for one in near(-1, 5, seed=8)] == [True] * 5
    assert [purview.is_left_by(one) for one in near(0, 5, seed=8)] == [False] * 5
