"""``silian diagnose``: one enterprise's report, or all of the city's as a job that resumes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from silian.cli import runtime
from silian.cli.console import fail, print_json, progress_bar, say
from silian.cli.enterprises import AsOf, Year, day, enterprise

if TYPE_CHECKING:
    from silian.portal.exchange.models import DiagnosisRun


def diagnose(
    name: Annotated[
        str, typer.Argument(metavar="企业ENTERPRISE", help="编号、代码或全称 · Id, code or name.")
    ] = "",
    as_of: AsOf = "",
    year: Year = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="写入 .pdf、.html 或 .json · Write a file of this kind."
        ),
    ] = None,
    english: Annotated[
        bool, typer.Option("--english", help="英文报告 · Report in English.")
    ] = False,
    everybody: Annotated[
        bool, typer.Option("--all", help="全市所有企业 · All enterprises with facts.")
    ] = False,
    resume: Annotated[
        UUID | None, typer.Option("--resume", help="继续一次批量诊断 · Go on with a run.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="重算最近一次诊断并核对 · Make the latest one again.")
    ] = False,
) -> None:
    """企业诊断（医）：单家报告、批量、复算 · Diagnose one enterprise or all of them."""
    chosen = sum((bool(name), everybody, resume is not None))
    if chosen != 1:
        fail(
            "请给出企业、--all 或 --resume 之一。Give an enterprise, --all or --resume.",
            exit_code=2,
        )
    runtime.start()
    if name:
        _one(name, as_of, year, output, english, check)
    else:
        _run(as_of, year, resume)


def _one(
    name: str, as_of: str, year: int | None, output: Path | None, english: bool, check: bool
) -> None:
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.exchange.domain import diagnosis as domain
    from silian.portal.exchange.interfaces.diagnosis_report import MEDIA_TYPES, as_values, report

    organisation = enterprise(name)
    if check:
        _check(name)
        return
    file_format = output.suffix.lstrip(".").lower() if output else "json"
    if file_format not in MEDIA_TYPES:
        fail(
            "文件名应以 .pdf、.html 或 .json 结尾。End the name in .pdf, .html or .json.",
            exit_code=2,
        )
    made = domain.diagnose(organisation, as_of=day(as_of), year=year, viewer=SYSTEM)
    if output is None:
        print_json(as_values(made, viewer=SYSTEM))
        return
    output.write_bytes(report(made, file_format, viewer=SYSTEM, english=english))
    say(f"✓ {output} · {made.public_id}", style="green")


def _check(name: str) -> None:
    from silian.portal.exchange.domain import diagnosis as domain

    latest = domain.latest(enterprise(name))
    if latest is None:
        fail("该企业还没有诊断。The enterprise has no diagnosis yet.")
    again = domain.reproduce(latest)
    if again.reproduced:
        say(f"✓ 复算一致 Reproduced: {latest.public_id}", style="green")
        return
    moved = [
        label
        for changed, label in (
            (again.library_changed, "政策库已更新 the library changed"),
            (again.code_changed, "程序已更新 the program changed"),
        )
        if changed
    ]
    fail(f"复算不一致 Differs in: {', '.join(again.differing)}", remedy="；".join(moved))


def _run(as_of: str, year: int | None, resume: UUID | None) -> None:
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.exchange.domain import diagnosis_runs
    from silian.portal.exchange.models import DiagnosisRun

    if resume is None:
        run = diagnosis_runs.create_run(as_of=day(as_of), year=year, viewer=SYSTEM)
    else:
        found = DiagnosisRun.objects.filter(public_id=resume).first()
        if found is None:
            fail(f"没有这次批量诊断 No such run: {resume}")
        run = diagnosis_runs.resume(found, viewer=SYSTEM, queued=False)
    say(f"批量诊断 Run {run.public_id}（中断后用 --resume 继续 goes on with --resume）")
    with progress_bar("诊断 Diagnose") as advance:
        _print_run(diagnosis_runs.run_by_id(run.pk, progress=advance))


def _print_run(run: "DiagnosisRun") -> None:
    say(
        f"{run.state}: {run.done_count:,} / {run.total_count:,} · 失败 failed {run.failed_count:,}",
        style="green" if run.state == "done" and not run.failed_count else "yellow",
    )
    if run.error_message:
        say(run.error_message)
