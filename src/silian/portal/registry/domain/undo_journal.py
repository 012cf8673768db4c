"""What a load made and changed, as it was before: kept beside the records, to take it back.

Fields of records have a history, relations have none. So each batch writes down, in its own
transaction, which records it made (their keys, as ranges) and what the ones that it changed were:
the fields that differ, and whole lists of names, contributions and assignees where these do.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from silian.portal.registry.models import ImportJob, ImportStep, Record

_LEVEL = 3  # a third smaller than level 1; level 6 takes twice the time for 5 % more
_SILENT = {"id", "created_at", "updated_at"}
Former = dict[str, Any]


@dataclass(slots=True)
class Before:
    """What a record was before a batch changed it.

    Attributes
    ----------
    fields
        Former values of the columns that changed, as JSON holds them.
    relations
        ``names``, ``contributions`` or ``assignees`` to the whole former list.
    """

    fields: Former = field(default_factory=dict)
    relations: dict[str, list[Any]] = field(default_factory=dict)


class Journal:
    """What the batch at hand made and changed so far."""

    def __init__(self) -> None:
        self._made: dict[str, list[int]] = {}
        self._changed: dict[str, dict[int, Before]] = {}

    def made(self, kind: str, keys: Iterable[int]) -> None:
        """Note new records."""
        self._made.setdefault(kind, []).extend(keys)

    def changed(self, record: Record, held: Mapping[str, Any]) -> None:
        """Note a record whose values were ``held``, if any differs now."""
        now = record.__dict__
        differing = {
            name: held[name]
            for name in _column_names(type(record))
            if held[name] is not now[name] and held[name] != now[name]
        }
        if differing:
            fields = self._of(record.kind, record.pk).fields
            for name, value in differing.items():
                fields.setdefault(name, value)

    def related(self, relation: str, kind: str, key: int, former: list[Any]) -> None:
        """Note what a relation of a record was."""
        self._of(kind, key).relations.setdefault(relation, former)

    def _of(self, kind: str, key: int) -> Before:
        return self._changed.setdefault(kind, {}).setdefault(key, Before())

    def clear(self) -> None:
        """Forget a batch that was not saved."""
        self._made.clear()
        self._changed.clear()

    def write(self, job: ImportJob) -> None:
        """Keep what was noted, with the batch's transaction, and begin anew."""
        if self._made or self._changed:
            content = {
                "made": {kind: _ranges(keys) for kind, keys in self._made.items()},
                "changed": {
                    kind: [[key, one.fields, one.relations] for key, one in held.items()]
                    for kind, held in self._changed.items()
                },
            }
            text = json.dumps(content, default=str, ensure_ascii=False, separators=(",", ":"))
            packed = zlib.compress(text.encode("utf-8", "surrogatepass"), _LEVEL)
            ImportStep.objects.create(job=job, content=packed)
        self.clear()


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a load read back.

    Attributes
    ----------
    made
        Keys of the records it made, by kind.
    changed
        Kind to key to what the record was before.
    """

    made: dict[str, list[int]]
    changed: dict[str, dict[int, Before]]


def read_step(step: ImportStep) -> Step:
    """What a step noted."""
    content = json.loads(zlib.decompress(bytes(step.content)))
    return Step(
        made={
            kind: [key for first, count in ranges for key in range(first, first + count)]
            for kind, ranges in content["made"].items()
        },
        changed={
            kind: {key: Before(fields, relations) for key, fields, relations in held}
            for kind, held in content["changed"].items()
        },
    )


def value_of(model: type[Record], name: str, kept: Any) -> Any:
    """A kept value as the model holds it.

    ``name`` is the name of the column's attribute (``organisation_id``).
    """
    column = _columns(model)[name]
    return kept if isinstance(column, models.JSONField) else column.to_python(kept)


def forget_old_journals() -> int:
    """Drop the journals of loads that are too old to be taken back, by age and by number.

    Returns
    -------
    int
        How many loads can't be taken back any more.
    """
    loads = ImportJob.objects.filter(is_journalled=True).order_by("-created_at", "-pk")
    finished = loads.filter(state__in=(ImportJob.State.DONE, ImportJob.State.FAILED))
    oldest = timezone.now() - timedelta(days=settings.UNDO_DAYS)
    due = set(finished.filter(created_at__lt=oldest).values_list("pk", flat=True))
    due.update(finished.values_list("pk", flat=True)[settings.UNDO_LOADS :])
    busy = ImportJob.objects.filter(undoes__in=due, state__in=("waiting", "running"))
    due -= set(busy.values_list("undoes", flat=True))
    ImportStep.objects.filter(job__in=due).delete()
    ImportJob.objects.filter(pk__in=due).update(is_journalled=False)
    return len(due)


def _ranges(keys: Sequence[int]) -> list[list[int]]:
    """Keys as (first, how many), since a load's keys follow each other.

    Examples
    --------
    >>> _ranges([4, 5, 6, 9])
    [[4, 3], [9, 1]]
    """
    found: list[list[int]] = []
    for key in sorted(set(keys)):
        if found and key == found[-1][0] + found[-1][1]:
            found[-1][1] += 1
        else:
            found.append([key, 1])
    return found


@cache
def _columns(model: type[Record]) -> dict[str, Any]:
    return {column.attname: column for column in model._meta.concrete_fields}


@cache
def _column_names(model: type[Record]) -> tuple[str, ...]:
    return tuple(name for name in _columns(model) if name not in _SILENT)


def steps_backwards(job: ImportJob, **narrowing: Any) -> Iterator[ImportStep]:
    """Steps of a load, the last one first; one at a time in memory."""
    keys = ImportStep.objects.filter(job=job, **narrowing).order_by("-pk")
    for key in list(keys.values_list("pk", flat=True)):
        yield ImportStep.objects.get(pk=key)
