"""Who may record what came of a match, what is refused, and what follows."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from silian.portal.accounts.domain.access import ANONYMOUS_VIEWER, SYSTEM, AccessDenied, Viewer
from silian.portal.audit.models import AuditEntry
from silian.portal.catalogue import RecordNotFound
from silian.portal.exchange.domain import outbox
from silian.portal.exchange.domain.documents import documents_for
from silian.portal.exchange.domain.outcomes import (
    OutcomeDoubted,
    OutcomeRefused,
    correct,
    effective_outcomes,
    record_outcome,
    restore,
    withdraw,
)
from silian.portal.exchange.models import IndexTask, Match, Outcome
from silian.portal.industry.models import Need

AMOUNT = Decimal("350000.50")


@pytest.fixture
def ready(city: Any) -> Any:
    outbox.drain()
    return city


def record(city: Any, action: str, viewer: Viewer, **values: Any) -> Outcome:
    arguments = {"need": city.need, "supply_id": city.achievement.public_id} | values
    return record_outcome(action=action, viewer=viewer, **arguments)


def test_a_match_keeps_what_the_engine_said(ready: Any, viewers: dict[str, Viewer]) -> None:
    outcome = record(ready, "contacted", viewers["enterprise"])

    match = outcome.match
    assert (match.status, match.supply_kind, match.rank) == ("contacted", "achievement", 1)
    assert match.ranker_version
    explanation = match.explanation
    total = explanation["base_score"] + sum(
        each["contribution"] for each in explanation["contributions"]
    )
    assert total == pytest.approx(match.score, abs=1e-9)
    assert "永磁" in explanation["matched_terms"]
    assert {check["constraint"] for check in explanation["checks"]} >= {"kind", "audience"}


def test_the_reasons_stay_as_they_were_when_first_seen(
    ready: Any, viewers: dict[str, Viewer]
) -> None:
    first = record(ready, "contacted", viewers["enterprise"]).match
    ready.achievement.title = "完全另一件事"
    ready.achievement.save()
    outbox.drain()

    second = record(ready, "unsuitable", viewers["enterprise"], reason="换了题目").match

    assert (second.pk, second.explanation) == (first.pk, first.explanation)


def test_supply_that_is_not_indexed_yet_can_be_signed(
    city: Any, viewers: dict[str, Viewer]
) -> None:
    outcome = record(city, "signed", viewers["enterprise"], amount_cny=Decimal(0))

    assert outcome.match.explanation == {"unavailable": "not_indexed"}
    assert outcome.match.score is None


def test_signing_contracts_the_need_and_counts_for_the_supply(
    ready: Any, viewers: dict[str, Viewer]
) -> None:
    outcome = record(ready, "signed", viewers["enterprise"], amount_cny=AMOUNT)

    ready.need.refresh_from_db()
    assert (outcome.amount_cny, ready.need.status) == (AMOUNT, "contracted")
    due = set(IndexTask.objects.values_list("public_id", flat=True))
    assert due == {ready.achievement.public_id, ready.need.public_id}
    [document] = documents_for([ready.achievement.public_id])
    assert document.track_record_count == 1
    entry = AuditEntry.objects.get(action="match.outcome")
    assert (entry.actor_label, entry.subject) == ("enterprise", outcome.match.public_id)
    assert entry.details["amount_cny"] == "350000.50"


@pytest.mark.parametrize(
    ("role", "action", "allowed"),
    [
        ("operator", "contacted", True),
        ("operator", "unsuitable", True),
        ("operator", "signed", True),
        ("enterprise", "contacted", True),
        ("enterprise", "unsuitable", True),
        ("enterprise", "signed", True),
        ("research", "contacted", True),
        ("research", "unsuitable", False),
        ("research", "signed", False),
        ("viewer", "contacted", False),
        ("anonymous", "contacted", False),
    ],
)
def test_each_role_may_record_its_part(
    role: str, action: str, allowed: bool, ready: Any, viewers: dict[str, Viewer]
) -> None:
    viewer = viewers.get(role, ANONYMOUS_VIEWER)
    values = {"unsuitable": {"reason": "温度不够"}, "signed": {"amount_cny": AMOUNT}}

    if allowed:
        assert record(ready, action, viewer, **values.get(action, {})).action == action
    else:
        with pytest.raises(AccessDenied):
            record(ready, action, viewer, **values.get(action, {}))
        assert not Match.objects.exists()


def test_research_may_not_touch_matches_of_others(ready: Any, viewers: dict[str, Viewer]) -> None:
    with pytest.raises(AccessDenied):
        record(ready, "contacted", viewers["research"], supply_id=ready.own_achievement.public_id)


@pytest.mark.parametrize(
    ("action", "values", "code"),
    [
        ("liked", {}, "outcome_unknown"),
        ("withdrawn", {}, "outcome_unknown"),
        ("unsuitable", {}, "reason_required"),
        ("unsuitable", {"reason": "   "}, "reason_required"),
        ("unsuitable", {"reason": "字" * 501}, "reason_too_long"),
        ("signed", {}, "amount_required"),
        ("signed", {"amount_cny": Decimal("-1")}, "amount_out_of_range"),
        ("signed", {"amount_cny": Decimal("NaN")}, "amount_out_of_range"),
        ("signed", {"amount_cny": Decimal(10) ** 15}, "amount_out_of_range"),
        ("signed", {"amount_cny": Decimal("0.005")}, "amount_too_fine"),
        ("signed", {"amount_cny": Decimal("1e-999999")}, "amount_too_fine"),
        ("contacted", {"amount_cny": Decimal(1)}, "amount_unexpected"),
    ],
)
def test_what_is_incomplete_is_refused_with_a_remedy(
    action: str, values: dict[str, Any], code: str, ready: Any
) -> None:
    with pytest.raises(OutcomeRefused) as refusal:
        record(ready, action, SYSTEM, **values)

    assert refusal.value.code == code
    assert refusal.value.message_zh
    assert refusal.value.message_en
    assert not Match.objects.exists()


def test_a_need_is_no_supply(ready: Any, make_need: Callable[..., Need]) -> None:
    with pytest.raises(OutcomeRefused) as refusal:
        record(ready, "contacted", SYSTEM, supply_id=make_need("N2").public_id)
    assert refusal.value.code == "not_a_supply"
    with pytest.raises(RecordNotFound):
        record(ready, "contacted", SYSTEM, supply_id="ach-aaaaaaaaaaaaaaaa")


@pytest.mark.parametrize("status", ["draft", "closed"])
def test_outcomes_need_an_open_need(status: str, ready: Any) -> None:
    Need.objects.filter(pk=ready.need.pk).update(status=status)

    with pytest.raises(OutcomeRefused) as refusal:
        record(ready, "contacted", SYSTEM)

    assert refusal.value.code == "need_not_open"
    assert not Match.objects.exists()  # the whole transaction is undone


def test_after_signing_only_a_withdrawal_is_possible(ready: Any) -> None:
    record(ready, "signed", SYSTEM, amount_cny=AMOUNT)

    with pytest.raises(OutcomeRefused) as refusal:
        record(ready, "unsuitable", SYSTEM, reason="反悔")
    assert refusal.value.code == "already_signed"


def test_the_same_outcome_twice_is_one(ready: Any) -> None:
    first = record(ready, "signed", SYSTEM, amount_cny=AMOUNT)
    second = record(ready, "signed", SYSTEM, amount_cny=AMOUNT)

    assert second == first
    assert Outcome.objects.count() == 1


def test_an_amount_with_idle_decimals_is_the_same_amount(ready: Any) -> None:
    first = record(ready, "signed", SYSTEM, amount_cny=Decimal("12.5000"))
    first.refresh_from_db()

    assert first.amount_cny == Decimal("12.50")
    assert record(ready, "signed", SYSTEM, amount_cny=Decimal("12.5")) == first
    assert AuditEntry.objects.get(action="match.outcome").details["amount_cny"] == "12.50"


def test_a_withdrawal_restores_what_was_before(ready: Any, viewers: dict[str, Viewer]) -> None:
    contacted = record(ready, "contacted", viewers["enterprise"])
    signed = record(ready, "signed", viewers["enterprise"], amount_cny=AMOUNT)
    IndexTask.objects.all().delete()

    withdraw(signed, viewers["enterprise"])

    match = Match.objects.get()
    ready.need.refresh_from_db()
    assert (match.status, ready.need.status) == ("contacted", "published")
    assert [outcome.action for outcome in match.outcomes.all()] == [
        "contacted",
        "signed",
        "withdrawn",
    ]
    assert effective_outcomes(match.outcomes.all()) == [contacted]
    due = set(IndexTask.objects.values_list("public_id", flat=True))
    assert due == {ready.achievement.public_id, ready.need.public_id}

    withdraw(contacted, viewers["enterprise"])
    assert Match.objects.get().status == "suggested"


def test_a_need_stays_contracted_while_another_contract_stands(ready: Any) -> None:
    record(ready, "signed", SYSTEM, amount_cny=AMOUNT, supply_id=ready.patent.public_id)
    with pytest.raises(OutcomeDoubted) as doubted:
        record(ready, "signed", SYSTEM, amount_cny=AMOUNT)
    assert [doubt.code for doubt in doubted.value.doubts] == ["need_contracted"]
    second = record(ready, "signed", SYSTEM, amount_cny=AMOUNT, confirmed=True)

    second = correct(second, SYSTEM, amount_cny=Decimal(1))  # no new contract, no question
    withdraw(second, SYSTEM)

    ready.need.refresh_from_db()
    assert ready.need.status == "contracted"


def test_only_the_last_standing_outcome_can_be_withdrawn(ready: Any) -> None:
    first = record(ready, "contacted", SYSTEM)
    second = record(ready, "unsuitable", SYSTEM, reason="不合适")

    with pytest.raises(OutcomeRefused) as refusal:
        withdraw(first, SYSTEM)
    assert refusal.value.code == "outcome_not_last"

    undone = withdraw(second, SYSTEM)
    for gone in (second, undone):
        with pytest.raises(OutcomeRefused):
            withdraw(gone, SYSTEM)


@pytest.mark.parametrize(
    ("role", "allowed"),
    [("operator", True), ("enterprise", True), ("research", True), ("viewer", False)],
)
def test_who_recorded_it_owns_the_need_or_operates_may_withdraw(
    role: str, allowed: bool, ready: Any, viewers: dict[str, Viewer]
) -> None:
    contact = record(ready, "contacted", viewers["research"])

    if allowed:
        assert withdraw(contact, viewers[role]).action == "withdrawn"
    else:
        with pytest.raises(AccessDenied):
            withdraw(contact, viewers[role])


def test_research_may_not_withdraw_what_the_enterprise_recorded(
    ready: Any, viewers: dict[str, Viewer]
) -> None:
    refusal = record(ready, "unsuitable", viewers["enterprise"], reason="不合适")

    with pytest.raises(AccessDenied):
        withdraw(refusal, viewers["research"])


@pytest.mark.parametrize("n_former", [1, 3])
def test_recording_costs_the_same_queries_with_any_history(n_former: int, ready: Any) -> None:
    for number in range(n_former):
        record(ready, "unsuitable", SYSTEM, reason=f"原因 {number}")

    with CaptureQueriesContext(connection) as queries:
        record(ready, "contacted", SYSTEM)

    assert len(queries) == 12


def trail(match: Match) -> list[str]:
    return list(match.outcomes.order_by("pk").values_list("action", flat=True))


def test_a_withdrawn_contract_is_restored_with_all_that_followed(
    ready: Any, viewers: dict[str, Viewer]
) -> None:
    outcome = record(ready, "signed", viewers["enterprise"], amount_cny=AMOUNT)
    withdraw(outcome, viewers["enterprise"])

    restore(outcome, viewers["enterprise"])

    match = Match.objects.get()
    ready.need.refresh_from_db()
    assert (match.status, ready.need.status) == ("signed", "contracted")
    assert trail(match) == ["signed", "withdrawn", "restored"]
    assert effective_outcomes(match.outcomes.all()) == [outcome]
    assert AuditEntry.objects.filter(action="match.restore").count() == 1
    with pytest.raises(OutcomeRefused) as refused:
        restore(outcome, viewers["enterprise"])
    assert refused.value.code == "outcome_not_withdrawn"


def test_nothing_is_restored_over_what_was_recorded_since(ready: Any) -> None:
    first = record(ready, "contacted", SYSTEM)
    withdraw(first, SYSTEM)
    record(ready, "unsuitable", SYSTEM, reason="温度不够")

    with pytest.raises(OutcomeRefused) as refused:
        restore(first, SYSTEM)

    assert refused.value.code == "outcome_not_withdrawn"


def test_a_correction_stands_in_the_place_of_what_it_corrects(
    ready: Any, viewers: dict[str, Viewer]
) -> None:
    record(ready, "contacted", viewers["enterprise"])
    wrong = record(ready, "signed", viewers["enterprise"], amount_cny=AMOUNT)

    right = correct(wrong, viewers["enterprise"], amount_cny=Decimal("35000"))

    match = Match.objects.get()
    standing = effective_outcomes(match.outcomes.all())
    assert [(each.action, each.amount_cny) for each in standing] == [
        ("contacted", None),
        ("signed", Decimal("35000.00")),
    ]
    assert (right.corrects, match.status) == (wrong, "signed")
    entry = AuditEntry.objects.get(action="match.correct")
    assert entry.details["former_amount_cny"] == "350000.50"
    assert correct(right, viewers["enterprise"], amount_cny=Decimal("35000.0")) == right
    with pytest.raises(OutcomeRefused) as refused:
        correct(wrong, viewers["enterprise"], amount_cny=Decimal(1))
    assert refused.value.code == "outcome_not_last"
    withdraw(right, viewers["enterprise"])
    match.refresh_from_db()
    assert match.status == "contacted"


def test_a_reason_is_corrected_and_never_left_empty(ready: Any) -> None:
    outcome = record(ready, "unsuitable", SYSTEM, reason="温度不狗")

    with pytest.raises(OutcomeRefused) as refused:
        correct(outcome, SYSTEM, reason=" ")

    assert refused.value.code == "reason_required"
    assert correct(outcome, SYSTEM, reason="温度不够").reason == "温度不够"


@pytest.mark.parametrize("role", ["research", "viewer"])
def test_what_the_enterprise_recorded_is_not_others_to_change(
    role: str, ready: Any, viewers: dict[str, Viewer]
) -> None:
    outcome = record(ready, "signed", viewers["enterprise"], amount_cny=AMOUNT)
    with pytest.raises(AccessDenied):
        correct(outcome, viewers[role], amount_cny=Decimal(1))
    withdraw(outcome, viewers["enterprise"])
    with pytest.raises(AccessDenied):
        restore(outcome, viewers[role])


@pytest.mark.parametrize(
    ("budget", "amount", "doubts"),
    [
        ("3000000", "15000000", []),
        ("3000000", "15000000.01", ["amount_beyond_budget"]),
        ("200000000", "300000000", []),
        (None, "100000000", []),
        (None, "100000001", ["amount_unusual"]),
    ],
)
def test_an_amount_out_of_proportion_is_asked_about(
    budget: str | None, amount: str, doubts: list[str], ready: Any
) -> None:
    ready.need.budget_cny = None if budget is None else Decimal(budget)
    ready.need.save()
    if doubts:
        with pytest.raises(OutcomeDoubted) as doubted:
            record(ready, "signed", SYSTEM, amount_cny=Decimal(amount))
        assert [doubt.code for doubt in doubted.value.doubts] == doubts
        assert not Outcome.objects.exists()

    outcome = record(ready, "signed", SYSTEM, amount_cny=Decimal(amount), confirmed=bool(doubts))

    assert outcome.amount_cny == Decimal(amount)


@pytest.mark.parametrize("amount", ["-1", "10000000000.01", "1e30", "NaN", "Infinity"])
def test_no_confirmation_helps_an_amount_that_is_none(amount: str, ready: Any) -> None:
    with pytest.raises(OutcomeRefused) as refused:
        record(ready, "signed", SYSTEM, amount_cny=Decimal(amount), confirmed=True)

    assert refused.value.code == "amount_out_of_range"
    assert "应为 0 元至 100 亿元" in refused.value.message_zh
