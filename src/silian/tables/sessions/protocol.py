"""What every table session can do."""

from collections.abc import Mapping
from os import PathLike
from types import TracebackType
from typing import Protocol, Self

import pyarrow as pa

from silian.errors import EngineError
from silian.tables.clauses import Dialect


class QueryFailed(EngineError, RuntimeError):
    """A query that the session's database refused; its own message is kept."""

    code = "query_failed"


class ColumnsRefused(EngineError, ValueError):
    """A relation that lacks columns, or holds them in types that don't fit."""

    code = "columns_refused"


class TableSession(Protocol):
    """Relations by name, and SQL over them.

    SQL comes from the engines, written from checked trees; nothing that a user typed goes into
    it as text.
    """

    @property
    def dialect(self) -> Dialect:
        """Which SQL it understands."""

    def register(self, name: str, source: pa.Table | str | PathLike[str]) -> None:
        """Give an Arrow table or a Parquet file or folder a name; an earlier one is replaced."""

    def query(self, sql: str) -> pa.Table:
        """Rows of a query.

        Raises
        ------
        QueryFailed
            If the database refuses it.
        """

    def execute(self, sql: str) -> None:
        """Run a statement that gives no rows."""

    def column_types(self, relation: str) -> Mapping[str, str]:
        """Columns of a relation with the names of their types, lower case."""

    def close(self) -> None:
        """Let go of everything; closing twice does no harm."""

    def __enter__(self) -> Self:
        """Itself; closed at the end."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""


class ClosedAtTheEnd:
    """What ``with`` asks of a session."""

    def close(self) -> None:
        """Let go of everything."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
