"""Where Splink scores: DuckDB in memory, a DuckDB connection, or a Spark session."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import duckdb

    Connection: TypeAlias = duckdb.DuckDBPyConnection | Any
else:
    Connection = Any


@contextmanager
def splink_api(connection: Connection | None) -> Iterator[Any]:
    """Splink's access to a database; one made here is closed at the end.

    Parameters
    ----------
    connection
        A DuckDB connection, a ``pyspark.sql.SparkSession``, or None for DuckDB in memory.
    """
    if type(connection).__module__.startswith("pyspark."):
        from splink import SparkAPI

        yield SparkAPI(spark_session=connection, break_lineage_method="persist")  # type: ignore[no-untyped-call]
        return
    import duckdb
    from splink import DuckDBAPI

    own = duckdb.connect() if connection is None else connection
    try:
        yield DuckDBAPI(own)
    finally:
        if connection is None:
            own.close()
