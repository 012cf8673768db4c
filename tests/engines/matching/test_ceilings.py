"""Levels that one can believe: no kind is put above what it was ever judged."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ranking_world import graded_world

from silian.engines.matching.graded import GradedCandidates
from silian.engines.matching.nudging import nudge_ranker
from silian.engines.matching.ranker import TrainedRanker
from silian.engines.matching.training import fit_ranker

HALF = 5


def of_two_kinds(examples: list[GradedCandidates], highest: float) -> list[GradedCandidates]:
    """The second half of each question's candidates are organisations, judged up to a level."""
    kinds = ("achievement",) * HALF + ("organisation",) * HALF
    told = []
    for one in examples:
        levels = one.levels.copy()
        levels[HALF:] = np.minimum(levels[HALF:], highest)
        told.append(replace(one, candidates=replace(one.candidates, kinds=kinds), levels=levels))
    return told


@pytest.fixture(scope="module")
def world() -> list[GradedCandidates]:
    return of_two_kinds(graded_world(100, seed=1, per_question=2 * HALF), highest=2.0)


@pytest.fixture(scope="module")
def ranker(world: list[GradedCandidates]) -> TrainedRanker:
    return fit_ranker(world)


def test_a_kind_is_never_put_above_the_highest_level_it_was_judged(
    world: list[GradedCandidates], ranker: TrainedRanker
) -> None:
    assert ranker.kind_ceilings == {"organisation": 2}
    # Heads that run high, as they do where a question is nearer than any that was judged.
    eager = replace(ranker, base=ranker.base + np.array([1.0, 0.5, 0.5, 0.5]))
    unbound = replace(eager, kind_ceilings={})
    n_cut = 0
    for one in world:
        bound = eager.rank(eager.features(one.question, one.candidates))
        free = unbound.rank(unbound.features(one.question, one.candidates))
        assert bound.levels[:HALF].tolist() == free.levels[:HALF].tolist()
        assert bound.levels[HALF:].tolist() == np.minimum(free.levels[HALF:], 2.0).tolist()
        cut = bound.levels < free.levels
        assert bound.bounds == tuple("kind" if one else "" for one in cut.tolist())
        assert bound.scores[:HALF].tolist() == free.scores[:HALF].tolist()
        assert bound.scores[HALF:].max() <= 2.0
        assert np.argsort(bound.scores[HALF:]).tolist() == np.argsort(free.scores[HALF:]).tolist()
        total = bound.base_score + bound.contributions.sum(axis=1)
        assert np.abs(total - bound.scores).max() <= 1e-9
        n_cut += int(cut.sum())
    assert n_cut > 0


def test_a_kind_that_few_questions_judged_has_no_ceiling(world: list[GradedCandidates]) -> None:
    assert fit_ranker(world[:99]).kind_ceilings == {}


def test_a_kind_that_was_once_given_the_top_has_no_ceiling(world: list[GradedCandidates]) -> None:
    levels = world[0].levels.copy()
    levels[HALF] = 4.0
    assert fit_ranker([replace(world[0], levels=levels), *world[1:]]).kind_ceilings == {}


def test_picked_judgments_set_no_ceiling(world: list[GradedCandidates]) -> None:
    picked = [replace(one, picked=True) for one in world[:10]]
    assert fit_ranker([*picked, *world[10:]]).kind_ceilings == {}


def test_nudging_keeps_ceilings(world: list[GradedCandidates], ranker: TrainedRanker) -> None:
    assert nudge_ranker(ranker, world[:20]).kind_ceilings == ranker.kind_ceilings


def test_ceilings_are_read_back_and_part_of_the_version(
    ranker: TrainedRanker, tmp_path: Path
) -> None:
    ranker.save(tmp_path / "model.npz")
    again = TrainedRanker.load(tmp_path / "model.npz")
    assert again.kind_ceilings == ranker.kind_ceilings
    assert again.version == ranker.version
    assert replace(ranker, kind_ceilings={}).version != ranker.version


def test_a_model_from_before_ceilings_is_read_and_bounds_nothing(
    world: list[GradedCandidates], ranker: TrainedRanker, tmp_path: Path
) -> None:
    former = replace(ranker, kind_ceilings={})
    former.save(tmp_path / "former.npz")
    with np.load(tmp_path / "former.npz") as file:
        assert not [name for name in file.files if name.startswith("kind_ceiling")]
    again = TrainedRanker.load(tmp_path / "former.npz")
    assert again.version == former.version
    assert again.rank(again.features(world[0].question, world[0].candidates)).bounds == ()


def test_a_question_that_is_too_general_gets_no_level_above_the_lowest(
    world: list[GradedCandidates], ranker: TrainedRanker
) -> None:
    one = world[0]
    usual = ranker.rank(ranker.features(one.question, one.candidates))
    found = ranker.rank(ranker.features(replace(one.question, is_general=True), one.candidates))
    assert set(found.levels.tolist()) == {1.0}
    assert found.scores.tolist() == usual.scores.tolist()
    assert usual.scores.max() > 1.0
    assert set(found.bounds) == {"", "question"}
