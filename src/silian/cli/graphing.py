"""``silian graph`` and ``silian path``: the knowledge graph built, asked and written out."""

from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from silian.cli import runtime
from silian.cli.console import console, fail, fail_among_several, print_json, progress_bar, say
from silian.cli.failures import GuardedGroup

if TYPE_CHECKING:
    from silian.portal.insight.domain.graph_store import GraphStatus
    from silian.portal.insight.domain.graph_values import Narrowing

graph = typer.Typer(
    cls=GuardedGroup,
    help="知识图谱：生成、状态、导出、邻域 · The knowledge graph: build, status, export, neighbours.",
    no_args_is_help=True,
)

_Json = Annotated[bool, typer.Option("--json", help="输出 JSON · Print JSON.")]
_Year = Annotated[
    int | None, typer.Option(min=1900, max=2100, help="起止年 · First and last year.")
]
Thing = Annotated[str, typer.Argument(help="名称或公开编号 · A name or a public id.")]


@graph.command("build")
def build(
    as_json: _Json = False,
    changes: Annotated[
        bool,
        typer.Option("--changes", help="只补上变化 · Only bring in what changed."),
    ] = False,
) -> None:
    """由全部记录生成图谱，旧图谱在此期间照常应答 · Build the graph from all records.

    The former graph answers until the new one is complete.
    """
    runtime.start()
    from silian.portal.insight.domain.graph_building import build_graph, refresh_graph

    if changes:
        status = refresh_graph()
    else:
        _place_if_behind()
        with progress_bar("生成图谱 Build the graph") as advance:
            status = build_graph(progress=advance)
    if as_json:
        print_json(asdict(status))
    else:
        say(f"✓ {status.n_nodes:,} 个对象 things, {status.n_edges:,} 条关联 ties", style="green")


def _place_if_behind() -> None:
    """Place records in the chains first: where they stand is a tie of the graph."""
    from silian.portal.insight.domain.chain_placements import placement_status, rebuild_placements
    from silian.portal.registry.models import ChainNode

    placed = placement_status()
    if (placed is None or placed.behind) and ChainNode.objects.exists():
        with progress_bar("归入产业链 Place in the chains") as advance:
            rebuild_placements(advance)


@graph.command("status")
def status(as_json: _Json = False) -> None:
    """图谱概况，以及比记录落后多少 · What the graph holds, and how far it is behind."""
    runtime.start()
    from silian.portal.insight.domain.graph_store import graph_status

    found = graph_status()
    if as_json:
        print_json(asdict(found))
    else:
        _print_status(found)


@graph.command("export")
def export(
    output: Annotated[Path, typer.Argument(metavar="FILE", help="写到哪里 · File to write.")],
    file_format: Annotated[
        str,
        typer.Option("--format", "-f", help="graphml, jsonld, neo4j (zip), parquet (zip)."),
    ] = "graphml",
) -> None:
    """导出整个图谱 · Write the whole graph for other tools."""
    import shutil
    import tempfile

    runtime.start()
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.audit import domain as audit
    from silian.portal.insight.domain.graph_exporting import export_graph_file

    with tempfile.TemporaryDirectory(prefix="graph-export-") as folder:
        path = export_graph_file(Path(folder), file_format)
        n_bytes = path.stat().st_size
        output.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, output)
    audit.log("graph.export", SYSTEM, "graph", format=file_format, bytes=n_bytes, file=str(output))
    say(f"✓ {output} ({n_bytes:,} bytes)", style="green")


@graph.command("neighbours")
def neighbours(
    thing: Thing,
    most: Annotated[int, typer.Option("--most", min=1, max=200, help="至多 · At most.")] = 20,
    as_json: _Json = False,
) -> None:
    """一个对象周围有什么 · What is around a thing."""
    runtime.start()
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.insight.domain.graph_exploring import around

    part = around(SYSTEM, id_of_thing(thing), most=most)
    if as_json:
        print_json(part.as_json())
        return
    labels = {one.node_id: one.label for one in part.things}
    rows = [
        (
            labels[tie.source_id],
            tie.words,
            labels[tie.target_id],
            _days(tie.since, tie.until),
            ", ".join(tie.evidence[:1]),
        )
        for tie in part.ties
    ]
    _print_table(("从 From", "关系 Tie", "到 To", "日期 Days", "依据 Evidence"), rows)
    if part.n_more:
        say(f"另有 {part.n_more:,} 个未显示 not shown: {dict(part.more_by_kind)}")


def path(
    start: Thing,
    end: Thing,
    most: Annotated[int, typer.Option("--most", "-k", min=1, max=10, help="条数 · Paths.")] = 3,
    conflict: Annotated[
        bool,
        typer.Option("--conflict", help="核查两人的利益冲突 · Check two people for conflicts."),
    ] = False,
    on: Annotated[
        datetime | None,
        typer.Option("--on", formats=["%Y-%m-%d"], help="核查日 · On which day (--conflict)."),
    ] = None,
    types: Annotated[
        list[str] | None,
        typer.Option("--type", "-t", help="只经这类关联，可重复 · Only by such ties; repeat."),
    ] = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option("--kind", help="只经这类对象，可重复 · Only through such things; repeat."),
    ] = None,
    since: _Year = None,
    until: _Year = None,
    as_json: _Json = False,
) -> None:
    """两个对象怎样联系起来，每一步都有依据 · How two things hang together, with evidence.

    [bold]silian path PERSON ORGANISATION[/]
    [bold]silian path PERSON PERSON --type writes --type invents --since 2020[/]
    [bold]silian path --conflict PERSON PERSON[/]
    """
    runtime.start()
    from silian.portal.insight.domain.graph_values import Narrowing

    ends_kinds = ("person",) if conflict else ()
    ends = (id_of_thing(start, ends_kinds), id_of_thing(end, ends_kinds))
    if conflict:
        _conflicts(*ends, on.date() if on else None, as_json)
        return
    narrowing = Narrowing(
        kinds=tuple(kinds or ()), types=tuple(types or ()), since_year=since, until_year=until
    )
    _paths(*ends, most, narrowing, as_json)


def _paths(start: str, end: str, most: int, narrowing: "Narrowing", as_json: bool) -> None:
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.insight.domain.graph_paths import paths_between

    ways = paths_between(SYSTEM, start, end, most=most, narrowing=narrowing)
    if as_json:
        print_json([asdict(way) | {"words": way.words} for way in ways])
        return
    if not ways:
        say("没有找到联系 · No connection found.")
    for number, way in enumerate(ways, 1):
        rows = [(step.words, _days(step.since, step.until), step.evidence) for step in way.steps]
        _print_table(("步骤 Step", "日期 Days", "依据 Evidence"), rows, title=f"{number}")


def _conflicts(first: str, second: str, on: date | None, as_json: bool) -> None:
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.insight.domain.graph_conflicts import conflicts_between

    verdict = conflicts_between(SYSTEM, first, second, as_of=on)
    if as_json:
        print_json(asdict(verdict))
        return
    if verdict.unchecked:
        say(f"未核查（没有登记）Not checked, no records: {'、'.join(verdict.unchecked)}")
    if not verdict.ties:
        say(f"{verdict.as_of}: 没有发现联系 · No tie found among what is loaded.")
        return
    rows = [
        (
            tie.label,
            "；".join(said.words for said in tie.statements),
            str(tie.last_day or "—") if tie.certain else "日期不全 days missing",
            ", ".join(sorted({said.evidence for said in tie.statements if said.evidence})),
        )
        for tie in verdict.ties
    ]
    _print_table(("联系 Tie", "说明 In words", "最近 Last", "依据 Evidence"), rows)


def keep_graph_up() -> None:
    """Bring the graph up to the records after a load or a restore, where there is one."""
    from silian.portal.insight.domain.graph_files import is_due
    from silian.portal.insight.domain.graph_refreshing import keep_up
    from silian.portal.insight.domain.graph_store import graph_is_built

    if is_due():
        # What stands beside the graph was derived from other records.
        from silian.portal.insight.domain.chain_placements import rebuild_placements
        from silian.portal.registry.domain.identity_affiliations import rebuild_affiliations

        with progress_bar("署名单位 Affiliations in texts") as advance:
            rebuild_affiliations(advance)
        with progress_bar("归入产业链 Place in the chains") as advance:
            rebuild_placements(advance)
    if graph_is_built() or is_due():
        with progress_bar("更新图谱 Bring the graph up to date"):
            keep_up(rebuild=True)


def id_of_thing(text: str, kinds: tuple[str, ...] = ()) -> str:
    """The id that a text is, or the id of the one thing of that name."""
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.insight.domain.graph_finding import find_things

    found = find_things(SYSTEM, text, kinds=kinds, limit=10)
    exact = [thing for thing in found if thing.label == text]
    chosen = exact if len(exact) == 1 else found
    if len(chosen) == 1:
        return chosen[0].node_id
    if not chosen:
        fail(f"图谱中没有“{text}”。Nothing in the graph is called {text!r}.", exit_code=2)
    fail_among_several(text, (f"{thing.node_id}  {thing.label} ({thing.kind})" for thing in chosen))


def _print_status(found: "GraphStatus") -> None:
    from django.utils import timezone

    built, read = (timezone.localtime(one) for one in (found.built_at, found.read_at))
    rows: list[tuple[str, str]] = [
        ("生成 Built", f"{built:%Y-%m-%d %H:%M:%S %Z}"),
        ("记录读至 Records as of", f"{read:%Y-%m-%d %H:%M:%S %Z}"),
        ("落后 Behind", f"{found.behind:,}" if found.behind is not None else "?"),
        ("对象 Things", f"{found.n_nodes:,}"),
        *((f"  {kind}", f"{count:,}") for kind, count in found.by_kind.items()),
        ("关联 Ties", f"{found.n_edges:,}"),
        *((f"  {name}", f"{count:,}") for name, count in found.by_type.items()),
    ]
    _print_table(("", ""), rows)


def _print_table(headings: tuple[str, ...], rows: list[Any], title: str = "") -> None:
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", show_header=any(headings))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*map(str, row))
    console().print(table)


def _days(since: date | None, until: date | None) -> str:
    return f"{since or ''}{f' – {until}' if until else ''}"
