"""The policy part: what can be had, what is near and by how much, what is due, what is missing."""

from typing import TYPE_CHECKING, Any

from silian.engines.rules.values import PolicyAnswer
from silian.portal.exchange.domain.diagnosis_findings import (
    DiagnosisFinding,
    Distance,
    Evidence,
    Offer,
)
from silian.portal.exchange.domain.diagnosis_measures import evidence_of
from silian.portal.exchange.domain.figures_in_words import in_words
from silian.portal.industry.domain.entitlement import Deadline, Entitlements, Missed
from silian.portal.industry.domain.facts import FactsRow
from silian.portal.industry.domain.policy_values import (
    entitlements_values,
    gap_labels,
    missing_values,
)

if TYPE_CHECKING:
    from silian.engines.rules import Gap


def policy_values(entitlements: Entitlements) -> dict[str, Any]:
    """Entitled, near, far, unknown, stacking and calendar."""
    values = entitlements_values(entitlements)
    return {key: values[key] for key in _SHOWN}


_SHOWN = ("total_cny", "entitled", "near", "far", "unknown", "stacking", "calendar")


def policy_findings(entitlements: Entitlements) -> tuple[DiagnosisFinding, ...]:
    """One finding for each entitled, near and unknown policy and each open or urgent window."""
    facts = entitlements.facts
    paid = {award.policy_id: award.paid_cny for award in entitlements.stacking.kept}
    return (
        *(_entitled(one, paid.get(one.policy.policy_id), facts) for one in entitlements.entitled),
        *(_deadline(one) for one in entitlements.calendar if one.is_open or one.is_urgent),
        *(_near(one, facts) for one in entitlements.near),
        *(_unknown(one) for one in entitlements.unknown),
    )


def _entitled(answer: PolicyAnswer, paid_cny: float | None, facts: FactsRow) -> DiagnosisFinding:
    policy = answer.policy
    if answer.amount_cny is None:
        what_zh, what_en = "符合全部条件", "meets every condition"
    elif paid_cny is None:
        what_zh = f"符合条件（{in_words(answer.amount_cny, 'cny')}），但与更优政策不能同享"
        what_en = "is met, but a better policy excludes it"
    else:
        what_zh = f"可享 {in_words(paid_cny, 'cny')}"
        what_en = f"pays {in_words(paid_cny, 'cny', english=True)}"
    return DiagnosisFinding(
        code=f"policy.entitled.{policy.policy_id}",
        part="policy",
        kind="entitled",
        text_zh=f"“{policy.label_zh}”：{what_zh}。{_reference(answer)}{_unverified(answer)}",
        text_en=f"“{policy.label_en}” {what_en}.",
        evidence=_evidence(answer, facts),
        offers=(_application(answer),),
        policy_id=policy.policy_id,
    )


def _near(missed: Missed, facts: FactsRow) -> DiagnosisFinding:
    answer = missed.answer
    policy = answer.policy
    unmet_zh = "；".join(
        _unmet_zh(missed, c.condition.condition_id, c.condition.label_zh) for c in missed.unmet
    )
    unmet_en = "; ".join(c.condition.label_en for c in missed.unmet)
    open_zh = "".join(
        f"；另需补充数据以判断“{c.condition.label_zh}”"
        for c in answer.conditions
        if c.standing == "unknown"
    )
    worth = f"，达到后可享 {in_words(answer.amount_cny, 'cny')}" if answer.amount_cny else ""
    return DiagnosisFinding(
        code=f"policy.near.{policy.policy_id}",
        part="policy",
        kind="near",
        text_zh=f"距“{policy.label_zh}”只差：{unmet_zh}{open_zh}{worth}。{_unverified(answer)}",
        text_en=f"“{policy.label_en}” is near; still unmet: {unmet_en}.",
        evidence=_evidence(answer, facts, standing="unmet"),
        distances=tuple(_distance(gap) for gap in missed.gaps if gap.shortfall),
        offers=_near_offers(missed),
        policy_id=policy.policy_id,
    )


def _unmet_zh(missed: Missed, condition_id: str, label: str) -> str:
    own = [
        gap
        for gap in missed.gaps
        if gap.condition.condition_id == condition_id and gap.side == "term" and gap.shortfall
    ]
    if not own or len({gap.alternative for gap in own}) > 1:  # several ways: the label says it
        return label
    gap = own[0]
    return f"{label}（现为 {in_words(gap.current, gap.unit)}，要求 {in_words(gap.required, gap.unit)}）"


def _distance(gap: "Gap") -> Distance:
    label_zh, label_en = gap_labels(gap)
    return Distance(
        value=gap.shortfall if gap.direction == "raise" else -gap.shortfall,
        unit="code" if gap.side == "code" else gap.unit,
        current=gap.current,
        required=gap.required,
        label_zh=label_zh,
        label_en=label_en,
    )


def _near_offers(missed: Missed) -> tuple[Offer, ...]:
    """A gap in staff asks for a position, any other for a need; and the application itself."""
    policy = missed.answer.policy
    offers = []
    staffing = any(gap.unit == "persons" for gap in missed.gaps)
    labels = "；".join(c.condition.label_zh for c in missed.unmet)
    if staffing:
        offers.append(
            Offer(
                kind="position",
                title_zh=f"招聘岗位，达到“{policy.label_zh}”人员要求",
                text_zh=f"为满足政策条件“{labels}”，拟招聘相应人员。",
                policy_id=policy.policy_id,
            )
        )
    offers.append(
        Offer(
            kind="need",
            title_zh=f"寻求服务，达到“{policy.label_zh}”条件",
            text_zh=f"企业距该政策只差：{labels}。希望对接能帮助达标的技术、服务或人才。",
            policy_id=policy.policy_id,
        )
    )
    return tuple(offers)


def _unknown(answer: PolicyAnswer) -> DiagnosisFinding:
    policy = answer.policy
    missing = missing_values(answer.missing)
    return DiagnosisFinding(
        code=f"policy.missing.{policy.policy_id}",
        part="policy",
        kind="missing",
        text_zh=(
            f"“{policy.label_zh}”尚不能判断，缺少数据："
            + "、".join(one["label_zh"] for one in missing)
            + "。"
        ),
        text_en=(
            f"“{policy.label_en}” can't be decided; missing: "
            + ", ".join(one["label_en"] for one in missing)
            + "."
        ),
        evidence=tuple(
            Evidence(label_zh=one["label_zh"], label_en=one["label_en"], value=None)
            for one in missing
        ),
        policy_id=policy.policy_id,
    )


def _deadline(deadline: Deadline) -> DiagnosisFinding:
    policy = deadline.policy
    what = "、".join(one.label_zh for one in policy.attachments if one.required)
    prepare = f"需准备：{what}。" if what else ""
    state_zh = "正在受理" if deadline.is_open else f"{deadline.opens_on:%m 月 %d 日}开始受理"
    return DiagnosisFinding(
        code=f"policy.deadline.{policy.policy_id}",
        part="policy",
        kind="deadline",
        text_zh=(
            f"“{policy.label_zh}”{state_zh}，{deadline.closes_on:%Y 年 %m 月 %d 日}截止"
            f"（还有 {deadline.days_left} 天）。{prepare}"
        ),
        text_en=(
            f"“{policy.label_en}” takes applications from {deadline.opens_on} to "
            f"{deadline.closes_on} ({deadline.days_left} days left)."
        ),
        offers=(
            Offer(
                kind="application",
                title_zh=f"准备申报“{policy.label_zh}”",
                policy_id=policy.policy_id,
            ),
        ),
        policy_id=policy.policy_id,
    )


def _application(answer: PolicyAnswer) -> Offer:
    policy = answer.policy
    return Offer(
        kind="application", title_zh=f"申报“{policy.label_zh}”", policy_id=policy.policy_id
    )


def _reference(answer: PolicyAnswer) -> str:
    source = answer.policy.source
    return (
        "依据："
        + "，".join(
            part for part in (f"《{source.title}》", source.document_number, source.article) if part
        )
        + "。"
    )


def _unverified(answer: PolicyAnswer) -> str:
    return "" if answer.policy.source.verified else "（政策数据未经核对，以主管部门为准。）"


def _evidence(answer: PolicyAnswer, facts: FactsRow, *, standing: str = "") -> tuple[Evidence, ...]:
    """The facts that the conditions read, each once; only of those that stand so, if given."""
    from silian.library.facts import fact_schema

    schema = fact_schema()
    codes = dict.fromkeys(
        name
        for condition in answer.conditions
        if not standing or condition.standing == standing
        for name, _ in condition.values
        if name in schema
    )
    return tuple(evidence_of(code, facts) for code in codes)
