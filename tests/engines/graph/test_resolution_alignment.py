"""Bounds spare work and change nothing."""

import random

import numpy as np

from silian.engines.graph.names_lexicon import default_lexicon
from silian.engines.graph.resolution_alignment import AlignmentCosts, align
from silian.engines.graph.resolution_rarity import measure_rarity
from silian.engines.graph.resolution_table import make_table

CHARACTERS = "屹澍沐岚珩璟翊棠"
TRADES = ("磁性材料", "电子科技", "精密机械", "生物医药")


def _table(n_names=60):
    draw = random.Random(4)
    names = []
    for number in range(n_names):
        brand = "".join(draw.choices(CHARACTERS, k=draw.choice((2, 3))))
        trade = draw.choice(TRADES)
        place = draw.choice(("宁波", "杭州市", ""))
        full = (f"{place}{brand}{trade}有限公司", f"{place}{brand}大学", f"{brand}研究所")
        names.append([brand + trade[:2] if number % 3 == 0 else draw.choice(full)])
    return make_table([*names, ["Yishu Magnetics Ltd"], ["Yishu Foods Ltd"]], default_lexicon())


def _weights(may_be_renamed, **bounds):
    table = _table()
    rarity = measure_rarity(table, default_lexicon().trades)
    left, right = np.triu_indices(len(table), 1)
    some_full = ~(table.is_short[left] & table.is_short[right])
    left, right = left[some_full], right[some_full]
    is_full = ~table.is_short[left] & ~table.is_short[right]
    costs = AlignmentCosts()
    return is_full, align(
        table, left, right, rarity, costs, may_be_renamed=may_be_renamed, **bounds
    )


def test_weights_from_the_bound_upwards_are_those_without_a_bound():
    is_full, plain = _weights(False)
    exact = np.arange(len(plain)) % 7 == 0
    _, bounded = _weights(False, least_full=-2.0, exact=exact)
    told = exact | (plain >= -2.0) | ~is_full
    assert 0 < told.sum() < len(told)
    np.testing.assert_allclose(bounded[told], plain[told], atol=1e-4)
    assert (bounded[~told] < -2.0).all()
    assert (bounded >= plain - 1e-4).all()


def test_of_what_may_be_renamed_nothing_says_less_than_no_shared_piece():
    is_full, plain = _weights(False)
    _, renamed = _weights(True)
    assert (renamed[is_full] >= np.maximum(plain[is_full], -2.0) - 1e-4).all()
    assert renamed[~is_full].tolist() == plain[~is_full].tolist()


def test_equal_names_say_more_than_names_of_equal_parts():
    names = [
        "宁波屹澍电子有限公司",
        "宁波屹澍电子有限公司",
        "杭州屹澍电子股份有限公司",
        "宁波屹澍机械厂",
    ]
    table = make_table([[name] for name in names], default_lexicon())
    rarity = measure_rarity(table, default_lexicon().trades)
    weights = align(table, np.zeros(3, np.int64), np.arange(1, 4), rarity, AlignmentCosts())
    assert weights[0] > weights[1] + 10
    assert weights[1] > weights[2]
