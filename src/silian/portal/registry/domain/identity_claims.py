"""Links by which a member would speak of people or organisations of others: for a person to judge.

Whoever enters a record chooses what it says, also the ORCID or the name that makes it look like
somebody else's. So it joins its owner's own records by itself, and nobody else's.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet

from silian.engines.graph import Link
from silian.portal.registry.domain.identities import records_of, subject_of
from silian.portal.registry.domain.own_people import people_of_organisations
from silian.portal.registry.domain.references import portions
from silian.portal.registry.domain.upsert import PORTAL_REGISTER
from silian.portal.registry.models import Organisation, Person

MEMBER_STATED = "member_stated"


def without_claims(kind: str, links: Sequence[Link]) -> list[Link]:
    """Links with those put to review by which a member would claim a record of others.

    Parameters
    ----------
    kind
        ``organisation`` or ``person``.
    links
        As the evidence alone found them.
    """
    linked = [one for one in links if one.state == "linked"]
    entered_by = _entered_by(kind, {end for one in linked for end in (one.left_id, one.right_id)})
    asked: dict[str, set[str]] = defaultdict(set)
    for one in linked:
        for end, other in ((one.left_id, one.right_id), (one.right_id, one.left_id)):
            if end in entered_by:
                asked[entered_by[end]].add(other)
    theirs = {owner: _theirs(kind, owner, ids) for owner, ids in asked.items()}

    def claims(end: str, other: str) -> bool:
        return end in entered_by and other not in theirs[entered_by[end]]

    return [
        replace(one, state="review", found_state="review", reason=MEMBER_STATED)
        if one.state == "linked"
        and (claims(one.left_id, one.right_id) or claims(one.right_id, one.left_id))
        else one
        for one in links
    ]


def _entered_by(kind: str, ids: Iterable[str]) -> dict[str, str]:
    """Public id of the member that entered each record, of those that a member did."""
    model = Organisation if kind == "organisation" else Person
    entered = model._default_manager.filter(register__code=PORTAL_REGISTER, owner__isnull=False)
    return {
        record: owner
        for portion in portions(ids)
        for record, owner in entered.filter(public_id__in=portion).values_list(
            "public_id", "owner__public_id"
        )
    }


def _theirs(kind: str, owner: str, ids: set[str]) -> set[str]:
    """Of these records, those of which the owner may speak."""
    own = {owner, *records_of(subject_of([owner]).values())}
    rows: QuerySet[Any] = (
        Organisation.objects.filter(owner__public_id__in=own)
        if kind == "organisation"
        else people_of_organisations(own)
    )
    found = {
        one
        for portion in portions(ids)
        for one in rows.filter(public_id__in=portion).values_list("public_id", flat=True)
    }
    return found | (ids & own)  # ids of people are no ids of organisations
