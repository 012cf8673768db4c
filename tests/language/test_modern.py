"""Words of today's technology are read as one, and only found by what they are."""

import pytest

from silian.language import Segmenter, normalise, ordinary_share, words_version
from silian.language.compounds import base_dictionary, parts_of_compound
from silian.language.modern import modern_terms
from silian.language.tagging import tagged_words


@pytest.fixture(scope="module")
def plain() -> Segmenter:
    return Segmenter()


def test_there_are_hundreds_each_given_once_and_in_normalised_spelling() -> None:
    assert len(modern_terms()) > 800
    assert [normalise(term) for term in modern_terms()] == list(modern_terms())
    assert len(_rows()) == len(modern_terms())


def _rows() -> list[str]:
    from importlib import resources

    text = resources.files("silian.language").joinpath("modern_terms.tsv").read_text("utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("terms", [[], ["永磁材料"]])
def test_each_is_one_word_whatever_else_was_taught(terms: list[str]) -> None:
    segmenter = Segmenter(terms)
    assert [term for term in modern_terms() if "".join(segmenter.pieces(term)) != term] == []
    assert [term for term in modern_terms() if segmenter.words(term)[:1] != [term]] == []


def test_parts_stand_inside_their_word() -> None:
    wrong = [
        (term, part)
        for term in modern_terms()
        for part in parts_of_compound(term)
        if part not in term or not base_dictionary().has_word(part)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("石墨烯导电油墨", ["石墨烯", "导电", "油墨"]),
        ("氧化石墨烯改性", ["氧化石墨烯", "氧化", "石墨烯", "改性"]),
        ("区块链存证", ["区块链", "存证"]),
        ("磷酸铁锂正极", ["磷酸铁锂", "磷酸", "铁锂", "正极"]),
        ("量子点发光", ["量子点", "发光"]),
        ("线控制动系统", ["线控制动", "线控", "制动", "系统"]),
        ("物联网平台", ["物联网", "联网", "平台"]),
    ],
)
def test_a_modern_word_is_not_found_by_what_it_is_not(
    plain: Segmenter, text: str, words: list[str]
) -> None:
    assert plain.words(text) == words


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("电极片的制备", "电极"),  # not 极片
        ("压力传感器标定", "压力"),  # not 力传感器
        ("无人车间改造", "车间"),  # not 无人车
        ("结构光滑平整", "光滑"),  # not 结构光
        ("智能体系建设", "体系"),  # not 智能体
        ("摩擦副产物分析", "副产物"),  # not 摩擦副
    ],
)
def test_a_modern_word_tears_no_likelier_word_from_its_neighbours(
    plain: Segmenter, text: str, word: str
) -> None:
    assert word in plain.words(text)


def test_a_register_may_teach_a_modern_word_again() -> None:
    taught = Segmenter(["石墨烯", "石墨烯导电油墨"])
    assert taught.words("石墨烯") == ["石墨烯"]
    assert taught.words("石墨烯导电油墨") == ["石墨烯导电油墨", "石墨烯", "导电", "油墨"]


def test_modern_words_are_nouns_that_ordinary_chinese_lacks() -> None:
    assert tagged_words("石墨烯油墨") == [("石墨烯", "n"), ("油墨", "n")]
    assert {ordinary_share(term) for term in modern_terms()} == {0.0}


def test_other_modern_words_make_indexes_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    from silian.language import segmentation

    before = words_version()
    fewer = dict(modern_terms())
    del fewer["石墨烯"]
    monkeypatch.setattr(segmentation, "modern_terms", lambda: fewer)
    words_version.cache_clear()
    try:
        assert words_version() != before
    finally:
        monkeypatch.undo()
        words_version.cache_clear()
    assert words_version() == before
