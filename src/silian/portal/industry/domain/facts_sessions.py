"""Where questions about the whole city are answered: DuckDB in this process, or Spark (SILIAN_TABLES).

The snapshot is the same Parquet files either way; Spark's workers read them where they lie, so the
folder must be one that they share.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings

from silian.portal.industry.domain import facts_files as files
from silian.portal.industry.domain.facts_files import Manifest
from silian.portal.industry.domain.facts_tables import table_schema
from silian.tables.sessions import DuckDBSession, SparkSession, UnknownSession

if TYPE_CHECKING:
    from silian.tables.sessions import TableSession

_LOCAL_SPARK = "spark"


def open_session(manifest: Manifest) -> "TableSession":
    """A session with relation ``facts`` over a snapshot, where the settings say.

    Raises
    ------
    silian.tables.sessions.UnknownSession
        If ``SILIAN_TABLES`` names neither DuckDB nor Spark.
    silian.tables.sessions.SparkAbsent
        If Spark is asked for and can't be used.
    """
    address = settings.TABLES
    if address == "duckdb":
        session = DuckDBSession()
        files.open_relation(session, manifest)
        return session
    if address == _LOCAL_SPARK or address.startswith("spark://"):
        return _on_spark(None if address == _LOCAL_SPARK else address, manifest)
    raise UnknownSession(
        f"SILIAN_TABLES is {address!r}; expected duckdb, spark or spark://host:port.",
        address=address,
    )


class SharedSparkSession(SparkSession):
    """One of several sessions on the Spark application of this process.

    To start Spark takes seconds, so it stays until the process ends; names given in one session
    are not seen in another, as in DuckDB.
    """

    def __init__(self, master_url: str | None) -> None:
        super().__init__(master_url)
        self._spark = self._spark.newSession()

    def close(self) -> None:
        """Forget its relations; the application stays."""
        self._spark = None


def _on_spark(master_url: str | None, manifest: Manifest) -> SharedSparkSession:
    session = SharedSparkSession(master_url)
    read = session.native.read
    frames = []
    if manifest.buckets:
        frame = read.parquet(*_paths(manifest.buckets.values()))
        if manifest.replaced:
            frame = frame.where(~frame["organisation_pk"].isin(list(manifest.replaced)))
        frames.append(frame)
    if manifest.delta_file:
        frames.append(read.parquet(*_paths([manifest.delta_file])))
    if not frames:
        session.register("facts", table_schema().empty_table())
        return session
    every = frames[0] if len(frames) == 1 else frames[0].unionByName(frames[1])
    every.createOrReplaceTempView("facts")
    return session


def _paths(names: Iterable[str]) -> list[str]:
    return [(files.folder() / name).resolve().as_uri() for name in names]
