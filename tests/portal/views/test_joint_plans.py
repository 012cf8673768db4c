"""The page, the operation and the command that plan several policies at once."""

from typing import Any

import pytest
from django.test import Client

from silian.portal.registry.models import Organisation

pytestmark = pytest.mark.django_db
ASKED = {"as_of": "2026-03-02", "policy": ["technology_sme", "high_tech_enterprise"]}


@pytest.fixture
def enterprise(client: Client, users: dict[str, Any], firms: list[Organisation]) -> Client:
    client.force_login(users["enterprise"])
    return client


def test_the_part_and_the_whole_page_tell_the_same_plan(
    enterprise: Client, firms: list[Organisation]
) -> None:
    path = f"/organisations/{firms[0].public_id}/joint-plan/"
    page = enterprise.get(path, ASKED)
    part = enterprise.get(path, ASKED, headers={"HX-Request": "true"})
    assert (page.status_code, part.status_code) == (200, 200)
    assert part.content.decode().strip() in page.content.decode()
    assert "科技型中小企业" in part.content.decode()


def test_the_page_of_entitlements_offers_what_is_near(
    enterprise: Client, firms: list[Organisation]
) -> None:
    page = enterprise.get(f"/organisations/{firms[0].public_id}/entitlements/").content.decode()
    assert f'hx-get="/organisations/{firms[0].public_id}/joint-plan/"' in page


def test_no_choice_is_told_on_the_page(enterprise: Client, firms: list[Organisation]) -> None:
    path = f"/organisations/{firms[0].public_id}/joint-plan/"
    part = enterprise.get(path, headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert "请选择 1 至" in part.content.decode()
    assert enterprise.get(path).status_code == 422
    assert enterprise.get(path, {"policy": "nothing"}).status_code == 422


def test_plans_of_others_stay_closed(enterprise: Client, firms: list[Organisation]) -> None:
    path = f"/organisations/{firms[1].public_id}/joint-plan/"
    assert enterprise.get(path, ASKED).status_code == 403
