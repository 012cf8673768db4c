"""Which outcomes of a match stand: its trail replayed, with what was withdrawn and corrected."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from silian.portal.exchange.models import Outcome

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed(Generic[T]):
    """What a trail comes to, each part oldest first.

    Attributes
    ----------
    standing
        What holds; the last one sets the match's status.
    withdrawn
        What was taken away since anything new was recorded; its last one can be restored.
    """

    standing: list[T]
    withdrawn: list[T]


def replay(
    steps: Iterable[tuple[str, bool, T]], corrected: Callable[[T, T], T] = lambda _, new: new
) -> Replayed[T]:
    """Replay a trail of actions.

    Parameters
    ----------
    steps
        Action, whether it corrects the last one that stands, and what it stands for; oldest first.
    corrected
        What holds after a correction, from what held and the correction.

    Examples
    --------
    >>> replay([("contacted", False, 1), ("signed", False, 2), ("withdrawn", False, 3)])
    Replayed(standing=[1], withdrawn=[2])
    """
    standing: list[T] = []
    withdrawn: list[T] = []
    for action, corrects, thing in steps:
        if action == Outcome.Action.WITHDRAWN:
            withdrawn += [standing.pop()] if standing else []
        elif action == Outcome.Action.RESTORED:
            standing += [withdrawn.pop()] if withdrawn else []
        elif corrects and standing:
            standing[-1] = corrected(standing[-1], thing)
        else:
            standing.append(thing)
            withdrawn.clear()
    return Replayed(standing=standing, withdrawn=withdrawn)


def replayed_outcomes(outcomes: Iterable[Outcome]) -> Replayed[Outcome]:
    """Outcomes of one match that stand, and those that can be restored."""
    trail = sorted(outcomes, key=lambda each: each.pk)
    return replay((each.action, each.corrects_id is not None, each) for each in trail)


def effective_outcomes(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Outcomes of one match that stand, oldest first."""
    return replayed_outcomes(outcomes).standing
