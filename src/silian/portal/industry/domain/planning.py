"""The cheapest way to a policy that is missed: gaps, and a set of changes that closes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from silian.engines.rules.values import PolicyAnswer
from silian.portal.capital.domain.grants import paid_earlier_cny
from silian.portal.industry.domain.entitlement import EarlierPayment, earlier_payment
from silian.portal.industry.domain.policies import compiled_policy

if TYPE_CHECKING:
    from silian.engines.rules import ChangePlan, Effort, Gap, NoPlan
    from silian.portal.industry.domain.facts import FactsRow
    from silian.portal.registry.models import Organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """How an enterprise gets to one policy (导).

    Attributes
    ----------
    plan
        ``None`` where there is nothing to change: it is entitled already.
    earlier
        What earlier payments take off its amount; ``None`` where they take nothing.
    assumptions_verified
        Whether the costs and bounds were held against local prices; the library's are not.
    """

    answer: PolicyAnswer
    gaps: "tuple[Gap, ...]"
    plan: "ChangePlan | NoPlan | None"
    earlier: EarlierPayment | None = None
    assumptions_verified: bool = False


def plan_for(
    organisation: "Organisation",
    policy_id: str,
    *,
    as_of: date,
    year: int | None = None,
    efforts: "Mapping[str, Effort] | None" = None,
) -> "ChangePlan | NoPlan":
    """Cheapest changes with which an enterprise would be entitled, or why there are none.

    Parameters
    ----------
    efforts
        What one unit of a fact costs and how far it can move; by default the library's planning
        assumptions.

    Raises
    ------
    silian.portal.industry.domain.policies.PolicyNotFound
        If the policy isn't in force.
    """
    from silian.portal.industry.domain.facts import facts_of

    facts = facts_of(organisation, year, known_on=as_of)
    return plan_from(facts, policy_id, as_of=as_of, efforts=efforts)


def plan_from(
    facts: "FactsRow",
    policy_id: str,
    *,
    as_of: date,
    efforts: "Mapping[str, Effort] | None" = None,
) -> "ChangePlan | NoPlan":
    """The same from facts that are at hand."""
    from silian.engines.rules import cheapest_changes
    from silian.library.facts import default_efforts

    chosen = default_efforts(facts.values) if efforts is None else efforts
    row = {**facts.values, "year": facts.year}
    return cheapest_changes(compiled_policy(policy_id, as_of), row, chosen)


def guidance_for(
    organisation: "Organisation",
    policy_id: str,
    *,
    as_of: date,
    year: int | None = None,
    efforts: "Mapping[str, Effort] | None" = None,
) -> Guidance:
    """Answer, gaps and plan for one policy and one enterprise."""
    from silian.engines.rules import answer_policy, gaps
    from silian.library.facts import fact_schema
    from silian.portal.industry.domain.facts import facts_of

    facts = facts_of(organisation, year, known_on=as_of)
    policy = compiled_policy(policy_id, as_of)
    answer = answer_policy(policy, facts.values, subject_id=facts.organisation_id)
    entitled = answer.entitlement == "entitled"
    paid = paid_earlier_cny(
        facts.organisation_id, year=facts.year, as_of=as_of, known_on=facts.known_on
    )
    return Guidance(
        answer=answer,
        earlier=earlier_payment(answer, as_of=as_of, paid_earlier=paid),
        gaps=()
        if entitled
        else tuple(gaps(policy, {**facts.values, "year": facts.year}, schema=fact_schema())),
        plan=None if entitled else plan_from(facts, policy_id, as_of=as_of, efforts=efforts),
    )


_NO_PLAN_ZH = {
    "not_changeable": "有条件未满足，且一年内无法通过努力改变。",
    "missing_facts": "缺少数据，补齐后才能给出路径。",
    "no_effort": "未满足条件所读的数据没有成本假设。",
    "out_of_reach": "按假设的调整幅度，达不到条件的要求。",
    "not_linear": "有关数据相乘，逐个调整达不到要求。",
    "conflict": "各条件可单独达到，但不能同时达到。",
    "too_many_alternatives": "可选路径太多，未能逐一比较。",
}


def no_plan_words(plan: "NoPlan") -> tuple[str, str]:
    """Why there is no plan, in Chinese and English."""
    return _NO_PLAN_ZH[plan.reason], plan.message
