"""DuckDB as a table session: relations by name, rows as Arrow, errors of ours."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from silian.tables.clauses import FactColumn
from silian.tables.sessions import (
    ColumnsRefused,
    DuckDBSession,
    QueryFailed,
    UnknownSession,
    open_session,
    typed_columns,
)

TABLE = pa.table({"subject_id": ["a", "b"], "n": pa.array([1, None], pa.int32())})


@pytest.fixture
def session() -> Iterator[DuckDBSession]:
    with DuckDBSession(threads=1) as opened:
        yield opened


def test_an_arrow_table_is_asked_by_its_name(session):
    session.register("facts", TABLE)

    assert session.query("SELECT * FROM facts ORDER BY subject_id") == TABLE
    assert session.column_types("facts") == {"subject_id": "varchar", "n": "integer"}


def test_a_parquet_file_is_asked_by_its_name(session, tmp_path: Path):
    path = tmp_path / "it's.parquet"
    pq.write_table(TABLE, path)
    session.register("facts", path)

    assert session.query("FROM facts") == TABLE


def test_a_name_is_given_anew_whatever_it_stood_for(session, tmp_path: Path):
    other = pa.table({"m": [3]})
    pq.write_table(TABLE, tmp_path / "facts.parquet")
    session.execute("CREATE TABLE facts (x INTEGER)")

    for source, rows in [(TABLE, 2), (tmp_path / "facts.parquet", 2), (other, 1)]:
        session.register("facts", source)
        assert session.query("FROM facts").num_rows == rows


def test_a_database_file_keeps_its_tables(tmp_path: Path):
    with DuckDBSession(tmp_path / "facts.duckdb", threads=1) as first:
        first.execute("CREATE TABLE facts AS SELECT 1 AS n")
    with DuckDBSession(tmp_path / "facts.duckdb", threads=1) as second:
        assert second.query("FROM facts").to_pylist() == [{"n": 1}]


@pytest.mark.parametrize("sql", ["SELECT * FROM nowhere", "SELEC 1", "SELECT 1 + 'a'"])
def test_refused_queries_are_errors_of_ours(session, sql):
    with pytest.raises(QueryFailed):
        session.query(sql)


def test_a_closed_session_says_so(session):
    session.close()
    session.close()

    with pytest.raises(QueryFailed, match="closed"):
        session.query("SELECT 1")


@pytest.mark.parametrize(
    ("kind", "arrow", "written"),
    [
        ("number", pa.float64(), "NULLIF(\"n\", CAST('NaN' AS DOUBLE))"),
        ("number", pa.float32(), "NULLIF(CAST(\"n\" AS DOUBLE), CAST('NaN' AS DOUBLE))"),
        ("number", pa.decimal128(10, 2), 'CAST("n" AS DOUBLE)'),
        ("number", pa.int64(), 'CAST("n" AS DOUBLE)'),
        ("integer", pa.int64(), '"n"'),
        ("integer", pa.int8(), 'CAST("n" AS BIGINT)'),
        ("text", pa.string(), '"n"'),
        ("codes", pa.string(), '"n"'),
        ("boolean", pa.bool_(), '"n"'),
        ("date", pa.date32(), '"n"'),
        ("date", pa.null(), 'CAST("n" AS DATE)'),
        ("text", pa.null(), 'CAST("n" AS VARCHAR)'),
    ],
)
def test_columns_are_only_cast_where_they_must(session, kind, arrow, written):
    session.register("facts", pa.table({"n": pa.nulls(1, arrow)}))

    assert typed_columns(session, "facts", [FactColumn(name="n", type=kind)]) == {"n": written}


@pytest.mark.parametrize(
    ("kind", "arrow"),
    [
        ("integer", pa.float64()),
        ("number", pa.string()),
        ("boolean", pa.int8()),
        ("date", pa.timestamp("us")),
        ("text", pa.int64()),
    ],
)
def test_columns_whose_values_would_change_are_refused(session, kind, arrow):
    session.register("facts", pa.table({"n": pa.nulls(1, arrow)}))

    with pytest.raises(ColumnsRefused):
        typed_columns(session, "facts", [FactColumn(name="n", type=kind)])


def test_an_absent_column_is_named_with_its_neighbour(session):
    session.register("facts", pa.table({"revenue_cny": [1.0]}))

    with pytest.raises(ColumnsRefused, match="did you mean revenue_cny"):
        typed_columns(session, "facts", [FactColumn(name="revenu_cny", type="number")])


def test_an_address_opens_its_session(tmp_path: Path):
    with DuckDBSession(tmp_path / "t.duckdb") as made:
        made.execute("CREATE TABLE facts AS SELECT 1 AS n")
    session = open_session(f"duckdb:{tmp_path / 't.duckdb'}", threads=1)

    assert session.query("FROM facts").num_rows == 1
    session.close()
    with pytest.raises(UnknownSession, match="oracle"):
        open_session("oracle")
