"""Gaps: how much is missing, in its own unit, above and below the line; closing one is enough."""

from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from planning_policies import SCHEMA, compiled

from silian.engines.rules.changes import Effort, NoPlan, changed_row, cheapest_changes
from silian.engines.rules.gaps import Gap, gaps
from silian.engines.rules.subjects import answer_policy
from silian.tables.clauses import FactColumn, FactSchema, evaluate_clause

ROW: dict[str, Any] = {
    "revenue_cny": 10_000_000.0,
    "revenue_cny_last_year": 8_000_000.0,
    "revenue_cny_growth_rate": 0.25,
    "revenue_cny_mean_three_years": 8_000_000.0,
    "research_cny": 300_000.0,
    "cost_cny": None,
    "staff_count": 100,
    "technical_staff_count": 8,
    "patent_count": 2,
    "share_rate": 0.08,
    "listed": False,
    "titles": ";start_up;",
    "region_code": "330203",
    "established_on": date(2015, 3, 1),
    "year": 2024,
}


def found(*conditions: str, row: dict[str, Any] = ROW, **more: Any) -> list[tuple[Any, ...]]:
    return [
        (gap.side, gap.name + gap.code, gap.current, gap.required, gap.unit, gap.direction)
        for gap in gaps(compiled(*conditions, **more), row)
    ]


def test_what_holds_is_unknown_or_is_no_number_has_no_gap() -> None:
    assert found("staff_count >= 50", "cost_cny > 3", "starts_with(region_code, '3301')") == []


def test_a_ratio_has_a_gap_of_its_own_one_above_and_one_below() -> None:
    assert found("intensity >= 0.05", lets={"intensity": "research_cny / revenue_cny"}) == [
        ("term", "intensity", 0.03, 0.05, "rate", "raise"),
        ("numerator", "research_cny", 300_000.0, 500_000.0, "cny", "raise"),
        ("denominator", "revenue_cny", 10_000_000.0, 6_000_000.0, "cny", "lower"),
    ]


def test_shortfalls_are_positive_and_in_the_unit_of_the_fact() -> None:
    policy = compiled("technical_staff_count / staff_count >= 0.1")
    term, above, below = gaps(policy, ROW)
    assert (round(term.shortfall, 12), term.unit) == (0.02, "rate")
    assert (above.shortfall, above.unit, above.closes_condition) == (2.0, "count", True)
    assert (below.shortfall, below.required, below.direction) == (20.0, 80.0, "lower")
    people = FactSchema((FactColumn(name="staff_count", type="integer", unit="persons"),))
    assert [gap.unit for gap in gaps(policy, ROW, schema=people)][2] == "persons"


def test_too_much_is_a_gap_downward() -> None:
    assert found("staff_count <= 80") == [
        ("term", "staff_count", 100.0, 80.0, "count", "lower"),
        ("fact", "staff_count", 100.0, 80.0, "count", "lower"),
    ]
    assert found("80 > staff_count")[1] == ("fact", "staff_count", 100.0, 79.0, "count", "lower")


def test_growth_names_the_fact_behind_it() -> None:
    assert found("revenue_cny_growth_rate >= 0.5") == [
        ("term", "revenue_cny_growth_rate", 0.25, 0.5, "rate", "raise"),
        ("fact", "revenue_cny", 10_000_000.0, 12_000_000.0, "cny", "raise"),
    ]


def test_thresholds_of_tiers_are_found_by_their_values() -> None:
    tiers = (
        "research_cny / revenue_cny >= CASE WHEN revenue_cny <= 12000000 THEN 0.05 ELSE 0.02 END"
    )
    sides = {gap[1]: gap[3] for gap in found(tiers) if gap[0] != "term"}
    assert sides == {"research_cny": 500_000.0, "revenue_cny": 12_000_000.01}


def test_alternatives_are_numbered_and_what_both_need_is_not() -> None:
    policy = compiled("patent_count >= 3 AND (staff_count >= 150 OR has(titles, 'giant'))")
    parts = [
        (g.alternative, g.side, g.name + g.code, g.closes_condition) for g in gaps(policy, ROW)
    ]
    assert parts == [
        (0, "term", "patent_count", False),
        (0, "fact", "patent_count", False),
        (1, "term", "staff_count", False),
        (1, "fact", "staff_count", False),
        (2, "code", "titlesgiant", False),
    ]


def test_alternatives_that_no_effort_opens_are_not_offered() -> None:
    asked = "patent_count >= 5"
    elsewhere = "region_code = '330100' AND staff_count >= 200"
    unasked = "patent_count IS NULL AND staff_count >= 150"
    young = "established_on > DATE '2020-01-01' AND staff_count >= 120"
    gaps_of_both = found(f"({asked}) OR ({elsewhere}) OR ({unasked}) OR ({young})")
    assert [(name, required) for side, name, _, required, _, _ in gaps_of_both] == [
        ("patent_count", 5.0),
        ("patent_count", 5.0),
        ("staff_count", 120.0),
        ("staff_count", 120.0),
    ]


def test_both_ends_of_a_range_are_asked_by_themselves() -> None:
    assert found("patent_count BETWEEN 4 AND 9")[1] == (
        "fact", "patent_count", 2.0, 4.0, "count", "raise",
    )  # fmt: skip
    assert found("NOT staff_count BETWEEN 90 AND 110") == [
        ("fact", "staff_count", 100.0, 89.0, "count", "lower")
    ]


NUMBER = st.sampled_from(
    ["revenue_cny", "research_cny", "staff_count", "technical_staff_count", "patent_count",
     "share_rate", "revenue_cny_growth_rate", "revenue_cny_mean_three_years"]
)  # fmt: skip
TERM = st.one_of(
    NUMBER,
    st.builds("({} / {})".format, NUMBER, NUMBER),
    st.builds("({} + {} - {})".format, NUMBER, NUMBER, NUMBER),
    st.builds("(CASE WHEN {} >= 5 THEN {} ELSE {} END)".format, NUMBER, NUMBER, NUMBER),
)
BOUND = st.one_of(
    st.integers(0, 200).map(str),
    st.decimals(0, 1, places=3).map(str),
    st.builds("0.{} * {}".format, st.integers(1, 99), NUMBER),
)
CONDITION = st.builds("{} {} {}".format, TERM, st.sampled_from([">=", ">", "<=", "<", "="]), BOUND)


@settings(max_examples=100)
@given(
    conditions=st.lists(CONDITION, min_size=1, max_size=3),
    revenue=st.integers(1, 10**11),
    research=st.integers(0, 10**9),
    counts=st.tuples(st.integers(0, 300), st.integers(0, 300), st.integers(0, 50)),
    share=st.floats(0, 1),
)
def test_a_closed_gap_meets_its_condition_and_the_last_one_entitles(
    conditions: list[str], revenue: int, research: int, counts: tuple[int, ...], share: float
) -> None:
    policy = compiled(*conditions)
    row = ROW | {
        "revenue_cny": revenue / 100,
        "revenue_cny_growth_rate": revenue / 100 / 8_000_000.0 - 1.0,
        "research_cny": research / 100,
        "staff_count": counts[0],
        "technical_staff_count": counts[1],
        "patent_count": counts[2],
        "share_rate": share,
    }
    before = answer_policy(policy, row)
    clauses = dict(zip((one.condition_id for one in policy.policy.conditions), policy.conditions,
                       strict=True))  # fmt: skip
    for gap in gaps(policy, row, schema=SCHEMA):
        assert gap.shortfall >= 0
        if gap.side == "term":
            continue
        assert gap.closes_condition  # these conditions are one comparison each
        changed = changed_row(row, {gap.name: gap.required})
        assert evaluate_clause(clauses[gap.condition.condition_id], changed) is True
        unmet = [one for one in before.conditions if one.standing != "met"]
        others_hold = all(evaluate_clause(clause, changed) is True for clause in clauses.values())
        if len(unmet) == 1 and others_hold:
            assert answer_policy(policy, changed).entitlement == "entitled"
            _no_dearer_than(policy, row, gap)


def _no_dearer_than(policy: Any, row: dict[str, Any], gap: Gap) -> None:
    """A plan that may move just this fact costs what the gap says."""
    effort = Effort(cost_cny_per_unit=1.0)
    plan = cheapest_changes(policy, row, {gap.name: effort})
    if isinstance(plan, NoPlan):  # a fact times its own growth: the way is not searched
        assert plan.reason == "not_linear"
        return
    assert abs(plan.cost_cny - gap.shortfall) <= 0.011 + 1e-6 * gap.shortfall
