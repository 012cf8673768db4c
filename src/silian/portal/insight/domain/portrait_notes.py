"""What subjects say of their tags: hide, correct, add; each can be undone and none is deleted."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from silian.errors import EngineError
from silian.portal.accounts.domain.access import Viewer
from silian.portal.accounts.models import User
from silian.portal.audit import domain as audit
from silian.portal.bilingual import choose
from silian.portal.insight.domain.portrait_rules import tag_groups
from silian.portal.insight.domain.portrait_subjects import (
    Subject,
    require_note,
)
from silian.portal.insight.domain.portrait_texts import folded
from silian.portal.insight.domain.portrait_values import Note
from silian.portal.insight.domain.portrait_withholding import bring_back, locked_records, take_out
from silian.portal.insight.models import TagNote

_TEXT_CHARACTERS, _REASON_CHARACTERS = 200, 500


class NoteRefused(EngineError, ValueError):
    """A word on a portrait that can't be kept as given."""

    code = "note_refused"

    def __init__(self, message_en: str, *, message_zh: str) -> None:
        super().__init__(message_en)
        self.message_zh = message_zh
        self.message_en = message_en

    @property
    def message(self) -> str:
        """The message in the reader's language."""
        return choose(self.message_zh, self.message_en)


def notes_of(subject: Subject, *, withdrawn: bool = False) -> tuple[Note, ...]:
    """What was said of the subject's tags, the latest first; what stands, or everything."""
    rows = TagNote.objects.filter(subject_id__in=subject.all_ids).select_related("actor")
    if not withdrawn:
        rows = rows.filter(withdrawn_at__isnull=True)
    own = _accounts_of(subject)
    return tuple(_note(row, own) for row in rows.order_by("-created_at", "-pk"))


def hidden_keys(notes: tuple[Note, ...]) -> frozenset[str]:
    """Keys of the tags that are hidden."""
    return frozenset(one.tag_key for one in notes if one.action == TagNote.Action.HIDDEN)


def hide_tag(
    subject: Subject, tag_key: str, *, viewer: Viewer, label: str = "", reason: str = ""
) -> TagNote:
    """Take a tag off the portrait, and its value out of the subject's own records.

    Raises
    ------
    AccessDenied
        If the viewer is neither the subject nor the operator.
    NoteRefused
        If the key names no tag, or a text is too long.
    """
    require_note(viewer, subject)
    _check_key(tag_key)
    with transaction.atomic():
        # One at a time for each subject, so that two clicks make one note.
        members = locked_records(subject.all_ids)
        standing = _standing(subject, tag_key, TagNote.Action.HIDDEN)
        if standing is not None:
            return standing
        for member in members:
            take_out(member, tag_key)
        return _kept(
            subject, tag_key, TagNote.Action.HIDDEN, label[:_TEXT_CHARACTERS], reason, viewer
        )


def correct_tag(
    subject: Subject, tag_key: str, text: str, *, viewer: Viewer, reason: str = ""
) -> TagNote:
    """Say beside a tag how it should read; what the source says stays, marked as the source's."""
    require_note(viewer, subject)
    _check_key(tag_key)
    with transaction.atomic():
        locked_records(subject.all_ids)
        for earlier in _all_standing(subject, tag_key, TagNote.Action.CORRECTED):
            _close(earlier)
        return _kept(subject, tag_key, TagNote.Action.CORRECTED, _text(text), reason, viewer)


def add_tag(
    subject: Subject,
    group: str,
    text: str,
    *,
    viewer: Viewer,
    reason: str = "",
    expires_on: date | None = None,
) -> TagNote:
    """Add a tag in the subject's own words, until a day or as long as its group holds."""
    require_note(viewer, subject)
    if group not in tag_groups():
        allowed = "、".join(tag_groups())
        raise NoteRefused(
            f"group is {group!r}; expected one of {', '.join(tag_groups())}.",
            message_zh=f"标签分组“{group}”不存在，可用：{allowed}。",
        )
    if expires_on is not None and expires_on <= timezone.localdate():
        raise NoteRefused(
            f"expires_on is {expires_on}; give a day to come, or none.",
            message_zh=f"有效期“{expires_on}”已过，请填写将来的日期或留空。",
        )
    text = _text(text)
    key = f"own:{group}:{folded(text)}"
    with transaction.atomic():
        locked_records(subject.all_ids)
        for earlier in _all_standing(subject, key, TagNote.Action.ADDED):
            _close(earlier)
        return _kept(
            subject, key, TagNote.Action.ADDED, text, reason, viewer, expires_on=expires_on
        )


def withdraw_note(subject: Subject, note_id: int, *, viewer: Viewer) -> TagNote:
    """Undo a hiding, a correction or an addition; undoing twice is undoing once.

    Raises
    ------
    NoteRefused
        If the subject has no such note.
    """
    require_note(viewer, subject)
    with transaction.atomic():
        members = locked_records(subject.all_ids)
        note = TagNote.objects.filter(subject_id__in=subject.all_ids, pk=note_id).first()
        if note is None:
            raise NoteRefused(
                f"note is {note_id}; this portrait has none of that number.",
                message_zh="这份画像没有这条意见。",
            )
        if note.withdrawn_at is None:
            _close(note)
            if note.action == TagNote.Action.HIDDEN:
                for member in members:
                    bring_back(member, note.tag_key)
            audit.log("portrait.withdraw", viewer, subject.subject_id, tag=note.tag_key)
    return note


def _kept(
    subject: Subject,
    key: str,
    action: str,
    text: str,
    reason: str,
    viewer: Viewer,
    *,
    expires_on: date | None = None,
) -> TagNote:
    if len(reason) > _REASON_CHARACTERS:
        raise NoteRefused(
            f"the reason has {len(reason)} characters; at most {_REASON_CHARACTERS} are kept.",
            message_zh=f"理由有 {len(reason)} 字，最多 {_REASON_CHARACTERS} 字。",
        )
    note = TagNote.objects.create(
        subject_id=subject.record.public_id,
        tag_key=key,
        action=action,
        text=text,
        reason=reason.strip(),
        expires_on=expires_on,
        actor_id=viewer.user_id,
    )
    # The log says that something was hidden, not what: it is read by others.
    shown = {} if action == TagNote.Action.HIDDEN else {"tag": key}
    audit.log(f"portrait.{action}", viewer, subject.subject_id, **shown)
    return note


def _note(row: TagNote, own: frozenset[int]) -> Note:
    return Note(
        note_id=row.pk,
        tag_key=row.tag_key,
        action=row.action,
        text=row.text,
        reason=row.reason,
        actor=str(row.actor) if row.actor else "",
        by_subject=row.actor_id in own,
        created_at=row.created_at,
        withdrawn_at=row.withdrawn_at,
        expires_on=row.expires_on,
    )


def _accounts_of(subject: Subject) -> frozenset[int]:
    column = "person" if subject.kind == "person" else "organisation"
    accounts = User.objects.filter(**{f"{column}__public_id__in": subject.all_ids})
    return frozenset(accounts.values_list("pk", flat=True))


def _all_standing(subject: Subject, key: str, action: str) -> Any:
    rows = TagNote.objects.filter(subject_id__in=subject.all_ids, withdrawn_at__isnull=True)
    return rows.filter(tag_key=key, action=action)


def _standing(subject: Subject, key: str, action: str) -> TagNote | None:
    found: TagNote | None = _all_standing(subject, key, action).first()
    return found


def _close(note: TagNote) -> None:
    note.withdrawn_at = timezone.now()
    note.save(update_fields=["withdrawn_at"])


def _check_key(tag_key: str) -> None:
    scheme, mark, value = tag_key.partition(":")
    if not (scheme and mark and value) or len(tag_key) > _TEXT_CHARACTERS:
        raise NoteRefused(
            f"tag is {tag_key[:80]!r}; give the key of one of the portrait's tags.",
            message_zh="没有这个标签，请从画像中选择。",
        )


def _text(text: str) -> str:
    text = " ".join(text.split())
    if not text or len(text) > _TEXT_CHARACTERS:
        raise NoteRefused(
            f"the text has {len(text)} characters; give 1 to {_TEXT_CHARACTERS}.",
            message_zh=f"内容有 {len(text)} 字，应为 1 到 {_TEXT_CHARACTERS} 字。",
        )
    return text
