"""What a member enters joins nobody else's record without a person's word."""

from typing import Any

import pytest

from silian.portal.accounts.domain.access import SYSTEM, Viewer
from silian.portal.registry.domain.identities import subject_of
from silian.portal.registry.domain.identity_decisions import decide
from silian.portal.registry.domain.identity_runs import run_resolution
from silian.portal.registry.domain.own import create_own
from silian.portal.registry.models import IdentityLink, Organisation, Person, Register

ORCID = "0000-0002-1825-0097"


@pytest.fixture
def expert(
    settings: Any,
    tmp_path: Any,
    register: Register,
    organisations: dict[str, Organisation],
) -> Person:
    """A professor of the university, of whom everybody knows the ORCID."""
    settings.SILIAN_HOME = tmp_path
    return Person.objects.create(
        register=register,
        source_key="e",
        name="潘秀怡",
        orcid=ORCID,
        organisation=organisations["research"],
    )


def entered(viewer: Viewer) -> Person:
    values = {"name": "潘秀怡", "orcid": ORCID, "title": "院士"}
    record = create_own("person", values, viewer=viewer, source_key="x1").record
    assert isinstance(record, Person)
    return record


@pytest.mark.parametrize(
    ("role", "state", "reason"),
    [("enterprise", "review", "member_stated"), ("research", "linked", "")],
)
def test_a_member_claims_nobody_but_the_own_organisations_people(
    role: str, state: str, reason: str, expert: Person, viewers: dict[str, Viewer]
) -> None:
    claim = entered(viewers[role])

    run = run_resolution("person")

    link = IdentityLink.objects.get()
    assert (link.state, link.reason, link.found_state) == (state, reason, state)
    assert link.probability > 0.85
    assert (run.n_linked, run.n_review) == ((1, 0) if state == "linked" else (0, 1))
    both = [expert.public_id, claim.public_id]
    assert len(subject_of(both)) == (2 if state == "linked" else 0)


def test_what_a_member_claims_is_merged_once_somebody_says_so(
    expert: Person, viewers: dict[str, Viewer]
) -> None:
    claim = entered(viewers["enterprise"])
    run_resolution("person")

    decide("person", "merge", [expert.public_id, claim.public_id], viewer=SYSTEM)
    run_resolution("person")

    link = IdentityLink.objects.get()
    assert (link.state, link.reason, link.found_reason) == ("linked", "decided", "member_stated")
    assert set(subject_of([expert.public_id, claim.public_id])) == {
        expert.public_id,
        claim.public_id,
    }
