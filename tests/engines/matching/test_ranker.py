"""The trained ranker: exact sums, laws, and models on disk."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ranking_world import graded_world

from silian.engines.matching import Ranker
from silian.engines.matching.candidates import FeatureTable
from silian.engines.matching.curves import N_HEADS, Curve
from silian.engines.matching.errors import ModelUnreadable
from silian.engines.matching.features import CONTEXT_FEATURES, FEATURES, LEARNED_FEATURES
from silian.engines.matching.interplay import InterplayOptions
from silian.engines.matching.ranker import TrainedRanker, levels_of
from silian.engines.matching.training import TrainingOptions, fit_ranker
from silian.library.loading import default_ranker, ranking_priors

OPTIONS = TrainingOptions(priors=ranking_priors())
REMEMBERING = TrainingOptions(interplay=InterplayOptions(memory_weight=2.0, noise=0.5))


@pytest.fixture(scope="module")
def trained() -> TrainedRanker:
    return fit_ranker(graded_world(30, seed=1), OPTIONS)


def random_table(seed: int, n: int = 200) -> FeatureTable:
    random = np.random.default_rng(seed)
    values = random.normal(size=(n, len(FEATURES)))
    values[random.random(values.shape) < 0.2] = np.nan
    for name in LEARNED_FEATURES:
        values[:, FEATURES.index(name)] = random.normal(size=n)
    return FeatureTable(names=FEATURES, values=values)


def test_a_model_that_remembers_is_read_back_whole(tmp_path: Path) -> None:
    examples = graded_world(12, seed=2)
    ranker = fit_ranker(examples, REMEMBERING)
    ranker.save(tmp_path / "model.npz")
    again = TrainedRanker.load(tmp_path / "model.npz")
    assert again.version == ranker.version
    one = examples[0]
    scores = ranker.rank(ranker.features(one.question, one.candidates)).scores
    assert (again.rank(again.features(one.question, one.candidates)).scores == scores).all()


def test_it_keeps_to_the_protocol(trained: TrainedRanker) -> None:
    assert isinstance(trained, Ranker)


def test_contributions_and_base_sum_to_the_score_exactly(trained: TrainedRanker) -> None:
    for seed in range(5):
        ranking = trained.rank(random_table(seed))
        total = ranking.base_score + ranking.contributions.sum(axis=1)
        assert np.abs(total - ranking.scores).max() <= 1e-9
    one = graded_world(1, seed=9)[0]
    ranking = trained.rank(trained.features(one.question, one.candidates))
    total = ranking.base_score + ranking.contributions.sum(axis=1)
    assert np.abs(total - ranking.scores).max() <= 1e-9


@pytest.mark.parametrize("name", [name for name in FEATURES if name not in LEARNED_FEATURES])
def test_more_of_a_feature_never_lowers_the_score(trained: TrainedRanker, name: str) -> None:
    values = np.full((101, len(FEATURES)), 0.0)
    values[:, FEATURES.index(name)] = np.linspace(-12, 12, 101)
    scores = trained.rank(FeatureTable(names=FEATURES, values=values)).scores
    assert np.diff(scores).min() >= -1e-12


def test_what_is_unknown_adds_nothing(trained: TrainedRanker) -> None:
    values = np.full((1, len(FEATURES)), np.nan)
    values[:, [FEATURES.index(name) for name in LEARNED_FEATURES]] = 0.0
    ranking = trained.rank(FeatureTable(names=FEATURES, values=values))
    assert ranking.contributions.tolist() == [[0.0] * len(FEATURES)]
    assert ranking.scores[0] == ranking.base_score


def test_without_labels_for_context_its_laid_down_curves_hold(trained: TrainedRanker) -> None:
    priors = ranking_priors()
    assert set(priors) == set(CONTEXT_FEATURES)
    assert all(trained.curves[name] is priors[name] for name in CONTEXT_FEATURES)


def test_no_candidates_rank_as_no_candidates(trained: TrainedRanker) -> None:
    ranking = trained.rank(FeatureTable(names=FEATURES, values=np.empty((0, len(FEATURES)))))
    assert ranking.scores.shape == (0,)
    assert ranking.contributions.shape == (0, len(FEATURES))


def test_levels_stay_within_1_and_4_and_are_the_median_by_default() -> None:
    chances = np.array([[0.9, 0.6, 0.2], [0.4, 0.7, 0.9], [2.0, 1.5, 1.2], [-1.0, 0.0, 0.0]])
    assert levels_of(chances, 0.0).tolist() == [3.0, 1.0, 4.0, 1.0]
    soft = levels_of(np.array([[0.9, 0.5, 0.1]]), 0.2)
    assert soft.tolist() == [2.5]


def test_a_saved_model_ranks_the_same_and_keeps_its_version(
    trained: TrainedRanker, tmp_path: Path
) -> None:
    trained.save(tmp_path / "models" / "model.npz")
    loaded = TrainedRanker.load(tmp_path / "models" / "model.npz")
    one = graded_world(1, seed=4)[0]
    expected = trained.rank(trained.features(one.question, one.candidates))
    found = loaded.rank(loaded.features(one.question, one.candidates))
    assert loaded.version == trained.version
    assert np.array_equal(found.scores, expected.scores)
    assert np.array_equal(found.levels, expected.levels)


def test_a_model_file_needs_no_pickle(trained: TrainedRanker, tmp_path: Path) -> None:
    trained.save(tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz", allow_pickle=False) as file:
        assert all(file[name].dtype != object for name in file.files)


@pytest.mark.parametrize("content", [b"", b"not a model", b"PK\x03\x04broken"])
def test_a_damaged_file_is_refused_with_a_remedy(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(content)
    with pytest.raises(ModelUnreadable, match="silian train"):
        TrainedRanker.load(path)
    with pytest.raises(ModelUnreadable):
        TrainedRanker.load(tmp_path / "missing.npz")


def test_other_features_are_refused(trained: TrainedRanker) -> None:
    with pytest.raises(ModelUnreadable, match="this model reads"):
        trained.rank(FeatureTable(names=("a",), values=np.zeros((1, 1))))
    with pytest.raises(ModelUnreadable, match="silian train"):
        replace(trained, curves={"a": trained.curves[FEATURES[0]]})


def test_a_change_of_weights_changes_the_version(trained: TrainedRanker) -> None:
    changed = Curve(knots=np.zeros(1), heights=np.full((1, N_HEADS), 0.5))
    other = replace(trained, curves=dict(trained.curves) | {"freshness": changed})
    assert other.version != trained.version


def test_the_packaged_ranker_loads_and_knows_where_it_comes_from() -> None:
    packaged = default_ranker()
    assert "sample city" in packaged.trained_on
    # Vectors of the test world are shorter than the model's: the interplay keeps silent.
    one = graded_world(1, seed=2)[0]
    table = packaged.features(one.question, one.candidates)
    ranking = packaged.rank(table)
    assert not table.values[:, FEATURES.index("meaning_interplay")].any()
    assert np.isfinite(ranking.scores).all()
    assert ((ranking.levels >= 1) & (ranking.levels <= 4)).all()
