"""What became of the city's needs agrees with the needs and with the truth."""

from collections import Counter, defaultdict

import pytest

from silian.sample.setting import REFERENCE_DAY


@pytest.fixture(scope="module")
def outcomes(city):
    return list(city.outcomes())


def test_contracted_needs_have_one_contract_and_others_none(tables, outcomes):
    contracted = [row["source_key"] for row in tables["need"] if row["status"] == "contracted"]
    signed = [row["need_key"] for row in outcomes if row["action"] == "signed"]

    assert signed == contracted


def test_contracts_fit_and_refused_supplies_do_not(city, outcomes):
    levels = defaultdict(Counter)
    for row in outcomes:
        level = city.level(row["need_key"], row["supply_kind"], row["supply_key"])
        levels[row["action"]][level] += 1

    assert min(levels["signed"]) >= 3
    assert levels["signed"][4] > 4 * levels["signed"][3]
    assert max(levels["unsuitable"]) <= 2


def test_everybody_met_first_and_within_the_needs_time(tables, outcomes):
    published = {row["source_key"]: row["published_on"] for row in tables["need"]}
    met = {}
    for row in outcomes:
        pair = row["need_key"], row["supply_key"]
        assert (row["action"] == "contacted") == (pair not in met), "one contact, then a word"
        earliest = met.setdefault(pair, published[row["need_key"]])
        assert earliest <= row["recorded_on"] <= REFERENCE_DAY.isoformat()


def test_amounts_come_with_contracts_and_keep_near_the_budget(tables, outcomes):
    budgets = {row["source_key"]: row["budget_cny"] for row in tables["need"]}
    for row in outcomes:
        assert (row["amount_cny"] is None) == (row["action"] != "signed")
        assert (row["reason"] == "") == (row["action"] != "unsuitable")
        if row["amount_cny"] and budgets[row["need_key"]]:
            assert 0 < row["amount_cny"] <= 1.1 * budgets[row["need_key"]]


def test_nobody_contracts_with_itself(tables, outcomes):
    homes = {
        row["source_key"]: row.get("organisation_key")
        for kind in ("need", "achievement", "person", "facility", "service_agency")
        for row in tables[kind]
    }
    for row in outcomes:
        if row["supply_key"] in homes:
            assert homes[row["supply_key"]] != homes[row["need_key"]]
