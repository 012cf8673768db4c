"""DuckDB inside the process: the default, with nothing to start."""

from collections.abc import Mapping
from os import PathLike, fspath
from typing import Any

import duckdb
import pyarrow as pa

from silian.tables.clauses import Dialect, quote_name, quote_text
from silian.tables.sessions.protocol import ClosedAtTheEnd, QueryFailed


class DuckDBSession(ClosedAtTheEnd):
    """Tables in memory or in one file.

    Parameters
    ----------
    path
        A database file, or ``":memory:"``.
    threads
        At most so many; as many as there are processors where ``None``.

    Examples
    --------
    >>> with DuckDBSession() as session:
    ...     session.register("facts", pa.table({"n": [1, 2]}))
    ...     session.query("SELECT max(n) AS most FROM facts").to_pylist()
    [{'most': 2}]
    """

    def __init__(
        self, path: str | PathLike[str] = ":memory:", *, threads: int | None = None
    ) -> None:
        settings: dict[str, Any] = {
            # Nothing is fetched from elsewhere, whatever a query says.
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        if threads is not None:
            settings["threads"] = threads
        self._connection: duckdb.DuckDBPyConnection | None = duckdb.connect(
            fspath(path), config=settings
        )

    @property
    def dialect(self) -> Dialect:
        """Which SQL it understands."""
        return "duckdb"

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The database's own connection, for what the protocol does not hold."""
        if self._connection is None:
            raise QueryFailed("the session is closed; open another")
        return self._connection

    def register(self, name: str, source: pa.Table | str | PathLike[str]) -> None:
        """Give an Arrow table or a Parquet file a name; an earlier one is replaced."""
        self._drop(name)
        if isinstance(source, pa.Table):
            self.connection.register(name, source)
            return
        path = quote_text(fspath(source), "duckdb")
        self.execute(f"CREATE VIEW {quote_name(name, 'duckdb')} AS FROM read_parquet({path})")

    def _drop(self, name: str) -> None:
        # Asked of the connection, since a registered table hides a stored one of the same name.
        self.connection.unregister(name)
        kind = self.connection.execute(
            "SELECT table_type FROM information_schema.tables WHERE table_name = ?", [name]
        ).fetchone()
        if kind is not None:
            word = "VIEW" if kind[0] == "VIEW" else "TABLE"
            self.execute(f"DROP {word} {quote_name(name, 'duckdb')}")

    def query(self, sql: str) -> pa.Table:
        """Rows of a query."""
        try:
            relation = self.connection.sql(sql)
            if relation is None:
                raise QueryFailed("the statement gives no rows; use execute")
            return relation.to_arrow_table()
        except duckdb.Error as error:
            raise QueryFailed(str(error)) from error

    def execute(self, sql: str) -> None:
        """Run a statement that gives no rows."""
        try:
            self.connection.execute(sql)
        except duckdb.Error as error:
            raise QueryFailed(str(error)) from error

    def column_types(self, relation: str) -> Mapping[str, str]:
        """Columns of a relation with the names of their types, lower case."""
        rows = self.query(f"DESCRIBE {quote_name(relation, 'duckdb')}").to_pylist()
        return {row["column_name"]: row["column_type"].lower() for row in rows}

    def close(self) -> None:
        """Let go of everything; closing twice does no harm."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
