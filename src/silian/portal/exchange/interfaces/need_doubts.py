"""What of a need's budget and deadline is asked about before it is published, and what is refused.

The bounds of budgets are those of contracts (``contract_amounts.yaml``), which a budget is to pay.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from silian.library.contract_amounts import contract_amounts
from silian.portal.bilingual import choose
from silian.portal.exchange.domain.figures_in_words import in_words
from silian.portal.industry.models import Need
from silian.tables.values import ValueRefused, parse_amount_cny


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A value that is published only once its writer has said that it is meant.

    ``token`` names box and value: another value is asked about anew.
    """

    name: str
    token: str
    message: str


def budget_refusal(budget_cny: Decimal | None) -> str:
    """Why no need has such a budget; empty for those that one may have."""
    highest = contract_amounts().highest_cny
    if budget_cny is None or budget_cny <= highest:
        return ""
    told, most = (_told(amount) for amount in (budget_cny, highest))
    return choose(
        f"填写的预算合 {told}，超过 {most}，不会是一项需求的预算。请核对单位：这里以万元计。",
        f"The budget comes to {told}, above {most}, which no need costs. Check the unit: it is in "
        "10,000 yuan.",
    )


def doubts_of(
    budget_cny: Decimal | None, deadline: date | None, published: Need | None
) -> list[Doubt]:
    """What is asked before a need is published with this budget and this deadline.

    Parameters
    ----------
    published
        The need as it stands published already, which is not asked about again; else ``None``.
    """
    found: list[Doubt] = []
    kept_cny, kept_day = (published.budget_cny, published.deadline) if published else (None, None)
    if (
        budget_cny is not None
        and budget_cny != kept_cny
        and budget_cny > contract_amounts().asked_above_cny
    ):
        told = _told(budget_cny)
        message = choose(
            f"预算合 {told}，少有需求这么多。确实是这个数吗？",
            f"The budget comes to {told}, which is rare for a need. Is it meant?",
        )
        found.append(Doubt(name="budget_cny", token=f"budget_cny:{budget_cny:f}", message=message))
    if deadline is not None and deadline != kept_day and deadline < timezone.localdate():
        message = choose(
            f"期限 {deadline.isoformat()} 已经过去，发布后会标为“已过期限”。确实是这一天吗？",
            f"The deadline {deadline.isoformat()} is past: the need will be marked as overdue. Is "
            "it meant?",
        )
        found.append(Doubt(name="deadline", token=f"deadline:{deadline}", message=message))
    return found


def stated_values(fields: Mapping[str, Any]) -> tuple[Decimal | None, date | None]:
    """Budget in yuan and deadline that stand in a form, ``None`` where they can't be read."""
    budget = fields["budget_cny"].value
    try:
        # A figure alone is in 万元, as the box says.
        plain = bool(budget) and budget[-1].isdigit()
        budget_cny = parse_amount_cny(f"{budget}万元" if plain else budget) if budget else None
    except ValueRefused:
        budget_cny = None
    try:
        deadline = date.fromisoformat(fields["deadline"].value or "")
    except ValueError:
        deadline = None
    return budget_cny, deadline


def _told(amount: Decimal) -> str:
    return in_words(float(amount), "cny", english=bool(choose("", "en")))
