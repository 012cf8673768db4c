"""What one enterprise may have, and the city's lists: two ways to the same answers."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silian.engines.rules import ChangePlan, NoPlan, answer_policy
from silian.engines.rules.values import ApplicationWindow
from silian.library.facts import default_efforts
from silian.library.policy_files import policies as library_policies
from silian.portal.industry.domain.application_calendar import next_window
from silian.portal.industry.domain.city_lists import entitled_list, near_misses, policy_counts
from silian.portal.industry.domain.entitlement import entitlement_of, is_near
from silian.portal.industry.domain.facts import facts_of
from silian.portal.industry.domain.planning import guidance_for, plan_for
from silian.portal.industry.domain.policies import compiled, compiled_policy
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.models import Organisation
from silian.sources import Source

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
POLICY = "technology_sme"


def test_every_policy_in_force_stands_in_exactly_one_place(firms: list[Organisation]) -> None:
    found = entitlement_of(firms[6], as_of=DAY)
    placed = [
        *(one.policy.policy_id for one in found.entitled),
        *(one.answer.policy.policy_id for one in (*found.near, *found.far)),
        *(one.policy.policy_id for one in found.unknown),
    ]
    assert sorted(placed) == sorted(one.policy.policy_id for one in compiled(DAY).policies)
    assert found.year == 2025
    assert not any(is_near(one) for one in found.far)
    for one in found.near:
        assert all(unmet.condition.changeable for unmet in one.unmet)


def test_an_award_for_a_title_is_near_only_where_the_title_is(firms: list[Organisation]) -> None:
    for firm in firms:
        found = entitlement_of(firm, as_of=DAY)
        within = [
            *(answer.policy for answer in found.entitled),
            *(one.answer.policy for one in found.near),
        ]
        titles = {policy.title_code for policy in within if policy.title_code}
        for one in found.near:
            for unmet in one.unmet:
                gaps = [gap for gap in one.gaps if gap.condition == unmet.condition]
                if gaps and all(gap.side == "code" for gap in gaps):
                    assert titles & {gap.code for gap in gaps}


def test_a_strong_firm_is_entitled_and_a_weak_one_is_not(firms: list[Organisation]) -> None:
    standings = {
        number: entitlement_of(firms[number], as_of=DAY).answer(POLICY) for number in (0, 11)
    }
    assert {number: answer and answer.entitlement for number, answer in standings.items()} == {
        0: "not_entitled",
        11: "entitled",
    }


def test_the_list_of_the_city_says_what_each_enterprise_is_told(firms: list[Organisation]) -> None:
    listed = entitled_list(POLICY, as_of=DAY)
    alone = {
        firm.public_id
        for firm in firms
        if (answer := entitlement_of(firm, as_of=DAY).answer(POLICY))
        and answer.entitlement == "entitled"
    }
    assert {row.organisation_id for row in listed.rows} == alone
    assert listed.entitled_count == len(alone)
    counts = {one.policy_id: one for one in policy_counts(as_of=DAY)}
    assert counts[POLICY].entitled == len(alone)
    assert listed.entitled_count + listed.not_entitled_count + listed.unknown_count == len(firms)


def test_near_misses_come_nearest_first_and_each_lacks_one_condition(
    firms: list[Organisation],
) -> None:
    found = near_misses(POLICY, as_of=DAY)
    assert found.total_count == len(found.rows) == sum(found.counts_by_condition.values()) > 0
    distances = [row.distance_rate for row in found.rows if row.distance_rate is not None]
    assert distances == sorted(distances)
    by_id = {firm.public_id: firm for firm in firms}
    for row in found.rows:
        answer = entitlement_of(by_id[row.enterprise.organisation_id], as_of=DAY).answer(POLICY)
        assert answer is not None
        unmet = [one.condition for one in answer.conditions if one.standing == "unmet"]
        assert unmet == [row.condition]


def test_a_plan_makes_the_enterprise_entitled(firms: list[Organisation]) -> None:
    plan = plan_for(firms[2], POLICY, as_of=DAY)
    assert hasattr(plan, "changes"), plan
    assert plan.changes
    again = answer_policy(compiled_policy(POLICY, DAY), plan.changed_row)
    assert again.entitlement == "entitled"
    assert plan.cost_cny > 0


def test_a_plan_may_gain_titles_where_that_is_cheaper_than_figures(
    firms: list[Organisation],
) -> None:
    values = facts_of(firms[2]).values
    every = default_efforts(values)
    figures = {name: effort for name, effort in every.items() if ":" not in name}
    assert figures.keys() < every.keys()
    plan = plan_for(firms[2], POLICY, as_of=DAY)
    assert isinstance(plan, ChangePlan)
    assert plan == plan_for(firms[2], POLICY, as_of=DAY, efforts=every)
    assert {change.code for change in plan.changes} == {"high_tech_enterprise"}
    dearer = plan_for(firms[2], POLICY, as_of=DAY, efforts=figures)
    assert isinstance(dearer, NoPlan) or dearer.cost_cny > plan.cost_cny


def test_guidance_of_somebody_entitled_asks_for_nothing(firms: list[Organisation]) -> None:
    found = guidance_for(firms[11], POLICY, as_of=DAY)
    assert (found.answer.entitlement, found.gaps, found.plan) == ("entitled", (), None)


def test_one_enterprise_costs_few_queries_whatever_the_city(
    firms: list[Organisation], django_assert_max_num_queries: object
) -> None:
    entitlement_of(firms[0], as_of=DAY)
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        entitlement_of(firms[1], as_of=DAY)


@given(
    st.dates(date(2000, 1, 1), date(2090, 1, 1)),
    st.dates(date(2023, 1, 1), date(2023, 12, 31)),
    st.dates(date(2023, 1, 1), date(2023, 12, 31)),
)
def test_the_next_window_is_open_or_ahead_and_no_more_than_a_year_away(
    today: date, opens: date, closes: date
) -> None:
    window = ApplicationWindow(
        opens=f"{opens:%m-%d}", closes=f"{closes:%m-%d}", source=Source(title="t")
    )
    first, last = next_window(window, today)
    assert first <= last
    assert today <= last
    assert first - today <= timedelta(days=366)
    assert (f"{first:%m-%d}", f"{last:%m-%d}") == (window.opens, window.closes)


def test_a_citys_policy_is_for_enterprises_of_that_city(firms: list[Organisation]) -> None:
    """Also where the document leaves its place to the title."""
    silent = [
        one
        for one in library_policies()
        if one.region_code and not any("region_code" in c.expression for c in one.conditions)
    ]
    assert silent
    year = firms[0].years.get(year=2025)
    for region, standing in (("110101", "unmet"), (silent[0].region_code, "met")):
        year.facts["region_code"] = region
        year.save()
        day = max(silent[0].valid_from, DAY)
        answer = entitlement_of(firms[0], as_of=day).answer(silent[0].policy_id)
        assert answer is not None
        place = answer.conditions[0]
        assert (place.condition.condition_id, place.standing) == ("place", standing)
        assert place.condition.source == silent[0].source


def test_an_answer_names_the_declared_facts_it_rests_on(firms: list[Organisation]) -> None:
    assert entitlement_of(firms[11], as_of=DAY).declared == {}
    EnterpriseYear.objects.filter(organisation=firms[11], year=2025).update(status="declared")
    found = entitlement_of(firms[11], as_of=DAY)
    assert "employee_count" in found.declared["technology_sme"]
    assert found.total_declared_cny <= found.total_cny
    listed = entitled_list("technology_sme", as_of=DAY)
    assert [row.organisation_id for row in listed.rows if row.on_declared] == [firms[11].public_id]
    assert listed.declared_count == 1
