"""What a clause is once it is read: a small typed tree, and nothing that is not in this file.

SQL, the row-by-row reading and the planning of changes all walk this tree. What sqlglot reads
and this file has no node for can't get any further.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from silian.tables.clauses.columns import ValueType

Value = float | str | bool | date | None
ComparisonOperator = Literal["=", "<>", "<", "<=", ">", ">="]
ArithmeticOperator = Literal["+", "-", "*", "/"]
FunctionName = Literal[
    "coalesce",
    "least",
    "greatest",
    "abs",
    "round",
    "floor",
    "ceil",
    "years_between",
    "add_years",
    "starts_with",
    "contains",
    "has",
    "year",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One part of a clause.

    Attributes
    ----------
    type
        What kind of value it gives.
    start
        Offset in the text of the clause, from 0.
    """

    type: ValueType
    start: int = field(default=0, compare=False)

    @property
    def children(self) -> tuple["Node", ...]:
        """Parts directly below, in the order of the text; a let's own tree is not below."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Given(Node):
    """A value written in the text."""

    value: float | str | bool | date


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant(Node):
    """A named value that is the same for every row: a parameter, or ``as_of``."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact(Node):
    """The value of a row's column."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Let(Node):
    """A named expression used here."""

    name: str
    tree: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOperand(Node):
    """A node over one other."""

    operand: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoSides(Node):
    """A node over two others."""

    left: Node
    right: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)


@dataclass(frozen=True, slots=True, kw_only=True)
class Negative(OneOperand):
    """Minus the operand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic(TwoSides):
    """Double-precision arithmetic; quotients are rounded, a division by 0 gives unknown."""

    operator: ArithmeticOperator


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(TwoSides):
    """Two values of one kind compared."""

    operator: ComparisonOperator


@dataclass(frozen=True, slots=True, kw_only=True)
class Between(Node):
    """Within two bounds, both included."""

    operand: Node
    lower: Node
    upper: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand, self.lower, self.upper)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf(Node):
    """Equal to one of the choices, which are given values or constants."""

    operand: Node
    choices: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand, *self.choices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Like(OneOperand):
    """Fits a pattern of ``%`` (any text) and ``_`` (one character)."""

    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing(OneOperand):
    """Whether the operand is unknown (``IS NULL``); itself always known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Not(OneOperand):
    """The opposite; of unknown, unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class And(Node):
    """All must hold: one false decides, else one unknown leaves it unknown."""

    operands: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return self.operands


@dataclass(frozen=True, slots=True, kw_only=True)
class Or(Node):
    """One must hold: one true decides, else one unknown leaves it unknown."""

    operands: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return self.operands


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(Node):
    """The value of the first branch that holds; an unknown ``when`` makes the whole unknown."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node

    @property
    def children(self) -> tuple[Node, ...]:
        flat = tuple(node for branch in self.branches for node in branch)
        return (*flat, self.otherwise)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Node):
    """A function of the language."""

    function: FunctionName
    arguments: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return self.arguments


def walk(node: Node, *, into_lets: bool = False) -> Iterator[Node]:
    """The node and all below it, in the order of the text."""
    yield node
    below = (node.tree,) if into_lets and isinstance(node, Let) else node.children
    for child in below:
        yield from walk(child, into_lets=into_lets)
