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
    from silian.portal.registry.models import ImportJob, RejectedRow

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
            "open_reject_count": RejectedRow.objects.filter(state="open").count(),
        },
        "unusable_drafts": [asdict(one) for one in unusable_drafts(timezone.localdate())],
    }


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
    warn_of_unusable(timezone.localdate())
