"""Apache Spark: the same tables over many machines (extra ``spark``, Java 17)."""

import tempfile
from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import pyarrow as pa

from silian.errors import EngineError
from silian.tables.clauses import Dialect, quote_name
from silian.tables.sessions.protocol import ClosedAtTheEnd, QueryFailed

_LOCAL = "local[2]"


class SparkAbsent(EngineError, RuntimeError):
    """Spark can't be used here."""

    code = "spark_absent"


class SparkSession(ClosedAtTheEnd):
    """Tables of a Spark cluster; a process has one at a time.

    Parameters
    ----------
    master_url
        Such as ``spark://host:7077``; ``None``: two threads of this machine.
    settings
        More of Spark's own settings.

    Raises
    ------
    SparkAbsent
        If pyspark or Java is missing, the master does not answer, or this process already has a
        session on another master.
    """

    def __init__(
        self, master_url: str | None = None, *, settings: Mapping[str, str] | None = None
    ) -> None:
        try:
            from pyspark.sql import SparkSession as NativeSession
        except ImportError as error:
            raise SparkAbsent(
                "pyspark is not installed; install the extra: pip install 'silian[spark]'"
            ) from error
        master = master_url or _LOCAL
        builder = NativeSession.builder.appName("silian").master(master)
        for key, value in {**_SETTINGS, **_warehouse(), **(settings or {})}.items():
            builder = builder.config(key, value)
        try:
            self._spark: Any = builder.getOrCreate()
        except Exception as error:
            raise SparkAbsent(
                f"Spark did not start: {str(error)[:300]}. It wants Java 17 (JAVA_HOME) and a "
                "master that answers."
            ) from error
        held = self._spark.sparkContext.master
        if held != master:
            raise SparkAbsent(
                f"this process already has a Spark session on {held}, and Spark allows one; "
                f"close it before {master} is asked for"
            )
        self._spark.sparkContext.setLogLevel("ERROR")

    @property
    def dialect(self) -> Dialect:
        """Which SQL it understands."""
        return "spark"

    @property
    def native(self) -> Any:
        """Spark's own session, for what the protocol does not hold."""
        if self._spark is None:
            raise QueryFailed("the session is closed; open another")
        return self._spark

    def register(self, name: str, source: pa.Table | str | PathLike[str]) -> None:
        """Give an Arrow table or a Parquet file a name; an earlier one is replaced.

        Files must be where every worker can read them.
        """
        if isinstance(source, pa.Table):
            frame = self.native.createDataFrame(source)
        else:
            frame = self.native.read.parquet(fspath(source))
        frame.createOrReplaceTempView(name)

    def query(self, sql: str) -> pa.Table:
        """Rows of a query."""
        return self._run(lambda: self.native.sql(sql).toArrow())

    def execute(self, sql: str) -> None:
        """Run a statement that gives no rows."""
        self._run(lambda: self.native.sql(sql))

    def _run(self, work: Any) -> Any:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        try:
            return work()
        except (PySparkException, Py4JError) as error:
            raise QueryFailed(str(error)[:2000]) from error

    def column_types(self, relation: str) -> Mapping[str, str]:
        """Columns of a relation with the names of their types, lower case."""
        frame = self._run(lambda: self.native.table(quote_name(relation, "spark")))
        return {name: str(kind).lower() for name, kind in frame.dtypes}

    def close(self) -> None:
        """Let go of everything; closing twice does no harm."""
        if self._spark is not None:
            self._spark.stop()
            self._spark = None


def _warehouse() -> dict[str, str]:
    """Where Spark makes its folder of saved tables: nothing is saved, but it always makes it."""
    return {"spark.sql.warehouse.dir": str(Path(tempfile.gettempdir()) / "silian-spark-warehouse")}


_SETTINGS: Mapping[str, str] = {
    "spark.ui.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "8",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    # Numbers with an exponent are doubles, and a division never raises: what clauses rely on.
    "spark.sql.legacy.exponentLiteralAsDecimal.enabled": "false",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "false",
}
