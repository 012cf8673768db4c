from pathlib import Path

import pytest

from silian.engines.matching import Document, Matcher, Query
from silian.language import Segmenter
from silian.library.loading import default_ranker

# Every title speaks of 技术 and its 应用, as titles of a register do; one in ten of motors.
TITLES = [
    "永磁体盐雾试验技术及应用",
    "高焓涂层技术应用",
    *(f"第{number}号电机控制技术的应用研究" for number in range(40)),
    *(f"第{number}号水稻育种技术的应用研究" for number in range(400)),
]


@pytest.fixture(scope="module")
def matcher(tmp_path_factory: pytest.TempPathFactory) -> Matcher:
    path: Path = tmp_path_factory.mktemp("telling") / "index"
    matcher = Matcher.create(path, segmenter=Segmenter())
    matcher.add(
        Document(document_id=f"ach-{number}", kind="achievement", title=title)
        for number, title in enumerate(TITLES)
    )
    return matcher


def matched(matcher: Matcher, asked: str, document_id: str = "ach-0") -> tuple[str, ...]:
    return matcher.explain(Query(title=asked), document_id).matched_terms


def test_words_common_here_and_everywhere_are_no_reason(matcher: Matcher) -> None:
    assert matched(matcher, "永磁体应用技术") == ("永磁体", "永磁")
    assert matched(matcher, "电机应用技术", "ach-5") == ("电机",)
    assert matched(matcher, "变压器应用技术") == ()


def test_they_are_one_where_the_question_has_no_other(matcher: Matcher) -> None:
    assert matched(matcher, "技术应用") == ("技术", "应用")


def test_single_characters_are_no_reason_but_side_by_side_they_are(matcher: Matcher) -> None:
    assert Segmenter().words("高焓") == ["高", "焓", "高焓"]
    assert matched(matcher, "焓与电机", "ach-1") == ()
    assert matched(matcher, "焓", "ach-1") == ("焓",)
    assert matched(matcher, "电机用高焓涂层", "ach-1") == ("高焓", "涂层")
    assert matched(matcher, "焓高的涂层", "ach-1") == ("涂层",)


def test_a_word_that_one_document_in_four_holds_is_no_reason(matcher: Matcher) -> None:
    assert matched(matcher, "水稻永磁体", "ach-100") == ()
    assert matched(matcher, "水稻", "ach-100") == ("水稻",)


@pytest.mark.parametrize("asked", ["技术", "公司", "技术的公司"])
def test_a_question_of_words_that_are_in_any_text_is_general(matcher: Matcher, asked: str) -> None:
    assert matcher.candidates(Query(title=asked))[0].is_general


@pytest.mark.parametrize("asked", ["水稻", "电机技术", "永磁体", "量子", "焓", "，", ""])
def test_a_question_that_names_something_is_not_general(matcher: Matcher, asked: str) -> None:
    assert not matcher.candidates(Query(title=asked))[0].is_general


def test_what_general_questions_find_is_said_to_be_held_down_by_the_question(
    tmp_path: Path,
) -> None:
    with Matcher.create(tmp_path / "index", segmenter=Segmenter(), ranker=default_ranker()) as one:
        one.add(
            Document(document_id=f"ach-{number}", kind="achievement", title=title)
            for number, title in enumerate(TITLES)
        )
        result = one.search(Query(title="技术"))
        assert result.question_bound == "question"
        assert {(hit.level, hit.level_bound) for hit in result.hits} == {(1.0, "question")}
        assert one.search(Query(title="电机技术")).question_bound == ""
