"""City-wide lists as files: who is entitled, who is near, who is next, who ranks where."""

from collections.abc import Iterator, Mapping
from typing import Any

from silian.portal.bilingual import choose
from silian.portal.exchange.domain.figures_in_words import in_words
from silian.portal.industry.domain.city_lists import EntitledList, NearMissList
from silian.portal.industry.domain.ladder import Candidates
from silian.portal.industry.domain.scores import Ranking
from silian.portal.industry.domain.subject_rankings import SubjectRanking
from silian.portal.industry.interfaces.city_faces import distance_face, step_label
from silian.portal.industry.interfaces.policy_faces import region_names
from silian.portal.registry.interfaces.sheets import table_bytes

_WIDTHS = (26, 36, 12, 12)


def entitled_file(found: EntitledList, file_format: str) -> Iterator[bytes]:
    """One row an enterprise that is entitled, the largest amount first."""
    headings = [
        *_who(),
        choose("应享金额（元）", "Amount (yuan)"),
        choose("依企业申报数据", "On declared facts"),
    ]
    names = region_names(row.region_code for row in found.rows)
    yes, no = choose("是", "yes"), choose("否", "no")
    rows = (
        [*_named(row, names), row.amount_cny, yes if row.on_declared else no] for row in found.rows
    )
    return table_bytes("entitled", headings, rows, file_format, widths=_WIDTHS)


def near_misses_file(found: NearMissList, file_format: str) -> Iterator[bytes]:
    """One row an enterprise that fails one condition, the nearest first."""
    headings = [
        *_who(),
        choose("未达条件", "Condition missed"),
        *_distance_headings(),
        choose("达到后金额（元）", "Amount once met (yuan)"),
    ]
    names = region_names(row.enterprise.region_code for row in found.rows)
    rows = (
        [
            *_named(row.enterprise, names),
            choose(row.condition.label_zh, row.condition.label_en),
            *_distance(row.gaps, row.distance_rate),
            row.enterprise.amount_cny,
        ]
        for row in found.rows
    )
    return table_bytes("near-misses", headings, rows, file_format, widths=_WIDTHS)


def candidates_file(found: Candidates, file_format: str) -> Iterator[bytes]:
    """One row an enterprise that is next for a step: those who meet it first."""
    headings = [
        *_who(),
        choose("目前梯队", "Present step"),
        choose("情况", "Standing"),
        *_distance_headings(),
    ]
    ready, near = choose("已达条件", "meets the conditions"), choose("差一项条件", "one short")
    names = region_names(row.region_code for row in (*found.ready, *found.near))
    rows = (
        [*_named(row, names), step_label(row.present_step), standing, *_distance(row.gaps, rate)]
        for standing, group in ((ready, found.ready), (near, found.near))
        for row in group
        for rate in (None if row.distance_rate == float("inf") else row.distance_rate,)
    )
    return table_bytes("candidates", headings, rows, file_format, widths=_WIDTHS)


def ranking_file(found: Ranking, file_format: str) -> Iterator[bytes]:
    """One row an enterprise, the best first; without totals where they are withheld."""
    headings = [
        choose("名次", "Rank"),
        choose("单位编号", "Organisation id"),
        choose("名称", "Name"),
        choose("总分", "Total"),
        choose("暂计分", "Provisional"),
        choose("等级", "Grade"),
        choose("阶段", "Stage"),
    ]
    rows = (
        [
            row.rank,
            row.organisation_id,
            row.name,
            row.total,
            None if found.withheld else row.provisional_total,
            row.grade,
            row.stage,
        ]
        for row in found.rows
    )
    return table_bytes("ranking", headings, rows, file_format, widths=_WIDTHS)


def subject_ranking_file(found: SubjectRanking, file_format: str) -> Iterator[bytes]:
    """One row an agency or facility, the best first; without totals where they are withheld."""
    headings = [
        choose("名次", "Rank"),
        choose("编号", "Id"),
        choose("名称", "Name"),
        choose("所属单位", "Organisation"),
        choose("总分", "Total"),
        choose("暂计分", "Provisional"),
        choose("等级", "Grade"),
    ]
    rows = (
        [
            row.rank,
            row.public_id,
            row.name,
            row.organisation_name,
            row.total,
            None if found.withheld else row.provisional_total,
            row.grade,
        ]
        for row in found.rows
    )
    return table_bytes("ranking", headings, rows, file_format, widths=_WIDTHS)


def _who() -> list[str]:
    return [
        choose("单位编号", "Organisation id"),
        choose("名称", "Name"),
        choose("地区代码", "Region code"),
        choose("地区", "Region"),
        choose("行业代码", "Industry code"),
    ]


def _named(row: Any, regions: Mapping[str, str]) -> list[Any]:
    region = regions.get(row.region_code, "") if row.region_code else ""
    return [row.organisation_id, row.name, row.region_code, region, row.industry_code]


def _distance_headings() -> list[str]:
    return [
        choose("现值", "Current"),
        choose("要求", "Required"),
        choose("最小调整幅度", "Smallest relative move"),
        choose("怎样达到", "How to close it"),
    ]


def _distance(gaps: Any, rate: float | None) -> list[Any]:
    face, english = distance_face(gaps), choose("zh", "en") == "en"
    term = face["term"]
    figures = [
        in_words(value, term.unit, english=english) if term else ""
        for value in ((term.current, term.required) if term else (None, None))
    ]
    return [*figures, rate, choose("；或 ", "; or ").join(face["ways"])]
