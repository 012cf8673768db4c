"""One clause, read once: its tree, its type, what it names, and its SQL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from silian.tables.clauses import tree
from silian.tables.clauses.columns import FactSchema, ValueType
from silian.tables.clauses.errors import ClauseError, shown
from silian.tables.clauses.reading import TreeReader, parse_sql
from silian.tables.clauses.rows import RowReader
from silian.tables.clauses.sql import Dialect, SqlWriter
from silian.tables.clauses.tree import Node, Value
from silian.tables.clauses.words import check_words

AS_OF: Final = "as_of"
DEEPEST_TREE: Final = 100
LARGEST_TREE: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """An expression of the clause language, checked.

    Attributes
    ----------
    columns
        Facts it reads, also those its lets read.
    references
        What the text itself names (facts, lets, constants), in its order.
    unset
        Constants named here or in a let that were given no value (only ``as_of`` may be so).
    depth, size
        Of the tree with its lets written out and arguments repeated as SQL repeats them.
    """

    text: str
    tree: Node = field(repr=False)
    columns: frozenset[str]
    unset: frozenset[str] = frozenset()
    references: Mapping[str, Node] = field(repr=False, compare=False)
    depth: int = field(repr=False)
    size: int = field(repr=False)

    @property
    def type(self) -> ValueType:
        """What kind of value it gives."""
        return self.tree.type

    @property
    def used(self) -> tuple[str, ...]:
        """Names that the text itself uses, in its order, each once."""
        return tuple(self.references)

    def sql(self, dialect: Dialect = "duckdb") -> str:
        """SQL over a relation whose columns have the types of the schema; lets written out."""
        self._check_constants()
        return SqlWriter(dialect).write(self.tree)

    def _check_constants(self) -> None:
        # as_of may be left open where a clause is only checked, never where it is answered.
        for name in sorted(self.unset):
            raise ClauseError(
                "clause_constant_without_value",
                f"{name} was given no value; pass it in constants to parse_clause",
                f"“{name}”没有取值，请在解析时给出",
                text=self.text,
                position=max(self.text.find(name), 0),
            )


def parse_clause(
    text: str,
    schema: FactSchema,
    *,
    names: Mapping[str, Clause] = MappingProxyType({}),
    constants: Mapping[str, Any] = MappingProxyType({}),
    expected_type: ValueType | None = None,
) -> Clause:
    """Read one expression of the clause language.

    Parameters
    ----------
    names
        Lets: clauses that the text may use by name.
    constants
        Parameters of the day. ``as_of`` may always be named; it needs a value here before the
        clause is answered.
    expected_type
        Refuse any other; an integer passes as a number.

    Raises
    ------
    ClauseError
        With a stable code, the position and a suggestion.

    Examples
    --------
    >>> from silian.tables.clauses import FactColumn, FactSchema, evaluate_clause
    >>> schema = FactSchema((FactColumn(name="revenue_cny", type="number"),))
    >>> clause = parse_clause("revenue_cny >= floor_cny", schema, constants={"floor_cny": 2e7})
    >>> evaluate_clause(clause, {"revenue_cny": 3e7}), evaluate_clause(clause, {})
    (True, None)
    >>> clause.sql()
    '("revenue_cny" >= 20000000.0e0)'
    """
    fixed = {name: _constant(name, value, text) for name, value in constants.items()}
    fixed.setdefault(AS_OF, tree.Constant(type="date", name=AS_OF, value=None))
    check_words(text, {*schema.names, *names, *fixed})
    lets = {name: clause.tree for name, clause in names.items()}
    parsed = parse_sql(text)
    _check_depth(text, parsed)
    root = TreeReader(text, schema, lets, fixed).read(parsed)
    _check_result(text, root, expected_type)
    return _measured(text, root, names)


def evaluate_clause(clause: Clause, row: Mapping[str, Any]) -> Value:
    """Value of a clause for one row, ``None`` where it is unknown.

    Raises
    ------
    FactOfWrongType
        If a fact is not of its column's type.
    """
    clause._check_constants()
    return RowReader(row).value(clause.tree)


def missing_facts(clause: Clause, row: Mapping[str, Any]) -> tuple[str, ...]:
    """Missing facts that keep a clause unknown; a fact under a decided branch is not one.

    Empty where the value is known, and where it is unknown for a division by 0.
    """
    return RowReader(row).missing(clause.tree)


def _constant(name: str, value: Any, text: str) -> tree.Constant:
    if isinstance(value, bool):
        return tree.Constant(type="boolean", name=name, value=value)
    if isinstance(value, int) and abs(value) < 2**53:
        return tree.Constant(type="integer", name=name, value=value)
    if isinstance(value, int | float | Decimal) and abs(float(value)) < float("inf"):
        return tree.Constant(type="number", name=name, value=float(value))
    if isinstance(value, str) and "\\" not in value and value.isprintable():
        return tree.Constant(type="text", name=name, value=value)
    if isinstance(value, date):
        day = value.date() if isinstance(value, datetime) else value
        return tree.Constant(type="date", name=name, value=day)
    raise ClauseError(
        "clause_constant",
        f"the constant {name} is {shown(repr(value))}; expected a finite number, a plain text, "
        "true or false, or a date",
        f"参数“{name}”的值 {shown(repr(value))} 不可用，应为有限数值、文本、是否或日期",
        text=text,
        position=max(text.find(name), 0),
    )


def _check_result(text: str, root: Node, expected: ValueType | None) -> None:
    if expected in {None, root.type} or (expected == "number" and root.type == "integer"):
        return
    raise ClauseError(
        "clause_result_type",
        f"the clause gives {root.type}; {expected} is needed here: {shown(text)}",
        f"表达式结果为 {root.type}，此处需要 {expected}",
        text=text,
        position=0,
    )


def _check_depth(text: str, parsed: Any) -> None:
    """Refuse a deep tree before anything walks it by recursion; AND and OR chains are flat."""
    waiting = [(parsed, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > DEEPEST_TREE:
            _refuse_depth(text)
        flat = node.key in {"and", "or"}
        for child in node.iter_expressions():
            waiting.append((child, depth if flat and child.key == node.key else depth + 1))


def _refuse_depth(text: str) -> None:
    raise ClauseError(
        "clause_too_deep",
        f"the clause is deeper than {DEEPEST_TREE} steps, or larger than {LARGEST_TREE} parts "
        f"with its lets written out: {shown(text)}",
        f"表达式（展开 let 后）超过 {DEEPEST_TREE} 层或 {LARGEST_TREE} 个部分，请简化",
        text=text,
        position=0,
    )


def _measured(text: str, root: Node, names: Mapping[str, Clause]) -> Clause:
    references: dict[str, Node] = {}
    columns: set[str] = set()
    unset: set[str] = set()

    def measure(node: Node) -> tuple[int, int]:
        if isinstance(node, tree.Let):
            target = names[node.name]
            columns.update(target.columns)
            unset.update(target.unset)
            return target.depth + 1, target.size
        if isinstance(node, tree.Fact):
            columns.add(node.name)
        if isinstance(node, tree.Constant) and node.value is None:
            unset.add(node.name)
        sizes = [measure(child) for child in node.children]
        depth = 1 + max((deep for deep, _ in sizes), default=0)
        return depth, 1 + _repeats(node) * sum(size for _, size in sizes)

    depth, size = measure(root)
    if depth > DEEPEST_TREE or size > LARGEST_TREE:
        _refuse_depth(text)
    named = (n for n in tree.walk(root) if isinstance(n, tree.Fact | tree.Let | tree.Constant))
    for node in sorted(named, key=lambda one: one.start):
        references.setdefault(node.name, node)
    return Clause(
        text=text,
        tree=root,
        columns=frozenset(columns),
        unset=frozenset(unset),
        references=MappingProxyType(references),
        depth=depth,
        size=size,
    )


# How often the SQL of a call repeats its arguments' text.
_REPEATS: Final = {"least": 2, "greatest": 2, "years_between": 3, "add_years": 5} | {
    "floor": 3,
    "ceil": 3,
}


def _repeats(node: Node) -> int:
    if isinstance(node, tree.Arithmetic) and node.operator == "/":
        return 3
    if isinstance(node, tree.Call):
        return _REPEATS.get(node.function, 1)
    return 2 if isinstance(node, tree.Case | tree.Between) else 1
