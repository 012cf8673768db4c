"""What people do with a match: contact, refuse, sign, withdraw."""

from decimal import Decimal
from typing import TYPE_CHECKING

from silian.portal.exchange.models import Outcome
from silian.portal.industry.models import Need

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer


def record_outcome(
    *,
    need: Need,
    supply_id: str,
    action: str,
    viewer: "Viewer",
    reason: str = "",
    amount_cny: Decimal | None = None,
) -> Outcome:
    """Append an outcome to the pair's match, in one transaction with all that follows from it."""
    raise NotImplementedError


def withdraw(outcome: Outcome, viewer: "Viewer") -> Outcome:
    """Undo the last outcome of a match by appending its withdrawal."""
    raise NotImplementedError
