"""Since when records say what they say, and what they said on a day: read from their history.

A value is as old as the change that brought it. Another value's change, a hiding or its undoing
make nothing younger, and a past day is answered from what the record said then.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from silian.portal.registry.domain.references import portions
from silian.portal.registry.domain.withheld import without_withheld


@dataclass(frozen=True, slots=True)
class _State:
    """What a record said from a day on."""

    day: date
    said: Mapping[str, Any]
    withheld: Mapping[str, Any]

    def holds(self, column: str, value: Any) -> bool:
        said, hidden = self.said[column], self.withheld.get(column) or ()
        if value in hidden:
            return True
        return value in (said or ()) if isinstance(said, list) else value == said


@dataclass(frozen=True, slots=True)
class Said:
    """What a record said on a day.

    Attributes
    ----------
    columns
        Its columns as they stood, without what the subject hides now.
    """

    columns: Mapping[str, Any]
    _states: tuple[_State, ...]  # the newest first
    _until: date

    def since(self, *columns: str, value: Any = None) -> date:
        """Day since which these columns say what they say, or one holds a value, unbroken."""
        newest = self._states[0]
        first = newest.day
        for state in self._states:
            kept = (
                state.holds(columns[0], value)
                if value is not None
                else all(state.holds(name, newest.said[name]) for name in columns)
            )
            if not kept:
                break
            first = state.day
        return min(first, self._until)


def first_known(record: Any) -> date:
    """Day from which a record counts: its own, else the day of its first entry here."""
    return record.valid_from or timezone.localdate(record.created_at)  # type: ignore[no-any-return]


def said_on(records: Iterable[Any], columns: Sequence[str], day: date) -> dict[int, Said]:
    """What records of one kind said on a day, by primary key; those not known then are left out.

    A record whose own day is earlier than its first entry here said then what it said first.
    """
    known = [record for record in records if first_known(record) <= day]
    states = _states_of(known, columns)
    is_past = day < timezone.localdate()
    found: dict[int, Said] = {}
    for record in known:
        rows = states.get(record.pk) or [
            _now(record, columns, timezone.localdate(record.created_at))
        ]
        then = [row for row in rows if row.day <= day] or rows[:1]
        if not is_past:
            # What was written past the history counts as said with its last entry.
            now = _now(record, columns, then[-1].day)
            then = then if then[-1].said == now.said else [*then, now]
        shown = {
            name: without_withheld(record, name, value) for name, value in then[-1].said.items()
        }
        found[record.pk] = Said(shown, tuple(reversed(then)), day)
    return found


def _now(record: Any, columns: Sequence[str], day: date) -> _State:
    said = {name: getattr(record, name) for name in columns}
    return _State(day, said, getattr(record, "withheld", None) or {})


def _states_of(records: Sequence[Any], columns: Sequence[str]) -> dict[int, list[_State]]:
    """All states of records, the oldest first."""
    found: dict[int, list[_State]] = defaultdict(list)
    if not records:
        return found
    kept = type(records[0]).history
    hides = hasattr(records[0], "withheld")
    names = ("id", "history_date", *columns, *(("withheld",) if hides else ()))
    for keys in portions(record.pk for record in records):
        rows = kept.filter(id__in=keys)
        for key, moment, *values in rows.order_by("history_date", "history_id").values_list(*names):
            said = dict(zip(columns, values, strict=False))
            hidden = (values[-1] or {}) if hides else {}
            found[key].append(_State(timezone.localdate(moment), said, hidden))
    return found
