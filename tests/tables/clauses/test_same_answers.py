"""SQL and the row-by-row reading give the same answer to any clause."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from clause_world import CONSTANTS, SCHEMA, arrow_rows, conditions, numbers, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from silian.tables.clauses import Clause, evaluate_clause, missing_facts, parse_clause
from silian.tables.sessions import DuckDBSession


@pytest.fixture(scope="module")
def session() -> Iterator[DuckDBSession]:
    with DuckDBSession(threads=1) as opened:
        yield opened


def answers_in_sql(session: DuckDBSession, clauses: list[Clause], table: pa.Table) -> pa.Table:
    session.register("facts", table)
    listed = ", ".join(f"{clause.sql()} AS c{place}" for place, clause in enumerate(clauses))
    return session.query(f"SELECT {listed} FROM facts ORDER BY row_number")


def is_same(first: Any, second: Any) -> bool:
    return first == second or (first != first and second != second)


@settings(max_examples=150)
@given(
    st.lists(conditions, min_size=4, max_size=8),
    st.lists(numbers, min_size=4, max_size=8),
    st.lists(rows, min_size=1, max_size=12),
)
def test_duckdb_answers_like_the_row_reader(session, condition_texts, number_texts, given_rows):
    clauses = [
        parse_clause(text, SCHEMA, constants=CONSTANTS) for text in condition_texts + number_texts
    ]
    held = answers_in_sql(session, clauses, arrow_rows(given_rows))

    for place, clause in enumerate(clauses):
        expected = [evaluate_clause(clause, row) for row in given_rows]
        found = held[f"c{place}"].to_pylist()
        assert all(map(is_same, found, expected)), (clause.text, clause.sql(), found, expected)


@settings(max_examples=100)
@given(conditions, rows, st.data())
def test_a_known_answer_stays_whatever_the_missing_facts_turn_out_to_be(text, row, data):
    clause = parse_clause(text, SCHEMA, constants=CONSTANTS)
    value = evaluate_clause(clause, row)
    if value is None or " IS " in text or "coalesce" in text:
        return
    filled = {
        name: data.draw(rows)[name] if known is None else known for name, known in row.items()
    }
    after = evaluate_clause(clause, filled)

    # A newly known divisor of 0 may make a part unknown, never another value.
    assert after in {value, None}


@settings(max_examples=100)
@given(conditions, rows)
def test_missing_facts_are_missing_and_only_named_while_the_answer_is_open(text, row):
    clause = parse_clause(text, SCHEMA, constants=CONSTANTS)
    missing = missing_facts(clause, row)

    assert all(row[name] is None for name in missing)
    assert set(missing) <= clause.columns
    if evaluate_clause(clause, row) is not None:
        assert missing == ()
    elif "/" not in text:
        assert missing != ()


@settings(max_examples=60)
@given(conditions, rows)
def test_facts_that_are_not_listed_as_missing_do_not_matter(text, row):
    clause = parse_clause(text, SCHEMA, constants=CONSTANTS)
    missing = missing_facts(clause, row)
    if evaluate_clause(clause, row) is not None or "coalesce" in text or " IS " in text:
        return
    # Give every other missing fact some value: the answer is still open.
    filled = {"revenue_cny": 1.0, "profit_cny": 1.0, "employee_count": 1, "patent_count": 1}
    filled |= {"region_code": "x", "industry_code": "x", "listed": True, "audited": True}
    filled |= {"established_on": CONSTANTS["as_of"], "listed_on": CONSTANTS["as_of"]}
    filled |= {"titles": ";"}
    other = {
        name: filled[name] if known is None and name not in missing else known
        for name, known in row.items()
    }

    assert evaluate_clause(clause, other) is None
