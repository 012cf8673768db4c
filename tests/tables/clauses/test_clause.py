"""One clause: its type, what it names, its value, its SQL."""

from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pytest
from clause_world import CONSTANTS, SCHEMA
from hypothesis import given
from hypothesis import strategies as st

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
    quotient,
    quotients,
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
        f'(("employee_count" > 3) AND ({ratio.sql()} >= 0.05e0) AND ("employee_count" < 9))'
    )


@pytest.mark.parametrize(
    ("text", "duckdb", "spark"),
    [
        ("starts_with(region_code, 'it''s')", "starts_with(\"region_code\", 'it''s')",
         "startswith(`region_code`, 'it\\'s')"),
        ("employee_count > 2.5", '(CAST("employee_count" AS DOUBLE) > 2.5e0)',
         "(CAST(`employee_count` AS DOUBLE) > 2.5e0)"),
        (
            "profit_cny / revenue_cny",
            '(CASE WHEN abs(("profit_cny" / NULLIF("revenue_cny", 0e0))) < 4000.0e0 THEN '
            'round(("profit_cny" / NULLIF("revenue_cny", 0e0)) * 1000000000000.0e0) '
            '/ 1000000000000.0e0 ELSE ("profit_cny" / NULLIF("revenue_cny", 0e0)) END)',
            "(CASE WHEN abs((`profit_cny` / NULLIF(`revenue_cny`, 0e0))) < 4000.0e0 THEN "
            "round((`profit_cny` / NULLIF(`revenue_cny`, 0e0)) * 1000000000000.0e0) "
            "/ 1000000000000.0e0 ELSE (`profit_cny` / NULLIF(`revenue_cny`, 0e0)) END)",
        ),
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
    ("day", "years", "expected"),
    [
        (date(2019, 7, 1), "5", date(2024, 7, 1)),
        (date(2020, 2, 29), "5", date(2025, 3, 1)),
        (date(2020, 2, 29), "4", date(2024, 2, 29)),
        (date(2020, 2, 28), "4", date(2024, 2, 28)),
        (date(2020, 12, 31), "-1", date(2019, 12, 31)),
        (date(2020, 1, 1), "term_years", date(2025, 1, 1)),
        (date(9999, 1, 1), "1", None),
        (None, "1", None),
    ],
)
def test_add_years_keeps_the_day_of_the_year(day, years, expected):
    clause = parse_clause(
        f"add_years(established_on, {years})", SCHEMA, constants={"term_years": 5.0}
    )

    assert evaluate_clause(clause, {"established_on": day}) == expected
    assert clause.type == "date"


@given(st.dates(date(1950, 1, 1), date(2050, 1, 1)), st.dates(date(1950, 1, 1), date(2050, 1, 1)),
       st.integers(0, 80))  # fmt: skip
def test_full_years_are_over_exactly_when_the_day_that_many_years_on_has_come(first, last, years):
    row = {"established_on": first, "listed_on": last}
    constants = {"years": years}
    by_count = parse_clause(
        "years_between(established_on, listed_on) >= years", SCHEMA, constants=constants
    )
    by_day = parse_clause(
        "listed_on >= add_years(established_on, years)", SCHEMA, constants=constants
    )

    assert evaluate_clause(by_count, row) is evaluate_clause(by_day, row)


@given(st.integers(10**7, 10**11), st.integers(1, 99))
def test_a_share_of_exactly_so_many_percent_reaches_that_rate(revenue_hundredths, percent):
    revenue = revenue_hundredths * 100
    row = {"revenue_cny": revenue / 100, "profit_cny": revenue * percent // 100 / 100}
    clause = parse_clause(
        "profit_cny / revenue_cny = rate", SCHEMA, constants={"rate": percent / 100}
    )

    assert evaluate_clause(clause, row) is True


def test_large_quotients_are_left_as_they_are():
    row = {"profit_cny": 1e10 / 3, "revenue_cny": 7.0}

    assert value("profit_cny / revenue_cny", **row) == 1e10 / 3 / 7.0
    assert value("profit_cny / revenue_cny", profit_cny=1.0, revenue_cny=3.0) == 0.333333333333


@given(
    st.lists(
        st.tuples(st.floats(-1e12, 1e12), st.sampled_from([0.0, 1e-3, 7.0, -3.0, 1e8]))
        | st.tuples(st.floats(-1e12, 1e12), st.floats(-1e9, 1e9)),
        min_size=1,
    )
)
def test_whole_columns_are_divided_as_single_values_are(pairs):
    above, below = (np.array(side) for side in zip(*pairs, strict=True))
    single = [quotient(*pair) for pair in pairs]

    assert quotients(above, below).tolist() == pytest.approx(
        [np.nan if one is None else one for one in single], rel=0, abs=0, nan_ok=True
    )


def test_a_large_count_is_compared_with_a_number_as_a_double():
    assert value("employee_count > 9007199254740993.0", employee_count=2**53 + 1) is False


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
