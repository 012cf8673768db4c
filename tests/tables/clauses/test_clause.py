"""One clause: its type, what it names, its value, its SQL."""

from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pytest
from clause_world import CONSTANTS, SCHEMA

from silian.tables.clauses import (
    BadFactSchema,
    ClauseError,
    FactColumn,
    FactOfWrongType,
    FactSchema,
    UnknownFact,
    evaluate_clause,
    missing_facts,
    parse_clause,
)


def value(text, **row):
    return evaluate_clause(parse_clause(text, SCHEMA, constants=CONSTANTS), row)


def missing(text, **row):
    return missing_facts(parse_clause(text, SCHEMA, constants=CONSTANTS), row)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("revenue_cny", "number"),
        ("employee_count", "integer"),
        ("employee_count + 1", "number"),
        ("least(employee_count, 3)", "integer"),
        ("least(employee_count, 3.5)", "number"),
        ("coalesce(listed, FALSE)", "boolean"),
        ("CASE WHEN listed THEN region_code ELSE 'x' END", "text"),
        ("year(as_of)", "integer"),
        ("titles", "codes"),
        ("floor(employee_count)", "number"),
    ],
)
def test_type(text, kind):
    assert parse_clause(text, SCHEMA, constants=CONSTANTS).type == kind


def test_names_come_in_the_order_of_the_text_and_lets_bring_their_facts():
    ratio = parse_clause("profit_cny / revenue_cny", SCHEMA)
    clause = parse_clause(
        "employee_count > 3 AND ratio >= least_rate AND employee_count < 9",
        SCHEMA,
        names={"ratio": ratio},
        constants=CONSTANTS,
    )

    assert clause.used == ("employee_count", "ratio", "least_rate")
    assert clause.columns == {"employee_count", "profit_cny", "revenue_cny"}
    assert clause.sql() == (
        '(("employee_count" > 3) AND (("profit_cny" / NULLIF("revenue_cny", 0e0)) >= 0.05e0) '
        'AND ("employee_count" < 9))'
    )


@pytest.mark.parametrize(
    ("text", "duckdb", "spark"),
    [
        ("starts_with(region_code, 'it''s')", "starts_with(\"region_code\", 'it''s')",
         "startswith(`region_code`, 'it\\'s')"),
        ("employee_count > 2.5", '(CAST("employee_count" AS DOUBLE) > 2.5e0)',
         "(CAST(`employee_count` AS DOUBLE) > 2.5e0)"),
        ("has(titles, 'a')", "contains(\"titles\", ';a;')", "contains(`titles`, ';a;')"),
    ],
)  # fmt: skip
def test_sql_of_both_dialects(text, duckdb, spark):
    clause = parse_clause(text, SCHEMA)

    assert (clause.sql("duckdb"), clause.sql("spark")) == (duckdb, spark)


@pytest.mark.parametrize(
    ("first", "last", "years"),
    [
        (date(2020, 3, 1), date(2026, 3, 1), 6),
        (date(2020, 3, 2), date(2026, 3, 1), 5),
        (date(2024, 2, 29), date(2025, 2, 28), 0),
        (date(2024, 2, 29), date(2025, 3, 1), 1),
        (date(2026, 3, 1), date(2026, 3, 1), 0),
    ],
)
def test_years_between_counts_full_years(first, last, years):
    found = value("years_between(established_on, listed_on)", established_on=first, listed_on=last)

    assert found == years


@pytest.mark.parametrize(
    ("text", "row", "expected"),
    [
        ("revenue_cny > 1 AND listed", {"listed": False}, False),
        ("revenue_cny > 1 AND listed", {"listed": True}, None),
        ("revenue_cny > 1 OR listed", {"listed": True}, True),
        ("revenue_cny > 1 OR listed", {"listed": False}, None),
        ("revenue_cny / employee_count > 1", {"revenue_cny": 1.0, "employee_count": 0}, None),
        ("least(revenue_cny, 5)", {}, None),
        ("CASE WHEN listed THEN 1 ELSE 1 END", {}, None),
        ("coalesce(revenue_cny, 0) = 0", {}, True),
        ("revenue_cny IS NULL", {}, True),
        ("revenue_cny IS NULL", {"revenue_cny": float("nan")}, True),
        ("has(titles, 'a')", {"titles": ";ab;a;"}, True),
        ("has(titles, 'a')", {"titles": ";ab;"}, False),
        ("has(titles, 'a')", {"titles": ""}, False),
        ("has(titles, 'a')", {}, None),
        ("region_code LIKE '33%'", {"region_code": "330203"}, True),
        ("round(revenue_cny, 2)", {"revenue_cny": 2.345}, 2.35),
        ("round(revenue_cny)", {"revenue_cny": -2.5}, -3.0),
        ("round(revenue_cny, -2)", {"revenue_cny": 1250.0}, 1300.0),
        ("employee_count IN (1, 2.5)", {"employee_count": 1}, True),
        ("revenue_cny BETWEEN 1 AND profit_cny", {"revenue_cny": 0.0}, False),
        ("revenue_cny BETWEEN 1 AND profit_cny", {"revenue_cny": 1.0}, None),
    ],
)
def test_three_valued_answers(text, row, expected):
    assert value(text, **row) == expected


@pytest.mark.parametrize(
    ("text", "row", "expected"),
    [
        ("revenue_cny > 1 AND listed", {"listed": False}, ()),
        ("revenue_cny > 1 AND listed", {}, ("revenue_cny", "listed")),
        ("(revenue_cny > 1 AND listed) OR audited", {"listed": False}, ("audited",)),
        ("revenue_cny + profit_cny > 1", {"profit_cny": 1.0}, ("revenue_cny",)),
        ("CASE WHEN listed THEN revenue_cny ELSE profit_cny END", {"listed": True}, ("revenue_cny",)),
        ("CASE WHEN listed THEN revenue_cny ELSE profit_cny END", {"profit_cny": 1.0},
         ("listed", "revenue_cny")),
        ("coalesce(revenue_cny, profit_cny) > 1", {}, ("revenue_cny", "profit_cny")),
        ("profit_cny / revenue_cny > 1", {"profit_cny": 1.0, "revenue_cny": 0.0}, ()),
    ],
)  # fmt: skip
def test_missing_facts_under_decided_branches_are_not_listed(text, row, expected):
    assert missing(text, **row) == expected


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("revenue_cny", Decimal("1.5"), 1.5),
        ("revenue_cny", np.float32(1.5), 1.5),
        ("employee_count", 3.0, 3),
        ("employee_count", np.int64(3), 3),
        ("listed", np.True_, True),
        ("established_on", datetime(2024, 1, 2, 3), date(2024, 1, 2)),
    ],
)
def test_facts_are_read_from_what_databases_and_arrays_give(name, given, expected):
    assert value(name, **{name: given}) == expected


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("revenue_cny", "1"),
        ("revenue_cny", True),
        ("employee_count", 3.5),
        ("employee_count", 2**63),
        ("listed", 1),
        ("region_code", 3302),
        ("established_on", "2024-01-01"),
    ],
)
def test_facts_of_another_type_are_refused(name, given):
    with pytest.raises(FactOfWrongType, match=name):
        value(name, **{name: given})


def test_as_of_may_be_named_without_a_value_but_not_answered():
    clause = parse_clause("established_on < as_of", SCHEMA)

    with pytest.raises(ClauseError) as caught:
        evaluate_clause(clause, {"established_on": date(2024, 1, 1)})
    assert caught.value.code == "clause_constant_without_value"
    with pytest.raises(ClauseError):
        clause.sql()


@pytest.mark.parametrize(
    "columns",
    [
        [FactColumn(name="a", type="number"), FactColumn(name="a", type="text")],
        [FactColumn(name="A", type="number")],
        [FactColumn(name='a"b', type="number")],
        [FactColumn(name="a", type="float")],
    ],
)
def test_schemas_that_could_not_be_named_are_refused(columns):
    with pytest.raises(BadFactSchema):
        FactSchema(tuple(columns))


def test_a_schema_says_what_was_probably_meant():
    with pytest.raises(UnknownFact, match="did you mean revenue_cny"):
        SCHEMA["revenue"]
