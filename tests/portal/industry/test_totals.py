"""What a total says of itself: what of it is unverified, unknown, or was paid before."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from silian.engines.rules import compile_policies, evaluate_subject
from silian.engines.rules.values import Policy
from silian.library.facts import fact_schema
from silian.library.policy_files import policies as library_policies
from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.exchange.domain.diagnosis import diagnose, diagnosis_content
from silian.portal.exchange.interfaces.diagnosis_report_sheet import sheet_of
from silian.portal.industry.domain import verification
from silian.portal.industry.domain.applications import prepare_application
from silian.portal.industry.domain.entitlement import entitlement_of
from silian.portal.industry.domain.planning import guidance_for
from silian.portal.industry.domain.policy_values import entitlements_values, guidance_values
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.models import Organisation

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 15)
POLICY = "chengyu_platform_award"
SUBSIDY = "chengyu_research_subsidy"
FACTS = {
    "platforms_new": ["provincial_research_centre"],
    "region_code": "990102",
    "legal_person": True,
    "serious_violation_count": 0,
}


@pytest.fixture
def firm(enterprise: Organisation, make_year: Callable[..., Any]) -> Organisation:
    make_year(enterprise, 2025, FACTS)
    return enterprise


@pytest.fixture
def paid(firm: Organisation) -> Organisation:
    stated = {
        "organisation_key": firm.public_id,
        "policy_id": POLICY,
        "year": 2023,
        "amount_cny": 100_000,
        "paid_on": "2024-09-30",
    }
    save_record("grant", stated, register_code="finance", source_key="G1", viewer=SYSTEM)
    return firm


def test_money_from_unverified_policies_is_told_apart(firm: Organisation) -> None:
    found = entitlement_of(firm, as_of=DAY)
    assert POLICY in found.unverified
    assert found.total_unverified_cny == found.total_cny > 0
    content = diagnosis_content(diagnose(firm, as_of=DAY, viewer=SYSTEM, with_matches=False))
    assert content["counts"]["amount_unverified_cny"] == found.total_cny
    assert content["policy"]["total_unverified_cny"] == found.total_cny
    [finding] = [f for f in content["findings"] if f["code"] == f"policy.entitled.{POLICY}"]
    assert "未核对来源" in finding["text_zh"]
    assert "unverified" in finding["text_en"]


@pytest.mark.parametrize("part", ["policy", "condition", "figure", "step"])
def test_one_unverified_part_makes_the_answer_unverified(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = _unverified_of(_all_verified(), monkeypatch)
    assert found == frozenset()
    assert _unverified_of(_with_unverified(_all_verified(), part), monkeypatch) == {POLICY}


def test_a_step_that_was_not_taken_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = _all_verified()
    assert policy.amount is not None
    [taken] = {step.step_id for step in _answer(policy, _row()).trace}
    tiers = tuple(one if one.tier_id == taken else _unread(one) for one in policy.amount.tiers)
    others = replace(policy, amount=replace(policy.amount, tiers=tiers))
    assert _unverified_of(others, monkeypatch) == frozenset()


def test_an_amount_that_is_not_known_is_counted_and_in_no_sum(
    enterprise: Organisation, make_year: Callable[..., Any]
) -> None:
    research = {  # of its first year: the growth, and with it the rate, is unknown
        "statistics_reported": True,
        "research_deduction_base_cny": 2_000_000,
        "research_expense_cny": 2_000_000,
        "revenue_cny": 20_000_000,
    }
    make_year(enterprise, 2025, FACTS | research)
    found = entitlement_of(enterprise, as_of=DAY)
    assert found.unknown_amounts == (SUBSIDY,)
    assert entitlements_values(found)["unknown_amounts"] == [SUBSIDY]
    made = diagnose(enterprise, as_of=DAY, viewer=SYSTEM, with_matches=False)
    content = diagnosis_content(made)
    assert content["counts"]["unknown_amounts"] == 1
    [finding] = [f for f in content["findings"] if f["code"] == f"policy.entitled.{SUBSIDY}"]
    assert "金额待补数据" in finding["text_zh"]
    sheet = sheet_of(made)["policy"]
    assert "另有 1 项金额待补数据" in sheet["total"]
    assert "待补数据" in [row[1] for row in sheet["entitled"]]


def test_what_was_paid_before_is_shown_with_what_is_left(paid: Organisation) -> None:
    found = entitlements_values(entitlement_of(paid, as_of=DAY))
    [award] = [one for one in found["stacking"]["kept"] if one["policy_id"] == POLICY]
    [cut] = award["deductions"]
    assert (cut["kind"], cut["amount_cny"]) == ("paid_earlier", 100_000.0)
    assert award["paid_cny"] == award["entitled_cny"] - 100_000
    assert found["paid_earlier_cny"] == {POLICY: 100_000.0}
    content = diagnosis_content(made := diagnose(paid, as_of=DAY, viewer=SYSTEM))
    [finding] = [f for f in content["findings"] if f["code"] == f"policy.entitled.{POLICY}"]
    assert "扣除以前年度已付 10 万元" in finding["text_zh"]
    assert "less CNY 100,000 paid earlier" in finding["text_en"]
    [row] = [row for row in sheet_of(made)["policy"]["entitled"] if "10 万元" in row[3]]
    assert row[3].startswith("已扣以前年度已付 10 万元")


def test_the_trace_of_one_policy_ends_with_the_deduction(paid: Organisation) -> None:
    values = guidance_values(guidance_for(paid, POLICY, as_of=DAY))
    assert values["trace"][-1]["kind"] == "paid_earlier"
    assert values["trace"][-1]["amount_cny"] == -100_000.0
    assert sum(step["amount_cny"] for step in values["trace"]) == values["payable_cny"]
    assert values["payable_cny"] == values["amount_cny"] - 100_000
    application = prepare_application(paid, POLICY, year=2025, as_of=DAY, viewer=SYSTEM)
    assert float(application.amount_cny or 0) == values["payable_cny"]


def test_nothing_is_deducted_where_nothing_was_paid(firm: Organisation) -> None:
    values = guidance_values(guidance_for(firm, POLICY, as_of=DAY))
    assert values["payable_cny"] == values["amount_cny"] > 0
    assert {step["kind"] for step in values["trace"]} == {"tier"}


# -- one policy, verified through and through, and its parts --------------------------------------


def _all_verified() -> Policy:
    policy = next(one for one in library_policies() if one.policy_id == POLICY)
    assert policy.amount is not None
    return replace(
        policy,
        source=_read(policy),
        parameters=tuple(
            replace(
                one,
                values=tuple(replace(each, source=_read(each)) for each in one.values),
            )
            for one in policy.parameters
        ),
        conditions=tuple(replace(one, source=_read(one)) for one in policy.conditions),
        amount=replace(
            policy.amount,
            tiers=tuple(replace(one, source=_read(one)) for one in policy.amount.tiers),
            caps=tuple(replace(one, source=_read(one)) for one in policy.amount.caps),
        ),
    )


def _read(one: Any) -> Any:
    return replace(one.source, verified=True)


def _with_unverified(policy: Policy, part: str) -> Policy:
    assert policy.amount is not None
    if part == "policy":
        return replace(policy, source=replace(policy.source, verified=False))
    if part == "condition":
        first, *rest = policy.conditions
        return replace(policy, conditions=(_unread(first), *rest))
    if part == "step":
        tiers = tuple(_unread(one) for one in policy.amount.tiers)
        return replace(policy, amount=replace(policy.amount, tiers=tiers))
    parameters = tuple(
        replace(one, values=tuple(_unread(each) for each in one.values))
        for one in policy.parameters
    )
    return replace(policy, parameters=parameters)


def _unread(one: Any) -> Any:
    return replace(one, source=replace(one.source, verified=False))


def _row() -> dict[str, Any]:
    return FACTS | {
        "platforms_new": ";provincial_research_centre;",
        "organisation_kind": "enterprise",
    }


def _answer(policy: Policy, row: dict[str, Any]) -> Any:
    compiled = compile_policies([policy], fact_schema(), as_of=DAY)
    [answer] = evaluate_subject(compiled, row)
    assert answer.entitlement == "entitled"
    assert answer.amount_cny
    return answer


def _unverified_of(
    policy: Policy, monkeypatch: pytest.MonkeyPatch, row: dict[str, Any] | None = None
) -> frozenset[str]:
    [compiled] = compile_policies([policy], fact_schema(), as_of=DAY).policies
    monkeypatch.setattr(
        verification, "_known", lambda *_: {POLICY: verification._unverified(compiled)}
    )
    return verification.unverified_among([_answer(policy, row or _row())], DAY)
