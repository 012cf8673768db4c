"""The city under a policy, on the ladder, in numbers: charts and words of its pages."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Exists, OuterRef

from silian.library.ladder import ladder_steps
from silian.portal.bilingual import both, choose
from silian.portal.exchange.domain.figures_in_words import both_in_words, in_words
from silian.portal.industry.domain.gap_words import bound_in_words
from silian.portal.industry.domain.ladder import ABSENT, NO_STEP, UNKNOWN_STEP, Flow, Ladder
from silian.portal.industry.domain.policy_values import gap_labels, gap_values

_WAYS_SHOWN = 3
_COLOURS = 6
_OFF_LADDER = {
    NO_STEP: both("未入梯队", "Not on the ladder"),
    UNKNOWN_STEP: both("资质不明", "Titles unknown"),
    ABSENT: both("无当年数据", "No facts of the year"),
}
SIZE_LABELS = {
    "micro": both("微型", "Micro"),
    "small": both("小型", "Small"),
    "medium": both("中型", "Medium"),
    "large": both("大型", "Large"),
}
# 国民经济行业分类 GB/T 4754: the sections.
SECTION_LABELS = {
    "A": both("农林牧渔业", "Agriculture"),
    "B": both("采矿业", "Mining"),
    "C": both("制造业", "Manufacturing"),
    "D": both("电热燃气水", "Utilities"),
    "E": both("建筑业", "Construction"),
    "F": both("批发零售业", "Trade"),
    "G": both("交通仓储邮政", "Transport"),
    "H": both("住宿餐饮业", "Catering"),
    "I": both("信息软件业", "Information and software"),
    "J": both("金融业", "Finance"),
    "K": both("房地产业", "Real estate"),
    "L": both("租赁商务服务", "Business services"),
    "M": both("科研技术服务", "Research and technical services"),
    "N": both("水利环境", "Water and environment"),
    "O": both("居民服务", "Household services"),
    "P": both("教育", "Education"),
    "Q": both("卫生社会工作", "Health"),
    "R": both("文化体育娱乐", "Culture and sport"),
    "S": both("公共管理", "Public administration"),
}


def step_label(number: int) -> str:
    """Name of a step by its number, or of not standing on one."""
    step = next((one for one in ladder_steps() if one.step == number), None)
    return choose(step.label_zh, step.label_en) if step else str(_OFF_LADDER[number])


def distance_face(gaps: Iterable[Any]) -> dict[str, Any]:
    """Where a missed condition stands, and the shortest single moves that would close it."""
    gaps = tuple(gaps)
    term = next((gap for gap in gaps if gap.side == "term" and (gap.shortfall or gap.strict)), None)
    closing = sorted((gap for gap in gaps if gap.closes_condition), key=_relative)
    return {
        "term": term,
        "said": _said(term) if term else "",
        "ways": [move_words(gap) for gap in closing[:_WAYS_SHOWN]],
        "more": max(0, len(closing) - _WAYS_SHOWN),
    }


def _said(term: Any) -> str:
    """A measured side and what it has to reach, or to pass."""
    english = choose("zh", "en") == "en"
    if term.strict:
        return bound_in_words(gap_values(term), english=english)
    now, then = both_in_words(term.current, term.required, term.unit, english=english)
    return f"{now} → {then}"


def move_words(gap: Any) -> str:
    """One move that closes a condition, in words."""
    english = choose("zh", "en") == "en"
    label = choose(*gap_labels(gap))
    if gap.side == "code":
        verb = choose("取得", "gain ") if gap.direction == "raise" else choose("不再有", "lose ")
        return f"{verb}{choose(f'“{label}”', label)}"
    sign = "+" if gap.direction == "raise" else "−"
    return f"{label} {sign}{in_words(gap.shortfall, gap.unit, english=english)}"


def _relative(gap: Any) -> float:
    if gap.side == "code":
        return 1.0
    largest = max(abs(gap.current), abs(gap.required))
    return gap.shortfall / largest if largest else 0.0


def steps_chart(ladder: Ladder) -> dict[str, Any] | None:
    """Enterprises on each step, year by year."""
    years = sorted(ladder.counts_by_year)
    if not years:
        return None
    return {
        "categories": [str(year) for year in years],
        "stacked": True,
        "series": [
            {
                "name": choose(one.step.label_zh, one.step.label_en),
                "values": [ladder.counts_by_year[year].get(one.step.step, 0) for year in years],
                "colour": _step_colour(one.step.step),
            }
            for one in ladder.steps
        ],
    }


def flows_chart(flows: Sequence[Flow], year: int) -> dict[str, Any] | None:
    """Flows between the steps of two years; those who stay off the ladder are left out."""
    links = [
        {
            "source": f"{year - 1} {step_label(flow.from_step)}",
            "target": f"{year} {step_label(flow.to_step)}",
            "value": flow.count,
        }
        for flow in flows
        if flow.from_step > 0 or flow.to_step > 0
    ]
    if not links:
        return None
    numbered = sorted({(0, f.from_step) for f in flows} | {(1, f.to_step) for f in flows})
    named = {one[end] for one in links for end in ("source", "target")}
    nodes = [
        {"name": name, "depth": depth, "colour": _step_colour(number)}
        for depth, number in numbered
        if (name := f"{year - 1 + depth} {step_label(number)}") in named
    ]
    return {"nodes": nodes, "links": links}


def _step_colour(number: int) -> str:
    """The higher a step, the darker (``insight.css``)."""
    return f"step-{min(number, _COLOURS)}" if number > 0 else "line-strong"


def flow_table(flows: Sequence[Flow]) -> dict[str, Any]:
    """The same flows as a matrix: a row for where they stood, a column for where they stand."""
    counts = {(one.from_step, one.to_step): one.count for one in flows}
    starts = sorted({one.from_step for one in flows})
    ends = sorted({one.to_step for one in flows})
    return {
        "columns": [step_label(end) for end in ends],
        "rows": [
            {
                "label": step_label(start),
                "cells": [
                    {"count": counts.get((start, end), 0), "move": _move(start, end)}
                    for end in ends
                ],
            }
            for start in starts
        ],
    }


def _move(start: int, end: int) -> str:
    if start < 0 or end < 0 or start == end:
        return ""
    return "up" if end > start else "down"


def plan_chart(progress: Any) -> dict[str, Any] | None:
    """Holders of each target by year, with the target year at the end."""
    years = list(range(progress.base_year, progress.target_year + 1))
    series = []
    for one in progress.targets:
        if one.target_count is None:
            continue
        name = choose(one.target.label_zh, one.target.label_en)
        pace = (one.target_count - one.base_count) / (years[-1] - years[0])
        series.append({"name": name, "values": [one.counts.get(year) for year in years]})
        series.append(
            {
                "name": choose(f"{name}（匀速）", f"{name} (even course)"),
                "values": [round(one.base_count + pace * n, 1) for n in range(len(years))],
                "colour": "line-strong",
            }
        )
    return {"categories": [str(year) for year in years], "series": series} if series else None


def group_tables(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Effect of a scenario by size, industry and district: a table and a chart of each."""
    regions = _region_names({row["value"] for row in rows if row["group"] == "region_code"})
    names: dict[str, Mapping[str, Any]] = {
        "size": SIZE_LABELS,
        "industry": SECTION_LABELS,
        "region_code": regions,
    }
    titles = {
        "size": choose("按规模", "By size"),
        "industry": choose("按行业门类", "By industry"),
        "region_code": choose("按地区", "By district"),
    }
    tables = []
    for code, title in titles.items():
        lines = [
            {**row, "label": str(names[code].get(row["value"] or "", row["value"] or _NOT_STATED))}
            for row in rows
            if row["group"] == code
        ]
        order = list(SIZE_LABELS)
        if code == "size":
            lines.sort(
                key=lambda row: order.index(row["value"]) if row["value"] in order else len(order)
            )
        else:
            lines.sort(key=lambda row: -abs(row["difference_cny"]))
        tables.append({"code": code, "title": title, "rows": lines, "chart": _group_chart(lines)})
    return tables


_NOT_STATED = both("未填", "Not stated")
_BARS_MOST = 12


def _group_chart(lines: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    shown = [row for row in lines if row["base_cny"] or row["changed_cny"]][:_BARS_MOST]
    if not shown:
        return None
    return {
        "unit": "cny",
        "horizontal": True,
        "categories": [row["label"] for row in shown],
        "series": [
            {
                "name": choose("现行", "Now"),
                "values": [row["base_cny"] for row in shown],
                "colour": "line-strong",
            },
            {
                "name": choose("改动后", "Changed"),
                "values": [row["changed_cny"] for row in shown],
                "colour": "chain-innovation",
            },
        ],
    }


def regions_with_facts() -> list[tuple[str, str]]:
    """Districts that have enterprises with yearly facts, by code."""
    from silian.portal.industry.models import EnterpriseYear
    from silian.portal.registry.models import Organisation, Region

    told = EnterpriseYear.objects.filter(organisation=OuterRef("pk"))
    within = Organisation.objects.filter(Exists(told), region=OuterRef("pk"))
    rows = Region.objects.filter(Exists(within)).order_by("adcode")
    return [(one.adcode, choose(one.name, one.name_en or one.name)) for one in rows]


def _region_names(codes: Iterable[Any]) -> dict[str, str]:
    from silian.portal.industry.interfaces.policy_faces import region_names

    return region_names(code for code in codes if code)
