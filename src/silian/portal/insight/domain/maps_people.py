"""People by area and field, each once, with the counts that must be withheld.

A person counts whoever may read the records, and several records of one person count once. What
everybody knows of a person must not follow from a record that he may not see.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.db.models import Count, TextField
from django.db.models.functions import Cast

from silian.portal.insight.domain.maps_areas import AreaTree
from silian.portal.insight.domain.maps_fields import first_field, map_fields
from silian.portal.insight.domain.suppression import Groups, sums, withheld
from silian.portal.registry.domain.identities import merged_records
from silian.portal.registry.models import IdentityMember, Person

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WIDEST = ("public", "members", "owner")


@dataclass(frozen=True, kw_only=True)
class PeopleTable:
    """People by area and field with the sums that are withheld.

    Attributes
    ----------
    counts
        Shape (n_areas, 1 + n_fields); all fields first.
    hidden
        Of the same shape: what must not be shown.
    """

    counts: "NDArray[np.int64]"
    hidden: "NDArray[np.bool_]"

    def shown(self, place: int, field: str = "") -> int | None:
        """The count of one area, ``None`` where it is withheld."""
        column = map_fields().index(field) + 1 if field else 0
        return None if self.hidden[place, column] else int(self.counts[place, column])


def count_people(tree: AreaTree) -> PeopleTable:
    """Count all people, and find what of it must be withheld."""
    n_fields = len(map_fields())
    # All people; those that a stranger, and those that a member can't look up himself.
    layers = [np.zeros((len(tree.leaves), n_fields), dtype=np.int64) for _ in range(3)]
    for adcode, text, audience, n in _people_once():
        cell = tree.leaf_of(adcode), first_field(json.loads(text or "[]"))
        for layer, counted in zip(layers, _layers_of(audience), strict=True):
            layer[cell] += n * counted
    columns = Groups.of([range(n_fields), *([number] for number in range(n_fields))], n_fields)
    hidden = withheld(layers, tree.groups, columns, settings.SMALL_COUNT_MIN)
    return PeopleTable(counts=sums(layers[0], tree.groups, columns), hidden=hidden)


def _people_once() -> Iterator[tuple[str | None, str | None, str, int]]:
    """Region, fields and audience of people, and how many are so."""
    merged = merged_records("person")
    rows = Person.objects.order_by().annotate(fields_as_text=Cast("field_codes", TextField()))
    columns = ("organisation__region__adcode", "fields_as_text", "audience")
    members = IdentityMember.objects.filter(subject_kind="person").values("record_id")
    alone = rows.exclude(public_id__in=members)
    yield from alone.values_list(*columns).annotate(n=Count("pk"))
    records: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows.filter(public_id__in=members).values_list(*columns, "public_id"):
        records.setdefault(merged[row[3]], []).append(row)
    for held in records.values():
        yield (*_seen_most(held), 1)


def _seen_most(records: list[tuple[Any, ...]]) -> tuple[str | None, str | None, str]:
    """Where several records of one person count.

    Only those that most readers see say where: what everybody knows of a person must not follow
    from a record that he may not see.
    """
    audience = min((row[2] for row in records), key=_WIDEST.index)
    seen = sorted((row for row in records if row[2] == audience), key=lambda row: row[3])
    places = (row[0] for row in seen if row[0])
    fields = (row[1] for row in seen if row[1] and row[1] != "[]")
    return next(places, None), next(fields, None), audience


def _layers_of(audience: str) -> tuple[bool, bool, bool]:
    return True, audience != "public", audience == "owner"
