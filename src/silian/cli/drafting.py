"""``silian mapping draft``: a mapping proposed from a register's own columns."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from silian.cli import runtime
from silian.cli.console import console, fail, print_json, say
from silian.cli.enterprises import AsJson
from silian.cli.record_kinds import asked_kind

if TYPE_CHECKING:
    from silian.portal.registry.interfaces.draft_files import FileBeginning
    from silian.portal.registry.interfaces.drafting import ColumnDraft, Draft

_MOST_HEADINGS = 8

mapping = typer.Typer(
    help="字段映射 · Mappings of registers: how their columns become ours.", no_args_is_help=True
)


@mapping.callback()
def _mappings() -> None:
    """字段映射 · Mappings of registers."""


@mapping.command("draft")
def draft(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV, XLSX, JSON, JSONL 或 or Parquet.")
    ],
    kind: Annotated[
        str,
        typer.Option(
            "--kind", "-k", help="记录类型，不给则推断 · Kind of its records, else guessed."
        ),
    ] = "",
    sheet: Annotated[
        str,
        typer.Option(
            "--sheet", "-s", help="工作表，不给则取最像的一张 · Sheet, else the one that fits best."
        ),
    ] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="映射文件 · YAML file to write.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """按列名和内容草拟字段映射 · Propose a mapping from headings and values.

    [bold]silian mapping draft needs.xlsx -o needs.yaml[/]
    [bold]silian load needs.xlsx --mapping needs.yaml --dry-run[/]
    """
    runtime.start()
    from silian.portal.catalogue import KINDS
    from silian.portal.registry.interfaces.draft_files import draft_of_file, draft_text

    kind = kind and asked_kind(kind, KINDS)
    if not file.is_file():
        fail(f"没有这个文件 No such file: {file}", exit_code=2)
    drafted, beginning = draft_of_file(file, kind=kind, sheet=sheet)
    text = draft_text(drafted, beginning)
    if as_json:
        from silian.portal.registry.interfaces.draft_values import draft_values

        print_json({**draft_values(drafted, beginning), "mapping": text})
    else:
        _show(file, drafted, beginning)
        if output is None:
            typer.echo(text, nl=False)
    if output is not None:
        output.write_text(text, encoding="utf-8")
        say(f"✓ {output}", style="green")
        say(f"  silian load {file} --mapping {output} --dry-run")


def remedy_for(path: Path, kind: str = "") -> str:
    """What to do about a file that nothing reads: its likeliest kind, and how to draft."""
    from silian.errors import EngineError
    from silian.portal.catalogue import KINDS
    from silian.portal.registry.interfaces.draft_files import draft_of_file

    name = f"'{path}'" if " " in str(path) else str(path)
    command = f"silian mapping draft {name}"
    try:
        likeliest = kind or draft_of_file(path)[0].kind
    except (EngineError, OSError):
        return f"{command} -o my.yaml"
    entry = KINDS[likeliest]
    return (
        f"最像 Likeliest: {likeliest}（{entry.label_zh} {entry.label_en}）\n"
        f"  {command} --kind {likeliest} -o my.yaml\n"
        f"  silian load {name} --mapping my.yaml --dry-run"
    )


def _show_sheets(beginning: "FileBeginning") -> None:
    """Name the sheets that were not drafted, and what each seems to hold."""
    for offer in beginning.sheets:
        if not offer.is_chosen:
            what = f"像 looks like {offer.kind}，" if offer.kind else ""
            headings = "、".join(offer.headings[:_MOST_HEADINGS]) or "—"
            say(f"  {offer.name}：{offer.row_count} 行 rows，{what}{headings}")
    if beginning.sheets:
        say("  其他工作表用 --sheet 选择。Choose another of these sheets with --sheet.")


def _show(file: Path, drafted: "Draft", beginning: "FileBeginning") -> None:
    from rich.table import Table
    from rich.text import Text

    from silian.portal.catalogue import KINDS

    entry = KINDS[drafted.kind]
    where = f" · 工作表 sheet {beginning.sheet}" if beginning.sheet else ""
    say(f"{file.name}{where}: {drafted.kind}（{entry.label_zh} {entry.label_en}）")
    _show_sheets(beginning)
    for told in drafted.warning or ():
        say(told, style="yellow")
    labels = {column.name: column.label_zh for column in entry.columns}
    table = Table(title="列 Columns", title_justify="left")
    for label in ("列 Column", "我们的字段 Ours", "依据 Why", "示例 Sample"):
        table.add_column(label, overflow="fold")
    for column in drafted.columns:
        # Texts of a file are no markup, whatever brackets they have.
        table.add_row(*(Text(cell) for cell in _cells(column, labels)))
    # On stderr: what goes to stdout is the mapping itself.
    console(stderr=True).print(table)
    key = drafted.key
    if key is None:
        say("没有可作主键的列。No column tells the rows apart.", style="yellow")
    else:
        say(f"主键 Key: {' + '.join(key.columns)} {key.suffix}（{key.reason_zh} {key.reason_en}）")
    if drafted.missing:
        names = "、".join(f"{name}（{labels[name]}）" for name in drafted.missing)
        say(f"缺少必填字段，请补入映射。Add what is required: {names}", style="yellow")


def _cells(column: "ColumnDraft", labels: dict[str, str]) -> list[str]:
    ours = f"{column.field} {labels[column.field]}" if column.field else "—"
    if column.field and not column.is_sure:
        ours = f"? {ours}"
    if column.unit:
        ours += f"（{column.unit}）"
    sample = column.samples[0] if column.samples else ""
    return [column.heading, ours, f"{column.reason_zh}\n{column.reason_en}", sample]
