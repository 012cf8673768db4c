"""Portraits over the API: hidden tags are not there, and only the subject changes them."""

from collections.abc import Callable
from typing import Any

import pytest

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.accounts.domain.users import link_person
from silian.portal.accounts.models import User
from silian.portal.registry.models import Organisation, Person, Register

pytestmark = pytest.mark.django_db


@pytest.fixture
def expert(register: Register, organisations: dict[str, Organisation]) -> Person:
    return Person.objects.create(
        register=register,
        source_key="expert",
        name="李工",
        title="教授",
        expertise=["永磁材料"],
        organisation=organisations["research"],
        owner=organisations["research"],
    )


def test_a_subject_hides_and_brings_back_a_tag(
    client: Any, users: dict[str, User], expert: Person
) -> None:
    link_person(users["viewer"], expert, viewer=SYSTEM)
    path = f"/api/v1/portraits/{expert.public_id}"
    key = "expertise:永磁材料"
    assert key in _keys(client.get(path))
    client.force_login(users["viewer"])
    said = {"action": "hide", "tag": key, "text": "永磁材料"}
    made = client.post(f"{path}/notes", said, content_type="application/json")
    assert made.status_code == 201
    client.force_login(users["research"])
    assert key not in _keys(client.get(path))
    history = client.get(f"/api/v1/records/{expert.public_id}/history").content.decode()
    assert "永磁材料" not in history
    refused = client.delete(f"{path}/notes/{made.json()['id']}")
    assert refused.status_code == 403
    client.force_login(users["viewer"])
    undone = client.delete(f"{path}/notes/{made.json()['id']}")
    assert (undone.status_code, undone.json()["withdrawn"]) == (200, True)
    assert key in _keys(client.get(path))


def test_nobody_speaks_for_somebody_else(
    client: Any, users: dict[str, User], expert: Person
) -> None:
    path = f"/api/v1/portraits/{expert.public_id}/notes"
    for role in ("research", "enterprise", "viewer"):
        client.force_login(users[role])
        said = {"action": "correct", "tag": "title:教授", "text": "讲师"}
        answer = client.post(path, said, content_type="application/json")
        assert answer.status_code == 403
        assert answer.json()["code"] == "access_denied"


def test_words_that_cannot_be_kept_are_a_problem(
    client: Any, users: dict[str, User], expert: Person
) -> None:
    client.force_login(users["operator"])
    path = f"/api/v1/portraits/{expert.public_id}/notes"
    said = {"action": "add", "group": "none", "text": "x"}
    answer = client.post(path, said, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "note_refused")


def test_only_organisations_and_people_have_portraits(
    client: Any, make_need: Callable[..., Any]
) -> None:
    answer = client.get(f"/api/v1/portraits/{make_need('n').public_id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_portrait")


def test_files_networks_teams_and_gaps_are_for_those_who_signed_in(
    client: Any, users: dict[str, User], expert: Person
) -> None:
    paths = (
        f"/api/v1/portraits/{expert.public_id}/report?format=json",
        f"/api/v1/people/{expert.public_id}/network",
        "/api/v1/teams",
        "/api/v1/talent-gaps",
    )
    for path in paths:
        assert client.get(path).status_code == 401
    client.force_login(users["viewer"])
    for path in paths:
        assert client.get(path).status_code == 200


def _keys(answer: Any) -> set[str]:
    assert answer.status_code == 200
    return {tag["key"] for tag in answer.json()["tags"]}


def test_a_day_that_no_record_can_know_is_refused(
    client: Any, users: dict[str, User], expert: Person
) -> None:
    client.force_login(users["operator"])
    path = f"/api/v1/portraits/{expert.public_id}"
    for day in ("0001-01-01", "1949-12-31", "2201-01-01", "9999-12-31"):
        for address in (path, f"{path}/report"):
            assert client.get(address, {"as_of": day}).status_code == 422
    assert client.get(path, {"as_of": "1950-01-01"}).status_code == 200
