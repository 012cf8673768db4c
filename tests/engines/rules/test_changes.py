"""The cheapest changes: exact under costs and bounds, and always verified by the clauses."""

from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from planning_policies import compiled

from silian.engines.rules.changes import (
    Change,
    ChangePlan,
    Effort,
    EffortError,
    NoPlan,
    cheapest_changes,
)
from silian.engines.rules.compiling import CompiledPolicy
from silian.engines.rules.lags import with_changes
from silian.tables.clauses import evaluate_clause

ROW: dict[str, Any] = {
    "revenue_cny": 10_000_000.0,
    "revenue_cny_last_year": 8_000_000.0,
    "revenue_cny_growth_rate": 0.25,
    "revenue_cny_mean_three_years": 8_000_000.0,
    "research_cny": 300_000.0,
    "cost_cny": 9_000_000.0,
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
EFFORTS = {
    "research_cny": Effort(cost_cny_per_unit=1.0, upper=2_000_000.0),
    "revenue_cny": Effort(cost_cny_per_unit=0.3, lower=1_000_000.0, upper=20_000_000.0),
    "technical_staff_count": Effort(cost_cny_per_unit=180_000.0, upper=60),
    "patent_count": Effort(cost_cny_per_unit=60_000.0, upper=10),
    "titles:high_tech": Effort(cost_cny_per_unit=500_000.0),
    "titles:giant": Effort(cost_cny_per_unit=900_000.0),
    "listed": Effort(cost_cny_per_unit=5_000_000.0),
}


def plan_for(
    *conditions: str, row: dict[str, Any] = ROW, efforts: dict[str, Effort] = EFFORTS, **more: Any
) -> ChangePlan:
    policy = compiled(*conditions, **more)
    plan = cheapest_changes(policy, row, efforts)
    assert isinstance(plan, ChangePlan), plan
    for clause in policy.conditions:
        assert evaluate_clause(clause, plan.changed_row) is True
    return plan


def required(plan: ChangePlan) -> dict[str, float | bool]:
    return {change.fact + change.code: change.required for change in plan.changes}


def test_who_is_entitled_already_changes_nothing() -> None:
    plan = plan_for("staff_count >= 100")
    assert (plan.changes, plan.cost_cny, plan.is_cheapest) == ((), 0.0, True)


def test_a_ratio_is_raised_by_its_numerator_to_the_cent() -> None:
    plan = plan_for("research_cny / revenue_cny >= 0.05", amount_cny="research_cny * 0.1")
    assert plan.changes == (
        Change(fact="research_cny", current=300_000.0, required=500_000.0, cost_cny=200_000.0),
    )
    assert (plan.cost_cny, plan.amount_cny) == (200_000.0, 50_000.0)


def test_a_cheap_denominator_is_lowered_instead() -> None:
    cheap = EFFORTS | {"revenue_cny": Effort(cost_cny_per_unit=0.01, lower=1_000_000.0)}
    plan = plan_for("research_cny / revenue_cny >= 0.05", efforts=cheap)
    assert required(plan) == {"revenue_cny": 6_000_000.0}


def test_counts_move_in_whole_persons() -> None:
    plan = plan_for("technical_staff_count / staff_count >= 0.105")
    assert required(plan) == {"technical_staff_count": 11}
    assert plan.changed_row["technical_staff_count"] == 11
    assert isinstance(plan.changed_row["technical_staff_count"], int)


def test_a_limit_that_must_be_passed_is_passed_by_one_step() -> None:
    assert required(plan_for("patent_count > 4")) == {"patent_count": 5}
    assert required(plan_for("research_cny > 400000")) == {"research_cny": 400_000.01}
    assert required(plan_for("NOT research_cny <= 400000")) == {"research_cny": 400_000.01}


def test_the_cheaper_alternative_is_taken() -> None:
    either = "has(titles, 'giant') OR has(titles, 'high_tech') OR patent_count >= 12"
    plan = plan_for(either)
    assert plan.changes == (
        Change(fact="titles", code="high_tech", current=0.0, required=1.0, cost_cny=500_000.0),
    )
    assert plan.changed_row["titles"] == ";start_up;high_tech;"


def test_one_change_may_serve_two_conditions() -> None:
    plan = plan_for(
        "has(titles, 'giant') OR has(titles, 'high_tech')",
        "has(titles, 'giant') OR patent_count >= 10",
    )
    assert required(plan) == {"titlesgiant": 1.0}


def test_tiers_are_crossed_where_that_is_cheaper() -> None:
    # Below five million the asked rate is higher, above it lower: growing costs less than spending.
    row = ROW | {"revenue_cny": 4_990_000.0, "research_cny": 200_000.0}
    tiers = (
        "research_cny / revenue_cny >= "
        "CASE WHEN revenue_cny < 5000000 THEN 0.06 WHEN revenue_cny < 9000000 THEN 0.04 ELSE 0.03 END"
    )
    plan = plan_for(tiers, row=row)
    assert required(plan) == {"revenue_cny": 5_000_000.0}
    assert plan.cost_cny == pytest.approx(3_000.0)


def test_a_score_of_bands_is_reached_by_the_cheapest_bands() -> None:
    lets = {
        "staff_points": (
            "CASE WHEN technical_staff_count / staff_count >= 0.3 THEN 20 "
            "WHEN technical_staff_count / staff_count >= 0.2 THEN 12 "
            "WHEN technical_staff_count / staff_count >= 0.1 THEN 4 ELSE 0 END"
        ),
        "research_points": (
            "CASE WHEN research_cny / revenue_cny >= 0.06 THEN 50 "
            "WHEN research_cny / revenue_cny >= 0.05 THEN 40 "
            "WHEN research_cny / revenue_cny >= 0.04 THEN 30 ELSE 10 END"
        ),
        "result_points": (
            "CASE WHEN patent_count >= 4 THEN 24 WHEN patent_count >= 3 THEN 18 ELSE 12 END"
        ),
    }
    plan = plan_for(
        "staff_points > 0",
        "staff_points + research_points + result_points >= 60",
        lets=lets,
    )
    # 4 + 40 + 18: two persons, 200,000 of research, one patent; the next best is dearer.
    assert required(plan) == {
        "technical_staff_count": 10,
        "research_cny": 500_000.0,
        "patent_count": 3,
    }
    assert plan.cost_cny == 2 * 180_000 + 200_000 + 60_000


def test_growth_moves_with_the_fact_that_it_derives_from() -> None:
    plan = plan_for("revenue_cny_growth_rate >= 0.5")
    assert required(plan) == {"revenue_cny": 12_000_000.0}
    assert plan.changed_row["revenue_cny_growth_rate"] == 0.5
    assert plan.changed_row["revenue_cny_mean_three_years"] == pytest.approx(
        8_000_000 + 2_000_000 / 3
    )


def test_a_mean_needs_three_times_the_change() -> None:
    plan = plan_for("revenue_cny_mean_three_years >= 8500000")
    assert required(plan) == {"revenue_cny": 11_500_000.0}


def test_growth_and_intensity_together_need_both() -> None:
    plan = plan_for("revenue_cny_growth_rate >= 0.5", "research_cny / revenue_cny >= 0.04")
    assert required(plan) == {"revenue_cny": 12_000_000.0, "research_cny": 480_000.0}


def test_facts_are_traded_against_each_other() -> None:
    efforts = {
        "research_cny": Effort(cost_cny_per_unit=2.0, upper=400_000.0),
        "cost_cny": Effort(cost_cny_per_unit=1.0, lower=0.0, upper=9_000_000.0),
        "revenue_cny": Effort(cost_cny_per_unit=3.0, upper=20_000_000.0),
    }
    plan = plan_for("revenue_cny - cost_cny + research_cny >= 2000000", efforts=efforts)
    assert required(plan) == {"cost_cny": 8_300_000.0}


def test_the_smaller_of_two_counts_and_the_larger_of_two() -> None:
    plan = plan_for("least(patent_count, technical_staff_count) >= 9")
    assert required(plan) == {"patent_count": 9, "technical_staff_count": 9}
    plan = plan_for("greatest(patent_count, technical_staff_count) >= 10")
    assert required(plan) == {"technical_staff_count": 10}


def test_rounding_is_planned_over() -> None:
    assert required(plan_for("floor(patent_count / 2) >= 3")) == {"patent_count": 6}
    assert required(plan_for("ceil(patent_count / 3) >= 3")) == {"patent_count": 7}
    assert required(plan_for("round(patent_count / 4) >= 2")) == {"patent_count": 6}
    assert required(plan_for("round(patent_count / 40, 1) >= 0.2")) == {"patent_count": 6}


def test_distance_from_a_value_works_both_ways() -> None:
    assert required(plan_for("abs(patent_count - 7) <= 1")) == {"patent_count": 6}
    free = EFFORTS | {"patent_count": Effort(cost_cny_per_unit=1.0, upper=30)}
    assert required(plan_for("abs(patent_count - 2) >= 9", efforts=free)) == {"patent_count": 11}
    assert required(plan_for("patent_count IN (0, 5, 9)", efforts=free)) == {"patent_count": 0}
    assert required(plan_for("patent_count <> 2", efforts=free))["patent_count"] in {1, 3}
    assert required(plan_for("patent_count BETWEEN 6 AND 8")) == {"patent_count": 6}


def test_unknown_parts_can_be_avoided() -> None:
    row = ROW | {"cost_cny": None}
    plan = plan_for("cost_cny < 100 OR patent_count >= 5", row=row)
    assert required(plan) == {"patent_count": 5}
    plan = plan_for("coalesce(cost_cny, research_cny) >= 400000", row=row)
    assert required(plan) == {"research_cny": 400_000.0}


def test_products_of_facts_move_one_fact_and_say_so() -> None:
    plan = plan_for("patent_count * technical_staff_count >= 40")
    assert required(plan) == {"patent_count": 5}
    assert not plan.is_cheapest


def test_yes_no_facts_are_switched() -> None:
    plan = plan_for("listed = TRUE")
    assert required(plan) == {"listed": 1.0}
    assert plan.changed_row["listed"] is True


@pytest.mark.parametrize(
    ("conditions", "row", "reason", "facts"),
    [
        (("starts_with(region_code, '3301')",), ROW, "no_effort", ("region_code",)),
        (("staff_count >= 200",), ROW, "no_effort", ("staff_count",)),
        (("patent_count >= 11",), ROW, "out_of_reach", ("patent_count",)),
        (("patent_count >= 3",), ROW | {"patent_count": None}, "missing_facts", ("patent_count",)),
        (("patent_count >= 8", "patent_count <= 5"), ROW, "conflict", ()),
        (
            ("patent_count * technical_staff_count >= 600",),
            ROW,
            "not_linear",
            ("patent_count", "technical_staff_count"),
        ),
    ],
)
def test_where_no_changes_lead_the_reason_is_named(
    conditions: tuple[str, ...], row: dict[str, Any], reason: str, facts: tuple[str, ...]
) -> None:
    result = cheapest_changes(compiled(*conditions), row, EFFORTS)
    assert isinstance(result, NoPlan)
    assert (result.reason, result.facts) == (reason, facts)


def test_no_way_is_sought_around_what_cannot_be_changed() -> None:
    result = cheapest_changes(
        compiled("patent_count >= 5", "technical_staff_count >= 9", fixed="c1"), ROW, EFFORTS
    )
    assert isinstance(result, NoPlan)
    assert (result.reason, result.condition_ids) == ("not_changeable", ("c1",))


@pytest.mark.parametrize(
    "effort",
    [
        Effort(cost_cny_per_unit=-1.0),
        Effort(cost_cny_per_unit=float("nan")),
        Effort(cost_cny_per_unit=1.0, lower=9.0, upper=3.0),
    ],
)
def test_efforts_that_make_no_sense_are_refused(effort: Effort) -> None:
    with pytest.raises(EffortError, match="patent_count"):
        cheapest_changes(compiled("patent_count >= 5"), ROW, {"patent_count": effort})


def test_lags_follow_changed_facts_only_where_they_are_known() -> None:
    row = {"a_cny": 6.0, "a_cny_last_year": None, "a_cny_growth_rate": None}
    assert with_changes(row, {"a_cny": 9.0}) == {**row, "a_cny": 9.0}
    young = {"a_cny": 6.0, "a_cny_mean_three_years": 6.0}
    assert with_changes(young, {"a_cny": 9.0})["a_cny_mean_three_years"] == 9.0
    two = {
        "a_cny": 6.0,
        "a_cny_last_year": 2.0,
        "a_cny_mean_three_years": 4.0,
        "year": 2024,
        "established_on": date(2023, 5, 1),
    }
    assert with_changes(two, {"a_cny": 8.0})["a_cny_mean_three_years"] == 5.0


def test_a_mean_of_a_dated_subject_moves_only_where_the_year_is_told() -> None:
    row = {name: value for name, value in ROW.items() if name != "year"}
    asked = "revenue_cny_mean_three_years >= 9000000"
    no_plan = cheapest_changes(compiled(asked), row, EFFORTS)
    assert isinstance(no_plan, NoPlan)
    assert (no_plan.reason, no_plan.facts) == ("missing_facts", ("year",))
    moved = with_changes(row, {"revenue_cny": 1.0})
    assert moved["revenue_cny_mean_three_years"] is None
    undated = {**row, "established_on": None}
    assert with_changes(undated, {"revenue_cny": 1e7})["revenue_cny_mean_three_years"] is not None


# -- against brute force ------------------------------------------------------------------------

COUNTS = ("patent_count", "technical_staff_count", "staff_count")
LIMIT = st.integers(0, 12)
FACT = st.sampled_from(COUNTS)
TERM = st.one_of(
    FACT,
    st.builds("{} + {}".format, FACT, FACT),
    st.builds("2 * {} - {}".format, FACT, FACT),
    st.builds("10 * {} / {}".format, FACT, FACT),
    st.builds("least({}, {})".format, FACT, FACT),
    st.builds("greatest({}, {} - 3)".format, FACT, FACT),
    st.builds("abs({} - {})".format, FACT, FACT),
    st.builds("floor({} / 3)".format, FACT),
    st.builds("coalesce({} / {}, 4)".format, FACT, FACT),
    st.builds(
        "CASE WHEN {} >= {} THEN 6 WHEN {} > {} THEN {} ELSE 0 END".format,
        FACT, LIMIT, FACT, LIMIT, FACT,
    ),
)  # fmt: skip
ATOM = st.one_of(
    st.builds("({} {} {})".format, TERM, st.sampled_from([">=", ">", "<=", "<", "=", "<>"]), LIMIT),
    st.builds("({} BETWEEN {} AND {})".format, TERM, LIMIT, LIMIT),
    st.builds("({} IN ({}, {}))".format, FACT, LIMIT, LIMIT),
    st.just("has(titles, 'giant')"),
    st.just("(research_cny / patent_count >= 100000)"),
    st.just("(cost_cny > 5)"),
)
CONDITION = st.recursive(
    ATOM,
    lambda inner: st.one_of(
        st.builds("({} AND {})".format, inner, inner),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("(NOT {})".format, inner),
    ),
    max_leaves=4,
)


VALUES = st.tuples(*(st.integers(0, 6) for _ in COUNTS))
COSTS = st.tuples(*(st.integers(1, 9) for _ in COUNTS))


@settings(max_examples=60)
@given(
    conditions=st.lists(CONDITION, min_size=1, max_size=3),
    values=VALUES,
    costs=COSTS,
    has_title=st.booleans(),
)
def test_no_grid_point_within_the_bounds_is_cheaper(
    conditions: list[str], values: tuple[int, ...], costs: tuple[int, ...], has_title: bool
) -> None:
    compare_with_the_grid(compiled(*conditions), values, costs, has_title)


BANDS = {
    "first_points": "CASE WHEN patent_count >= 7 THEN 5 WHEN patent_count > 2 THEN 3 ELSE 0 END",
    "second_points": (
        "CASE WHEN technical_staff_count / staff_count >= 0.8 THEN 4 "
        "WHEN technical_staff_count / staff_count >= 0.5 THEN 2 ELSE 1 END"
    ),
    "third_points": (
        "CASE WHEN has(titles, 'giant') THEN 3 WHEN staff_count BETWEEN 4 AND 6 THEN 2 ELSE 0 END"
    ),
    "class_points": "first_points + second_points",
    "best_points": "greatest(second_points, third_points) - least(first_points, 2)",
}
POINTS = st.sampled_from(sorted(BANDS))
SCORE = st.builds(
    "({} + {} - {} {} {})".format,
    POINTS, POINTS, POINTS, st.sampled_from([">=", ">", "<=", "<", "=", "<>"]), st.integers(0, 9),
)  # fmt: skip


@settings(max_examples=40)
@given(
    conditions=st.lists(
        st.one_of(
            SCORE,
            st.builds("({} OR {})".format, SCORE, ATOM),
            st.builds("(NOT ({} AND {}))".format, SCORE, SCORE),
        ),
        min_size=1,
        max_size=2,
    ),
    values=VALUES,
    costs=COSTS,
    has_title=st.booleans(),
)
def test_no_cheaper_bands_reach_a_score(
    conditions: list[str], values: tuple[int, ...], costs: tuple[int, ...], has_title: bool
) -> None:
    compare_with_the_grid(compiled(*conditions, lets=BANDS), values, costs, has_title)


def compare_with_the_grid(
    policy: CompiledPolicy, values: tuple[int, ...], costs: tuple[int, ...], has_title: bool
) -> None:
    """Whatever a plan costs, no point of the grid is cheaper; without a plan there is none."""
    row = ROW | dict(zip(COUNTS, values, strict=True))
    row |= {"cost_cny": None, "titles": ";giant;" if has_title else ";"}
    efforts = {
        name: Effort(cost_cny_per_unit=float(cost), lower=0, upper=9)
        for name, cost in zip(COUNTS, costs, strict=True)
    } | {"titles:giant": Effort(cost_cny_per_unit=4.0)}
    best = None
    for point in product(range(10), repeat=len(COUNTS)):
        for titled in {has_title, True}:
            changed = row | dict(zip(COUNTS, point, strict=True))
            changed["titles"] = ";giant;" if titled else ";"
            spent = 4.0 * (titled and not has_title) + sum(
                cost * abs(new - old) for cost, new, old in zip(costs, point, values, strict=True)
            )
            if (best is None or spent < best) and all(
                evaluate_clause(clause, changed) is True for clause in policy.conditions
            ):
                best = spent
    result = cheapest_changes(policy, row, efforts)
    if isinstance(result, NoPlan):
        assert best is None or result.reason == "not_linear"
        return
    assume(result.is_cheapest)
    assert best is not None
    assert result.cost_cny <= best + 1e-9
    for clause in policy.conditions:
        assert evaluate_clause(clause, result.changed_row) is True
