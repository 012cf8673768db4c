"""``silian load``, ``template`` and ``export``: files in and out."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from silian.cli import runtime
from silian.cli.console import console, fail, print_json, progress_bar, say
from silian.cli.graphing import keep_graph_up
from silian.cli.indexing import tell_failed
from silian.cli.record_kinds import asked_kind

if TYPE_CHECKING:
    from silian.portal.registry.models import ImportJob

_SHOWN_REASONS = 5
_SHOWN_NOTES = 20


_Files = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="FILE...", help="CSV, XLSX, JSON, JSONL 或 or Parquet.", show_default=False
    ),
]
_MappingOption = Annotated[
    str,
    typer.Option(
        "--mapping", "-m", help="字段映射的编码或 YAML 文件 · Mapping: a code or a YAML file."
    ),
]
_KindOption = Annotated[
    str, typer.Option("--kind", "-k", help="文件用模板列时的记录类型 · Kind, for template columns.")
]
_RegisterOption = Annotated[
    str, typer.Option("--register", help="登记库编码 · Code of the register.")
]
_DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="只检查不入库 · Check everything, write nothing.")
]
_ReplaceOption = Annotated[
    bool,
    typer.Option(
        "--replace",
        help="允许覆盖主键相同但名称、代码都不同的记录 · Let rows take the place of other things' "
        "records under the same keys.",
    ),
]
_RealDataOption = Annotated[
    Path | None,
    typer.Option(
        "--real-data",
        metavar="FOLDER",
        help="载入文件夹中所有内置映射认得的登记库 · Load every register that a shipped mapping "
        "recognises in a folder.",
    ),
]
_ResumeOption = Annotated[
    str,
    typer.Option(
        "--resume",
        metavar="JOB",
        help="接着做中断或失败的导入任务 · Carry on with an interrupted or failed job.",
    ),
]


def load(
    files: _Files = None,
    mapping: _MappingOption = "",
    kind: _KindOption = "",
    register: _RegisterOption = "",
    dry_run: _DryRunOption = False,
    replace: _ReplaceOption = False,
    real_data: _RealDataOption = None,
    resume: _ResumeOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON · Print JSON.")] = False,
) -> None:
    """载入登记库文件 · Load register files.

    每一行要么入库，要么连同原因留在拒收表。 Every row is kept, or refused with its reasons.

    [bold]silian load needs.xlsx --kind need[/]
    [bold]silian load enterprises.csv --mapping my-mapping.yaml --dry-run[/]
    """
    runtime.start()
    from silian.portal.exchange.domain import worker

    with worker.paused():
        if resume:
            jobs = [carried_out(entered_job(resume))]
        else:
            _check_files(files or [], real_data)
            kind = kind and _template_kind(kind)
            with _mapping_at_hand(mapping, dry_run) as code:
                plans = _plans(files or [], code, kind, real_data)
                how = {"register_code": register, "dry_run": dry_run, "replace": replace}
                jobs = [_run(path, each, how) for path, each in plans]
        if not all(job.dry_run for job in jobs):
            catch_up()
    if as_json:
        print_json([job_values(job) for job in jobs])
    else:
        _print_jobs(jobs)
    if any(job.state == "failed" or _is_all_refused(job) for job in jobs):
        raise typer.Exit(1)


def _is_all_refused(job: "ImportJob") -> bool:
    n_taken = job.accepted_count + job.changed_count + job.unchanged_count
    return job.rejected_count > 0 and n_taken == 0


def template(
    kind: Annotated[
        str,
        typer.Argument(metavar="KIND", help="记录类型，如 need、需求 · Record kind, e.g. need."),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="文件名 · File to write.")
    ] = None,
) -> None:
    """写出某类记录的 XLSX 导入模板 · Write the XLSX import template of a record kind."""
    runtime.start()
    from silian.portal.catalogue import KINDS
    from silian.portal.registry.interfaces.templates import template_workbook

    kind = asked_kind(kind, KINDS)
    path = output or Path(f"{kind}.xlsx")
    path.write_bytes(template_workbook(kind))
    say(f"✓ {path}", style="green")


def export(
    kind: Annotated[
        str,
        typer.Argument(metavar="KIND", help="记录类型，如 need、需求 · Record kind, e.g. need."),
    ],
    file_format: Annotated[
        str, typer.Option("--format", "-f", help="csv, xlsx, jsonl 或 or parquet.")
    ] = "csv",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="文件名 · File to write.")
    ] = None,
) -> None:
    """导出某类的全部记录 · Export all records of a kind."""
    runtime.start()
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.audit import domain as audit
    from silian.portal.catalogue import KINDS
    from silian.portal.registry.interfaces.exports import EXPORT_FORMATS
    from silian.portal.registry.interfaces.exports import export as export_chunks

    kind = asked_kind(kind, KINDS)
    _check_format(file_format, tuple(EXPORT_FORMATS))
    path = output or Path(f"{kind}.{file_format}")
    temporary = path.with_name(path.name + ".part")
    n_bytes = 0
    try:
        label = f"导出 Export {KINDS[kind].label_zh} (kB)"
        with progress_bar(label) as advance, temporary.open("wb") as file:
            for chunk in export_chunks(kind, file_format):
                n_bytes += file.write(chunk)
                advance(n_bytes // 1000, None)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    audit.log("list.export", SYSTEM, kind, format=file_format, bytes=n_bytes, file=str(path))
    n_records = KINDS[kind].model._default_manager.count()
    say(f"✓ {path} · {n_records:,} 条 records · {n_bytes:,} bytes", style="green")


def _check_format(name: str, allowed: tuple[str, ...]) -> None:
    if name not in allowed:
        fail(
            f"不支持格式“{name}”。There is no format {name!r}.",
            remedy="可用 Allowed: " + ", ".join(allowed),
            exit_code=2,
        )


def _template_kind(name: str) -> str:
    from silian.portal.catalogue import KINDS

    return asked_kind(name, KINDS)


def _check_files(files: list[Path], real_data: Path | None) -> None:
    if real_data is not None:
        if not real_data.is_dir():
            fail(f"不是文件夹 Not a folder: {real_data}", exit_code=2)
        return
    if not files:
        fail(
            "没有给出文件。No file was given.",
            remedy="silian load FILE --kind KIND 或 or silian load --real-data FOLDER",
            exit_code=2,
        )
    for path in files:
        if not path.is_file():
            fail(f"没有这个文件 No such file: {path}", exit_code=2)


def _plans(
    files: list[Path], mapping: str, kind: str, real_data: Path | None
) -> list[tuple[Path, str]]:
    """Which file is read by which mapping, in loading order."""
    if real_data is None:
        return [(path, _mapping_code(path, mapping, kind)) for path in files]
    from silian.portal.registry.interfaces.recognising import recognise

    found = recognise(real_data)
    if not found:
        fail(f"没有可识别的登记库 No shipped mapping recognises a file in {real_data}")
    return found


def _mapping_code(path: Path, mapping: str, kind: str) -> str:
    from silian.cli.drafting import remedy_for
    from silian.portal.catalogue import KINDS
    from silian.portal.registry.interfaces.recognising import mapping_of

    if mapping:
        return mapping
    wanted = kind or path.stem
    if wanted in KINDS:
        return f"template:{wanted}"
    if not kind and (code := mapping_of(path)):
        typer.echo(f"{path.name}：按映射 {code} 读取。Read by the mapping {code}.", err=True)
        return code
    fail(
        f"不知道怎样读 {path.name}。How {path.name} is to be read is not known.",
        remedy="请加 --kind 或 --mapping，或先草拟映射。Add --kind or --mapping, or draft a mapping.\n"
        f"  {remedy_for(path)}\n  Kinds: {', '.join(KINDS)}",
        exit_code=2,
    )


@contextmanager
def _mapping_at_hand(mapping: str, dry_run: bool) -> Iterator[str]:
    """Code of a mapping; a YAML file is kept and audited, for a dry run only lent."""
    path = Path(mapping)
    if path.suffix not in {".yaml", ".yml"}:
        yield mapping
        return
    if not path.is_file():
        fail(f"没有这个映射文件 No such mapping file: {path}", exit_code=2)
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.registry.domain.mapping_store import save_mapping
    from silian.portal.registry.interfaces.mapping_library import lent

    text = path.read_text("utf-8")
    if dry_run:
        with lent(text) as code:
            yield code
    else:
        yield save_mapping(text, SYSTEM).code


def _run(path: Path, code: str, how: dict[str, Any]) -> "ImportJob":
    from silian.portal.registry.domain.intake import create_job

    return carried_out(create_job(path, code, **how))


def carried_out(job: "ImportJob") -> "ImportJob":
    from silian.portal.registry.domain.intake import run_job

    with progress_bar(job.file_name) as advance:
        return run_job(job.pk, progress=advance)


def entered_job(public_id: str) -> "ImportJob":
    from django.core.exceptions import ValidationError

    from silian.portal.registry.models import ImportJob

    try:
        return ImportJob.objects.get(public_id=public_id)
    except (ImportJob.DoesNotExist, ValidationError):
        open_jobs = ImportJob.objects.exclude(state=ImportJob.State.DONE)[:5]
        fail(
            f"没有这个导入任务 No such import: {public_id}",
            remedy="未完成的任务 Unfinished: "
            + (", ".join(f"{job.public_id} {job.file_name}" for job in open_jobs) or "—"),
            exit_code=2,
        )


def catch_up() -> None:
    from silian.portal.exchange.domain import consistency, outbox

    if outbox.status().waiting_count:
        with progress_bar("更新索引 Index words") as advance:
            consistency.catch_up(progress=advance)
        tell_failed()
    keep_graph_up()


def job_values(job: "ImportJob") -> dict[str, Any]:
    from silian.portal.registry.interfaces.import_notes import unread_columns

    names = (
        *("row_count", "accepted_count", "changed_count", "unchanged_count"),
        *("rejected_count", "remarked_count"),
    )
    return {
        "job": str(job.public_id),
        "file": job.file_name,
        "mapping": job.mapping_code,
        "register": job.register_code,
        "dry_run": job.dry_run,
        "replace": job.replace,
        "state": job.state,
        "error": job.error_message,
        "counts_by_kind": job.counts_by_kind,
        "unread_columns": unread_columns(job.notes),
        "notes": job.notes,
        **{name: getattr(job, name) for name in names},
    }


def _print_notes(job: "ImportJob") -> None:
    from silian.portal.registry.interfaces.import_notes import told_notes, unread_columns

    unread = unread_columns(job.notes)
    notes = [note for note in told_notes(job.notes) if note.about not in unread]
    if notes or unread:
        say(f"{job.file_name}：", style="dim")
    if unread:
        say(f"  · 没有用到的列 columns not used: {'、'.join(unread)}", style="dim")
    for note in notes[:_SHOWN_NOTES]:
        say(f"  · {note.message_zh} {note.message_en} ({note.count:,})", style="dim")
    if len(notes) > _SHOWN_NOTES:
        say(f"  · … 另 {len(notes) - _SHOWN_NOTES} 项，见 --json · more with --json", style="dim")


def _print_jobs(jobs: list["ImportJob"]) -> None:
    from rich.table import Table

    from silian.cli.drafting import remedy_for
    from silian.tables.readers import NoHeading

    table = Table(title="载入结果 Load report", title_justify="left")
    table.add_column("文件 File", overflow="fold")
    headings = ("行 Rows", "新增 New", "更新 Changed", "未变 Same", "拒收 Refused")
    for label in (*headings, "有提示 Remarked"):
        table.add_column(label, justify="right")
    for job in jobs:
        counts = [job.row_count, job.accepted_count, job.changed_count]
        counts += [job.unchanged_count, job.rejected_count, job.remarked_count]
        table.add_row(job.file_name, *(f"{count:,}" for count in counts))
    console().print(table)
    for job in jobs:
        _print_notes(job)
        if job.state == "failed":
            say(f"✗ {job.file_name}: {job.error_message}", style="bold red")
            if job.error_code == NoHeading.code:
                kind = job.mapping_code.partition("template:")[2]
                say(f"  {remedy_for(Path(job.stored_path), kind)}")
            continue
        if n := job.rejected_count:
            _print_kept(job, "open", f"拒收 {n:,} 行 rows refused")
        if n := job.remarked_count:
            _print_kept(job, "remarked", f"{n:,} 行已入库但有提示 rows loaded with remarks")


def _print_kept(job: "ImportJob", state: str, told: str) -> None:
    from silian.portal.registry.interfaces.rejects import source_columns, told_reason

    say(f"{job.file_name}: {told}, e.g.", style="yellow")
    sources = source_columns(job)
    for row in job.rejected_rows.filter(state=state)[:_SHOWN_REASONS]:
        for reason in row.reasons[:2]:
            zh, en = told_reason(row.kind, reason, sources)
            say(f"  第 {row.row_number} 行 {zh} {en}")
