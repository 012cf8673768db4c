"""Position beside peers: strengths and weaknesses in technology and management."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import override

from silian.portal.exchange.domain.diagnosis_findings import (
    DiagnosisFinding,
    Distance,
    Evidence,
    Offer,
)
from silian.portal.exchange.domain.figures_in_words import in_words
from silian.portal.industry.domain.choices import Measure, choices
from silian.portal.industry.domain.facts import FactsRow
from silian.portal.industry.domain.peers import facts_named
from silian.portal.registry.models import OrganisationKind


def measure_values(inputs: Mapping[str, Any], part: str) -> list[dict[str, Any]]:
    """Every measure of a part with the own figure, the peers' quartiles and the position."""
    standings = inputs["peers"]["standings"]
    return [
        {
            "code": measure.code,
            "label_zh": measure.label_zh,
            "label_en": measure.label_en,
            "unit": measure.unit,
            "better": measure.better,
        }
        | standings[measure.code]
        for measure in choices().measures
        if measure.part == part and measure.code in standings
    ]


def measure_findings(inputs: Mapping[str, Any], facts: FactsRow) -> tuple[DiagnosisFinding, ...]:
    """Strengths (upper quarter of peers) and weaknesses (lower quarter), the clearest first."""
    bounds = choices()
    found: list[tuple[float, DiagnosisFinding]] = []
    for measure in bounds.measures:
        standing = inputs["peers"]["standings"].get(measure.code)
        share = standing and standing["share_behind_rate"]
        if share is None or measure.better == "none":
            continue
        if share >= bounds.strength_from_rate:
            found.append((1 - share, _finding(measure, "strength", inputs, facts)))
        elif is_weak(standing):
            found.append((share, _finding(measure, "weakness", inputs, facts)))
    return tuple(finding for _, finding in sorted(found, key=lambda one: (one[0], one[1].code)))


def is_weak(standing: Mapping[str, Any]) -> bool:
    """Whether a position lies in the lower part of the peers, the whole of its step."""
    share = standing["share_behind_rate"]
    step = standing.get("step_rate") or 0.0  # positions were exact once
    return share is not None and share + step <= choices().weakness_until_rate + _ROUNDING


_ROUNDING = 1e-9


def place_in_words(standing: Mapping[str, Any], *, english: bool = False) -> str:
    """A position among peers as far as it is told: ahead of at least, level, or in the lowest."""
    share, step = standing["share_behind_rate"], standing.get("step_rate") or 0.0
    if not share:
        return f"the lowest {step:.0%}" if english else f"后 {step:.0%}"
    ahead = standing.get("ahead_rate", share)  # diagnoses of before did not tell level ones apart
    if not ahead:
        return "level with many" if english else "与多家持平"
    return f"at least {ahead:.0%}" if english else f"至少 {ahead:.0%}"


def _finding(
    measure: Measure, kind: str, inputs: Mapping[str, Any], facts: FactsRow
) -> DiagnosisFinding:
    standing = inputs["peers"]["standings"][measure.code]
    # Diagnoses of before figures could be widened have one group for all.
    group = standing.get("group", inputs["peers"]["group"])
    median = standing["quartiles"][1]
    last = not standing["share_behind_rate"]
    place_zh, place_en = place_in_words(standing), place_in_words(standing, english=True)
    among_zh = (
        f"位于{group['label_zh']}企业的{place_zh}"
        if last
        else (f"优于{place_zh}的{group['label_zh']}企业")
    )
    among_en = f"within {place_en}" if last else f"ahead of {place_en}"
    value = standing["value"]
    weak = kind == "weakness"
    advice_zh = f"建议：{measure.advice_zh}" if weak and measure.advice_zh else ""
    advice_en = f" Advice: {measure.advice_en}" if weak and measure.advice_en else ""
    return DiagnosisFinding(
        code=f"{measure.part}.{kind}.{measure.code}",
        part=measure.part,  # type: ignore[arg-type]
        kind=kind,  # type: ignore[arg-type]
        text_zh=(
            f"{measure.label_zh}为 {in_words(value, measure.unit)}，{among_zh}"
            f"（{standing['known_count']} 家，中位数约 "
            f"{in_words(median, measure.unit)}）。{advice_zh}"
        ),
        text_en=(
            f"{measure.label_en} is {in_words(value, measure.unit, english=True)}, {among_en} "
            f"of {standing['known_count']} peers ({group['label_en']}; median about "
            f"{in_words(median, measure.unit, english=True)}).{advice_en}"
        ),
        evidence=_evidence(measure, facts),
        distances=_distance(measure, value, median) if weak else (),
        offers=_offers(measure, value, median) if weak else (),
    )


def _distance(measure: Measure, value: float, median: float) -> tuple[Distance, ...]:
    return (
        Distance(
            value=median - value,
            unit=measure.unit,
            current=value,
            required=median,
            label_zh=f"{measure.label_zh}距同行中位数",
            label_en=f"{measure.label_en} to the peers' median",
        ),
    )


def _offers(measure: Measure, value: float, median: float) -> tuple[Offer, ...]:
    goal = f"现为 {in_words(value, measure.unit)}，目标达到 {in_words(median, measure.unit)}。"
    return tuple(
        Offer(
            kind=kind,  # type: ignore[arg-type]
            title_zh=f"{_VERBS[kind]}：{measure.label_zh}",
            text_zh=f"{measure.advice_zh}{measure.label_zh}{goal}",
        )
        for kind in measure.offers
    )


_VERBS = {"need": "寻求合作提升", "position": "招聘岗位，改善"}


def _evidence(measure: Measure, facts: FactsRow) -> tuple[Evidence, ...]:
    """The facts that the measure is made of, with their registers."""
    return tuple(evidence_of(code, facts) for code in facts_named(measure))


def evidence_of(code: str, facts: FactsRow) -> Evidence:
    """One fact of the enterprise as evidence: value, unit, register, status."""
    from silian.library.facts import fact_schema

    column = fact_schema()[code]
    origin = facts.origin.get(code)
    value = facts.values.get(code)
    return Evidence(
        label_zh=f"{column.label_zh}（{facts.year} 年）",
        label_en=f"{column.label_en} ({facts.year})",
        value=_shown(code, value),
        unit=column.unit,
        source=origin.register_name if origin else "",
        status=origin.status if origin else "",
        record_id=origin.record_public_id if origin else "",
    )


def _shown(code: str, value: Any) -> float | str | bool | None:
    """A value as evidence shows it: codes by their names, days as text."""
    from silian.library.facts import FACT, codes

    fact = FACT.get(code)
    if fact is not None and fact.codes and isinstance(value, str):
        known = codes(fact.codes)
        held = [one for one in value.split(";") if one]
        return "、".join(known[one].label_zh if one in known else one for one in held) or "无"
    if code == "organisation_kind" and value in OrganisationKind.values:
        with override("zh-hans"):  # evidence is Chinese, whoever reads it
            return str(OrganisationKind(value).label)
    return value if isinstance(value, int | float | str | bool | None) else str(value)
