"""Pages that rate service agencies and facilities: who sees which, and what they tell."""

from typing import Any

import pytest
from django.test import Client

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.innovation.models import ServiceAgency
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.models import Organisation

pytestmark = pytest.mark.django_db
DAY = {"as_of": "2026-03-02"}


@pytest.fixture
def agency(organisations: dict[str, Organisation]) -> ServiceAgency:
    owner = organisations["enterprise"]
    agency = ServiceAgency.objects.create(
        register=owner.register,
        source_key="A0",
        name="东海技术转移中心",
        organisation=owner,
        owner=owner,
    )
    values = {"subject_key": agency.public_id, "year": 2025, "full_time_staff_count": 7}
    save_record("service_agency_year", values, register_code="city", source_key="1", viewer=SYSTEM)
    return agency


def statuses(client: Client, users: dict[str, Any], path: str) -> dict[str, int]:
    found = {}
    for role in ("operator", "enterprise", "research", "viewer"):
        client.force_login(users[role])
        found[role] = client.get(path, DAY).status_code
    return found


def test_the_ranking_is_the_operators(
    client: Client, users: dict[str, Any], agency: ServiceAgency
) -> None:
    for path in (
        "/subjects/ranking/",
        "/subjects/ranking/facility/",
        "/subjects/ranking/service_agency/export/",
    ):
        assert statuses(client, users, path) == {
            "operator": 200,
            "enterprise": 403,
            "research": 403,
            "viewer": 403,
        }


def test_the_ranking_is_a_file(
    client: Client, users: dict[str, Any], agency: ServiceAgency
) -> None:
    client.force_login(users["operator"])
    answer = client.get("/subjects/ranking/service_agency/export/", DAY)
    head, first = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert head == "名次,编号,名称,所属单位,总分,暂计分,等级"
    assert first.split(",")[1:3] == [agency.public_id, "东海技术转移中心"]


def test_a_score_is_its_owners_and_the_operators(
    client: Client, users: dict[str, Any], agency: ServiceAgency
) -> None:
    assert statuses(client, users, f"/subjects/{agency.public_id}/score/") == {
        "operator": 200,
        "enterprise": 200,
        "research": 403,
        "viewer": 403,
    }


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_tell_the_agency_and_its_facts(
    client: Client, users: dict[str, Any], agency: ServiceAgency, language: str
) -> None:
    client.force_login(users["operator"])
    client.cookies["django_language"] = language
    ranked = client.get("/subjects/ranking/", DAY).content.decode()
    assert agency.name in ranked
    assert f"/subjects/{agency.public_id}/score/" in ranked
    shown = client.get(f"/subjects/{agency.public_id}/score/", DAY).content.decode()
    staff = "专职人员数" if language == "zh-hans" else "Full-time staff"
    assert staff in shown
    for system in ("service_agency_outcomes", "service_agency_rating"):
        page = client.get(f"/subjects/{agency.public_id}/score/", DAY | {"system": system})
        assert page.status_code == 200


def test_what_is_no_subject_or_system_is_not_found(
    client: Client, users: dict[str, Any], agency: ServiceAgency
) -> None:
    client.force_login(users["operator"])
    paths = (
        "/subjects/ranking/planet/",
        "/subjects/ranking/?system=nothing",
        f"/subjects/{agency.organisation.public_id}/score/",
        f"/subjects/{agency.public_id}/score/?system=nothing",
    )
    assert [client.get(path).status_code for path in paths] == [404] * len(paths)


def test_an_owner_declares_a_year_that_nobody_else_may(
    client: Client, users: dict[str, Any], agency: ServiceAgency
) -> None:
    path = f"/subjects/{agency.public_id}/facts/new/"
    assert statuses(client, users, path) == {
        "operator": 200,
        "enterprise": 200,
        "research": 403,
        "viewer": 403,
    }
    client.force_login(users["enterprise"])
    stated = {"year": "2024", "full_time_staff_count": "5", "status": "verified"}
    assert client.post(path, stated).status_code == 302
    kept = agency.years.get(year=2024)
    assert (kept.facts["full_time_staff_count"], kept.status, kept.audience) == (
        5,
        "declared",
        "owner",
    )
    refused = client.post(path, {"year": "2098", "full_time_staff_count": "5"})
    assert refused.status_code == 422
    assert "尚未到来" in refused.content.decode()
    assert client.post(path, {"year": "2024", "agency_revenue_cny": "-5"}).status_code == 422
