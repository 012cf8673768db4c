"""What a diagnosis report shows, in words of one language: the same sheet for PDF and HTML."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.utils import timezone

from silian.portal.exchange.domain.diagnosis import diagnosis_content
from silian.portal.exchange.domain.diagnosis_measures import place_in_words
from silian.portal.exchange.domain.diagnosis_work import readable_findings
from silian.portal.exchange.interfaces.report_words import Words, headings
from silian.portal.exchange.models import Diagnosis
from silian.portal.industry.domain.gap_words import gap_in_words, ways_in_words

Sheet = dict[str, Any]

_PARTS = {
    "technology": ("技术诊断", "Technology"),
    "management": ("管理诊断", "Management"),
    "policy": ("政策诊断", "Policies"),
}
_KINDS = {
    "entitled": ("可享", "entitled"),
    "deadline": ("时限", "deadline"),
    "near": ("接近", "near"),
    "weakness": ("短板", "weakness"),
    "missing": ("缺数据", "missing"),
    "strength": ("优势", "strength"),
    "far": ("较远", "far"),
}


def sheet_of(diagnosis: Diagnosis, *, english: bool = False) -> Sheet:
    """Everything that a report shows, findings as the team left them."""
    content = diagnosis_content(diagnosis)
    words = Words(english=english)
    findings = readable_findings(diagnosis, for_team=False)
    return {
        "language": "en" if english else "zh",
        "title": words.pick("企业诊断报告", "Enterprise diagnosis"),
        "organisation": content["organisation"]["name"],
        "subtitle": words.pick(
            f"{content['year']} 年度数据 · 基准日 {content['as_of']}",
            f"Data of {content['year']} · as of {content['as_of']}",
        ),
        "standing": _standing(diagnosis, words),
        "identity": _identity(content, words),
        "tiles": _tiles(content, words),
        "parts": [
            _part(part, content, [f for f in findings if f["part"] == part], words)
            for part in _PARTS
        ],
        "history": _history(content, words),
        "policy": _policy(content["policy"], words),
        "scores": [_score(score, words) for score in content["scores"]],
        "notes": _notes(diagnosis, content, words),
        "headings": headings(words),
    }


def _standing(diagnosis: Diagnosis, words: Words) -> str:
    if diagnosis.signed_at is not None:
        who = diagnosis.signed.get("signer") or str(diagnosis.signed_by or "")
        day = timezone.localtime(diagnosis.signed_at).date()
        signed = words.pick(f"{who} 于 {day} 签发", f"Signed by {who} on {day}")
        if diagnosis.state == Diagnosis.State.SUPERSEDED:
            return signed + words.pick("；已被更新的诊断替代", "; replaced by a newer diagnosis")
        return signed
    return words.pick(
        "平台自动生成，尚未经服务团队签发", "Made by the platform, not yet signed by a team"
    )


def _identity(content: Mapping[str, Any], words: Words) -> list[list[str]]:
    about = content["organisation"]
    titles = "、".join(words.label(one) for one in content["ladder"]["titles"])
    rows = (
        (words.pick("统一社会信用代码", "Unified code"), about["unified_social_credit_code"]),
        (words.pick("行业", "Industry"), about["industry_name"] or about["industry_code"]),
        (words.pick("所在地区", "Region"), about["region_name"]),
        (words.pick("成立日期", "Established on"), about["established_on"]),
        (words.pick("已获资质", "Titles"), titles),
    )
    return [[label, str(value)] for label, value in rows if value]


def _tiles(content: Mapping[str, Any], words: Words) -> list[list[str]]:
    counts = content["counts"]
    tiles = [
        [words.pick("可享政策", "Entitled"), str(counts["entitled"])],
        [words.pick("可享金额", "Amount"), words.amount(counts["amount_cny"])],
        [words.pick("接近政策", "Near"), str(counts["near"])],
        [words.pick("待补数据", "Unknown"), str(counts["unknown"])],
    ]
    if counts.get("amount_unverified_cny"):  # reports of older diagnoses don't tell
        label = words.pick("其中未核对", "Of which unverified")
        tiles.insert(2, [label, words.amount(counts["amount_unverified_cny"])])
    if counts["score"] is not None:
        tiles.append([words.pick("创新得分", "Score"), words.figure(counts["score"])])
    return tiles


def _part(
    part: str, content: Mapping[str, Any], findings: list[dict[str, Any]], words: Words
) -> dict[str, Any]:
    return {
        "part": part,
        "title": words.pick(*_PARTS[part]),
        "findings": [_finding(one, words) for one in findings],
        "measures": [
            _measure(one, content["peers"], words)
            for one in content.get(part, {}).get("measures", [])
        ],
        "peers": _peers(content["peers"], words) if part != "policy" else "",
    }


def _finding(finding: Mapping[str, Any], words: Words) -> dict[str, Any]:
    mark = ""
    if finding["by_team"]:
        mark = words.pick("服务团队补充", "added by the team")
    elif finding["edited"]:
        mark = words.pick("服务团队修改", "edited by the team")
    return {
        "kind": finding["kind"],
        "kind_label": words.pick(*_KINDS[finding["kind"]]),
        "text": words.pick(finding["text_zh"], finding["text_en"]),
        "mark": " · ".join(part for part in (mark, finding["note"]) if part),
        "distances": [_distance(one, words) for one in finding["distances"][:_WAYS_SHOWN]],
        "evidence": [
            " ".join(
                part
                for part in (
                    f"{words.label(one)} {words.figure(one['value'], one['unit'])}",
                    f"（{one['source']}）" if one["source"] else "",
                )
                if part
            )
            for one in finding["evidence"]
        ],
    }


def _distance(distance: Mapping[str, Any], words: Words) -> str:
    if distance["unit"] == "code":  # a title or a platform: there or not
        return words.label(distance)
    if distance["current"] is None or distance["required"] is None:
        return words.label(distance)
    direction = "lower" if distance["value"] < 0 else "raise"
    values = dict(distance) | {"side": "term", "direction": direction}
    return gap_in_words(values, english=words.english)


def _measure(measure: Mapping[str, Any], peers: Mapping[str, Any], words: Words) -> dict[str, Any]:
    quartiles = measure["quartiles"]
    share = measure["share_behind_rate"]
    group = measure.get("group", peers)
    label = words.label(measure)
    if group["code"] != peers["code"] and quartiles:
        compared = words.label(group)
        label = words.pick(f"{label}（与{compared}比）", f"{label} (beside {compared})")
    return {
        "label": label,
        "value": words.figure(measure["value"], measure["unit"]),
        "median": words.figure(quartiles[1], measure["unit"]) if quartiles else "—",
        "share": None if share is None else share + (measure.get("step_rate") or 0.0) / 2,
        "share_text": "—" if share is None else place_in_words(measure, english=words.english),
    }


def _peers(group: Mapping[str, Any], words: Words) -> str:
    widened_zh = "更小的范围企业太少，已放宽；" if group.get("widened") else ""
    widened_en = " widened, as too few are closer;" if group.get("widened") else ""
    least = settings.SMALL_COUNT_MIN
    return words.pick(
        f"对比对象：{group['label_zh']}企业 {group['peer_count']} 家；{widened_zh}"
        f"横条为优于同行的大致比例。中位数取相邻 {least} 家均值并保留两位有效数字；不足 {2 * least} 家时不作比较。",
        f"Peers: {group['peer_count']} ({group['label_en']});{widened_en} bars show roughly the "
        f"share that is behind. Medians are means of {least} neighbours to two digits; fewer than "
        f"{2 * least} are not compared.",
    )


_HISTORY = (
    ("revenue_cny", "营业收入", "Revenue", "cny"),
    ("research_expense_cny", "研发费用", "R&D expense", "cny"),
    ("profit_cny", "利润总额", "Profit", "cny"),
    ("employee_count", "职工数", "Employees", "persons"),
    ("research_staff_count", "研发人员", "R&D staff", "persons"),
)


def _history(content: Mapping[str, Any], words: Words) -> dict[str, Any]:
    rows = content["management"]["history"]
    return {
        "headings": [
            words.pick("年度", "Year"),
            *(words.pick(zh, en) for _, zh, en, _ in _HISTORY),
        ],
        "rows": [
            [str(row["year"]), *(words.figure(row[code], unit) for code, _, _, unit in _HISTORY)]
            for row in rows
        ],
        "bars": [
            {
                "year": str(row["year"]),
                "revenue": row["revenue_cny"] or 0,
                "research": row["research_expense_cny"] or 0,
            }
            for row in rows
        ],
    }


def _policy(policy: Mapping[str, Any], words: Words) -> dict[str, Any]:
    return {
        "total": _total(policy, words),
        "entitled": [_entitled(one, policy, words) for one in policy["entitled"]],
        "near": [
            [
                words.label(one),
                # Reports of older diagnoses don't tell what is left.
                words.amount(one.get("payable_cny", one["amount_cny"]) or None),
                _ways(one, words),
            ]
            for one in policy["near"]
        ],
        "unknown": [
            [words.label(one), "、".join(words.label(fact) for fact in one["missing"])]
            for one in policy["unknown"]
        ],
        "calendar": [
            [words.label(one), one["opens_on"], one["closes_on"], _days(one, words)]
            for one in policy["calendar"]
        ],
        "prepare": [
            [words.label(one), "、".join(words.label(each) for each in one["attachments"])]
            for one in policy["entitled"]
            if one["attachments"]
        ],
    }


def _total(policy: Mapping[str, Any], words: Words) -> str:
    """The sum, what of it is unverified, and how many amounts are in no sum."""
    parts = [words.amount(policy["total_cny"])]
    unverified, unknown = policy.get("total_unverified_cny"), policy.get("unknown_amounts")
    if unverified:
        amount = words.amount(unverified)
        parts.append(words.pick(f"其中未核对来源 {amount}", f"of which unverified {amount}"))
    if declared := policy.get("total_declared_cny"):
        amount = words.amount(declared)
        parts.append(
            words.pick(f"其中依企业申报数据 {amount}", f"of which on declared facts {amount}")
        )
    if unknown:
        count = len(unknown)
        parts.append(
            words.pick(f"另有 {count} 项金额待补数据", f"{count} more amounts unknown yet")
        )
    return words.pick("，", ", ").join(parts)


def _entitled(answer: Mapping[str, Any], policy: Mapping[str, Any], words: Words) -> list[str]:
    policy_id = answer["policy_id"]
    award = next((a for a in policy["stacking"]["kept"] if a["policy_id"] == policy_id), None)
    shown = words.amount(answer["amount_cny"] and 0.0 if award is None else award["paid_cny"])
    if policy_id in policy.get("unknown_amounts", ()):
        shown = words.pick("待补数据", "unknown yet")
    notes = [_cut(cut, words) for cut in award["deductions"]] if award else []
    unverified = policy.get("unverified")
    if policy_id in unverified if unverified is not None else not answer["source"]["verified"]:
        notes.append(words.pick("未核对", "unverified"))
    if policy_id in policy.get("declared", {}):
        notes.append(words.pick("依企业申报", "on declared facts"))
    return [
        words.label(answer),
        shown,
        _clause(answer["source"]),
        words.pick("；", "; ").join(notes),
    ]


def _cut(cut: Mapping[str, Any], words: Words) -> str:
    amount = words.amount(cut["amount_cny"])
    if cut.get("kind") == "paid_earlier":
        return words.pick(f"已扣以前年度已付 {amount}", f"less {amount} paid earlier")
    return words.pick(f"超过合计上限扣减 {amount}", f"less {amount} above the joint cap")


def _clause(source: Mapping[str, Any]) -> str:
    parts = (f"《{source['title']}》", source["document_number"], source["article"])
    return " ".join(part for part in parts if part)


_WAYS_SHOWN = 3


def _ways(answer: Mapping[str, Any], words: Words) -> str:
    """Gaps of a near policy, or the conditions that have none."""
    said = ways_in_words(answer["gaps"], english=words.english)
    return said or words.pick("；", "; ").join(_unmet(answer, words))


def _unmet(answer: Mapping[str, Any], words: Words) -> list[str]:
    return [words.label(one) for one in answer["conditions"] if one["standing"] == "unmet"]


def _days(deadline: Mapping[str, Any], words: Words) -> str:
    if deadline["is_open"]:
        return words.pick(f"剩 {deadline['days_left']} 天", f"{deadline['days_left']} days left")
    return words.pick("未开始", "not open yet")


def _score(score: Mapping[str, Any], words: Words) -> dict[str, Any]:
    withheld = words.pick(
        "该体系含未核对的官方数据，不出总分", "Not shown: official figures are unverified"
    )
    total = score["total"]
    return {
        "label": f"{words.label(score)} {score['version']}",
        "total": words.figure(total) if total is not None else "—",
        "note": withheld if score["withheld"] else words.pick(score["grade_zh"], score["grade_en"]),
        "rank": f"{score['rank']} / {score['n_ranked']}" if score["rank"] else "",
        "leaves": [
            {
                "label": words.label(leaf),
                "points": words.figure(leaf["points"]) if leaf["points"] is not None else "—",
                "share": leaf["normalised"],
            }
            for leaf in score["leaves"]
            if leaf["counted"]
        ],
    }


def _notes(diagnosis: Diagnosis, content: Mapping[str, Any], words: Words) -> list[str]:
    made = timezone.localtime(diagnosis.created_at).date() if diagnosis.created_at else date.today()
    return [
        words.pick(
            "标注“未核对”的政策，其条件或数字有未在公开文本中读到的部分；其余数字读自所列网址的公开文本，"
            "均未与发布机关原文核对，金额与条件以主管部门公布为准。",
            "Policies marked unverified rest in part on what was not read in a published copy; "
            "the rest was read in the published copy that is named, not in the issuer's own text. "
            "The authority's publication counts.",
        ),
        words.pick(
            f"诊断编号 {diagnosis.public_id} · 生成于 {made} · 政策库 {diagnosis.library_version} · "
            f"程序 {diagnosis.code_version} · 数据指纹 {diagnosis.inputs_hash[:16]}",
            f"Diagnosis {diagnosis.public_id} · made on {made} · library "
            f"{diagnosis.library_version} · program {diagnosis.code_version} · data "
            f"{diagnosis.inputs_hash[:16]}",
        ),
        *_signature(diagnosis, words),
    ]


def _signature(diagnosis: Diagnosis, words: Words) -> list[str]:
    mark = diagnosis.signed.get("sha256", "")[:16]
    if not mark:
        return []
    return [words.pick(f"签发指纹 {mark}（SHA-256 前 16 位）", f"Signature mark {mark} (SHA-256)")]
