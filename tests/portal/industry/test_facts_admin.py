"""An operator corrects an enterprise-year in the admin under the same checks as files."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from silian.portal.accounts.models import User
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.models import Organisation


@pytest.fixture
def row(enterprise: Organisation, make_year: Callable[..., EnterpriseYear]) -> EnterpriseYear:
    return make_year(enterprise, 2024, {"revenue_cny": 1})


@pytest.fixture
def change(client: Client, users: dict[str, User], row: EnterpriseYear) -> Callable[..., Any]:
    client.force_login(users["operator"])
    url = reverse("admin:industry_enterpriseyear_change", args=[row.pk])

    def post(facts: Any) -> Any:
        values = {
            "organisation": row.organisation_id,
            "year": row.year,
            "status": "verified",
            "facts": json.dumps(facts),
            "owner": row.owner_id,
            "audience": "owner",
        }
        return client.post(url, values)

    return post


def test_a_corrected_year_is_kept_in_base_units(
    change: Callable[..., Any], row: EnterpriseYear
) -> None:
    assert change({"revenue_cny": "12万元", "loan_cny": None, "listed": False}).status_code == 302
    row.refresh_from_db()
    assert (row.facts, row.status) == ({"revenue_cny": 120000, "listed": False}, "verified")


@pytest.mark.parametrize(
    "facts",
    [
        {"employee_count": -1},
        {"titles": ["无此称号"]},
        {"no_such_fact": 1},
        ["revenue_cny"],
        {"year": 1},
    ],
)
def test_a_wrong_correction_is_refused(
    change: Callable[..., Any], row: EnterpriseYear, facts: Any
) -> None:
    response = change(facts)
    assert response.status_code == 200
    assert "facts" in response.context["adminform"].form.errors
    row.refresh_from_db()
    assert row.facts == {"revenue_cny": 1}
