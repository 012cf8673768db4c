"""A diagnosis as its page shows it: three parts with findings, distances, and what was made."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.urls import reverse

from silian.identifiers import UnknownKind, kind_of
from silian.portal.bilingual import both, choose
from silian.portal.exchange.domain.diagnosis import diagnosis_content
from silian.portal.exchange.domain.diagnosis_measures import is_weak, place_in_words
from silian.portal.exchange.domain.diagnosis_work import readable_findings
from silian.portal.exchange.models import Diagnosis
from silian.portal.industry.domain.choices import choices
from silian.portal.industry.domain.gap_words import bound_in_words
from silian.portal.open_forms import OpenForm, ticked
from silian.portal.registry.interfaces.faces import url_of

PARTS = {
    "technology": both("技术", "Technology"),
    "management": both("管理", "Management"),
    "policy": both("政策", "Policy"),
}
KINDS = {
    "entitled": (both("可享", "entitled"), "good"),
    "deadline": (both("时限", "deadline"), "bad"),
    "near": (both("接近", "near"), "warn"),
    "weakness": (both("短板", "weakness"), "warn"),
    "missing": (both("缺数据", "missing"), "info"),
    "strength": (both("优势", "strength"), "good"),
    "far": (both("较远", "far"), ""),
}
OFFERS = {
    "need": both("转为需求", "Make a need"),
    "position": both("转为岗位", "Make a position"),
    "application": both("准备申报", "Prepare application"),
}
_MADE = {
    "need": both("已转需求", "Need"),
    "position": both("已转岗位", "Position"),
    "application": both("已转申报", "Application"),
}
_DRAWN = (
    ("revenue_cny", both("营业收入", "Revenue")),
    ("research_expense_cny", both("研发费用", "R&D expense")),
    ("profit_cny", both("利润总额", "Profit")),
)


def page_of(
    diagnosis: Diagnosis, *, show_dismissed: bool, opens: Callable[[str], bool]
) -> dict[str, Any]:
    """Content and findings by part, with links and charts.

    Parameters
    ----------
    opens
        Whether the reader may open the record with this public id: a draft that was made of a
        finding is the enterprise's, and only named to others.
    """
    content = diagnosis_content(diagnosis)
    made = _made(diagnosis)
    findings = [
        finding_face(one, diagnosis, made.get(one["code"], {}), opens)
        for one in readable_findings(diagnosis, for_team=show_dismissed)
    ]
    return {
        "content": content,
        "parts": [
            {
                "part": part,
                "label": label,
                "findings": [one for one in findings if one["part"] == part],
                "measures": [
                    measure_face(one, content["peers"])
                    for one in content.get(part, {}).get("measures", ())
                ],
            }
            for part, label in PARTS.items()
        ],
        "history_chart": history_chart(content["management"]["history"]),
        "patent_chart": patent_chart(content["technology"]["patents_by_year"]),
        "paid": {
            one["policy_id"]: one["paid_cny"] for one in content["policy"]["stacking"]["kept"]
        },
    }


def finding_face(
    finding: Mapping[str, Any],
    diagnosis: Diagnosis,
    made: Mapping[str, str],
    opens: Callable[[str], bool],
) -> dict[str, Any]:
    """One finding with its kind by name, its bars, its evidence and its offers."""
    label, tag = KINDS[finding["kind"]]
    offers = {one["kind"]: one for one in finding["offers"]}
    if finding["by_team"]:  # the team's words are offer enough
        offers = {kind: {} for kind in ("need", "position")}
    return dict(finding) | {
        "opened": opened_finding(finding),
        "text": choose(finding["text_zh"], finding["text_en"] or finding["text_zh"]),
        "kind_label": label,
        "tag": tag,
        "bars": _bars(finding["distances"]),
        "sources": [_evidence(one, diagnosis) for one in finding["evidence"]],
        "offered": [(kind, OFFERS[kind]) for kind in offers if kind not in made],
        "made": [(_MADE[kind], _target_url(kind, target, opens)) for kind, target in made.items()],
    }


def opened_finding(finding: Mapping[str, Any], **answered: Any) -> OpenForm:
    """What a finding's form shows; ``answered`` holds what was sent, as ``OpenForm`` takes it."""
    return OpenForm(
        {
            "text": finding["text_zh"],
            "note": finding["note"],
            "note_shared": "1" if finding["note_shared"] else "",
        },
        labels={
            "text": choose("结论", "Finding"),
            "note": choose("修改说明", "Note"),
            "note_shared": choose("说明也给企业看", "Show the note to the enterprise"),
        },
        told={"note_shared": ticked},
        changed_by=finding["editor"],
        **answered,
    )


def _bars(distances: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each distance once; one that only touches its limit tells nothing beside others."""
    once = {(one["label_zh"], one["required"]): _bar(one) for one in distances}
    return [one for one in once.values() if one["value"] or one["bound"]] or list(once.values())


def _bar(distance: Mapping[str, Any]) -> dict[str, Any]:
    current, required = distance["current"], distance["required"]
    share = None
    if current is not None and required is not None:
        higher, lower = (current, required) if distance["value"] < 0 else (required, current)
        share = max(0.0, lower / higher) if higher > 0 else 0.0
    # A code to gain has no unit: it is there or not.
    gained = distance["unit"] in ("", "code") and (current, required) == (0.0, 1.0)
    bound = ""
    if distance.get("strict"):
        values = dict(distance) | {"direction": "lower" if distance["value"] < 0 else "raise"}
        bound = bound_in_words(values, english=choose("zh", "en") == "en")
    return dict(distance) | {
        "share": share,
        "lower": distance["value"] < 0,
        "gained": gained,
        "bound": bound,
    }


def _evidence(evidence: Mapping[str, Any], diagnosis: Diagnosis) -> dict[str, Any]:
    return dict(evidence) | {"url": _record_url(evidence["record_id"], diagnosis)}


def _record_url(record_id: str, diagnosis: Diagnosis) -> str:
    """Page of the record behind a figure; yearly facts have one page an enterprise."""
    if not record_id:
        return ""
    try:
        kind = kind_of(record_id)
    except UnknownKind:
        return ""
    if kind == "enterprise_year":
        return reverse("industry:facts", args=[diagnosis.organisation.public_id])
    return url_of(record_id)


def _target_url(kind: str, target_id: str, opens: Callable[[str], bool]) -> str:
    if kind == "application":
        return reverse("industry:application_detail", args=[target_id])
    return url_of(target_id) if opens(target_id) else ""


def _made(diagnosis: Diagnosis) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for advice in diagnosis.advices.order_by("pk"):
        found.setdefault(advice.finding_code, {})[advice.kind] = advice.target_id
    return found


def measure_face(measure: Mapping[str, Any], peers: Mapping[str, Any]) -> dict[str, Any]:
    """One figure beside its peers; ``mark`` tells a strength from a weakness by colour.

    ``other_group`` is named where too few of the page's group tell of this figure.
    """
    share = measure["share_behind_rate"]
    mark = "" if share is None or measure["better"] == "none" else _mark(measure)
    median = measure["quartiles"][1] if measure["quartiles"] else None
    group = measure.get("group", peers)
    return dict(measure) | {
        "mark": mark,
        "median": median,
        "other_group": group if group["code"] != peers["code"] else None,
        "too_few": not measure["quartiles"],
        "middle": None if share is None else share + (measure.get("step_rate") or 0.0) / 2,
        "place": None
        if share is None
        else place_in_words(measure, english=choose("zh", "en") == "en"),
    }


def _mark(measure: Mapping[str, Any]) -> str:
    if measure["share_behind_rate"] >= choices().strength_from_rate:
        return "good"
    return "warn" if is_weak(measure) else ""


def history_chart(history: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Revenue, R&D and profit over the years; ``None`` with fewer than two."""
    rows = list(history)
    if len(rows) < 2:
        return None
    return {
        "unit": "cny",
        "categories": [str(row["year"]) for row in rows],
        "series": [
            {"name": str(label), "values": [row[code] for row in rows]} for code, label in _DRAWN
        ],
    }


def patent_chart(by_year: Mapping[str, int]) -> dict[str, Any] | None:
    """Patents by year of application; ``None`` with fewer than two years."""
    years = sorted(by_year)
    if len(years) < 2:
        return None
    return {
        "categories": years,
        "series": [
            {"name": choose("专利", "Patents"), "values": [by_year[year] for year in years]}
        ],
    }
