"""Turns a clause into the regions of changeable facts in which it holds, or fails.

The tree of the clause is unfolded over its alternatives (OR, CASE, the sign of a denominator, the
smaller of two) until each is a conjunction of linear inequalities. Parts that no changeable fact
is in are evaluated as they are.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from silian.engines.rules.forms import Form, Linear, NotLinear, Variable
from silian.engines.rules.lags import base_of, form_of
from silian.engines.rules.regions import (
    ANYWHERE,
    Region,
    Relation,
    all_of,
    any_of,
    bounded,
    region_of,
)
from silian.engines.rules.rewriting import asked_code, bounds_of, comparison, rounding_by_floors
from silian.tables.clauses import Node, RowReader, tree, walk

Alternatives = list[tuple[Region, Any]]
"""Regions with the value there: a ``Form`` for numbers, ``None`` where it is unknown."""

_OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


class BranchReader:
    """Unfolds clauses for one row.

    Parameters
    ----------
    variables
        Facts that may move, by name; codes as ``<fact>:<code>``. Grows by auxiliary whole numbers
        where a clause rounds.

    Attributes
    ----------
    decided
        Which branch a case takes, by the identity of its node; ``len(branches)`` is the ELSE.
    is_complete
        False once a product of facts was met, of which only one at a time was let free.
    """

    def __init__(self, row: Mapping[str, Any], variables: dict[str, Variable]) -> None:
        self.variables = variables
        self.is_complete = True
        self._row = row
        self._reader = RowReader(row)
        self.decided: Mapping[int, int] = {}
        self._held: frozenset[str] = frozenset()
        self._branches: dict[int, list[list[Region]]] = {}
        self._below: dict[int, tuple[Node, frozenset[str]]] = {}

    def known(self, node: Node) -> Any:
        """Value of a node that nothing movable is in."""
        return self._reader.value(node)

    # -- truth --------------------------------------------------------------------------------

    def regions(self, node: Node, wanted: bool) -> list[Region]:
        """Regions in which a boolean node is known to be ``wanted``."""
        if not self.free_below(node):
            return [ANYWHERE] if self._reader.value(node) is wanted else []
        match node:
            case tree.Let():
                return self.regions(node.tree, wanted)
            case tree.Not():
                return self.regions(node.operand, not wanted)
            case tree.And() | tree.Or():
                parts = (self.regions(one, wanted) for one in node.operands)
                return all_of(parts) if isinstance(node, tree.And) is wanted else any_of(parts)
            case tree.Missing():
                found = self.values(node.operand)
                return any_of([region] for region, value in found if (value is None) is wanted)
            case tree.Comparison():
                return self._comparison(node, wanted)
            case tree.Between():
                within = bounds_of(node)
                parts = (self.regions(one, wanted) for one in within)
                return all_of(parts) if wanted else any_of(parts)
            case tree.OneOf():
                equal = (comparison("=", node.operand, choice) for choice in node.choices)
                parts = (self.regions(one, wanted) for one in equal)
                return any_of(parts) if wanted else all_of(parts)
            case _:
                found = self.values(node)
                return any_of([region] for region, value in found if value is wanted)

    def _comparison(self, node: tree.Comparison, wanted: bool) -> list[Region]:
        operator = node.operator if wanted else _OPPOSITE[node.operator]
        try:
            return self._compared(node, operator)
        except NotLinear:
            # Facts multiply each other: move one at a time and leave the others as they are.
            self.is_complete = False
            free = self.free_below(node)
            found: list[Region] = []
            for name in sorted(free):
                with self._holding(free - {name}) as held:
                    try:
                        parts = self._compared(node, operator)
                    except NotLinear:
                        continue
                found += all_of([held, parts])
            return found

    def _compared(self, node: tree.Comparison, operator: str) -> list[Region]:
        found: list[Region] = []
        for left_region, left in self.values(node.left):
            for right_region, right in self.values(node.right):
                both = left_region.meet(right_region)
                if both is None or left is None or right is None:
                    continue
                found += all_of([[both], self._cut(left, operator, right)])
        return found

    def _cut(self, left: Any, operator: str, right: Any) -> list[Region]:
        if not isinstance(left, Form) or not isinstance(right, Form):
            return [ANYWHERE] if (left == right) is (operator == "=") else []
        if operator == "<>":
            return self._cut(left, "<", right) + self._cut(right, "<", left)
        if operator in {">", ">="}:
            left, right, operator = right, left, operator.replace(">", "<")
        difference = left.plus(right, -1.0).numerator  # the denominator is positive
        relation: Relation = "<" if operator == "<" else "<=" if operator == "<=" else "="
        region = region_of(difference, relation, self.variables)
        return [] if region is None else [region]

    # -- values -------------------------------------------------------------------------------

    def values(self, node: Node) -> Alternatives:
        """Every value that a node may take, with the region where it does."""
        if not self.free_below(node):
            return [(ANYWHERE, _as_value(self._reader.value(node)))]
        match node:
            case tree.Let():
                return self.values(node.tree)
            case tree.Fact():
                form = form_of(node.name, self._row)
                if form is None:
                    return [(ANYWHERE, None)]
                if node.type == "boolean":
                    return self._switch(node.name)
                return [(ANYWHERE, Form(form))]
            case tree.Negative():
                return [
                    (region, None if value is None else value.times(Form(Linear(-1.0))))
                    for region, value in self.values(node.operand)
                ]
            case tree.Arithmetic():
                return self._arithmetic(node)
            case tree.Case():
                return self._case(node)
            case tree.Call():
                return self._call(node)
            case _ if node.type == "boolean":
                return [
                    (region, truth)
                    for truth in (True, False)
                    for region in self.regions(node, truth)
                ]
        raise NotLinear

    def _switch(self, name: str) -> Alternatives:
        return [(Region({name: (1.0, 1.0)}), True), (Region({name: (0.0, 0.0)}), False)]

    def _arithmetic(self, node: tree.Arithmetic) -> Alternatives:
        found: Alternatives = []
        for left_region, left in self.values(node.left):
            for right_region, right in self.values(node.right):
                both = left_region.meet(right_region)
                if both is None:
                    continue
                if left is None or right is None:
                    found.append((both, None))
                elif node.operator == "/":
                    found += self._divided(both, left, right)
                elif node.operator == "*":
                    found.append((both, left.times(right)))
                else:
                    found.append((both, left.plus(right, 1.0 if node.operator == "+" else -1.0)))
        return bounded(found)

    def _divided(self, region: Region, left: Form, right: Form) -> Alternatives:
        """Quotients where the divisor is above, below and at 0 (there, unknown)."""
        below = right.numerator
        minus = Form(Linear(-1.0))
        signs: tuple[tuple[Linear, Relation, Form | None], ...] = (
            (below.times(Linear(-1.0)), "<", right),
            (below, "<", right.times(minus)),
            (below, "=", None),
        )
        found: Alternatives = []
        for form, relation, positive in signs:
            here = region_of(form, relation, self.variables)
            both = None if here is None else region.meet(here)
            if both is None:
                continue
            if positive is None:
                found.append((both, None))
                continue
            above = left if positive is right else left.times(minus)
            inverse = Form(positive.denominator, positive.numerator)
            found.append((both, above.times(inverse)))
        return found

    def _case(self, node: tree.Case) -> Alternatives:
        results = (*(then for _, then in node.branches), node.otherwise)
        chosen = self.decided.get(id(node))
        if chosen is not None:
            return self.values(results[chosen])
        found: Alternatives = []
        for regions, result in zip(self.branch_regions(node), results, strict=True):
            if regions:
                found += _within(regions, self.values(result))
        return bounded(found)

    def branch_regions(self, node: tree.Case) -> list[list[Region]]:
        """For each branch of a case, and for the ELSE, the regions where it is taken."""
        kept = None if self._held else self._branches.get(id(node))
        if kept is None:
            kept, before = [], [ANYWHERE]
            for when, _ in node.branches:
                kept.append(all_of([before, self.regions(when, True)]))
                before = all_of([before, self.regions(when, False)])
            kept.append(before)
            whens = (part for when, _ in node.branches for part in walk(when, into_lets=True))
            if not self._held and not any(isinstance(part, tree.Case) for part in whens):
                self._branches[id(node)] = kept
        return kept

    def _call(self, node: tree.Call) -> Alternatives:
        match node.function:
            case "has":
                name = self._code_name(node)
                return self._switch(name) if name else []
            case "coalesce":
                return self._coalesce(node.arguments)
            case "least" | "greatest":
                return self._extreme(node)
            case "abs":
                return self._absolute(node.arguments[0])
            case "floor" | "ceil":
                return self._rounded(node.arguments[0], 0.0 if node.function == "floor" else 1.0)
            case "round":
                return self.values(rounding_by_floors(node))
        raise NotLinear

    def _coalesce(self, arguments: tuple[Node, ...]) -> Alternatives:
        found: Alternatives = []
        unknown = [ANYWHERE]
        for argument in arguments:
            values = self.values(argument)
            found += _within(unknown, [one for one in values if one[1] is not None])
            unknown = all_of([unknown, [region for region, value in values if value is None]])
        return bounded(found + [(region, None) for region in unknown])

    def _extreme(self, node: tree.Call) -> Alternatives:
        operator = "<=" if node.function == "least" else ">="
        found: Alternatives = []
        for place, argument in enumerate(node.arguments):
            others = [one for other, one in enumerate(node.arguments) if other != place]
            for region, value in self.values(argument):
                if value is None:
                    found.append((region, None))
                    continue
                beaten = [
                    [
                        one
                        for other_region, rival in self.values(other)
                        if rival is not None
                        for one in all_of([[other_region], self._cut(value, operator, rival)])
                    ]
                    for other in others
                ]
                found += [(one, value) for one in all_of([[region], *beaten])]
        return bounded(found)

    def _absolute(self, argument: Node) -> Alternatives:
        found: Alternatives = []
        zero = Form(Linear(0.0))
        for region, value in self.values(argument):
            if value is None:
                found.append((region, None))
                continue
            for operator, signed in ((">=", value), ("<", value.times(Form(Linear(-1.0))))):
                found += [
                    (one, signed) for one in all_of([[region], self._cut(value, operator, zero)])
                ]
        return found

    def _rounded(self, argument: Node, ahead: float) -> Alternatives:
        """``floor`` (0 ahead) or ``ceil`` (1 ahead): a whole number beside its operand."""
        found: Alternatives = []
        for region, value in self.values(argument):
            if value is None:
                found.append((region, None))
                continue
            name = f"whole:{len(self.variables)}"
            self.variables[name] = Variable(name=name, current=0.0, grain=1.0)
            whole = Form(Linear(0.0, {name: 1.0}))
            low, high = (whole, Form(Linear(1.0, {name: 1.0}))) if not ahead else (None, whole)
            if low is None:
                below = Form(Linear(-1.0, {name: 1.0}))
                parts = [self._cut(value, "<=", whole), self._cut(below, "<", value)]
            else:
                parts = [self._cut(low, "<=", value), self._cut(value, "<", high)]
            found += [(one, whole) for one in all_of([[region], *parts])]
        return found

    # -- what may move ------------------------------------------------------------------------

    def free_below(self, node: Node) -> frozenset[str]:
        """Names of the variables that a node depends on."""
        kept = self._below.get(id(node))
        if kept is None or kept[0] is not node:
            kept = (node, frozenset(self._names_below(node)))
            self._below[id(node)] = kept
        return kept[1] - self._held

    def _names_below(self, node: Node) -> Iterator[str]:
        if isinstance(node, tree.Fact):
            base = base_of(node.name)
            if base in self.variables:
                yield base
            return
        if isinstance(node, tree.Call) and node.function == "has":
            name = self._code_name(node)
            if name:
                yield name
            return
        for child in (node.tree,) if isinstance(node, tree.Let) else node.children:
            yield from self._names_below(child)

    def _code_name(self, node: tree.Call) -> str:
        name = asked_code(node)
        return name if name in self.variables else ""

    @contextmanager
    def _holding(self, names: frozenset[str]) -> Iterator[list[Region]]:
        """Leave facts as they are inside, and give the region in which they are."""
        before = self._held
        self._held |= names
        currents = {name: self.variables[name].current for name in names}
        try:
            yield [Region({name: (value, value) for name, value in currents.items()})]
        finally:
            self._held = before


def _within(regions: list[Region], values: Alternatives) -> Alternatives:
    met = ((one.meet(region), value) for one in regions for region, value in values)
    return [(region, value) for region, value in met if region is not None]


def _as_value(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return Form(Linear(float(value)))
