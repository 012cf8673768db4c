"""What came of a need is told to its owner; a supplier reads what concerns its own supply."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.accounts.domain.users import create_user
from silian.portal.exchange.domain.outcomes import record_outcome, withdraw
from silian.portal.exchange.models import Outcome
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement

HTMX = {"HX-Request": "true"}


@pytest.fixture
def users(users: dict[str, Any], organisations: dict[str, Any]) -> dict[str, Any]:
    """With a rival of the enterprise that owns the need."""
    rival = create_user(
        viewer=SYSTEM,
        username="rival",
        password="another-long-Passphrase-8",
        role="enterprise",
        organisation=organisations["other"],
    )
    return {**users, "rival": rival}


@pytest.fixture
def need(make_need: Callable[..., Need]) -> Need:
    return make_need("n", title="耐高温永磁材料攻关")


@pytest.fixture
def signed(make_achievement: Callable[..., Achievement], need: Need, index: Any) -> Achievement:
    """A supply of the research institute, contracted for the need."""
    supply = make_achievement("a", title="高矫顽力永磁材料")
    index()
    record_outcome(
        need=need,
        supply_id=supply.public_id,
        action="signed",
        amount_cny=Decimal(3_456_000),
        viewer=SYSTEM,
    )
    index()
    return supply


@pytest.mark.parametrize(
    ("role", "told"),
    [("enterprise", True), ("operator", True), ("research", True), ("rival", False)],
)
def test_amounts_stand_at_matches_for_the_parties_only(
    role: str, told: bool, client: Client, need: Need, signed: Achievement, users: dict[str, Any]
) -> None:
    client.force_login(users[role])
    shown = client.get(f"/needs/{need.public_id}/matches/", headers=HTMX).content.decode()
    assert f'id="hit-{signed.public_id}"' in shown
    assert ("345.6 万元" in shown, "已签约" in shown) == (told, told)


def test_a_stranger_to_a_supply_reads_no_amount_beside_its_needs(
    client: Client, need: Need, signed: Achievement, users: dict[str, Any], index: Any
) -> None:
    # A contracted need is not found any more; one whose register says that it is open is.
    need.refresh_from_db()
    need.status = "published"
    need.save()
    index()
    path = f"/records/{signed.public_id}/needs/"
    for role, told in (("research", True), ("rival", False), ("viewer", False)):
        client.force_login(users[role])
        assert ("345.6 万元" in client.get(path, headers=HTMX).content.decode()) == told


def test_a_supplier_is_offered_to_undo_only_what_it_recorded(
    client: Client,
    need: Need,
    make_achievement: Callable[..., Achievement],
    users: dict[str, Any],
    index: Any,
) -> None:
    supply = make_achievement("a", title="高矫顽力永磁材料")
    index()
    path = f"/needs/{need.public_id}/outcomes/{supply.public_id}/"
    offered = {}
    for role in ("enterprise", "research"):
        client.force_login(users[role])
        client.post(path, {"action": "contacted"}, headers=HTMX)
        client.force_login(users["research"])
        shown = client.get(f"/records/{supply.public_id}/needs/", headers=HTMX).content.decode()
        offered[role] = "撤回" in shown
        withdraw(Outcome.objects.latest("pk"), SYSTEM)
    assert offered == {"enterprise": False, "research": True}


def test_a_supplier_who_notes_a_contact_is_not_told_of_other_suppliers(
    client: Client,
    need: Need,
    signed: Achievement,
    users: dict[str, Any],
    make_achievement: Callable[..., Achievement],
) -> None:
    own = make_achievement("b", owner="other", title="另一种永磁材料")
    client.force_login(users["rival"])
    # Whatever page the client claims to be on.
    here = HTMX | {"HX-Current-URL": f"http://testserver/needs/{need.public_id}/"}
    path = f"/needs/{need.public_id}/outcomes/{own.public_id}/"
    shown = client.post(path, {"action": "contacted"}, headers=here).content.decode()
    assert "接洽中" in shown
    assert 'id="history"' not in shown
    assert "345.6 万元" not in shown


@pytest.mark.parametrize(
    ("role", "status"), [("enterprise", "已签约"), ("research", "已签约"), ("rival", "")]
)
def test_the_file_of_matches_tells_the_status_to_the_parties_only(
    role: str,
    status: str,
    client: Client,
    need: Need,
    signed: Achievement,
    users: dict[str, Any],
) -> None:
    client.force_login(users[role])
    response = client.get(f"/needs/{need.public_id}/matches/export/", {"format": "csv"})
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    [row] = [
        row for row in csv.DictReader(io.StringIO(text)) if row["供给编号"] == signed.public_id
    ]
    assert row["对接状态"] == status
