"""A need in a few words is met only by what says or means most of it, and what lacks is told."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matching_world import new_matcher
from ranking_world import N_DIMENSIONS, batch, question

from silian.engines.matching import Document, Matcher, Query
from silian.engines.matching.askedwords import held_words, lacks_much, shares_nothing
from silian.engines.matching.candidates import AskedWord, Question, Ragged
from silian.engines.matching.curves import N_HEADS, Curve
from silian.engines.matching.features import FEATURES
from silian.engines.matching.ranker import TrainedRanker
from silian.library.loading import default_ranker

RARITIES = {"石墨烯": 9.0, "油墨": 7.0, "导电": 5.0}


def asking(*words: str, body: str = "") -> Question:
    asked = tuple(
        AskedWord(word=word, terms=(word,), rarity=RARITIES.get(word, 5.0)) for word in words
    )
    return replace(question("".join(words), body), asked=asked)


@pytest.mark.parametrize(
    ("word", "title", "is_held"),
    [
        ("油墨", "导电油墨", True),
        ("油墨", "油料 墨水", False),  # both characters, and no ink
        ("锂电池", "锂离子电池", True),
        ("石墨烯", "特种石墨", False),
        ("茶多酚", "茶叶", False),
    ],
)
def test_a_word_is_held_in_whichever_cut_but_not_by_its_characters(
    word: str, title: str, is_held: bool
) -> None:
    assert held_words(asking(word).asked, batch([title])).tolist() == [[is_held]]


def test_words_are_held_by_titles_and_by_texts() -> None:
    held = batch(["油墨", "导电", "纸"])
    held = replace(held, body_terms=Ragged.of([[], held.title_terms.row(0).tolist(), []]))
    asked = asking("油墨", "导电").asked
    assert held_words(asked, held).tolist() == [[True, False], [True, True], [False, False]]
    assert held_words((), held).shape == (3, 0)


def test_a_translated_phrase_is_held_by_any_of_its_words() -> None:
    cathodes = AskedWord(word="cathodes", terms=("阴极", "正极"), rarity=6.0)
    assert held_words((cathodes,), batch(["正极材料", "电源管理"]))[:, 0].tolist() == [True, False]


def test_few_words_lack_much_where_their_rarest_are_missing_unless_meaning_is_near() -> None:
    asked = asking("石墨烯", "油墨", "导电")
    held = batch(["石墨烯导电涂料", "石墨烯导电油墨", "石墨烯油墨", "石墨烯导电涂料"])
    meaning = np.array([0.3, 0.3, 0.3, 0.6])
    assert lacks_much(asked, held, meaning).tolist() == [True, False, False, False]
    unknown = np.full(4, np.nan)
    assert lacks_much(asked, held, unknown).tolist() == [True, False, False, True]
    told = asking("石墨烯", "油墨", "导电", body="用于柔性印刷线路")
    assert not lacks_much(told, held, meaning).any()  # a text says much again in other words
    assert not lacks_much(asking(), held, meaning).any()


def test_nothing_is_shared_without_a_telling_word_and_with_a_meaning_like_any() -> None:
    held = batch(["导电", "油墨", "导电"])
    number = int(held.title_terms.row(1)[0])
    asked = replace(question("油墨"), telling=(("油墨", number),))
    meaning = np.array([-0.1, -0.1, 0.2])
    assert shares_nothing(asked, held, meaning).tolist() == [True, False, False]
    assert not shares_nothing(asked, held, np.full(3, np.nan)).any()
    assert not shares_nothing(question("油墨"), held, meaning).any()  # nobody looked


def eager(level: float = 4.0) -> TrainedRanker:
    """A ranker that puts everything at the top."""
    flat = Curve(knots=np.zeros(1), heights=np.zeros((1, N_HEADS)))
    return TrainedRanker(
        curves=dict.fromkeys(FEATURES, flat), base=np.array([level, 1.0, 1.0, 1.0])
    )


def test_levels_say_what_is_missing_holds_them_down() -> None:
    asked = asking("石墨烯", "油墨", "导电")
    held = batch(["石墨烯导电涂料", "石墨烯导电油墨"])
    ranking = eager().rank(eager().features(asked, held))
    assert ranking.levels.tolist() == [3.0, 4.0]
    assert ranking.bounds == ("words", "")
    assert ranking.scores.tolist() == [4.0, 4.0]  # all candidates are in the same order as before


@pytest.mark.parametrize("direction", ["supply", "need"])
def test_what_shares_nothing_is_at_most_weakly_related_whoever_asks(direction: str) -> None:
    vector = np.eye(N_DIMENSIONS)[0]
    asked = replace(question("油墨", vector=vector, direction=direction), telling=())
    held = batch(["导电", "轴承"], np.eye(N_DIMENSIONS)[[0, 1]])
    ranking = eager().rank(eager().features(asked, held))
    assert ranking.levels.tolist() == [4.0, 2.0]
    assert ranking.bounds == ("", "unshared")


@pytest.fixture
def magnets(tmp_path: Path) -> Iterator[Matcher]:
    with closing(new_matcher(tmp_path / "index", ranker=default_ranker())) as matcher:
        matcher.add(
            [
                Document(document_id="ach-1", kind="achievement", title="钕铁硼磁体的晶界扩散"),
                Document(document_id="ach-2", kind="achievement", title="铁氧体磁体"),
                Document(document_id="need-1", kind="need", title="需要钕铁硼磁体"),
            ]
        )
        yield matcher


def test_hits_tell_what_they_do_not_mention_most_telling_first(magnets: Matcher) -> None:
    asked = Query(title="合作开发钕铁硼磁体晶界扩散技术")
    missing = {hit.document.document_id: hit.missing_terms for hit in magnets.search(asked).hits}
    assert missing["ach-1"] == ()
    assert "钕铁硼" in missing["ach-2"]
    # Words that stand in any text are never missed.
    assert not {"合作", "开发", "合作开发", "技术"} & set(missing["ach-2"])
    assert magnets.explain(asked, "ach-2").missing_terms == missing["ach-2"]


def test_a_supply_that_asks_is_told_of_no_missing_words(magnets: Matcher) -> None:
    [hit] = magnets.search(Query(title="铁氧体磁体", direction="need")).hits
    assert hit.missing_terms == ()
