"""Which answers rest on something that nobody has read in a published copy.

A tag on the policy is not enough: a verified policy may hold a figure or a clause from memory, and
that one may decide.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from silian.engines.rules.values import PolicyAnswer
from silian.portal.industry.domain.facts_values import lag_columns
from silian.portal.industry.domain.published_drafts import Stamp, draft_stamp

if TYPE_CHECKING:
    from silian.engines.rules import CompiledPolicy
    from silian.tables.clauses import Clause


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unverified:
    """What of one policy is unverified on a day.

    Attributes
    ----------
    decision
        The policy's own data, one of its conditions, or a figure that a condition reads.
    choice
        A figure by which the tier, a top-up or a cap is chosen.
    steps
        Tiers, top-ups and caps whose text, or a figure in it, is.
    """

    decision: bool
    choice: bool
    steps: frozenset[str]


def unverified_among(
    answers: Iterable[PolicyAnswer], as_of: date, stamp: Stamp | None = None
) -> frozenset[str]:
    """Ids of the policies whose answer rests on something unverified.

    That is the policy's own data (number, dates), any of its conditions, a figure that these
    read, and for an amount its steps with their figures.
    """
    known = _known(as_of, stamp or draft_stamp())
    return frozenset(
        answer.policy.policy_id for answer in answers if _rests(answer, known.get(_id(answer)))
    )


def declared_among(
    answers: Iterable[PolicyAnswer],
    declared: Container[str],
    as_of: date,
    stamp: Stamp | None = None,
) -> dict[str, tuple[str, ...]]:
    """Facts by policy id that an answer rests on and that are declared alone, by nobody verified.

    Parameters
    ----------
    declared
        Facts that are; of a derived one (last year, growth) the fact that it follows from counts.
    """
    read = _facts_read(as_of, stamp or draft_stamp())
    found = {
        _id(answer): tuple(code for code in read.get(_id(answer), ()) if code in declared)
        for answer in answers
    }
    return {policy_id: codes for policy_id, codes in found.items() if codes}


def facts_read(as_of: date) -> Mapping[str, tuple[str, ...]]:
    """Facts by policy id that the policies of a day read, in order."""
    return _facts_read(as_of, draft_stamp())


@lru_cache(maxsize=8)
def _facts_read(as_of: date, stamp: Stamp) -> dict[str, tuple[str, ...]]:
    from silian.portal.industry.domain.policies import compiled

    underlying = {name: fact.code for name, fact, _ in lag_columns()}
    return {
        one.policy.policy_id: tuple(sorted({underlying.get(name, name) for name in one.columns}))
        for one in compiled(as_of).policies
    }


def _id(answer: PolicyAnswer) -> str:
    return answer.policy.policy_id


def _rests(answer: PolicyAnswer, found: _Unverified | None) -> bool:
    if found is None:  # not in force: nothing was decided
        return not answer.policy.source.verified
    if found.decision:
        return True
    taken = {step.step_id for step in answer.trace}
    return bool(answer.trace) and (found.choice or bool(found.steps & taken))


@lru_cache(maxsize=8)
def _known(as_of: date, stamp: Stamp) -> dict[str, _Unverified]:
    from silian.portal.industry.domain.policies import compiled

    return {one.policy.policy_id: _unverified(one) for one in compiled(as_of).policies}


def _unverified(compiled: "CompiledPolicy") -> _Unverified:
    policy, figures = compiled.policy, _unverified_figures(compiled)
    decision = (
        not policy.source.verified
        or not all(one.source.verified for one in policy.conditions)
        or any(_reads(clause, figures) for clause in compiled.conditions)
    )
    rule = policy.amount
    if rule is None:
        return _Unverified(decision=decision, choice=False, steps=frozenset())
    stepped = (*compiled.tiers, *compiled.top_ups)
    texts = [
        *((one.tier_id, one.source) for one in rule.tiers),
        *((one.top_up_id, one.source) for one in rule.top_ups),
        *((one.cap_id, one.source) for one in rule.caps),
    ]
    clauses = [*(step.amount_cny for step in stepped), *compiled.caps]
    return _Unverified(
        decision=decision,
        choice=any(
            _reads(clause, figures) for clause in (*(s.when for s in stepped), *compiled.caps)
        ),
        steps=frozenset(
            step_id
            for (step_id, source), clause in zip(texts, clauses, strict=True)
            if not source.verified or _reads(clause, figures)
        ),
    )


def _unverified_figures(compiled: "CompiledPolicy") -> frozenset[str]:
    """Parameters whose value of the day is unverified."""
    return frozenset(
        one.parameter_id
        for one in compiled.policy.parameters
        if not all(
            value.source.verified
            for value in sorted(
                (value for value in one.values if value.valid_from <= compiled.as_of),
                key=lambda value: value.valid_from,
            )[-1:]
        )
    )


def _reads(clause: "Clause", figures: frozenset[str]) -> bool:
    """Whether a clause reads one of these parameters, itself or through its lets."""
    from silian.tables.clauses import tree, walk

    return any(
        isinstance(node, tree.Constant) and node.name in figures
        for node in walk(clause.tree, into_lets=True)
    )
