"""Facts and codes are named once, and everything in the library names them rightly."""

from datetime import date

from silian.engines.rules import Effort, cheapest_changes, compile_policies
from silian.library.facts import (
    FACTS,
    LAGS,
    SUBJECTS,
    codes,
    default_efforts,
    fact_groups,
    fact_schema,
    facts,
    lag_name,
)
from silian.library.policy_files import policies

CODE_LISTS = ("titles", "platforms", "awards", "zones")


def test_every_subject_has_a_schema_of_its_facts_and_their_lags():
    for subject in SUBJECTS:
        expected = []
        for fact in facts(subject):
            expected.append(fact.code)
            expected += [lag_name(fact.code, lag.suffix) for lag in LAGS if fact.lags]
        assert list(fact_schema(subject).names) == expected


def test_units_end_the_names_of_amounts_counts_and_rates():
    endings = {"cny": "_cny", "rate": "_rate", "years": "_years", "mu": "_mu", "points": "_points"}
    for fact in (one for subject in SUBJECTS for one in facts(subject)):
        if fact.unit in endings:
            assert fact.code.endswith(endings[fact.unit]), fact.code
        if fact.type == "date":
            assert fact.code.endswith("_on")
        if fact.type == "integer" and fact.unit in {"persons", "items", "rank"}:
            assert fact.code.endswith("_count"), fact.code


def test_only_figures_have_lags_and_efforts():
    for fact in FACTS:
        if fact.lags:
            assert fact.type in {"number", "integer"}, fact.code
        if fact.default_effort:
            assert fact.type in {"number", "integer", "boolean"}, fact.code


def test_efforts_reach_from_the_present_value():
    for fact in FACTS:
        if fact.default_effort and fact.type != "boolean":
            low, high = fact.default_effort.bounds(100.0)
            assert low <= 100.0 <= high
            assert low < high, fact.code
            assert fact.default_effort.cost_cny_per_unit > 0


def test_groups_and_code_lists_that_facts_name_are_there():
    groups = {group.code for group in fact_groups()}
    for fact in (one for subject in SUBJECTS for one in facts(subject)):
        assert fact.group in groups
        assert (fact.codes in CODE_LISTS) == (fact.type == "codes")


def test_codes_are_words_that_a_set_can_hold():
    for name in CODE_LISTS:
        for code in codes(name):
            assert code.replace("_", "").isalnum()
            assert code == code.lower()


def test_default_efforts_are_for_what_is_known_and_can_be_applied_for():
    efforts = default_efforts(
        {
            "research_expense_cny": 1000.0,
            "statistics_reported": False,
            "titles": ";",
            "platforms": None,
        }
    )
    assert efforts["research_expense_cny"] == Effort(
        cost_cny_per_unit=1, lower=1000.0, upper=1600.0, integer=False
    )
    assert efforts["statistics_reported"] == Effort(cost_cny_per_unit=5000)
    assert efforts["titles:technology_sme"] == Effort(cost_cny_per_unit=10000)
    assert not any(name.startswith("platforms") for name in efforts)


def test_the_cheapest_way_may_lead_over_a_title():
    """A plan of the library: 邑科贷 asks for one of seven kinds; joining the list is cheapest."""
    (policy,) = (one for one in policies() if one.policy_id == "jiangmen_technology_loan")
    compiled = compile_policies([policy], fact_schema(), as_of=date(2025, 6, 30))
    row = {
        "region_code": "440703",
        "listed": False,
        "organisation_kind": "enterprise",
        "revenue_cny": 1e8,
        "titles": ";",
        "zones": ";",
        "awards": ";",
        "class_one_ip_count": 0,
        "founded_by_high_level_talent": False,
        "serious_violation_count": 0,
    }
    plan = cheapest_changes(compiled.policies[0], row, default_efforts(row))
    assert [(change.fact, change.code) for change in plan.changes] == [("titles", "technology_sme")]
    assert plan.cost_cny == 10000


def test_facts_are_described_in_both_languages():
    for fact in (one for subject in SUBJECTS for one in facts(subject)):
        assert fact.description_zh.endswith("。"), fact.code
        assert fact.description_en.endswith("."), fact.code
        assert fact.description_en.isascii(), fact.code
