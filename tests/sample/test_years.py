"""Enterprise-years of the sample city hang together, with each other and with its records."""

from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from silian.library.facts import FACT, codes
from silian.sample import generate_city

Row = dict


@pytest.fixture(scope="module")
def years(tables) -> list[Row]:
    return tables["enterprise_year"]


@pytest.fixture(scope="module")
def by_firm(years) -> dict[str, list[Row]]:
    found = defaultdict(list)
    for row in years:
        found[row["organisation_key"]].append(row)
    return found


def test_every_enterprise_has_its_last_four_full_years_or_those_since_it_began(tables, by_firm):
    for row in tables["organisation"]:
        if row["organisation_kind"] == "enterprise":
            first = max(2022, int(row["established_on"][:4]))
            told = [year["year"] for year in by_firm[row["source_key"]]]
            assert told == list(range(first, 2026)), row["source_key"]


def test_parts_never_exceed_their_whole(years):
    for part, whole in (
        ("technical_staff_count", "employee_count"),
        ("research_staff_count", "technical_staff_count"),
        ("qualified_research_staff_count", "research_staff_count"),
        ("main_business_revenue_cny", "revenue_cny"),
        ("high_tech_revenue_cny", "revenue_cny"),
        ("research_deduction_base_cny", "research_expense_cny"),
        ("own_class_one_ip_count", "class_one_ip_count"),
        ("loan_cny", "total_liabilities_cny"),
        ("local_fiscal_contribution_cny", "tax_paid_cny"),
    ):
        known = [row for row in years if None not in (row[part], row[whole])]
        assert len(known) > 6_000
        assert [row["source_key"] for row in known if row[part] > row[whole]] == [], part


def test_books_balance(years):
    known = [row for row in years if row["total_assets_cny"] is not None]
    assert all(
        row["total_assets_cny"] - row["total_liabilities_cny"] == row["net_assets_cny"]
        for row in known
    )
    assert all(row["revenue_cny"] - row["cost_expense_cny"] == row["profit_cny"] for row in years)


def test_staff_of_the_last_year_is_what_the_organisation_states(tables, by_firm):
    for row in tables["organisation"]:
        if row["organisation_kind"] == "enterprise":
            assert by_firm[row["source_key"]][-1]["employee_count"] == row["employee_count"]


def test_patents_are_those_of_the_patent_register(tables, by_firm):
    held = Counter()
    for row in tables["patent"]:
        granted = row["grant_date"] and row["grant_date"] < "2026"
        if granted and row["legal_status"] != "失效" and row["patent_kind"] == "invention":
            held[row["assignee_keys"][0]] += 1
    for key, rows in by_firm.items():
        assert rows[-1]["invention_patents_held_count"] == held[key]
    assert sum(held[key] for key in by_firm) > 100


def test_titles_are_gained_held_and_lost(by_firm):
    moves = Counter()
    for rows in by_firm.values():
        for before, after in pairwise(rows):
            old, new = set(before["titles"]), set(after["titles"])
            assert set(after["titles_new"]) == new - old
            moves.update(f"+{code}" for code in new - old)
            moves.update(f"-{code}" for code in old - new)
    for code in ("technology_sme", "innovative_sme", "high_tech_enterprise", "specialised_sme"):
        assert moves[f"+{code}"] > 20
        assert moves[f"-{code}"] > 5
    assert moves["+little_giant"] > 3


def test_every_code_and_column_is_the_librarys(years):
    lists = {code: codes(fact.codes) for code, fact in FACT.items() if fact.type == "codes"}
    for row in years:
        for column, known in lists.items():
            assert set(row[column]) <= set(known)
    unknown = set(years[0]) - set(FACT)
    assert unknown == {"source_key", "organisation_key", "year", "status"}


def test_something_is_missing_and_many_stand_just_below_a_line(years):
    missing = Counter(code for row in years for code, value in row.items() if value is None)
    assert 0.3 < missing["market_share_rate"] / len(years) < 0.6
    assert 0.03 < missing["technical_staff_count"] / len(years) < 0.08
    last = [row for row in years if row["year"] == 2025 and row["research_expense_cny"]]
    rates = [row["research_expense_cny"] / row["revenue_cny"] for row in last]
    assert sum(0.045 <= rate < 0.05 for rate in rates) > 60
    assert sum(0.0275 <= rate < 0.03 for rate in rates) > 40


def test_same_seed_same_years_and_another_seed_others():
    first, again, other = (
        list(generate_city("small", seed=seed).rows("enterprise_year"))[:200] for seed in (3, 3, 4)
    )
    assert first == again
    assert first != other
