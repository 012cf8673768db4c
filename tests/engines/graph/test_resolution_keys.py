import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from silian.engines.graph.resolution_keys import KeyTable, distinct, first_of_runs

KEYS = st.lists(st.integers(0, 2**62), max_size=60)


@given(st.dictionaries(st.integers(0, 400), st.integers(1, 9), max_size=200), KEYS)
def test_a_table_answers_as_a_dictionary(held, further):
    table = KeyTable(np.array(list(held), np.int64), np.array(list(held.values()), np.int64))
    wanted = [*range(400), *further]
    assert table.get(np.array(wanted, np.int64)).tolist() == [held.get(one, 0) for one in wanted]


@given(KEYS)
def test_distinct_keys_are_sorted_and_each_there_once(keys):
    assert distinct(np.array(keys, np.int64)).tolist() == sorted(set(keys))


def test_runs_begin_where_values_change():
    assert first_of_runs(np.array([2, 2, 3, 2])).tolist() == [True, False, True, True]
    assert first_of_runs(np.array([], np.int64)).tolist() == []
