"""Near misses: who fails one changeable condition, nearest first, with what is missing."""

import math
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from planning_policies import AS_OF, SCHEMA, compiled

from silian.engines.rules.compiling import compile_policies
from silian.engines.rules.errors import FactsRefused
from silian.engines.rules.evaluation import Evaluation, evaluate
from silian.engines.rules.near_misses import near_misses
from silian.tables.sessions import DuckDBSession

ROWS: list[dict[str, Any]] = [
    # subject, staff, patents, research, revenue, last year, region, titles
    {"s": "far", "n": 10, "p": 0, "r": 1.0, "rev": 100.0, "last": 90.0, "reg": "330201", "t": ";"},
    {"s": "in", "n": 80, "p": 5, "r": 9.0, "rev": 100.0, "last": 80.0, "reg": "330201", "t": ";x;"},
    {"s": "a", "n": 80, "p": 5, "r": 4.0, "rev": 100.0, "last": 80.0, "reg": "330201", "t": ";x;"},
    {"s": "b", "n": 80, "p": 2, "r": 9.0, "rev": 100.0, "last": 80.0, "reg": "330201", "t": ";x;"},
    {"s": "c", "n": 80, "p": 5, "r": 9.0, "rev": 100.0, "last": 80.0, "reg": "330201", "t": ";"},
    {"s": "d", "n": 80, "p": 5, "r": 9.0, "rev": 105.0, "last": 100.0, "reg": "330201", "t": ";x;"},
    {"s": "gone", "n": 80, "p": 5, "r": 9.0, "rev": 100.0, "last": 80.0, "reg": "11", "t": ";x;"},
    {
        "s": "open",
        "n": None,
        "p": 2,
        "r": 9.0,
        "rev": 9.0,
        "last": 3.0,
        "reg": "330201",
        "t": ";x;",
    },
]


@pytest.fixture
def evaluation() -> Iterator[Evaluation]:
    policy = compiled(
        "staff_count >= 50",
        "patent_count >= 4",
        "research_cny / revenue_cny >= 0.05",
        "has(titles, 'x')",
        "revenue_cny_growth_rate >= 0.1",
        "starts_with(region_code, '33')",
        fixed="c5",
    ).policy
    facts = pa.table(
        {
            "subject_id": [row["s"] for row in ROWS],
            "year": pa.array([2024] * len(ROWS), pa.int32()),
            "staff_count": pa.array([row["n"] for row in ROWS], pa.int64()),
            "patent_count": pa.array([row["p"] for row in ROWS], pa.int64()),
            "research_cny": [row["r"] for row in ROWS],
            "revenue_cny": [row["rev"] for row in ROWS],
            "revenue_cny_last_year": [row["last"] for row in ROWS],
            "revenue_cny_growth_rate": [row["rev"] / row["last"] - 1 for row in ROWS],
            "region_code": [row["reg"] for row in ROWS],
            "titles": [row["t"] for row in ROWS],
        }
    )
    with DuckDBSession(threads=1) as session:
        session.register("facts", facts)
        yield evaluate(compile_policies([policy], SCHEMA, as_of=AS_OF), session, "facts")


def test_the_nearest_come_first_with_what_is_missing(evaluation: Evaluation) -> None:
    result = near_misses(evaluation, "tested")
    assert (result.total, result.measured) == (4, 4)
    found = [(one.subject_id, one.condition_id, one.distance_rate) for one in result.nearest]
    assert found == [
        ("d", "c4", pytest.approx(5 / 110)),
        ("a", "c2", pytest.approx(0.2)),
        ("b", "c1", 0.5),
        ("c", "c3", 1.0),
    ]
    [term, research, revenue] = result.nearest[1].gaps
    assert (term.current, term.required) == (0.04, 0.05)
    assert (research.required, revenue.required) == (5.0, 80.0)
    growth = result.nearest[0].gaps[1]
    assert (growth.name, growth.required) == ("revenue_cny", 110.0)


def test_lists_are_cut_and_say_how_many_there_are(evaluation: Evaluation) -> None:
    result = near_misses(evaluation, "tested", limit=1, most_measured=3)
    assert (result.total, result.measured) == (4, 3)
    assert [one.subject_id for one in result.nearest] == ["a"]


def test_a_run_without_clauses_has_no_near_misses(evaluation: Evaluation) -> None:
    bare = evaluate(evaluation.compiled, evaluation.session, "facts", clause_level=False)
    with pytest.raises(FactsRefused, match="clause_level=True"):
        near_misses(bare, "tested")


def test_what_no_single_fact_closes_is_infinitely_far(evaluation: Evaluation) -> None:
    policy = compiled("patent_count >= 4 AND staff_count <= 20 AND staff_count >= 90").policy
    run = evaluate(compile_policies([policy], SCHEMA, as_of=AS_OF), evaluation.session, "facts")
    assert {one.distance_rate for one in near_misses(run, "tested").nearest} == {math.inf}
