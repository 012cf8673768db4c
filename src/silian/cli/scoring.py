"""``silian score``: one enterprise's scores, decomposed, or the ranking of the city."""

from typing import TYPE_CHECKING, Annotated

import typer

from silian.cli import runtime
from silian.cli.console import fail, print_json, say
from silian.cli.enterprises import (
    AsJson,
    AsOf,
    Limit,
    Year,
    day,
    enterprise,
    fact_label,
    print_table,
    shown,
)
from silian.cli.record_kinds import asked_kind

if TYPE_CHECKING:
    from datetime import date

    from silian.engines.scoring.values import IndicatorSystem
    from silian.portal.industry.domain.scores import ScoreSheet

_SUBJECTS = ("enterprise", "service_agency", "facility")


def score(
    name: Annotated[
        str, typer.Argument(metavar="企业ENTERPRISE", help="编号、代码或全称 · Id, code or name.")
    ] = "",
    system_id: Annotated[
        str, typer.Option("--system", "-s", help="评价体系编号 · Indicator system.")
    ] = "",
    subject: Annotated[
        str,
        typer.Option(
            "--subject",
            help="enterprise, service_agency 或 facility · What is scored; without a name: ranked.",
        ),
    ] = "enterprise",
    as_of: AsOf = "",
    year: Year = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """企业得分与分解；不给企业则给出排名 · Scores of an enterprise, or the city's ranking."""
    runtime.start()
    kind = "enterprise" if subject == "企业" else asked_kind(subject, _SUBJECTS)
    if kind != "enterprise":
        from silian.cli.subject_scores import score_subjects

        score_subjects(kind, name, system_id, day(as_of), year, limit, as_json=as_json)
        return
    if not name and not system_id:
        fail("请给出企业或 --system。Give an enterprise or --system.", exit_code=2)
    on = day(as_of)
    if not name:
        _ranking(system_id, on, year, limit, as_json)
        return
    from silian.portal.industry.domain.facts import facts_of
    from silian.portal.industry.domain.score_values import sheet_values
    from silian.portal.industry.domain.scores import score_from, scores_of

    facts = facts_of(enterprise(name), year, known_on=on)
    sheets = (score_from(facts, system_id, as_of=on),) if system_id else scores_of(facts, as_of=on)
    if as_json:
        print_json([sheet_values(sheet) for sheet in sheets])
        return
    for sheet in sheets:
        print_sheet(sheet)


def _ranking(system_id: str, on: "date", year: int | None, limit: int, as_json: bool) -> None:
    from dataclasses import asdict

    from silian.portal.industry.domain.scores import ranking

    found = ranking(system_id, as_of=on, year=year, limit=limit)
    if as_json:
        print_json([asdict(row) for row in found.rows])
        return
    grades = _grade_labels(found.system)
    print_table(
        f"{found.system.label_zh} · {found.year} · {found.ranked_count:,} / {found.total_count:,}",
        ["排名 Rank", "编号 Id", "名称 Name", "等级 Grade", "得分 Total"],
        [
            [
                str(row.rank or "—"),
                row.organisation_id,
                row.name,
                grades.get(row.grade, row.grade),
                "—" if row.total is None else f"{row.total:.2f}",
            ]
            for row in found.rows
        ],
        right=1,
    )
    if found.withheld:
        say(f"总分不显示 Totals withheld: {_withheld(found.withheld)}", style="yellow")


def print_sheet(sheet: "ScoreSheet") -> None:
    """One score, indicator by indicator."""
    found = sheet.score
    total = "—" if found.total is None else f"{found.total:.2f}"
    place = f" · {found.rank} / {found.n_ranked}" if found.rank else ""
    grade = f" · {_grade_labels(sheet.system)[found.grade]}" if found.grade else ""
    print_table(
        f"{sheet.system.label_zh} {sheet.system.version}: {total}{grade}{place}",
        ["指标 Indicator", "原值 Raw", "权重 Weight", "得分 Points"],
        [
            [
                leaf.indicator.label_zh,
                _figure(leaf.raw, leaf.indicator.unit),
                _figure(leaf.weight),
                _figure(leaf.points) + ("" if leaf.counted else "（不计 not counted）"),
            ]
            for leaf in found.leaves
        ],
        right=3,
    )
    if found.withheld:
        say(f"总分不显示 Total withheld: {_withheld(found.withheld)}", style="yellow")
    if found.missing:
        say("缺 Missing: " + "、".join(fact_label(code) for code in found.missing))


def _grade_labels(system: "IndicatorSystem") -> dict[str, str]:
    return {one.grade_id: one.label_zh for one in system.grades}


def _withheld(code: str) -> str:
    from silian.portal.industry.interfaces.score_faces import WITHHELD

    return str(WITHHELD.get(code, code))


def _figure(value: float | None, unit: str = "") -> str:
    return "—" if value is None else shown(value, unit)
