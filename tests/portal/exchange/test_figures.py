"""What the home page tells everybody of contracts."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from silian.portal.exchange.domain.figures import city_figures
from silian.portal.exchange.models import Match, Outcome
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement


@pytest.fixture
def sign(
    make_need: Callable[..., Need], make_achievement: Callable[..., Achievement]
) -> Callable[..., None]:
    supply = make_achievement("a")

    def make(key: str, amount_cny: int, **need: Any) -> None:
        match = Match.objects.create(
            need=make_need(key, status="contracted", **need),
            supply_id=supply.public_id,
            supply_kind="achievement",
            status="signed",
        )
        Outcome.objects.create(match=match, action="signed", amount_cny=Decimal(amount_cny))

    return make


def figures() -> tuple[int, Decimal | None]:
    cache.clear()
    told = city_figures()
    return told.signed_count, told.signed_amount_cny


def test_contracts_are_summed_once_the_sum_tells_of_no_single_one(
    sign: Callable[..., None], client: Client
) -> None:
    sign("a", 100_000)
    sign("b", 200_000, owner="other")
    sign("c", 300_000, owner="other")
    # Three contracts, but of two owners, who could each work out the other's.
    assert figures() == (3, None)
    assert "60 万元" not in client.get("/").content.decode()

    sign("d", 400_000, owner="research")
    assert figures() == (4, Decimal(1_000_000))


@pytest.mark.parametrize("audience", ["members", "owner"])
def test_contracts_of_needs_that_are_not_public_are_not_counted(
    audience: str, sign: Callable[..., None], settings: Any
) -> None:
    settings.CONTRACTS_SUMMED_MIN = 1
    sign("a", 100_000)
    sign("b", 200_000, audience=audience)

    assert figures() == (1, Decimal(100_000))
