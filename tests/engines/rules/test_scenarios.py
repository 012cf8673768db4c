"""Scenarios: who wins and loses by a change of policy, what it costs, in all and by group."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from planning_policies import AS_OF, SCHEMA, SOURCE, compiled

from silian.engines.rules.compiling import compile_policies
from silian.engines.rules.evaluation import Evaluation, evaluate
from silian.engines.rules.scenarios import ScenarioError, compare_scenarios
from silian.engines.rules.stacking import stack
from silian.engines.rules.values import Parameter, ParameterValue, Policy, StackingGroup
from silian.tables.sessions import DuckDBSession


def parameter(name: str, value: float) -> Parameter:
    values = (ParameterValue(valid_from=date(2020, 1, 1), value=value, source=SOURCE),)
    return Parameter(parameter_id=name, label_zh=name, label_en=name, unit="", values=values)


def policy(policy_id: str, *conditions: str, amount_cny: str = "", **figures: float) -> Policy:
    draft = compiled(*["TRUE" for _ in conditions], amount_cny="1" if amount_cny else "").policy
    return replace(
        draft,
        policy_id=policy_id,
        parameters=tuple(parameter(name, value) for name, value in figures.items()),
        conditions=tuple(
            replace(one, expression=text)
            for one, text in zip(draft.conditions, conditions, strict=True)
        ),
        amount=draft.amount
        and replace(draft.amount, tiers=(replace(draft.amount.tiers[0], amount_cny=amount_cny),)),
    )


GRANT = policy(
    "grant",
    "research_cny / revenue_cny >= lowest_rate",
    amount_cny="research_cny * grant_rate",
    lowest_rate=0.05,
    grant_rate=0.1,
)
AWARD = policy("award", "patent_count >= lowest_count", amount_cny="20", lowest_count=3)
TITLE = policy("title", "staff_count >= lowest_staff", lowest_staff=100)


@pytest.fixture
def session() -> Iterator[DuckDBSession]:
    with DuckDBSession(threads=1) as session:
        session.register(
            "facts",
            pa.table(
                {
                    "subject_id": ["a", "b", "c", "d"],
                    "year": pa.array([2024] * 4, pa.int32()),
                    "revenue_cny": [1000.0, 1000.0, 1000.0, None],
                    "research_cny": [100.0, 40.0, 30.0, 50.0],
                    "patent_count": pa.array([5, 3, 2, 3], pa.int64()),
                    "staff_count": pa.array([10, 20, 90, 200], pa.int64()),
                    "region_code": ["330201", "330203", "330203", None],
                }
            ),
        )
        yield session


def run(
    session: DuckDBSession, policies: Sequence[Policy] = (GRANT, AWARD, TITLE), **overrides: float
) -> Evaluation:
    named = {tuple(name.split("__")): value for name, value in overrides.items()}
    chosen = compile_policies(policies, SCHEMA, as_of=AS_OF, overrides=named)  # type: ignore[arg-type]
    return evaluate(chosen, session, "facts")


def test_the_same_policy_changes_nothing(session: DuckDBSession) -> None:
    result = compare_scenarios(run(session), run(session), ["region_code"])
    assert (result.winners, result.losers, result.difference_cny) == (0, 0, 0.0)
    assert result.base_cny == result.changed_cny == 10.0 + 3 * 20.0
    assert result.subjects.num_rows == 0


def test_a_lower_threshold_has_winners_and_a_cost_by_group(session: DuckDBSession) -> None:
    result = compare_scenarios(
        run(session),
        run(session, grant__lowest_rate=0.04, award__lowest_count=4, title__lowest_staff=50),
        ["region_code"],
    )
    assert result.subjects.to_pylist() == [
        {"subject_id": "b", "year": 2024, "base_cny": 20.0, "changed_cny": 4.0,
         "difference_cny": -16.0, "gained": ["grant"], "lost": ["award"]},
        {"subject_id": "c", "year": 2024, "base_cny": 0.0, "changed_cny": 0.0,
         "difference_cny": 0.0, "gained": ["title"], "lost": []},
        {"subject_id": "d", "year": 2024, "base_cny": 20.0, "changed_cny": 0.0,
         "difference_cny": -20.0, "gained": [], "lost": ["award"]},
    ]  # fmt: skip
    assert (result.winners, result.losers, result.subject_years) == (1, 2, 4)
    assert (result.base_cny, result.changed_cny, result.difference_cny) == (70.0, 34.0, -36.0)
    assert [tuple(row.values()) for row in result.groups.to_pylist()] == [
        ("region_code", "330201", 1, 0, 0, 30.0, 30.0, 0.0),
        ("region_code", "330203", 2, 1, 1, 20.0, 4.0, -16.0),
        ("region_code", None, 1, 0, 1, 20.0, 0.0, -20.0),
    ]
    effects = {
        one.policy_id: (one.base_entitled, one.changed_entitled, one.gained, one.lost,
                        one.base_unknown, one.difference_cny)
        for one in result.policies
    }  # fmt: skip
    assert effects == {
        "grant": (1, 2, 1, 0, 1, 4.0),
        "award": (3, 1, 0, 2, 0, -40.0),
        "title": (1, 2, 1, 0, 0, 0.0),
    }


def test_a_policy_may_appear_or_end(session: DuckDBSession) -> None:
    result = compare_scenarios(run(session, (GRANT,)), run(session, (AWARD,)))
    assert [one.policy_id for one in result.policies] == ["grant", "award"]
    assert (result.base_cny, result.changed_cny) == (10.0, 60.0)
    assert result.groups.num_rows == 0


def test_groups_may_come_as_a_table(session: DuckDBSession) -> None:
    sizes = pa.table({"subject_id": ["a", "b", "c"], "size": ["small", "small", "large"]})
    result = compare_scenarios(run(session), run(session, award__lowest_count=2), sizes)
    assert [(row["value"], row["subjects"], row["difference_cny"]) for row in
            result.groups.to_pylist()] == [("large", 1, 20.0), ("small", 2, 0.0), (None, 1, 0.0)]  # fmt: skip


def test_stacked_awards_cost_what_the_best_combination_costs(session: DuckDBSession) -> None:
    one_of = StackingGroup(
        group_id="one_of",
        label_zh="择一",
        label_en="one of",
        rule="exclusive",
        policy_ids=("grant", "award"),
        source=SOURCE,
    )
    base, changed = run(session), run(session, grant__grant_rate=0.5)
    result = compare_scenarios(base, changed, stacking=[one_of])
    # a: the better of 10 and 20, then of 50 and 20; b and d keep their 20.
    assert (result.base_cny, result.changed_cny) == (60.0, 90.0)
    assert stack({"grant": 50.0, "award": 20.0}, [one_of]).total_cny == 50.0


def test_earlier_payments_count_in_both_runs_where_the_difference_is_paid(
    session: DuckDBSession,
) -> None:
    difference = StackingGroup(
        group_id="difference",
        label_zh="就高补差",
        label_en="difference",
        rule="difference",
        policy_ids=("award",),
        source=SOURCE,
    )
    base, changed = run(session), run(session, award__lowest_count=2)
    paid = {"a": {"award": 15.0}, "c": {"award": 5.0}, "nobody": {"award": 1.0}}
    plain = compare_scenarios(base, changed, stacking=[difference])
    left = compare_scenarios(base, changed, stacking=[difference], paid_earlier_cny=paid)
    assert (plain.base_cny - left.base_cny, plain.changed_cny - left.changed_cny) == (15.0, 20.0)
    assert left.difference_cny == 15.0
    unbound = compare_scenarios(base, changed, paid_earlier_cny=paid)
    assert unbound.base_cny == plain.base_cny


def test_rows_are_paired_by_subject_whatever_their_order(session: DuckDBSession) -> None:
    base = run(session)
    changed = run(session, award__lowest_count=4)
    turned = replace(changed, wide=changed.wide.take(pa.array(np.array([2, 0, 3, 1]))))
    assert compare_scenarios(base, turned).subjects.equals(
        compare_scenarios(base, changed).subjects
    )


def test_runs_over_different_subjects_are_refused(session: DuckDBSession) -> None:
    base = run(session)
    fewer = replace(base, wide=base.wide.slice(1))
    with pytest.raises(ScenarioError, match="4 and 3 rows"):
        compare_scenarios(base, fewer)
    with pytest.raises(ScenarioError, match="no column industry"):
        compare_scenarios(base, base, ["industry"])
