"""``silian imports``: what was loaded, and how to take a load back."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from silian.cli import runtime
from silian.cli.console import console, fail, print_json, say
from silian.cli.enterprises import AsJson
from silian.cli.registers import carried_out, catch_up, job_values

if TYPE_CHECKING:
    from silian.portal.registry.models import ImportJob

_SHOWN_RECORDS = 5
_FORMATS = {".csv": "csv", ".xlsx": "xlsx"}

imports = typer.Typer(
    help="导入任务：列表与撤销 · Imports: the list of them, and how to take one back.",
    no_args_is_help=True,
)


@imports.callback()
def _imports() -> None:
    """导入任务 · Imports."""


@imports.command("list")
def list_imports(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="条数 · How many.")] = 20,
    only_open: Annotated[
        bool, typer.Option("--open", help="只看有待处理拒收行的 · Only those with open rejects.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """列出导入与撤销，新的在前 · List imports and undos, newest first."""
    runtime.start()
    from rich.table import Table

    from silian.portal.registry.domain.undo_requests import told_jobs

    jobs = told_jobs().order_by("-pk")
    if only_open:
        jobs = jobs.filter(open_reject_count__gt=0)
    if as_json:
        print_json([_values(job) for job in jobs[:limit]])
        return
    table = Table(title="导入任务 Imports", title_justify="left")
    table.add_column("编号 JOB", overflow="fold")
    table.add_column("文件 File", overflow="fold")
    for label in ("状态 State", "结果 Result", "待处理 Open"):
        table.add_column(label, overflow="fold")
    for job in jobs[:limit]:
        table.add_row(
            str(job.public_id),
            f"{job.file_name}\n{job.created_at:%Y-%m-%d %H:%M} UTC",
            str(job.get_state_display()),
            _result(job),
            str(job.open_reject_count or ""),
        )
    console().print(table)


@imports.command("undo")
def undo(
    job: Annotated[
        str, typer.Argument(metavar="JOB", help="导入任务编号 · The import, see imports list.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只预览不改动 · Only say what it would do.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="不再询问 · Don't ask again.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="逐条明细，CSV 或 XLSX · Record by record, as a file."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """撤销一次导入：新增的删除，更新的恢复原值 · Take an import back.

    之后又被改动或引用的记录保留并列出。 What others changed or refer to since is left alone and listed.

    [bold]silian imports undo JOB --dry-run -o undo.xlsx[/]
    [bold]silian imports undo JOB --yes[/]
    """
    runtime.start()
    from silian.portal.exchange.domain import worker

    _check_output(output)
    load = _load_named(job)
    with worker.paused():
        done = _carry_out(load, dry_run=True)
        if not dry_run:
            if done.state == "done" and not yes:
                _ask(done)
            done = _carry_out(load, dry_run=False)
            catch_up()
    if output is not None:
        _write(done, output)
    if as_json:
        print_json(_values(done))
    else:
        _print(done)
    if done.state == "failed":
        raise typer.Exit(1)


def _load_named(told: str) -> "ImportJob":
    """The import with this id, or whose id alone begins so."""
    from silian.portal.registry.models import ImportJob

    found = [
        job
        for job in ImportJob.objects.filter(dry_run=False, undoes=None).order_by("-pk")
        if str(job.public_id).startswith(told.strip().lower()) and told.strip()
    ]
    if len(found) == 1:
        return found[0]
    near = found or list(ImportJob.objects.filter(dry_run=False, undoes=None).order_by("-pk")[:5])
    several = (
        "不止一个导入的编号这样开头 Several imports begin so"
        if found
        else "没有这个导入 No such import"
    )
    fail(
        f"{several}: {told}",
        remedy="最近的导入 The last imports:\n"
        + ("\n".join(f"  {job.public_id} {job.file_name}" for job in near[:5]) or "  —"),
        exit_code=2,
    )


def _carry_out(load: "ImportJob", *, dry_run: bool) -> "ImportJob":
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.registry.domain.undo_requests import NotUndoable, request_undo

    try:
        return carried_out(request_undo(load, SYSTEM, dry_run=dry_run))
    except NotUndoable as refused:
        fail(f"{refused.message_zh} {refused}")


def _ask(preview: "ImportJob") -> None:
    _print(preview)
    if not sys.stdin.isatty():
        fail(
            "未确认，没有改动。Nothing was changed: it was not confirmed.",
            remedy="确认后加 --yes。Add --yes once you have seen what it does.",
            exit_code=2,
        )
    if not typer.confirm("确认撤销？Take it back?", err=True):
        fail("没有改动。Nothing was changed.")


def _check_output(output: Path | None) -> None:
    if output is not None and output.suffix.lower() not in _FORMATS:
        fail(
            f"文件名应以 .csv 或 .xlsx 结尾 The file must end in .csv or .xlsx: {output}",
            exit_code=2,
        )


def _write(job: "ImportJob", output: Path) -> None:
    from silian.portal.registry.interfaces.undone_records import undone_file

    with output.open("wb") as file:
        for chunk in undone_file(job, _FORMATS[output.suffix.lower()]):
            file.write(chunk)
    say(f"✓ {output}", style="green")


def _values(job: "ImportJob") -> dict[str, Any]:
    names = ("removed_count", "restored_count", "kept_count")
    return {
        **job_values(job),
        "open_reject_count": getattr(job, "open_reject_count", 0),
        "undoes": job.undoes and str(job.undoes.public_id),
        "undone_by": getattr(job, "undone_by_id", None),
        **{name: getattr(job, name) for name in names},
    }


def _result(job: "ImportJob") -> str:
    if job.undoes_id:
        told = (
            f"撤销 undo: 删除 removed {job.removed_count:,} · 恢复 restored "
            f"{job.restored_count:,} · 保留 left alone {job.kept_count:,}"
        )
        return f"{told} (预览 preview)" if job.dry_run else told
    told = (
        f"新增 new {job.accepted_count:,} · 更新 changed {job.changed_count:,} · "
        f"拒收 refused {job.rejected_count:,}"
    )
    if job.dry_run:
        return f"{told} (试运行 dry run)"
    return f"{told} (已撤销 taken back)" if getattr(job, "undone_by_id", None) else told


def _print(job: "ImportJob") -> None:
    from silian.portal.registry.interfaces.import_notes import told_notes

    if job.state == "failed":
        say(f"✗ {job.error_message}", style="bold red")
        return
    say(f"{job.file_name}: {_result(job)}", style="bold")
    for note in told_notes(job.notes):
        say(f"  · {note.message_zh} {note.message_en} ({note.count:,})", style="yellow")
    kept = job.undone_records.filter(action="keep").order_by("pk")
    for record in kept[:_SHOWN_RECORDS]:
        zh, en = record.detail.get("message_zh", ""), record.detail.get("message_en", "")
        say(f"  {record.title or record.public_id}: {zh} {en}")
    if job.kept_count > _SHOWN_RECORDS:
        say("  … 其余见 --output FILE。The rest with --output FILE.", style="dim")
