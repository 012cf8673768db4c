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


@pytest.mark.parametrize("text", ["50-100万元", "1,23", "三百万", "12万美元", "5%", "1e30"])
def test_amounts_that_are_none_are_refused_in_both_languages(text: str) -> None:
    with pytest.raises(values.ValueRefused) as refused:
        values.parse_amount_cny(text)
    assert refused.value.message_zh
    assert str(refused.value)


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
