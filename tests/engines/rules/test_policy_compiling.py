"""Versions and parameters of a day are chosen, and wrong policies refused with their place."""

from dataclasses import replace
from datetime import date

import pytest
from policy_examples import (
    AS_OF,
    ENDED,
    SCHEMA,
    SUBSIDY,
    TITLE,
    cap,
    condition,
    parameter,
    tier,
    top_up,
)

from silian.engines.rules import (
    PolicyError,
    UnknownPolicy,
    check_policy,
    compile_policies,
    days_of_change,
    evaluate_subject,
)
from silian.engines.rules.values import AmountRule, Let, Policy


def with_let(expression: str, let_id: str = "extra") -> Policy:
    let = Let(let_id=let_id, label_zh="", label_en="", unit="", expression=expression)
    return replace(SUBSIDY, lets=(*SUBSIDY.lets, let))


def with_condition(expression: str) -> Policy:
    return replace(SUBSIDY, conditions=(*SUBSIDY.conditions, condition("extra", expression)))


def with_amount(**parts: object) -> Policy:
    assert SUBSIDY.amount is not None
    return replace(SUBSIDY, amount=replace(SUBSIDY.amount, **parts))


def test_the_version_and_the_parameters_of_the_day_are_chosen():
    later = replace(TITLE, valid_from=date(2027, 1, 1), valid_until=None, label_zh="新办法")
    policies = [SUBSIDY, TITLE, later, ENDED]

    now = compile_policies(policies, SCHEMA, as_of=date(2026, 12, 31))
    after = compile_policies(policies, SCHEMA, as_of=date(2027, 1, 1))

    assert [one.policy for one in now.policies] == [SUBSIDY, TITLE]
    assert [one.policy for one in after.policies] == [SUBSIDY, later]
    assert now.not_in_force == (ENDED,)
    assert now["research_subsidy"].constants["lowest_intensity_rate"] == 0.05
    early = compile_policies(policies, SCHEMA, as_of=AS_OF)
    assert early["research_subsidy"].constants["lowest_intensity_rate"] == 0.03
    assert early["research_subsidy"].budget_cny == 50_000_000.0


def test_overrides_stand_in_for_parameters():
    compiled = compile_policies(
        [SUBSIDY],
        SCHEMA,
        as_of=AS_OF,
        overrides={("research_subsidy", "most_cny"): 2_000_000},
    )

    assert compiled["research_subsidy"].constants["most_cny"] == 2_000_000
    assert compiled["research_subsidy"].budget_cny == 100_000_000.0


@pytest.mark.parametrize(
    ("key", "suggestion"),
    [
        (("research_subsidy", "most"), "most_cny"),
        (("research_subsidi", "most_cny"), "research_subsidy"),
    ],
)
def test_overrides_of_nothing_are_refused(key, suggestion):
    with pytest.raises(PolicyError) as caught:
        compile_policies([SUBSIDY], SCHEMA, as_of=AS_OF, overrides={key: 1})

    assert caught.value.code == "policy_unknown_parameter"
    assert caught.value.details["suggestion"] == suggestion


def test_two_versions_at_once_are_refused():
    with pytest.raises(PolicyError) as caught:
        compile_policies([TITLE, replace(TITLE, valid_from=date(2025, 6, 1))], SCHEMA, as_of=AS_OF)

    assert caught.value.code == "policy_versions_overlap"


def test_an_unknown_policy_is_named_with_its_neighbour():
    compiled = compile_policies([SUBSIDY], SCHEMA, as_of=AS_OF)

    with pytest.raises(UnknownPolicy, match="did you mean research_subsidy"):
        compiled["research_subsidi"]


MALFORMED = [
    (with_let("research_expense / revenue_cny"), "clause_unknown_name", "lets[2].expression"),
    (with_let("later_let + 1"), "clause_unknown_name", "lets[2].expression"),
    (with_let("1", "intensity_rate"), "policy_name_taken", "lets[2].let_id"),
    (with_let("1", "revenue_cny"), "policy_name_taken", "lets[2].let_id"),
    (with_let("1", "most_cny"), "policy_name_taken", "lets[2].let_id"),
    (with_let("1", "as_of"), "policy_name_taken", "lets[2].let_id"),
    (with_let("1", "base_amount_cny"), "policy_name_taken", "lets[2].let_id"),
    (with_condition("revenue_cny"), "clause_result_type", "conditions[5].expression"),
    (with_condition("base_amount_cny > 1"), "clause_unknown_name", "conditions[5].expression"),
    (with_condition("revenue_cny > 1; 1"), "clause_statement", "conditions[5].expression"),
    (
        replace(SUBSIDY, conditions=SUBSIDY.conditions[:1] * 2),
        "policy_duplicate_id",
        "conditions[1]",
    ),
    (
        replace(SUBSIDY, conditions=(condition("amount_cny", "TRUE"),)),
        "policy_duplicate_id",
        "conditions[0]",
    ),
    (
        with_amount(tiers=(tier("one", "TRUE", "0 - most_cny"),)),
        "policy_negative_amount",
        "amount.tiers[0].amount_cny",
    ),
    (
        with_amount(tiers=(tier("one", "revenue_cny", "1"),)),
        "clause_result_type",
        "amount.tiers[0].when",
    ),
    (
        with_amount(tiers=(tier("one", "TRUE", "listed"),)),
        "clause_unknown_name",
        "amount.tiers[0].amount_cny",
    ),
    (
        with_amount(tiers=(tier("one", "TRUE", "base_amount_cny"),)),
        "clause_unknown_name",
        "amount.tiers[0].amount_cny",
    ),
    (
        with_amount(top_ups=(top_up("one", "TRUE", "region_code"),)),
        "clause_result_type",
        "amount.top_ups[0].amount_cny",
    ),
    (
        with_amount(caps=(cap("one", "most_cny +"),)),
        "clause_syntax",
        "amount.caps[0].limit_cny",
    ),
    (
        with_amount(caps=(cap("one", "1"), cap("one", "2"))),
        "policy_duplicate_id",
        "amount.caps[1]",
    ),
    (
        replace(SUBSIDY, budget=replace(SUBSIDY.budget, amount_cny="revenue_cny")),  # type: ignore[type-var]
        "clause_unknown_name",
        "budget.amount_cny",
    ),
    (
        replace(SUBSIDY, budget=replace(SUBSIDY.budget, amount_cny="1 - most_cny")),  # type: ignore[type-var]
        "policy_budget",
        "budget.amount_cny",
    ),
    (
        replace(SUBSIDY, parameters=(parameter("late_cny", (date(2030, 1, 1), 1.0)),)),
        "policy_parameter_without_value",
        "parameters[0].values",
    ),
    (
        replace(SUBSIDY, parameters=(parameter("revenue_cny", (date(2020, 1, 1), 1.0)),)),
        "policy_name_taken",
        "parameters[0]",
    ),
    (
        replace(
            SUBSIDY,
            parameters=(parameter("mixed", (date(2020, 1, 1), 1.0), (date(2021, 1, 1), "many")),),
        ),
        "policy_parameter_kind",
        "parameters[0].values",
    ),
]


@pytest.mark.parametrize(
    ("policy", "code", "place"), MALFORMED, ids=[f"{code}@{place}" for _, code, place in MALFORMED]
)
def test_malformed_policies_are_refused_with_their_place(policy, code, place):
    with pytest.raises(PolicyError) as caught:
        compile_policies([policy], SCHEMA, as_of=AS_OF)

    error = caught.value
    assert (error.code, error.details["place"]) == (code, place)
    assert error.details["policy_id"] == "research_subsidy"
    assert error.message_zh


def test_the_clause_error_keeps_its_position_and_suggestion():
    with pytest.raises(PolicyError) as caught:
        compile_policies([with_condition("1 < revenu_cny")], SCHEMA, as_of=AS_OF)

    details = caught.value.details
    assert (details["position"], details["suggestion"]) == (4, "revenue_cny")
    assert details["text"] == "1 < revenu_cny"


def test_check_policy_lists_everything_that_is_wrong():
    broken = replace(
        with_condition("nothing > 1"),
        amount=AmountRule(tiers=(tier("one", "nowhere", "1"),), caps=(cap("most", "'x'"),)),
    )

    places = [error.details["place"] for error in check_policy(broken, SCHEMA, as_of=AS_OF)]

    assert places == [
        "conditions[5].expression",
        "amount.caps[0].limit_cny",
        "amount.tiers[0].when",
    ]
    assert check_policy(SUBSIDY, SCHEMA, as_of=AS_OF) == ()


def test_policies_that_are_not_in_force_answer_so():
    compiled = compile_policies([ENDED], SCHEMA, as_of=AS_OF)

    (answer,) = evaluate_subject(compiled, {}, subject_id="s1")

    assert (answer.entitlement, answer.conditions, answer.subject_id) == ("not_in_force", (), "s1")


@pytest.mark.parametrize("policy_id", ["year", "subject_id"])
def test_a_policy_is_not_named_like_a_column_of_the_answers(policy_id: str) -> None:
    (error,) = check_policy(replace(SUBSIDY, policy_id=policy_id), SCHEMA, as_of=AS_OF)

    assert (error.code, error.details["place"]) == ("policy_id_reserved", "policy_id")


def test_days_of_change_are_those_of_the_version_on_which_a_figure_begins() -> None:
    policy = replace(
        SUBSIDY,
        valid_from=date(2024, 1, 1),
        valid_until=date(2026, 12, 31),
        parameters=(
            parameter("a_cny", (date(2023, 1, 1), 1.0), (date(2025, 1, 1), 2.0)),
            parameter("b_cny", (date(2024, 1, 1), 1.0), (date(2026, 6, 1), 2.0)),
            parameter("c_cny", (date(2027, 1, 1), 1.0)),
        ),
    )

    assert days_of_change(policy) == (date(2024, 1, 1), date(2025, 1, 1), date(2026, 6, 1))
