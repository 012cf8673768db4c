"""Facts as the registers state them, read into the table that the engines ask."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from silian.errors import EngineError
from silian.library.facts import Fact, facts

if TYPE_CHECKING:
    import pyarrow as pa


class LaggedFacts(EngineError, ValueError):
    """A subject whose facts have lags, which follow from all its years."""

    code = "lagged_facts"


def facts_table(subject: str, rows: Iterable[tuple[str, int, Mapping[str, Any]]]) -> "pa.Table":
    """Relation ``facts`` of subjects whose facts have no lags: agencies and facilities.

    Parameters
    ----------
    subject
        One of ``facts.SUBJECTS``.
    rows
        Public id, year, and facts by code as JSON has them: numbers, days as ``2025-12-31``, sets
        of codes as lists. What is absent is unknown; what is no fact of this subject is left out.

    Returns
    -------
    pyarrow.Table
        Columns subject_id, year and every fact in its type.

    Raises
    ------
    LaggedFacts
        If the subject's facts have lags.

    Examples
    --------
    >>> table = facts_table("facility", [("fac-1", 2025, {"effective_hours": 1440})])
    >>> table.num_rows, table["effective_hours"].to_pylist(), table["managed_rate"].null_count
    (1, [1440.0], 1)
    """
    import pyarrow as pa

    known = facts(subject)
    if any(fact.lags for fact in known):
        raise LaggedFacts(
            f"facts of {subject} have lags; expected a subject without them. Its own projection "
            "derives lags from all years.",
            subject=subject,
        )
    listed = list(rows)
    columns: dict[str, pa.Array] = {
        "subject_id": pa.array([row[0] for row in listed], pa.string()),
        "year": pa.array([row[1] for row in listed], pa.int32()),
    }
    for fact in known:
        values = [read_fact(fact, row[2].get(fact.code)) for row in listed]
        columns[fact.code] = pa.array(values, arrow_type(fact))
    return pa.table(columns)


def read_fact(fact: Fact, value: Any) -> float | int | str | bool | date | None:
    """One fact as clauses read it; ``None`` where it is unknown.

    Examples
    --------
    >>> from silian.library.facts import FACT
    >>> read_fact(FACT["titles"], ["little_giant"]), read_fact(FACT["established_on"], "2020-01-31")
    (';little_giant;', datetime.date(2020, 1, 31))
    """
    if value is None:
        return None
    match fact.type:
        case "number":
            return float(value)
        case "integer":
            return int(value)
        case "text":
            return str(value)
        case "boolean":
            return bool(value)
        case "date":
            return date.fromisoformat(value)
        case "codes":
            return ";" + "".join(f"{code};" for code in sorted(set(value)))


def arrow_type(fact: Fact) -> "pa.DataType":
    """Type of a fact's column."""
    import pyarrow as pa

    types: dict[str, pa.DataType] = {
        "number": pa.float64(),
        "integer": pa.int64(),
        "text": pa.string(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "codes": pa.string(),
    }
    return types[fact.type]
