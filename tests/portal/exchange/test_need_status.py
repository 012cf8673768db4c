"""A need's status by hand: contracts come and go by outcomes alone."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from silian.portal.accounts.domain.access import SYSTEM, Viewer
from silian.portal.exchange.domain.outcomes import record_outcome, withdraw
from silian.portal.exchange.models import Outcome
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement
from silian.portal.registry.domain.own import change_own, create_own
from silian.portal.registry.domain.reasons import RowRefused

NEED = {"title": "主轴轴承降温", "text": "主轴轴承温升 45 ℃，需降到 25 ℃ 以内。"}


def refused(code: str, save: Callable[[], Any]) -> None:
    with pytest.raises(RowRefused) as refusal:
        save()
    assert [(r.field, r.code) for r in refusal.value.reasons] == [("status", code)]


@pytest.fixture
def need(make_need: Callable[..., Need]) -> Need:
    return make_need("n", title="耐高温永磁材料攻关")


@pytest.fixture
def contract(need: Need, make_achievement: Callable[..., Achievement]) -> Outcome:
    outcome = record_outcome(
        need=need,
        supply_id=make_achievement("a").public_id,
        action="signed",
        amount_cny=Decimal(1),
        viewer=SYSTEM,
    )
    need.refresh_from_db()
    return outcome


@pytest.mark.parametrize("status", ["contracted", "已签约"])
def test_members_do_not_declare_a_need_contracted(
    status: str, need: Need, viewers: dict[str, Viewer]
) -> None:
    viewer = viewers["enterprise"]
    values = NEED | {"status": status}

    refused("status_by_outcome", lambda: change_own(need, {"status": status}, viewer=viewer))
    refused(
        "status_by_outcome",
        lambda: create_own("need", values, viewer=viewer, source_key="x"),
    )
    assert change_own(need, {"status": status}, viewer=SYSTEM).record.status == "contracted"


@pytest.mark.parametrize("status", ["draft", "closed", "published"])
def test_members_move_their_needs_between_the_other_statuses(
    status: str, need: Need, viewers: dict[str, Viewer]
) -> None:
    viewer = viewers["enterprise"]
    assert change_own(need, {"status": status}, viewer=viewer).record.status == status
    values = NEED | {"status": status}
    assert create_own("need", values, viewer=viewer, source_key="x").record.status == status


@pytest.mark.parametrize("role", ["enterprise", "operator"])
@pytest.mark.parametrize("status", ["published", "draft", "closed"])
def test_nobody_takes_a_need_out_of_a_contract_that_stands(
    status: str, role: str, need: Need, contract: Outcome, viewers: dict[str, Viewer]
) -> None:
    viewer = viewers[role]
    refused("contract_stands", lambda: change_own(need, {"status": status}, viewer=viewer))

    withdraw(contract, SYSTEM)
    assert change_own(need, {"status": status}, viewer=viewer).record.status == status


def test_a_contracted_need_can_still_be_edited(
    need: Need, contract: Outcome, viewers: dict[str, Viewer]
) -> None:
    edit = {"title": "改过的题目", "status": "contracted"}
    record: Any = change_own(need, edit, viewer=viewers["enterprise"]).record
    assert (record.title, record.status) == ("改过的题目", "contracted")


@pytest.mark.parametrize("intent", ["publish", "close", "draft"])
def test_saving_the_form_of_a_contracted_need_leaves_it_contracted(
    intent: str, client: Client, need: Need, contract: Outcome, users: dict[str, Any]
) -> None:
    client.force_login(users["enterprise"])
    form = NEED | {"need_kind": "technology", "audience": "public", "intent": intent}
    answer = client.post(f"/needs/{need.public_id}/edit/", form)
    need.refresh_from_db()
    assert (answer.status_code, need.title, need.status) == (302, "主轴轴承降温", "contracted")
