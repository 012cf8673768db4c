"""All subjects at once get what each gets alone, on DuckDB."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy_examples import (
    AS_OF,
    ENDED,
    ROW,
    SCHEMA,
    SUBSIDY,
    TITLE,
    condition,
    facts_table,
    tier,
)

from silian.engines.rules import (
    FactsRefused,
    PolicyCounts,
    compile_policies,
    evaluate,
    evaluate_subject,
)
from silian.engines.rules.values import AmountRule, Policy
from silian.tables.sessions import DuckDBSession

PLAIN = Policy(
    policy_id="plain_grant",
    label_zh="普惠补助",
    label_en="For everybody",
    kind="money",
    source=SUBSIDY.source,
    valid_from=date(2020, 1, 1),
    amount=AmountRule(tiers=(tier("all", "revenue_cny > 0", "least(employee_count, 7) * 1000"),)),
)
COMPILED = compile_policies([SUBSIDY, TITLE, ENDED, PLAIN], SCHEMA, as_of=AS_OF)

money = st.sampled_from([0.0, 1e5, 5e6, 4_999_999.99, 1e8, 2e8]) | st.floats(-1e6, 1e9)
counts = st.integers(0, 2000)
rows = st.fixed_dictionaries(
    {
        "revenue_cny": st.none() | money,
        "research_expense_cny": st.none() | money,
        "research_expense_cny_last_year": st.none() | money,
        "employee_count": st.none() | counts,
        "research_staff_count": st.none() | counts,
        "established_on": st.none() | st.dates(date(2000, 1, 1), date(2026, 1, 1)),
        "region_code": st.none() | st.sampled_from(["330203", "330100", ""]),
        "abnormal_listing": st.none() | st.booleans(),
        "titles": st.none()
        | st.sampled_from(["", ";little_giant;", ";high_tech_enterprise;little_giant;"]),
    }
)


@pytest.fixture(scope="module")
def session() -> Iterator[DuckDBSession]:
    with DuckDBSession(threads=1) as opened:
        yield opened


def table_answers(
    session: DuckDBSession, given_rows: list[dict[str, Any]]
) -> list[tuple[Any, ...]]:
    session.register("facts", facts_table(given_rows))
    answers = evaluate(COMPILED, session, "facts").answers().to_pylist()
    return [
        (row["subject_id"], row["policy_id"], row["entitlement"], row["amount_cny"])
        for row in answers
    ]


@settings(max_examples=60)
@given(st.lists(rows, min_size=1, max_size=15))
def test_the_table_gives_what_each_subject_gets_alone(session, given_rows):
    expected = [
        (f"s{number}", answer.policy.policy_id, answer.entitlement, answer.amount_cny)
        for number, row in enumerate(given_rows)
        for answer in evaluate_subject(COMPILED, row)
        if answer.entitlement != "not_in_force"
    ]

    assert sorted(table_answers(session, given_rows), key=str) == sorted(expected, key=str)


@settings(max_examples=40)
@given(st.lists(rows, min_size=1, max_size=8))
def test_clauses_in_the_table_stand_as_each_subject_s_do(session, given_rows):
    session.register("facts", facts_table(given_rows))
    held = evaluate(COMPILED, session, "facts").conditions().to_pylist()
    words = {"met": True, "unmet": False, "unknown": None}

    for number, row in enumerate(given_rows):
        expected = {
            f"{answer.policy.policy_id}.{one.condition.condition_id}": words[one.standing]
            for answer in evaluate_subject(COMPILED, row)
            for one in answer.conditions
        }
        assert held[number] == {"subject_id": f"s{number}", "year": 2025, **expected}


@settings(max_examples=60)
@given(rows, st.sampled_from(["research_expense_cny", "research_staff_count"]), st.data())
def test_a_better_value_never_loses_an_entitlement(row, fact, data):
    # All conditions of the subsidy rise with these facts.
    before = evaluate_subject(COMPILED, row)[0]
    if row[fact] is None or before.entitlement != "entitled" or (row["revenue_cny"] or 0) <= 0:
        return
    better = {**row, fact: row[fact] + data.draw(st.integers(0, 10**9))}

    assert evaluate_subject(COMPILED, better)[0].entitlement == "entitled"


def test_counts_say_who_is_entitled_near_and_unknown(session):
    near = {**ROW, "abnormal_listing": True}
    far = {**ROW, "region_code": "110000"}
    two_short = {**near, "titles": "", "research_staff_count": 0}
    session.register("facts", facts_table([ROW, near, far, two_short, {}]))

    found = evaluate(COMPILED, session, "facts").counts()[0]

    assert found == PolicyCounts(
        policy_id="research_subsidy",
        entitled=1,
        not_entitled=3,
        unknown=1,
        near=1,
        amount_cny=680000.07,
        unknown_amount=0,
    )


def test_what_is_missing_is_listed_for_those_it_keeps_open(session):
    lacking = {**ROW, "titles": None, "research_staff_count": None}
    session.register(
        "facts", facts_table([ROW, lacking, {**ROW, "research_expense_cny_last_year": None}])
    )

    found = evaluate(COMPILED, session, "facts").missing("research_subsidy").to_pylist()

    assert found == [
        {"subject_id": "s1", "year": 2025, "missing": ["titles", "research_staff_count"]},
        {"subject_id": "s2", "year": 2025, "missing": ["research_expense_cny_last_year"]},
    ]


def test_only_the_asked_year_is_answered(session):
    table = facts_table([ROW, ROW]).set_column(1, "year", pa.array([2024, 2025], pa.int32()))
    session.register("facts", table)

    found = evaluate(COMPILED, session, "facts", year=2024).answers()

    assert set(found["year"].to_pylist()) == {2024}


def test_without_clauses_the_answers_are_the_same(session):
    session.register("facts", facts_table([ROW, {}, {**ROW, "region_code": "1"}]))
    full = evaluate(COMPILED, session, "facts")
    short = evaluate(COMPILED, session, "facts", clause_level=False)

    assert short.answers() == full.answers()
    with pytest.raises(FactsRefused, match="clause_level=True"):
        short.conditions()


def test_facts_in_narrower_types_are_widened(session):
    table = facts_table([ROW])
    for name, kind in {"revenue_cny": pa.decimal128(18, 2), "employee_count": pa.int16()}.items():
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table[name].cast(kind))
    session.register("facts", table)

    assert evaluate(COMPILED, session, "facts").counts()[0].entitled == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop_columns(["revenue_cny"]), "no column revenue_cny"),
        (
            lambda table: table.set_column(
                table.schema.get_field_index("revenue_cny"), "revenue_cny", pa.array(["1"])
            ),
            "revenue_cny of facts is varchar; the fact is number",
        ),
    ],
)
def test_relations_that_do_not_fit_are_refused(session, change, message):
    session.register("facts", change(facts_table([ROW])))

    with pytest.raises(FactsRefused, match=message):
        evaluate(COMPILED, session, "facts")


def test_nothing_in_force_gives_an_empty_table(session):
    session.register("facts", facts_table([ROW]))
    compiled = compile_policies([ENDED], SCHEMA, as_of=AS_OF)

    assert evaluate(compiled, session, "facts").answers().num_rows == 0


def test_lets_of_the_same_text_are_worked_out_once(session):
    session.register("facts", facts_table([ROW]))
    twin = replace(SUBSIDY, policy_id="twin_subsidy")
    compiled = compile_policies([SUBSIDY, twin], SCHEMA, as_of=AS_OF)
    run = evaluate(compiled, session, "facts")

    divisor = 'NULLIF("revenue_cny", 0e0)'
    (rate,) = (one for one in compiled.policies[0].lets.values() if "/" in one.text)
    assert run.query.sql.count(divisor) == rate.sql().count(divisor)
    assert [one.entitled for one in run.counts()] == [1, 1]


def test_conditions_that_no_fact_decides_are_answered_too(session):
    session.register("facts", facts_table([ROW, {}]))
    certain = replace(TITLE, conditions=(condition("always", "as_of > DATE '2020-01-01'"),))
    run = evaluate(compile_policies([certain], SCHEMA, as_of=AS_OF), session, "facts")

    assert run.answers()["entitlement"].to_pylist() == ["entitled", "entitled"]


def test_nan_is_missing_in_a_table_too(session):
    row = {**ROW, "revenue_cny": float("nan")}
    session.register("facts", facts_table([row]))
    certain = replace(TITLE, conditions=(condition("large", "revenue_cny >= 5"),))
    compiled = compile_policies([certain], SCHEMA, as_of=AS_OF)

    (alone,) = evaluate_subject(compiled, row)
    found = evaluate(compiled, session, "facts").answers()["entitlement"].to_pylist()
    assert found == [alone.entitlement] == ["unknown"]
