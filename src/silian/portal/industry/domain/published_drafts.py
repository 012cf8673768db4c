"""Published drafts as policies: which can be used on a day, and which no longer can.

A draft was sound when it was published. Should it stop being so (a library with other facts, a
figure that turns wrong on its own day, a text that is no longer the one that was approved), it is
left out as if it were withdrawn, and operators are told; every other policy goes on.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from silian.engines.rules.values import Policy
from silian.engines.rules.versions import is_in_force
from silian.errors import EngineError
from silian.portal.bilingual import choose
from silian.portal.industry.models import PolicyDraft

if TYPE_CHECKING:
    from silian.engines.rules import PolicyError

#: Changes with every publication and withdrawal: how many there are, and the latest change.
Stamp = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPolicy:
    """A published draft that could be read; ``draft_id`` is the draft's public id.

    Attributes
    ----------
    counts_from
        Day from which it counts, where that is not its own ``valid_from``: one that was withdrawn
        counts for the days on which it was in force, and for no others.
    """

    policy: Policy
    draft_id: str
    counts_from: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusableDraft:
    """A published draft that is left out, and why."""

    draft_id: str
    policy_id: str
    title: str
    message_zh: str
    message_en: str

    @property
    def message(self) -> str:
        """What is wrong, in the reader's language."""
        return choose(self.message_zh, self.message_en)


@contextmanager
def same_drafts() -> Iterator[None]:
    """Look at the drafts once for all that is asked within: many enterprises, one library."""
    token = _held_stamp.set(draft_stamp())
    try:
        yield
    finally:
        _held_stamp.reset(token)


_held_stamp: ContextVar["Stamp | None"] = ContextVar("held_stamp", default=None)


def draft_stamp() -> Stamp:
    """One look at the drafts; everything that follows from them is kept under it."""
    held = _held_stamp.get()
    if held is not None:
        return held
    found = _ever_in_force().aggregate(n=Count("pk"), latest=Max("updated_at"))
    return found["n"], found["latest"].isoformat() if found["latest"] else ""


def published_policies(stamp: Stamp) -> tuple[PublishedPolicy, ...]:
    """Published drafts that can be read, the earliest publication first."""
    return _read(stamp)[0]


def usable_on(as_of: date, stamp: Stamp) -> tuple[Policy, ...]:
    """Published policies that hold on a day and compile then, the earliest publication first."""
    return tuple(
        one.policy
        for one in _holding(as_of, stamp)
        if problem_on(one.policy, as_of) is None  # its own expressions; no policy reads another
    )


def unusable_drafts(as_of: date) -> tuple[UnusableDraft, ...]:
    """Published drafts that are left out on a day: unreadable ones, then those that don't compile."""
    return _unusable(as_of, draft_stamp())


def problem_on(policy: Policy, as_of: date) -> "PolicyError | None":
    """The first thing that keeps a policy from being compiled on a day."""
    from silian.engines.rules import check_policy
    from silian.library.facts import fact_schema

    return next(iter(check_policy(policy, fact_schema(), as_of=as_of)), None)


class TextNotApproved(EngineError, ValueError):
    """A published draft whose text is another than the second person approved."""

    code = "text_not_approved"

    def __init__(self) -> None:
        super().__init__(
            "the text is not the one that was approved for publication. Begin a new draft from it "
            "and have a second person publish that."
        )
        self.message_zh = "文本与核准发布时不一致，核准失效。请以它为底另建草案，由另一人核准发布。"


@lru_cache(maxsize=2)
def _read(stamp: Stamp) -> tuple[tuple[PublishedPolicy, ...], tuple[UnusableDraft, ...]]:
    if not stamp[0]:
        return (), ()
    read, refused = [], []
    for draft in _ever_in_force().order_by("published_at", "pk"):
        try:
            policy = _approved_policy(draft)
        except EngineError as error:
            refused.append(_left_out(str(draft.public_id), draft.policy_id, draft.title, error))
        else:
            read.append(_published(draft, policy))
    return tuple(read), tuple(refused)


def _ever_in_force() -> "QuerySet[PolicyDraft]":
    """Published drafts, and withdrawn ones that were in force for a day at least."""
    withdrawn = Q(
        state=PolicyDraft.State.WITHDRAWN, withdrawn_at__date__gt=TruncDate("published_at")
    )
    return PolicyDraft.objects.filter(Q(state=PolicyDraft.State.PUBLISHED) | withdrawn)


def _published(draft: PolicyDraft, policy: Policy) -> PublishedPolicy:
    draft_id = str(draft.public_id)
    if draft.state == PolicyDraft.State.PUBLISHED:
        return PublishedPolicy(policy=policy, draft_id=draft_id)
    last = timezone.localdate(draft.withdrawn_at) - timedelta(days=1)
    until = last if policy.valid_until is None else min(last, policy.valid_until)
    return PublishedPolicy(
        policy=replace(policy, valid_until=until),
        draft_id=draft_id,
        counts_from=timezone.localdate(draft.published_at),
    )


def _approved_policy(draft: PolicyDraft) -> Policy:
    from silian.portal.industry.domain.policy_texts import published_policy_of, text_mark

    if text_mark(draft.content) != draft.approved_mark:
        raise TextNotApproved
    return published_policy_of(draft.content)


@lru_cache(maxsize=32)
def _unusable(as_of: date, stamp: Stamp) -> tuple[UnusableDraft, ...]:
    failing = (
        _left_out(one.draft_id, one.policy.policy_id, one.policy.label_zh, error)
        for one in _holding(as_of, stamp)
        if (error := problem_on(one.policy, as_of)) is not None
    )
    return (*_read(stamp)[1], *failing)


def _holding(as_of: date, stamp: Stamp) -> Iterable[PublishedPolicy]:
    return (
        one
        for one in published_policies(stamp)
        if is_in_force(one.policy, as_of) and (one.counts_from is None or one.counts_from <= as_of)
    )


def _left_out(draft_id: str, policy_id: str, title: str, error: EngineError) -> UnusableDraft:
    return UnusableDraft(
        draft_id=draft_id,
        policy_id=policy_id,
        title=title,
        message_zh=getattr(error, "message_zh", "") or str(error),
        message_en=str(error),
    )
