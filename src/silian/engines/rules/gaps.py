"""How much is missing to each unmet condition, in its own unit (差多少).

A gap of a *term* says how far the two sides of a comparison are apart (a rate of 4.2 % where 5 %
is asked). A gap of a *fact* says which value that fact alone would need, all others as they are;
in a ratio there is one for the fact above and one for the fact below.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal

from silian.engines.rules.branches import BranchReader
from silian.engines.rules.changes import Effort, changed_row, current_value, variables_of
from silian.engines.rules.compiling import CompiledPolicy
from silian.engines.rules.lags import base_of
from silian.engines.rules.regions import TooManyRegions
from silian.engines.rules.rewriting import asked_code, bounds_of
from silian.engines.rules.solving import cheapest_point
from silian.engines.rules.values import Condition
from silian.tables.clauses import Clause, FactSchema, Node, RowReader, tree, walk

Side = Literal["term", "fact", "numerator", "denominator", "code"]
_UNITS = ("cny", "rate", "years", "count", "mu", "hours")
_OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_MIRRORED = {"=": "=", "<>": "<>", "<": ">", ">=": "<=", ">": "<", "<=": ">="}
_UNREACHABLE = 1e18


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What is missing at one place of an unmet condition.

    Attributes
    ----------
    side
        ``term``: the measured side of a comparison; ``fact``: one fact alone; ``numerator`` and
        ``denominator``: the same where the fact stands in a ratio; ``code``: a code to gain.
    name
        The fact; for a term the fact or let that is measured, ``""`` where it is an expression.
    code
        The code that would have to be gained or lost.
    required
        Nearest value that will do; for a term the other side of the comparison.
    shortfall
        Distance from ``current`` to ``required``, above 0 (0 where a limit is only touched).
    alternative
        0 where the part is needed in any case; parts that stand for each other (或) are numbered
        from 1, and to mend one number suffices.
    closes_condition
        Whether this alone makes the whole condition hold; for terms always False, since a term
        is not something that can be moved.
    strict
        For terms: ``required`` itself does not do, more (or less) than it is asked.
    """

    condition: Condition
    side: Side
    name: str
    current: float
    required: float
    shortfall: float
    unit: str
    direction: Literal["raise", "lower"]
    alternative: int = 0
    code: str = ""
    closes_condition: bool = False
    strict: bool = False


def gaps(
    compiled_policy: CompiledPolicy, row: Mapping[str, Any], *, schema: FactSchema | None = None
) -> tuple[Gap, ...]:
    """List what is missing to each unmet condition.

    Conditions that hold, are unknown, or turn on text and dates alone, have no gaps.

    Parameters
    ----------
    schema
        Where units are read; without it they are read from the names of the facts.
    """
    now = RowReader(row)
    found: list[Gap] = []
    for condition, clause in zip(
        compiled_policy.policy.conditions, compiled_policy.conditions, strict=True
    ):
        if now.value(clause.tree) is False:
            found += _Seeker(condition, clause, row, schema, compiled_policy).gaps()
    return tuple(found)


class _Seeker:
    """Gaps of one unmet condition of one row."""

    def __init__(
        self,
        condition: Condition,
        clause: Clause,
        row: Mapping[str, Any],
        schema: FactSchema | None,
        compiled_policy: CompiledPolicy,
    ) -> None:
        self._condition = condition
        self._clause = clause
        self._row = row
        self._now = RowReader(row)
        self._schema = schema
        self._let_units = {let.let_id: let.unit for let in compiled_policy.policy.lets}

    def gaps(self) -> Iterator[Gap]:
        """Gaps of the terms first, then of each fact, place by place in the order of the text."""
        for alternative, node, wanted in self._blocking(self._clause.tree, True, 0, count(1)):
            term = self._term(node, wanted, alternative)
            if term is not None:
                yield term
            for name in dict.fromkeys(_movable(node)):
                gap = self._alone(node, wanted, name, alternative)
                if gap is not None:
                    yield gap

    def _blocking(
        self, node: Node, wanted: bool, alternative: int, numbers: Iterator[int]
    ) -> Iterator[tuple[int, Node, bool]]:
        """The smallest parts that stand against ``wanted``, with the number of the alternative."""
        if self._now.value(node) is wanted:
            return
        match node:
            case tree.Let():
                yield from self._blocking(node.tree, wanted, alternative, numbers)
            case tree.Not():
                yield from self._blocking(node.operand, not wanted, alternative, numbers)
            case tree.And() | tree.Or():
                one_suffices = isinstance(node, tree.Or) is wanted
                for operand in node.operands:
                    here = next(numbers) if one_suffices else alternative
                    if one_suffices and self._never(operand, wanted):
                        continue
                    yield from self._blocking(operand, wanted, here, numbers)
            case tree.Between() if wanted:
                for part in bounds_of(node):
                    yield from self._blocking(part, True, alternative, numbers)
            case _:
                yield alternative, node, wanted

    def _never(self, node: Node, wanted: bool) -> bool:
        """Whether no effort can make a part as wanted, so that it is no alternative to offer.

        Texts stay, and what is known stays known; dates are waited for.
        """
        value = self._now.value(node)
        if value is wanted or value is None:
            return False
        match node:
            case tree.Let():
                return self._never(node.tree, wanted)
            case tree.Not():
                return self._never(node.operand, not wanted)
            case tree.And() | tree.Or():
                one_suffices = isinstance(node, tree.Or) is wanted
                parts = (self._never(operand, wanted) for operand in node.operands)
                return all(parts) if one_suffices else any(parts)
            case tree.Missing():
                return True
            case _:
                facts = [part for part in walk(node, into_lets=True) if isinstance(part, tree.Fact)]
                return not any(_movable(node)) and all(fact.type == "text" for fact in facts)

    # -- the two sides of a comparison --------------------------------------------------------

    def _term(self, node: Node, wanted: bool, alternative: int) -> Gap | None:
        if not isinstance(node, tree.Comparison):
            return None
        operator = node.operator if wanted else _OPPOSITE[node.operator]
        measured, limit = node.left, node.right
        if not _reads_facts(measured) and _reads_facts(limit):
            measured, limit, operator = limit, measured, _MIRRORED[operator]
        current, required = _number(self._now.value(measured)), _number(self._now.value(limit))
        if operator == "<>" or current is None or required is None:
            return None
        up = operator in {">", ">="} or (operator == "=" and current < required)
        return Gap(
            condition=self._condition,
            side="term",
            name=measured.name if isinstance(measured, tree.Fact | tree.Let) else "",
            current=current,
            required=required,
            shortfall=abs(required - current),
            unit=self._unit(measured),
            direction="raise" if up else "lower",
            alternative=alternative,
            strict=operator in {">", "<"},
        )

    def _unit(self, node: Node) -> str:
        """Unit of an expression: sums keep it, ratios of like units are rates."""
        match node:
            case tree.Fact():
                return unit_of(node.name, self._schema)
            case tree.Let():
                return self._let_units.get(node.name) or self._unit(node.tree)
            case tree.Arithmetic() if node.operator == "/":
                above, below = self._unit(node.left), self._unit(node.right)
                return above if not below else "rate" if above == below else f"{above}/{below}"
            case tree.Missing() | tree.Comparison() | tree.Given() | tree.Constant():
                return ""
            case tree.Case():
                return next(filter(None, (self._unit(then) for _, then in node.branches)), "")
            case _:
                return next(filter(None, map(self._unit, node.children)), "")

    # -- one fact alone -----------------------------------------------------------------------

    def _alone(self, node: Node, wanted: bool, name: str, alternative: int) -> Gap | None:
        """The nearest value of one fact for which a part is as wanted."""
        current = current_value(name, self._row)
        if current is None:
            return None
        fact, _, code = name.partition(":")
        lower = 0.0 if current >= 0 else -_UNREACHABLE
        effort = Effort(cost_cny_per_unit=1.0, lower=lower, upper=1.0 if code else _UNREACHABLE)
        variables = variables_of([self._clause.tree], self._row, {name: effort})
        if name not in variables:
            return None
        reader = BranchReader(self._row, variables)

        def holds(point: Mapping[str, float]) -> bool:
            return RowReader(changed_row(self._row, point)).value(node) is wanted

        try:
            point = cheapest_point(reader, [(node, wanted)], holds)
        except TooManyRegions:
            return None
        if not point:
            return None
        required = point[name]
        after = RowReader(changed_row(self._row, point))
        return Gap(
            condition=self._condition,
            side="code" if code else _side(node, fact),
            name=fact,
            code=code,
            current=current,
            required=required,
            shortfall=abs(required - current),
            unit="" if code else unit_of(fact, self._schema),
            direction="raise" if required > current else "lower",
            alternative=alternative,
            closes_condition=after.value(self._clause.tree) is True,
        )


def unit_of(fact: str, schema: FactSchema | None = None) -> str:
    """Unit of a fact, from the schema or from the end of its name.

    Examples
    --------
    >>> unit_of("revenue_cny"), unit_of("revenue_cny_growth_rate"), unit_of("employee_count")
    ('cny', 'rate', 'count')
    """
    if schema is not None and fact in schema and schema[fact].unit:
        return schema[fact].unit
    for end in ("_last_year", "_mean_three_years"):
        fact = fact.removesuffix(end)
    last = fact.rsplit("_", 1)[-1]
    return last if last in _UNITS else ""


def _movable(node: Node) -> Iterator[str]:
    """Numeric and yes/no facts that a part reads, lags as their fact, and codes it asks for."""
    code = asked_code(node)
    if code:
        yield code
        return
    if isinstance(node, tree.Fact) and node.type in {"number", "integer", "boolean"}:
        yield base_of(node.name)
    for child in (node.tree,) if isinstance(node, tree.Let) else node.children:
        yield from _movable(child)


def _side(node: Node, fact: str) -> Side:
    """Where in a part a fact stands: above or below the line, or neither alone."""
    above, below, elsewhere = False, False, False

    def look(part: Node, side: str) -> None:
        nonlocal above, below, elsewhere
        if isinstance(part, tree.Fact) and base_of(part.name) == fact:
            above, below = above or side == "above", below or side == "below"
            elsewhere = elsewhere or not side
        elif isinstance(part, tree.Let):
            look(part.tree, side)
        elif isinstance(part, tree.Arithmetic) and part.operator == "/":
            look(part.left, "above")
            look(part.right, "below")
        else:
            for child in part.children:
                look(child, side)

    look(node, "")
    if above and not below and not elsewhere:
        return "numerator"
    return "denominator" if below and not above and not elsewhere else "fact"


def _reads_facts(node: Node) -> bool:
    return any(isinstance(part, tree.Fact) for part in walk(node, into_lets=True))


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None
