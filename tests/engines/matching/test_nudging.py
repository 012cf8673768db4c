"""Nudging: picked judgments tilt lines and unlearn nothing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ranking_world import graded_world

from silian.engines.matching.comparison import cross_validated
from silian.engines.matching.evaluation import by_group, level_score, ndcg_at
from silian.engines.matching.features import FEATURES
from silian.engines.matching.graded import GradedCandidates, levels_and_groups
from silian.engines.matching.nudging import nudge_ranker, without_nudges
from silian.engines.matching.ranker import TrainedRanker
from silian.engines.matching.training import fit_ranker, train_ranker


@pytest.fixture(scope="module")
def world() -> list[GradedCandidates]:
    return graded_world(60, seed=1)


@pytest.fixture(scope="module")
def ranker(world: list[GradedCandidates]) -> TrainedRanker:
    return fit_ranker(world[:20])


def picked(ranker: TrainedRanker, some: list[GradedCandidates]) -> list[GradedCandidates]:
    """What people say of two of the best that the ranker showed: a contract, or unsuitable."""
    random = np.random.default_rng(0)
    found = []
    for one in some:
        scores = ranker.rank(ranker.features(one.question, one.candidates)).scores
        rows = np.sort(random.choice(np.argsort(-scores)[:6], 2, replace=False))
        kept = replace(
            one.candidates,
            **{
                name: tuple(getattr(one.candidates, name)[at] for at in rows)
                for name in ("document_ids", "kinds", "region_codes", "field_codes")
            },
            **{
                name: type(getattr(one.candidates, name)).of(
                    [getattr(one.candidates, name).row(at) for at in rows]
                )
                for name in ("title_terms", "body_terms")
            },
            **{
                name: getattr(one.candidates, name)[rows]
                for name in (
                    "vectors", "has_vector", "bm25", "cosine", "readiness_level", "price_cny",
                    "longitude_degrees", "latitude_degrees", "track_record_count",
                    "updated_on_day", "from_words", "from_meaning",
                )
            },
        )  # fmt: skip
        levels = np.where(one.levels[rows] >= 3, 4.0, 1.0)
        found.append(replace(one, candidates=kept, levels=levels, picked=True))
    return found


def quality(ranker: TrainedRanker, some: list[GradedCandidates]) -> tuple[float, float]:
    answers = [ranker.rank(ranker.features(one.question, one.candidates)) for one in some]
    levels, groups = levels_and_groups(some)
    scores = np.concatenate([one.scores for one in answers])
    told = np.concatenate([one.levels for one in answers])
    return float(by_group(ndcg_at, levels, scores, groups).mean()), level_score(levels, told)


def test_picked_judgments_unlearn_neither_order_nor_levels(
    world: list[GradedCandidates], ranker: TrainedRanker
) -> None:
    picks = picked(ranker, world[20:50])
    before, after = quality(ranker, world[50:]), quality(nudge_ranker(ranker, picks), world[50:])
    assert after[0] > before[0] - 0.02
    assert after[1] > before[1] - 0.02
    # A model made of the picks alone has lost what an unrelated supply looks like.
    assert quality(fit_ranker(picks), world[50:])[1] < before[1] - 0.05


def test_contributions_still_add_up_and_no_line_falls(
    world: list[GradedCandidates], ranker: TrainedRanker
) -> None:
    nudged = nudge_ranker(ranker, picked(ranker, world[20:50]))
    one = world[50]
    ranking = nudged.rank(nudged.features(one.question, one.candidates))
    total = ranking.base_score + ranking.contributions.sum(axis=1)
    assert np.abs(total - ranking.scores).max() <= 1e-9
    assert nudged.nudges
    for name, nudge in nudged.nudges.items():
        places = np.linspace(-12, 12, 101)
        rises = np.diff((nudged.curves[name](places) + nudge(places))[:, 0])
        assert rises.min() >= -1e-12, name


def test_nudges_are_read_back_and_can_be_forgotten(
    world: list[GradedCandidates], ranker: TrainedRanker, tmp_path: Path
) -> None:
    nudged = nudge_ranker(ranker, picked(ranker, world[20:50]))
    nudged.save(tmp_path / "model.npz")
    again = TrainedRanker.load(tmp_path / "model.npz")
    assert again.version == nudged.version != ranker.version
    assert again.nudged_by.tolist() == nudged.nudged_by.tolist()
    assert without_nudges(again).version == ranker.version


def test_the_same_judgments_count_once_however_often_they_are_learned(
    world: list[GradedCandidates], ranker: TrainedRanker
) -> None:
    picks = picked(ranker, world[20:50])
    once = nudge_ranker(ranker, picks)
    assert nudge_ranker(once, picks).version == once.version


def test_training_on_picks_alone_nudges_the_ranker_in_place(
    world: list[GradedCandidates], ranker: TrainedRanker
) -> None:
    report = train_ranker(picked(ranker, world[20:50]), ranker, seed=1)
    assert not report.learned_anew
    assert report.picked_pair_count == report.pair_count == 60
    assert report.ranker.learned_from.tolist() == ranker.learned_from.tolist()
    assert report.ranker.interplay is ranker.interplay


def test_training_on_pools_and_picks_learns_anew_and_nudges(
    world: list[GradedCandidates], ranker: TrainedRanker
) -> None:
    report = train_ranker([*world[20:40], *picked(ranker, world[40:55])], ranker, seed=1)
    assert report.learned_anew
    assert report.picked_pair_count == 30
    assert report.ranker.nudges
    assert len(report.ranker.learned_from) == 400


def test_features_of_kinds_that_were_judged_together_tell_kinds_apart() -> None:
    examples = graded_world(30, seed=4)
    half = 10

    def two_kinds(one: GradedCandidates) -> GradedCandidates:
        kinds = ("achievement",) * half + ("organisation",) * half
        levels = one.levels.copy()
        levels[half:] = np.minimum(levels[half:], 2.0)
        return replace(one, candidates=replace(one.candidates, kinds=kinds), levels=levels)

    told = [two_kinds(one) for one in examples]
    ranker = fit_ranker(told)
    assert set(ranker.kind_worths) == {"achievement", "organisation"}
    worths = {kind: worth[0] for kind, worth in ranker.kind_worths.items()}
    assert worths["achievement"] > 0.05 > -0.05 > worths["organisation"]
    scores, levels = cross_validated(told, fit_ranker, folds=5, seed=0)
    assert levels.reshape(-1, 2, half)[:, 1].max() <= 3.0
    table = ranker.features(told[0].question, told[0].candidates)
    at = FEATURES.index("kind_worth")
    assert set(table.values[:half, at]) == {worths["achievement"]}
    assert ranker.rank(table).contributions[half, at] == worths["organisation"]
    assert fit_ranker(examples).kind_worths == {}
    assert np.isfinite(scores).all()
