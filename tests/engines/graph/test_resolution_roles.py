"""Roles of characters told by their order are those found by search."""

import random

from silian.engines.graph.names import read_names
from silian.engines.graph.names_lexicon import default_lexicon
from silian.engines.graph.resolution_roles import (
    BRAND,
    FORM,
    NEXT_TRADE,
    REGION,
    TRADE,
    _in_order,
    _searched,
    _without_suffix,
    name_row,
)
from silian.engines.graph.resolution_table import is_short, one_wording, one_wordings

PIECES = [
    "宁波",
    "宁波市",
    "浙江",
    "屹澍",
    "沐岚",
    "磁性",
    "材料",
    "电子",
    "集团",
    "中国",
    "天",
    "第一",
]
FORMS = ["有限公司", "股份有限公司", "集团有限公司", "厂", "研究所", "大学", "(宁波)有限公司"]


def _names(n_names):
    draw = random.Random(4)
    return [
        "".join(draw.choices(PIECES, k=draw.randint(1, 5))) + draw.choice(FORMS)
        for _ in range(n_names)
    ]


def test_names_that_are_their_pieces_in_order_have_the_roles_found_by_search():
    lexicon = default_lexicon()
    told = 0
    for one in read_names(_names(1500), lexicon, cut_short=False):
        text = one.organisation
        for region in one.regions:
            text = _without_suffix(text, region)
        roles = _in_order(one, text, lexicon)
        if roles:
            told += 1
            assert roles == _searched(one, text, lexicon), one
    assert told > 400


def test_trade_words_take_turns_and_the_suffix_of_the_place_is_left_out():
    lexicon = default_lexicon()
    [one] = read_names(["宁波市屹澍磁性材料有限公司"], lexicon, cut_short=False)
    text, roles = name_row(one, is_short(one), lexicon)
    assert text == "宁波屹澍磁性材料有限公司"
    assert roles[:4] == bytes([REGION, REGION, BRAND, BRAND])
    assert set(roles[4:8]) <= {TRADE, NEXT_TRADE}
    assert roles[8:] == bytes([FORM] * 4)


def test_many_names_are_worded_as_one_by_one():
    lexicon = default_lexicon()
    names = [
        "中科院物理研究所",
        "农业农村部",
        "屹澍有限责任公司",
        "屹澍股份公司",
        "省部共建某重点实验室",
        "",
    ]
    assert one_wordings(names, lexicon) == [one_wording(name, lexicon) for name in names]
    assert one_wordings(["屹澍"], lexicon) == ["屹澍"]
