"""Applications under a policy, prepared from the facts; their further course is a programme's."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from silian.errors import EngineError
from silian.portal.accounts.domain.access import require
from silian.portal.audit import domain as audit
from silian.portal.capital.domain.grants import paid_earlier_cny
from silian.portal.industry.domain.entitlement import earlier_payment
from silian.portal.industry.domain.policies import compiled_policy, find_policy
from silian.portal.industry.domain.policy_values import answer_values, earlier_values
from silian.portal.industry.models import PolicyApplication

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer
    from silian.portal.registry.models import Organisation

_State = PolicyApplication.State


class ApplicationRefused(EngineError, ValueError):
    """An application that can't take this step; ``code`` says which guard refused."""

    def __init__(self, code: str, message_en: str, *, message_zh: str) -> None:
        super().__init__(message_en)
        self.code = code
        self.message_zh = message_zh


def applications(viewer: "Viewer") -> QuerySet[PolicyApplication]:
    """Applications that the viewer may see: the service team all, an enterprise its own."""
    require(viewer, "entitlement.read")
    found = PolicyApplication.objects.select_related("organisation")
    if viewer.role in ("operator", "adviser"):
        return found
    return found.filter(organisation_id=viewer.organisation_pk or 0)


def faceted(
    rows: QuerySet[PolicyApplication],
    *,
    state: str = "",
    policy_id: str = "",
    year: int | None = None,
    text: str = "",
) -> QuerySet[PolicyApplication]:
    """Those of the applications in a state, under a policy, of a year, of enterprises so named."""
    if state in _State.values:
        rows = rows.filter(state=state)
    if policy_id:
        rows = rows.filter(policy_id=policy_id)
    if year is not None:
        rows = rows.filter(year=year)
    if text:
        rows = rows.filter(organisation__name__icontains=text[:100])
    return rows


def prepare_application(
    organisation: "Organisation",
    policy_id: str,
    *,
    year: int,
    as_of: date,
    viewer: "Viewer",
) -> PolicyApplication:
    """Begin an application with the answer of the rules frozen in it; one a policy and year.

    Callers ask for the right to do so: ``application.write`` on a page of its own,
    ``diagnosis.advise`` from a diagnosis.

    Raises
    ------
    silian.portal.industry.domain.policies.PolicyNotFound
        If the policy isn't in force.
    """
    if year > as_of.year:
        raise ApplicationRefused(
            "year_ahead",
            f"year is {year}; applications rest on facts of years up to {as_of.year}.",
            message_zh=f"{year} 年尚未到来，只能用 {as_of.year} 年及以前的数据申报。",
        )
    values = answer_now(organisation, policy_id, year=year, as_of=as_of)
    with transaction.atomic():
        made = (
            PolicyApplication.objects.select_for_update()
            .filter(organisation=organisation, policy_id=policy_id, year=year)
            .exclude(state=_State.WITHDRAWN)
            .first()
        )
        if made is not None:
            return made
        application = PolicyApplication.objects.create(
            organisation=organisation,
            policy_id=policy_id,
            policy_valid_from=find_policy(policy_id, as_of).valid_from,
            year=year,
            amount_cny=_amount(values),
            answer=values,
            actor_id=viewer.person_id,
        )
        _log("application.prepare", viewer, application)
    return application


def answer_now(
    organisation: "Organisation", policy_id: str, *, year: int, as_of: date
) -> dict[str, Any]:
    """The rules' answer by the facts as they are known now, earlier payments taken off.

    ``as_of`` in it is the day that it holds for.
    """
    from silian.engines.rules import answer_policy
    from silian.portal.industry.domain.facts import facts_of

    facts = facts_of(organisation, year)
    policy = compiled_policy(policy_id, as_of)
    answer = answer_policy(policy, facts.values, subject_id=facts.organisation_id)
    paid = paid_earlier_cny(facts.organisation_id, year=facts.year, as_of=as_of)
    earlier = earlier_payment(answer, as_of=as_of, paid_earlier=paid)
    values = answer_values(answer)
    values |= earlier_values(earlier, answer, values["trace"])
    return values | {"as_of": as_of.isoformat()}


def _amount(answer: dict[str, Any]) -> Decimal | None:
    """What may be expected: nothing where the conditions aren't met."""
    payable = answer["payable_cny"]
    if payable is None or answer["entitlement"] == "not_entitled":
        return None
    return Decimal(str(payable))


def mark_ready(
    application: PolicyApplication, attachment_ids: Iterable[str], *, viewer: "Viewer"
) -> PolicyApplication:
    """Say which of the attachments are at hand.

    Raises
    ------
    ApplicationRefused
        If the policy asks for no such attachment, or the application isn't being prepared.
    """
    require(viewer, "application.write", application)
    wanted = list(dict.fromkeys(attachment_ids))
    asked = {one["attachment_id"] for one in application.answer["attachments"]}
    unknown = [one for one in wanted if one not in asked]
    if unknown:
        raise ApplicationRefused(
            "unknown_attachment",
            f"attachment is {unknown[0]!r}; the policy asks for: {', '.join(sorted(asked))}.",
            message_zh=f"该政策不要求材料 {unknown[0]}。",
        )
    return _change(application, viewer, _State.PREPARING, attachments_ready=wanted)


def submit(
    application: PolicyApplication, *, viewer: "Viewer", on: date | None = None
) -> PolicyApplication:
    """Hand in a prepared application, with the rules' answer of that day frozen in it.

    Raises
    ------
    ApplicationRefused
        If a required attachment is not at hand, or by today's facts a condition isn't met; one
        that missing facts leave open is the authority's to judge.
    silian.portal.industry.domain.policies.PolicyNotFound
        If the policy is no longer in force.
    """
    require(viewer, "application.write", application)
    ready = set(application.attachments_ready)
    lacking = [
        one
        for one in application.answer["attachments"]
        if one["required"] and one["attachment_id"] not in ready
    ]
    if lacking:
        names_zh = "、".join(one["label_zh"] for one in lacking)
        raise ApplicationRefused(
            "attachments_lacking",
            "not yet at hand: " + ", ".join(one["label_en"] for one in lacking) + ".",
            message_zh=f"还缺材料：{names_zh}。",
        )
    answer = answer_now(
        application.organisation,
        application.policy_id,
        year=application.year,
        as_of=on or timezone.localdate(),
    )
    if answer["entitlement"] == "not_entitled":
        unmet = [one for one in answer["conditions"] if one["standing"] == "unmet"]
        raise ApplicationRefused(
            "not_entitled",
            "by the facts as they are now these conditions aren't met: "
            + ", ".join(one["label_en"] for one in unmet)
            + ". Complete or correct the facts first.",
            message_zh="按现有数据，以下条件未满足："
            + "、".join(one["label_zh"] for one in unmet)
            + "。请先补充或更正数据。",
        )
    return _change(
        application,
        viewer,
        _State.SUBMITTED,
        answer=answer,
        amount_cny=_amount(answer),
        submitted_at=timezone.now(),
    )


def withdraw_application(application: PolicyApplication, *, viewer: "Viewer") -> PolicyApplication:
    """Take an application back; another may be begun."""
    require(viewer, "application.write", application)
    return _change(application, viewer, _State.WITHDRAWN)


def _change(
    application: PolicyApplication, viewer: "Viewer", state: str, **values: Any
) -> PolicyApplication:
    with transaction.atomic():
        held = PolicyApplication.objects.select_for_update().get(pk=application.pk)
        open_states = (_State.PREPARING, *([_State.SUBMITTED] if state == "withdrawn" else []))
        if held.state not in open_states:
            raise ApplicationRefused(
                "application_state",
                f"the application is {held.state} and can't become {state}.",
                message_zh=f"申报状态为“{_State(held.state).label}”，不能进行此操作。",
            )
        held.state = state
        for name, value in values.items():
            setattr(held, name, value)
        held.save()
        _log("application.change", viewer, held, state=str(state))
    application.refresh_from_db()
    return application


def _log(action: str, viewer: "Viewer", application: PolicyApplication, **details: Any) -> None:
    audit.log(action, viewer, str(application.public_id), policy=application.policy_id, **details)
