"""What differs between records and what they were before a load, as people read it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from silian.portal.innovation.models import Contribution, Patent
from silian.portal.registry.domain.undo_journal import Before
from silian.portal.registry.models import Organisation, OrganisationName, Person, Record
from silian.tables.values import shorten

_LONGEST_SHOWN = 120
_UNSHOWN = {"source_hash", "source_row", "register_id", "source_key"}


class Differences:
    """Differences of a portion of records; what they name is looked up for all at once.

    Parameters
    ----------
    befores
        What the records were, by key.
    records
        The records that there are.
    """

    def __init__(
        self, model: type[Record], befores: Mapping[int, Before], records: Mapping[int, Record]
    ) -> None:
        self._befores, self._records = befores, records
        self._columns = {column.attname: column for column in model._meta.concrete_fields}
        self._names = self._names_of_targets()
        self._related = self._relations_now()

    def of(self, key: int) -> dict[str, list[str]]:
        """Field or relation to what it is and what it was."""
        before, record = self._befores[key], self._records[key]
        told: dict[str, list[str]] = {}
        for name, former in before.fields.items():
            if name not in _UNSHOWN:
                column = self._columns[name]
                held = getattr(record, name)
                told[column.name] = [self._text(column, held), self._text(column, former)]
        for relation, former in before.relations.items():
            told[relation] = self._changed_parts(relation, key, former)
        return told

    def _text(self, column: Any, value: Any) -> str:
        if value is None:
            return ""
        if column.is_relation:
            return self._names.get((column.related_model, int(value)), str(value))
        if isinstance(value, list):
            return _joined(map(str, value))
        return shorten(str(value), _LONGEST_SHOWN)

    def _changed_parts(self, relation: str, key: int, former: Sequence[Any]) -> list[str]:
        """Names that only stand there now, and that only stood there before; all where only
        their order differs."""
        now = self._related.get((relation, key), [])
        match relation:
            case "names":
                then = [name for name, _, _ in former]
            case "contributions":
                then = [self._names.get((Person, person), "?") for person, _, _ in former]
            case _:
                then = [self._names.get((Organisation, one), "?") for one in former]
        added = [one for one in now if one not in then]
        gone = [one for one in then if one not in now]
        return [_joined(added), _joined(gone)] if added or gone else [_joined(now), _joined(then)]

    def _relations_now(self) -> dict[tuple[str, int], list[str]]:
        keys: dict[str, list[int]] = {}
        for key, before in self._befores.items():
            for relation in before.relations if key in self._records else ():
                keys.setdefault(relation, []).append(key)
        found: dict[tuple[str, int], list[str]] = {}
        for relation, some in keys.items():
            for key, name in _now(relation, {k: self._records[k].public_id for k in some}):
                found.setdefault((relation, key), []).append(name)
        return found

    def _names_of_targets(self) -> dict[tuple[Any, int], str]:
        wanted: dict[Any, set[int]] = {}
        for key, before in self._befores.items():
            for name, former in before.fields.items():
                column = self._columns[name]
                if column.is_relation and name not in _UNSHOWN and key in self._records:
                    held = wanted.setdefault(column.related_model, set())
                    held.update(_keys((former, getattr(self._records[key], name))))
            people = [person for person, _, _ in before.relations.get("contributions", ())]
            wanted.setdefault(Person, set()).update(people)
            wanted.setdefault(Organisation, set()).update(before.relations.get("assignees", ()))
        return {
            (model, key): str(one)[:_LONGEST_SHOWN]
            for model, keys in wanted.items()
            if keys
            for key, one in model._default_manager.in_bulk(list(keys)).items()
        }


def _now(relation: str, ids: Mapping[int, str]) -> Iterable[tuple[int, str]]:
    """Names of a relation as they stand, by key of the record."""
    if relation == "names":
        names = OrganisationName.objects.filter(organisation__in=list(ids)).order_by("pk")
        return list(names.values_list("organisation_id", "name"))
    if relation == "contributions":
        keys = {public_id: key for key, public_id in ids.items()}
        parts = Contribution.objects.filter(subject_id__in=list(keys)).order_by("position", "pk")
        found = parts.values_list("subject_id", "person__name")
        return [(keys[subject], name) for subject, name in found]
    through = Patent.assignees.through.objects.filter(patent__in=list(ids)).order_by("pk")
    return list(through.values_list("patent_id", "organisation__name"))


def _joined(texts: Iterable[str]) -> str:
    return shorten("、".join(dict.fromkeys(texts)), _LONGEST_SHOWN)


def _keys(values: Iterable[Any]) -> set[int]:
    return {int(value) for value in values if value is not None}
