"""The second gate: sqlglot's tree becomes ours, node by node, with its types.

Only what a method here reads gets through; sqlglot's nodes go no further.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final, NoReturn, cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from silian.tables.clauses import tree
from silian.tables.clauses.columns import FactSchema, ValueType
from silian.tables.clauses.errors import ClauseError, shown
from silian.tables.clauses.signatures import Signatures
from silian.tables.clauses.tree import Node

_COMPARISONS: Final[Mapping[type, tree.ComparisonOperator]] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_ARITHMETIC: Final[Mapping[type, tree.ArithmeticOperator]] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
}
_CALLS: Final[Mapping[type, tree.FunctionName]] = {
    exp.Coalesce: "coalesce",
    exp.Least: "least",
    exp.Greatest: "greatest",
    exp.Abs: "abs",
    exp.Round: "round",
    exp.Floor: "floor",
    exp.Ceil: "ceil",
    exp.StartsWith: "starts_with",
    exp.Contains: "contains",
    exp.Year: "year",
}
# What each node may carry; anything else set on it is refused (NOT LIKE comes as negate).
_ARGUMENTS: Final[Mapping[type, frozenset[str]]] = {
    exp.Case: frozenset({"ifs", "default"}),
    exp.Between: frozenset({"this", "low", "high"}),
    exp.In: frozenset({"this", "expressions"}),
    exp.Like: frozenset({"this", "expression", "negate"}),
    exp.Round: frozenset({"this", "decimals"}),
    exp.Least: frozenset({"this", "expressions", "ignore_nulls"}),
    exp.Greatest: frozenset({"this", "expressions", "ignore_nulls"}),
    exp.Cast: frozenset({"this", "to"}),
    exp.Div: frozenset({"this", "expression", "typed", "safe"}),
    exp.Column: frozenset({"this"}),
    exp.Identifier: frozenset({"this", "quoted"}),
    exp.Literal: frozenset({"this", "is_string"}),
}
_PLAIN = frozenset({"this", "expression", "expressions"})
_MOST_BRANCHES: Final = 60
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_sql(text: str) -> Any:
    """Parse a text whose words are checked, into sqlglot's tree.

    Raises
    ------
    ClauseError
        If the words do not make an expression.
    """
    try:
        return sqlglot.parse_one(text, dialect="duckdb")
    except SqlglotError as error:
        raise _syntax_error(text, error) from None
    except RecursionError:
        raise ClauseError(
            "clause_too_deep",
            "the clause is nested too deeply to be read. Use lets.",
            "表达式嵌套过深，请拆成 let。",
            text=text,
            position=0,
        ) from None


def _syntax_error(text: str, error: SqlglotError) -> ClauseError:
    listed = getattr(error, "errors", None) or [{}]
    found = listed[0]
    lines = text.split("\n")
    line = min(max(int(found.get("line") or 1), 1), len(lines))
    ends = sum(len(one) + 1 for one in lines[: line - 1]) + int(found.get("col") or 1)
    position = max(ends - len(found.get("highlight") or " "), 0)
    near = (found.get("highlight") or "").strip()
    return ClauseError(
        "clause_syntax",
        f"the clause can't be read near {near!r}: an operand, a word or a bracket is missing "
        f"or too much: {shown(text)}",
        f"表达式在“{near}”附近无法解析：缺少或多出运算数、关键字或括号",
        text=text,
        position=position,
    )


class TreeReader:
    """Turns one parsed text into our tree.

    Parameters
    ----------
    lets
        Trees of the named expressions.
    constants
        Values that are the same for every row; ``None``: known by name only.
    """

    def __init__(
        self,
        text: str,
        schema: FactSchema,
        lets: Mapping[str, Node],
        constants: Mapping[str, tree.Constant],
    ) -> None:
        self._text = text
        self._schema = schema
        self._lets = lets
        self._constants = constants
        self._types = Signatures(text)
        self._readers: dict[type, Callable[[Any], Node]] = {
            exp.Paren: lambda node: self.read(node.this),
            exp.Column: self._name,
            exp.Literal: self._literal,
            exp.Boolean: self._boolean,
            exp.Cast: self._date,
            exp.Neg: self._negative,
            exp.Not: self._not,
            exp.And: self._and,
            exp.Or: self._or,
            exp.Is: self._is,
            exp.In: self._in,
            exp.Between: self._between,
            exp.Like: self._like,
            exp.Case: self._case,
            exp.Anonymous: self._anonymous,
            **dict.fromkeys(_COMPARISONS, self._comparison),
            **dict.fromkeys(_ARITHMETIC, self._arithmetic),
            **dict.fromkeys(_CALLS, self._call),
        }

    def read(self, node: Any) -> Node:
        """The tree of one sqlglot node."""
        reader = self._readers.get(type(node))
        allowed = _ARGUMENTS.get(type(node), _PLAIN)
        if reader is None or any(value and key not in allowed for key, value in node.args.items()):
            self._refuse_node(node)
        return reader(node)

    # -- leaves -------------------------------------------------------------------------------

    def _name(self, node: Any) -> Node:
        name, start = node.name, self._start(node)
        if not isinstance(node.this, exp.Identifier) or node.this.args.get("quoted"):
            self._refuse_node(node)
        if name in self._lets:
            target = self._lets[name]
            return tree.Let(type=target.type, start=start, name=name, tree=target)
        if name in self._constants:
            constant = self._constants[name]
            return tree.Constant(type=constant.type, start=start, name=name, value=constant.value)
        if name in self._schema:
            return tree.Fact(type=self._schema[name].type, start=start, name=name)
        self._refuse_node(node)

    def _literal(self, node: Any) -> Node:
        start = self._start(node)
        if node.args.get("is_string"):
            return tree.Given(type="text", start=start, value=str(node.this))
        digits = str(node.this)
        if digits.isdecimal() and len(digits) <= 15:
            return tree.Given(type="integer", start=start, value=int(digits))
        return tree.Given(type="number", start=start, value=float(digits))

    def _boolean(self, node: Any) -> Node:
        return tree.Given(type="boolean", start=self._start(node), value=bool(node.this))

    def _date(self, node: Any) -> Node:
        written = node.this
        is_date = (
            isinstance(written, exp.Literal)
            and written.args.get("is_string")
            and str(node.args["to"].this) in {"DType.DATE", "DATE", "Type.DATE"}
        )
        if not is_date:
            self._refuse_node(node)
        start = self._start(written)
        try:
            if not _DATE.fullmatch(str(written.this)):
                raise ValueError
            value = date.fromisoformat(str(written.this))
        except ValueError:
            self._refuse(
                start,
                "clause_date",
                f"{shown(str(written.this))!r} is no day; write DATE '2024-01-31'",
                f"“{shown(str(written.this))}”不是日期，请写 DATE '2024-01-31'",
            )
        return tree.Given(type="date", start=start, value=value)

    # -- operators ----------------------------------------------------------------------------

    def _negative(self, node: Any) -> Node:
        operand = self._types.numeric(self.read(node.this))
        if isinstance(operand, tree.Given):
            value = cast(float, operand.value)
            return tree.Given(type=operand.type, start=operand.start, value=-value)
        return tree.Negative(type=operand.type, start=operand.start, operand=operand)

    def _arithmetic(self, node: Any) -> Node:
        left = self._types.numeric(self.read(node.this))
        right = self._types.numeric(self.read(node.expression))
        return tree.Arithmetic(
            type="number",
            start=left.start,
            operator=_ARITHMETIC[type(node)],
            left=left,
            right=right,
        )

    def _comparison(self, node: Any) -> Node:
        operator = _COMPARISONS[type(node)]
        left, right = self.read(node.this), self.read(node.expression)
        self._types.comparable(left, right, operator)
        return tree.Comparison(
            type="boolean", start=left.start, operator=operator, left=left, right=right
        )

    def _not(self, node: Any) -> Node:
        operand = self._types.boolean(self.read(node.this))
        return tree.Not(type="boolean", start=operand.start, operand=operand)

    def _operands(self, node: Any) -> tuple[Node, ...]:
        # a AND b AND c comes as a left-deep chain, taken apart without recursion.
        kind, parts = type(node), []
        while type(node) is kind:
            parts.append(node.expression)
            node = node.this
        parts.append(node)
        return tuple(self._types.boolean(self.read(part)) for part in reversed(parts))

    def _and(self, node: Any) -> Node:
        operands = self._operands(node)
        return tree.And(type="boolean", start=operands[0].start, operands=operands)

    def _or(self, node: Any) -> Node:
        operands = self._operands(node)
        return tree.Or(type="boolean", start=operands[0].start, operands=operands)

    def _is(self, node: Any) -> Node:
        operand = self.read(node.this)
        if not isinstance(node.expression, exp.Null):
            self._refuse(
                operand.start,
                "clause_not_allowed",
                "IS is only followed by NULL or NOT NULL; compare a boolean with = TRUE",
                "IS 后只能是 NULL 或 NOT NULL；布尔值请用 = TRUE 比较",
            )
        return tree.Missing(type="boolean", start=operand.start, operand=operand)

    def _in(self, node: Any) -> Node:
        operand = self.read(node.this)
        choices = tuple(self.read(choice) for choice in node.expressions)
        if not choices:
            self._refuse_node(node)
        for choice in choices:
            if not isinstance(choice, tree.Given | tree.Constant):
                self._refuse(
                    choice.start,
                    "clause_not_allowed",
                    "IN lists given values or parameters; write other comparisons with OR",
                    "IN 中只能列出给定值或参数，其他比较请用 OR",
                )
            self._types.comparable(operand, choice, "=")
        return tree.OneOf(type="boolean", start=operand.start, operand=operand, choices=choices)

    def _between(self, node: Any) -> Node:
        operand = self.read(node.this)
        lower, upper = self.read(node.args["low"]), self.read(node.args["high"])
        self._types.comparable(operand, lower, ">=")
        self._types.comparable(operand, upper, "<=")
        return tree.Between(
            type="boolean", start=operand.start, operand=operand, lower=lower, upper=upper
        )

    def _like(self, node: Any) -> Node:
        operand = self._types.expect(self.read(node.this), "text", "LIKE")
        pattern = node.expression
        if not isinstance(pattern, exp.Literal) or not pattern.args.get("is_string"):
            self._refuse(
                operand.start,
                "clause_not_allowed",
                "LIKE takes a pattern written as a text, such as 'C38%'",
                "LIKE 后须为文本模式，如 'C38%'",
            )
        like = tree.Like(
            type="boolean", start=operand.start, operand=operand, pattern=str(pattern.this)
        )
        if node.args.get("negate"):
            return tree.Not(type="boolean", start=operand.start, operand=like)
        return like

    def _case(self, node: Any) -> Node:
        start = self._start(node)
        if node.args.get("default") is None:
            self._refuse(
                start,
                "clause_case_without_else",
                "CASE has no ELSE; say what holds where no WHEN does",
                "CASE 缺少 ELSE，请写明其余情形的取值",
            )
        if len(node.args["ifs"]) > _MOST_BRANCHES:
            self._refuse(
                start,
                "clause_too_deep",
                f"CASE has {len(node.args['ifs'])} branches; at most {_MOST_BRANCHES} are read",
                f"CASE 有 {len(node.args['ifs'])} 个分支，最多 {_MOST_BRANCHES} 个",
            )
        branches = []
        for branch in node.args["ifs"]:
            if type(branch) is not exp.If or branch.args.get("false") is not None:
                self._refuse_node(branch)
            when = self._types.boolean(self.read(branch.this))
            branches.append((when, self.read(branch.args["true"])))
        otherwise = self.read(node.args["default"])
        results = (*(then for _, then in branches), otherwise)
        kind = self._types.common(results, "CASE")
        return tree.Case(type=kind, start=start, branches=tuple(branches), otherwise=otherwise)

    # -- functions ----------------------------------------------------------------------------

    def _anonymous(self, node: Any) -> Node:
        name = str(node.this).lower()
        if name not in {"years_between", "add_years", "has"}:
            self._refuse_node(node)
        return self._function(node, cast(tree.FunctionName, name), node.expressions)

    def _call(self, node: Any) -> Node:
        parts = [node.args.get("this"), node.args.get("expression"), node.args.get("decimals")]
        parts += node.args.get("expressions") or []
        given = [part for part in parts if part is not None]
        return self._function(node, _CALLS[type(node)], given)

    def _function(self, node: Any, name: tree.FunctionName, given: list[Any]) -> Node:
        arguments = tuple(self.read(argument) for argument in given)
        start = self._start(node)
        kind: ValueType = self._types.call(name, arguments, start)
        return tree.Call(type=kind, start=start, function=name, arguments=arguments)

    # -- refusing -----------------------------------------------------------------------------

    def _start(self, node: Any) -> int:
        """Offset of a node: its own, or that of the first part that has one."""
        starts = [part.meta["start"] for part in node.walk() if "start" in part.meta]
        own = node.meta.get("start")
        return int(own if own is not None else min(starts, default=0))

    def _refuse_node(self, node: Any) -> NoReturn:
        self._refuse(
            self._start(node),
            "clause_not_allowed",
            f"{shown(node.sql(dialect='duckdb'))} is not part of the language; it has comparisons, "
            "AND, OR, NOT, IS NULL, + - * /, CASE, IN, BETWEEN, LIKE and a few functions",
            f"“{shown(node.sql(dialect='duckdb'))}”不属于表达式语言；可用比较、AND、OR、NOT、"
            "IS NULL、四则运算、CASE、IN、BETWEEN、LIKE 及少数函数",
        )

    def _refuse(self, position: int, code: str, message: str, zh: str) -> NoReturn:
        raise ClauseError(code, message, zh, text=self._text, position=position)
