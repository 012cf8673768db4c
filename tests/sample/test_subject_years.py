"""Books of the sample city's agencies and facilities: they hang together, and fit the schema."""

import pytest

from silian.sample.generate import generate_city


@pytest.fixture(scope="module")
def years():
    city = generate_city("small", seed=7)
    return {kind: list(city.rows(kind)) for kind in ("service_agency_year", "facility_year")}


def test_an_agencys_parts_never_exceed_the_whole(years):
    for row in years["service_agency_year"]:
        deals = row["deals_brokered_count"]
        assert 0 <= row["deals_paid_count"] <= deals
        assert 0 <= row["deals_related_count"] <= deals <= row["enterprises_served_count"]
        assert row["served_promoted_count"] <= row["enterprises_served_count"]
        assert row["technical_revenue_cny"] <= row["agency_revenue_cny"]
        assert row["full_time_staff_count"] > 0
        assert 0 <= row["management_review_rate"] <= 1


def test_a_facilitys_hours_fit_into_each_other(years):
    for row in years["facility_year"]:
        shared = row["external_hours"] + row["internal_shared_hours"]
        assert 0 <= shared <= row["effective_hours"] <= 24 * 366
        assert row["external_income_cny"] >= 0


def test_the_same_seed_tells_the_same_years(years):
    again = list(generate_city("small", seed=7).rows("facility_year"))
    assert again == years["facility_year"]
