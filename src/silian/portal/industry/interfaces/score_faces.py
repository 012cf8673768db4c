"""Scores as pages and files show them: verdict, decomposition, radar, history."""

from collections.abc import Iterator, Sequence
from typing import Any

from silian.portal.bilingual import both, choose
from silian.portal.industry.interfaces.policy_faces import fact_label
from silian.portal.registry.interfaces.sheets import table_bytes

WITHHELD = {
    "unverified_figures": both(
        "这是官方评价体系，其中有数值尚未与原文核对，平台不给出总分、等级、排名和是否通过；"
        "下面各项得分仅供对照。",
        "This is an official system with figures not yet held against the issuer's text. No "
        "total, grade, rank or verdict is shown; the parts below are for comparison alone.",
    ),
    "weights_unknown": both(
        "这一体系的分值尚未公布或未能读到，平台不给出总分；下面只列结构与已知数据。",
        "The full scores of this system were not published or could not be read, so there is no "
        "total; below are its structure and the known figures.",
    ),
    "no_stage": both(
        "企业不属于该体系规定的任何阶段，不计算总分。",
        "The enterprise fits none of the system's stages; there is no total.",
    ),
    "too_little_known": both(
        "已知指标的权重不足该体系要求的比例，不给出总分、等级和排名；补充下列缺少的数据后再计算。",
        "Too few of the indicators are known for a total, a grade and a rank; supply what is "
        "missing below.",
    ),
}
_RADAR_AXES_MIN = 3


def verdict(sheet: Any) -> dict[str, Any]:
    """What may be said of the whole: never a total of an official system with unverified figures."""
    score, system = sheet.score, sheet.system
    grade = next((one for one in system.grades if one.grade_id == score.grade), None)
    paths = {one.path_id: one for one in system.direct_paths}
    minima = _labels(system.root)
    return {
        "withheld": WITHHELD.get(score.withheld, score.withheld),
        "total": score.total,
        "sure": None if score.withheld or score.total is not None else score.provisional_total,
        "full": system.weighting.total_score,
        "grade": choose(grade.label_zh, grade.label_en) if grade else "",
        "stage": score.stage,
        "rank": score.rank,
        "n_ranked": score.n_ranked,
        "percentile": score.percentile,
        "too_few_ranked": score.total is not None and score.rank is None,
        "passed": score.passed,
        "pass_at_least": system.pass_at_least,
        "direct_path": paths.get(score.direct_path),
        "failed_minima": [minima.get(one, one) for one in score.failed_minima],
        "missing": [fact_label(code) for code in score.missing],
    }


def decomposition(sheet: Any) -> list[dict[str, Any]]:
    """Leaves under the branches they belong to, in the system's order."""
    points = dict(sheet.score.branches)
    labels = _labels(sheet.system.root)
    rows: list[dict[str, Any]] = []
    for leaf in sheet.score.leaves:
        branch_id = leaf.path[-1]
        if not rows or rows[-1]["branch_id"] != branch_id:
            rows.append(
                {
                    "branch_id": branch_id,
                    "label": labels.get(branch_id, branch_id) if len(leaf.path) > 1 else "",
                    "points": None if sheet.score.withheld else points.get(branch_id),
                    "leaves": [],
                }
            )
        rows[-1]["leaves"].append(
            {"leaf": leaf, "missing": [fact_label(code) for code in leaf.missing]}
        )
    return rows


def radar(sheet: Any) -> dict[str, Any] | None:
    """Share of the full points by the parts below the root, or by leaf; ``None`` with too few."""
    axes = _shares(sheet, depth=1)
    if len(axes) < _RADAR_AXES_MIN:
        axes = _shares(sheet, depth=99)
    if len(axes) < _RADAR_AXES_MIN:
        return None
    return {
        "axes": [{"name": name, "max": 100} for name, _ in axes],
        "series": [
            {
                "name": choose("得分占满分（%）", "Share of full points (%)"),
                "values": [round(100 * share, 1) for _, share in axes],
            }
        ],
    }


def _shares(sheet: Any, *, depth: int) -> list[tuple[str, float]]:
    labels = _labels(sheet.system.root)
    sums: dict[str, list[float]] = {}
    for leaf in sheet.score.leaves:
        if not leaf.counted or not leaf.weight or leaf.points is None or leaf.weight < 0:
            continue
        place = (*leaf.path, leaf.indicator.indicator_id)
        key = place[min(depth, len(place) - 1)]
        full = sums.setdefault(key, [0.0, 0.0])
        full[0] += leaf.points
        full[1] += leaf.weight
    return [(labels.get(key, key), max(0.0, points / full)) for key, (points, full) in sums.items()]


def _labels(node: Any) -> dict[str, str]:
    name = getattr(node, "branch_id", None) or node.indicator_id
    found = {name: choose(node.label_zh, node.label_en)}
    for child in getattr(node, "children", ()):
        found |= _labels(child)
    return found


def history_chart(sheets: Sequence[Any]) -> dict[str, Any] | None:
    """Totals over the years, ``None`` with fewer than two that may be shown."""
    totals = [sheet.score.total for sheet in sheets]
    if sum(total is not None for total in totals) < 2:
        return None
    return {
        "categories": [str(sheet.year) for sheet in sheets],
        "series": [{"name": choose("总分", "Total"), "values": totals}],
    }


def score_file(sheet: Any, file_format: str) -> Iterator[bytes]:
    """One row an indicator: value, points, full points and the tenth of the city."""
    headings = [
        choose("编号", "Id"),
        choose("指标", "Indicator"),
        choose("原始值", "Value"),
        choose("单位", "Unit"),
        choose("得分", "Points"),
        choose("满分", "Full"),
        choose("是否计入", "Counted"),
        choose("高于全市企业的比例", "Share of the city below"),
        choose("缺少的数据", "Missing"),
    ]
    rows = [
        [
            leaf.indicator.indicator_id,
            choose(leaf.indicator.label_zh, leaf.indicator.label_en),
            leaf.raw,
            leaf.indicator.unit,
            leaf.points,
            leaf.weight,
            choose("是" if leaf.counted else "否", "yes" if leaf.counted else "no"),
            leaf.percentile,
            choose("、", ", ").join(fact_label(code) for code in leaf.missing),
        ]
        for leaf in sheet.score.leaves
    ]
    return table_bytes("score", headings, rows, file_format)
