"""Which records are one organisation or one person, for everybody who asks.

Nothing here is merged in the records themselves: ``IdentityMember`` says which records share a
subject, and follows from the links of the last run and the decisions of people.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Max

from silian.portal.registry.domain.references import portions
from silian.portal.registry.models import IdentityDecision, IdentityMember, IdentityRun

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "identities_changed_at",
    "members_of",
    "merged_records",
    "records_of",
    "same_as_table",
    "subject_of",
]


def subject_of(ids: Iterable[str]) -> dict[str, str]:
    """Subject of each record that shares one with others; the rest are their own and left out.

    A subject is named by the smallest public id of its records.
    """
    found: dict[str, str] = {}
    for portion in portions(ids):
        rows = IdentityMember.objects.filter(record_id__in=portion)
        found.update(rows.values_list("record_id", "subject_id"))
    return found


def members_of(subject_id: str) -> tuple[str, ...]:
    """Public ids of all records of a subject, in order; of a lone record its own."""
    rows = IdentityMember.objects.filter(subject_id=subject_id).order_by("record_id")
    return tuple(rows.values_list("record_id", flat=True)) or (subject_id,)


def merged_records(kind: str) -> dict[str, str]:
    """Subject by record, of all organisations or people that share theirs with other records."""
    rows = IdentityMember.objects.filter(subject_kind=kind)
    return dict(rows.values_list("record_id", "subject_id"))


def records_of(subject_ids: Iterable[str]) -> dict[str, str]:
    """Every record of these subjects with its subject; a lone record is its own."""
    subjects = set(subject_ids)
    found = {one: one for one in subjects}
    for portion in portions(subjects):
        rows = IdentityMember.objects.filter(subject_id__in=portion)
        found.update(rows.values_list("record_id", "subject_id"))
    return found


def same_as_table() -> "pa.Table":
    """Every record that goes by another's id, as a table (node_id, canonical_id)."""
    import pyarrow as pa

    rows = IdentityMember.objects.order_by("record_id").values_list("record_id", "subject_id")
    pairs = [(one, subject) for one, subject in rows.iterator() if one != subject]
    return pa.table(
        {
            "node_id": pa.array([one for one, _ in pairs], pa.string()),
            "canonical_id": pa.array([subject for _, subject in pairs], pa.string()),
        }
    )


def identities_changed_at() -> datetime | None:
    """When a run or a decision last changed who is who; what is built from it before is behind."""
    runs = IdentityRun.objects.filter(state=IdentityRun.State.DONE)
    moments = [
        runs.aggregate(at=Max("finished_at"))["at"],
        *IdentityDecision.objects.aggregate(
            made=Max("created_at"), withdrawn=Max("withdrawn_at")
        ).values(),
    ]
    return max((one for one in moments if one is not None), default=None)
