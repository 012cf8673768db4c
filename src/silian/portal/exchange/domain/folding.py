"""Lists and search results tell of every organisation and person once, whatever registers say.

Records of one subject (``registry.domain.identities``) are shown as the one that stands first,
with the others beside it; each as far as the viewer may see it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from silian.identifiers import kind_of
from silian.portal.accounts.domain.access import Viewer, visible
from silian.portal.catalogue import KINDS
from silian.portal.registry.domain.identities import subject_of
from silian.portal.registry.domain.references import portions
from silian.portal.registry.models import IdentityMember, Record

if TYPE_CHECKING:
    from silian.engines.matching.values import Hit

#: Kinds of which several records may mean one.
FOLDED_KINDS = frozenset({"organisation", "person"})
_ASKED_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Folding:
    """Lists in which records of one subject are one.

    Of the records that fit a question the one with the smallest public id stands for the subject;
    so a record stays listed where the others don't fit.

    Attributes
    ----------
    subjects
        Kind of record to subject by public id, of the records that share one.
    """

    subjects: Mapping[str, Mapping[str, str]]

    def one_a_subject(self, rows: QuerySet[Any], kind: str) -> QuerySet[Any]:
        """Of these records one a subject."""
        # Members are few beside all records, and looked up by id: no list is read for them.
        ids = rows.order_by().values_list("public_id", flat=True)
        some = portions(self.subjects.get(kind, ()), _ASKED_AT_ONCE)
        folded = self.stood_for(
            kind, [one for asked in some for one in ids.filter(public_id__in=asked)]
        )
        return rows.exclude(public_id__in=folded) if folded else rows

    def stood_for(self, kind: str, public_ids: Iterable[str]) -> list[str]:
        """Of these records those that another one of their subject stands for."""
        subjects = self.subjects.get(kind, {})
        held = sorted(one for one in public_ids if one in subjects)
        first = {subjects[one]: one for one in reversed(held)}
        return [one for one in held if first[subjects[one]] != one]


def folding() -> Folding:
    """How lists fold at present."""
    members = IdentityMember.objects.filter(subject_kind__in=FOLDED_KINDS).order_by()
    subjects: dict[str, dict[str, str]] = defaultdict(dict)
    for kind, record_id, subject_id in members.values_list(
        "subject_kind", "record_id", "subject_id"
    ):
        subjects[kind][record_id] = subject_id
    return Folding(subjects)


def fold_hits(hits: Sequence["Hit"]) -> list[list["Hit"]]:
    """Hits of one subject together, at the place of the best of them."""
    ids = [hit.document.document_id for hit in hits if hit.document.kind in FOLDED_KINDS]
    subjects = subject_of(ids)
    groups: dict[str, list[Hit]] = {}
    for hit in hits:
        one = hit.document.document_id
        groups.setdefault(subjects.get(one, one), []).append(hit)
    return list(groups.values())


def also_registered(records: Iterable[Record], viewer: Viewer) -> Mapping[str, tuple[Record, ...]]:
    """Further records of the same subject that the viewer may see, by the shown one's public id.

    Organisations that are only mentioned so far stand in no register, and are left out.
    """
    shown = [one.public_id for one in records if one.kind in FOLDED_KINDS]
    subjects = subject_of(shown)
    members: dict[str, list[Record]] = defaultdict(list)
    rows_of = IdentityMember.objects.filter(subject_id__in=set(subjects.values()))
    held = dict(rows_of.values_list("record_id", "subject_id")) if subjects else {}
    wanted = set(held) - set(shown)
    for kind in {kind_of(one) for one in wanted}:
        rows = visible(KINDS[kind].model._default_manager.filter(public_id__in=wanted), viewer)
        rows = rows.filter(registered=True) if kind == "organisation" else rows
        for record in rows.select_related("register").order_by("public_id"):
            members[held[record.public_id]].append(record)
    found = {one: tuple(members[subject]) for one, subject in subjects.items()}
    return {one: others for one, others in found.items() if others}
