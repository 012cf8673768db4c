import random

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from silian.engines.graph.resolution_conditions import PairedColumns, UnknownCondition
from silian.engines.graph.resolution_scoring import (
    Comparison,
    Level,
    default_comparisons,
    weigh_attributes,
)

VALUES = (None, "", "a", "b", "2001-02-03", "2001-09-09", "1999-01-01")
NAMES = ("province", "prefecture", "county", "founded", "branch", "ordinals", "kind", "host")


def _columns(n_records=40, seed=1):
    draw = random.Random(seed)
    return {name: [draw.choice(VALUES) for _ in range(n_records)] for name in NAMES}


def _all_pairs(n_records=40):
    left, right = np.meshgrid(np.arange(n_records), np.arange(n_records))
    return left.ravel(), right.ravel()


@pytest.mark.parametrize(
    "condition",
    [
        "kind_l = kind_r",
        "kind_l <> host_r",
        "NOT (kind_l = 'a' OR host_r IS NULL) AND branch_l = ''",
        "kind_l IS NOT NULL AND NOT kind_r = host_l",
        "substr(founded_l, 1, 4) = substr(founded_r, 1, 4)",
        "substr(founded_l, 6, 2) = '02'",
    ],
)
def test_conditions_hold_where_they_hold_in_duckdb(condition):
    columns, (left, right) = _columns(), _all_pairs()
    found = PairedColumns(columns, left, right).level("kind_l IS NULL", [condition]) == 0
    sides = {
        f"{name}_{side}": pa.array([values[place] for place in places], pa.string())
        for name, values in columns.items()
        for side, places in (("l", left), ("r", right))
    }
    pairs = pa.table({**sides, "place": np.arange(len(left))})
    with duckdb.connect() as connection:
        connection.register("pairs", pairs)
        query = f"SELECT place FROM pairs WHERE kind_l IS NOT NULL AND ({condition}) ORDER BY place"
        rows = connection.sql(query).fetchall()
    assert np.flatnonzero(found).tolist() == [place for (place,) in rows]


def test_packaged_conditions_need_no_database():
    left, right = _all_pairs()
    columns = PairedColumns({**_columns(), "unified_code": [], "weak_code": []}, left, right)
    for one in default_comparisons():
        if set(one.columns) <= set(NAMES):
            columns.level(one.unknown, [level.sql for level in one.levels])


def test_other_conditions_are_put_to_duckdb():
    levels = (
        Level(label="alike", sql="lower(kind_l) = lower(kind_r)", m=0.9, u=0.1),
        Level(label="not", sql="ELSE", m=0.1, u=0.9),
    )
    alike = Comparison(name="kind", label_zh="类型", columns=("kind",), levels=levels)
    pairs = np.array([0, 0]), np.array([1, 2])
    with pytest.raises(UnknownCondition):
        PairedColumns({"kind": ["a", "b", "c"]}, *pairs).level("kind_l IS NULL", [levels[0].sql])
    weights = weigh_attributes({"kind": ["aab", "AAB", "xyz"]}, *pairs, [alike])
    assert weights.levels.tolist() == [[0], [1]]
