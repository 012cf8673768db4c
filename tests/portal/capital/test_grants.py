"""What was paid before is taken off where only the difference is paid."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from silian.portal.accounts.domain.access import SYSTEM, Viewer, visible
from silian.portal.capital.domain.grants import paid_earlier_by_organisation, paid_earlier_cny
from silian.portal.capital.models import Grant
from silian.portal.industry.domain.city_lists import entitled_list, policy_counts
from silian.portal.industry.domain.entitlement import entitlement_of
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.domain.reasons import RowRefused
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.models import Audience, Organisation, Register

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 15)
POLICY = "chengyu_platform_award"
PROVINCIAL = "provincial_research_centre"


@pytest.fixture
def firm(make_organisation: Callable[..., Organisation], settings: Any, tmp_path: Any) -> Any:
    settings.SILIAN_HOME = tmp_path / "home"
    firm = make_organisation("澄屿磁材有限公司")
    register, _ = Register.objects.get_or_create(code="tax", defaults={"name": "税务"})
    EnterpriseYear.objects.create(
        register=register,
        source_key="E1:2025",
        organisation=firm,
        owner=firm,
        year=2025,
        facts={
            "platforms_new": [PROVINCIAL],
            "region_code": "990102",
            "legal_person": True,
            "serious_violation_count": 0,
        },
    )
    return firm


def pay(firm: Organisation, key: str, **values: Any) -> Grant:
    stated = {
        "organisation_key": firm.public_id,
        "policy_id": POLICY,
        "year": 2023,
        "amount_cny": 100_000,
        "paid_on": "2024-09-30",
    } | values
    save_record("grant", stated, register_code="finance", source_key=key, viewer=SYSTEM)
    return Grant.objects.get(register__code="finance", source_key=key)


def paid(firm: Organisation) -> tuple[float, float]:
    """What the award amounts to, and what of it is paid in the best combination."""
    stacking = entitlement_of(firm, as_of=DAY).stacking
    award = next(one for one in stacking.kept if one.policy_id == POLICY)
    return award.entitled_cny, award.paid_cny


def test_a_promotion_pays_the_difference_to_what_was_paid_before(firm: Organisation) -> None:
    full, at_first = paid(firm)
    assert full == at_first > 100_000
    pay(firm, "G1")
    assert paid(firm) == (full, full - 100_000)
    pay(firm, "G2", amount_cny="50000.50", year=2024, paid_on="2025-09-30")
    assert paid(firm) == (full, full - 150_000.50)


def test_payments_of_the_same_year_or_of_later_days_are_not_earlier_ones(
    firm: Organisation,
) -> None:
    pay(firm, "G1", year=2025)
    pay(firm, "G2", paid_on="2026-09-16")
    assert paid_earlier_cny(firm.public_id, year=2025, as_of=DAY) == {}
    pay(firm, "G3", paid_on=None)
    assert paid_earlier_cny(firm.public_id, year=2025, as_of=DAY) == {POLICY: 100_000.0}
    assert paid_earlier_by_organisation(year=2025, as_of=DAY) == {
        firm.public_id: {POLICY: 100_000.0}
    }


def test_grants_are_private_unless_announced(firm: Organisation) -> None:
    kept = pay(firm, "G1")
    assert (kept.audience, kept.organisation, kept.amount_cny) == (
        Audience.OWNER,
        firm,
        Decimal("100000.00"),
    )
    other = Viewer(role="enterprise", organisation_pk=firm.pk + 1, organisation_id="org-x")
    own = Viewer(role="enterprise", organisation_pk=firm.pk, organisation_id=firm.public_id)
    assert not visible(Grant.objects.all(), other).exists()
    assert visible(Grant.objects.all(), own).exists()
    announced = pay(firm, "G1", audience="public")
    assert visible(Grant.objects.all(), other).get() == announced


def test_a_payment_below_zero_or_to_nobody_is_refused(firm: Organisation) -> None:
    with pytest.raises(RowRefused):
        pay(firm, "G1", amount_cny=-1)
    with pytest.raises(RowRefused):
        pay(firm, "G2", organisation_key="")
    assert not Grant.objects.exists()


def test_the_lists_of_the_city_show_what_is_left(firm: Organisation) -> None:
    def listed() -> tuple[float, float | None, float]:
        found = entitled_list(POLICY, as_of=DAY)
        counts = next(one for one in policy_counts(as_of=DAY) if one.policy_id == POLICY)
        return found.total_cny, found.rows[0].amount_cny, counts.amount_cny

    full, _ = paid(firm)
    assert listed() == (full, full, full)
    pay(firm, "G1")
    assert listed() == (full - 100_000,) * 3
    pay(firm, "G2", amount_cny=10_000_000)
    assert listed() == (0.0, 0.0, 0.0)


def test_a_payment_under_an_unknown_policy_is_refused_with_near_names(firm: Organisation) -> None:
    with pytest.raises(RowRefused) as refused:
        pay(firm, "G1", policy_id="chengyu_platform_awrd")
    (reason,) = refused.value.reasons
    assert (reason.field, reason.code, reason.arrived) == (
        "policy_id",
        "unknown_policy",
        "chengyu_platform_awrd",
    )
    assert "chengyu_platform_award" in reason.message_zh
    assert "replay" in reason.message_en
    assert not Grant.objects.exists()
