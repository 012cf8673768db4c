"""Where Splink scores pairs of records: DuckDB in this process, or Spark (``SILIAN_TABLES``).

The settings of the comparisons are the same for both, and so are the answers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from silian.tables.sessions import DuckDBSession, SparkSession, UnknownSession

_LOCAL_SPARK = "spark"


@contextmanager
def scoring_connection() -> Iterator[Any]:
    """A DuckDB connection, or the session of this process's Spark application, which stays.

    Raises
    ------
    silian.tables.sessions.UnknownSession
        If ``SILIAN_TABLES`` names neither.
    silian.tables.sessions.SparkAbsent
        If Spark is asked for and can't be used.
    """
    address = settings.TABLES
    if address == "duckdb":
        session = DuckDBSession()
        try:
            yield session.connection
        finally:
            session.close()
    elif address == _LOCAL_SPARK or address.startswith("spark://"):
        # Spark takes seconds to start and a process has one: it is left to those who come after.
        yield SparkSession(
            None if address == _LOCAL_SPARK else address, settings=_splink_functions()
        ).native
    else:
        raise UnknownSession(
            f"SILIAN_TABLES is {address!r}; expected duckdb, spark or spark://host:port.",
            address=address,
        )


def _splink_functions() -> dict[str, str]:
    """Where Spark finds the functions that Splink brings for it."""
    from splink.backends.spark import similarity_jar_location

    return {"spark.jars": similarity_jar_location()}
