import unicodedata

import opencc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silian.language import InvalidText, normalise, normalise_many

ANY_TEXT = st.text(max_size=60)
CHINESE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=40)


@given(ANY_TEXT | CHINESE)
def test_normalising_twice_changes_nothing_more(text):
    once = normalise(text)
    assert normalise(once) == once


@given(ANY_TEXT | CHINESE | st.text("，（Ａ％）；乾瞭著後\u0301\u200bǅİΣ 電", max_size=30))
def test_the_quick_way_gives_what_the_plain_way_gives(text):
    simplified = opencc.OpenCC("t2s").convert
    plainly = text
    for _ in range(4):
        visible = "".join(
            one
            for one in plainly
            if one.isspace() or unicodedata.category(one) not in {"Cc", "Cf", "Cs"}
        )
        folded = unicodedata.normalize("NFKC", visible).lower()
        plainly = simplified(" ".join(folded.split()))
    assert normalise(text) == plainly


@given(ANY_TEXT)
def test_white_space_is_single_and_inside(text):
    once = normalise(text)
    assert once == " ".join(once.split())


@given(
    ANY_TEXT, st.sampled_from(["\u200b", "\ufeff", "\x00", "\xad", "\u202e"]), st.integers(0, 60)
)
def test_invisible_characters_make_no_difference(text, invisible, position):
    assert normalise(text[:position] + invisible + text[position:]) == normalise(text)


@given(ANY_TEXT)
def test_result_can_be_stored_as_utf8(text):
    normalise(text + "\ud800").encode("utf-8")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("\t \n", ""),
        ("耐高溫永磁材料", "耐高温永磁材料"),
        ("後臺資料庫與乾燥設備", "后台资料库与干燥设备"),
        ("乾隆年間", "乾隆年间"),
        ("ＡＢＣ１２３％（測試）", "abc123%(测试)"),
        ("NdFeB　永磁  材料", "ndfeb 永磁 材料"),
        ("①㎡㎏ ﬁne", "1m2kg fine"),
        ("25℃", "25°c"),
        ("Motor\x00 Control\u200b", "motor control"),
    ],
)
def test_one_spelling(text, expected):
    assert normalise(text) == expected


def test_many_keeps_the_order():
    assert normalise_many(["電機", "", "Motor"]) == ["电机", "", "motor"]


@pytest.mark.parametrize("wrong", [None, 3, b"text"])
def test_other_things_than_text_are_refused_with_a_remedy(wrong):
    with pytest.raises(InvalidText, match="expected str") as caught:
        normalise(wrong)
    assert caught.value.code == "invalid_text"
