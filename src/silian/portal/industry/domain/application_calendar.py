"""When policies can be applied for: the next window of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from silian.engines.rules.values import ApplicationWindow, Policy
from silian.portal.industry.domain.choices import choices


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """The next window of a policy; ``days_left`` counts to its last day."""

    policy: Policy
    opens_on: date
    closes_on: date
    days_left: int
    is_open: bool
    is_urgent: bool


def calendar_of(policies: Iterable[Policy], as_of: date) -> tuple[Deadline, ...]:
    """The next window of each policy within the days that the platform looks ahead."""
    bounds = choices()
    found: list[Deadline] = []
    if not date.min.year + 1 < as_of.year < date.max.year - 1:  # no calendar has these windows
        return ()
    for policy in policies:
        if policy.window is None:
            continue
        opens_on, closes_on = next_window(policy.window, as_of)
        if (opens_on - as_of).days > bounds.calendar_days:
            continue
        days_left = (closes_on - as_of).days
        found.append(
            Deadline(
                policy=policy,
                opens_on=opens_on,
                closes_on=closes_on,
                days_left=days_left,
                is_open=opens_on <= as_of,
                is_urgent=days_left <= bounds.urgent_days,
            )
        )
    return tuple(sorted(found, key=lambda one: (one.closes_on, one.policy.policy_id)))


def next_window(window: ApplicationWindow, as_of: date) -> tuple[date, date]:
    """First and last day of the window that is open or comes next; it may span the new year.

    Examples
    --------
    >>> from silian.sources import Source
    >>> winter = ApplicationWindow(opens="11-01", closes="01-31", source=Source(title="..."))
    >>> [day.isoformat() for day in next_window(winter, date(2026, 1, 15))]
    ['2025-11-01', '2026-01-31']
    """
    for year in (as_of.year - 1, as_of.year, as_of.year + 1):
        opens_on, closes_on = _day(year, window.opens), _day(year, window.closes)
        if closes_on < opens_on:
            closes_on = _day(year + 1, window.closes)
        if closes_on >= as_of:
            break
    return opens_on, closes_on


def _day(year: int, month_day: str) -> date:
    month, day = map(int, month_day.split("-"))
    if (month, day) == (2, 29):  # the last of February, whatever the year
        return date(year, 3, 1) - timedelta(days=1)
    return date(year, month, day)
