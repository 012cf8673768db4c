"""Names cut together come apart as names cut one by one."""

import random

import pytest

from silian.engines.graph.names import parse_organisation_name, parse_organisation_names
from silian.engines.graph.names_cutting import cut_bodies
from silian.engines.graph.names_lexicon import default_lexicon, with_places
from silian.engines.graph.names_segmentation import cut_body

WORDS = [
    *(
        "宁波",
        "浙江",
        "宁波市",
        "江北区",
        "西安",
        "高新区",
        "中国",
        "北京",
        "某某镇",
        "市",
        "区",
        "村",
    ),
    *("屹澍", "沐岚", "珩", "环球", "天", "第一", "乳", "业", "机", "的", "与", "abc", "3d", "·"),
    *("农村商业银行", "磁性材料", "新材料", "生物医药", "城市", "建设", "投资", "发展", "华东"),
    *("电子", "科技", "机械", "集团", "控股", "实业", "服务"),
]


def _bodies(n_bodies, seed=1):
    draw = random.Random(seed)
    return ["".join(draw.choices(WORDS, k=draw.randint(0, 5))) for _ in range(n_bodies)]


def test_bodies_cut_together_are_cut_as_one_by_one():
    bodies = _bodies(1500)
    lexicon = default_lexicon()
    assert cut_bodies(bodies, lexicon) == [cut_body(body, lexicon) for body in bodies]


def test_a_lexicon_of_ones_own_counts_for_many_as_for_one():
    lexicon = with_places(default_lexicon(), {"990100": "澄屿市"})
    cuts = cut_bodies(["澄屿屹澍电子"] * 100, lexicon)
    assert {(cut.regions, cut.brand) for cut in cuts} == {(("澄屿",), "屹澍")}
    assert cuts[0] == cut_body("澄屿屹澍电子", lexicon)


@pytest.mark.parametrize("cut_short", [True, False])
def test_names_taken_apart_together_have_the_same_parts(cut_short):
    draw = random.Random(2)
    endings = (
        "有限公司",
        "股份有限公司",
        "研究所",
        "大学材料学院",
        "（宁波）有限公司",
        "",
        "厂",
        " Ltd",
    )
    names = [body + draw.choice(endings) for body in _bodies(600, seed=3)]
    assert parse_organisation_names(names, cut_short=cut_short) == [
        parse_organisation_name(name, cut_short=cut_short) for name in names
    ]


def test_no_names_have_no_parts():
    assert parse_organisation_names([]) == []
    assert cut_bodies(["", "屹"], default_lexicon()) == [
        cut_body("", default_lexicon()),
        cut_body("屹", default_lexicon()),
    ]
