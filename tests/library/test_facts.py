"""Facts and codes are named once, and everything in the library names them rightly."""

from silian.library.facts import (
    FACTS,
    LAGS,
    SUBJECTS,
    codes,
    fact_groups,
    fact_schema,
    facts,
    lag_name,
)

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
        if fact.lags or fact.default_effort:
            assert fact.type in {"number", "integer"}, fact.code


def test_efforts_reach_from_the_present_value():
    for fact in FACTS:
        if fact.default_effort:
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
