"""Regions that rows name: found, made where they are in force, and what is written kept."""

from typing import Any

from silian.portal.industry.models import Need
from silian.portal.registry.models import Organisation, Region

REGIONS = """来源主键,名称,层级,上级代码
990100,澄屿市,市,
990101,望潮区,区县,990100
"""
HEADING = "来源主键,名称,地区名称,地址\n"


def places() -> dict[str, tuple[str | None, str]]:
    rows = Organisation.objects.values_list("source_key", "region__adcode", "address")
    return {key: (adcode, address) for key, adcode, address in rows}


def test_on_a_fresh_platform_a_region_in_force_is_made_with_those_above_it(load: Any) -> None:
    job = load(f"{HEADING}E1,甲科技有限公司,浙江省杭州市西湖区,\n", "template:organisation")

    assert job.notes == {"kind_by_name": 1}
    assert places() == {"E1": ("330106", "")}
    regions = Region.objects.order_by("adcode")
    assert list(regions.values_list("adcode", "name", "level", "parent_adcode")) == [
        ("330000", "浙江省", "province", "100000"),
        ("330100", "杭州市", "city", "330000"),
        ("330106", "西湖区", "district", "330100"),
    ]


def test_a_code_in_force_has_its_name_and_another_is_kept_as_it_is(load: Any) -> None:
    heading = "来源主键,名称,地区代码\n"
    job = load(f"{heading}E1,甲公司,330203\nE2,乙公司,330298\n", "template:organisation")

    assert job.rejected_count == 0
    assert dict(Region.objects.values_list("adcode", "name")) == {
        "330203": "海曙区",
        "330298": "330298",
    }


def test_what_one_row_names_does_not_choose_for_another(load: Any) -> None:
    first = f"{HEADING}E1,甲科技有限公司,杭州市西湖区,\n"
    load(first, "template:organisation")

    job = load(f"{HEADING}E2,乙科技有限公司,西湖区,\n", "template:organisation")

    assert places()["E2"] == (None, "西湖区")
    assert job.notes == {
        "kind_by_name": 1,
        "region_name_ambiguous:西湖区 = 浙江省杭州市西湖区、江西省南昌市西湖区": 1,
    }


def test_a_region_that_a_register_tells_of_is_meant_from_then_on(load: Any) -> None:
    load(f"{HEADING}E1,甲科技有限公司,杭州市西湖区,\n", "template:organisation")
    load("来源主键,名称,层级,上级代码\n330106,西湖区,区县,330100\n", "template:region")

    load(f"{HEADING}E2,乙科技有限公司,西湖区,\n", "template:organisation")

    assert places() == {"E1": ("330106", ""), "E2": ("330106", "")}


def test_kept_regions_are_read_out_of_whole_texts_and_addresses(load: Any) -> None:
    load(REGIONS, "template:region")
    rows = "E1,甲公司,某省澄屿市望潮区,\nE2,乙公司,,澄屿市望潮区文三路5号\nE3,丙公司,高新区,望潮区1号\n"

    job = load(HEADING + rows, "template:organisation")

    assert places() == {
        "E1": ("990101", ""),
        "E2": ("990101", "澄屿市望潮区文三路5号"),
        "E3": ("990101", "望潮区1号"),
    }
    assert job.notes == {"kind_by_name": 3, "region_by_address": 2}


def test_a_text_that_names_no_region_is_kept_as_address_and_told(load: Any) -> None:
    job = load(f"{HEADING}E1,甲公司,高新区,\nE2,乙公司,高新区,东海路1号\n", "template:organisation")

    assert places() == {"E1": (None, "高新区"), "E2": (None, "东海路1号")}
    assert job.notes == {"kind_by_name": 2, "region_name_unknown:高新区": 2}


def test_many_unknown_texts_are_counted_together(load: Any) -> None:
    rows = "".join(f"N{n},求磁材,需磁材,第{n}工业片\n" for n in range(60))
    job = load(f"来源主键,需求标题,需求内容,地区名称\n{rows}", "template:need")

    assert Need.objects.count() == 60
    assert (len(job.notes), job.notes["region_name_unknown"]) == (51, 10)


def test_a_region_set_by_hand_stays_where_the_file_tells_none(load: Any) -> None:
    load(REGIONS, "template:region")
    load("来源主键,名称,地址\nE1,甲公司,宁波市鄞州区1号\n", "template:organisation")
    Organisation.objects.update(region=Region.objects.get(adcode="990101"))

    load("来源主键,名称,地址\nE1,甲公司,宁波市鄞州区2号\n", "template:organisation")

    assert places() == {"E1": ("990101", "宁波市鄞州区2号")}


def test_the_same_file_again_changes_nothing(load: Any) -> None:
    content = f"{HEADING}E1,甲公司,高新区,\nE2,乙公司,西湖区,\nE3,丙公司,,宁波市鄞州区1号\n"
    load(content, "template:organisation")
    again = content.replace("丙公司,,宁波市鄞州区1号", "丙公司,,宁波市鄞州区 1号")

    job = load(again, "template:organisation")

    assert (job.accepted_count, job.unchanged_count) == (0, 2)
    assert places()["E1"] == (None, "高新区")
