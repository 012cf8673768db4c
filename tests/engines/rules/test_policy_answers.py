"""One subject's answers: clause by clause, three-valued, with amounts that add up."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy_examples import AS_OF, ROW, SCHEMA, SUBSIDY, TITLE, cap, tier, top_up

from silian.engines.rules import compile_policies, evaluate_subject
from silian.engines.rules.money import shown_step, whole_cents
from silian.engines.rules.values import AmountRule

SUBSIDY_ON = compile_policies([SUBSIDY], SCHEMA, as_of=AS_OF)


def answer(row, compiled=SUBSIDY_ON):
    return evaluate_subject(compiled, row)[0]


def paying(tiers, top_ups=(), caps=()):
    rule = AmountRule(tiers=tuple(tiers), top_ups=tuple(top_ups), caps=tuple(caps))
    return compile_policies([replace(SUBSIDY, amount=rule)], SCHEMA, as_of=AS_OF)


def test_an_entitled_subject_gets_base_top_ups_and_the_cut_to_cents():
    found = answer(ROW)

    assert found.entitlement == "entitled"
    assert [one.standing for one in found.conditions] == ["met"] * 5
    assert [(one.kind, one.step_id, one.amount_cny) for one in found.trace] == [
        ("tier", "large", 600000.055),
        ("top_up", "growing", 20000.011),
        ("top_up", "titled", 60000.0055),
        ("rounding", "rounding", -0.0015),
    ]
    assert found.amount_cny == 680000.07
    assert found.missing == ()


def test_values_name_what_the_expression_reads_in_its_order():
    found = answer(ROW)

    assert found.conditions[0].values == (("region_code", "330203"), ("district_code", "3302"))
    assert found.conditions[3].values == (("established_on", date(2015, 5, 1)), ("as_of", AS_OF))
    assert found.trace[2].values == (("base_amount_cny", 600000.055),)
    assert found.trace[2].expression == "base_amount_cny * 0.1"


def test_a_cap_cuts_and_says_by_how_much():
    found = answer({**ROW, "research_expense_cny": 20_000_000.0})

    assert [(one.kind, one.amount_cny) for one in found.trace] == [
        ("tier", 2_000_000.0),
        ("top_up", 300_000.0),
        ("top_up", 200_000.0),
        ("cap", -1_500_000.0),
    ]
    assert found.amount_cny == 1_000_000.0


def test_one_unmet_condition_decides_whatever_is_missing():
    found = answer({"region_code": "110000"})

    assert found.entitlement == "not_entitled"
    assert found.missing == ()
    assert found.conditions[1].standing == "unknown"
    assert found.conditions[1].missing == ("research_expense_cny", "revenue_cny")


def test_missing_facts_leave_the_answer_unknown_and_are_listed():
    found = answer({**ROW, "titles": None, "research_staff_count": None})

    assert found.entitlement == "unknown"
    assert found.amount_cny is None
    assert found.missing == ("titles", "research_staff_count")


def test_a_missing_fact_that_can_not_matter_is_not_listed():
    found = answer({**ROW, "research_staff_count": None})

    assert (found.entitlement, found.missing) == ("entitled", ())


def test_an_entitled_subject_may_still_lack_facts_for_the_amount():
    found = answer({**ROW, "research_expense_cny_last_year": None})

    assert (found.entitlement, found.amount_cny) == ("entitled", None)
    assert found.missing == ("research_expense_cny_last_year",)
    assert found.trace == ()


def test_no_fitting_tier_pays_nothing():
    found = answer(ROW, paying([tier("never", "FALSE", "100")]))

    assert (found.entitlement, found.amount_cny, found.trace) == ("entitled", 0.0, ())


def test_an_unknown_tier_is_not_passed_over():
    compiled = paying([tier("first", "revenue_cny > 1", "100"), tier("rest", "TRUE", "50")])
    found = answer({**ROW, "revenue_cny": None}, compiled)

    assert (found.amount_cny, found.missing) == (None, ("revenue_cny",))


def test_titles_pay_nothing_and_have_no_trace():
    compiled = compile_policies([TITLE], SCHEMA, as_of=AS_OF)
    found = answer(ROW, compiled)

    assert (found.entitlement, found.amount_cny, found.trace) == ("entitled", None, ())


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        (0.1 + 0.2, 0.3),
        (0.29, 0.29),
        (1.005, 1.0),
        (12.349999, 12.34),
        (12.3499999, 12.35),
        (-0.01, 0.0),
        (8e13, 8e13),
        (9e13, None),
        (float("inf"), None),
        (float("nan"), None),
    ],
)
def test_whole_cents(amount, cents):
    assert whole_cents(amount) == cents


def decimals(values):
    return sum((Decimal(str(value)) for value in values), Decimal(0))


@settings(max_examples=200)
@given(
    st.floats(0, 1e10),
    st.lists(st.floats(0, 1e8), max_size=3),  # below 0 is refused when compiled
    st.lists(st.integers(0, 10**11).map(lambda cents: cents / 100), max_size=2),
)
def test_the_steps_of_a_trace_sum_to_the_amount(base, additions, limits):
    compiled = paying(
        [tier("base", "TRUE", "revenue_cny")],
        [top_up(f"top_up_{place}", "TRUE", repr(each)) for place, each in enumerate(additions)],
        [cap(f"cap_{place}", repr(each)) for place, each in enumerate(limits)],
    )
    found = answer({**ROW, "revenue_cny": base}, compiled)

    assert decimals(step.amount_cny for step in found.trace) == Decimal(str(found.amount_cny))
    assert all(found.amount_cny <= limit for limit in limits)
    assert round(found.amount_cny * 100) / 100 == found.amount_cny


@given(st.floats(-1e12, 1e12))
def test_shown_steps_differ_by_less_than_a_cent(amount):
    assert abs(shown_step(amount) - amount) <= 0.005 + 1e-3
