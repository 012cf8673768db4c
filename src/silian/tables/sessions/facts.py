"""Columns of a relation of facts, in the types that clauses expect."""

from collections.abc import Iterable, Mapping
from typing import Final

from silian.tables.clauses import FactColumn, ValueType, nearest_name, quote_name
from silian.tables.sessions.protocol import ColumnsRefused, TableSession

_EXACT: Final[Mapping[ValueType, frozenset[str]]] = {
    "number": frozenset({"double"}),
    "integer": frozenset({"bigint"}),
    "text": frozenset({"varchar", "string"}),
    "codes": frozenset({"varchar", "string"}),
    "boolean": frozenset({"boolean"}),
    "date": frozenset({"date"}),
}
_INTEGERS: Final = frozenset(
    {"tinyint", "smallint", "integer", "int", "bigint", "hugeint"}
    | {"utinyint", "usmallint", "uinteger", "ubigint"}
)
_CASTS: Final[Mapping[ValueType, str]] = {"number": "DOUBLE", "integer": "BIGINT"}


def typed_columns(
    session: TableSession, relation: str, columns: Iterable[FactColumn]
) -> dict[str, str]:
    """SQL of each fact in its clause type, by name; what already has the type is not cast.

    NaN is missing, as in the row reader: a database would call it the greatest number.

    Raises
    ------
    ColumnsRefused
        If the relation lacks a column, or holds it in a type that would change values.
    """
    held = session.column_types(relation)
    written = {}
    for column in columns:
        if column.name not in held:
            near = nearest_name(column.name, held)
            raise ColumnsRefused(
                f"the relation {relation} has no column {column.name}"
                + (f"; did you mean {near}?" if near else "")
                + " Register facts with one column for every fact that is read.",
                relation=relation,
                column=column.name,
                suggestion=near,
            )
        written[column.name] = _typed(session, relation, column, held[column.name])
    return written


def _typed(session: TableSession, relation: str, column: FactColumn, held: str) -> str:
    name = quote_name(column.name, session.dialect)
    if held in _EXACT[column.type]:
        return _known(name) if column.type == "number" else name
    convertible = {
        "number": held in _INTEGERS or held == "float" or held.startswith("decimal"),
        "integer": held in _INTEGERS,
    }.get(column.type, False)
    # A column of nothing but NULL comes without a type of its own.
    if convertible or held in {'"null"', "null", "void"}:
        cast = _CASTS.get(column.type) or {"boolean": "BOOLEAN", "date": "DATE"}.get(column.type)
        cast = cast or ("STRING" if session.dialect == "spark" else "VARCHAR")
        written = f"CAST({name} AS {cast})"
        return _known(written) if held == "float" else written
    raise ColumnsRefused(
        f"the column {column.name} of {relation} is {held}; the fact is {column.type}. Convert it "
        "before it is registered.",
        relation=relation,
        column=column.name,
    )


def _known(number: str) -> str:
    return f"NULLIF({number}, CAST('NaN' AS DOUBLE))"
