"""The cheapest way to a policy that is missed: gaps, and a set of changes that closes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from silian.engines.rules.values import PolicyAnswer
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
    assumptions_verified
        Whether the costs and bounds were held against local prices; the library's are not.
    """

    answer: PolicyAnswer
    gaps: "tuple[Gap, ...]"
    plan: "ChangePlan | NoPlan | None"
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

    return plan_from(facts_of(organisation, year), policy_id, as_of=as_of, efforts=efforts)


def plan_from(
    facts: "FactsRow",
    policy_id: str,
    *,
    as_of: date,
    efforts: "Mapping[str, Effort] | None" = None,
) -> "ChangePlan | NoPlan":
    """The same from facts that are at hand."""
    from silian.engines.rules import cheapest_changes

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

    facts = facts_of(organisation, year)
    policy = compiled_policy(policy_id, as_of)
    answer = answer_policy(policy, facts.values, subject_id=facts.organisation_id)
    entitled = answer.entitlement == "entitled"
    return Guidance(
        answer=answer,
        gaps=()
        if entitled
        else tuple(gaps(policy, {**facts.values, "year": facts.year}, schema=fact_schema())),
        plan=None if entitled else plan_from(facts, policy_id, as_of=as_of, efforts=efforts),
    )


def default_efforts(values: Mapping[str, object]) -> "dict[str, Effort]":
    """The library's planning assumptions around the present values; unknown values get none."""
    from silian.engines.rules import Effort
    from silian.library.facts import FACTS

    efforts = {}
    for fact in FACTS:
        value = values.get(fact.code)
        # A fact that moves has a number to move from; sets of codes need no bounds.
        if fact.default_effort is None or isinstance(value, bool | str) or value is None:
            continue
        lower, upper = fact.default_effort.bounds(float(value))  # type: ignore[arg-type]
        efforts[fact.code] = Effort(
            cost_cny_per_unit=fact.default_effort.cost_cny_per_unit,
            lower=lower,
            upper=upper,
            integer=fact.type == "integer",
        )
    return efforts
