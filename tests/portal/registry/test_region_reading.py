"""Which region a text means, by the regions that are kept and those in force."""

import pytest

from silian.library.regions import regions_in_force
from silian.portal.registry.domain.region_names import short_region
from silian.portal.registry.domain.region_reading import Kept, Meant, RegionReader

CITY = (
    Kept(1, "990100", "澄屿市", "city", ""),
    Kept(2, "990101", "望潮区", "district", "990100"),
    Kept(3, "990102", "云汀区", "district", "990100"),
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("浙江省杭州市西湖区", "330106"),
        ("江西省南昌市西湖区", "360103"),
        ("杭州西湖区", "330106"),
        ("浙江 / 杭州 / 西湖", "330106"),
        ("中国浙江省宁波市", "330200"),
        ("宁波", "330200"),
        ("浙江省宁波市余姚市", "330281"),
        ("浙江省余姚市", "330281"),
        ("内蒙古自治区呼和浩特市", "150100"),
        ("内蒙古呼和浩特", "150100"),
        ("黔东南州凯里市", "522601"),
        ("延边州", "222400"),
        ("北京市市辖区朝阳区", "110105"),
        ("北京朝阳", "110105"),
        ("长春市朝阳区", "220104"),
        ("吉林", "220000"),
        ("吉林省吉林市", "220200"),
        ("海南", "460000"),
        ("湖北省仙桃市", "429004"),
        ("宁波市鄞州区首南街道天童南路1号", "330212"),
    ],
)
def test_regions_in_force_are_read_part_by_part(text: str, code: str) -> None:
    assert RegionReader([]).meant(text) == Meant(code)


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("西湖区", ("浙江省杭州市西湖区", "江西省南昌市西湖区")),
        ("朝阳区", ("北京市朝阳区", "吉林省长春市朝阳区")),
        ("中山", ("辽宁省大连市中山区", "广东省中山市")),
        ("江苏鼓楼区", ("江苏省南京市鼓楼区", "江苏省徐州市鼓楼区")),
        ("高新区", ()),
        ("某省杭州市西湖区", ()),
        ("宁波市西湖区", ()),
    ],
)
def test_what_could_be_several_or_contradicts_itself_is_none(
    text: str, candidates: tuple[str, ...]
) -> None:
    assert RegionReader([]).meant(text) == Meant(candidates=candidates)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("望潮区", "990101"),
        ("望潮", "990101"),
        ("澄屿市望潮区", "990101"),
        ("某省澄屿市云汀区", "990102"),
        ("澄屿市/云汀区", "990102"),
        ("澄屿市望潮区望潮街道", "990101"),
        ("浙江省杭州市西湖区", "330106"),
        ("宁波市望潮区", ""),
    ],
)
def test_regions_that_are_kept_go_before_those_in_force(text: str, code: str) -> None:
    assert RegionReader(CITY).meant(text).adcode == code


def test_a_kept_district_is_meant_by_its_bare_name_a_mentioned_one_is_not() -> None:
    kept = Kept(1, "330106", "西湖区", "district", "330100")
    assert RegionReader([kept]).meant("西湖区") == Meant("330106")
    mentioned = kept._replace(mentioned=True)
    assert RegionReader([mentioned]).meant("西湖区").adcode == ""


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("澄屿市望潮区文三路5号科技园区", "990101"),
        ("望潮区文三路5号", "990101"),
        ("浙江省宁波市鄞州区首南街道天童南路1号", "330212"),
        ("荆州市沙市区江津路1号", "421002"),
        ("中山市场路1号", ""),
        ("文三路5号", ""),
    ],
)
def test_an_address_tells_the_region_it_begins_with(address: str, code: str) -> None:
    assert RegionReader(CITY).in_address(address) == code


def test_the_list_in_force_has_every_province_and_no_district_without_one() -> None:
    codes = regions_in_force()
    provinces = {code[:2] for code in codes if code.endswith("0000")}
    assert len(provinces) == 34
    assert {code[:2] for code in codes} == provinces


def test_endings_and_peoples_are_left_out_of_short_names() -> None:
    assert [short_region(name) for name in ("广西壮族自治区", "阿拉善盟", "巴音郭楞蒙古自治州", "双江拉祜族佤族布朗族傣族自治县")] == ["广西", "阿拉善", "巴音郭楞", "双江"]  # fmt: skip
