"""What is asked before an outcome is recorded: its form, who may, when, and what looks odd."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from silian.errors import EngineError
from silian.library.contract_amounts import contract_amounts
from silian.portal.bilingual import choose
from silian.portal.exchange.domain.projections import SUPPLY_KINDS
from silian.portal.exchange.models import Match, Outcome
from silian.portal.industry.models import Need
from silian.portal.registry.interfaces.amounts import cny_en, cny_zh
from silian.portal.registry.models import Record

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer

_FEN = Decimal("0.01")
#: What people record; the other actions are about a record of theirs.
RECORDED = (Outcome.Action.CONTACTED, Outcome.Action.UNSUITABLE, Outcome.Action.SIGNED)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Something odd about an outcome that may all the same be right."""

    code: str
    message_zh: str
    message_en: str


class OutcomeDoubted(OutcomeRefused):
    """An outcome that is recorded only once somebody confirms that it is meant."""

    def __init__(self, doubts: Sequence[Doubt]) -> None:
        super().__init__(
            "confirmation_needed",
            " ".join(doubt.message_en for doubt in doubts)
            + " Confirm it to record it all the same.",
            message_zh="".join(doubt.message_zh for doubt in doubts)
            + "如确实无误，请确认后再记录。",
        )
        self.doubts = tuple(doubts)


def check_form(action: str, reason: str, amount_cny: Decimal | None, supply: Record) -> None:
    if action not in RECORDED:
        raise OutcomeRefused(
            "outcome_unknown",
            f"action is {action!r}; expected one of {', '.join(RECORDED)}.",
            message_zh=f"动作“{action}”不存在，可用：{'、'.join(RECORDED)}。",
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
    highest = contract_amounts().highest_cny
    if not amount_cny.is_finite() or not 0 <= amount_cny <= highest:
        raise OutcomeRefused(
            "amount_out_of_range",
            f"the amount is {_told(amount_cny, cny_en)}; expected {cny_en(Decimal())} to "
            f"{cny_en(highest)}.",
            message_zh=f"合同金额为 {_told(amount_cny, cny_zh)}，应为 0 元至 {cny_zh(highest)}。",
        )
    if amount_cny != in_fen(amount_cny):
        raise OutcomeRefused(
            "amount_too_fine",
            f"amount_cny is {amount_cny}; expected yuan with at most two decimals.",
            message_zh=f"合同金额为 {amount_cny} 元，最多精确到分（两位小数）。",
        )


def _told(amount: Decimal, in_words: Callable[[Decimal], str]) -> str:
    """An amount in words, or in its own digits where words would fill the line."""
    return in_words(amount) if amount.is_finite() and amount.adjusted() < 15 else f"{amount:.6g}"


def check_doubts(
    amount_cny: Decimal | None, need: Need, match: Match, *, is_correction: bool = False
) -> None:
    """Ask about a contract that may be a slip: an amount out of proportion, a second one.

    Raises
    ------
    OutcomeDoubted
        With all doubts there are.
    """
    if amount_cny is None:  # no contract
        return
    doubts = _doubts_of_amount(amount_cny, need)
    if not is_correction:
        doubts += _doubts_of_contracts(need, match)
    if doubts:
        raise OutcomeDoubted(doubts)


def _doubts_of_amount(amount_cny: Decimal, need: Need) -> list[Doubt]:
    bounds, budget = contract_amounts(), need.budget_cny
    if budget:
        if amount_cny <= budget * bounds.asked_above_times_budget:
            return []
        zh = f"合同金额 {cny_zh(amount_cny)}，远高于需求预算 {cny_zh(budget)}。"
        en = f"The amount, {cny_en(amount_cny)}, is far above the need's budget, {cny_en(budget)}."
        return [Doubt(code="amount_beyond_budget", message_zh=zh, message_en=en)]
    if amount_cny <= bounds.asked_above_cny:
        return []
    limit = bounds.asked_above_cny
    zh = f"合同金额 {cny_zh(amount_cny)}，高于 {cny_zh(limit)}，这样的合同很少见。"
    en = f"The amount, {cny_en(amount_cny)}, is above {cny_en(limit)}, which is rare."
    return [Doubt(code="amount_unusual", message_zh=zh, message_en=en)]


def _doubts_of_contracts(need: Need, match: Match) -> list[Doubt]:
    others = need.matches.filter(status=Match.Status.SIGNED).exclude(pk=match.pk).count()
    if not others:
        return []
    zh = f"该需求已有 {others} 份签约记录。"
    en = f"The need has {others} contract{'s' if others > 1 else ''} already."
    return [Doubt(code="need_contracted", message_zh=zh, message_en=en)]


def check_permission(viewer: "Viewer", action: str, need: Need, supply: Record) -> None:
    from silian.portal.accounts.domain.access import allowed, require, sees

    own_supply = allowed(viewer, "match.decide", supply) and sees(viewer, need)
    if own_supply and action == Outcome.Action.CONTACTED:
        return
    require(viewer, "match.decide", need)
    # Nobody learns of a record's existence by deciding about it.
    require(viewer, "record.read", supply)


def check_withdrawal(viewer: "Viewer", outcome: Outcome, match: Match) -> None:
    from silian.portal.accounts.domain.access import is_own, require

    own = viewer.user_id is not None and viewer.user_id == outcome.actor_id
    if viewer.by_key:
        # What its maker recorded elsewhere is not the key's.
        own = own and is_own(viewer, match)
    if own and outcome.action in RECORDED:
        require(viewer, "match.decide")
    else:
        require(viewer, "match.decide", match.need)


def in_fen(amount_cny: Decimal) -> Decimal:
    """An amount as it is stored."""
    return amount_cny.quantize(_FEN)


def check_state(action: str, need: Need, match: Match) -> None:
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
            f"this match is signed already; correct or withdraw that before recording {action!r}.",
            message_zh="该匹配已签约；如有误，请先修改或撤回签约记录。",
        )
