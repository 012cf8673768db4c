"""Lists and search results tell of every organisation and person once, whatever registers say.

Records of one subject (``registry.domain.identities``) are shown as the one that stands first,
with the others beside it; each as far as the viewer may see it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, Min, OuterRef, QuerySet

from silian.identifiers import kind_of
from silian.portal.accounts.domain.access import Viewer, visible
from silian.portal.catalogue import KINDS
from silian.portal.registry.domain.identities import subject_of
from silian.portal.registry.models import IdentityMember, Record

if TYPE_CHECKING:
    from silian.engines.matching.values import Hit

#: Kinds of which several records may mean one.
FOLDED_KINDS = frozenset({"organisation", "person"})


@dataclass(frozen=True, slots=True)
class Folding:
    """Lists in which records of one subject are one.

    Of the records that fit a question the one with the smallest public id stands for the subject;
    so a record stays listed where the others don't fit.

    Attributes
    ----------
    kinds
        Kinds of which several records mean one at present.
    """

    kinds: frozenset[str]

    def one_a_subject(self, rows: QuerySet[Any], kind: str) -> QuerySet[Any]:
        """Of these records one a subject."""
        if kind not in self.kinds:
            return rows
        return rows.exclude(public_id__in=_folded_ids(rows, kind))

    def count(self, rows: QuerySet[Any], kind: str) -> int:
        """How many ``one_a_subject`` leaves."""
        folded = self.folded_away(rows, kind)
        return rows.count() - (0 if folded is None else folded.count())

    def folded_away(self, rows: QuerySet[Any], kind: str) -> QuerySet[Any] | None:
        """The records that ``one_a_subject`` leaves out, ``None`` where nothing folds.

        They are few: to take their count away is quicker than to count without them.
        """
        return rows.filter(public_id__in=_folded_ids(rows, kind)) if kind in self.kinds else None


def folding() -> Folding:
    """How lists fold at present."""
    kinds = IdentityMember.objects.order_by().values_list("subject_kind", flat=True).distinct()
    return Folding(FOLDED_KINDS & set(kinds))


def _folded_ids(rows: QuerySet[Any], kind: str) -> QuerySet[Any]:
    """Public ids of all members of a subject but its first among these records."""
    members = IdentityMember.objects.filter(subject_kind=kind)
    listed = members.filter(Exists(rows.order_by().filter(public_id=OuterRef("record_id"))))
    first = listed.values("subject_id").annotate(first=Min("record_id")).values("first")
    return members.exclude(record_id__in=first).values("record_id")


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
