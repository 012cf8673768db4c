"""What an enterprise may have, narrowly misses, can't have, or can't be told for missing data."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from silian.engines.rules.values import (
    ConditionAnswer,
    PolicyAnswer,
    StackingGroup,
)
from silian.portal.capital.domain.grants import paid_earlier_cny
from silian.portal.industry.domain.application_calendar import Deadline, calendar_of
from silian.portal.industry.domain.choices import choices
from silian.portal.industry.domain.policies import compiled, stacking_groups
from silian.portal.industry.domain.published_drafts import draft_stamp
from silian.portal.industry.domain.verification import declared_among, unverified_among
from silian.portal.industry.models import EnterpriseYear

if TYPE_CHECKING:
    from silian.engines.rules import CompiledPolicies, Gap, Stacking
    from silian.portal.industry.domain.facts import FactsRow
    from silian.portal.registry.models import Organisation

#: Units of things that are counted: a gap of a few is small whatever the share.
_PIECES = frozenset({"persons", "items"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A policy that the enterprise isn't entitled to.

    Attributes
    ----------
    unmet
        Conditions that don't hold; those that are unknown are in ``answer``.
    gaps
        For each unmet numeric condition how much is missing, in its own unit; empty where it is
        far for other reasons (``planning.guidance_for`` tells them then).
    payable_cny
        What it would pay once met, earlier payments taken off.
    """

    answer: PolicyAnswer
    unmet: tuple[ConditionAnswer, ...]
    gaps: "tuple[Gap, ...]"
    payable_cny: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierPayment:
    """What earlier payments take off an award of which only the difference is paid (就高补差).

    ``left_cny`` is what is still paid, 0 where as much was paid before.
    """

    group: StackingGroup
    amount_cny: float
    left_cny: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlements:
    """How one enterprise stands under every policy in force on a day.

    Attributes
    ----------
    entitled
        The largest amount first, then titles; what stacking drops is among them, see
        ``stacking``.
    near, far
        Missed policies: near where every unmet condition can be changed and each gap is small
        (``library/diagnosis.yaml``), far otherwise.
    unknown
        Policies that missing facts leave open, those with the fewest first.
    calendar
        Windows of entitled, near and unknown policies, the next to close first.
    paid_earlier
        Yuan by policy id that were paid for earlier years.
    unverified
        Ids of policies whose answer rests on something that nobody has read in a published copy.
    declared
        By policy id the facts behind its answer that are declared and verified by nobody.
    """

    organisation_id: str
    as_of: date
    year: int
    facts: "FactsRow"
    answers: tuple[PolicyAnswer, ...]
    entitled: tuple[PolicyAnswer, ...]
    near: tuple[Missed, ...]
    far: tuple[Missed, ...]
    unknown: tuple[PolicyAnswer, ...]
    stacking: "Stacking"
    calendar: tuple[Deadline, ...]
    paid_earlier: Mapping[str, float]
    unverified: frozenset[str]
    declared: Mapping[str, tuple[str, ...]]

    @property
    def total_cny(self) -> float:
        """What the best lawful combination pays, as far as amounts are known."""
        return self.stacking.total_cny

    @property
    def total_unverified_cny(self) -> float:
        """What of the total rests on unverified policies, conditions or figures."""
        return self._kept_cny(self.unverified)

    @property
    def total_declared_cny(self) -> float:
        """What of the total rests on facts that are declared and verified by nobody."""
        return self._kept_cny(self.declared)

    def _kept_cny(self, policy_ids: Container[str]) -> float:
        kept = (one for one in self.stacking.kept if one.policy_id in policy_ids)
        return sum(round(one.paid_cny * 100) for one in kept) / 100

    @property
    def unknown_amounts(self) -> tuple[str, ...]:
        """Policies that it may have, with an amount that facts are missing for: in no total."""
        return self.stacking.unknown

    def answer(self, policy_id: str) -> PolicyAnswer | None:
        """The answer for one policy, ``None`` where it isn't in force."""
        return next((a for a in self.answers if a.policy.policy_id == policy_id), None)


def entitlement_of(
    organisation: "Organisation", *, as_of: date, year: int | None = None
) -> Entitlements:
    """How an enterprise stands under every policy in force, from its records.

    Of a past day the facts are those that were known at its end.

    Parameters
    ----------
    year
        Year of the facts; by default the enterprise's latest.
    """
    from silian.portal.industry.domain.facts import facts_of

    facts = facts_of(organisation, year, known_on=as_of)
    paid = paid_earlier_cny(
        facts.organisation_id, year=facts.year, as_of=as_of, known_on=facts.known_on
    )
    return entitlements_from(facts, as_of=as_of, paid_earlier=paid)


def entitlements_from(
    facts: "FactsRow", *, as_of: date, paid_earlier: Mapping[str, float]
) -> Entitlements:
    """The same from facts that are at hand: a pure function of them, the day and the policies.

    Parameters
    ----------
    paid_earlier
        Yuan by policy id that were paid for earlier years; taken off where only the difference
        is paid (就高补差).
    """
    from silian.engines.rules import evaluate_subject

    policies = compiled(as_of)
    answers = tuple(evaluate_subject(policies, facts.values, subject_id=facts.organisation_id))
    return assembled(facts, answers, policies, as_of=as_of, paid_earlier=paid_earlier)


def assembled(
    facts: "FactsRow",
    answers: tuple[PolicyAnswer, ...],
    policies: "CompiledPolicies",
    *,
    as_of: date,
    paid_earlier: Mapping[str, float],
) -> Entitlements:
    """Sort answers into entitled, near, far and unknown, with gaps, stacking and calendar."""
    from silian.engines.rules import stack

    entitled = sorted(
        (a for a in answers if a.entitlement == "entitled"),
        key=lambda a: (-(a.amount_cny or 0.0), a.policy.policy_id),
    )
    unknown = sorted(
        (a for a in answers if a.entitlement == "unknown"),
        key=lambda a: (len(a.missing), a.policy.policy_id),
    )
    missed = _missed(answers, policies, facts)
    titles = _reachable_titles(entitled, missed)
    groups, stamp = stacking_groups(as_of), draft_stamp()
    near = tuple(
        replace(one, payable_cny=_payable(one.answer, groups, as_of, paid_earlier))
        for one in missed
        if is_near(one, titles)
    )
    near_ids = {one.answer.policy.policy_id for one in near}
    far = tuple(one for one in missed if one.answer.policy.policy_id not in near_ids)
    shown = [*entitled, *(one.answer for one in near), *unknown]
    return Entitlements(
        organisation_id=facts.organisation_id,
        as_of=as_of,
        year=facts.year,
        facts=facts,
        answers=answers,
        entitled=tuple(entitled),
        near=near,
        far=far,
        unknown=tuple(unknown),
        stacking=stack(entitled, groups, paid_earlier_cny=paid_earlier),
        calendar=calendar_of((a.policy for a in shown), as_of),
        paid_earlier=paid_earlier,
        unverified=unverified_among(answers, as_of, stamp),
        declared=declared_among(answers, _declared(facts), as_of, stamp),
    )


def _payable(
    answer: PolicyAnswer,
    groups: Iterable[StackingGroup],
    as_of: date,
    paid_earlier: Mapping[str, float],
) -> float | None:
    earlier = earlier_payment(answer, as_of=as_of, paid_earlier=paid_earlier, bound=groups)
    return answer.amount_cny if earlier is None else earlier.left_cny


def _declared(facts: "FactsRow") -> frozenset[str]:
    declared = EnterpriseYear.Status.DECLARED
    return frozenset(code for code, one in facts.origin.items() if one.status == declared)


def earlier_payment(
    answer: PolicyAnswer,
    *,
    as_of: date,
    paid_earlier: Mapping[str, float],
    bound: Iterable[StackingGroup] | None = None,
) -> EarlierPayment | None:
    """What earlier payments take off one award, looked at alone; ``None`` where they take nothing.

    Also for an award that is not met yet: it would be paid so.

    Parameters
    ----------
    bound
        Groups of the day, where they are at hand.
    """
    from silian.engines.rules import stack

    policy_id = answer.policy.policy_id
    groups = [
        group
        for group in (stacking_groups(as_of) if bound is None else bound)
        if group.rule == "difference" and policy_id in group.policy_ids
    ]
    if not groups or not answer.amount_cny:
        return None
    alone = stack({policy_id: answer.amount_cny}, groups, paid_earlier_cny=paid_earlier)
    if alone.total_cny == answer.amount_cny:
        return None
    taken = (round(answer.amount_cny * 100) - round(alone.total_cny * 100)) / 100
    return EarlierPayment(group=groups[0], amount_cny=taken, left_cny=alone.total_cny)


def is_near(missed: Missed, reachable_titles: frozenset[str] = frozenset()) -> bool:
    """Whether a policy is missed narrowly, by the platform's own yardstick.

    Parameters
    ----------
    reachable_titles
        Titles that the enterprise could have now, or narrowly misses: to gain one is one step.
    """
    if not _may_be_near(missed):
        return False
    return all(
        any(_is_small(gap, reachable_titles) for gap in gaps)
        for answer in missed.unmet
        # A condition without a figure (a filing, a yes or no) is one step away.
        if (gaps := [g for g in missed.gaps if g.condition == answer.condition])
    )


def _reachable_titles(entitled: Iterable[PolicyAnswer], missed: Iterable[Missed]) -> frozenset[str]:
    """Titles whose own policy is met, or missed by no more than figures."""
    policies = [
        *(answer.policy for answer in entitled),
        *(one.answer.policy for one in missed if is_near(one)),
    ]
    return frozenset(policy.title_code for policy in policies if policy.title_code)


def _missed(
    answers: tuple[PolicyAnswer, ...], policies: "CompiledPolicies", facts: "FactsRow"
) -> list[Missed]:
    from silian.engines.rules import gaps

    by_id = {one.policy.policy_id: one for one in policies.policies}
    row = {**facts.values, "year": facts.year}
    found = []
    for answer in answers:
        if answer.entitlement != "not_entitled":
            continue
        missed = Missed(
            answer=answer,
            unmet=tuple(c for c in answer.conditions if c.standing == "unmet"),
            gaps=(),
        )
        if _may_be_near(missed):  # how far the others are is told where somebody asks
            policy = by_id[answer.policy.policy_id]
            missed = replace(missed, gaps=tuple(gaps(policy, row, schema=policies.schema)))
        found.append(missed)
    return sorted(found, key=_nearest_first)


def _nearest_first(missed: Missed) -> tuple[bool, int, float, str]:
    policy = missed.answer.policy
    hopeless = any(not c.condition.changeable for c in missed.unmet)
    return hopeless, len(missed.unmet), -(missed.answer.amount_cny or 0.0), policy.policy_id


def _may_be_near(missed: Missed) -> bool:
    """Whether only the size of the gaps is left to be seen."""
    bounds = choices()
    n_unknown = sum(one.standing == "unknown" for one in missed.answer.conditions)
    return (
        len(missed.unmet) <= bounds.unmet_at_most
        and n_unknown <= bounds.unknown_at_most
        and all(answer.condition.changeable for answer in missed.unmet)
    )


def _is_small(gap: "Gap", reachable_titles: frozenset[str]) -> bool:
    bounds = choices()
    if gap.side == "code":
        return gap.code in reachable_titles
    if (
        gap.side != "term" and not gap.closes_condition
    ):  # one of several that all would have to move
        return False
    if gap.unit in _PIECES and gap.shortfall <= bounds.shortfall_at_most_count:
        return True
    scale = max(abs(gap.required), abs(gap.current))
    return scale > 0 and gap.shortfall <= bounds.shortfall_at_most_rate * scale
