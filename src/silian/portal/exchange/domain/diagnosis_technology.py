"""The technology part: patents, fields, own needs and who could meet them."""

from collections.abc import Mapping
from typing import Any

from silian.portal.exchange.domain.diagnosis_findings import DiagnosisFinding, Evidence, Offer
from silian.portal.industry.domain.choices import choices


def technology_values(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Patents by kind and year, fields, achievements, projects, needs with their matches."""
    return dict(inputs["technology"])


def technology_findings(inputs: Mapping[str, Any]) -> tuple[DiagnosisFinding, ...]:
    """What the records of patents and needs say."""
    technology = inputs["technology"]
    findings = [_need_finding(need, technology["matched"]) for need in technology["needs"]]
    if not technology["patent_counts"]:
        findings.append(_NO_PATENTS)
    if not technology["needs"]:
        findings.append(_NO_NEEDS)
    return tuple(findings)


def _need_finding(need: Mapping[str, Any], matched: bool) -> DiagnosisFinding:
    close = [match for match in need["matches"] if match["level"] >= choices().close_match_level]
    names = "、".join(match["title"] for match in need["matches"])
    if close:
        text_zh = f"需求“{need['title']}”已有高度相关的供给：{names}，建议尽快联系。"
        text_en = f"The need “{need['title']}” has closely related supply: {names}. Get in touch."
    elif need["matches"]:
        text_zh = f"需求“{need['title']}”暂无高度相关的供给，最接近的是：{names}。"
        text_en = f"Nothing closely meets the need “{need['title']}”; nearest: {names}."
    elif matched:
        text_zh = f"需求“{need['title']}”在平台上暂无匹配的供给，建议补充技术指标。"
        text_en = f"Nothing on the platform meets the need “{need['title']}”; say more about it."
    else:
        text_zh = f"企业提出需求“{need['title']}”，可在平台查看匹配。"
        text_en = f"The enterprise states the need “{need['title']}”; see its matches."
    return DiagnosisFinding(
        code=f"technology.need.{need['public_id']}",
        part="technology",
        kind="strength" if close else "weakness" if matched else "missing",
        text_zh=text_zh,
        text_en=text_en,
        evidence=tuple(
            Evidence(
                label_zh=match["title"],
                label_en=match["title"],
                value=match["level"],
                unit="level",
                record_id=match["public_id"],
            )
            for match in need["matches"]
        ),
    )


_NO_PATENTS = DiagnosisFinding(
    code="technology.missing.patents",
    part="technology",
    kind="missing",
    text_zh="平台上没有该企业的专利记录；如已有专利，请核对权利人名称，否则建议布局知识产权。",
    text_en="No patent of this enterprise is on record; check the assignee's name, or build some.",
    offers=(
        Offer(
            kind="need",
            title_zh="寻求专利布局与成果受让",
            text_zh="企业尚无专利记录，希望对接高校院所专利成果或知识产权服务机构。",
        ),
    ),
)
_NO_NEEDS = DiagnosisFinding(
    code="technology.missing.needs",
    part="technology",
    kind="missing",
    text_zh="企业尚未在平台提出技术需求，建议梳理生产与研发中的难题并发布。",
    text_en="The enterprise has stated no need; go through what holds back production and R&D.",
    offers=(
        Offer(
            kind="need",
            title_zh="梳理企业技术难题",
            text_zh="请描述工艺、产品、检测中尚未解决的问题、现状与指标要求。",
        ),
    ),
)
