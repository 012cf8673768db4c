"""Of whom somebody who keeps records for an organisation may say something.

A record that names a person says something of that person in public: a post, a work, a project
led. A member says it of the own organisation's people; of others a register, the operator, or
the organisation that keeps them does.
"""

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Q, QuerySet

from silian.portal.innovation.models import Contribution
from silian.portal.registry.domain.identities import records_of, subject_of
from silian.portal.registry.domain.reasons import Reason, RowRefused
from silian.portal.registry.domain.upsert import PORTAL_REGISTER
from silian.portal.registry.models import Affiliation, Organisation, Person

_COLUMNS = ("person", "leader")


def people_of(record: Any) -> set[int]:
    """Keys of the people whom a record names."""
    named = {getattr(record, f"{column}_id", None) for column in _COLUMNS}
    parts = Contribution.objects.filter(subject_id=record.public_id)
    return {key for key in named if key is not None} | set(parts.values_list("person", flat=True))


def people_of_organisations(ids: Collection[str]) -> QuerySet[Person]:
    """People of organisations, by all public ids of these.

    Theirs are people whom they keep, whose employer they are, or whose post there a register or
    the operator states; a post that a member states of somebody proves nothing.
    """
    posts = Affiliation.objects.filter(organisation__public_id__in=ids)
    stated = posts.exclude(Q(register__code=PORTAL_REGISTER) & Q(owner__isnull=False))
    return Person.objects.filter(
        Q(owner__public_id__in=ids)
        | Q(organisation__public_id__in=ids)
        | Q(pk__in=stated.values("person"))
    )


def refuse_people_of_others(
    record: Any, organisations: Iterable[Organisation | None], *, before: set[int]
) -> None:
    """Refuse a record that newly names people who belong to none of the organisations.

    Raises
    ------
    RowRefused
        With the ids of those people.
    """
    fresh = people_of(record) - before
    if not fresh:
        return
    own = {one.public_id for one in organisations if one is not None}
    own |= set(records_of(subject_of(own).values()))
    theirs = people_of_organisations(own)
    others = Person.objects.filter(pk__in=fresh).exclude(pk__in=theirs.values("pk"))
    ids = sorted(others.values_list("public_id", flat=True))
    if ids:
        raise RowRefused((_reason(record, ids),))


def _reason(record: Any, ids: list[str]) -> Reason:
    named = ", ".join(ids)
    return Reason(
        field="person_key" if record.kind == "affiliation" else "",
        code="person_of_others",
        message_zh=f"{named} 不是本单位人员，不能代为登记其任职或成果；请由对方单位或运营方登记，"
        "或在正文中写明姓名。",
        message_en=f"{named}: not of your organisation, so you can't state posts or works of "
        "theirs. Their organisation or the operator can; or name them in the text.",
        arrived=named,
    )
