"""``silian score --subject``: service agencies and facilities, one decomposed or all ranked."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from silian.cli.console import fail, print_json, say
from silian.cli.enterprises import print_table

if TYPE_CHECKING:
    from datetime import date


def score_subjects(
    subject: str,
    name: str,
    system_id: str,
    on: "date",
    year: int | None,
    limit: int,
    *,
    as_json: bool,
) -> None:
    """One agency's or facility's score if it is named, else the ranking of all."""
    from silian.cli.scoring import print_sheet
    from silian.portal.industry.domain.score_values import sheet_values
    from silian.portal.industry.domain.subject_rankings import sheet_of_subject
    from silian.portal.industry.domain.subject_years import subject_kind

    kind = subject_kind(subject)
    if not name:
        _ranking(kind, system_id, on, year, limit, as_json)
        return
    sheet = sheet_of_subject(_named(kind, name), system_id, as_of=on, year=year)
    if sheet is None:
        fail(f"“{name}”还没有年度数据。No yearly facts of {name} are kept.")
    if as_json:
        print_json(sheet_values(sheet))
    else:
        print_sheet(sheet)


def _named(kind: str, name: str) -> Any:
    from silian.portal.industry.domain.subject_years import subject_model

    model: Any = subject_model(kind)
    for field in ("public_id", "name"):
        found = list(model._default_manager.filter(**{field: name})[:2])
        if len(found) == 1:
            return found[0]
        if found:
            fail(f"有多个叫“{name}”，请用编号。Several are called so; use the public id.")
    fail(f"没有“{name}”。There is no such {kind}: {name}")


def _ranking(
    kind: str, system_id: str, on: "date", year: int | None, limit: int, as_json: bool
) -> None:
    from silian.portal.industry.domain.subject_rankings import ranking_of
    from silian.portal.industry.interfaces.score_faces import WITHHELD

    found = ranking_of(kind, system_id, as_of=on, year=year, limit=limit)
    if as_json:
        print_json([asdict(row) for row in found.rows])
        return
    grades = {one.grade_id: one.label_zh for one in found.system.grades}
    print_table(
        f"{found.system.label_zh} · {found.year} · {found.ranked_count:,} / {found.total_count:,}",
        ["排名 Rank", "编号 Id", "名称 Name", "等级 Grade", "得分 Total"],
        [
            [
                str(row.rank or "—"),
                row.public_id,
                row.name,
                grades.get(row.grade, row.grade),
                "—" if row.total is None else f"{row.total:.2f}",
            ]
            for row in found.rows
        ],
        right=1,
    )
    if found.withheld:
        say(f"总分不显示 Totals withheld: {WITHHELD.get(found.withheld, found.withheld)}")
