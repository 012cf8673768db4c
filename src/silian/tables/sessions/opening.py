"""One address for every kind of session, so that a setting can name it."""

from silian.errors import EngineError
from silian.tables.sessions.duckdb_session import DuckDBSession
from silian.tables.sessions.protocol import TableSession
from silian.tables.sessions.spark_session import SparkSession


class UnknownSession(EngineError, ValueError):
    """An address that names no kind of session."""

    code = "unknown_session"


def open_session(address: str = "duckdb", *, threads: int | None = None) -> TableSession:
    """Open the session that an address names.

    Parameters
    ----------
    address
        ``duckdb`` (in memory), ``duckdb:<file>``, ``spark`` (two threads of this machine) or
        ``spark://host:port``.
    threads
        For DuckDB.

    Raises
    ------
    UnknownSession
        If it is none of these.
    SparkAbsent
        If Spark can't be used here.

    Examples
    --------
    >>> session = open_session("duckdb")
    >>> session.dialect
    'duckdb'
    >>> session.close()
    """
    kind, _, rest = address.partition(":")
    if kind == "duckdb":
        return DuckDBSession(rest or ":memory:", threads=threads)
    if address == "spark":
        return SparkSession()
    if address.startswith("spark://"):
        return SparkSession(address)
    raise UnknownSession(
        f"{address!r} names no tables; expected duckdb, duckdb:<file>, spark or spark://host:port",
        address=address,
    )
