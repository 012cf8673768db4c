"""Reading a query: words, counts, and what a long one is told by."""

from pathlib import Path

import pytest
from matching_world import DOCUMENTS, SEGMENTER, new_matcher

from silian.engines.matching import Document, Query


def test_words_keep_their_order_and_counts(tmp_path: Path) -> None:
    with new_matcher(tmp_path / "index") as matcher:
        matcher.add([Document(document_id="a", kind="achievement", title="永磁材料 电机")])
        question, _ = matcher.candidates(
            Query(title="永磁材料", keywords=("电机",), body="永磁 退磁 退磁"), []
        )
    assert question.terms == ("永磁", "材料", "电机", "退磁")
    assert question.term_counts.tolist() == [2, 1, 1, 2]
    assert question.in_title.tolist() == [True, True, True, False]
    assert (question.term_ids >= 0).tolist() == [True, True, True, False]
    assert question.idf[3] == max(question.idf)


def test_a_long_query_is_told_by_its_rarest_words(tmp_path: Path) -> None:
    common = [f"gadget{number:02d}x" for number in range(90)]
    with new_matcher(tmp_path / "index") as matcher:
        matcher.add(
            [
                *(
                    Document(document_id=f"c{n}", kind="achievement", title=" ".join(common))
                    for n in range(5)
                ),
                Document(document_id="rare", kind="achievement", title="石墨烯"),
            ]
        )
        query = Query(title=" ".join(common), body="石墨烯")
        question, batch = matcher.candidates(query)
        assert len(question.terms) == 64
        assert set(SEGMENTER.words("石墨烯")) <= set(question.terms)
        assert set(batch.document_ids) == {"c0", "c1", "c2", "c3", "c4", "rare"}


def test_one_question_in_another_spelling_gets_the_same_answer(tmp_path: Path) -> None:
    with new_matcher(tmp_path / "index") as matcher:
        matcher.add(DOCUMENTS)
        matcher.embed_pending()
        plain = matcher.search(Query(title="耐高温永磁材料", body="nd-fe-b 电机，退磁"))
        other = matcher.search(Query(title="耐高溫永磁材料", body="ＮＤ-Fe-B　電機，退磁"))
    assert plain.hits
    assert [(hit.document.document_id, hit.score) for hit in other.hits] == [
        (hit.document.document_id, hit.score) for hit in plain.hits
    ]


@pytest.mark.parametrize("marks", ["。，、", "😀 ！！！！", "  "])
def test_marks_alone_find_nothing(tmp_path: Path, marks: str) -> None:
    with new_matcher(tmp_path / "index") as matcher:
        matcher.add(DOCUMENTS)
        matcher.embed_pending()
        assert matcher.search(Query(title=marks)).hits == ()


def test_an_answer_tells_where_nothing_shares_a_word_with_the_question(tmp_path: Path) -> None:
    with new_matcher(tmp_path / "index") as matcher:
        matcher.add(DOCUMENTS)
        matcher.embed_pending()
        far, near = matcher.search_many([Query(title="zzzz qqqq"), Query(title="永磁")])
    assert far.hits
    assert far.only_by_meaning
    assert not near.only_by_meaning
