"""Budgets: who is served when the money is not enough, to the cent."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silian.engines.rules.budgets import Application, BudgetError, ration


def asked(**amounts: float) -> list[Application]:
    return [
        Application(
            subject_id=name, amount_cny=amount, applied_on=date(2024, 5, 10 - place), score=amount
        )
        for place, (name, amount) in enumerate(amounts.items())
    ]


def given_to(result: object) -> dict[str, float]:
    return {award.subject_id: award.awarded_cny for award in result.awards}  # type: ignore[attr-defined]


def test_first_come_pays_the_rest_to_the_first_that_does_not_fit() -> None:
    result = ration(asked(a=50.0, b=80.0, c=60.0), 100.0, "first_come")
    assert given_to(result) == {"c": 60.0, "b": 40.0, "a": 0.0}
    assert [award.place for award in result.awards] == [1, 2, 3]
    assert [award.is_cut for award in result.awards] == [False, True, True]
    assert (result.asked_cny, result.awarded_cny, result.left_cny) == (190.0, 100.0, 0.0)


def test_a_smaller_amount_does_not_jump_the_queue() -> None:
    result = ration(asked(a=10.0, b=80.0, c=60.0), 100.0, "first_come", partial_last=False)
    assert given_to(result) == {"c": 60.0, "b": 0.0, "a": 0.0}
    assert result.left_cny == 40.0


def test_by_score_serves_the_highest_first_and_ties_by_subject() -> None:
    applications = [
        Application(subject_id=name, amount_cny=60.0, score=score)
        for name, score in (("c", 80.0), ("b", 90.0), ("a", 80.0))
    ]
    assert given_to(ration(applications, 130.0, "by_score")) == {"b": 60.0, "a": 60.0, "c": 10.0}


def test_pro_rata_gives_left_cents_to_the_largest_remainders() -> None:
    result = ration(asked(a=1.0, b=1.0, c=1.0), 1.0, "pro_rata")
    assert given_to(result) == {"a": 0.34, "b": 0.33, "c": 0.33}


def test_enough_money_pays_everybody_in_full() -> None:
    for rationing in ("first_come", "pro_rata", "by_score"):
        result = ration(asked(a=0.1, b=0.2), 1.0, rationing)  # type: ignore[arg-type]
        assert (given_to(result), result.left_cny) == ({"b": 0.2, "a": 0.1}, 0.7)


@pytest.mark.parametrize(
    ("applications", "rationing", "message"),
    [
        ([Application(subject_id="a", amount_cny=1.0)], "first_come", "no day of application"),
        ([Application(subject_id="a", amount_cny=1.0)], "by_score", "no score"),
        ([Application(subject_id="a", amount_cny=1.0)] * 2, "pro_rata", "applies twice"),
        ([], "lottery", "expected one of first_come, pro_rata, by_score"),
    ],
)
def test_what_gives_no_order_is_refused(
    applications: list[Application], rationing: str, message: str
) -> None:
    with pytest.raises(BudgetError, match=message):
        ration(applications, 1.0, rationing)  # type: ignore[arg-type]


@settings(max_examples=150, deadline=None)
@given(
    cents=st.lists(st.integers(0, 10**9), max_size=12),
    budget=st.integers(0, 5 * 10**9),
    rationing=st.sampled_from(["first_come", "pro_rata", "by_score"]),
)
def test_every_cent_is_conserved(cents: list[int], budget: int, rationing: str) -> None:
    applications = [
        Application(
            subject_id=f"s{place}",
            amount_cny=amount / 100,
            applied_on=date(2024, 1, 1 + place),
            score=float(amount),
        )
        for place, amount in enumerate(cents)
    ]
    result = ration(applications, budget / 100, rationing)  # type: ignore[arg-type]
    paid = {award.subject_id: round(award.awarded_cny * 100) for award in result.awards}
    assert sum(paid.values()) == min(sum(cents), budget)
    assert round(result.left_cny * 100) == budget - sum(paid.values())
    assert all(0 <= paid[f"s{place}"] <= amount for place, amount in enumerate(cents))
    if rationing == "pro_rata" and sum(cents) > budget:
        for place, amount in enumerate(cents):
            assert abs(paid[f"s{place}"] - amount * budget / sum(cents)) < 1
