"""How texts are folded, cut and searched for the clarity check."""

from silian.engines.matching.claritytext import (
    blanked,
    folded,
    is_positive_number,
    matching_spans,
)


def test_folding_keeps_every_character_in_its_place() -> None:
    text = "İ磁能积≧３０ＭＧＯｅ，￥８０万；\u3000℃ ß\0ﬁ"
    assert len(folded(text)) == len(text)
    assert folded("≧３０ＭＧＯｅ；￥８０") == "≥30mgoe；¥80"


def test_blanks_keep_the_length_and_hide_what_they_cover() -> None:
    cut = blanked("年产值6亿元，预算80万元", [r"年产值\d+亿元"])
    assert cut == "\0" * 6 + "，预算80万元"
    assert matching_spans({"text": cut}, [r"\d+"]) == [("text", 9, 11)]


def test_overlapping_matches_are_one_span() -> None:
    assert matching_spans({"text": "≥30mgoe 5%"}, [r"≥\d+", r"\d+(?:mgoe|%)"]) == [
        ("text", 0, 7),
        ("text", 8, 10),
    ]


def test_a_number_has_to_be_above_zero_and_sayable_in_one_way() -> None:
    numbers = (
        "1,200.5",
        "0.0",
        "三百",
        "叁佰",
        "两千五",
        "半",
        "零",
        "万",
        "三五百万",
        "1.2.3",
        "",
    )
    assert [is_positive_number(text) for text in numbers] == [
        True, False, True, True, True, True, False, False, False, False, False,
    ]  # fmt: skip


def test_a_match_whose_number_is_none_does_not_count() -> None:
    pattern = r"出(?P<number>[零一二三百]+)元"
    assert matching_spans({"text": "出零元，出三百元"}, [pattern]) == [("text", 4, 8)]
