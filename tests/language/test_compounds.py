import pytest
from hypothesis import given
from hypothesis import strategies as st

from silian.language import ordinary_share
from silian.language.compounds import guess_across, parts_of_compound, word_across


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("电机", ()),
        ("汽车电机", ("汽车", "电机")),
        ("耐高温", ("高温",)),
        ("中华人民共和国", ("中华", "人民共和国")),
        ("聚氨酯", ()),
        ("5g基站", ()),
        ("magnet", ()),
    ],
)
def test_parts_of_a_compound(word, parts):
    assert parts_of_compound(word) == parts


@given(st.text("永磁材料电机汽车污水处理", min_size=1, max_size=9))
def test_parts_stand_in_the_word_in_its_order_and_are_shorter(word):
    parts, place = parts_of_compound(word), 0
    for part in parts:
        assert 1 < len(part) < len(word)
        place = word.index(part, place) + len(part)


@pytest.mark.parametrize(
    ("left", "right", "across"),
    [
        ("注塑模", "具", "模具"),
        ("海绵钛轴", "承", "轴承"),
        ("大", "电流", ""),  # 大电 would leave a single character
        ("永磁", "材料", ""),
        ("", "材料", ""),
        ("5g", "具", ""),
    ],
)
def test_words_that_a_cut_went_through(left, right, across):
    assert word_across(left, right) == across


@pytest.mark.parametrize(
    ("left", "right", "guess"),
    [
        ("盐", "雾", "盐雾"),
        ("耐盐", "雾", "盐雾"),
        ("耐盐", "雾箱", ""),
        ("永磁", "钢", ""),
        ("", "钢", ""),
        ("5", "钢", ""),
    ],
)
def test_words_that_may_stand_where_the_cut_is_unsure(left, right, guess):
    assert guess_across(left, right) == guess


def test_a_share_of_ordinary_chinese_tells_common_words_from_rare_ones():
    assert ordinary_share("技术") > ordinary_share("高温") > ordinary_share("永磁") > 0
    assert ordinary_share("晶界扩散") == ordinary_share("magnet") == ordinary_share("") == 0
