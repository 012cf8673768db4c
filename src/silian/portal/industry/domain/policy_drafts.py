"""Policies in the making: written by one person, published by another.

States: draft → proposed → published → withdrawn; a proposed draft that is edited is a draft
again. A published one is never edited: a change is a new draft with a later ``valid_from``. What
one person puts in force or out of it another has seen.
"""

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from silian.portal.accounts.domain.access import require
from silian.portal.audit import domain as audit
from silian.portal.industry.domain import policy_texts
from silian.portal.industry.domain.draft_guards import (
    DraftRefused,
    expect_compiled,
    expect_no_other_past,
    expect_own_account,
)
from silian.portal.industry.domain.policy_texts import policy_of, problems_of
from silian.portal.industry.models import PolicyDraft

if TYPE_CHECKING:
    from silian.library.policy_files import Problem
    from silian.portal.accounts.domain.access import Viewer

__all__ = [
    "DraftRefused",
    "asked_mark",
    "create_draft",
    "drafts",
    "keep",
    "problems_of_draft",
    "propose",
    "publish",
    "save_draft",
    "text_mark",
    "withdraw",
]

_State = PolicyDraft.State
_CHARACTERS_AT_MOST = 200_000


def drafts(viewer: "Viewer") -> QuerySet[PolicyDraft]:
    """All drafts, the latest first, for those who draft."""
    require(viewer, "policy.draft")
    return PolicyDraft.objects.select_related(
        "author", "last_editor", "publisher", "withdrawal_asked_by"
    )


def create_draft(content: str, *, viewer: "Viewer", note: str = "") -> PolicyDraft:
    """Begin a draft; it may still be wrong, ``problems_of_draft`` says what.

    Raises
    ------
    AccessDenied
        If the viewer may not draft.
    DraftRefused
        If there is no person behind the viewer, or the text is too long.
    """
    require(viewer, "policy.draft")
    person = _person(viewer)
    policy_id, title = _named(content)
    with transaction.atomic():
        draft = PolicyDraft.objects.create(
            policy_id=policy_id,
            title=title,
            content=_checked(content),
            note=note[:500],
            author_id=person,
            last_editor_id=person,
        )
        _log("policy.draft", viewer, draft)
    return draft


def save_draft(
    draft: PolicyDraft, content: str, *, viewer: "Viewer", note: str = ""
) -> "tuple[Problem, ...]":
    """Save a new text and answer what is wrong with it; a wrong text is kept all the same.

    A proposed draft becomes a draft again: whoever published it read another text.

    Raises
    ------
    DraftRefused
        If it is published or withdrawn.
    """
    require(viewer, "policy.draft")
    person = _person(viewer)
    with transaction.atomic():
        held = _held(draft)
        _expect(held, _State.DRAFT, _State.PROPOSED)
        held.policy_id, held.title = _named(content)
        held.content, held.note = _checked(content), note[:500]
        held.state, held.last_editor_id = _State.DRAFT, person
        held.save()
        _log("policy.draft", viewer, held)
    draft.refresh_from_db()
    return problems_of(content)


def problems_of_draft(draft: PolicyDraft) -> "tuple[Problem, ...]":
    """What the linter says of a draft: file, line and remedy."""
    return problems_of(draft.content)


def propose(draft: PolicyDraft, *, viewer: "Viewer") -> PolicyDraft:
    """Hand a draft without problems to a second person.

    Raises
    ------
    silian.portal.industry.domain.policy_texts.PolicyTextRefused
        If the linter finds a problem.
    DraftRefused
        If it isn't a draft, or doesn't compile beside what is in force.
    """
    require(viewer, "policy.draft")
    with transaction.atomic():
        held = _held(draft)
        _expect(held, _State.DRAFT)
        expect_compiled(policy_of(held.content))
        held.state = _State.PROPOSED
        held.save(update_fields=["state", "updated_at"])
        _log("policy.propose", viewer, held)
    draft.refresh_from_db()
    return draft


def text_mark(draft: PolicyDraft) -> str:
    """Mark of the text that somebody reads, to publish that text and no other."""
    return policy_texts.text_mark(draft.content)


def publish(
    draft: PolicyDraft,
    *,
    viewer: "Viewer",
    read: str | None = None,
    corrects_past: bool = False,
) -> PolicyDraft:
    """Put a proposed draft in force, from its own ``valid_from`` on.

    Parameters
    ----------
    read
        ``text_mark`` of the text that the publisher has read; without it that of ``draft``.
    corrects_past
        Whether it may change what another version said of days that are past; logged.

    Raises
    ------
    DraftRefused
        If the viewer wrote any of it (four eyes), it was changed since it was read, it isn't
        proposed, or it doesn't compile beside what is in force on a day on which it says
        something new.
    silian.portal.industry.domain.policy_texts.PolicyTextRefused
        If the linter finds a problem.
    """
    require(viewer, "policy.publish")
    person = _person(viewer)
    with transaction.atomic():
        held = _held(draft)
        _expect(held, _State.PROPOSED)
        if (read or text_mark(draft)) != text_mark(held):
            raise DraftRefused(
                "draft_changed",
                "the text was changed after you read it; read it again before you publish it.",
                message_zh="文本在您阅读之后有修改，请重新阅读后再发布。",
            )
        writers = _writers(held)
        if person in writers:
            raise DraftRefused(
                "second_person_needed",
                "you wrote or edited this draft; somebody else must publish it.",
                message_zh="本草案由您编写或修改过，须由另一位运营人员发布。",
            )
        expect_own_account(viewer, writers, since=held.created_at)
        policy = policy_of(held.content)
        if not corrects_past:
            expect_no_other_past(policy)
        expect_compiled(policy)
        held.state, held.publisher_id = _State.PUBLISHED, person
        held.published_at, held.approved_mark = timezone.now(), text_mark(held)
        held.save()
        _log(
            "policy.publish",
            viewer,
            held,
            approved=held.approved_mark,
            corrects_past=corrects_past,
        )
    draft.refresh_from_db()
    return draft


def withdraw(draft: PolicyDraft, *, viewer: "Viewer", asked: str | None = None) -> PolicyDraft:
    """Take a draft out. Of a published one the first person asks, and a second one does it.

    Until then it stays in force; from that day on what the library says counts again. For the
    days on which it was in force it goes on counting.

    Parameters
    ----------
    asked
        ``asked_mark`` of the wish that the viewer has seen, empty for none: nobody confirms what
        they didn't see. Without it the wish as it stands.

    Raises
    ------
    DraftRefused
        If the viewer asked for it already (four eyes), somebody asked meanwhile, or it is
        withdrawn.
    """
    with transaction.atomic():
        held = _held(draft)
        _expect(held, _State.DRAFT, _State.PROPOSED, _State.PUBLISHED)
        if asked is not None and asked != asked_mark(held):
            raise DraftRefused(
                "withdrawal_asked_meanwhile",
                "somebody asked to withdraw it, or took that back, after you opened the page; "
                "look at it again.",
                message_zh="在您打开页面之后，有人申请或取消了撤回，请查看后再操作。",
            )
        if held.state == _State.PUBLISHED:
            _withdraw_published(held, viewer)
        else:
            require(viewer, "policy.draft")
            held.state = _State.WITHDRAWN
            held.save(update_fields=["state", "updated_at"])
            _log("policy.withdraw", viewer, held)
    draft.refresh_from_db()
    return draft


def asked_mark(draft: PolicyDraft) -> str:
    """Which wish to withdraw stands; empty for none."""
    return draft.withdrawal_asked_at.isoformat() if draft.withdrawal_asked_at else ""


def keep(draft: PolicyDraft, *, viewer: "Viewer") -> PolicyDraft:
    """Refuse a withdrawal that somebody asked for, or take the own wish back.

    Raises
    ------
    DraftRefused
        If nobody asked for one.
    """
    require(viewer, "policy.publish")
    with transaction.atomic():
        held = _held(draft)
        _expect(held, _State.PUBLISHED)
        if held.withdrawal_asked_by_id is None:
            raise DraftRefused(
                "no_withdrawal_asked",
                "nobody has asked to withdraw this policy.",
                message_zh="没有人申请撤回这项政策。",
            )
        held.withdrawal_asked_by_id, held.withdrawal_asked_at = None, None
        held.save()
        _log("policy.keep", viewer, held)
    draft.refresh_from_db()
    return draft


def _withdraw_published(held: PolicyDraft, viewer: "Viewer") -> None:
    require(viewer, "policy.publish")
    person = _person(viewer)
    if held.withdrawal_asked_by_id is None:
        held.withdrawal_asked_by_id, held.withdrawal_asked_at = person, timezone.now()
        held.save()
        _log("policy.ask_withdrawal", viewer, held)
        return
    if held.withdrawal_asked_by_id == person:
        raise DraftRefused(
            "second_person_needed",
            "you asked to withdraw this policy; somebody else must confirm it.",
            message_zh="撤回由您申请，须由另一位运营人员确认。",
        )
    asked_at = held.withdrawal_asked_at or timezone.now()
    expect_own_account(viewer, {held.withdrawal_asked_by_id}, since=asked_at)
    held.state, held.withdrawn_at = _State.WITHDRAWN, timezone.now()
    held.save()
    _log("policy.withdraw", viewer, held, asked_by=held.withdrawal_asked_by_id)


def _writers(draft: PolicyDraft) -> set[int | None]:
    """Everybody who ever saved a text of it."""
    before = draft.history.values_list("last_editor_id", flat=True)
    return {draft.author_id, draft.last_editor_id, *before}


def _held(draft: PolicyDraft) -> PolicyDraft:
    return PolicyDraft.objects.select_for_update().get(pk=draft.pk)


def _expect(draft: PolicyDraft, *states: str) -> None:
    if draft.state in states:
        return
    allowed_en = ", ".join(states)
    allowed_zh = "、".join(str(_State(state).label) for state in states)
    raise DraftRefused(
        "draft_state",
        f"the draft is {draft.state}; this step starts from {allowed_en}. Begin a new draft.",
        message_zh=f"草案状态为“{_State(draft.state).label}”，此操作要求“{allowed_zh}”。可另建草案。",
    )


def _person(viewer: "Viewer") -> int:
    if viewer.person_id is None:
        raise DraftRefused(
            "person_needed",
            "a draft belongs to a person; sign in instead of using a key or the command line.",
            message_zh="政策草案须由登录的工作人员编写与发布，不能使用接口密钥或命令行。",
        )
    return viewer.person_id


def _checked(content: str) -> str:
    if len(content) > _CHARACTERS_AT_MOST:
        raise DraftRefused(
            "draft_too_long",
            f"the text has {len(content)} characters; at most {_CHARACTERS_AT_MOST} are taken.",
            message_zh=f"文本共 {len(content)} 字，上限 {_CHARACTERS_AT_MOST} 字。",
        )
    return content


def _named(content: str) -> tuple[str, str]:
    """Id and title as far as they can be read; a broken draft keeps a name to be found by."""
    from silian.portal.industry.domain.policy_texts import names_in

    policy_id, title = names_in(content)
    return policy_id[:100] or "unnamed", title[:200] or "未命名政策"


def _log(action: str, viewer: "Viewer", draft: PolicyDraft, **details: Any) -> None:
    audit.log(action, viewer, str(draft.public_id), policy=draft.policy_id, **details)
