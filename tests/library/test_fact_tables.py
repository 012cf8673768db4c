"""Facts of agencies and facilities, as their records state them, are scored by the library."""

from datetime import date

import pytest

from silian.engines.scoring import compile_system, score_subjects
from silian.library.fact_tables import LaggedFacts, facts_table
from silian.library.facts import fact_schema
from silian.library.indicator_files import systems
from silian.tables.sessions import open_session

DAY = date(2025, 12, 31)
AGENCY = {
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
FACILITY = {
    "managed_rate": 0.8,
    "effective_hours": 1440,
    "external_hours": 72,
    "original_value_cny": 10_000_000,
    "internal_income_cny": 400_000,
    "external_income_cny": 400_000,
    "functions_used_rate": 0.5,
}


def _scores(system_id, subject, rows, columns):
    [system] = [one for one in systems() if one.system_id == system_id]
    compiled = compile_system(system, fact_schema(subject), as_of=DAY)
    with open_session("duckdb") as session:
        session.register("facts", facts_table(subject, rows))
        table = score_subjects(compiled, session, "facts", year=2025).arrow()
    rows = table.select(columns).to_pylist()
    return [{**row, "total": row["total"] and round(row["total"], 6)} for row in rows]


def test_agencies_are_rated_and_ranked_from_their_yearly_facts():
    rows = [
        ("agn-full", 2025, AGENCY),
        ("agn-reviewed", 2025, {**AGENCY, "management_review_rate": 0.5}),
        ("agn-silent", 2025, {"full_time_staff_count": 3}),
        ("agn-full", 2024, AGENCY),
    ]
    columns = ["subject_id", "total", "grade", "rank"]
    assert _scores("service_agency_rating", "service_agency", rows, columns) == [
        {"subject_id": "agn-full", "total": 100.0, "grade": "aaa", "rank": 1},
        {"subject_id": "agn-reviewed", "total": 88.888889, "grade": "aaa", "rank": 2},
        {"subject_id": "agn-silent", "total": None, "grade": None, "rank": None},
    ]


def test_a_facility_shows_its_parts_and_no_total_of_a_form_half_read():
    columns = ["subject_id", "total", "withheld"]
    assert _scores("facility_assessment", "facility", [("fac-1", 2025, FACILITY)], columns) == [
        {"subject_id": "fac-1", "total": None, "withheld": "unverified_figures"}
    ]


def test_facts_without_a_subject_year_and_unknown_codes_do_no_harm():
    assert facts_table("facility", []).num_rows == 0
    table = facts_table("service_agency", [("agn-1", 2025, {"no_such_fact": 1})])
    assert table.column_names[:2] == ["subject_id", "year"]
    assert "no_such_fact" not in table.column_names


def test_subjects_with_lags_have_their_own_projection():
    with pytest.raises(LaggedFacts, match="facts of enterprise have lags"):
        facts_table("enterprise", [])
