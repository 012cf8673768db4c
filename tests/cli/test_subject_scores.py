"""Service agencies and facilities on the command line: ranked, and one decomposed."""

from collections.abc import Callable
from typing import Any

import pytest

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.innovation.models import ServiceAgency
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.models import Register

pytestmark = pytest.mark.django_db
Silian = Callable[..., Any]
ASKED = ("score", "--subject", "service_agency", "--as-of", "2026-03-02")


@pytest.fixture
def agency(db: None) -> ServiceAgency:
    register = Register.objects.create(code="city", name="测试登记库")
    agency = ServiceAgency.objects.create(register=register, source_key="A0", name="东海转移中心")
    values = {"subject_key": "A0", "year": 2025, "full_time_staff_count": 7}
    save_record("service_agency_year", values, register_code="city", source_key="1", viewer=SYSTEM)
    return agency


def test_agencies_are_ranked_or_one_is_decomposed(agency: ServiceAgency, silian: Silian) -> None:
    ranked = silian(*ASKED)
    assert ranked.code == 0, ranked.err
    assert agency.name in ranked.out
    assert [row["public_id"] for row in silian(*ASKED, "--json").json()] == [agency.public_id]
    [one] = [silian(*ASKED, agency.name, "--json").json()]
    assert one["system_id"] == "service_agency_rating"
    assert "专职人员" in silian(*ASKED, agency.public_id).out


def test_what_is_not_there_is_said(agency: ServiceAgency, silian: Silian) -> None:
    assert silian(*ASKED, "西山转移中心").code == 1
    assert silian("score", "--subject", "planet").code == 2
    assert silian("score", "--subject", "facility", "--system", "service_agency_rating").code == 1
