import csv
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silian.engines.graph import parse_organisation_name
from silian.language import InvalidText


def _enterprise(text):
    parts = parse_organisation_name(text)
    return parts.regions, parts.brand, parts.trade, parts.form, parts.branch


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("澄海市沐岚磁性材料有限公司", (("澄海",), "沐岚", "磁性材料", "有限公司", "")),
        ("天顺风能（苏州）股份有限公司", (("苏州",), "天顺", "风能", "股份有限公司", "")),
        ("浙江宁波屹澍电子科技有限公司", (("浙江", "宁波"), "屹澍", "电子科技", "有限公司", "")),
        ("大厂回族自治县宝澍艺术行", (("大厂",), "宝澍", "", "艺术行", "")),
        ("屹澍电力有限公司检修分公司", ((), "屹澍", "电力", "有限公司", "检修分公司")),
        ("杭州市屹澍农业专业合作社", (("杭州",), "屹澍", "农业", "专业合作社", "")),
        ("辽宁煤气公司", (("辽宁",), "", "煤气", "公司", "")),
    ],
)
def test_companies_come_apart_into_region_brand_trade_form_and_branch(text, expected):
    assert _enterprise(text) == expected


@pytest.mark.parametrize(
    ("text", "organisation", "host", "branch", "kind"),
    [
        ("青海师范大学地理科学学院", "青海师范大学", "", "地理科学学院", "university"),
        ("浙江大学宁波理工学院", "浙江大学宁波理工学院", "浙江大学", "", "university"),
        (
            "中国科学院宁波材料技术与工程研究所",
            "中国科学院宁波材料技术与工程研究所",
            "中国科学院",
            "",
            "research_institute",
        ),
        (
            "南方医科大学附属南方医院麻醉科",
            "南方医科大学附属南方医院",
            "南方医科大学",
            "麻醉科",
            "hospital",
        ),
        ("中国石油大学（华东）", "中国石油大学(华东)", "", "", "university"),
        (
            "国家林业局哈尔滨林业机械研究所",
            "国家林业局哈尔滨林业机械研究所",
            "国家林业局",
            "",
            "research_institute",
        ),
    ],
)
def test_institutions_tell_their_host_and_their_department(text, organisation, host, branch, kind):
    parts = parse_organisation_name(text)
    assert (parts.organisation, parts.host, parts.branch, parts.kind) == (
        organisation,
        host,
        branch,
        kind,
    )


def test_brackets_tell_places_modifiers_and_further_names():
    parts = parse_organisation_name("屹澍（宁波）（集团）科技有限公司（原名：宁波屹澍电子厂）")
    assert parts.regions == ("宁波",)
    assert parts.modifiers == ("集团",)
    assert parts.aliases == ("宁波屹澍电子厂",)


@pytest.mark.parametrize(
    ("text", "brand", "modifiers"),
    [("*ST屹澍", "屹澍", ()), ("屹澍股份", "屹澍", ("股份",)), ("屹澍Ａ", "屹澍", ())],
)
def test_marks_of_the_exchange_are_no_part_of_a_short_name(text, brand, modifiers):
    parts = parse_organisation_name(text)
    assert (parts.brand, parts.modifiers, parts.kind) == (brand, modifiers, "")


def test_english_names_lose_their_legal_form():
    parts = parse_organisation_name("Yishu Magnetics (Ningbo) Co., Ltd.")
    assert (parts.brand, parts.trade, parts.form) == ("yishu", "magnetics", "co., ltd.")


def test_traditional_and_full_width_spellings_are_one_name():
    simplified = parse_organisation_name("宁波屹澍电子有限公司")
    assert parse_organisation_name("寧波屹澍電子有限公司　").normalised == simplified.normalised


@given(st.text(max_size=40))
def test_any_text_is_taken_apart_without_an_error(text):
    parts = parse_organisation_name(text)
    assert parts.text == text


@given(
    st.text(alphabet="宁波市大学院研究所公司有限集团科技屹澍（）第一附属医院中国科部", max_size=16)
)
def test_parsing_its_own_normal_form_changes_nothing(text):
    once = parse_organisation_name(text)
    again = parse_organisation_name(once.normalised)
    assert (again.brand, again.trade, again.regions, again.form) == (
        once.brand,
        once.trade,
        once.regions,
        once.form,
    )


def test_what_is_no_text_is_refused():
    with pytest.raises(InvalidText):
        parse_organisation_name(None)


def test_ten_thousand_names_take_seconds():
    parse_organisation_name("宁波屹澍电子有限公司")
    started = time.process_time()
    for number in range(2000):
        parse_organisation_name(f"宁波市屹澍电子科技{number}有限公司")
    assert time.process_time() - started < 2


@pytest.mark.real_data
def test_brands_of_public_names_are_found(real_data: Path):
    path = real_data / "org_aliases_cn" / "company_brand_groundtruth.txt"
    rows = [line.partition(" ") for line in path.read_text("utf-8").splitlines() if line.strip()]
    right = sum(
        parse_organisation_name(name).brand == parse_organisation_name(brand).normalised
        for name, _, brand in rows
    )
    assert right / len(rows) > 0.85


@pytest.mark.real_data
def test_full_names_of_listed_companies_nearly_all_have_a_brand_and_a_form(real_data: Path):
    path = real_data / "org_aliases_cn" / "short_full.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        parts = [parse_organisation_name(row["full_name"]) for row in csv.DictReader(file)]
    assert sum(bool(one.form) for one in parts) / len(parts) > 0.99
    assert sum(bool(one.brand) for one in parts) / len(parts) > 0.9
