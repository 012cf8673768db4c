"""``silian backup`` and ``silian restore``: all of an installation in one file, and back."""

from pathlib import Path
from typing import Annotated

import typer

from silian.cli import runtime
from silian.cli.console import fail, progress_bar, say
from silian.cli.graphing import keep_graph_up


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="写到哪里 · File to write.")],
    without_index: Annotated[
        bool,
        typer.Option("--without-index", help="不含索引，恢复后重建 · Leave the index out."),
    ] = False,
) -> None:
    """备份数据库、上传文件、模型与索引，运行中也可以 · Back up records, uploads, models and index.

    平台运行时也可备份。 Safe while the platform runs.
    """
    if not file.parent.is_dir():
        fail(
            f"没有这个文件夹 No such folder: {file.parent}",
            remedy="请先建立它，或检查磁盘是否已挂载。Make it first, or see whether its disk is mounted.",
            exit_code=2,
        )
    runtime.start()
    from silian.portal.exchange.domain.safekeeping import write_backup

    with progress_bar("备份 Back up") as advance:
        n_bytes = write_backup(file, with_index=not without_index, progress=advance)
    say(f"✓ {file} ({n_bytes / 1e6:,.1f} MB)", style="green")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="备份文件 · The backup.")],
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="确认替换现有数据 · Replace what is here.")
    ] = False,
) -> None:
    """从备份恢复；现有数据先移到一旁 · Restore a backup; what is here is put aside first."""
    runtime.start()
    from silian.portal.exchange.domain.safekeeping import holds_data, read_backup

    if holds_data() and not yes:
        fail(
            "这里已有数据。There is data here already.",
            remedy="停止平台后加 --yes。Stop the platform, then add --yes: it is put aside.",
            exit_code=2,
        )
    with progress_bar("恢复 Restore") as advance:
        aside = read_backup(file, progress=advance)
    runtime.migrate()
    from silian.portal.exchange.domain import consistency

    with progress_bar("核对索引 Check the index") as advance:
        report = consistency.check(repair=True, progress=advance)
    keep_graph_up()
    if aside:
        say(f"原有数据在 What was here: {aside}")
    say(f"✓ 已恢复 Restored: {report.record_count:,} 条可搜记录 findable records", style="green")
