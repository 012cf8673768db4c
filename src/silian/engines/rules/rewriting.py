"""Parts of clauses written as simpler parts that planning can take apart."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from silian.tables.clauses import Node, tree


def comparison(operator: Any, left: Node, right: Node) -> tree.Comparison:
    """Two parts compared."""
    return tree.Comparison(type="boolean", operator=operator, left=left, right=right)


def bounds_of(node: tree.Between) -> tuple[Node, Node]:
    """Both ends of a range, each asked by itself."""
    return comparison(">=", node.operand, node.lower), comparison("<=", node.operand, node.upper)


def rounding_by_floors(node: tree.Call) -> tree.Case:
    """``round`` by ``floor`` and ``ceil``: half away from 0, to decimals written in the clause."""
    digits = 0
    if len(node.arguments) > 1 and isinstance(node.arguments[1], tree.Given):
        digits = int(float(node.arguments[1].value))  # type: ignore[arg-type]
    scale, half, zero = (
        tree.Given(type="number", value=value) for value in (10.0**digits, 0.5, 0.0)
    )
    operand = node.arguments[0]
    scaled = _arithmetic("*", operand, scale)
    up = tree.Call(type="number", function="floor", arguments=(_arithmetic("+", scaled, half),))
    down = tree.Call(type="number", function="ceil", arguments=(_arithmetic("-", scaled, half),))
    return tree.Case(
        type="number",
        branches=((comparison(">=", operand, zero), _arithmetic("/", up, scale)),),
        otherwise=_arithmetic("/", down, scale),
    )


class Rewriter:
    """Puts other parts in the place of some, alike wherever the same part is used.

    Parameters
    ----------
    swap
        The part that stands for a part; ``None``: it stays, and is looked into.
    """

    def __init__(self, swap: Callable[[Node], Node | None]) -> None:
        self._swap = swap
        self._done: dict[int, tuple[Node, Node]] = {}

    def rewritten(self, node: Node) -> Node:
        """The node itself where nothing in it is swapped."""
        kept = self._done.get(id(node))
        if kept is None:
            kept = (node, self._swap(node) or self._within(node))
            self._done[id(node)] = kept
        return kept[1]

    def _within(self, node: Node) -> Node:
        values = {one.name: getattr(node, one.name) for one in fields(node)}
        changed = {name: self._value(value) for name, value in values.items()}
        moved = {name: value for name, value in changed.items() if value is not values[name]}
        return replace(node, **moved) if moved else node

    def _value(self, value: Any) -> Any:
        if isinstance(value, Node):
            return self.rewritten(value)
        if not isinstance(value, tuple):
            return value
        parts = tuple(self._value(one) for one in value)
        return parts if any(a is not b for a, b in zip(parts, value, strict=True)) else value


def asked_code(node: Node) -> str:
    """``<fact>:<code>`` of what ``has`` asks for; ``""`` for any other node."""
    if isinstance(node, tree.Call) and node.function == "has":
        held, code = node.arguments
        if isinstance(held, tree.Fact) and isinstance(code, tree.Given | tree.Constant):
            return f"{held.name}:{code.value}"
    return ""


def _arithmetic(operator: Any, left: Node, right: Node) -> tree.Arithmetic:
    return tree.Arithmetic(type="number", operator=operator, left=left, right=right)
