"""Whose portrait it is: all records of one identity together, and who speaks for them."""

from dataclasses import dataclass
from typing import Any

from silian.portal.accounts.domain.access import AccessDenied, Viewer, require, sees, visible
from silian.portal.accounts.domain.permissions import ENTERPRISE, RESEARCH
from silian.portal.accounts.models import User
from silian.portal.catalogue import KINDS
from silian.portal.registry.domain.identities import members_of, subject_of

#: Kinds of records that have a portrait.
SUBJECT_KINDS = ("organisation", "person")
_SPEAKERS_OF_ORGANISATIONS = frozenset({ENTERPRISE, RESEARCH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An organisation, an institute or a person.

    Attributes
    ----------
    record
        The record that was asked for.
    members
        All records of the subject that the viewer may see, the one asked for first.
    all_ids
        Public ids of all of them, seen or not: what was said of one counts for each.
    """

    subject_id: str
    record: Any
    members: tuple[Any, ...]
    all_ids: tuple[str, ...]

    @property
    def kind(self) -> str:
        """``organisation`` or ``person``."""
        return str(self.record.kind)

    @property
    def keys(self) -> tuple[int, ...]:
        """Primary keys of the members."""
        return tuple(member.pk for member in self.members)


def subject_of_record(record: Any, viewer: Viewer) -> Subject:
    """The subject that a record belongs to, as far as the viewer sees it.

    Raises
    ------
    AccessDenied
        If the viewer may not read portraits, or not see the record.
    ValueError
        If records of its kind have no portrait.
    """
    require(viewer, "portrait.read", record)
    if record.kind not in SUBJECT_KINDS:
        raise ValueError(
            f"record is a {record.kind}; portraits are of {' and '.join(SUBJECT_KINDS)}."
        )
    subject_id = subject_of([record.public_id]).get(record.public_id, record.public_id)
    ids = members_of(subject_id)
    if record.public_id not in ids:
        ids = (record.public_id,)
    members = [record]
    if len(ids) > 1:
        entry = KINDS[record.kind]
        rows = visible(entry.model._default_manager.filter(public_id__in=ids), viewer)
        others = rows.exclude(pk=record.pk).select_related(*entry.joined)
        members += others.order_by("public_id")
    return Subject(subject_id=subject_id, record=record, members=tuple(members), all_ids=ids)


def is_subject(viewer: Viewer, subject: Subject) -> bool:
    """Whether the viewer is the subject: the account of that person, or of that organisation.

    Whoever keeps a person's record does not speak for the person.
    """
    if subject.kind == "person":
        if viewer.person_id is None:
            return False
        accounts = User.objects.filter(pk=viewer.person_id, is_active=True)
        return accounts.filter(person__public_id__in=subject.all_ids).exists()
    return (
        viewer.role in _SPEAKERS_OF_ORGANISATIONS
        and viewer.organisation_pk is not None
        and viewer.organisation_id in subject.all_ids
    )


def may_note(viewer: Viewer, subject: Subject) -> bool:
    """Whether the viewer may hide, correct and add tags of this subject."""
    return viewer.is_operator or is_subject(viewer, subject)


def require_note(viewer: Viewer, subject: Subject) -> None:
    """Raise ``AccessDenied`` unless the viewer is the subject or the operator."""
    require(viewer, "portrait.note")
    if not may_note(viewer, subject):
        raise AccessDenied(
            f"only {subject.record} and the operator may change this portrait; an account is "
            "linked to its person by the operator.",
            message_zh=(
                f"只有“{subject.record}”本人（本单位）和运营方可以修改这份画像；"
                "个人账号由运营方在用户管理中关联本人档案。"
            ),
        )


def own_portrait_id(viewer: Viewer) -> str:
    """Public id of the viewer's own portrait: of the person, else of the organisation; or ''."""
    if viewer.person_id is not None:
        user = User.objects.select_related("person").filter(pk=viewer.person_id).first()
        if user is not None and user.person is not None and sees(viewer, user.person):
            return str(user.person.public_id)
    return viewer.organisation_id
