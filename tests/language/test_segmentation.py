import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silian.language import InvalidDictionary, InvalidText, Segmenter, stem, stop_words

TERMS = ["永磁材料", "宁波甬江永磁材料股份有限公司", "激光熔覆", "5G基站", "高熵合金涂层"]
TEXT = "寧波甬江永磁材料股份有限公司用激光熔覆制備高熵合金涂層，服務5G基站"


@pytest.fixture(scope="module")
def plain() -> Segmenter:
    return Segmenter()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("，。！ 的 了", []),
        ("需要耐高温的永磁材料", ["耐高温", "高温", "永磁", "材料"]),
        ("需要耐高溫的永磁材料", ["耐高温", "高温", "永磁", "材料"]),
        ("Coatings for the bonded magnets", ["coat", "bond", "magnet"]),
        ("抗拉强度≥200 MPa", ["抗拉强度", "强度", "200mpa"]),
        ("在25 ℃下，厚度0.5μm", ["25c", "厚度", "0.5um"]),
        ("效率 95 %", ["效率", "95%"]),
        ("high-temperature alloy", ["high", "temperatur", "alloy"]),
        ("C++与PM2.5", ["c++", "pm2.5"]),
        ("1、设备", ["设备"]),
    ],
)
def test_words_of_a_text(plain, text, expected):
    assert plain.words(text) == expected


def test_user_terms_stay_whole_and_long_ones_bring_their_parts():
    assert Segmenter(TERMS).words(TEXT) == [
        "宁波甬江永磁材料股份有限公司", "宁波", "甬江", "永磁材料", "永磁", "材料",
        "用",
        "激光熔覆", "激光", "熔覆",
        "制备",
        "高熵合金涂层", "高熵合金", "高熵", "合金", "涂层",
        "服务",
        "5g基站", "5g", "基站",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("电机", "汽车电机控制器"),
        ("电池", "锂电池隔膜"),
        ("污水", "污水处理装置"),
        ("专利", "发明专利转让"),
        ("汽车", "电动汽车充电桩"),
        ("废水", "废水处理药剂"),
        ("智能", "人工智能算法"),
        ("模具", "注塑模具"),
    ],
)
def test_a_word_inside_a_compound_finds_it_and_the_compound_finds_the_word(plain, asked, text):
    assert plain.words(asked) == [asked]
    assert asked in plain.words(text)
    assert asked in Segmenter([text]).words(text)


def test_a_taught_term_does_not_swallow_the_word_it_cuts_through():
    taught = Segmenter(["海绵钛轴"])
    assert taught.words("海绵钛轴承") == ["海绵钛轴", "海绵", "钛", "轴", "钛轴", "承", "轴承"]


@pytest.mark.parametrize("text", ["盐雾试验", "需要做材料的盐雾试验和疲劳试验", "耐盐雾寿命评价"])
def test_a_word_that_the_dictionary_lacks_comes_out_in_every_sentence(plain, text):
    assert "盐雾" in plain.words(text)


def test_same_terms_give_the_same_words_in_any_order_and_portions():
    at_once = Segmenter(TERMS)
    grown = Segmenter()
    before = grown.words(TEXT)
    for term in reversed(TERMS):
        grown.add_terms([term])
    assert before != grown.words(TEXT) == at_once.words(TEXT)
    assert grown.dictionary_version == at_once.dictionary_version


@settings(deadline=None, max_examples=20)
@given(st.lists(st.text("永磁材料電 （Ａa", max_size=5)))
def test_many_terms_together_are_read_as_one_by_one(terms):
    one_by_one = Segmenter()
    for term in terms:
        one_by_one.add_terms([term])
    assert Segmenter(terms).terms == one_by_one.terms


def test_the_longest_term_inside_a_term_is_its_part_wherever_it_begins():
    nested = Segmenter(["甬江永磁材料研究院", "永磁材料研究", "永磁材料", "磁材", "材料研究院"])
    assert nested.words("甬江永磁材料研究院") == [
        "甬江永磁材料研究院", "甬江",
        "永磁材料研究", "永磁材料", "永", "磁材", "永磁", "料", "材料", "研究",
        "院", "研究院", "研究",
    ]  # fmt: skip


@settings(deadline=None, max_examples=4)
@given(st.permutations(TERMS))
def test_order_of_terms_never_matters(terms):
    assert Segmenter(terms).words(TEXT) == Segmenter(TERMS).words(TEXT)


def test_another_process_cuts_alike(tmp_path):
    segmenter = Segmenter(TERMS)
    segmenter.save(tmp_path / "terms.txt")
    code = (
        "import json, sys; from pathlib import Path; from silian.language import Segmenter; "
        "s = Segmenter.load(Path(sys.argv[1])); "
        "print(json.dumps([s.dictionary_version, s.words(sys.argv[2])]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "terms.txt"), TEXT],
        capture_output=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == [segmenter.dictionary_version, segmenter.words(TEXT)]


def test_version_changes_with_the_terms_and_only_with_them():
    segmenter = Segmenter()
    empty = segmenter.dictionary_version
    assert segmenter.add_terms(["激光熔覆", "激光熔覆", "雷射熔覆"]) == 2
    grown = segmenter.dictionary_version
    assert segmenter.add_terms(["激光熔覆"]) == 0
    assert empty != grown == segmenter.dictionary_version


def test_terms_that_cannot_be_one_word_are_passed_over():
    segmenter = Segmenter()
    assert segmenter.add_terms(["", "钢", "a b", "中 文", "，。", "长" * 41, "only latin"]) == 0
    assert segmenter.terms == frozenset()


def test_instances_do_not_share_their_terms():
    Segmenter(["需要耐高温"]).words("需要耐高温")
    assert Segmenter().words("需要耐高温") == ["耐高温", "高温"]


def test_a_taught_word_of_two_characters_is_read_with_its_characters():
    assert Segmenter(["脉宽"]).words("窄脉宽激光") == ["窄", "脉宽", "脉", "宽", "激光"]
    assert Segmenter(["脉宽"]).words("脉宽") == ["脉宽", "脉", "宽"]


@given(st.text("脉宽度激光注塑模具", min_size=2, max_size=5), st.text("脉宽度激光器", max_size=8))
def test_no_taught_word_is_read_within_itself_for_ever(term, text):
    assert Segmenter([term]).words(term + text)


def test_save_and_load_give_the_same_dictionary(tmp_path):
    segmenter = Segmenter(TERMS)
    segmenter.save(tmp_path / "deep" / "terms.txt")
    loaded = Segmenter.load(tmp_path / "deep" / "terms.txt")
    assert loaded.terms == segmenter.terms
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["terms.txt"]


@pytest.mark.parametrize("content", [b"", b"something else\n", "# silian 词典".encode("gb18030")])
def test_foreign_files_are_refused_with_a_remedy(tmp_path, content):
    path = tmp_path / "terms.txt"
    path.write_bytes(content)
    with pytest.raises(InvalidDictionary, match=r"Segmenter\.save"):
        Segmenter.load(path)


def test_other_things_than_text_are_refused(plain):
    with pytest.raises(InvalidText):
        plain.words(None)


def test_words_many_keeps_the_order(plain):
    assert plain.words_many(["永磁", "", "motors"]) == [["永磁"], [], ["motor"]]


def test_stop_words_are_normalised_and_never_come_out(plain):
    assert all(word == word.strip().lower() for word in stop_words())
    assert plain.words(" ".join(sorted(stop_words()))) == []


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12))
def test_a_stem_is_no_longer_than_its_word(word):
    assert 0 < len(stem(word)) <= len(word)
