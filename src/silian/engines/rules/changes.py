"""The cheapest set of changes after which a subject is entitled (导).

Exact under the stated costs and bounds: every alternative of the conditions is considered, and the
changed row is evaluated by the clauses themselves before a plan is handed out.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from silian.engines.rules.branches import BranchReader
from silian.engines.rules.compiling import CompiledPolicy
from silian.engines.rules.forms import Variable
from silian.engines.rules.lags import base_of, lacks_year, with_changes
from silian.engines.rules.points import Point
from silian.engines.rules.regions import TooManyRegions
from silian.engines.rules.rewriting import asked_code
from silian.engines.rules.solving import cheapest_point
from silian.engines.rules.subjects import answer_policy
from silian.engines.rules.values import Condition
from silian.errors import EngineError
from silian.tables.clauses import Clause, Node, RowReader, tree, walk

Reason = Literal[
    "not_changeable",
    "missing_facts",
    "no_effort",
    "out_of_reach",
    "conflict",
    "not_linear",
    "too_many_alternatives",
]
_CENT = 0.01


class EffortError(EngineError, ValueError):
    """A cost or a bound that makes no effort."""

    code = "effort_error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What it costs a subject to move one fact, and how far it can.

    Attributes
    ----------
    cost_cny_per_unit
        For one unit more or less; for a code or a yes/no fact, for the change.
    lower, upper
        Values of the fact that can be reached. Without them: upward without end, downward to 0
        (for a fact that is below 0 now, without end); codes are not lost.
    integer
        Whether only whole numbers count; ``None``: as the fact's type says.
    """

    cost_cny_per_unit: float
    lower: float | None = None
    upper: float | None = None
    integer: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One fact as it is and as it would have to be.

    Attributes
    ----------
    fact
        Column; with ``code`` the set of codes that gains (or loses) the code.
    """

    fact: str
    current: float | bool
    required: float | bool
    cost_cny: float
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePlan:
    """The cheapest changes after which every condition holds.

    Attributes
    ----------
    changes
        Empty where the subject is entitled already.
    verified
        The clauses hold for ``changed_row``; always true, plans that fail it are not handed out.
    is_cheapest
        False where facts multiply each other and only one of them at a time was moved: there may
        be a cheaper plan that moves several.
    amount_cny
        What the policy would pay for the changed facts; ``None`` where it pays nothing or that is
        unknown.
    changed_row
        The facts as they would be, with every lag that follows.
    """

    policy_id: str
    changes: tuple[Change, ...]
    cost_cny: float
    is_cheapest: bool
    changed_row: Mapping[str, Any]
    verified: Literal[True] = True
    amount_cny: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPlan:
    """Why no changes lead to the policy.

    Attributes
    ----------
    reason
        ``not_changeable``: a condition that no effort changes is not met; ``missing_facts``: it
        hangs on ``facts`` that are unknown; ``no_effort``: no effort is stated for its facts;
        ``out_of_reach``: the bounds do not reach; ``conflict``: each condition could be met, not
        all at once; ``too_many_alternatives``: given up.
    condition_ids, facts
        What stands in the way.
    """

    policy_id: str
    reason: Reason
    message: str
    condition_ids: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


def cheapest_changes(
    compiled_policy: CompiledPolicy, row: Mapping[str, Any], efforts: Mapping[str, Effort]
) -> ChangePlan | NoPlan:
    """Find the cheapest changes that make a subject entitled.

    Growth against last year and the mean of three years move with the fact that they derive from.

    Parameters
    ----------
    row
        With ``year`` and ``established_on`` where a mean of three years is asked of a subject
        that may be younger than that.
    efforts
        By fact, for a code by ``<fact>:<code>`` (``titles:high_tech_enterprise``); facts without
        effort stay as they are.

    Raises
    ------
    EffortError
        If a cost is negative or not finite, or bounds are reversed.
    """
    conditions = tuple(
        zip(compiled_policy.policy.conditions, compiled_policy.conditions, strict=True)
    )
    clauses = [clause for _, clause in conditions]
    policy_id = compiled_policy.policy.policy_id
    fixed = fixed_obstacle(policy_id, conditions, row)
    if fixed is not None:
        return fixed
    reader = BranchReader(row, variables_of([clause.tree for clause in clauses], row, efforts))
    try:
        goals = [(clause.tree, True) for clause in clauses]
        point = cheapest_point(reader, goals, holding([clause.tree for clause in clauses], row))
        if point is None:
            return _obstacle(policy_id, conditions, row, reader)
    except TooManyRegions:
        return NoPlan(
            policy_id=policy_id,
            reason="too_many_alternatives",
            message="The conditions have more alternatives than can be searched.",
        )
    return _plan(compiled_policy, row, point, reader)


def variables_of(
    nodes: Iterable[Node], row: Mapping[str, Any], efforts: Mapping[str, Effort]
) -> dict[str, Variable]:
    """Variables for the facts and codes that parts name, efforts move and the row knows."""
    variables: dict[str, Variable] = {}
    parts = [part for node in nodes for part in walk(node, into_lets=True)]
    types = {part.name: part.type for part in parts if isinstance(part, tree.Fact)}
    for name in dict.fromkeys(map(_effort_name, parts)):
        current = current_value(name, row) if name in efforts else None
        if current is not None:
            variables[name] = _variable(name, current, efforts[name], types.get(name))
    return variables


def current_value(name: str, row: Mapping[str, Any]) -> float | None:
    """The present value of a fact, or 1 or 0 for a code; ``None`` where it is unknown."""
    fact, _, code = name.partition(":")
    value = row.get(fact)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return float(f";{code};" in value) if code else float(value)


def changed_row(row: Mapping[str, Any], point: Mapping[str, float]) -> dict[str, Any]:
    """The row with a point's values: codes gained or lost, whole counts, lags that follow."""
    changes: dict[str, Any] = {}
    for name, value in point.items():
        fact, _, code = name.partition(":")
        if code:
            held = [one for one in str(changes.get(fact, row[fact])).split(";") if one]
            kept = [one for one in held if one != code] + ([code] if value else [])
            changes[fact] = ";" + "".join(f"{one};" for one in kept)
        elif isinstance(row[fact], bool):
            changes[fact] = bool(value)
        else:
            changes[fact] = int(value) if isinstance(row[fact], int) and value % 1 == 0 else value
    return with_changes(row, changes)


def _effort_name(node: Node) -> str:
    return base_of(node.name) if isinstance(node, tree.Fact) else asked_code(node)


def _variable(name: str, current: float, effort: Effort, kind: str | None) -> Variable:
    """``kind`` is the fact's type; ``None`` where only its lags are named."""
    is_switch = ":" in name or kind == "boolean"
    lowest = (current if ":" in name else 0.0) if current >= 0 else -math.inf
    lower = lowest if effort.lower is None else effort.lower
    upper = (1.0 if is_switch else math.inf) if effort.upper is None else effort.upper
    cost = effort.cost_cny_per_unit
    if not math.isfinite(cost) or cost < 0 or lower > upper:
        raise EffortError(
            f"the effort for {name} costs {cost} within {lower} to {upper}; expected a finite "
            "cost of 0 or more and bounds in order.",
            fact=name,
        )
    grain = _CENT if name.endswith("_cny") else 0.0
    if is_switch or kind == "integer" or name.endswith("_count"):
        grain = 1.0
    if effort.integer is not None:
        grain = 1.0 if effort.integer else grain % 1.0
    return Variable(
        name=name,
        current=current,
        lower=min(lower, current),
        upper=max(upper, current),
        cost_cny_per_unit=cost,
        grain=grain,
    )


def holding(nodes: Sequence[Node], row: Mapping[str, Any]) -> Callable[[Point], bool]:
    """Whether parts of clauses hold, by their own evaluation, once the row is moved to a point."""

    def holds(point: Point) -> bool:
        reader = RowReader(changed_row(row, point))
        return all(reader.value(node) is True for node in nodes)

    return holds


def fixed_obstacle(
    policy_id: str, conditions: Sequence[tuple[Condition, Clause]], row: Mapping[str, Any]
) -> NoPlan | None:
    """Conditions that no effort changes and that are not met, or are not known to be."""
    now = RowReader(row)
    for reason, standing in (("not_changeable", False), ("missing_facts", None)):
        found = [
            (condition, clause)
            for condition, clause in conditions
            if not condition.changeable and now.value(clause.tree) is standing
        ]
        if found:
            return _no_plan(policy_id, reason, found, row)  # type: ignore[arg-type]
    return None


def _obstacle(
    policy_id: str,
    conditions: Sequence[tuple[Condition, Clause]],
    row: Mapping[str, Any],
    reader: BranchReader,
) -> NoPlan:
    """The first kind of obstacle that single conditions meet, with all conditions that meet it."""
    now = RowReader(row)
    met: dict[Reason, list[tuple[Condition, Clause]]] = {}
    for condition, clause in conditions:
        standing = now.value(clause.tree)
        alone = holding([clause.tree], row)
        if standing or cheapest_point(reader, [(clause.tree, True)], alone) is not None:
            continue
        reason: Reason = "out_of_reach" if reader.is_complete else "not_linear"
        if standing is None or lacks_year(clause.columns, row):
            reason = "missing_facts"
        elif not reader.free_below(clause.tree):
            reason = "no_effort"
        met.setdefault(reason, []).append((condition, clause))
    for reason in MESSAGES:
        if reason in met:
            return _no_plan(policy_id, reason, met[reason], row)
    return _no_plan(policy_id, "conflict" if reader.is_complete else "not_linear", conditions, row)


def _no_plan(
    policy_id: str,
    reason: Reason,
    found: Sequence[tuple[Condition, Clause]],
    row: Mapping[str, Any],
) -> NoPlan:
    clauses = [clause for _, clause in found]
    facts = _missing(clauses, row) if reason == "missing_facts" else _read(clauses)
    return NoPlan(
        policy_id=policy_id,
        reason=reason,
        message=MESSAGES[reason],
        condition_ids=tuple(condition.condition_id for condition, _ in found),
        facts=() if reason == "conflict" else tuple(dict.fromkeys(facts)),
    )


def _missing(clauses: Sequence[Clause], row: Mapping[str, Any]) -> Iterator[str]:
    reader = RowReader(row)
    for clause in clauses:
        yield from reader.missing(clause.tree)
        if lacks_year(clause.columns, row):
            yield "year"


def _read(clauses: Sequence[Clause]) -> Iterator[str]:
    for clause in clauses:
        yield from sorted(clause.columns)


MESSAGES: Mapping[Reason, str] = {
    "not_changeable": "A condition that no effort can change within a year is not met.",
    "missing_facts": "Facts are missing; state them before looking for a way.",
    "no_effort": "No effort is stated for the facts that unmet conditions read.",
    "out_of_reach": "The stated bounds do not reach what the conditions ask.",
    "not_linear": "Facts multiply each other, and moving one of them at a time does not get there.",
    "conflict": "Each condition can be met, but not all of them at once within the bounds.",
}


def _plan(
    compiled_policy: CompiledPolicy, row: Mapping[str, Any], point: Point, reader: BranchReader
) -> ChangePlan:
    after = changed_row(row, point)
    changes = tuple(
        change_of(reader.variables[name], value) for name, value in sorted(point.items())
    )
    return ChangePlan(
        policy_id=compiled_policy.policy.policy_id,
        changes=changes,
        cost_cny=math.fsum(change.cost_cny for change in changes),
        is_cheapest=reader.is_complete,
        changed_row=after,
        amount_cny=answer_policy(compiled_policy, after).amount_cny,
    )


def change_of(variable: Variable, value: float) -> Change:
    """One moved variable with its cost."""
    fact, _, code = variable.name.partition(":")
    return Change(
        fact=fact,
        code=code,
        current=variable.current,
        required=value,
        cost_cny=abs(value - variable.current) * variable.cost_cny_per_unit,
    )
