"""Parts of clauses written as simpler parts that planning can take apart."""

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


def asked_code(node: Node) -> str:
    """``<fact>:<code>`` of what ``has`` asks for; ``""`` for any other node."""
    if isinstance(node, tree.Call) and node.function == "has":
        held, code = node.arguments
        if isinstance(held, tree.Fact) and isinstance(code, tree.Given | tree.Constant):
            return f"{held.name}:{code.value}"
    return ""


def _arithmetic(operator: Any, left: Node, right: Node) -> tree.Arithmetic:
    return tree.Arithmetic(type="number", operator=operator, left=left, right=right)
