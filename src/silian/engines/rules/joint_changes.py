"""The cheapest changes that entitle to several policies at once, and what else they open."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from silian.engines.rules.branches import BranchReader
from silian.engines.rules.changes import (
    MESSAGES,
    Change,
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
from silian.engines.rules.rewriting import Rewriter, asked_code
from silian.engines.rules.solving import cheapest_point
from silian.engines.rules.subjects import answer_policy
from silian.tables.clauses import Node, tree, walk

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
        Sets that a code enters where another set gains it: ``{"titles": "titles_new"}``. What asks
        for the code in such a set (an award for a new title) is reached by gaining it.

    Raises
    ------
    EffortError
        If a cost is negative or not finite, or bounds are reversed.
    ValueError
        If no policy is given.
    """
    if not policies:
        raise ValueError("no policies are given; name at least one")
    question = _Question(
        wanted=tuple(policies),
        titles=tuple(title_policies),
        row=row,
        efforts=efforts,
        gained_in=gained_in or {},
    )
    if any(_fixed(one, row) for one in policies):
        return _no_plan(question)
    variables, goals = question.goals()
    reader = BranchReader(row, variables)
    try:
        point = cheapest_point(reader, [(goal, True) for goal in goals], question.holds)
    except TooManyRegions:
        return _refused(question, "too_many_alternatives", ())
    if point is None:
        return _no_plan(question)
    return _plan(question, tuple(others), point, reader)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What is asked, and of whom."""

    wanted: tuple[CompiledPolicy, ...]
    titles: tuple[CompiledPolicy, ...]
    row: Mapping[str, Any]
    efforts: Mapping[str, Effort]
    gained_in: Mapping[str, str]

    def after(self, point: Point) -> dict[str, Any]:
        """The changed row, with codes also in the sets that hold what was gained."""
        after = changed_row(self.row, point)
        for name, value in point.items():
            fact, _, code = name.partition(":")
            into = self.gained_in.get(fact)
            if code and value and into and after.get(into) is not None:
                codes = {one for one in str(after[into]).split(";") if one} | {code}
                after[into] = ";" + "".join(f"{one};" for one in sorted(codes))
        return after

    def holds(self, point: Point) -> bool:
        """Whether the policies entitle by their own clauses, and gained titles are deserved."""
        after = self.after(point)
        gained = (one for one in self.titles if point.get(_title_of(one)))
        return all(_entitled(one, after) for one in (*self.wanted, *gained))

    def goals(self) -> tuple[dict[str, Variable], list[Node]]:
        """What may move and what has to hold: the conditions, and those of titles to be gained."""
        rewriter = Rewriter(self._gained)
        conditions = {
            one.policy.policy_id: [rewriter.rewritten(clause.tree) for clause in one.conditions]
            for one in (*self.titles, *self.wanted)
        }
        conferred = {
            _title_of(one): one for one in self.titles if _title_of(one) and one not in self.wanted
        }
        goals = [node for one in self.wanted for node in conditions[one.policy.policy_id]]
        every = [node for nodes in conditions.values() for node in nodes]
        variables = variables_of(every, self.row, self.efforts)
        asked = _asked(
            goals, {name: conditions[one.policy.policy_id] for name, one in conferred.items()}
        )
        for name, node in asked.items():
            if name not in variables or variables[name].current:
                continue  # held already, or no way to gain it
            if _fixed(conferred[name], self.row):
                del variables[name]
                continue
            own = conditions[conferred[name].policy.policy_id]
            without = tree.Not(type="boolean", operand=node)
            deserved = tree.And(type="boolean", operands=tuple(own))
            goals.append(tree.Or(type="boolean", operands=(without, deserved)))
        return variables, goals

    def _gained(self, node: Node) -> Node | None:
        """What asks for a code among those gained asks whether it is held, where it is not yet."""
        fact, _, code = asked_code(node).partition(":")
        origin = next((one for one, into in self.gained_in.items() if into == fact), "")
        held, gained = self.row.get(origin), self.row.get(fact)
        if not origin or held is None or gained is None or f";{code};" in f"{held}{gained}":
            return None
        return tree.Call(
            type="boolean",
            function="has",
            arguments=(
                tree.Fact(type="codes", name=origin),
                tree.Given(type="text", value=code),
            ),
        )


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


def _title_of(policy: CompiledPolicy) -> str:
    return f"{_TITLES}:{policy.policy.title_code}" if policy.policy.title_code else ""


def _asked(goals: Iterable[Node], conferred: Mapping[str, Sequence[Node]]) -> dict[str, Node]:
    """Nodes that ask for conferred titles, also those that such a title itself asks for."""
    found: dict[str, Node] = {}
    waiting = list(goals)
    while waiting:
        for node in walk(waiting.pop(), into_lets=True):
            name = asked_code(node)
            if name in conferred and name not in found:
                found[name] = node
                waiting += conferred[name]
    return found


def _plan(
    question: _Question, others: tuple[CompiledPolicy, ...], point: Point, reader: BranchReader
) -> JointPlan:
    chosen = {one.policy.policy_id for one in question.wanted}
    further = [one for one in others if one.policy.policy_id not in chosen]
    after = question.after(point)
    opened = {one.policy_id: one for one in unlocked(further, question.row, after)}
    gained = [one for one in question.titles if point.get(_title_of(one))]
    due = (*question.wanted, *gained, *(one for one in further if one.policy.policy_id in opened))
    watched = {one.policy.policy_id: one for one in due}
    changes = []
    for name, value in sorted(point.items()):
        without = question.after({key: moved for key, moved in point.items() if key != name})
        lost = (key for key, one in watched.items() if not _entitled(one, without))
        changes.append(
            JointChange(
                change=change_of(reader.variables[name], value),
                needed_by=tuple(lost),
            )
        )
    return JointPlan(
        policy_ids=tuple(one.policy.policy_id for one in question.wanted),
        changes=tuple(changes),
        cost_cny=math.fsum(one.change.cost_cny for one in changes),
        is_cheapest=reader.is_complete,
        changed_row=after,
        entitled=tuple(one for policy in question.wanted for one in _entitled(policy, after)),
        unlocks=tuple(opened.values()),
    )


def _no_plan(question: _Question) -> NoJointPlan:
    """The policies that can't be reached by themselves; else titles, else all of them at once."""
    if len(question.wanted) > 1:
        alone = [_alone(question, wanted=(one,)) for one in question.wanted]
        refused = [one for one in alone if isinstance(one, NoJointPlan)]
        obstacles = tuple(one for refusal in refused for one in refusal.obstacles)
        return _refused(question, refused[0].reason if refused else "conflict", obstacles)
    if question.titles and isinstance(_alone(question, titles=()), JointPlan):
        return _refused(question, "titles_out_of_reach", ())
    found = cheapest_changes(question.wanted[0], question.row, question.efforts)
    obstacles = (found,) if isinstance(found, NoPlan) else ()
    return _refused(question, obstacles[0].reason if obstacles else "conflict", obstacles)


def _alone(question: _Question, **changes: tuple[CompiledPolicy, ...]) -> JointPlan | NoJointPlan:
    asked = replace(question, **changes)  # type: ignore[arg-type]
    return cheapest_joint_changes(
        asked.wanted,
        asked.row,
        asked.efforts,
        title_policies=asked.titles,
        gained_in=asked.gained_in,
    )


def _refused(
    question: _Question, reason: JointReason, obstacles: tuple[NoPlan, ...]
) -> NoJointPlan:
    return NoJointPlan(
        policy_ids=tuple(one.policy.policy_id for one in question.wanted),
        reason=reason,
        message=_TOGETHER.get(reason) or MESSAGES[reason],  # type: ignore[index]
        obstacles=obstacles,
    )


_TOGETHER: Mapping[JointReason, str] = {
    "conflict": "Each policy can be reached, but not all of them at once within the bounds.",
    "titles_out_of_reach": "A title that would have to be gained has conditions out of reach.",
    "too_many_alternatives": "The policies have more alternatives than can be searched.",
}
