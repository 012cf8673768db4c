"""Where tables live and are asked: DuckDB inside the process, Spark beyond one machine."""

from silian.tables.sessions.duckdb_session import DuckDBSession
from silian.tables.sessions.facts import typed_columns
from silian.tables.sessions.opening import UnknownSession, open_session
from silian.tables.sessions.protocol import ColumnsRefused, QueryFailed, TableSession
from silian.tables.sessions.spark_session import SparkAbsent, SparkSession

__all__ = [
    "ColumnsRefused",
    "DuckDBSession",
    "QueryFailed",
    "SparkAbsent",
    "SparkSession",
    "TableSession",
    "UnknownSession",
    "open_session",
    "typed_columns",
]
