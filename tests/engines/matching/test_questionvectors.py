"""While meaning can't be had, words answer and say so; it is back soon after it can."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event, current_thread

import numpy as np
import pytest
from matching_world import DOCUMENTS, TinyEmbedder, new_matcher, reopened

from silian.engines.matching import Constraints, Query
from silian.engines.matching.errors import EmbedderMismatch
from silian.engines.matching.questionvectors import QuestionVectors
from silian.language import EndpointRefused, EndpointUnreachable, WrongDimension

MAGNETS = Query(title="需要一种耐高温的永磁材料", body="用于新能源汽车电机")


class Failing(TinyEmbedder):
    """Fails when told to, and counts how often it was asked by whom."""

    def __init__(self) -> None:
        super().__init__()
        self.failure: Exception | None = None
        self.askers: list[str] = []

    def embed(self, texts: list[str], *, role: str) -> np.ndarray:
        self.askers.append(current_thread().name)
        if self.failure is not None:
            raise self.failure
        return super().embed(texts, role=role)


def down() -> EndpointUnreachable:
    return EndpointUnreachable("no answer", url="http://h/v1")


def soon(happened: Callable[[], bool]) -> bool:
    for _ in range(200):
        if happened():
            return True
        time.sleep(0.01)
    return False


def test_words_answer_while_the_embedder_fails_and_the_result_says_so(tmp_path: Path) -> None:
    embedder = Failing()
    with new_matcher(tmp_path / "index", embedder=embedder) as matcher:
        matcher.add(DOCUMENTS)
        matcher.embed_pending()
        sound = matcher.search(MAGNETS)
        assert sound.meaning_failure == ""
        for failure, code in (
            (down(), "endpoint_unreachable"),
            (EndpointRefused("bad key", status=401), "endpoint_refused"),
            (WrongDimension("16 numbers"), "wrong_dimension"),
        ):
            embedder.failure = failure
            with reopened(tmp_path / "index", embedder=embedder) as other:
                found = other.search(MAGNETS)
                [again, elsewhere] = other.search_many([MAGNETS, replace(MAGNETS, body="退磁")])
                assert found.meaning_failure == code
                assert [hit.document.document_id for hit in found.hits] == ["ach-1", "fac-1"]
                assert {source for hit in found.hits for source in hit.sources} == {"words"}
                assert again.hits == found.hits
                assert elsewhere.meaning_failure == code
                assert other.explain(MAGNETS, "ach-1").meaning_failure == code
                absence = other.why_not(MAGNETS, "ach-2")
                assert absence.reason == "not_retrieved"
                assert absence.hit is not None
                assert absence.hit.meaning_failure == code
        # What was asked before is still known.
        assert matcher.search(MAGNETS).meaning_failure == ""


def test_a_question_with_its_own_vector_needs_no_embedder(tmp_path: Path) -> None:
    embedder = Failing()
    with new_matcher(tmp_path / "index", embedder=embedder) as matcher:
        matcher.add(DOCUMENTS)
        matcher.embed_pending()
        vector = tuple(TinyEmbedder().embed(["耐高温永磁材料"], role="query")[0].tolist())
        embedder.failure = down()
        [own, without, marks] = matcher.search_many(
            [replace(MAGNETS, vector=vector), MAGNETS, Query(title="。。")]
        )
    assert own.meaning_failure == ""
    assert "meaning" in own.hits[0].sources
    assert without.meaning_failure == "endpoint_unreachable"
    assert (marks.meaning_failure, marks.hits) == ("", ())


def test_nothing_is_learnt_from_half_a_question(tmp_path: Path) -> None:
    embedder = Failing()
    with new_matcher(tmp_path / "index", embedder=embedder) as matcher:
        matcher.add(DOCUMENTS)
        matcher.embed_pending()
        embedder.failure = down()
        with pytest.raises(EndpointUnreachable):
            matcher.candidates(MAGNETS)


def test_a_failed_embedder_is_left_alone_and_tried_again_in_the_background(
    caplog: pytest.LogCaptureFixture,
) -> None:
    embedder = Failing()
    vectors = QuestionVectors(embedder, 32, pause_s=0.05)
    [known] = vectors.of(["永磁"])
    embedder.failure = down()
    embedder.askers.clear()
    with caplog.at_level(logging.INFO, "silian.engines.matching"):
        for _ in range(5):
            with pytest.raises(EndpointUnreachable, match="no answer"):
                vectors.of(["电机"])
        assert embedder.askers == ["MainThread"]
        time.sleep(0.06)
        with pytest.raises(EndpointUnreachable):
            vectors.of(["电机"])
        assert soon(lambda: len(embedder.askers) == 2)
        assert embedder.askers[1] == "silian-embedder"
        assert np.array_equal(vectors.of(["永磁"])[0], known)
        embedder.failure = None
        time.sleep(0.06)
        with pytest.raises(EndpointUnreachable):
            vectors.of(["电机"])
        assert soon(lambda: len(embedder.askers) == 3)
        assert soon(lambda: len(caplog.records) == 2)
        assert vectors.of(["电机"])[0].shape == (32,)
        assert vectors.of(["退磁"])[0].shape == (32,)
    assert len(embedder.askers) == 4
    assert [record.getMessage() for record in caplog.records] == [
        "questions are answered by words only, until meaning is back: no answer",
        "questions are read for their meaning again",
    ]


def test_many_questions_together_are_asked_in_spite_of_a_failure() -> None:
    embedder = Failing()
    vectors = QuestionVectors(embedder, 32, pause_s=60.0)
    embedder.failure = down()
    with pytest.raises(EndpointUnreachable):
        vectors.of(["永磁"])
    embedder.failure = None
    assert len(vectors.of([f"问题{number}" for number in range(9)])) == 9
    assert vectors.of(["永磁"])[0].shape == (32,)


def test_nobody_waits_for_one_who_tries_again() -> None:
    released = Event()

    class Hanging(Failing):
        def embed(self, texts: list[str], *, role: str) -> np.ndarray:
            if current_thread().name == "silian-embedder":
                released.wait(5)
            return super().embed(texts, role=role)

    embedder = Hanging()
    vectors = QuestionVectors(embedder, 32, pause_s=0.0)
    embedder.failure = down()
    with pytest.raises(EndpointUnreachable):
        vectors.of(["永磁"])
    start = time.monotonic()
    for _ in range(3):
        with pytest.raises(EndpointUnreachable):
            vectors.of(["永磁"])
    assert time.monotonic() - start < 1.0
    released.set()


def test_vectors_of_another_length_than_the_index_holds_are_no_meaning() -> None:
    with pytest.raises(WrongDimension, match=r"\(1, 32\); the index holds vectors of 8"):
        QuestionVectors(TinyEmbedder(), 8).of(["永磁"])


class Unasked(TinyEmbedder):
    """An embedder whose length of vectors only a server knows, which is down."""

    @property
    def n_dimensions(self) -> int:  # type: ignore[override]
        raise down()


def test_opening_and_reading_an_index_asks_the_embedder_nothing(tmp_path: Path) -> None:
    with new_matcher(tmp_path / "index") as matcher:
        matcher.add(DOCUMENTS)
        matcher.embed_pending()
    with reopened(tmp_path / "index", embedder=Unasked()) as matcher:
        matcher.add([replace(DOCUMENTS[0], document_id="new", title="新材料")])
        assert matcher.statistics().pending_vectors == 1
        assert len(matcher.content_hashes()) == len(DOCUMENTS) + 1
        assert matcher.mislaid_ids() == ()
        with pytest.raises(EndpointUnreachable):
            matcher.embed_pending()
    with new_matcher(tmp_path / "made", embedder=Unasked(), n_dimensions=32) as made:
        made.add(DOCUMENTS)
        assert made.search(replace(MAGNETS, constraints=Constraints(kinds=("patent",)))).hits == ()


def test_an_embedder_of_one_name_and_another_length_is_refused_when_it_embeds(
    tmp_path: Path,
) -> None:
    with new_matcher(tmp_path / "index", n_dimensions=8) as matcher:
        matcher.add(DOCUMENTS)
        with pytest.raises(EmbedderMismatch, match="vectors of 8 numbers; 'tiny-1' gives"):
            matcher.embed_pending()
