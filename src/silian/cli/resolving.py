"""``silian resolve``: which records are one organisation or one person."""

import csv
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from silian.cli import runtime
from silian.cli.console import fail, print_json, progress_bar, say
from silian.cli.enterprises import print_table
from silian.cli.record_kinds import asked_kind

if TYPE_CHECKING:
    from silian.portal.registry.domain.identity_affiliations import AffiliationsReport
    from silian.portal.registry.models import IdentityRun

_KINDS = {"organisation": "单位 Organisations", "person": "人员 People"}
_REFUSED_SHOWN = 20


def resolve(
    kind: Annotated[
        str,
        typer.Option("--kind", "-k", help="organisation 单位 或 or person 人员；默认两者 both."),
    ] = "",
    decisions: Annotated[
        Path | None,
        typer.Option(
            "--decisions",
            metavar="CSV",
            exists=True,
            dir_okay=False,
            help="先导入决定 · Take decisions from a file first.",
        ),
    ] = None,
    export_decisions: Annotated[
        Path | None,
        typer.Option(
            "--export-decisions",
            metavar="CSV",
            dir_okay=False,
            help="只导出决定 · Only write all decisions to a file.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON · Print JSON.")] = False,
) -> None:
    """归并同一单位、同一人员的登记 · Find the records that are one organisation or person.

    登记本身不变：归并可随时拆开，决定在重新导入后仍然有效。 Records stay as they are; merges can be
    undone, and decisions outlast reloads.
    """
    runtime.migrate()
    kind = kind and asked_kind(kind, _KINDS)
    if export_decisions is not None:
        _write_decisions(export_decisions)
        return
    if decisions is not None:
        _read_decisions(decisions)
    runs, affiliations = resolve_all((kind,) if kind else tuple(_KINDS))
    if as_json:
        print_json(
            {
                "runs": [_as_json(run) for run in runs],
                "affiliations": asdict(affiliations) if affiliations else None,
            }
        )
    else:
        _print(runs, affiliations)


def resolve_all(kinds: tuple[str, ...]) -> "tuple[list[IdentityRun], AffiliationsReport | None]":
    """Resolve the kinds with progress on stderr; with organisations the free-text affiliations."""
    from silian.portal.registry.domain.identity_affiliations import rebuild_affiliations
    from silian.portal.registry.domain.identity_runs import run_resolution

    runs, affiliations = [], None
    for kind in kinds:
        with progress_bar(f"归并 Resolve {_KINDS[kind]}") as advance:
            runs.append(run_resolution(kind, advance))
        if kind == "organisation":
            with progress_bar("署名单位 Affiliations in texts") as advance:
                affiliations = rebuild_affiliations(advance)
    return runs, affiliations


def _as_json(run: "IdentityRun") -> dict[str, Any]:
    return {
        "kind": run.subject_kind,
        "records": run.n_records,
        "subjects": run.n_subjects,
        "merged_records": run.progress["merged_records"],
        "linked": run.n_linked,
        "review": run.n_review,
        "refused": run.progress["refused"],
        "decisions_passed_over": run.progress["passed_over"],
        "seconds": round((run.finished_at - run.started_at).total_seconds(), 2)
        if run.finished_at
        else None,
    }


def _print(runs: "list[IdentityRun]", affiliations: "AffiliationsReport | None") -> None:
    headings = [
        "",
        "登记 Records",
        "归并后 Subjects",
        "自动归并 Linked",
        "待复核 Review",
        "不许 Refused",
        "秒 s",
    ]
    rows = []
    for run in runs:
        told = _as_json(run)
        figures = [told[one] for one in ("records", "subjects", "linked", "review", "refused")]
        rows.append(
            [_KINDS[run.subject_kind], *(f"{one:,}" for one in figures), f"{told['seconds']:.1f}"]
        )
    print_table("归并 Resolution", headings, rows, right=6)
    if affiliations is not None:
        say(
            f"署名单位 Affiliations: {affiliations.n_named:,} 处 named, "
            f"{affiliations.n_linked:,} 对上 linked, {affiliations.n_review:,} 存疑 in doubt"
        )
    passed_over = sum(len(run.progress["passed_over"]) for run in runs)
    if passed_over:
        say(
            f"! {passed_over} 项决定与现有代码矛盾，未采用 decisions contradict the codes by now",
            style="yellow",
        )


def _write_decisions(path: Path) -> None:
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.registry.domain.identity_files import DECISION_COLUMNS, decision_rows
    from silian.portal.registry.interfaces.sheets import csv_bytes

    with path.open("wb") as file:
        for piece in csv_bytes(DECISION_COLUMNS, decision_rows(SYSTEM)):
            file.write(piece)
    say(f"✓ {path}", style="green")


def _read_decisions(path: Path) -> None:
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.registry.domain.identity_files import DECISION_COLUMNS, import_decisions
    from silian.portal.registry.interfaces.sheets import unmarked

    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = set(DECISION_COLUMNS[:3]) - set(reader.fieldnames or ())
            if missing:
                fail(
                    f"{path}: 缺少列 columns missing: {', '.join(sorted(missing))}",
                    remedy=f"需要 Expected: {', '.join(DECISION_COLUMNS)}",
                    exit_code=2,
                )
            rows = [{key: unmarked(value) for key, value in row.items() if key} for row in reader]
    except UnicodeDecodeError:
        fail(f"{path} 不是 UTF-8 · is not UTF-8", exit_code=2)
    with progress_bar("导入决定 Take decisions") as advance:
        report = import_decisions(rows, viewer=SYSTEM, progress=advance)
    say(
        f"✓ 采用 taken {report.n_taken} · 已有 held before {report.n_held_before} · "
        f"已撤回 withdrawn {report.n_withdrawn} · 拒绝 refused {len(report.refused)}"
    )
    for line, message in report.refused[:_REFUSED_SHOWN]:
        say(f"  {path.name}:{line}: {message}", style="yellow")
