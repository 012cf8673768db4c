"""``silian status``: what there is, what runs, what waits."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from silian.cli import runtime
from silian.cli.console import console, print_json
from silian.cli.policies import warn_of_unusable


def status(
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON · Print JSON.")] = False,
) -> None:
    """数据、索引、模型与待办一览 · Records, index, model and what waits, at a glance."""
    runtime.start()
    values = _values()
    if as_json:
        print_json(values)
    else:
        _print(values)


def _values() -> dict[str, Any]:
    from django.conf import settings
    from django.db import connection
    from django.utils import timezone

    from silian import __version__
    from silian.portal.catalogue import KINDS
    from silian.portal.exchange.domain import outbox
    from silian.portal.exchange.domain.index import (
        current_generation,
        open_current_ranker,
        open_matcher,
    )
    from silian.portal.industry.domain.published_drafts import unusable_drafts
    from silian.portal.registry.domain.earlier_rejects import open_rejects
    from silian.portal.registry.models import ImportJob

    waiting = outbox.status()
    statistics = open_matcher().statistics()
    embedded = statistics.document_count - statistics.pending_vectors
    running = ImportJob.objects.filter(state__in=("waiting", "running"))
    return {
        "version": __version__,
        "home": str(settings.SILIAN_HOME),
        "database": connection.vendor,
        "records": {kind: entry.model._default_manager.count() for kind, entry in KINDS.items()},
        "index": {
            "generation": current_generation(),
            "document_count": statistics.document_count,
            "embedded_count": embedded,
            "meaning_pending_count": statistics.pending_vectors,
            "unoptimised_rows": statistics.unoptimised_rows,
            "disk_bytes": statistics.disk_bytes,
            "embedder": statistics.embedder_name,
        },
        "outbox": {
            "waiting_count": waiting.waiting_count,
            "failed_count": waiting.failed_count,
            "oldest_seconds": waiting.oldest_seconds,
        },
        "ranker_version": open_current_ranker().version,
        "imports": {
            "running_count": running.count(),
            "open_reject_count": open_rejects().count(),
        },
        "graph": _graph(),
        "placements": _placements(),
        "resolution": _resolution(),
        "unusable_drafts": [asdict(one) for one in unusable_drafts(timezone.localdate())],
    }


def _graph() -> dict[str, Any] | None:
    from silian.portal.insight.domain.graph_store import graph_is_built, graph_status

    if not graph_is_built():
        return None
    found = graph_status()
    return {
        "built_at": found.built_at,
        "node_count": found.n_nodes,
        "edge_count": found.n_edges,
        "pending_change_count": found.pending_changes,
        "behind_count": found.behind,
    }


def _placements() -> dict[str, Any] | None:
    from silian.portal.insight.domain.chain_placements import placement_status

    found = placement_status()
    if found is None:
        return None
    return {"placed_at": found.placed_at, "count": found.count, "behind": found.behind}


def _resolution() -> dict[str, Any]:
    """The last finished run of each kind, and how many pairs wait for a person."""
    from silian.portal.registry.models import IdentityLink, IdentityRun

    told: dict[str, Any] = {}
    for kind in ("organisation", "person"):
        done = IdentityRun.objects.filter(subject_kind=kind, state=IdentityRun.State.DONE)
        run = done.order_by("finished_at", "pk").last()
        waiting = IdentityLink.objects.filter(subject_kind=kind, state="review")
        told[kind] = run and {
            "finished_at": run.finished_at,
            "record_count": run.n_records,
            "subject_count": run.n_subjects,
            "review_count": waiting.count(),
        }
    return told


def _print(values: dict[str, Any]) -> None:
    from django.utils import timezone
    from rich.table import Table

    from silian.portal.catalogue import KINDS

    out = console()
    out.print(f"silian {values['version']} · {values['home']} · {values['database']}")
    table = Table(title="记录 Records", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for kind, count in values["records"].items():
        table.add_row(f"{KINDS[kind].label_zh} {KINDS[kind].label_en}", f"{count:,}")
    out.print(table)
    index, outbox = values["index"], values["outbox"]
    table = Table(title="索引 Index", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    total = index["document_count"]
    share = f" ({index['embedded_count'] / total:.0%})" if total else ""
    table.add_row("字词可搜 Searchable by words", f"{total:,}")
    table.add_row("语义可搜 Searchable by meaning", f"{index['embedded_count']:,}{share}")
    table.add_row("待更新 Waiting for the index", f"{outbox['waiting_count']:,}")
    table.add_row("无法索引 Failed", f"{outbox['failed_count']:,}")
    table.add_row("占用 On disk", f"{index['disk_bytes'] / 1e6:,.0f} MB")
    table.add_row("向量模型 Embedder", index["embedder"] or "—")
    table.add_row("排序模型 Ranker", values["ranker_version"])
    table.add_row("导入中 Imports running", f"{values['imports']['running_count']:,}")
    table.add_row("待处理拒收行 Open rejects", f"{values['imports']['open_reject_count']:,}")
    out.print(table)
    _print_insight(values)
    warn_of_unusable(timezone.localdate())


def _print_insight(values: dict[str, Any]) -> None:
    """Graph, places in the chains, who is who; what is not there yet tells how to make it."""
    from django.utils import timezone
    from rich.table import Table

    table = Table(title="图谱 Graph", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")

    def day(moment: Any) -> str:
        return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"

    graph, placed = values["graph"], values["placements"]
    if graph is None:
        table.add_row("图谱 Graph", "silian graph build")
    else:
        table.add_row("生成于 Built", day(graph["built_at"]))
        table.add_row("对象 Things", f"{graph['node_count']:,}")
        table.add_row("关联 Ties", f"{graph['edge_count']:,}")
        behind = graph["behind_count"]
        table.add_row("待补上的记录 Records behind", "—" if behind is None else f"{behind:,}")
    if placed is None:
        table.add_row("产业链归属 Places in the chains", "silian graph build")
    else:
        stale = " · 有变化 behind" if placed["behind"] else ""
        table.add_row(
            "产业链归属 Places in the chains",
            f"{placed['count']:,} ({day(placed['placed_at'])}){stale}",
        )
    for kind, zh, en in (
        ("organisation", "单位归并", "Organisations resolved"),
        ("person", "人员归并", "People resolved"),
    ):
        run = values["resolution"][kind]
        told = "silian resolve"
        if run is not None:
            told = f"{run['record_count']:,} → {run['subject_count']:,}"
            told += f" · 待复核 to review {run['review_count']:,} ({day(run['finished_at'])})"
        table.add_row(f"{zh} {en}", told)
    console().print(table)
