"""``silian build`` and ``silian check``: the index against the records."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from silian.cli import runtime
from silian.cli.console import console, print_json, progress_bar, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from silian.portal.exchange.domain.consistency import ConsistencyReport
    from silian.portal.insight.domain.graph_checking import GraphReport

_SHOWN_IDS = 5


def build(
    words_only: Annotated[
        bool,
        typer.Option(
            "--words-only",
            help="只建字词索引，语义留给后台 · Words only; meaning follows in the background.",
        ),
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="无论如何重建 · Build anew in any case.")
    ] = False,
) -> None:
    """重建索引并计算语义向量，可中断后续跑 · Rebuild the index and embed; resumes when stopped.

    旧索引在新索引完成前照常应答。 The former index answers until the new one is complete.
    """
    runtime.start()
    from silian.portal.exchange.domain import consistency
    from silian.portal.exchange.domain.index import embedder_of_process, open_matcher

    if not fresh and consistency.is_current():
        with progress_bar("核对索引 Check the index") as advance:
            report = consistency.check(repair=True, progress=advance)
        n_documents = report.record_count - len(report.left_ids)
    else:
        with progress_bar("建立字词索引 Index words") as advance:
            n_documents = consistency.rebuild(progress=advance)
    say(f"✓ 字词可搜 Searchable by words: {n_documents:,}", style="green")
    tell_failed()
    if words_only or embedder_of_process() is None:
        return
    with progress_bar("计算语义 Embed meaning") as advance:
        n_embedded = open_matcher().embed_pending(progress=advance)
    say(f"✓ 语义可搜 Searchable by meaning: +{n_embedded:,}", style="green")


def tell_failed() -> None:
    """Name the records that could not be indexed, and what can be done."""
    from silian.portal.exchange.domain.unreadable import failed_reasons

    reasons = failed_reasons()
    if reasons:
        _print_failed(reasons, len(reasons))


def _print_failed(reasons: "Mapping[str, str]", failed_count: int) -> None:
    say(
        f"✗ {failed_count:,} 条记录的文字无法读入索引，已保存但搜不到 The text of {failed_count:,} "
        "records can't be read; they are saved, but not found:",
        style="yellow",
    )
    for public_id, reason in list(reasons.items())[:_SHOWN_IDS]:
        say(f"  {public_id}: {reason}")
    say(
        "  更正文字后会自动重试，或运行 silian check --repair；仍不行请报告。"
        "They are tried again when their text is changed, or by silian check --repair; if that "
        "doesn't help, report them."
    )


def check(
    repair: Annotated[
        bool, typer.Option("--repair", help="修复所有差异 · Repair every difference.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON · Print JSON.")] = False,
) -> None:
    """逐条核对记录与索引、图谱 · Compare records with index and graph, one by one.

    有差异且未修复时退出码为 1。 Exits with 1 where they differ and were not repaired; what was
    repaired is compared again first.
    """
    runtime.start()
    from silian.portal.exchange.domain import consistency

    with progress_bar("核对 Compare") as advance:
        report = consistency.check(repair=repair, progress=advance)
    graph = _checked_graph(repair)
    if as_json:
        values = {**asdict(report), "consistent": report.consistent}
        if graph is not None:
            values["graph"] = {**asdict(graph), "consistent": graph.consistent}
        print_json(values)
    else:
        _print_report(report)
        if graph is not None:
            _print_graph_report(graph)
    sound = not report.left_ids and (report.consistent or report.repaired)
    if not (sound and (graph is None or graph.consistent or graph.repaired)):
        raise typer.Exit(1)


def _checked_graph(repair: bool) -> "GraphReport | None":
    from silian.portal.insight.domain.graph_checking import check_graph
    from silian.portal.insight.domain.graph_store import graph_is_built

    if not graph_is_built():
        return None
    with progress_bar("核对图谱 Compare the graph") as advance:
        return check_graph(repair=repair, progress=advance)


def _print_graph_report(graph: "GraphReport") -> None:
    from rich.table import Table

    table = Table(title="图谱 Graph", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_row("对象 Things", f"{graph.node_count:,}")
    table.add_row("关联 Ties", f"{graph.edge_count:,}")
    table.add_row("缺失 Missing", f"{graph.missing_nodes + graph.missing_edges:,}")
    table.add_row("多余 Too many", f"{graph.extra_nodes + graph.extra_edges:,}")
    console().print(table)
    for example in graph.examples:
        say(f"  {example}")
    if graph.consistent:
        say("✓ 图谱一致 The graph is consistent", style="green")
    elif graph.repaired:
        say("✓ 图谱已重建 The graph was built anew", style="green")
    else:
        say(
            "✗ 图谱有差异，请运行 silian check --repair · The graph differs: run it.",
            style="bold red",
        )


def _print_report(report: "ConsistencyReport") -> None:
    from rich.table import Table

    differed_before = report.repaired and not report.consistent
    table = Table(
        title="修复前 Before the repair" if differed_before else None,
        title_justify="left",
        show_header=False,
    )
    table.add_column()
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    rows = [
        ("可搜记录 Findable records", report.record_count, ()),
        ("索引条目 Index entries", report.indexed_count, ()),
        ("缺失 Missing", len(report.missing_ids), report.missing_ids),
        ("过时 Stale", len(report.stale_ids), report.stale_ids),
        ("无主 Orphaned", len(report.orphaned_ids), report.orphaned_ids),
        ("与索引表不符 Unlike the index's table", len(report.mislaid_ids), report.mislaid_ids),
        ("清单不符 Listed wrongly", len(report.unlisted_ids), report.unlisted_ids),
        ("待更新 Waiting", report.waiting_count, ()),
        ("无法索引 Failed", report.failed_count, ()),
        ("待语义 Meaning pending", report.meaning_pending_count, ()),
    ]
    for label, count, ids in rows:
        examples = ", ".join(ids[:_SHOWN_IDS]) + ("…" if len(ids) > _SHOWN_IDS else "")
        table.add_row(label, f"{count:,}", examples)
    console().print(table)
    if report.outdated:
        say(
            "✓ 分词规则已更新，索引已从记录重建 Texts are cut into other words since an upgrade; the "
            "index was built anew from the records"
            if report.rebuilt
            else "✗ 分词规则已更新，索引仍为旧规则所建 Texts are cut into other words since an "
            "upgrade; the index is still cut by the former rules",
            style="green" if report.rebuilt else "bold red",
        )
    elif report.rebuilt:
        say(
            "✓ 索引文件缺失或损坏，已从记录重建 The index's files were gone or damaged; it was "
            "built anew from the records",
            style="green",
        )
    if report.failed_reasons:
        _print_failed(report.failed_reasons, report.failed_count)
    if report.left_ids:
        say(
            f"✗ 修复后仍有 {len(report.left_ids):,} 条不符 "
            f"{len(report.left_ids):,} differ after the repair: "
            + ", ".join(report.left_ids[:_SHOWN_IDS])
            + ("…" if len(report.left_ids) > _SHOWN_IDS else ""),
            style="bold red",
        )
    elif report.consistent:
        say("✓ 一致 Consistent", style="green")
    elif report.repaired:
        say("✓ 已修复，并已重新比对 Repaired, and compared again", style="green")
    else:
        say("✗ 有差异，请运行 silian check --repair · They differ: run it.", style="bold red")
