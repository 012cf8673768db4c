"""Outcomes from a file keep their own days, and what people recorded here stays."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from silian.portal.accounts.domain.access import SYSTEM, AccessDenied, viewer_of_user
from silian.portal.accounts.models import User
from silian.portal.audit.models import AuditEntry
from silian.portal.exchange.domain.earlier_outcomes import (
    OutcomesUnreadable,
    load_earlier_outcomes,
)
from silian.portal.exchange.domain.labelled import levels_of_outcomes
from silian.portal.exchange.models import Match, Outcome

REGISTER = "test-register"


def _row(supply_key: str, action: str, day: str, **more: Any) -> dict[str, Any]:
    return {
        "need_key": "N1",
        "supply_kind": "achievement",
        "supply_key": supply_key,
        "action": action,
        "reason": "",
        "amount_cny": None,
        "recorded_on": day,
        **more,
    }


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: dict[str, Any]) -> Path:
        path = tmp_path / "outcomes.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        return path

    return write


def test_outcomes_are_kept_with_their_days_and_taught_from(
    city: Any, file: Callable[..., Path]
) -> None:
    path = file(
        _row("A1", "contacted", "2025-03-04"),
        _row("A1", "signed", "2025-05-06", amount_cny=800_000),
        _row("A2", "unsuitable", "2025-03-09", reason="不是一回事"),
    )

    assert load_earlier_outcomes(path, REGISTER, SYSTEM) == 3

    signed = Match.objects.get(supply_id=city.achievement.public_id)
    refused = Match.objects.get(supply_id=city.own_achievement.public_id)
    told = [
        (outcome.action, outcome.amount_cny, timezone.localdate(outcome.created_at))
        for outcome in signed.outcomes.all()
    ]
    assert told == [
        ("contacted", None, date(2025, 3, 4)),
        ("signed", Decimal(800_000), date(2025, 5, 6)),
    ]
    assert (signed.status, refused.status) == ("signed", "unsuitable")
    assert signed.history.count() == 1
    assert levels_of_outcomes() == {
        city.need.public_id: {signed.supply_id: 4, refused.supply_id: 1}
    }
    assert [entry.action for entry in AuditEntry.objects.all()] == ["match.load"]


def test_a_second_load_replaces_the_first_but_not_what_people_recorded(
    city: Any, file: Callable[..., Path], users: dict[str, User]
) -> None:
    first = file(_row("A1", "contacted", "2025-03-04"), _row("A2", "contacted", "2025-03-04"))
    load_earlier_outcomes(first, REGISTER, SYSTEM)
    ours = Match.objects.get(supply_id=city.own_achievement.public_id)
    Outcome.objects.create(match=ours, action="unsuitable", reason="不行", actor=users["operator"])

    again = file(_row("A1", "unsuitable", "2025-04-04"), _row("A2", "contacted", "2025-04-04"))

    assert load_earlier_outcomes(again, REGISTER, SYSTEM) == 1
    assert [o.action for o in ours.outcomes.all()] == ["contacted", "unsuitable"]
    [loaded] = Outcome.objects.filter(match__supply_id=city.achievement.public_id)
    assert loaded.action == "unsuitable"


@pytest.mark.parametrize(
    "row",
    [
        _row("A1", "signed", "2025-03-04"),
        _row("A1", "contacted", "yesterday"),
        _row("A1", "liked", "2025-03-04"),
        _row("A9", "contacted", "2025-03-04"),
    ],
    ids=["no amount", "no day", "no action", "no such supply"],
)
def test_what_cannot_be_used_is_refused_as_a_whole(
    city: Any, file: Callable[..., Path], row: dict[str, Any]
) -> None:
    with pytest.raises(OutcomesUnreadable):
        load_earlier_outcomes(file(_row("A2", "contacted", "2025-03-04"), row), REGISTER, SYSTEM)

    assert not Match.objects.exists()


def test_only_operators_load_outcomes(
    city: Any, file: Callable[..., Path], users: dict[str, User]
) -> None:
    path = file(_row("A1", "contacted", "2025-03-04"))

    with pytest.raises(AccessDenied):
        load_earlier_outcomes(path, REGISTER, viewer_of_user(users["enterprise"]))
