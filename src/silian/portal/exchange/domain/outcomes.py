"""What people do with a match: contact, refuse, sign, withdraw.

Outcomes are only ever appended; a match's status follows from replaying them. They are what
``silian train`` learns from, so each keeps what the engine said when it was made.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from silian.errors import EngineError
from silian.portal.audit import domain as audit
from silian.portal.bilingual import choose
from silian.portal.catalogue import find_record
from silian.portal.exchange.domain.explanations import frozen_match
from silian.portal.exchange.domain.outbox import enqueue
from silian.portal.exchange.domain.projections import SUPPLY_KINDS
from silian.portal.exchange.models import Match, Outcome
from silian.portal.industry.models import Need
from silian.portal.registry.models import Record

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer

_FEN = Decimal("0.01")
_LARGEST_CNY = Decimal(10) ** 15


class OutcomeRefused(EngineError, ValueError):
    """An outcome that can't be recorded; ``code`` says which guard refused it."""

    def __init__(self, code: str, message_en: str, *, message_zh: str, **details: Any) -> None:
        super().__init__(message_en, **details)
        self.code = code
        self.message_zh = message_zh
        self.message_en = message_en

    @property
    def message(self) -> str:
        """The message in the reader's language."""
        return choose(self.message_zh, self.message_en)


def record_outcome(
    *,
    need: Need,
    supply_id: str,
    action: str,
    viewer: "Viewer",
    reason: str = "",
    amount_cny: Decimal | None = None,
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
        Contract amount in yuan, >= 0, with at most two decimals; given exactly where the action
        is ``"signed"``.

    Raises
    ------
    AccessDenied
        If the viewer may not do this.
    OutcomeRefused
        If a guard refuses it.
    RecordNotFound
        If there is no such supply.
    """
    supply = find_record(supply_id)
    _check_form(action, reason.strip(), amount_cny, supply)
    _check_permission(viewer, action, need, supply)
    amount_cny = None if amount_cny is None else amount_cny.quantize(_FEN)
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
        _check_state(action, need, match)
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
            amount_cny=None if amount_cny is None else str(amount_cny),
        )
    return outcome


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
    _check_withdrawal(viewer, outcome, match)
    with transaction.atomic():
        need = Need.objects.select_for_update().get(pk=match.need_id)
        match = Match.objects.select_for_update().get(pk=match.pk)
        standing = effective_outcomes(match.outcomes.all())
        if not standing or standing[-1].pk != outcome.pk:
            raise OutcomeRefused(
                "outcome_not_last",
                "only the last standing outcome of a match can be withdrawn, and this is not it; "
                "withdraw the later ones first.",
                message_zh="只能撤回该匹配最近一条有效记录；请先撤回其后的记录。",
            )
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


def effective_outcomes(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Outcomes that stand, oldest first: each withdrawal takes the last one before it away."""
    standing: list[Outcome] = []
    for outcome in sorted(outcomes, key=lambda each: each.pk):
        if outcome.action != Outcome.Action.WITHDRAWN:
            standing.append(outcome)
        elif standing:
            standing.pop()
    return standing


def _check_form(action: str, reason: str, amount_cny: Decimal | None, supply: Record) -> None:
    allowed = [a for a in Outcome.Action.values if a != Outcome.Action.WITHDRAWN]
    if action not in allowed:
        raise OutcomeRefused(
            "outcome_unknown",
            f"action is {action!r}; expected one of {', '.join(allowed)}.",
            message_zh=f"动作“{action}”不存在，可用：{'、'.join(allowed)}。",
        )
    if supply.kind not in SUPPLY_KINDS:
        raise OutcomeRefused(
            "not_a_supply",
            f"{supply.public_id} is a {supply.kind}; expected one of {', '.join(SUPPLY_KINDS)}.",
            message_zh=f"{supply.public_id} 不是供给记录，不能与需求匹配。",
        )
    if action == Outcome.Action.UNSUITABLE and not reason:
        raise OutcomeRefused(
            "reason_required",
            "an unsuitable match needs a reason: the ranker learns from it, and the supplier "
            "may want to know. Say in a sentence why it does not fit.",
            message_zh="标记“不合适”须填写原因，请用一句话说明为什么不合适。",
        )
    if len(reason) > 500:
        raise OutcomeRefused(
            "reason_too_long",
            f"the reason has {len(reason)} characters; at most 500 are kept.",
            message_zh=f"原因共 {len(reason)} 字，最多 500 字。",
        )
    _check_amount(action, amount_cny)


def _check_amount(action: str, amount_cny: Decimal | None) -> None:
    if action != Outcome.Action.SIGNED:
        if amount_cny is not None:
            raise OutcomeRefused(
                "amount_unexpected",
                f"an amount came with {action!r}; only a signed contract has one.",
                message_zh="只有“已签约”才填写金额。",
            )
        return
    if amount_cny is None:
        raise OutcomeRefused(
            "amount_required",
            "a signed contract needs its amount in yuan; pass amount_cny, 0 for one without pay.",
            message_zh="“已签约”须填写合同金额（元），无偿合作填 0。",
        )
    if not amount_cny.is_finite() or amount_cny < 0 or amount_cny >= _LARGEST_CNY:
        raise OutcomeRefused(
            "amount_out_of_range",
            f"amount_cny is {amount_cny}; expected 0 to {_LARGEST_CNY:.0f} yuan.",
            message_zh=f"合同金额为 {amount_cny}，应为不小于 0 的金额（元）。",
        )
    if amount_cny != amount_cny.quantize(_FEN):
        raise OutcomeRefused(
            "amount_too_fine",
            f"amount_cny is {amount_cny}; expected yuan with at most two decimals.",
            message_zh=f"合同金额为 {amount_cny} 元，最多精确到分（两位小数）。",
        )


def _check_permission(viewer: "Viewer", action: str, need: Need, supply: Record) -> None:
    from silian.portal.accounts.domain.access import allowed, require, sees

    own_supply = allowed(viewer, "match.decide", supply) and sees(viewer, need)
    if own_supply and action == Outcome.Action.CONTACTED:
        return
    require(viewer, "match.decide", need)
    # Nobody learns of a record's existence by deciding about it.
    require(viewer, "record.read", supply)


def _check_withdrawal(viewer: "Viewer", outcome: Outcome, match: Match) -> None:
    from silian.portal.accounts.domain.access import is_own, require

    own = viewer.user_id is not None and viewer.user_id == outcome.actor_id
    if viewer.by_key:
        # What its maker recorded elsewhere is not the key's.
        own = own and is_own(viewer, match)
    if own and outcome.action != Outcome.Action.WITHDRAWN:
        require(viewer, "match.decide")
    else:
        require(viewer, "match.decide", match.need)


def _locked_match(need: Need, supply: Record, reasons: dict[str, Any]) -> Match:
    match, _ = Match.objects.get_or_create(
        need=need,
        supply_id=supply.public_id,
        defaults={"supply_kind": supply.kind, **reasons},
    )
    return Match.objects.select_for_update().get(pk=match.pk)


def _same(outcome: Outcome, action: str, reason: str) -> bool:
    return outcome.action == action and outcome.reason == reason.strip()


def _check_state(action: str, need: Need, match: Match) -> None:
    if need.status in {Need.Status.CLOSED, Need.Status.DRAFT}:
        label = need.get_status_display()
        raise OutcomeRefused(
            "need_not_open",
            f"the need is {need.status}; outcomes are recorded on published needs only.",
            message_zh=f"该需求当前为“{label}”，只能对已发布的需求记录结果。",
        )
    if match.status == Match.Status.SIGNED:
        raise OutcomeRefused(
            "already_signed",
            f"this match is signed already; withdraw that before recording {action!r}.",
            message_zh="该匹配已签约；如有误，请先撤回签约记录。",
        )


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
