"""Which status people may give a need by hand: contracts come and go by outcomes alone."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from silian.portal.exchange.models import Match
from silian.portal.industry.models import Need
from silian.portal.registry.domain.reasons import Reason, RowRefused
from silian.portal.registry.domain.validation import check_row

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer

_CONTRACTED = Need.Status.CONTRACTED
_BY_HAND = tuple(status for status in Need.Status.values if status != _CONTRACTED)


def check_status(need: Need | None, values: Mapping[str, Any], viewer: "Viewer") -> None:
    """Refuse a status that only an outcome may give or take away.

    The caller holds the need's lock, as whoever records an outcome does.

    Parameters
    ----------
    need
        The need as it is, ``None`` for a new one.
    values
        Complete columns of the need, raw or typed; without a status there is nothing to refuse.

    Raises
    ------
    RowRefused
        If a member sets a need to contracted, or anybody takes a need out of a contract that
        stands.
    """
    if "status" not in values:
        return
    wanted = check_row("need", {"source_key": "-", **values}).fields.get("status", "")
    held = need.status if need is not None else ""
    if wanted == held:
        return
    if wanted == _CONTRACTED and not viewer.is_operator:
        _refuse(
            "status_by_outcome",
            f"status is contracted; expected one of {', '.join(_BY_HAND)}. A need is contracted "
            "by recording the contract on its match.",
            "状态不能直接改为“已签约”；请在匹配结果上记录“已签约”和合同金额。",
            wanted,
        )
    if need is not None and held == _CONTRACTED and _contract_stands(need):
        _refuse(
            "contract_stands",
            f"status is {wanted or 'empty'}, but a signed match of the need stands; withdraw "
            "that contract first, which gives the need its former status.",
            "该需求有已签约的匹配，不能直接改变状态；请先撤回签约记录，状态会自动恢复。",
            wanted,
        )


def _contract_stands(need: Need) -> bool:
    return need.matches.filter(status=Match.Status.SIGNED).exists()


def _refuse(code: str, message_en: str, message_zh: str, arrived: str) -> None:
    reason = Reason(
        field="status", code=code, message_zh=message_zh, message_en=message_en, arrived=arrived
    )
    raise RowRefused((reason,))
