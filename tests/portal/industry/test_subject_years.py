"""Yearly facts of agencies and facilities: kept, joined, private, exported, scored and ranked."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import openpyxl
import pytest
from django.contrib.admin.sites import site

from silian.portal.accounts.domain.access import ANONYMOUS_VIEWER, SYSTEM, sees, visible
from silian.portal.industry.domain.facts_statements import NotYourStatement
from silian.portal.industry.domain.indicator_systems import SystemNotFound
from silian.portal.industry.domain.subject_rankings import ranking_of, sheet_of_subject
from silian.portal.industry.domain.subject_years import UnknownSubjectKind, facts_by_year
from silian.portal.industry.models import FacilityYear, ServiceAgencyYear
from silian.portal.innovation.models import Facility, ServiceAgency
from silian.portal.registry.domain.own import create_own
from silian.portal.registry.domain.reasons import RowRefused
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.interfaces.exports import export
from silian.portal.registry.interfaces.templates import template_workbook
from silian.portal.registry.models import Organisation, Register

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
BOOKS = {
    "full_time_staff_count": 20,
    "part_time_expert_count": 20,
    "operating_funds_cny": 2_000_000,
    "deals_brokered_count": 200,
    "deals_brokered_cny": 200_000_000,
    "agency_revenue_cny": 10_000_000,
    "technical_revenue_cny": 10_000_000,
    "profit_tax_cny": 3_000_000,
    "enterprises_served_count": 500,
}


@pytest.fixture
def agencies(
    db: None,
    make_organisation: Callable[..., Organisation],
    make_register: Callable[[str], Register],
) -> list[ServiceAgency]:
    return [
        ServiceAgency.objects.create(
            register=make_register("city"),
            source_key=f"A{number}",
            name="东海技术转移中心",
            organisation=owner,
            owner=owner,
        )
        for number, owner in enumerate(
            [make_organisation("东海科技服务公司"), make_organisation("西山科技服务公司")]
        )
    ]


def state(
    kind: str = "service_agency_year", *, key: str = "", register: str = "city", **values: Any
):
    return save_record(
        kind,
        values,
        register_code=register,
        source_key=key or str(values.get("year")),
        viewer=SYSTEM,
    ).record


def reasons(**values: Any) -> list[tuple[str, str]]:
    with pytest.raises(RowRefused) as refused:
        state(**values)
    return [(one.field, one.code) for one in refused.value.reasons]


def test_a_row_names_its_agency_by_key_or_by_name_and_owner(agencies: list[ServiceAgency]) -> None:
    by_key = state(key="1", subject_key="A0", year=2024, **BOOKS)
    by_id = state(key="2", register="tax", subject_key=agencies[1].public_id, year="2024年")
    by_name = state(
        key="3",
        subject_name="东海技术转移中心",
        organisation_key=agencies[1].organisation.public_id,
        year=2025,
    )
    found = [
        (one.subject_id, one.organisation_id, one.owner_id) for one in (by_key, by_id, by_name)
    ]
    assert found == [
        (agencies[n].pk, agencies[n].organisation_id, agencies[n].organisation_id)
        for n in (0, 1, 1)
    ]
    assert by_key.audience == "owner"


def test_a_row_that_names_nobody_several_or_somebody_elses_agency_is_refused(
    agencies: list[ServiceAgency],
) -> None:
    assert reasons(year=2024) == [("subject_key", "missing")]
    assert reasons(year=2024, subject_key="A9") == [("subject_key", "reference_unknown")]
    assert reasons(year=2024, subject_name="东海技术转移中心") == [
        ("subject_name", "reference_ambiguous")
    ]
    assert reasons(year=2024, subject_key="A0", organisation_name="西山科技服务公司") == [
        ("organisation_key", "reference_mismatch")
    ]
    assert reasons(year=2024, subject_key="A0", management_review_rate=1.5)[0][0] == (
        "management_review_rate"
    )


def test_the_books_are_seen_by_owner_and_operator_alone(
    agencies: list[ServiceAgency],
) -> None:
    year = state(subject_key="A0", year=2024, **BOOKS)
    members = {
        role: replace(ANONYMOUS_VIEWER, role=role, organisation_pk=owner)
        for role, owner in (
            ("enterprise", agencies[0].organisation_id),
            ("research", agencies[1].organisation_id),
            ("adviser", None),
            ("viewer", None),
        )
    }
    seen = {role: sees(viewer, year) for role, viewer in members.items()}
    assert seen == {"enterprise": True, "research": False, "adviser": False, "viewer": False}
    assert not sees(ANONYMOUS_VIEWER, year)
    for role, viewer in members.items():
        assert visible(ServiceAgencyYear.objects.all(), viewer).exists() is seen[role]


def test_members_declare_for_their_own_agency_and_nobody_verifies_himself(
    agencies: list[ServiceAgency],
) -> None:
    owner = agencies[0].organisation
    own = replace(
        ANONYMOUS_VIEWER,
        role="enterprise",
        organisation_pk=owner.pk,
        organisation_id=owner.public_id,
    )
    with pytest.raises(NotYourStatement):
        create_own(
            "service_agency_year",
            {"subject_key": agencies[0].public_id, "year": 2024, "status": "verified"},
            viewer=own,
            source_key="a",
        )
    with pytest.raises(RowRefused):
        create_own(
            "service_agency_year",
            {"subject_key": agencies[1].public_id, "year": 2024},
            viewer=own,
            source_key="b",
        )
    kept = create_own(
        "service_agency_year",
        {"subject_key": agencies[0].public_id, "year": 2024, "full_time_staff_count": 3},
        viewer=own,
        source_key="c",
    ).record
    assert (kept.owner_id, kept.status) == (owner.pk, "declared")


def test_verified_goes_before_declared_and_reviews_count_only_verified(
    agencies: list[ServiceAgency],
) -> None:
    state(key="1", subject_key="A0", year=2024, full_time_staff_count=9, management_review_rate=1.0)
    assert facts_by_year(agencies[0]) == {2024: {"full_time_staff_count": 9}}
    state(
        key="2",
        register="review",
        subject_key=agencies[0].public_id,
        year=2024,
        status="verified",
        full_time_staff_count=4,
        management_review_rate=0.5,
    )
    assert facts_by_year(agencies[0]) == {
        2024: {"full_time_staff_count": 4, "management_review_rate": 0.5}
    }


def test_agencies_are_ranked_with_grades_and_one_is_decomposed(
    agencies: list[ServiceAgency],
) -> None:
    state(key="1", subject_key="A0", year=2024, **BOOKS)
    state(key="2", subject_key="A1", year=2024, **BOOKS | {"deals_brokered_count": 20})
    found = ranking_of("service_agency", as_of=DAY)
    assert (found.system.system_id, found.year, found.ranked_count) == (
        "service_agency_rating",
        2024,
        2,
    )
    first, second = found.rows
    assert [one.public_id for one in (first, second)] == [one.public_id for one in agencies]
    assert (first.rank, second.rank, first.grade) == (1, 2, "aaa")
    assert first.total == pytest.approx(100.0)
    sheet = sheet_of_subject(agencies[1], as_of=DAY)
    assert sheet is not None
    assert sheet.score.total == second.total
    assert sum(leaf.points or 0.0 for leaf in sheet.score.leaves) == pytest.approx(second.total)
    assert sheet.score.rank is None  # among two a rank tells the other's


def test_a_ranking_follows_its_facts_and_tells_a_part_of_it(
    agencies: list[ServiceAgency],
) -> None:
    state(key="1", subject_key="A0", year=2024, **BOOKS)
    state(key="2", subject_key="A1", year=2024, **BOOKS | {"deals_brokered_count": 20})
    part = ranking_of("service_agency", as_of=DAY, limit=1, offset=1)
    assert [(one.public_id, one.rank) for one in part.rows] == [(agencies[1].public_id, 2)]
    assert (part.total_count, part.ranked_count) == (2, 2)
    state(key="1", subject_key="A0", year=2024, **BOOKS | {"deals_brokered_count": 2})
    ServiceAgency.objects.filter(pk=agencies[1].pk).update(name="改名中心")
    changed = ranking_of("service_agency", as_of=DAY, limit=1)
    assert [(one.public_id, one.name) for one in changed.rows] == [
        (agencies[1].public_id, "改名中心")
    ]


def test_an_official_assessment_of_facilities_tells_parts_and_no_total(
    agencies: list[ServiceAgency], make_register: Callable[[str], Register]
) -> None:
    facility = Facility.objects.create(
        register=make_register("city"),
        source_key="F1",
        name="透射电镜",
        facility_kind="instrument",
        organisation=agencies[0].organisation,
        owner=agencies[0].organisation,
        original_value_cny=3_000_000,
    )
    state(
        "facility_year",
        subject_key="F1",
        year=2025,
        effective_hours=1440,
        external_hours=72,
        functions_used_rate="50%",
    )
    assert facts_by_year(facility)[2025]["original_value_cny"] == 3_000_000.0
    sheet = sheet_of_subject(facility, as_of=DAY)
    assert sheet is not None
    assert (sheet.score.total, bool(sheet.score.withheld)) == (None, True)
    assert any(leaf.points for leaf in sheet.score.leaves)
    ranking = ranking_of("facility", as_of=DAY)
    assert [(one.name, one.total, one.rank) for one in ranking.rows] == [("透射电镜", None, None)]
    assert ranking.withheld == sheet.score.withheld


def test_without_books_there_is_no_score_and_wrong_names_are_refused(
    agencies: list[ServiceAgency],
) -> None:
    assert sheet_of_subject(agencies[0], as_of=DAY) is None
    assert ranking_of("service_agency", as_of=DAY).rows == ()
    with pytest.raises(UnknownSubjectKind):
        ranking_of("enterprise", as_of=DAY)
    with pytest.raises(SystemNotFound):
        ranking_of("facility", "service_agency_rating", as_of=DAY)


@pytest.mark.parametrize("kind", ["service_agency_year", "facility_year"])
def test_there_is_a_template_with_every_fact(kind: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(template_workbook(kind)))
    headings = [str(cell.value) for row in book["填写"].iter_rows(max_row=3) for cell in row]
    expected = "促成技术交易项数" if kind == "service_agency_year" else "年均有效机时"
    assert any(expected in one for one in headings)


def test_what_is_exported_names_the_agency_by_its_key(agencies: list[ServiceAgency]) -> None:
    state(key="1", subject_key="A0", year=2024, **BOOKS)
    content = b"".join(export("service_agency_year", "csv", viewer=SYSTEM)).decode("utf-8-sig")
    heading, line = content.strip().splitlines()
    cells = dict(zip(heading.split(","), line.split(","), strict=True))
    assert cells["机构主键"] == "A0"
    assert ServiceAgencyYear in site._registry
    assert FacilityYear in site._registry
