"""Joint plans: the cheapest for all chosen policies at once, with titles that are deserved."""

from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from planning_policies import compiled

from silian.engines.rules import solving
from silian.engines.rules.changes import ChangePlan, Effort, cheapest_changes
from silian.engines.rules.compiling import CompiledPolicy
from silian.engines.rules.joint_changes import (
    JointPlan,
    NoJointPlan,
    Unlocked,
    cheapest_joint_changes,
    unlocked,
)
from silian.engines.rules.subjects import answer_policy

ROW: dict[str, Any] = {
    "revenue_cny": 10_000_000.0,
    "research_cny": 300_000.0,
    "cost_cny": None,
    "staff_count": 100,
    "technical_staff_count": 8,
    "patent_count": 2,
    "titles": ";",
    "titles_new": ";",
    "region_code": "330203",
    "established_on": date(2015, 3, 1),
    "year": 2024,
}
EFFORTS = {
    "research_cny": Effort(cost_cny_per_unit=1.0, upper=2_000_000.0),
    "technical_staff_count": Effort(cost_cny_per_unit=180_000.0, upper=60),
    "patent_count": Effort(cost_cny_per_unit=60_000.0, upper=10),
    "titles:high_tech": Effort(cost_cny_per_unit=50_000.0),
}
RESEARCH = compiled("research_cny / revenue_cny >= 0.05", policy_id="research")
PATENTS = compiled("patent_count >= 4", policy_id="patents", amount_cny="10000 * patent_count")
EITHER = compiled("patent_count >= 5 OR technical_staff_count >= 10", policy_id="either")
TITLE = compiled(
    "research_cny / revenue_cny >= 0.05 AND patent_count >= 3",
    policy_id="title",
    title_code="high_tech",
)
TITLED = compiled("has(titles, 'high_tech')", policy_id="titled", amount_cny="100000")
REWARD = compiled("has(titles_new, 'high_tech')", policy_id="reward", amount_cny="200000")


def shown(plan: JointPlan | NoJointPlan) -> dict[str, tuple[float, tuple[str, ...]]]:
    assert isinstance(plan, JointPlan), plan
    return {
        one.change.fact + one.change.code: (one.change.required, one.needed_by)
        for one in plan.changes
    }


def test_one_change_that_serves_two_policies_is_paid_once() -> None:
    plan = cheapest_joint_changes([PATENTS, EITHER], ROW, EFFORTS)
    assert shown(plan) == {"patent_count": (5.0, ("patents", "either"))}
    assert isinstance(plan, JointPlan)
    assert (plan.cost_cny, plan.is_cheapest, plan.verified) == (180_000.0, True, True)
    assert plan.entitled == (
        Unlocked(policy_id="patents", amount_cny=50_000.0),
        Unlocked(policy_id="either"),
    )
    alone = [cheapest_changes(one, ROW, EFFORTS) for one in (PATENTS, EITHER)]
    assert [one.cost_cny for one in alone] == [120_000.0, 180_000.0]  # type: ignore[union-attr]


def test_each_change_says_which_policies_it_is_for() -> None:
    plan = cheapest_joint_changes([RESEARCH, PATENTS], ROW, EFFORTS, others=[EITHER, TITLE])
    assert shown(plan) == {
        "patent_count": (4.0, ("patents", "title")),
        "research_cny": (500_000.0, ("research", "title")),
    }
    assert plan.unlocks == (Unlocked(policy_id="title"),)  # type: ignore[union-attr]


def test_a_title_is_gained_only_with_its_own_conditions() -> None:
    bare = cheapest_joint_changes([TITLED], ROW, EFFORTS)
    assert shown(bare) == {"titleshigh_tech": (1.0, ("titled",))}
    deserved = cheapest_joint_changes([TITLED], ROW, EFFORTS, title_policies=[TITLE, RESEARCH])
    assert shown(deserved) == {
        "patent_count": (3.0, ("title",)),
        "research_cny": (500_000.0, ("title",)),
        "titleshigh_tech": (1.0, ("titled",)),
    }
    held = ROW | {"titles": ";high_tech;", "research_cny": 0.0}
    assert shown(cheapest_joint_changes([TITLED], held, EFFORTS, title_policies=[TITLE])) == {}


def test_a_title_gained_enters_the_titles_of_the_year_for_what_it_unlocks() -> None:
    both = {"others": [REWARD, TITLED], "title_policies": [TITLE]}
    plan = cheapest_joint_changes(
        [TITLED], ROW, EFFORTS, gained_in={"titles": "titles_new"}, **both
    )
    assert isinstance(plan, JointPlan)
    assert plan.unlocks == (Unlocked(policy_id="reward", amount_cny=200_000.0),)
    assert plan.changed_row["titles_new"] == ";high_tech;"
    assert shown(plan)["titleshigh_tech"] == (1.0, ("titled", "reward"))
    plain = cheapest_joint_changes([TITLED], ROW, EFFORTS, **both)
    assert isinstance(plain, JointPlan)
    assert plain.unlocks == ()


def test_an_award_for_a_new_title_is_reached_by_gaining_the_title() -> None:
    new = {"titles": "titles_new"}
    plan = cheapest_joint_changes([REWARD], ROW, EFFORTS, title_policies=[TITLE], gained_in=new)
    assert shown(plan) == {
        "patent_count": (3.0, ("title",)),
        "research_cny": (500_000.0, ("title",)),
        "titleshigh_tech": (1.0, ("reward",)),
    }
    assert plan.entitled == (Unlocked(policy_id="reward", amount_cny=200_000.0),)  # type: ignore[union-attr]
    held = ROW | {"titles": ";high_tech;"}  # not gained this year, and can't be gained again
    for row in (held, ROW | {"titles_new": None}, ROW):
        gained_in = new if row is not ROW else None
        refused = cheapest_joint_changes([REWARD], row, EFFORTS, gained_in=gained_in)
        assert isinstance(refused, NoJointPlan)
        assert refused.reason == ("missing_facts" if row["titles_new"] is None else "no_effort")


def test_titles_whose_conditions_are_out_of_reach_are_no_way() -> None:
    far = {"research_cny": Effort(cost_cny_per_unit=1.0, upper=400_000.0)}
    plan = cheapest_joint_changes([TITLED], ROW, EFFORTS | far, title_policies=[TITLE])
    assert isinstance(plan, NoJointPlan)
    assert (plan.reason, plan.obstacles) == ("titles_out_of_reach", ())
    elsewhere = compiled("region_code = '330100'", fixed="c0", title_code="high_tech")
    plan = cheapest_joint_changes([TITLED], ROW, EFFORTS, title_policies=[elsewhere])
    assert isinstance(plan, NoJointPlan)
    assert plan.reason == "titles_out_of_reach"


def test_policies_that_exclude_each_other_conflict() -> None:
    few = compiled("patent_count <= 3", policy_id="few")
    plan = cheapest_joint_changes([few, PATENTS], ROW, EFFORTS)
    assert isinstance(plan, NoJointPlan)
    assert (plan.reason, plan.policy_ids, plan.obstacles) == ("conflict", ("few", "patents"), ())


def test_a_policy_out_of_reach_is_named() -> None:
    far = compiled("patent_count >= 50", policy_id="far")
    fixed = compiled("region_code = '330100'", policy_id="elsewhere", fixed="c0")
    for obstacle, reason in ((far, "out_of_reach"), (fixed, "not_changeable")):
        plan = cheapest_joint_changes([PATENTS, obstacle], ROW, EFFORTS)
        assert isinstance(plan, NoJointPlan)
        assert plan.reason == reason
        assert [one.policy_id for one in plan.obstacles] == [obstacle.policy.policy_id]


def test_too_many_alternatives_are_given_up_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solving, "_MOST_STEPS", 1)
    plan = cheapest_joint_changes([EITHER, PATENTS], ROW, EFFORTS)
    assert isinstance(plan, NoJointPlan)
    assert plan.reason == "too_many_alternatives"


def test_no_policies_have_no_plan() -> None:
    with pytest.raises(ValueError, match="name at least one"):
        cheapest_joint_changes([], ROW, EFFORTS)


def test_what_is_due_already_is_not_unlocked() -> None:
    after = ROW | {"patent_count": 6}
    assert unlocked([PATENTS, EITHER, RESEARCH], after, after) == ()
    assert [one.policy_id for one in unlocked([PATENTS, RESEARCH], ROW, after)] == ["patents"]


# -- against brute force ------------------------------------------------------------------------

COUNTS = ("patent_count", "technical_staff_count")
NUMBER = st.integers(0, 6)
ATOM = st.one_of(
    st.builds("{} >= {}".format, st.sampled_from(COUNTS), NUMBER),
    st.builds("{} <= {}".format, st.sampled_from(COUNTS), NUMBER),
    st.builds("patent_count + technical_staff_count >= {}".format, NUMBER),
    st.just("has(titles, 'high_tech')"),
    st.just("has(titles_new, 'high_tech')"),
    st.just("NOT has(titles_new, 'high_tech')"),
)
CONDITION = st.one_of(
    ATOM,
    st.builds("({}) OR ({})".format, ATOM, ATOM),
    st.builds("({}) AND ({})".format, ATOM, ATOM),
)


def entitled(policy: CompiledPolicy, row: dict[str, Any]) -> bool:
    return answer_policy(policy, row).entitlement == "entitled"


@settings(max_examples=80, deadline=None)
@given(
    wanted=st.lists(CONDITION, min_size=1, max_size=3),
    title=CONDITION,
    values=st.tuples(NUMBER, NUMBER),
    costs=st.tuples(st.integers(1, 9), st.integers(1, 9)),
)
def test_no_point_that_entitles_to_all_is_cheaper(
    wanted: list[str], title: str, values: tuple[int, int], costs: tuple[int, int]
) -> None:
    row = ROW | dict(zip(COUNTS, values, strict=True))
    policies = [compiled(text, policy_id=f"p{number}") for number, text in enumerate(wanted)]
    granting = compiled(title, policy_id="granting", title_code="high_tech")
    efforts = {
        name: Effort(cost_cny_per_unit=float(cost), lower=0, upper=7)
        for name, cost in zip(COUNTS, costs, strict=True)
    } | {"titles:high_tech": Effort(cost_cny_per_unit=4.0)}
    lawful = []
    for *point, titled in product(range(8), range(8), (False, True)):
        moved = row | dict(zip(COUNTS, point, strict=True))
        moved["titles"] = moved["titles_new"] = ";high_tech;" if titled else ";"
        if (not titled or entitled(granting, moved)) and all(
            entitled(policy, moved) for policy in policies
        ):
            steps = zip(costs, point, values, strict=True)
            lawful.append(4 * titled + sum(cost * abs(new - old) for cost, new, old in steps))
    plan = cheapest_joint_changes(
        policies, row, efforts, title_policies=[granting], gained_in={"titles": "titles_new"}
    )
    assert isinstance(plan, JointPlan) == bool(lawful)
    if isinstance(plan, JointPlan):
        assert plan.is_cheapest
        assert plan.cost_cny == min(lawful)
        assert all(entitled(policy, dict(plan.changed_row)) for policy in policies)
        assert [one.policy_id for one in plan.entitled] == list(plan.policy_ids)


@settings(max_examples=60, deadline=None)
@given(wanted=st.lists(CONDITION, min_size=2, max_size=3), values=st.tuples(NUMBER, NUMBER))
def test_all_together_cost_no_less_than_the_dearest_alone(
    wanted: list[str], values: tuple[int, int]
) -> None:
    row = ROW | dict(zip(COUNTS, values, strict=True))
    policies = [compiled(text, policy_id=f"p{number}") for number, text in enumerate(wanted)]
    plan = cheapest_joint_changes(policies, row, EFFORTS)
    assume(isinstance(plan, JointPlan))
    for policy in policies:
        alone = cheapest_changes(policy, row, EFFORTS)
        assert isinstance(alone, ChangePlan)
        assert alone.cost_cny <= plan.cost_cny + 1e-9  # type: ignore[union-attr]
