"""Regions that somebody asks for by code, by its beginning or by name."""

from typing import Any

import pytest

from silian.portal.registry.domain.asked_regions import UnknownRegion, codes_of_asked
from silian.portal.registry.models import Region


@pytest.fixture
def city(load: Any) -> None:
    load(
        "来源主键,名称,层级,上级代码\n990100,澄屿市,市,\n990101,望潮区,区县,990100\n",
        "template:region",
    )
    assert Region.objects.count() == 2


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("浙江", "330000"),
        ("宁波市", "330200"),
        ("浙江省杭州市西湖区", "330106"),
        ("330203", "330203"),
        ("3302", "3302"),
        ("33", "33"),
        ("澄屿", "990100"),
        (" 望潮区 ", "990101"),
        ("99", "99"),
    ],
)
def test_a_region_is_asked_for_by_code_or_name(asked: str, code: str, city: None) -> None:
    assert codes_of_asked([asked]) == (code,)


@pytest.mark.parametrize("asked", ["zz", "99999999", "98", "3", "330298", "乌有市", "³³", ""])
def test_what_is_no_region_is_told(asked: str, city: None) -> None:
    with pytest.raises(UnknownRegion) as refused:
        codes_of_asked(["330200", asked])
    assert f"没有地区“{asked}”" in refused.value.message_zh


def test_a_name_of_several_regions_names_them(city: None) -> None:
    with pytest.raises(UnknownRegion) as refused:
        codes_of_asked(["鼓楼区"])
    assert "福建省福州市鼓楼区" in refused.value.message_zh
    assert "say which" in str(refused.value)
