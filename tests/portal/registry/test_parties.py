"""Whom the pages of records, people and organisations name, and to whom."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from silian.portal.accounts.domain.access import (
    ANONYMOUS_VIEWER,
    SYSTEM,
    Viewer,
    sees,
    visible,
)
from silian.portal.catalogue import KINDS
from silian.portal.exchange.domain.outcomes import record_outcome
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement, Contribution, Project
from silian.portal.registry.domain.parties import (
    affiliations_of,
    contributors_of,
    people_of,
    signed_with,
)
from silian.portal.registry.interfaces.exports import export
from silian.portal.registry.models import Affiliation, Organisation, Person, Register


@pytest.fixture
def make_person(
    register: Register, organisations: dict[str, Organisation]
) -> Callable[..., Person]:
    def make(name: str, **values: Any) -> Person:
        home = organisations["research"]
        return Person.objects.create(
            register=register, source_key=name, name=name, owner=home, organisation=home, **values
        )

    return make


@pytest.fixture
def make_affiliation(
    register: Register, organisations: dict[str, Organisation]
) -> Callable[..., Affiliation]:
    def make(person: Person, at: str, **values: Any) -> Affiliation:
        return Affiliation.objects.create(
            register=register,
            source_key=f"{person.name} {at}",
            person=person,
            organisation=organisations[at],
            owner=organisations["research"],
            **values,
        )

    return make


def test_hidden_people_are_not_named_at_their_works(
    make_person: Callable[..., Person],
    make_achievement: Callable[..., Achievement],
    viewers: dict[str, Viewer],
    client: Client,
) -> None:
    work = make_achievement("a")
    for position, (name, audience) in enumerate((("林知远", "owner"), ("周明", "public"))):
        Contribution.objects.create(
            person=make_person(name, audience=audience),
            subject_id=work.public_id,
            role="author",
            position=position,
        )

    def named(viewer: Viewer) -> list[str]:
        return [part.person.name for part in contributors_of(work, viewer)]

    assert named(ANONYMOUS_VIEWER) == named(viewers["enterprise"]) == ["周明"]
    assert named(viewers["research"]) == named(viewers["operator"]) == ["林知远", "周明"]
    shown = client.get(f"/records/{work.public_id}/").content.decode()
    assert ("林知远" in shown, "周明" in shown) == (False, True)


def test_hidden_affiliations_and_organisations_are_not_named_at_a_person(
    make_person: Callable[..., Person],
    make_affiliation: Callable[..., Affiliation],
    organisations: dict[str, Organisation],
    viewers: dict[str, Viewer],
    client: Client,
) -> None:
    person = make_person("林知远")
    make_affiliation(person, "research")
    make_affiliation(person, "enterprise", audience="owner", role="技术顾问")
    make_affiliation(person, "other")
    Organisation.objects.filter(pk=organisations["other"].pk).update(audience="owner")

    def named(viewer: Viewer) -> set[str]:
        return {each.organisation.name for each in affiliations_of(person, viewer)}

    assert named(ANONYMOUS_VIEWER) == {"东海大学"}
    assert named(viewers["research"]) == {"东海大学", "东海磁材有限公司"}
    assert len(named(viewers["operator"])) == 3
    shown = client.get(f"/people/{person.public_id}/").content.decode()
    assert ("东海大学" in shown, "技术顾问" in shown, "西山机电" in shown) == (True, False, False)


def test_hidden_affiliations_are_not_told_at_an_organisation(
    make_person: Callable[..., Person],
    make_affiliation: Callable[..., Affiliation],
    organisations: dict[str, Organisation],
    viewers: dict[str, Viewer],
) -> None:
    make_affiliation(make_person("林知远"), "enterprise", audience="owner")
    enterprise = organisations["enterprise"]

    assert people_of(enterprise, ANONYMOUS_VIEWER) == []
    assert [person.name for person, _ in people_of(enterprise, viewers["research"])] == ["林知远"]


@pytest.mark.parametrize("fmt", ["csv", "jsonl"])
def test_exports_leave_hidden_people_out(
    fmt: str,
    make_person: Callable[..., Person],
    make_affiliation: Callable[..., Affiliation],
    make_achievement: Callable[..., Achievement],
    register: Register,
    viewers: dict[str, Viewer],
) -> None:
    hidden, seen = make_person("林知远", audience="owner"), make_person("周明")
    work = make_achievement("a")
    for person in (hidden, seen):
        Contribution.objects.create(person=person, subject_id=work.public_id, role="inventor")
        make_affiliation(person, "enterprise")
    Project.objects.create(register=register, source_key="p", title="攻关", leader=hidden)

    def named(kind: str, viewer: Viewer) -> tuple[bool, bool]:
        rows = visible(KINDS[kind].model._default_manager.all(), viewer)
        text = b"".join(export(rows, fmt, viewer=viewer)).decode()
        return ("林知远" in text, "周明" in text)

    for kind, others in (("achievement", True), ("affiliation", True), ("project", False)):
        assert named(kind, viewers["enterprise"]) == (False, others), kind
        assert named(kind, viewers["operator"]) == (True, others), kind
        assert named(kind, viewers["research"]) == (True, others), kind


def test_an_affiliation_is_seen_where_its_person_is(
    make_person: Callable[..., Person],
    make_affiliation: Callable[..., Affiliation],
    viewers: dict[str, Viewer],
) -> None:
    affiliation = make_affiliation(make_person("林知远", audience="owner"), "enterprise")
    for viewer, seen in (
        (ANONYMOUS_VIEWER, False),
        (viewers["enterprise"], False),
        (viewers["research"], True),
        (viewers["operator"], True),
    ):
        assert sees(viewer, affiliation) == seen
        assert visible(Affiliation.objects.all(), viewer).exists() == seen


def test_a_contract_for_hidden_supply_is_not_told(
    index: Any,
    make_need: Callable[..., Need],
    make_achievement: Callable[..., Achievement],
    organisations: dict[str, Organisation],
    viewers: dict[str, Viewer],
) -> None:
    supply = make_achievement("a", audience="owner")
    record_outcome(
        need=make_need("n"),
        supply_id=supply.public_id,
        action="signed",
        amount_cny=Decimal(0),
        viewer=SYSTEM,
    )
    enterprise = organisations["enterprise"]

    assert signed_with(enterprise, ANONYMOUS_VIEWER) == []
    assert [pair.supply for pair in signed_with(enterprise, viewers["research"])] == [supply]
