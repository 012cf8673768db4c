"""A supply that asks who needs it is compared with each need as the need would compare it."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matching_world import new_matcher
from ranking_world import N_DIMENSIONS, batch, graded_world, question

from silian.engines.matching import Document, Matcher, Query
from silian.engines.matching.candidates import Question, Ragged
from silian.engines.matching.features import FEATURES, compute_features
from silian.engines.matching.interplay import InterplayOptions
from silian.engines.matching.kindmeans import mean_of_needs
from silian.engines.matching.training import TrainingOptions, fit_ranker

WORDS = ("title_term_match", "term_match", "document_term_match")


def values(asked: Question, held: object, name: str) -> list[float]:
    found = compute_features(asked, held).values[:, FEATURES.index(name)]  # type: ignore[arg-type]
    return list(found.tolist())


@pytest.mark.parametrize("name", WORDS)
def test_words_of_a_pair_are_the_same_whoever_asks(name: str) -> None:
    needs = ["永磁 电机", "污泥 焚烧", "电机 轴承 减速器"]
    supply = "永磁 轴承"
    forward = [values(question(need), batch([supply]), name)[0] for need in needs]
    assert values(question(supply, direction="need"), batch(needs), name) == pytest.approx(forward)


def test_a_body_of_one_ordinary_word_is_no_text_to_hold_all_of() -> None:
    needs = batch(["肿瘤 病理 诊断 企业", "冷链 物流"])
    asked = question("供销 农产品 集团", "企业", direction="need")
    assert max(values(asked, needs, "term_match")) < 0.3
    supplies = batch(["企业 管理 软件", "永磁 电机"])
    told = values(question("耐高温 永磁 电机", "企业"), supplies, "term_match")
    assert told[0] < 0.3 < told[1] < 1.0


def test_a_long_need_that_speaks_of_everything_is_held_against_all_it_says() -> None:
    short, long = "永磁 电机", "永磁 电机 猪场 疫病 诊断 防控 示范 推广 云平台 大数据"
    found = values(question(short, direction="need"), batch([long, short]), "term_match")
    assert found[0] < 0.4 < found[1] == 1.0


def test_a_need_whose_text_tells_less_than_its_title_is_read_with_its_title() -> None:
    needs = batch(["耐高温 永磁 电机", "详见 附件"])
    needs = replace(needs, body_terms=Ragged.of([needs.title_terms.row(1).tolist(), []]))
    assert values(question("附件 详见", direction="need"), needs, "term_match")[0] < 0.5


def test_a_supply_more_ready_than_a_need_asks_for_fits_it() -> None:
    needs = batch(["a", "b", "c"], readiness_level=np.array([4.0, 6.0, 8.0]))
    asked = question("x", readiness_target=6, direction="need")
    assert values(asked, needs, "readiness_fit") == [0.0, 0.0, -2.0]


def test_meaning_is_centred_on_the_needs_side() -> None:
    random = np.random.default_rng(2)
    shared = 6.0 * np.eye(N_DIMENSIONS)[0]  # what all needs have in common
    needs = random.normal(size=(40, N_DIMENSIONS)) + shared
    needs /= np.linalg.norm(needs, axis=1, keepdims=True)
    supply = np.eye(N_DIMENSIONS)[0]  # and a supply that happens to lie there
    held = batch([f"n{at}" for at in range(40)], needs)
    asked = question("x", vector=supply, direction="need")
    assert np.mean(values(asked, held, "meaning")) > 0.8
    asked = replace(asked, needs_mean=needs.mean(axis=0).astype(np.float32))
    assert abs(np.mean(values(asked, held, "meaning"))) < 0.1


@pytest.mark.parametrize("memory_weight", [0.0, 1.0])
def test_pairs_of_many_questions_are_worth_what_each_is_alone(memory_weight: float) -> None:
    options = TrainingOptions(interplay=InterplayOptions(memory_weight=memory_weight))
    ranker = fit_ranker(graded_world(30, seed=1), options)
    assert ranker.interplay is not None
    random = np.random.default_rng(3)
    questions, documents = random.normal(size=(2, 5, 2 * N_DIMENSIONS)).astype(np.float32)
    documents = documents[:, :N_DIMENSIONS]
    if ranker.interplay.memory is not None:
        questions[:3] = ranker.interplay.memory.questions[:3]
    read = random.normal(size=(5, len(ranker.interplay.feature_names)))
    alone = np.vstack(
        [
            ranker.interplay(questions[at], documents[at : at + 1], read[at : at + 1])
            for at in range(5)
        ]
    )
    np.testing.assert_allclose(
        ranker.interplay.of_pairs(questions, documents, read), alone, rtol=1e-4, atol=1e-5
    )


@pytest.fixture
def needs(tmp_path: Path) -> Iterator[Matcher]:
    with closing(new_matcher(tmp_path / "index")) as matcher:
        matcher.add(
            [Document(document_id=f"n-{at}", kind="need", title=f"需求{at}号") for at in range(60)]
            + [Document(document_id=f"a-{at}", kind="achievement", title="膜") for at in range(9)]
        )
        matcher.embed_pending()
        yield matcher


def test_the_middle_of_the_needs_lies_among_them(needs: Matcher) -> None:
    view = needs._keeper.current()
    vectors = needs._embedder.embed([f"需求{at}号" for at in range(60)], role="passage")  # type: ignore[union-attr]
    mean = mean_of_needs(view)
    assert mean is not None
    assert view.mean is not None
    expected = (60 * vectors.mean(axis=0) + 20 * view.mean) / 80
    np.testing.assert_allclose(mean, expected, atol=2e-3)


def test_the_kind_of_the_supply_that_asks_is_what_is_weighed(needs: Matcher) -> None:
    ranker = fit_ranker(graded_world(30, seed=1), TrainingOptions())
    held = batch(["需求"])
    worth = np.array([0.5, 0.0, 0.0, 0.0])
    known = type(ranker)(
        curves=ranker.curves, base=ranker.base, kind_worths={"person": worth, "need": -worth}
    )
    asked = question("张三", direction="need", kind="person")
    assert known.features(asked, held).values[0, FEATURES.index("kind_worth")] == 0.5
    assert needs.search(Query(title="需求", direction="need", kind="person")).hits
