"""The list of regions in force, kept on demand."""

from typing import Any

import pytest

from silian.library.regions import regions_in_force
from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.registry.domain.region_register import (
    KeptRegions,
    NoSuchRegion,
    keep_regions,
)
from silian.portal.registry.models import Organisation, Region


def test_the_regions_of_a_city_come_with_its_province(db: None) -> None:
    assert keep_regions(SYSTEM, "3306") == KeptRegions(
        made_count=8, named_count=0, unchanged_count=0
    )
    regions = Region.objects.order_by("adcode").values_list("adcode", "name", "parent_adcode")
    assert list(regions)[:3] == [
        ("330000", "浙江省", "100000"),
        ("330600", "绍兴市", "330000"),
        ("330602", "越城区", "330600"),
    ]
    assert Region.objects.get(adcode="330600").history.count() == 1


def test_all_are_kept_once(db: None) -> None:
    n_all = len(regions_in_force())
    assert keep_regions(SYSTEM).made_count == n_all
    assert keep_regions(SYSTEM).unchanged_count == n_all
    assert Region.objects.get(adcode="110105").parent_adcode == "110000"


def test_what_was_mentioned_becomes_known_and_what_a_register_told_stays(load: Any) -> None:
    load("来源主键,名称,层级,英文名称\n330106,西湖景区,区县,West Lake\n", "template:region")
    heading = "来源主键,名称,地区名称\n"
    load(f"{heading}E1,甲科技有限公司,福建省福州市鼓楼区\n", "template:organisation")

    assert keep_regions(SYSTEM, "350102").named_count == 3
    assert keep_regions(SYSTEM, "330106").unchanged_count == 1

    load(f"{heading}E2,乙科技有限公司,鼓楼区\n", "template:organisation")
    assert Organisation.objects.get(source_key="E2").region.adcode == "350102"
    assert Region.objects.get(adcode="330106").name == "西湖景区"


def test_a_code_that_no_region_has_is_refused(db: None) -> None:
    with pytest.raises(NoSuchRegion, match="'99'"):
        keep_regions(SYSTEM, "99")


def test_organisations_whose_text_could_not_be_read_are_placed_once_it_can(load: Any) -> None:
    rows = "E1,甲科技有限公司,鼓楼区,\nE2,乙科技有限公司,,城西路1号\nE3,丙科技有限公司,高新区,\n"
    load(f"来源主键,名称,地区名称,地址\n{rows}", "template:organisation")

    assert keep_regions(SYSTEM, "3501").placed_count == 1

    placed = Organisation.objects.values_list("source_key", "region__adcode", "address")
    assert set(placed) == {
        ("E1", "350102", "鼓楼区"),
        ("E2", None, "城西路1号"),
        ("E3", None, "高新区"),
    }
    history = Organisation.objects.get(source_key="E1").history.all()
    assert [one.history_type for one in history] == ["~", "+"]
