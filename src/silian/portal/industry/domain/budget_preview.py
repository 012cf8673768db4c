"""What a policy's budget would come to if everybody entitled applied (资金分配预演)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from silian.engines.rules.values import Budget, Policy
from silian.portal.industry.domain.choices import choices
from silian.portal.industry.domain.city_answers import kept_for_city
from silian.portal.industry.domain.city_lists import (
    amounts_of_entitled,
    compiled_only,
    declared_subjects,
    evaluate_city,
)
from silian.portal.industry.domain.city_sessions import (
    ListedEnterprise,
    about_enterprises,
    chosen_year,
    opened,
)
from silian.portal.industry.domain.facts_known import end_of, known_day, newest_states
from silian.portal.industry.domain.indicator_systems import SystemNotFound
from silian.portal.industry.domain.scores import city_scores
from silian.portal.industry.models import PolicyApplication

if TYPE_CHECKING:
    from silian.engines.rules import Apportionment


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardPreview:
    """What one enterprise would get of what it may ask for; ``place`` is 0 without an order."""

    enterprise: ListedEnterprise
    awarded_cny: float
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetPreview:
    """A budget shared out over everybody entitled; ``rows`` are the first in order of service.

    Attributes
    ----------
    applied_count
        How many have handed in an application here; the others are taken to apply on ``as_of``,
        after those.
    declared_cny
        What of the awards goes to enterprises of which a fact that the policy reads is declared
        and verified by nobody.
    score_system_id
        By whose totals ``by_score`` orders; without a total an enterprise comes last.
    """

    policy: Policy
    budget: Budget
    as_of: date
    year: int
    budget_cny: float
    asked_cny: float
    awarded_cny: float
    left_cny: float
    served_count: int
    cut_count: int
    unserved_count: int
    applied_count: int
    declared_cny: float
    score_system_id: str
    rows: tuple[AwardPreview, ...]

    @property
    def is_short(self) -> bool:
        """Whether the money doesn't reach everybody in full."""
        return self.awarded_cny < self.asked_cny


def budget_preview(
    policy_id: str, *, as_of: date, year: int | None = None, limit: int = 20
) -> BudgetPreview | None:
    """Share a policy's budget over everybody entitled; ``None`` where it has no budget.

    Raises
    ------
    silian.portal.industry.domain.policies.PolicyNotFound
        If it isn't in force.
    """
    chosen = chosen_year(year, as_of)
    moments = _submitted(policy_id, chosen, as_of)
    return _shared_out(policy_id, as_of, chosen, limit, tuple(sorted(moments.items())))


@kept_for_city(most=32)
def _shared_out(
    policy_id: str,
    as_of: date,
    chosen: int,
    limit: int,
    submitted: tuple[tuple[str, datetime], ...],
) -> BudgetPreview | None:
    from silian.engines.rules import Application, ration

    moments = dict(submitted)
    compiled = compiled_only(policy_id, as_of)
    one = compiled[policy_id]
    budget = one.policy.budget
    if budget is None or one.budget_cny is None:
        return None
    with opened(as_of) as session:
        evaluation = evaluate_city(session, compiled, chosen)
        paid = amounts_of_entitled(evaluation, policy_id, year=chosen, as_of=as_of)
        asked = {subject: amount for subject, amount in paid.items() if amount}
        order = _days_in_order(moments, as_of)
        system_id = choices().headline_systems[0] if budget.rationing == "by_score" else ""
        scores = _scores(system_id, as_of, chosen) if system_id else {}
        shared = ration(
            (
                Application(
                    subject_id=subject,
                    amount_cny=amount,
                    applied_on=order.get(subject, as_of),
                    score=scores.get(subject, 0.0),
                )
                for subject, amount in asked.items()
            ),
            one.budget_cny,
            budget.rationing,
        )
        declared = declared_subjects(session, policy_id, as_of=as_of, year=chosen)
        first = shared.awards[:limit]
        about = about_enterprises(session, chosen, [award.subject_id for award in first])
    return BudgetPreview(
        policy=one.policy,
        budget=budget,
        as_of=as_of,
        year=chosen,
        **_totals(shared),
        applied_count=sum(subject in moments for subject in asked),
        declared_cny=math.fsum(
            award.awarded_cny for award in shared.awards if award.subject_id in declared
        ),
        score_system_id=system_id,
        rows=tuple(
            AwardPreview(
                enterprise=ListedEnterprise(
                    organisation_id=award.subject_id,
                    name=about[award.subject_id]["name"] or "",
                    region_code=about[award.subject_id]["region_code"] or "",
                    industry_code=about[award.subject_id]["industry_code"] or "",
                    amount_cny=award.asked_cny,
                ),
                awarded_cny=award.awarded_cny,
                place=award.place,
            )
            for award in first
        ),
    )


def _submitted(policy_id: str, year: int, as_of: date) -> dict[str, datetime]:
    """When those who applied under the policy for a year handed their application in.

    Of a past day as it stood then: who withdrew since is among them.
    """
    day = known_day(as_of)
    kept: QuerySet[Any] = PolicyApplication.objects.all()
    if day is not None:
        kept = newest_states(PolicyApplication.history.all(), end_of(day))
    rows = kept.filter(
        policy_id=policy_id,
        year=year,
        state=PolicyApplication.State.SUBMITTED,
        submitted_at__isnull=False,
    )
    return dict(rows.values_list("organisation__public_id", "submitted_at"))


def _days_in_order(moments: Mapping[str, datetime], as_of: date) -> dict[str, date]:
    """A day for each who applied, in the order of the moments: the engine orders by days."""
    first_come = sorted(moments, key=lambda subject: (moments[subject], subject))
    return {
        subject: as_of - timedelta(days=len(first_come) - place)
        for place, subject in enumerate(first_come)
    }


def _scores(system_id: str, as_of: date, year: int) -> Mapping[str, float]:
    from silian.engines.scoring import PopulationTooSmall

    try:
        table = city_scores(system_id, as_of=as_of, year=year).table
    except (SystemNotFound, PopulationTooSmall):
        return {}  # nobody has a total: all are level, and their ids decide
    pairs = zip(table["subject_id"].to_pylist(), table["total"].to_pylist(), strict=True)
    return {subject: total for subject, total in pairs if total is not None}


def _totals(shared: "Apportionment") -> dict[str, float | int]:
    served = [award for award in shared.awards if award.awarded_cny > 0]
    return {
        "budget_cny": shared.budget_cny,
        "asked_cny": shared.asked_cny,
        "awarded_cny": shared.awarded_cny,
        "left_cny": shared.left_cny,
        "served_count": len(served),
        "cut_count": sum(award.is_cut for award in served),
        "unserved_count": len(shared.awards) - len(served),
    }
