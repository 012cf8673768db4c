"""Writes a tree as SQL that DuckDB and Spark answer alike.

Where the engines differ, or differ from the language, the text says it the long way:
- numbers written in the text are doubles (``5e-2``), never decimals;
- ``a / NULLIF(b, 0)``, rounded as ``quotients.py`` says;
- ``CASE c WHEN TRUE .. WHEN FALSE .. END``: an unknown condition gives unknown, where a plain
  ``CASE WHEN`` would take it for false;
- ``least`` and ``greatest`` are unknown where an argument is, where the engines skip it.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import singledispatchmethod
from typing import Final, Literal

from silian.tables.clauses import tree
from silian.tables.clauses.quotients import QUOTIENT_SCALE, ROUNDED_BELOW
from silian.tables.clauses.tree import Node

Dialect = Literal["duckdb", "spark"]

_QUOTES: Final = {"duckdb": '"', "spark": "`"}


def quote_name(name: str, dialect: Dialect) -> str:
    """A name as an identifier of the dialect.

    Examples
    --------
    >>> quote_name("revenue_cny", "spark")
    '`revenue_cny`'
    """
    mark = _QUOTES[dialect]
    return f"{mark}{name.replace(mark, mark * 2)}{mark}"


def quote_text(text: str, dialect: Dialect) -> str:
    """A text as a literal of the dialect."""
    if dialect == "spark":
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return "'" + text.replace("'", "''") + "'"


class SqlWriter:
    """Writes trees for one dialect.

    Parameters
    ----------
    columns
        Under which names the facts stand in the relation, where they differ.
    let_columns
        Column names of lets that the relation already holds; other lets are written out.
    """

    def __init__(
        self,
        dialect: Dialect,
        *,
        columns: Mapping[str, str] | None = None,
        let_columns: Callable[[tree.Let], str | None] | None = None,
    ) -> None:
        self.dialect = dialect
        self._columns = columns or {}
        self._let_columns = let_columns

    @singledispatchmethod
    def write(self, node: Node) -> str:
        """SQL of a node, closed in brackets where it is more than a word."""
        raise TypeError(f"{type(node).__name__} has no SQL")

    def write_number(self, node: Node) -> str:
        """SQL of a numeric node as a double."""
        if node.type != "integer":
            return self.write(node)
        if isinstance(node, tree.Given | tree.Constant):
            return self._value(node.value, "number")
        return f"CAST({self.write(node)} AS DOUBLE)"

    def _value(self, value: tree.Value, kind: str) -> str:
        if value is None:
            raise TypeError("a constant without a value can't be written as SQL")
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, str):
            return quote_text(value, self.dialect)
        if isinstance(value, date):
            return f"DATE '{value.isoformat()}'"
        written = str(int(value)) if kind == "integer" else _double(float(value))
        return f"({written})" if written.startswith("-") else written

    def _same_kind(self, *nodes: Node) -> list[str]:
        if {node.type for node in nodes} == {"integer", "number"}:
            return [self.write_number(node) for node in nodes]
        return [self.write(node) for node in nodes]

    @write.register
    def _(self, node: tree.Given) -> str:
        return self._value(node.value, node.type)

    @write.register
    def _(self, node: tree.Constant) -> str:
        return self._value(node.value, node.type)

    @write.register
    def _(self, node: tree.Fact) -> str:
        return quote_name(self._columns.get(node.name, node.name), self.dialect)

    @write.register
    def _(self, node: tree.Let) -> str:
        column = self._let_columns(node) if self._let_columns else None
        return self.write(node.tree) if column is None else quote_name(column, self.dialect)

    @write.register
    def _(self, node: tree.Negative) -> str:
        return f"(-{self.write(node.operand)})"

    @write.register
    def _(self, node: tree.Arithmetic) -> str:
        left, right = self.write_number(node.left), self.write_number(node.right)
        if node.operator == "/":
            constant = isinstance(node.right, tree.Given | tree.Constant) and node.right.value
            right = right if constant else f"NULLIF({right}, 0e0)"
            return _rounded_quotient(f"({left} / {right})")
        return f"({left} {node.operator} {right})"

    @write.register
    def _(self, node: tree.Comparison) -> str:
        left, right = self._same_kind(node.left, node.right)
        return f"({left} {node.operator} {right})"

    @write.register
    def _(self, node: tree.Between) -> str:
        operand, lower, upper = self._same_kind(node.operand, node.lower, node.upper)
        return f"({operand} BETWEEN {lower} AND {upper})"

    @write.register
    def _(self, node: tree.OneOf) -> str:
        operand, *choices = self._same_kind(node.operand, *node.choices)
        return f"({operand} IN ({', '.join(choices)}))"

    @write.register
    def _(self, node: tree.Like) -> str:
        return f"({self.write(node.operand)} LIKE {quote_text(node.pattern, self.dialect)})"

    @write.register
    def _(self, node: tree.Missing) -> str:
        return f"({self.write(node.operand)} IS NULL)"

    @write.register
    def _(self, node: tree.Not) -> str:
        return f"(NOT {self.write(node.operand)})"

    @write.register
    def _(self, node: tree.And) -> str:
        return "(" + " AND ".join(self.write(operand) for operand in node.operands) + ")"

    @write.register
    def _(self, node: tree.Or) -> str:
        return "(" + " OR ".join(self.write(operand) for operand in node.operands) + ")"

    @write.register
    def _(self, node: tree.Case) -> str:
        write = self.write_number if node.type == "number" else self.write
        text = write(node.otherwise)
        for when, then in reversed(node.branches):
            text = (
                f"CASE {self.write(when)} WHEN TRUE THEN {write(then)} WHEN FALSE THEN {text} END"
            )
        return f"({text})"

    @write.register
    def _(self, node: tree.Call) -> str:
        return _CALLS[node.function](self, node)

    # -- functions ----------------------------------------------------------------------------

    def _coalesce(self, node: tree.Call) -> str:
        return f"coalesce({', '.join(self._same_kind(*node.arguments))})"

    def _extreme(self, node: tree.Call) -> str:
        parts = self._same_kind(*node.arguments)
        nullable = [
            part
            for part, argument in zip(parts, node.arguments, strict=True)
            if not isinstance(argument, tree.Given | tree.Constant)
        ]
        extreme = f"{node.function}({', '.join(parts)})"
        if not nullable:
            return extreme
        unknown = " OR ".join(f"{part} IS NULL" for part in nullable)
        return f"(CASE WHEN {unknown} THEN NULL ELSE {extreme} END)"

    def _absolute(self, node: tree.Call) -> str:
        return f"abs({self.write(node.arguments[0])})"

    def _whole(self, node: tree.Call) -> str:
        number = self.write_number(node.arguments[0])
        if self.dialect == "duckdb":
            return f"{node.function}({number})"
        # Spark gives 64-bit integers and fails beyond them; doubles that large are whole anyway.
        whole = f"CAST({node.function}({number}) AS DOUBLE)"
        return f"(CASE WHEN abs({number}) < 9e15 THEN {whole} ELSE {number} END)"

    def _round(self, node: tree.Call) -> str:
        number = self.write_number(node.arguments[0])
        scale = _double(rounding_scale(node))
        return f"(round({number} * {scale}) / {scale})"

    def _years_between(self, node: tree.Call) -> str:
        (first_year, first_day), (last_year, last_day) = map(self._day_parts, node.arguments)
        short = f"CASE WHEN {last_day} < {first_day} THEN 1 ELSE 0 END"
        return f"CAST({last_year} - {first_year} - {short} AS BIGINT)"

    def _add_years(self, node: tree.Call) -> str:
        day, years = self.write(node.arguments[0]), added_years(node)
        if self.dialect == "spark":
            moved = f"add_months({day}, {12 * years})"
        else:
            moved = f"CAST({day} + to_years({years}) AS DATE)"
        # Both put 29 February on the 28th where there is none; the language on 1 March.
        moved = f"({moved} + CASE WHEN day({moved}) < day({day}) THEN 1 ELSE 0 END)"
        first, last = date.min.year, date.max.year
        within = f"year({day}) + {years} BETWEEN {first} AND {last}"
        return f"(CASE WHEN {within} THEN {moved} END)"

    def _day_parts(self, node: Node) -> tuple[str, str]:
        if isinstance(node, tree.Given | tree.Constant) and isinstance(node.value, date):
            return str(node.value.year), str(node.value.month * 100 + node.value.day)
        day = self.write(node)
        return f"year({day})", f"(month({day}) * 100 + day({day}))"

    def _year(self, node: tree.Call) -> str:
        return f"CAST(year({self.write(node.arguments[0])}) AS BIGINT)"

    def _text_test(self, node: tree.Call) -> str:
        name = node.function
        if name == "starts_with" and self.dialect == "spark":
            name = "startswith"  # type: ignore[assignment]
        first, second = (self.write(argument) for argument in node.arguments)
        return f"{name}({first}, {second})"

    def _has(self, node: tree.Call) -> str:
        codes, code = node.arguments
        value = code.value if isinstance(code, tree.Given | tree.Constant) else ""
        return f"contains({self.write(codes)}, {quote_text(f';{value};', self.dialect)})"


_CALLS: Final[Mapping[str, Callable[[SqlWriter, tree.Call], str]]] = {
    "coalesce": SqlWriter._coalesce,
    "least": SqlWriter._extreme,
    "greatest": SqlWriter._extreme,
    "abs": SqlWriter._absolute,
    "round": SqlWriter._round,
    "floor": SqlWriter._whole,
    "ceil": SqlWriter._whole,
    "years_between": SqlWriter._years_between,
    "add_years": SqlWriter._add_years,
    "starts_with": SqlWriter._text_test,
    "contains": SqlWriter._text_test,
    "has": SqlWriter._has,
    "year": SqlWriter._year,
}


def rounding_scale(node: tree.Call) -> float:
    """Ten to the digits that ``round`` was asked for."""
    digits = node.arguments[1] if len(node.arguments) > 1 else None
    return 10.0 ** int(str(digits.value)) if isinstance(digits, tree.Given) else 1.0


def added_years(node: tree.Call) -> int:
    """The whole years that ``add_years`` was asked for."""
    years = node.arguments[1]
    return int(years.value) if isinstance(years, tree.Given | tree.Constant) else 0  # type: ignore[arg-type]


def _rounded_quotient(raw: str) -> str:
    scale = _double(QUOTIENT_SCALE)
    rounded = f"round({raw} * {scale}) / {scale}"
    return f"(CASE WHEN abs({raw}) < {_double(ROUNDED_BELOW)} THEN {rounded} ELSE {raw} END)"


def _double(value: float) -> str:
    text = repr(value)
    return text if "e" in text else f"{text}e0"
