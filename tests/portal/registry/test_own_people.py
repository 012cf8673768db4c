"""Nobody writes posts or works into the portrait of somebody else's people."""

from typing import Any

import pytest
from django.test import Client

from silian.portal.accounts.domain.access import SYSTEM, Viewer
from silian.portal.registry.domain.own import change_own, create_own
from silian.portal.registry.domain.reasons import RowRefused
from silian.portal.registry.domain.upsert import PORTAL_REGISTER, save_record
from silian.portal.registry.models import Affiliation, Organisation, Person, Register


@pytest.fixture
def expert(register: Register, organisations: dict[str, Organisation]) -> Person:
    """A professor of the university, whom anybody can see."""
    return Person.objects.create(
        register=register, source_key="e", name="李教授", organisation=organisations["research"]
    )


def named(expert: Person) -> dict[str, dict[str, Any]]:
    """Records of several kinds that say something of the expert."""
    return {
        "affiliation": {"person_key": expert.public_id, "role": "顾问"},
        "project": {"title": "项目", "leader_key": expert.public_id},
        "achievement": {"title": "成果", "inventor_keys": [expert.public_id]},
        "patent": {"title": "专利", "inventor_keys": [expert.public_id]},
    }


@pytest.mark.parametrize("kind", ["affiliation", "project", "achievement", "patent"])
def test_a_member_says_nothing_of_people_of_others(
    kind: str, expert: Person, viewers: dict[str, Viewer]
) -> None:
    values = named(expert)[kind]
    for role, accepted in (("enterprise", False), ("research", True), ("operator", True)):
        if accepted:
            employer = {"organisation_key": expert.organisation.public_id}  # type: ignore[union-attr]
            said = values | (employer if kind == "affiliation" else {})
            assert create_own(kind, said, viewer=viewers[role], source_key=role).record.pk
            continue
        with pytest.raises(RowRefused) as refused:
            create_own(kind, values, viewer=viewers[role], source_key=role)
        [reason] = refused.value.reasons
        assert (reason.code, reason.arrived) == ("person_of_others", expert.public_id)
    saved = {record.source_key for record in _records(kind)}
    assert not any(key.endswith("/enterprise") for key in saved)


def _records(kind: str) -> Any:
    from silian.portal.catalogue import KINDS

    return KINDS[kind].model._default_manager.all()


def test_a_post_that_a_member_states_opens_no_door_but_a_registered_one_does(
    expert: Person, viewers: dict[str, Viewer], organisations: dict[str, Organisation]
) -> None:
    values = named(expert)["project"]
    Affiliation.objects.create(
        register=Register.objects.get_or_create(code=PORTAL_REGISTER)[0],
        source_key="post",
        person=expert,
        organisation=organisations["enterprise"],
        owner=organisations["enterprise"],
    )
    with pytest.raises(RowRefused):
        create_own("project", values, viewer=viewers["enterprise"], source_key="p")

    save_record(
        "affiliation",
        {
            "person_key": expert.public_id,
            "organisation_key": organisations["enterprise"].public_id,
            "affiliation_kind": "双聘",
        },
        register_code="test-register",
        source_key="dual",
        viewer=SYSTEM,
    )
    assert create_own("project", values, viewer=viewers["enterprise"], source_key="p").record.pk


def test_whom_a_record_names_already_may_stay_and_others_may_not_join(
    expert: Person, viewers: dict[str, Viewer], organisations: dict[str, Organisation]
) -> None:
    work = create_own(
        "achievement", {"title": "成果"}, viewer=viewers["enterprise"], source_key="w"
    ).record
    with pytest.raises(RowRefused):
        change_own(work, {"inventor_keys": [expert.public_id]}, viewer=viewers["enterprise"])
    change_own(work, {"inventor_keys": [expert.public_id]}, viewer=viewers["operator"])
    changed = change_own(work, {"title": "改名"}, viewer=viewers["enterprise"]).record
    assert changed.title == "改名"
    own = create_own(
        "achievement",
        {"title": "自己的", "inventor_names": ["本单位的人"]},
        viewer=viewers["enterprise"],
        source_key="own",
    ).record
    assert Person.objects.get(name="本单位的人").organisation == own.organisation


def test_the_api_says_what_to_do(expert: Person, users: dict[str, Any], client: Client) -> None:
    client.force_login(users["enterprise"])
    body = {"kind": "project", "source_key": "p", "values": named(expert)["project"]}
    answer = client.post("/api/v1/records", body, content_type="application/json")
    assert answer.status_code == 422
    assert expert.public_id in answer.content.decode()
    assert "运营方" in answer.content.decode()
