"""Single values of registers."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silian.tables import values

FULL_WIDTH = str.maketrans("0123456789.,", "０１２３４５６７８９．，")


@given(st.decimals(min_value=0, max_value=10**9, places=4))
def test_ten_thousand_yuan_are_exact(amount: Decimal) -> None:
    written = f"{amount:,}"
    expected = (amount * 10_000).quantize(Decimal("0.01"))
    assert values.parse_amount_cny(written, unit="万元") == expected
    assert values.parse_amount_cny(written.translate(FULL_WIDTH) + "万元") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("¥1,234.50", "1234.50"),
        ("1.2亿元", "120000000.00"),
        ("500万元人民币", "5000000.00"),
        ("(3)", "-3.00"),
        ("1.5E+06", "1500000.00"),
    ],
)
def test_amounts_as_people_write_them(text: str, expected: str) -> None:
    assert values.parse_amount_cny(text) == Decimal(expected)


@pytest.mark.parametrize("text", ["50-100万元", "1,23", "12万美元", "5%", "1e30"])
def test_amounts_that_are_none_are_refused_in_both_languages(text: str) -> None:
    with pytest.raises(values.ValueRefused) as refused:
        values.parse_amount_cny(text)
    assert refused.value.message_zh
    assert str(refused.value)


def in_words(number: int) -> str:
    """Chinese words of a number below 10**12, as grammars teach them."""
    parts = [(number // 10**8, "亿"), (number // 10**4 % 10**4, "万"), (number % 10**4, "")]
    text = ""
    for count, power in parts:
        if count == 0:
            continue
        gap = "零" if text and count < 1000 else ""
        text += gap + below_10000(count) + power
    return text or "零"


def below_10000(number: int) -> str:
    text, gap = "", False
    for power, word in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // power % 10
        if digit:
            text += ("零" if gap and text else "") + "零一二三四五六七八九"[digit] + word
        gap = digit == 0
    return text


@given(st.integers(0, 10**12 - 1))
def test_every_whole_number_in_words_is_that_number(number: int) -> None:
    words = in_words(number)
    financial = words.translate(
        str.maketrans("一二三四五六七八九十百千", "壹贰叁肆伍陆柒捌玖拾佰仟")
    )
    assert {values.parse_number(spelling) for spelling in (words, financial)} == {Decimal(number)}


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("叁佰万元整", "", 3_000_000),
        ("人民币叁佰萬圓整", "", 3_000_000),
        ("1千5百万", "", 15_000_000),
        ("3千五百万", "", 35_000_000),
        ("1亿5000万", "", 150_000_000),
        ("两亿三", "", 230_000_000),
        ("三千五", "", 3_500),
        ("一点五亿元", "", 150_000_000),
        ("二亿十万", "", 200_100_000),
        ("三百", "万元", 3_000_000),
        ("三百万", "万元", 3_000_000),
        ("三百人", "", 300),
        ("负三百", "", -300),
    ],
)
def test_numbers_in_words(text: str, unit: str, expected: int) -> None:
    assert values.parse_number(text, unit=unit) == Decimal(expected)


@pytest.mark.parametrize(
    "text",
    ["三五百万", "五六十万", "几百万", "数百万", "百万", "万", "二〇二五", "十百", "一百一千",
     "两千九万", "三百万三百万", "一万万万", "一" * 100_000, "九" * 39 + "亿", "1.5亿3千万"],
)  # fmt: skip
def test_words_that_name_no_single_number_are_refused(text: str) -> None:
    with pytest.raises(values.ValueRefused):
        values.parse_number(text)


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [
        ("三百万至五百万元", 3_000_000, 5_000_000),
        ("三百至五百万", 3_000_000, 5_000_000),
        ("三到五千万", 30_000_000, 50_000_000),
        ("五至十万", 50_000, 100_000),
        ("1千5百万-2千万", 15_000_000, 20_000_000),
        ("三百人至五百人", 300, 500),
        ("三百余万元", 3_000_000, None),
        ("不超过叁佰万", None, 3_000_000),
        ("十几万", 100_000, None),
    ],
)
def test_ranges_in_words(text: str, lower: int | None, upper: int | None) -> None:
    found = values.parse_inexact(text)
    assert found is not None
    assert (found.lower, found.upper) == (lower, upper)


@pytest.mark.parametrize("text", ["三至五十万", "两三百万", "近百万", "三百万", "一" * 100_000])
def test_words_that_may_be_several_ranges_are_none(text: str) -> None:
    assert values.parse_inexact(text) is None


@pytest.mark.parametrize("text", ["", "　", "-", "无", "面议", None, float("nan")])
def test_an_amount_that_was_not_given_is_missing(text: object) -> None:
    assert values.parse_amount_cny(text) is None


@given(st.dates(date(1910, 1, 1), date(2190, 12, 31)))
def test_every_spelling_of_a_day_is_that_day(day: date) -> None:
    spellings = [
        day.isoformat(),
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}.{day.month:02}.{day.day:02}",
        f"{day:%Y%m%d}",
        int(f"{day:%Y%m%d}"),
        f"{day.isoformat()} 00:00:00",
        (day - date(1899, 12, 30)).days,
        datetime(day.year, day.month, day.day),
    ]
    assert {values.parse_date(spelling) for spelling in spellings} == {day}


@pytest.mark.parametrize("text", ["03/05/2024", "2024-13-01", "2023-02-29", "明年", "1799-01-01"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(values.NotADate):
        values.parse_date(text)


def test_chinese_numerals_make_a_date() -> None:
    assert values.parse_date("二〇二四年十一月二十三日") == date(2024, 11, 23)


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=17, max_size=17))
def test_one_wrong_character_of_a_unified_code_is_noticed(first: str) -> None:
    code = first + values.unified_code_check_digit(first)
    assert values.parse_unified_code(code.lower()) == code
    swapped = ("1" if code[0] != "1" else "2") + code[1:]
    with pytest.raises(values.InvalidCode):
        values.parse_unified_code(swapped)


@pytest.mark.parametrize("code", ["720902", "C", "C38", "3812", "u12"])
def test_industry_codes_have_one_shape(code: str) -> None:
    if code in {"720902", "u12"}:
        with pytest.raises(values.InvalidCode):
            values.parse_industry_code(code)
    else:
        assert values.parse_industry_code(code) == code


def test_region_codes_of_any_length_become_six_digits() -> None:
    assert values.parse_adcode("330203000000") == "330203"
    with pytest.raises(values.InvalidCode):
        values.parse_adcode("990")


@given(st.lists(st.text("磁材电机abc（）", min_size=1, max_size=6), max_size=6))
def test_a_list_keeps_its_items_once_and_in_order(items: list[str]) -> None:
    assert values.parse_list(items) == list(dict.fromkeys(items))


def test_invisible_characters_and_wide_spaces_go() -> None:
    assert values.parse_name("　宁波\u200b　磁材\x00") == "宁波磁材"


def test_a_moment_in_utc_falls_on_the_day_it_was_in_china() -> None:
    assert values.parse_date(datetime(2024, 3, 4, 16, tzinfo=UTC)) == date(2024, 3, 5)
    assert values.parse_date(datetime(2024, 3, 4, 15, 59, tzinfo=UTC)) == date(2024, 3, 4)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-03-04T16:00:00Z", 5),
        ("2024-03-04T15:59:59.999Z", 4),
        ("2024-03-04 16:00 UTC", 5),
        ("2024/3/4 23:30:00+08:00", 4),
        ("2024-03-05T00:30:00+0900", 4),
        ("2024-03-04T12:00:00-05", 5),
        ("2024-03-04T23:59:59", 4),
        ("2024-03-04 23:59", 4),
        ("２０２４-03-04T16:00:00Ｚ", 5),
    ],
)
def test_a_moment_with_an_offset_is_the_day_it_was_in_china(text: str, day: int) -> None:
    assert values.parse_date(text) == date(2024, 3, day)


def test_a_moment_that_never_was_is_no_date() -> None:
    for text in ("2024-03-04T25:00:00Z", "2024-02-30T10:00:00Z", "2024-03-04T10:00:00+99:00"):
        with pytest.raises(values.NotADate):
            values.parse_date(text)
    assert values.parse_date(datetime(2024, 3, 4, 16)) == date(2024, 3, 4)


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [
        ("500-1000万", "5000000", "10000000"),
        ("500～1000万元", "5000000", "10000000"),
        ("500万元至1000万元", "5000000", "10000000"),
        ("5-10 million yuan", "5000000", "10000000"),
        ("500万以上", "5000000", None),
        ("100万元（含）以上", "1000000", None),
        ("不低于300万", "3000000", None),
        ("500余万元", "5000000", None),
        ("不超过800万元", None, "8000000"),
        ("约200万", "2000000", "2000000"),
    ],
)
def test_ranges_and_bounds_as_people_write_them(
    text: str, lower: str | None, upper: str | None
) -> None:
    found = values.parse_inexact(text)
    assert found is not None
    told = [None if bound is None else Decimal(bound) for bound in (lower, upper)]
    assert [found.lower, found.upper] == told
    with pytest.raises(values.ValueRefused):
        values.parse_amount_cny(text)


@pytest.mark.parametrize(
    "text", ["8000-1亿", "2023-05", "500万美元以上", "3-5万元/年", "50万元", "abc", ""]
)
def test_what_is_no_clear_range_is_none(text: str) -> None:
    assert values.parse_inexact(text) is None


@pytest.mark.parametrize("text", ["1200万美元", "$5", "USD 5 million", "500万港元"])
def test_other_currencies_are_told_as_such(text: str) -> None:
    with pytest.raises(values.ForeignCurrency) as refused:
        values.parse_amount_cny(text)
    assert "外币" in refused.value.message_zh
    with pytest.raises(values.ForeignCurrency):
        values.parse_amount_cny(1200, unit="万美元")


@pytest.mark.parametrize(
    ("text", "day", "last"),
    [
        ("2023年5月", "2023-05-01", "2023-05-31"),
        ("2003-05", "2003-05-01", "2003-05-31"),
        ("2025", "2025-01-01", "2025-12-31"),
        ("May 2003", "2003-05-01", "2003-05-31"),
        ("May 5, 2003", "2003-05-05", "2003-05-05"),
        ("2025年6月30日前", "2025-06-30", "2025-06-30"),
        ("2025-06-01", "2025-06-01", "2025-06-01"),
    ],
)
def test_a_month_is_its_first_day_and_of_deadlines_its_last(text: str, day: str, last: str) -> None:
    assert values.parse_date(text) == date.fromisoformat(day)
    assert values.parse_last_date(text) == date.fromisoformat(last)


@pytest.mark.parametrize("given", ["9999-12-31", "99991231", date(9999, 12, 31), 2_958_465])
def test_a_day_that_never_comes_is_none(given: object) -> None:
    assert values.parse_date(given) is None
    assert values.parse_last_date(given) is None


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2025年底", "2025-12-31", "2025-12-31"),
        ("2025年12月底前", "2025-12-31", "2025-12-31"),
        ("2025上半年", "2025-01-01", "2025-06-30"),
        ("2024Q3", "2024-07-01", "2024-09-30"),
        ("二〇二四年第三季度", "2024-07-01", "2024-09-30"),
        ("2025年6月中旬", "2025-06-11", "2025-06-20"),
        ("2023年5月至2025年6月", "2023-05-01", "2025-06-30"),
        ("end of 2025", "2025-12-31", "2025-12-31"),
    ],
)
def test_stretches_of_time_have_a_first_and_a_last_day(text: str, first: str, last: str) -> None:
    found = values.parse_period(text)
    assert found == (date.fromisoformat(first), date.fromisoformat(last))


def test_what_names_no_stretch_of_time_is_none() -> None:
    assert [values.parse_period(text) for text in ("合同签订后12个月", "2025年13月", "", None)] == [
        None
    ] * 4


@pytest.mark.parametrize(
    "text", ["TRL6", "TRL-6", "6级", "六级", "第6级", "技术成熟度6", "Level 6", 6.0]
)
def test_levels_of_readiness_as_people_write_them(text: object) -> None:
    assert values.parse_readiness_level(text) == 6


def test_a_range_of_levels_has_bounds() -> None:
    found = values.parse_readiness_levels("TRL 5-6级")
    assert found is not None
    assert (found.lower, found.upper) == (5, 6)
    assert values.parse_readiness_levels("中试阶段") is None


@pytest.mark.parametrize(
    "text",
    [
        "H01F1/057(2006.01)I; B22F3/00(2006.01)N",
        "Int.Cl. H01F 1/057 (2006.01) I  B22F 3/00",
        "H01F-001/057，B22F3/00 20060101AFI20060101BHCN",
    ],
)
def test_ipc_symbols_as_offices_print_them(text: str) -> None:
    assert values.parse_ipc_list(text) == ["H01F 1/057", "B22F 3/00"]


@pytest.mark.parametrize(
    "text", ["9135 0100 m000 100y 43", "'９１３５０１００M000100Y43", "9135-0100-M000100Y43"]
)
def test_a_unified_code_is_read_through_its_spacing(text: str) -> None:
    assert values.parse_unified_code(text) == "91350100M000100Y43"
