"""Which kinds of values go together, and what comes out."""

from collections.abc import Sequence
from typing import Final, NoReturn

from silian.tables.clauses import tree
from silian.tables.clauses.columns import ValueType
from silian.tables.clauses.errors import ClauseError
from silian.tables.clauses.tree import Node

_NUMERIC: Final = ("number", "integer")
_ZH: Final = {
    "number": "数值",
    "integer": "整数",
    "text": "文本",
    "boolean": "是否",
    "date": "日期",
    "codes": "代码集",
}
_MOST_DIGITS: Final = 12
_MOST_YEARS: Final = 1000


class Signatures:
    """Checks the types within one clause's text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def numeric(self, node: Node) -> Node:
        """The node, if it is a number."""
        if node.type not in _NUMERIC:
            self._mismatch(node, "number", "arithmetic", "四则运算")
        return node

    def boolean(self, node: Node) -> Node:
        """The node, if it is true or false."""
        if node.type != "boolean":
            self._mismatch(node, "boolean", "AND, OR, NOT and WHEN", "AND、OR、NOT、WHEN")
        return node

    def expect(self, node: Node, kind: ValueType, place: str) -> Node:
        """The node, if it has one given type (an integer passes as a number)."""
        if node.type != kind and not (kind == "number" and node.type == "integer"):
            self._mismatch(node, kind, place, place)
        return node

    def comparable(self, left: Node, right: Node, operator: str) -> None:
        """Refuse a comparison that has no meaning."""
        kinds = (left.type, right.type)
        if "codes" in kinds:
            self.refuse(
                left if left.type == "codes" else right,
                "clause_type",
                "a set of codes is not compared; ask has(titles, 'some_code')",
                "代码集不能比较，请写 has(titles, 'some_code')",
            )
        if set(kinds) == {"date", "text"}:
            text_side = left if left.type == "text" else right
            self.refuse(
                text_side,
                "clause_type",
                "a date is compared with a text; write the day as DATE '2024-01-31'",
                "日期与文本不能比较，日期请写 DATE '2024-01-31'",
                "DATE '2024-01-31'",
            )
        both_numeric = left.type in _NUMERIC and right.type in _NUMERIC
        if not both_numeric and left.type != right.type:
            self.refuse(
                right,
                "clause_type",
                f"{left.type} is compared with {right.type}; both sides must be of one kind",
                f"{_ZH[left.type]}与{_ZH[right.type]}不能比较，两边须为同类",
            )
        if left.type == "boolean" and operator not in {"=", "<>"}:
            self.refuse(
                left,
                "clause_type",
                f"true and false have no order; {operator} compares numbers, dates and texts",
                f"是否值没有大小，{operator} 只用于数值、日期和文本",
            )

    def common(self, nodes: Sequence[Node], place: str) -> ValueType:
        """The one type of several results; a mixture of numbers and integers is a number."""
        kinds = {node.type for node in nodes}
        if len(kinds) == 1:
            return nodes[0].type
        if kinds == set(_NUMERIC):
            return "number"
        odd = next(node for node in nodes if node.type != nodes[0].type)
        self.refuse(
            odd,
            "clause_type",
            f"{place} gives {nodes[0].type} in one place and {odd.type} in another",
            f"{place} 的结果类型不一致：{_ZH[nodes[0].type]}与{_ZH[odd.type]}",
        )

    def call(self, name: tree.FunctionName, arguments: Sequence[Node], start: int) -> ValueType:
        """Check the arguments of a function and give the type of its result."""
        least, most = {
            "coalesce": (2, 20),
            "least": (2, 20),
            "greatest": (2, 20),
            "abs": (1, 1),
            "round": (1, 2),
            "floor": (1, 1),
            "ceil": (1, 1),
            "years_between": (2, 2),
            "add_years": (2, 2),
            "starts_with": (2, 2),
            "contains": (2, 2),
            "has": (2, 2),
            "year": (1, 1),
        }[name]
        if not least <= len(arguments) <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            raise ClauseError(
                "clause_arguments",
                f"{name} was given {len(arguments)} arguments; it takes {wanted}",
                f"{name} 收到 {len(arguments)} 个参数，应为 {wanted.replace(' to ', ' 至 ')} 个",
                text=self._text,
                position=start,
            )
        return self._result(name, arguments)

    def _result(self, name: tree.FunctionName, arguments: Sequence[Node]) -> ValueType:
        if name in {"coalesce", "least", "greatest"}:
            kind = self.common(arguments, name)
            if kind == "codes" or (kind == "boolean" and name != "coalesce"):
                self._mismatch(arguments[0], "number", name, name)
            return kind
        if name == "abs":
            return self.numeric(arguments[0]).type
        if name in {"round", "floor", "ceil"}:
            self.numeric(arguments[0])
            if len(arguments) == 2:
                self._check_digits(arguments[1])
            return "number"
        if name in {"years_between", "year"}:
            for argument in arguments:
                self.expect(argument, "date", name)
            return "integer"
        if name == "add_years":
            self.expect(arguments[0], "date", name)
            self._check_years(arguments[1])
            return "date"
        if name == "has":
            self._check_code(arguments)
            return "boolean"
        for argument in arguments:
            self.expect(argument, "text", name)
        return "boolean"

    def _check_digits(self, digits: Node) -> None:
        fits = (
            isinstance(digits, tree.Given)
            and isinstance(digits.value, int)
            and digits.type == "integer"
            and abs(digits.value) <= _MOST_DIGITS
        )
        if not fits:
            self.refuse(
                digits,
                "clause_arguments",
                f"round takes a written whole number of digits, -{_MOST_DIGITS} to {_MOST_DIGITS}",
                f"round 的位数须为写明的整数，-{_MOST_DIGITS} 至 {_MOST_DIGITS}",
            )

    def _check_years(self, years: Node) -> None:
        value = years.value if isinstance(years, tree.Given | tree.Constant) else None
        # True is no number here, though Python takes it for one.
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
        if number is None or number % 1 or abs(number) > _MOST_YEARS:
            self.refuse(
                years,
                "clause_arguments",
                f"add_years takes a written number or a parameter, whole, -{_MOST_YEARS} to "
                f"{_MOST_YEARS}",
                f"add_years 的年数须为写明的整数或取整数值的参数，-{_MOST_YEARS} 至 {_MOST_YEARS}",
            )

    def _check_code(self, arguments: Sequence[Node]) -> None:
        codes, code = arguments
        if codes.type != "codes":
            self._mismatch(codes, "codes", "has", "has")
        value = code.value if isinstance(code, tree.Given | tree.Constant) else None
        if not isinstance(value, str) or not value or ";" in value:
            self.refuse(
                code,
                "clause_arguments",
                "has asks for one code written as a text without ';': has(titles, 'some_code')",
                "has 的第二个参数须为一个不含分号的代码文本：has(titles, 'some_code')",
            )

    def _mismatch(self, node: Node, wanted: str, place: str, place_zh: str) -> NoReturn:
        self.refuse(
            node,
            "clause_type",
            f"{place} takes {wanted}, and was given {node.type}",
            f"{place_zh} 需要{_ZH[wanted]}，收到{_ZH[node.type]}",
        )

    def refuse(
        self, node: Node, code: str, message: str, zh: str, suggestion: str = ""
    ) -> NoReturn:
        """Raise the error at a node's place."""
        raise ClauseError(
            code, message, zh, text=self._text, position=node.start, suggestion=suggestion
        )
