"""The clause language: small SQL expressions over the facts of one row, checked before use.

Whitelisted by construction, three-valued (unknown where a fact is missing), and the same in
DuckDB, in Spark and row by row in Python.
"""

from silian.tables.clauses.clause import Clause, evaluate_clause, missing_facts, parse_clause
from silian.tables.clauses.columns import FactColumn, FactSchema, UnknownFact, ValueType
from silian.tables.clauses.errors import (
    BadFactSchema,
    ClauseError,
    FactOfWrongType,
    nearest_name,
)
from silian.tables.clauses.quotients import quotient, quotients
from silian.tables.clauses.rows import RowReader, read_fact
from silian.tables.clauses.sql import Dialect, SqlWriter, quote_name, quote_text
from silian.tables.clauses.tree import Node, Value, walk
from silian.tables.clauses.words import FUNCTIONS

__all__ = [
    "FUNCTIONS",
    "BadFactSchema",
    "Clause",
    "ClauseError",
    "Dialect",
    "FactColumn",
    "FactOfWrongType",
    "FactSchema",
    "Node",
    "RowReader",
    "SqlWriter",
    "UnknownFact",
    "Value",
    "ValueType",
    "evaluate_clause",
    "missing_facts",
    "nearest_name",
    "parse_clause",
    "quote_name",
    "quote_text",
    "quotient",
    "quotients",
    "read_fact",
    "walk",
]
