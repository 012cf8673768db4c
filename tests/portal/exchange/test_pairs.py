"""Who sees what came of a match, and how much of it."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from silian.portal.accounts.domain.access import (
    ANONYMOUS_VIEWER,
    SYSTEM,
    AccessDenied,
    Viewer,
    viewer_of_user,
)
from silian.portal.accounts.domain.users import create_user
from silian.portal.exchange.domain.outcomes import record_outcome
from silian.portal.exchange.domain.pairs import (
    own_matches,
    own_outcomes,
    pairs_of_need,
    pairs_of_supply,
)
from silian.portal.exchange.models import Match
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement
from silian.portal.registry.models import Organisation

pytestmark = pytest.mark.usefixtures("index")


@pytest.fixture
def viewers(
    viewers: dict[str, Viewer], organisations: dict[str, Organisation]
) -> dict[str, Viewer]:
    """With the anonymous one and a rival: an enterprise with another organisation."""
    rival = create_user(
        viewer=SYSTEM,
        username="rival",
        password="another-long-Passphrase-8",
        role="enterprise",
        organisation=organisations["other"],
    )
    return {**viewers, "rival": viewer_of_user(rival), "anonymous": ANONYMOUS_VIEWER}


@pytest.fixture
def need(make_need: Callable[..., Need]) -> Need:
    return make_need("n")


@pytest.fixture
def supplies(need: Need, make_achievement: Callable[..., Achievement]) -> dict[str, Achievement]:
    """Supply by its owner; the need's owner contacted one and refused the other."""
    made = {
        "research": make_achievement("a"),
        "other": make_achievement("b", owner="other"),
    }
    for action, supply, reason in (
        ("contacted", made["research"], ""),
        ("unsuitable", made["other"], "太贵"),
    ):
        record_outcome(
            need=need, supply_id=supply.public_id, action=action, viewer=SYSTEM, reason=reason
        )
    return made


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("operator", {"research", "other"}),
        ("enterprise", {"research", "other"}),
        ("research", {"research"}),
        ("rival", {"other"}),
        ("viewer", set()),
        ("anonymous", set()),
    ],
)
def test_the_needs_owner_sees_all_outcomes_and_a_supplier_its_own(
    role: str,
    seen: set[str],
    need: Need,
    supplies: dict[str, Achievement],
    viewers: dict[str, Viewer],
) -> None:
    pairs = pairs_of_need(need, viewers[role])

    assert {pair.match.supply_id for pair in pairs} == {supplies[key].public_id for key in seen}


@pytest.mark.parametrize(
    ("role", "count"),
    [("operator", 1), ("research", 1), ("enterprise", 1), ("rival", 0), ("viewer", 0)],
)
def test_the_outcomes_of_a_supply_are_for_the_two_parties(
    role: str,
    count: int,
    supplies: dict[str, Achievement],
    viewers: dict[str, Viewer],
) -> None:
    assert len(pairs_of_supply(supplies["research"], viewers[role])) == count


def test_a_supply_that_is_hidden_from_the_viewer_is_not_named(
    need: Need, supplies: dict[str, Achievement], viewers: dict[str, Viewer]
) -> None:
    Achievement.objects.filter(pk=supplies["research"].pk).update(audience="owner")

    named = {
        pair.match.supply_id: pair.supply for pair in pairs_of_need(need, viewers["enterprise"])
    }

    assert named == {
        supplies["research"].public_id: None,
        supplies["other"].public_id: supplies["other"],
    }


def test_a_need_that_was_hidden_goes_from_the_suppliers_matches(
    need: Need, supplies: dict[str, Achievement], viewers: dict[str, Viewer]
) -> None:
    Need.objects.filter(pk=need.pk).update(audience="owner")

    assert own_matches(viewers["research"]).count() == 0
    assert own_matches(viewers["enterprise"]).count() == 2


def test_the_organisation_itself_is_among_ones_own_supplies(
    need: Need, organisations: dict[str, Organisation], viewers: dict[str, Viewer]
) -> None:
    university = organisations["research"]
    assert university.owner_id is None
    record_outcome(
        need=need, supply_id=university.public_id, action="contacted", viewer=viewers["enterprise"]
    )

    assert own_matches(viewers["research"]).get() == Match.objects.get()


def test_matches_of_ones_own_are_not_for_readers(viewers: dict[str, Viewer]) -> None:
    with pytest.raises(AccessDenied):
        own_matches(viewers["viewer"])


def test_a_key_has_nothing_of_what_its_maker_recorded_elsewhere(
    need: Need,
    supplies: dict[str, Achievement],
    viewers: dict[str, Viewer],
    make_need: Callable[..., Need],
    make_achievement: Callable[..., Achievement],
    organisations: dict[str, Organisation],
) -> None:
    operator, university = viewers["operator"], organisations["research"]
    record_outcome(
        need=make_need("m", owner="other"),
        supply_id=make_achievement("c", owner="enterprise").public_id,
        action="signed",
        amount_cny=Decimal(1),
        viewer=operator,
    )
    contact = record_outcome(
        need=make_need("o", owner="other"),
        supply_id=supplies["research"].public_id,
        action="contacted",
        viewer=operator,
    )
    key = Viewer(
        role="research",
        user_id=operator.user_id,
        organisation_pk=university.pk,
        organisation_id=university.public_id,
        by_key=True,
    )

    assert list(own_outcomes(key)) == [contact]
