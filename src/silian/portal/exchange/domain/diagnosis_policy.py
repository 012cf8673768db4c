"""The policy part: what can be had, what is near and by how much, what is due, what is missing."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from silian.engines.rules.values import ConditionAnswer, Policy, PolicyAnswer
from silian.portal.exchange.domain.diagnosis_findings import (
    DiagnosisFinding,
    Distance,
    Evidence,
    Offer,
)
from silian.portal.exchange.domain.diagnosis_measures import evidence_of
from silian.portal.exchange.domain.figures_in_words import in_words
from silian.portal.industry.domain.application_calendar import Deadline
from silian.portal.industry.domain.entitlement import Entitlements, Missed
from silian.portal.industry.domain.facts import FactsRow
from silian.portal.industry.domain.gap_words import bound_in_words
from silian.portal.industry.domain.policy_values import (
    deduction_lines,
    entitlements_values,
    gap_labels,
    gap_values,
    missing_values,
)
from silian.sources import Source

if TYPE_CHECKING:
    from silian.engines.rules import Gap


def policy_values(entitlements: Entitlements) -> dict[str, Any]:
    """Entitled, near, far, unknown, stacking and calendar."""
    values = entitlements_values(entitlements)
    return {key: values[key] for key in _SHOWN}


_SHOWN = (
    "total_cny",
    "total_unverified_cny",
    "unknown_amounts",
    "paid_earlier_cny",
    "unverified",
    "total_declared_cny",
    "declared",
    "entitled",
    "near",
    "far",
    "unknown",
    "stacking",
    "calendar",
)


def policy_findings(entitlements: Entitlements) -> tuple[DiagnosisFinding, ...]:
    """One finding for each entitled, near and unknown policy and each open or urgent window."""
    return (
        *(_entitled(one, entitlements) for one in entitlements.entitled),
        *(_deadline(one) for one in entitlements.calendar if one.is_open or one.is_urgent),
        *(_near(one, entitlements) for one in entitlements.near),
        *(_unknown(one) for one in entitlements.unknown),
    )


def _entitled(answer: PolicyAnswer, entitlements: Entitlements) -> DiagnosisFinding:
    policy = answer.policy
    what_zh, what_en = _paid(answer, entitlements)
    caveat_zh, caveat_en = _unverified(answer, entitlements)
    return DiagnosisFinding(
        code=f"policy.entitled.{policy.policy_id}",
        part="policy",
        kind="entitled",
        text_zh=f"“{policy.label_zh}”：{what_zh}。{_reference(answer)}{caveat_zh}",
        text_en=f"“{policy.label_en}” {what_en}.{caveat_en}",
        evidence=_evidence(answer, entitlements.facts),
        offers=(_application(answer),),
        policy_id=policy.policy_id,
    )


def _paid(answer: PolicyAnswer, entitlements: Entitlements) -> tuple[str, str]:
    """What an award comes to in the best combination, and what was taken off on the way."""
    if answer.policy.amount is None:
        return "符合全部条件", "meets every condition"
    if answer.amount_cny is None:
        lacking = missing_values(answer.missing)
        return (
            "符合全部条件，金额待补数据：" + "、".join(one["label_zh"] for one in lacking),
            "meets every condition; its amount is unknown without: "
            + ", ".join(one["label_en"] for one in lacking),
        )
    amount_zh = in_words(answer.amount_cny, "cny")
    amount_en = in_words(answer.amount_cny, "cny", english=True)
    award = next(
        (a for a in entitlements.stacking.kept if a.policy_id == answer.policy.policy_id), None
    )
    if award is None:
        return (
            f"符合条件（{amount_zh}），但与更优政策不能同享，或以前年度已付足",
            "is met, but a better policy excludes it, or as much was paid earlier",
        )
    paid_zh = f"可享 {in_words(award.paid_cny, 'cny')}"
    paid_en = f"pays {in_words(award.paid_cny, 'cny', english=True)}"
    cuts = deduction_lines(award, entitlements.as_of)
    if not cuts:
        return paid_zh, paid_en
    return (
        f"{paid_zh}（测算 {amount_zh}，" + "，".join(zh for zh, _ in cuts) + "）",
        f"{paid_en} ({amount_en}, " + ", ".join(en for _, en in cuts) + ")",
    )


def _near(missed: Missed, entitlements: Entitlements) -> DiagnosisFinding:
    answer, facts = missed.answer, entitlements.facts
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
    payable = missed.payable_cny
    worth = f"，达到后可享 {in_words(payable, 'cny')}" if payable else ""
    caveat_zh, caveat_en = _unverified(answer, entitlements)
    return DiagnosisFinding(
        code=f"policy.near.{policy.policy_id}",
        part="policy",
        kind="near",
        text_zh=f"距“{policy.label_zh}”只差：{unmet_zh}{open_zh}{worth}。{caveat_zh}",
        text_en=f"“{policy.label_en}” is near; still unmet: {unmet_en}.{caveat_en}",
        evidence=(*_clauses(missed.unmet), *_evidence(answer, facts, standing="unmet")),
        distances=_distances(missed),
        offers=_near_offers(missed),
        policy_id=policy.policy_id,
    )


def _unmet_zh(missed: Missed, condition_id: str, label: str) -> str:
    own = [
        gap_values(gap, missed.answer.policy)
        for gap in missed.gaps
        if gap.condition.condition_id == condition_id
        and gap.side == "term"
        and (gap.shortfall or gap.strict)
    ]
    if not own or len({gap["alternative"] for gap in own}) > 1:  # several ways: the label says it
        return label
    return f"{label}（现为 {bound_in_words(own[0])}）"


def _distances(missed: Missed) -> tuple[Distance, ...]:
    """Each gap that has a length or a strict limit, once; what says most comes first."""
    found: dict[tuple[str, float, bool], Distance] = {}
    for gap in sorted(missed.gaps, key=lambda gap: _SAYING.get(gap.side, 2)):
        if gap.shortfall or gap.strict:
            one = _distance(gap, missed.answer.policy)
            found.setdefault((one.label_zh, gap.required, gap.strict), one)
    return tuple(found.values())


_SAYING = {"term": 0, "code": 1}


def _distance(gap: "Gap", policy: Policy) -> Distance:
    label_zh, label_en = gap_labels(gap, policy)
    return Distance(
        value=gap.shortfall if gap.direction == "raise" else -gap.shortfall,
        unit="code" if gap.side == "code" else gap.unit,
        current=gap.current,
        required=gap.required,
        label_zh=label_zh,
        label_en=label_en,
        strict=gap.strict,
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
    offers.append(
        Offer(
            kind="application",
            title_zh=f"准备申报“{policy.label_zh}”",
            policy_id=policy.policy_id,
        )
    )
    return tuple(offers)


def _clauses(conditions: Iterable[ConditionAnswer]) -> tuple[Evidence, ...]:
    """Conditions as evidence: what is asked, in the document's own words where they are kept."""
    return tuple(
        Evidence(
            label_zh=one.condition.label_zh,
            label_en=one.condition.label_en,
            value=one.condition.source.quote_zh or None,
            source=_named(one.condition.source),
        )
        for one in conditions
    )


def _named(source: Source) -> str:
    parts = (f"《{source.title}》", source.document_number, source.article)
    return " ".join(part for part in parts if part)


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
        evidence=(
            *_clauses(one for one in answer.conditions if one.standing == "unknown"),
            *(
                Evidence(label_zh=one["label_zh"], label_en=one["label_en"], value=None)
                for one in missing
            ),
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
        evidence=(
            Evidence(
                label_zh="受理时间",
                label_en="Window",
                value=f"{deadline.opens_on} – {deadline.closes_on}",
                source=_named(policy.window.source) if policy.window else "",
            ),
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


def _unverified(answer: PolicyAnswer, entitlements: Entitlements) -> tuple[str, str]:
    """A caveat where the policy, one of its conditions or a figure that counted is unverified."""
    if answer.policy.policy_id not in entitlements.unverified:
        return "", ""
    return (
        "（所依据的政策数据有未核对来源的部分，以主管部门为准。）",
        " (Part of what this rests on is unverified; the authority's own publication counts.)",
    )


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
