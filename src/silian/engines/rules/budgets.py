"""Shares a budget that is not enough for everybody who is entitled.

Everything is counted in whole cents, so that what is handed out is what was there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from silian.engines.rules.money import to_cents, to_cny
from silian.errors import EngineError

Rationing = Literal["first_come", "pro_rata", "by_score"]
_RATIONINGS = ("first_come", "pro_rata", "by_score")


class BudgetError(EngineError, ValueError):
    """Applications that can't be shared out as asked."""

    code = "budget_error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What one subject asks of a budget.

    Attributes
    ----------
    applied_on
        Needed for ``first_come``.
    score
        Needed for ``by_score``; higher is served earlier.
    """

    subject_id: str
    amount_cny: float
    applied_on: date | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """What one subject gets.

    Attributes
    ----------
    place
        In the order of service, from 1; 0 for ``pro_rata``, where nobody is before another.
    """

    subject_id: str
    asked_cny: float
    awarded_cny: float
    place: int

    @property
    def is_cut(self) -> bool:
        """Whether the subject gets less than it may have."""
        return self.awarded_cny < self.asked_cny


@dataclass(frozen=True, slots=True, kw_only=True)
class Apportionment:
    """A budget shared out; awards stand in the order of service, ``pro_rata`` by subject id."""

    rationing: Rationing
    budget_cny: float
    asked_cny: float
    awarded_cny: float
    left_cny: float
    awards: tuple[Award, ...]


def ration(
    applications: Iterable[Application],
    budget_cny: float,
    rationing: Rationing,
    *,
    partial_last: bool = True,
) -> Apportionment:
    """Share a budget over applications.

    ``first_come`` serves by day of application and ``by_score`` from the highest score down, both
    with ties by subject id, until the money is used up. ``pro_rata`` pays everybody the same
    fraction; cents that remain go to the largest remainders, ties by subject id, so that exactly
    the budget is paid.

    Parameters
    ----------
    partial_last
        Whether the first subject whose amount is no longer covered gets what is left. If not, it
        gets nothing. Nobody behind it is served in either case: a smaller amount does not jump
        the queue.

    Raises
    ------
    BudgetError
        If a subject applies twice, or lacks what its place depends on.
    AmountRefused
        If an amount is negative or not finite.

    Examples
    --------
    >>> asked = [Application(subject_id=name, amount_cny=100.0) for name in ("a", "b", "c")]
    >>> [award.awarded_cny for award in ration(asked, 100.0, "pro_rata").awards]
    [33.34, 33.33, 33.33]
    """
    if rationing not in _RATIONINGS:
        raise BudgetError(
            f"rationing is {rationing!r}; expected one of {', '.join(_RATIONINGS)}.",
            arrived=rationing,
        )
    queue = _in_order(tuple(applications), rationing)
    asked = [
        to_cents(one.amount_cny, what=f"amount_cny of subject {one.subject_id}") for one in queue
    ]
    budget = to_cents(budget_cny, what="budget_cny")
    awarded = (
        _proportional(asked, budget)
        if rationing == "pro_rata"
        else _one_by_one(asked, budget, partial_last)
    )
    return Apportionment(
        rationing=rationing,
        budget_cny=to_cny(budget),
        asked_cny=to_cny(sum(asked)),
        awarded_cny=to_cny(sum(awarded)),
        left_cny=to_cny(budget - sum(awarded)),
        awards=tuple(
            Award(
                subject_id=one.subject_id,
                asked_cny=to_cny(wanted),
                awarded_cny=to_cny(given),
                place=0 if rationing == "pro_rata" else place,
            )
            for place, (one, wanted, given) in enumerate(
                zip(queue, asked, awarded, strict=True), start=1
            )
        ),
    )


def _in_order(
    applications: tuple[Application, ...], rationing: Rationing
) -> tuple[Application, ...]:
    seen: set[str] = set()
    for one in applications:
        if one.subject_id in seen:
            raise BudgetError(
                f"subject {one.subject_id} applies twice; add its amounts up before sharing.",
                subject_id=one.subject_id,
            )
        seen.add(one.subject_id)
    if rationing == "first_come":
        return tuple(sorted(applications, key=lambda one: (_day(one), one.subject_id)))
    if rationing == "by_score":
        return tuple(sorted(applications, key=lambda one: (-_score(one), one.subject_id)))
    return tuple(sorted(applications, key=lambda one: one.subject_id))


def _day(application: Application) -> date:
    if application.applied_on is None:
        raise BudgetError(
            f"subject {application.subject_id} has no day of application; first_come needs one.",
            subject_id=application.subject_id,
        )
    return application.applied_on


def _score(application: Application) -> float:
    # A score that is not a number has no place in any order.
    if application.score is None or application.score != application.score:
        raise BudgetError(
            f"subject {application.subject_id} has no score; by_score needs one.",
            subject_id=application.subject_id,
        )
    return application.score


def _one_by_one(asked: Sequence[int], budget: int, partial_last: bool) -> list[int]:
    awarded, left, closed = [], budget, False
    for wanted in asked:
        given = 0 if closed else wanted
        if given > left:
            given = left if partial_last else 0
            closed = True
        awarded.append(given)
        left -= given
    return awarded


def _proportional(asked: Sequence[int], budget: int) -> list[int]:
    total = sum(asked)
    if total <= budget:
        return list(asked)
    shares = [divmod(wanted * budget, total) for wanted in asked]
    awarded = [whole for whole, _ in shares]
    by_remainder = sorted(range(len(shares)), key=lambda place: (-shares[place][1], place))
    for place in by_remainder[: budget - sum(awarded)]:
        awarded[place] += 1
    return awarded
