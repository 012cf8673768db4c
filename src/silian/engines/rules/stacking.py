"""The best lawful combination of awards that may not all be had together.

The choice is exact: a search over the awards that compete for a place, with money in whole cents.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from silian.engines.rules.combination import Contest, best_combination
from silian.engines.rules.money import to_cents, to_cny
from silian.engines.rules.values import PolicyAnswer, StackingGroup
from silian.errors import EngineError


class StackingError(EngineError, ValueError):
    """Groups or amounts that make no rule."""

    code = "stacking_error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduction:
    """What one group took off an award: a cap, or what was paid earlier."""

    group_id: str
    amount_cny: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAward:
    """An award of the best combination; entitled amount less deductions is what is paid."""

    policy_id: str
    entitled_cny: float
    paid_cny: float
    deductions: tuple[Deduction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedAward:
    """An award that is given up for better ones.

    Attributes
    ----------
    group_ids
        The groups that stand against it: a full place, a used-up cap, or an earlier payment that
        is as high.
    """

    policy_id: str
    entitled_cny: float
    group_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stacking:
    """The combination that pays most among all lawful ones.

    Attributes
    ----------
    unknown
        Policies that the subject is entitled to with an amount that facts are missing for. They
        are in no sum, so that ``total_cny`` holds for what is known only.
    """

    kept: tuple[KeptAward, ...]
    dropped: tuple[DroppedAward, ...]
    total_cny: float
    unknown: tuple[str, ...] = ()


def stack(
    awards: Iterable[PolicyAnswer] | Mapping[str, float],
    groups: Sequence[StackingGroup],
    *,
    paid_earlier_cny: Mapping[str, float] | None = None,
) -> Stacking:
    """Choose, among awards that a subject is entitled to, those that pay most together.

    - ``exclusive`` and ``difference`` groups keep at most one, ``at_most`` keeps ``count``.
    - From an award in ``difference`` groups everything paid earlier under any policy of these
      groups is taken off, each payment once.
    - The sum over a ``cap`` group is at most ``limit_cny``; the cut falls on the smallest awards.
    - Of combinations that pay the same, the one with the larger, then the earlier named awards.

    Parameters
    ----------
    awards
        Answers, of which the entitled with an amount count, those with an unknown amount being
        named in ``unknown``; or yuan by policy id.
    groups
        A policy may stand in several; policies that the subject does not have are ignored.
    paid_earlier_cny
        Yuan by policy id, already paid in earlier rounds.

    Raises
    ------
    StackingError
        If a group has no policies, a count below 1, or a cap without a limit.
    AmountRefused
        If an amount is negative or not finite.

    Examples
    --------
    >>> from silian.sources import Source
    >>> one_of = StackingGroup(
    ...     group_id="one_of", label_zh="择一", label_en="one of", rule="exclusive",
    ...     policy_ids=("a", "b"), source=Source(title="..."),
    ... )
    >>> best = stack({"a": 100.0, "b": 300.0, "c": 50.0}, [one_of])
    >>> [award.policy_id for award in best.kept], best.total_cny
    (['b', 'c'], 350.0)
    """
    amounts, unknown = _amounts(awards)
    entitled = {name: to_cents(amount, what=name) for name, amount in amounts.items()}
    paid = {
        name: to_cents(amount, what=f"paid earlier under {name}")
        for name, amount in (paid_earlier_cny or {}).items()
    }
    for group in groups:
        _check(group)
    contest = _contest(entitled, groups, paid)
    best = best_combination(contest)
    kept = tuple(
        KeptAward(
            policy_id=name,
            entitled_cny=to_cny(cents),
            paid_cny=to_cny(best[name]),
            deductions=_deductions(name, cents, best, groups, contest),
        )
        for name, cents in entitled.items()
        if name in best
    )
    dropped = tuple(
        DroppedAward(
            policy_id=name,
            entitled_cny=to_cny(cents),
            group_ids=_against(name, best, groups, contest),
        )
        for name, cents in entitled.items()
        if name not in best and cents
    )
    return Stacking(
        kept=kept, dropped=dropped, total_cny=to_cny(sum(best.values())), unknown=unknown
    )


def _amounts(
    awards: Iterable[PolicyAnswer] | Mapping[str, float],
) -> tuple[Mapping[str, float], tuple[str, ...]]:
    """Known amounts by policy, and the policies that pay an unknown one."""
    if isinstance(awards, Mapping):
        return awards, ()
    known: dict[str, float] = {}
    unknown: list[str] = []
    for answer in awards:
        if answer.entitlement != "entitled" or answer.policy.amount is None:
            continue
        if answer.amount_cny is None:
            unknown.append(answer.policy.policy_id)
        else:
            known[answer.policy.policy_id] = answer.amount_cny
    return known, tuple(unknown)


def _check(group: StackingGroup) -> None:
    problem = (
        "names no policies"
        if not group.policy_ids
        else f"allows {group.count} of its policies; expected 1 or more"
        if group.rule == "at_most" and group.count < 1
        else "is a cap without limit_cny"
        if group.rule == "cap" and group.limit_cny is None
        else ""
    )
    if problem:
        raise StackingError(f"stacking group {group.group_id} {problem}.", group_id=group.group_id)


def _contest(
    entitled: Mapping[str, int], groups: Sequence[StackingGroup], paid: Mapping[str, int]
) -> Contest:
    payable = {}
    for name, cents in entitled.items():
        earlier = {
            policy_id
            for group in groups
            if group.rule == "difference" and name in group.policy_ids
            for policy_id in group.policy_ids
        }
        payable[name] = max(0, cents - sum(paid.get(policy_id, 0) for policy_id in earlier))
    places, caps = {}, {}
    for group in groups:
        members = frozenset(name for name in group.policy_ids if name in entitled)
        if group.rule == "cap":
            caps[group.group_id] = (members, to_cents(group.limit_cny or 0.0, what=group.group_id))
        else:
            places[group.group_id] = (members, group.count if group.rule == "at_most" else 1)
    return Contest(payable=payable, places=places, caps=caps)


def _deductions(
    name: str,
    cents: int,
    best: Mapping[str, int],
    groups: Sequence[StackingGroup],
    contest: Contest,
) -> tuple[Deduction, ...]:
    parts = []
    earlier = cents - contest.payable[name]
    if earlier:
        by = next(g for g in groups if g.rule == "difference" and name in g.policy_ids)
        parts.append(Deduction(group_id=by.group_id, amount_cny=to_cny(earlier)))
    cut = contest.payable[name] - best[name]
    if cut:
        by_id = next(iter(_full_caps(name, best, contest)))
        parts.append(Deduction(group_id=by_id, amount_cny=to_cny(cut)))
    return tuple(parts)


def _against(
    name: str, best: Mapping[str, int], groups: Sequence[StackingGroup], contest: Contest
) -> tuple[str, ...]:
    if not contest.payable[name]:
        return tuple(
            group.group_id
            for group in groups
            if group.rule == "difference" and name in group.policy_ids
        )
    full = [
        group_id
        for group_id, (members, count) in contest.places.items()
        if name in members and len(members & best.keys()) >= count
    ]
    return (*full, *_full_caps(name, best, contest))


def _full_caps(name: str, best: Mapping[str, int], contest: Contest) -> list[str]:
    return [
        group_id
        for group_id, (members, limit) in contest.caps.items()
        if name in members and sum(best.get(one, 0) for one in members) >= limit
    ]
