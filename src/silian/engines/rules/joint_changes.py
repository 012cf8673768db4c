"""The cheapest changes that entitle to several policies at once, and what else they open."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from silian.engines.rules.branches import BranchReader
from silian.engines.rules.changes import (
    MESSAGES,
    Change,
    ChangePlan,
    Effort,
    NoPlan,
    Reason,
    change_of,
    changed_row,
    cheapest_changes,
    fixed_obstacle,
    variables_of,
)
from silian.engines.rules.compiling import CompiledPolicy
from silian.engines.rules.forms import Variable
from silian.engines.rules.points import Point
from silian.engines.rules.regions import TooManyRegions
from silian.engines.rules.rewriting import asked_code
from silian.engines.rules.solving import cheapest_point
from silian.engines.rules.subjects import answer_policy
from silian.tables.clauses import Node, RowReader, tree, walk

_TITLES = "titles"
JointReason = Reason | Literal["titles_out_of_reach"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JointChange:
    """One change of a joint plan.

    Attributes
    ----------
    needed_by
        Policies of the plan, those that confer the titles it gains, and those it unlocks, that are
        lost where this change alone is left out: what the one change is good for.
    """

    change: Change
    needed_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlocked:
    """A policy that a changed row entitles to, with what it would pay if that is known."""

    policy_id: str
    amount_cny: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JointPlan:
    """The cheapest changes after which every chosen policy entitles.

    Attributes
    ----------
    is_cheapest
        False where facts multiply each other and only one of them at a time was moved.
    entitled
        The chosen policies with their amounts for the changed facts, before stacking.
    unlocks
        Further policies that entitle then and do not now.
    verified
        All clauses hold for ``changed_row``; a plan that fails them is not handed out.
    """

    policy_ids: tuple[str, ...]
    changes: tuple[JointChange, ...]
    cost_cny: float
    is_cheapest: bool
    changed_row: Mapping[str, Any]
    entitled: tuple[Unlocked, ...]
    unlocks: tuple[Unlocked, ...] = ()
    verified: Literal[True] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NoJointPlan:
    """Why no changes lead to all of the chosen policies.

    Attributes
    ----------
    reason
        That of the first policy that has no plan of its own; ``titles_out_of_reach``: only with
        titles whose own conditions can't be met; ``conflict`` where each has a plan and all
        together have none; ``too_many_alternatives``: given up.
    obstacles
        Policies that have no plan of their own.
    """

    policy_ids: tuple[str, ...]
    reason: JointReason
    message: str
    obstacles: tuple[NoPlan, ...] = ()


def cheapest_joint_changes(
    policies: Sequence[CompiledPolicy],
    row: Mapping[str, Any],
    efforts: Mapping[str, Effort],
    *,
    title_policies: Iterable[CompiledPolicy] = (),
    others: Iterable[CompiledPolicy] = (),
    gained_in: Mapping[str, str] | None = None,
) -> JointPlan | NoJointPlan:
    """Find the cheapest changes that entitle to every one of the policies.

    Parameters
    ----------
    policies
        Those that are wanted, all at once. Whether their awards may be had together is the
        question of ``stack``.
    row, efforts
        As for ``cheapest_changes``.
    title_policies
        Where a plan proposes to gain a title that one of these confers, its conditions have to
        hold too. Titles of other policies cost their effort alone.
    others
        Policies of which the plan tells whether it unlocks them.
    gained_in
        Sets that a code enters where another set gains it: ``{"titles": "titles_new"}``. Counts
        for what is unlocked; the plan itself moves only what efforts name.

    Raises
    ------
    EffortError
        If a cost is negative or not finite, or bounds are reversed.
    ValueError
        If no policy is given.
    """
    if not policies:
        raise ValueError("no policies are given; name at least one")
    wanted, titles = tuple(policies), tuple(title_policies)
    if any(_fixed(one, row) for one in wanted):
        return _no_plan(wanted, (), row, efforts)
    variables, goals = _goals(wanted, titles, row, efforts)
    reader = BranchReader(row, variables)
    new = gained_in or {}

    def holds(point: Point) -> bool:
        after = RowReader(_after(row, point, new))
        return all(after.value(goal) is True for goal in goals)

    try:
        point = cheapest_point(reader, [(goal, True) for goal in goals], holds)
    except TooManyRegions:
        return _refused(wanted, "too_many_alternatives", ())
    if point is None:
        return _no_plan(wanted, titles, row, efforts)
    return _plan(wanted, titles, tuple(others), row, point, reader, new)


def unlocked(
    policies: Iterable[CompiledPolicy], row: Mapping[str, Any], changed: Mapping[str, Any]
) -> tuple[Unlocked, ...]:
    """Policies that a changed row entitles to and the row as it is does not."""
    return tuple(
        one
        for policy in policies
        if not _entitled(policy, row)
        for one in _entitled(policy, changed)
    )


def _entitled(policy: CompiledPolicy, row: Mapping[str, Any]) -> tuple[Unlocked, ...]:
    answer = answer_policy(policy, row)
    if answer.entitlement != "entitled":
        return ()
    return (Unlocked(policy_id=policy.policy.policy_id, amount_cny=answer.amount_cny),)


def _fixed(policy: CompiledPolicy, row: Mapping[str, Any]) -> NoPlan | None:
    conditions = tuple(zip(policy.policy.conditions, policy.conditions, strict=True))
    return fixed_obstacle(policy.policy.policy_id, conditions, row)


def _goals(
    wanted: tuple[CompiledPolicy, ...],
    title_policies: tuple[CompiledPolicy, ...],
    row: Mapping[str, Any],
    efforts: Mapping[str, Effort],
) -> tuple[dict[str, Variable], list[Node]]:
    """What may move and what has to hold: the conditions, and those of titles to be gained."""
    goals = [clause.tree for policy in wanted for clause in policy.conditions]
    conferred = {
        f"{_TITLES}:{one.policy.title_code}": one
        for one in title_policies
        if one.policy.title_code and one not in wanted
    }
    clauses = [clause for policy in (*wanted, *title_policies) for clause in policy.conditions]
    variables = variables_of(clauses, row, efforts)
    for name, asked in _asked(goals, conferred).items():
        policy = conferred[name]
        if name not in variables or variables[name].current:
            continue  # held already, or no way to gain it
        if _fixed(policy, row):
            del variables[name]
            continue
        deserved = tree.And(
            type="boolean", operands=tuple(clause.tree for clause in policy.conditions)
        )
        without = tree.Not(type="boolean", operand=asked)
        goals.append(tree.Or(type="boolean", operands=(without, deserved)))
    return variables, goals


def _asked(goals: Iterable[Node], conferred: Mapping[str, CompiledPolicy]) -> dict[str, Node]:
    """Nodes that ask for conferred titles, also those that such a title itself asks for."""
    found: dict[str, Node] = {}
    waiting = list(goals)
    while waiting:
        for node in walk(waiting.pop(), into_lets=True):
            name = asked_code(node)
            if name in conferred and name not in found:
                found[name] = node
                waiting += [clause.tree for clause in conferred[name].conditions]
    return found


def _plan(
    wanted: tuple[CompiledPolicy, ...],
    titles: tuple[CompiledPolicy, ...],
    others: tuple[CompiledPolicy, ...],
    row: Mapping[str, Any],
    point: Point,
    reader: BranchReader,
    gained_in: Mapping[str, str],
) -> JointPlan:
    chosen = {one.policy.policy_id for one in wanted}
    further = [one for one in others if one.policy.policy_id not in chosen]
    after = _after(row, point, gained_in)
    opened = {one.policy_id: one for one in unlocked(further, row, after)}
    gained = [one for one in titles if point.get(f"{_TITLES}:{one.policy.title_code}")]
    due = (*wanted, *gained, *(one for one in further if one.policy.policy_id in opened))
    watched = {one.policy.policy_id: one for one in due}
    changes = []
    for name, value in sorted(point.items()):
        rest = {other: moved for other, moved in point.items() if other != name}
        without = _after(row, rest, gained_in)
        lost = (key for key, one in watched.items() if not _entitled(one, without))
        changes.append(
            JointChange(
                change=change_of(reader.variables[name], value),
                needed_by=tuple(lost),
            )
        )
    return JointPlan(
        policy_ids=tuple(one.policy.policy_id for one in wanted),
        changes=tuple(changes),
        cost_cny=math.fsum(one.change.cost_cny for one in changes),
        is_cheapest=reader.is_complete,
        changed_row=after,
        entitled=tuple(one for policy in wanted for one in _entitled(policy, after)),
        unlocks=tuple(opened.values()),
    )


def _after(row: Mapping[str, Any], point: Point, gained_in: Mapping[str, str]) -> dict[str, Any]:
    """The changed row, with codes also in the sets that hold what was gained."""
    after = changed_row(row, point)
    for name, value in point.items():
        fact, _, code = name.partition(":")
        into = gained_in.get(fact)
        if code and value and into and after.get(into) is not None:
            codes = {one for one in str(after[into]).split(";") if one} | {code}
            after[into] = ";" + "".join(f"{one};" for one in sorted(codes))
    return after


def _no_plan(
    wanted: tuple[CompiledPolicy, ...],
    title_policies: tuple[CompiledPolicy, ...],
    row: Mapping[str, Any],
    efforts: Mapping[str, Effort],
) -> NoJointPlan:
    alone: Iterator[ChangePlan | NoPlan] = (cheapest_changes(one, row, efforts) for one in wanted)
    obstacles = tuple(one for one in alone if isinstance(one, NoPlan))
    if obstacles:
        return _refused(wanted, obstacles[0].reason, obstacles)
    if title_policies and isinstance(cheapest_joint_changes(wanted, row, efforts), JointPlan):
        return _refused(wanted, "titles_out_of_reach", ())
    return _refused(wanted, "conflict", ())


def _refused(
    wanted: tuple[CompiledPolicy, ...], reason: JointReason, obstacles: tuple[NoPlan, ...]
) -> NoJointPlan:
    return NoJointPlan(
        policy_ids=tuple(one.policy.policy_id for one in wanted),
        reason=reason,
        message=_TOGETHER.get(reason) or MESSAGES[reason],  # type: ignore[index]
        obstacles=obstacles,
    )


_TOGETHER: Mapping[JointReason, str] = {
    "conflict": "Each policy can be reached, but not all of them at once within the bounds.",
    "titles_out_of_reach": "A title that would have to be gained has conditions out of reach.",
    "too_many_alternatives": "The policies have more alternatives than can be searched.",
}
