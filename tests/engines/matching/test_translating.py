"""English questions to a Chinese index: found by Chinese words, and told as what they are."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from matching_world import DOCUMENTS, SEGMENTER, TinyEmbedder

from silian.engines.matching import Document, Matcher, Query
from silian.language import EnglishDictionary, Rendering

WORDS = {
    "permanent magnet": [("永磁", 0), ("永久磁铁", 0)],
    "material": [("材料", 0), ("物料", 0)],
    "motor": [("电机", 0), ("马达", 0)],
    "seawater": [("海水", 0)],
}
ENGLISH = "permanent magnet material for motors"


def opened(path: Path, *, translated: bool, documents: tuple[Document, ...] = DOCUMENTS) -> Matcher:
    matcher = Matcher.create(
        path,
        segmenter=SEGMENTER,
        embedder=TinyEmbedder(),
        translator=EnglishDictionary(lambda: WORDS) if translated else None,
    )
    matcher.add(documents)
    matcher.embed_pending()
    return matcher


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Matcher]:
    with opened(tmp_path / "plain", translated=False) as matcher:
        yield matcher


@pytest.fixture
def translating(tmp_path: Path) -> Iterator[Matcher]:
    with opened(tmp_path / "translating", translated=True) as matcher:
        yield matcher


def test_an_english_question_finds_by_chinese_words_and_says_so(
    plain: Matcher, translating: Matcher
) -> None:
    before = {hit.document.document_id: hit for hit in plain.search(Query(title=ENGLISH)).hits}
    assert before["ach-1"].matched_terms == ()
    first = translating.search(Query(title=ENGLISH)).hits[0]
    assert first.document.document_id == "ach-1"
    assert set(first.matched_terms) == {"永磁", "材料", "电机"}
    assert first.translations == {
        "永磁": "permanent magnet",
        "材料": "material",
        "电机": "motors",
    }
    assert "words" in first.sources


@pytest.mark.parametrize(
    "query",
    [
        Query(title="耐高温永磁材料", body="用于 motor 电机"),
        Query(title="海水淡化"),
        Query(title="IGBT 模块"),
    ],
)
def test_a_chinese_question_is_answered_as_without_a_translator(
    plain: Matcher, translating: Matcher, query: Query
) -> None:
    one, other = plain.search(query), translating.search(query)
    assert [asdict(hit) for hit in one.hits] == [asdict(hit) for hit in other.hits]


def test_a_chinese_question_does_not_load_the_dictionary(tmp_path: Path) -> None:
    def read() -> dict[str, list[tuple[str, int]]]:
        raise AssertionError("read")

    with Matcher.create(
        tmp_path / "index",
        segmenter=SEGMENTER,
        embedder=TinyEmbedder(),
        translator=EnglishDictionary(read),
    ) as matcher:
        matcher.add(DOCUMENTS)
        assert matcher.search(Query(title="永磁材料")).hits


def test_each_text_of_a_question_is_looked_up_once(tmp_path: Path) -> None:
    asked: list[str] = []

    class Counting(EnglishDictionary):
        def renderings(self, text: str) -> list[Rendering]:
            asked.append(text)
            return super().renderings(text)

    with Matcher.create(
        tmp_path / "index",
        segmenter=SEGMENTER,
        embedder=TinyEmbedder(),
        translator=Counting(lambda: WORDS),
    ) as matcher:
        matcher.add(DOCUMENTS)
        matcher.embed_pending()
        matcher.search(Query(title=ENGLISH, body="for seawater"))
    assert asked == [ENGLISH, "for seawater"]


def test_words_of_a_phrase_weigh_no_more_than_one_word(translating: Matcher) -> None:
    translating.add(
        [Document(document_id="m", kind="achievement", title="马达 物料 永久磁铁 减速器")]
    )
    question, _ = translating.candidates(Query(title=ENGLISH))
    assert question.term_shares is not None
    shares = dict(zip(question.terms, question.term_shares.tolist(), strict=True))
    assert shares["马达"] > 0
    assert shares["电机"] + shares["马达"] == pytest.approx(1.0)
    assert shares["motor"] == 1.0
    assert [len(phrase.words) for phrase in question.title_phrases] == [2, 2, 2]


def test_only_words_that_the_index_holds_are_asked_for(translating: Matcher) -> None:
    question, _ = translating.candidates(Query(title="motors"))
    [phrase] = question.title_phrases
    assert [word.word for word in phrase.words] == ["电机"]
    assert phrase.words[0].share == 1.0


def test_an_english_index_is_asked_in_english(tmp_path: Path) -> None:
    documents = (
        Document(document_id="a", kind="achievement", title="Permanent magnet motor"),
        Document(document_id="b", kind="achievement", title="Seawater membrane"),
    )
    with (
        opened(tmp_path / "one", translated=False, documents=documents) as one,
        opened(tmp_path / "two", translated=True, documents=documents) as two,
    ):
        query = Query(title=ENGLISH)
        left, right = one.search(query), two.search(query)
        assert [asdict(hit) for hit in left.hits] == [asdict(hit) for hit in right.hits]


def test_the_direction_of_the_language_is_taken_from_the_meaning(
    plain: Matcher, translating: Matcher
) -> None:
    sentences = EnglishDictionary(lambda: WORDS).sentences
    embed = TinyEmbedder().embed
    chinese, english = (
        embed([normal.lower() for normal in side], role="query").mean(axis=0)
        for side in zip(*sentences, strict=True)
    )
    raw, _ = plain.candidates(Query(title=ENGLISH))
    moved, _ = translating.candidates(Query(title=ENGLISH))
    np.testing.assert_allclose(raw.vector - moved.vector, english - chinese, atol=1e-6)


def test_many_questions_are_answered_as_each_alone(translating: Matcher) -> None:
    queries = [Query(title=ENGLISH), Query(title="永磁材料"), Query(title="seawater", body="motor")]
    together = translating.search_many(queries)
    alone = [translating.search(query) for query in queries]
    assert [[asdict(hit) for hit in one.hits] for one in together] == [
        [asdict(hit) for hit in one.hits] for one in alone
    ]
