"""A deleted record that comes back with a mention's name takes over what is known of both."""

from collections.abc import Callable
from typing import Any

import pytest

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.exchange.models import Match, Outcome
from silian.portal.registry.domain.identities import subject_of
from silian.portal.registry.domain.identity_runs import run_resolution
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.models import (
    IdentityDecision,
    IdentityLink,
    IdentityRun,
    Organisation,
)

NAME = "南江电机有限公司"


def firm(name: str, key: str) -> Organisation:
    saved = save_record(
        "organisation", {"name": name}, register_code="firms", source_key=key, viewer=SYSTEM
    )
    assert isinstance(saved.record, Organisation)
    return saved.record


@pytest.fixture
def mention(settings: Any, tmp_path: Any, db: None) -> Organisation:
    settings.SILIAN_HOME = tmp_path
    save_record(
        "achievement",
        {"title": "电机", "organisation_name": NAME},
        register_code="works",
        source_key="W1",
        viewer=SYSTEM,
    )
    return Organisation.objects.get(name=NAME)


@pytest.fixture
def gone(mention: Organisation) -> Organisation:
    """A record that is going to be deleted, and to come back under the mention's name."""
    return firm("南江机电旧厂", "F1")


@pytest.fixture
def link() -> Callable[..., IdentityLink]:
    def make(run: IdentityRun, *ids: str, probability: float) -> IdentityLink:
        left, right = sorted(ids)
        return IdentityLink.objects.create(
            subject_kind="organisation",
            left_id=left,
            right_id=right,
            probability=probability,
            weight_bits=9.0,
            state="linked",
            found_state="linked",
            run=run,
        )

    return make


def links() -> list[tuple[str, str, float]]:
    return list(IdentityLink.objects.values_list("left_id", "right_id", "probability"))


@pytest.mark.parametrize(("mention_is_newer", "kept"), [(True, 0.99), (False, 0.98)])
def test_of_two_links_on_one_pair_the_newer_stays(
    mention: Organisation, gone: Organisation, link: Any, mention_is_newer: bool, kept: float
) -> None:
    other = firm("南江电机厂", "F2")
    runs = [IdentityRun.objects.create(subject_kind="organisation") for _ in range(2)]
    old_id = mention.public_id
    link(runs[mention_is_newer], old_id, other.public_id, probability=0.99)
    link(runs[not mention_is_newer], gone.public_id, other.public_id, probability=0.98)
    link(runs[1], old_id, gone.public_id, probability=0.97)
    gone.delete()

    back = firm(NAME, "F1")

    ids = sorted((back.public_id, other.public_id))
    assert (back.pk, back.public_id) == (mention.pk, gone.public_id)
    assert links() == [(*ids, kept)]
    assert subject_of(ids) == dict.fromkeys(ids, ids[0])


def test_a_decision_on_two_that_became_one_stays_as_it_was_said_and_stops_no_run(
    mention: Organisation, gone: Organisation
) -> None:
    said = [mention.public_id, gone.public_id]
    decision = IdentityDecision.objects.create(
        subject_kind="organisation", decision_kind="must_not_link", record_ids=said
    )
    gone.delete()

    firm(NAME, "F1")

    decision.refresh_from_db()
    assert decision.record_ids == said
    assert run_resolution("organisation").state == "done"


@pytest.mark.parametrize("acted_on", [False, True])
def test_of_two_matches_of_one_need_none_that_people_acted_on_is_lost(
    mention: Organisation, gone: Organisation, make_need: Any, acted_on: bool
) -> None:
    need = make_need("N1")
    old_id = mention.public_id
    first = Match.objects.create(need=need, supply_kind="organisation", supply_id=old_id)
    other = Match.objects.create(need=need, supply_kind="organisation", supply_id=gone.public_id)
    if acted_on:
        Outcome.objects.create(match=other, action=Outcome.Action.CONTACTED)
    gone.delete()

    back = firm(NAME, "F1")

    held = list(Match.objects.order_by("pk").values_list("pk", "supply_id"))
    followed = [(first.pk, back.public_id)]
    assert held == ([(first.pk, old_id), (other.pk, back.public_id)] if acted_on else followed)
