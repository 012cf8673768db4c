"""What people do with a match: contact, refuse, sign; withdraw, restore and correct it.

Outcomes are only ever appended; a match's status follows from replaying them (``standing``). They
are what ``silian train`` learns from, so each keeps what the engine said when it was made.
"""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from silian.portal.audit import domain as audit
from silian.portal.catalogue import find_record
from silian.portal.exchange.domain.explanations import frozen_match
from silian.portal.exchange.domain.outbox import enqueue
from silian.portal.exchange.domain.outcome_guards import (
    OutcomeDoubted,
    OutcomeRefused,
    check_doubts,
    check_form,
    check_permission,
    check_state,
    check_withdrawal,
    in_fen,
)
from silian.portal.exchange.domain.standing import effective_outcomes, replayed_outcomes
from silian.portal.exchange.models import Match, Outcome
from silian.portal.industry.models import Need
from silian.portal.registry.models import Record

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer

__all__ = [
    "OutcomeDoubted",
    "OutcomeRefused",
    "correct",
    "effective_outcomes",
    "record_outcome",
    "restore",
    "withdraw",
]


def record_outcome(
    *,
    need: Need,
    supply_id: str,
    action: str,
    viewer: "Viewer",
    reason: str = "",
    amount_cny: Decimal | None = None,
    confirmed: bool = False,
) -> Outcome:
    """Append an outcome to the pair's match, in one transaction with all that follows from it.

    Whoever owns the need, and the operator, may record everything; the owner of the supply may
    record the contact. Signing sets the need to contracted and counts for the supply's record.
    The same outcome sent twice is recorded once.

    Parameters
    ----------
    action
        ``"contacted"``, ``"unsuitable"`` (with a reason) or ``"signed"`` (with an amount).
    amount_cny
        Contract amount in yuan, 0 to the library's highest (``contract_amounts.yaml``), with at
        most two decimals; given exactly where the action is ``"signed"``.
    confirmed
        Whether what looks like a slip (an amount far beyond the budget, a second contract) is
        meant.

    Raises
    ------
    AccessDenied
        If the viewer may not do this.
    OutcomeDoubted
        If it looks like a slip and is not confirmed.
    OutcomeRefused
        If a guard refuses it.
    RecordNotFound
        If there is no such supply.
    """
    supply = find_record(supply_id)
    check_form(action, reason.strip(), amount_cny, supply)
    check_permission(viewer, action, need, supply)
    amount_cny = None if amount_cny is None else in_fen(amount_cny)
    # The engine is asked before the transaction, so that nobody waits for it holding a lock.
    first_seen = not Match.objects.filter(need=need, supply_id=supply_id).exists()
    reasons = frozen_match(need, supply_id, viewer) if first_seen else {}
    with transaction.atomic():
        need = Need.objects.select_for_update().get(pk=need.pk)
        match = _locked_match(need, supply, reasons)
        standing = effective_outcomes(match.outcomes.all())
        repeated = standing[-1] if standing and _same(standing[-1], action, reason) else None
        if repeated and repeated.amount_cny == amount_cny:
            return repeated
        check_state(action, need, match)
        if not confirmed:
            check_doubts(amount_cny, need, match)
        outcome = Outcome.objects.create(
            match=match,
            action=action,
            reason=reason.strip(),
            amount_cny=amount_cny,
            actor_id=viewer.user_id,
        )
        _follow(match, need, action)
        audit.log(
            "match.outcome",
            viewer,
            match.public_id,
            need=need.public_id,
            supply=supply_id,
            outcome=action,
            amount_cny=_logged(amount_cny),
        )
    return outcome


def correct(
    outcome: Outcome,
    viewer: "Viewer",
    *,
    reason: str = "",
    amount_cny: Decimal | None = None,
    confirmed: bool = False,
) -> Outcome:
    """Put another reason or amount in the place of the last standing outcome of a match.

    The trail keeps both, and what the match and its need are stays as it is. What is already so is
    not recorded again.

    Raises
    ------
    AccessDenied
        If the viewer neither recorded it, nor owns the need, nor is the operator.
    OutcomeDoubted
        If the amount looks like a slip and is not confirmed.
    OutcomeRefused
        If a guard refuses it, or it is not what stands.
    """
    match = Match.objects.select_related("need").get(pk=outcome.match_id)
    check_withdrawal(viewer, outcome, match)
    check_form(outcome.action, reason.strip(), amount_cny, find_record(match.supply_id))
    amount_cny = None if amount_cny is None else in_fen(amount_cny)
    with transaction.atomic():
        need, match = _locked(match)
        _check_last(effective_outcomes(match.outcomes.all()), outcome)
        if outcome.reason == reason.strip() and outcome.amount_cny == amount_cny:
            return outcome
        if not confirmed and outcome.amount_cny != amount_cny:
            check_doubts(amount_cny, need, match, is_correction=True)
        correction = Outcome.objects.create(
            match=match,
            action=outcome.action,
            reason=reason.strip(),
            amount_cny=amount_cny,
            actor_id=viewer.user_id,
            corrects=outcome,
        )
        match.updated_at = timezone.now()
        match.save()
        audit.log(
            "match.correct",
            viewer,
            match.public_id,
            outcome=outcome.action,
            amount_cny=_logged(amount_cny),
            former_amount_cny=_logged(outcome.amount_cny),
        )
    return correction


def withdraw(outcome: Outcome, viewer: "Viewer") -> Outcome:
    """Undo the last standing outcome of a match by appending its withdrawal.

    Raises
    ------
    AccessDenied
        If the viewer neither recorded it, nor owns the need, nor is the operator.
    OutcomeRefused
        If another outcome came after it, or it is withdrawn already.
    """
    match = Match.objects.select_related("need").get(pk=outcome.match_id)
    check_withdrawal(viewer, outcome, match)
    with transaction.atomic():
        need, match = _locked(match)
        standing = effective_outcomes(match.outcomes.all())
        _check_last(standing, outcome)
        withdrawal = Outcome.objects.create(
            match=match, action=Outcome.Action.WITHDRAWN, actor_id=viewer.user_id
        )
        former = standing[-2].action if len(standing) > 1 else Match.Status.SUGGESTED
        _set_status(match, former)
        if outcome.action == Outcome.Action.SIGNED:
            _reopen(need)
            enqueue([match.supply_id])
        audit.log(
            "match.withdraw",
            viewer,
            match.public_id,
            outcome=outcome.action,
            recorded_at=outcome.created_at.isoformat(),
        )
    return withdrawal


def restore(outcome: Outcome, viewer: "Viewer") -> Outcome:
    """Take back the withdrawal of an outcome, which then stands again with all that follows.

    Raises
    ------
    AccessDenied
        If the viewer neither recorded it, nor owns the need, nor is the operator.
    OutcomeRefused
        If it is not the last that was withdrawn, something was recorded since, or the need isn't
        open any more.
    """
    match = Match.objects.select_related("need").get(pk=outcome.match_id)
    check_withdrawal(viewer, outcome, match)
    with transaction.atomic():
        need, match = _locked(match)
        withdrawn = replayed_outcomes(match.outcomes.all()).withdrawn
        if not withdrawn or withdrawn[-1].pk != outcome.pk:
            raise OutcomeRefused(
                "outcome_not_withdrawn",
                "only the outcome that was withdrawn last, with nothing recorded since, can be "
                "restored, and this is not it; record it anew.",
                message_zh="只能恢复最近撤回、且其后没有新记录的一条；请重新记录。",
            )
        check_state(outcome.action, need, match)
        restoration = Outcome.objects.create(
            match=match, action=Outcome.Action.RESTORED, actor_id=viewer.user_id
        )
        _follow(match, need, outcome.action)
        audit.log(
            "match.restore",
            viewer,
            match.public_id,
            outcome=outcome.action,
            recorded_at=outcome.created_at.isoformat(),
        )
    return restoration


def _check_last(standing: list[Outcome], outcome: Outcome) -> None:
    if not standing or standing[-1].pk != outcome.pk:
        raise OutcomeRefused(
            "outcome_not_last",
            "only the last standing outcome of a match can be withdrawn or corrected, and this is "
            "not it; withdraw the later ones first.",
            message_zh="只能撤回或修改该匹配最近一条有效记录；请先撤回其后的记录。",
        )


def _locked(match: Match) -> tuple[Need, Match]:
    """The need and the match, read anew under lock; the need first, as everywhere."""
    need = Need.objects.select_for_update().get(pk=match.need_id)
    return need, Match.objects.select_for_update().get(pk=match.pk)


def _locked_match(need: Need, supply: Record, reasons: dict[str, Any]) -> Match:
    match, _ = Match.objects.get_or_create(
        need=need,
        supply_id=supply.public_id,
        defaults={"supply_kind": supply.kind, **reasons},
    )
    return Match.objects.select_for_update().get(pk=match.pk)


def _logged(amount_cny: Decimal | None) -> str | None:
    return None if amount_cny is None else str(amount_cny)


def _same(outcome: Outcome, action: str, reason: str) -> bool:
    return outcome.action == action and outcome.reason == reason.strip()


def _follow(match: Match, need: Need, action: str) -> None:
    _set_status(match, action)
    if action == Outcome.Action.SIGNED:
        if need.status != Need.Status.CONTRACTED:
            need.status = Need.Status.CONTRACTED
            need.save()
        enqueue([match.supply_id])


def _set_status(match: Match, status: str) -> None:
    match.status = Match.Status(status)
    match.updated_at = timezone.now()
    match.save()


def _reopen(need: Need) -> None:
    """Give a need the status it had before it was contracted, unless another contract stands."""
    if need.status != Need.Status.CONTRACTED:
        return
    if need.matches.filter(status=Match.Status.SIGNED).exists():
        return
    former = need.history.exclude(status=Need.Status.CONTRACTED).order_by("-history_id").first()
    need.status = Need.Status(former.status) if former else Need.Status.PUBLISHED
    need.save()
