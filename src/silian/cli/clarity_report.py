"""A clarity report on the terminal: what stands in the need, what is missing, how to say it."""

from typing import TYPE_CHECKING

from silian.cli.console import console, say

if TYPE_CHECKING:
    from silian.engines.matching.clarity import ClarityReport

_SIGNS = {"present": "[green]✓[/]", "weak": "[yellow]~[/]", "missing": "[red]✗[/]"}


def print_report(report: "ClarityReport") -> None:
    """One row for each aspect, with what was found or what to add."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("")
    table.add_column("方面 Aspect")
    table.add_column("分 Points", justify="right")
    table.add_column("写明的内容或建议 Found, or what to add", overflow="fold")
    for finding in report.findings:
        found = "；".join(span.text for span in finding.spans[:3])
        told = [f"[cyan]{escape(found)}[/]"] if found else []
        if finding.suggestion_zh:
            told.append(f"{escape(finding.suggestion_zh)} [dim]例：{escape(finding.example_zh)}[/]")
            told.append(f"[dim]{escape(finding.suggestion_en)}[/]")
        table.add_row(
            _SIGNS.get(finding.state, ""),
            f"{finding.label_zh}\n{finding.label_en}",
            f"{finding.points:g}/{finding.most_points:g}",
            "\n".join(told),
        )
    console().print(table)
    verdict = "可以发布 clear enough" if report.is_clear else "建议补充后发布 add what is missing"
    say(f"清晰度 Clarity {report.score:.0f}/100 · {verdict}", style="bold")
