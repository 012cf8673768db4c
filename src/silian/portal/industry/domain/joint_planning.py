"""The cheapest way to several policies at once: what each change is for, and what else it opens."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from silian.engines.rules.values import Policy
from silian.errors import EngineError
from silian.library.ladder import Step, ladder_steps
from silian.portal.industry.domain.entitlement import Entitlements, entitlement_of
from silian.portal.industry.domain.ladder_standing import UnknownStep
from silian.portal.industry.domain.planning import no_plan_words
from silian.portal.industry.domain.policies import compiled, find_policy, stacking_groups

if TYPE_CHECKING:
    from silian.engines.rules import JointChange, JointPlan, NoJointPlan
    from silian.portal.registry.models import Organisation

#: A code that is gained counts in the set of what is new this year as well.
_GAINED_IN = {"titles": "titles_new", "platforms": "platforms_new"}
MOST_POLICIES = 12


class NoPolicyChosen(EngineError, ValueError):
    """A joint plan for no policy, or for more than are searched."""

    code = "no_policy_chosen"
    message_zh = f"请选择 1 至 {MOST_POLICIES} 项政策，或一级梯队。"


@dataclass(frozen=True, slots=True, kw_only=True)
class JointGuidance:
    """How an enterprise gets to several policies by one set of changes.

    Attributes
    ----------
    wanted
        Policies that were asked for and are not met yet.
    held
        Policies that were asked for and are met already; the changes keep them.
    plan
        ``None`` where nothing is to be done: all are met.
    total_cny, total_after_cny
        What the best lawful combination of all awards pays now and after the changes; the second
        is ``None`` without a plan.
    unknown_after
        Policies that are due after the changes with an amount nobody knows: in no total.
    assumptions_verified
        Whether the costs and bounds were held against local prices; the library's are not.
    """

    organisation_id: str
    as_of: date
    year: int
    step: Step | None
    wanted: tuple[Policy, ...]
    held: tuple[Policy, ...]
    plan: "JointPlan | NoJointPlan | None"
    total_cny: float
    total_after_cny: float | None = None
    unknown_after: tuple[str, ...] = ()
    assumptions_verified: bool = False

    @property
    def changes(self) -> "tuple[JointChange, ...]":
        """The changes, none where there is no plan."""
        return getattr(self.plan, "changes", ())


def joint_guidance(
    organisation: "Organisation",
    policy_ids: Iterable[str] = (),
    *,
    as_of: date,
    year: int | None = None,
    step_code: str = "",
) -> JointGuidance:
    """The cheapest changes after which an enterprise has all of some policies.

    Parameters
    ----------
    policy_ids
        Policies that are wanted, all at once.
    step_code
        A step of the ladder: its policy, and what is near and asks for one of its titles.

    Raises
    ------
    NoPolicyChosen
        If neither a policy nor a step is named, or more policies than are searched.
    silian.portal.industry.domain.policies.PolicyNotFound
        If a policy isn't in force then.
    silian.portal.industry.domain.ladder_standing.UnknownStep
        If there is no such step, or the library doesn't have its conditions.
    """
    named = list(dict.fromkeys(policy_ids))
    if len(named) > MOST_POLICIES or not (named or step_code):
        raise NoPolicyChosen(
            f"{len(named)} policies are chosen; name 1 to {MOST_POLICIES} of them, or a step."
        )
    asked = [find_policy(one, as_of).policy_id for one in named]
    step = _step(step_code) if step_code else None
    found = entitlement_of(organisation, as_of=as_of, year=year)
    if step is not None:
        asked = list(dict.fromkeys([*asked, *_of_step(step, found)]))
    return _planned(found, asked, step)


def _planned(found: Entitlements, asked: Sequence[str], step: Step | None) -> JointGuidance:
    from silian.engines.rules import cheapest_joint_changes, evaluate_subject, stack
    from silian.library.facts import default_efforts

    policies, facts = compiled(found.as_of), found.facts
    met = {one.policy.policy_id for one in found.entitled}
    wanted = [one for one in asked if one not in met]
    guidance = JointGuidance(
        organisation_id=found.organisation_id,
        as_of=found.as_of,
        year=found.year,
        step=step,
        wanted=tuple(policies[one].policy for one in wanted),
        held=tuple(policies[one].policy for one in asked if one in met),
        plan=None,
        total_cny=found.total_cny,
    )
    if not wanted:
        return guidance
    plan = cheapest_joint_changes(
        # Those that are met have to stay so: a change for one may cost another.
        [policies[one] for one in asked],
        {**facts.values, "year": facts.year},
        default_efforts(facts.values),
        title_policies=[one for one in policies.policies if one.policy.title_code],
        others=policies.policies,
        gained_in=_GAINED_IN,
    )
    if not hasattr(plan, "changes"):
        return replace(guidance, plan=plan)
    answers = evaluate_subject(policies, plan.changed_row, subject_id=facts.organisation_id)
    due = [one for one in answers if one.entitlement == "entitled"]
    after = stack(due, stacking_groups(found.as_of), paid_earlier_cny=found.paid_earlier)
    return replace(
        guidance, plan=plan, total_after_cny=after.total_cny, unknown_after=after.unknown
    )


def _of_step(step: Step, found: Entitlements) -> list[str]:
    """The step's own policy, and what is near and asks for one of the step's titles."""
    near = (
        one.answer.policy.policy_id
        for one in found.near
        if any(gap.side == "code" and gap.code in step.titles for gap in one.gaps)
    )
    return [find_policy(step.policy_id, found.as_of).policy_id, *near]


def _step(code: str) -> Step:
    found = next((one for one in ladder_steps() if one.code == code), None)
    if found is None or not found.policy_id:
        allowed = ", ".join(one.code for one in ladder_steps() if one.policy_id)
        raise UnknownStep(
            f"step (梯队) is {code!r}; plans are made for {allowed}, whose conditions the library has "
            "read.",
            step=code,
        )
    return found


_TOGETHER_ZH = {
    "conflict": "各项政策可单独达到，但不能同时达到；请少选几项再试。",
    "titles_out_of_reach": "需要先取得的称号，其自身条件达不到。",
    "too_many_alternatives": "可选路径太多，未能逐一比较；请少选几项再试。",
}


def no_joint_plan_words(plan: "NoJointPlan") -> tuple[str, str]:
    """Why there is no joint plan, in Chinese and English."""
    if plan.reason in _TOGETHER_ZH and not plan.obstacles:
        return _TOGETHER_ZH[plan.reason], plan.message
    return "所选政策中有单独也达不到的，见下。", "Some of these can't be reached even alone."


def joint_values(guidance: JointGuidance) -> dict[str, Any]:
    """A joint plan, or why there is none, as plain values."""
    labels = _labels(guidance.as_of)
    plan: Any = guidance.plan
    shown: dict[str, Any] | None = None
    if guidance.changes:
        shown = {
            "changes": [
                asdict(one.change)
                | {"needed_by": [_named(policy_id, labels) for policy_id in one.needed_by]}
                for one in plan.changes
            ],
            "cost_cny": plan.cost_cny,
            "is_cheapest": plan.is_cheapest,
            "verified": plan.verified,
            "entitled": [_opened(one, labels) for one in plan.entitled],
            "unlocks": [_opened(one, labels) for one in plan.unlocks],
        }
    elif plan is not None:
        zh, en = no_joint_plan_words(plan)
        shown = {
            "reason": plan.reason,
            "message_zh": zh,
            "message": en,
            "obstacles": [_obstacle(one, labels) for one in plan.obstacles],
        }
    return {
        "organisation_id": guidance.organisation_id,
        "as_of": guidance.as_of.isoformat(),
        "year": guidance.year,
        "step": guidance.step.code if guidance.step else "",
        "wanted": [_named(one.policy_id, labels) for one in guidance.wanted],
        "held": [_named(one.policy_id, labels) for one in guidance.held],
        "plan": shown,
        "total_cny": guidance.total_cny,
        "total_after_cny": guidance.total_after_cny,
        "unknown_after": list(guidance.unknown_after),
        "assumptions_verified": guidance.assumptions_verified,
    }


def _labels(as_of: date) -> dict[str, Policy]:
    return {one.policy.policy_id: one.policy for one in compiled(as_of).policies}


def _named(policy_id: str, labels: dict[str, Policy]) -> dict[str, str]:
    policy = labels[policy_id]
    return {
        "policy_id": policy_id,
        "label_zh": policy.label_zh,
        "label_en": policy.label_en,
    }


def _opened(one: Any, labels: dict[str, Policy]) -> dict[str, Any]:
    return {**_named(one.policy_id, labels), "amount_cny": one.amount_cny}


def _obstacle(one: Any, labels: dict[str, Policy]) -> dict[str, Any]:
    zh, en = no_plan_words(one)
    conditions = {each.condition_id: each for each in labels[one.policy_id].conditions}
    return {
        **_named(one.policy_id, labels),
        "reason": one.reason,
        "message_zh": zh,
        "message": en,
        "conditions": [
            {"condition_id": key, "label_zh": each.label_zh, "label_en": each.label_en}
            for key in one.condition_ids
            if (each := conditions.get(key))
        ],
        "facts": list(one.facts),
    }
