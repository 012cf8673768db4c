"""The commands, in the order of a newcomer's first day."""

from typing import Annotated

import typer

from silian import __version__
from silian.cli import (
    chains,
    diagnoses,
    diagnosing,
    drafting,
    entitling,
    exchanging,
    facts,
    graphing,
    importing,
    indexing,
    mapping,
    networks,
    policies,
    portraits,
    registers,
    resolving,
    safekeeping,
    sampling,
    scoring,
    serving,
    setting_up,
    talents,
    training,
    whatif,
)
from silian.cli.failures import GuardedGroup

app = typer.Typer(
    cls=GuardedGroup,
    name="silian",
    help=(
        "四链 silian：把一个地区的创新链、产业链、资金链、人才链连起来。"
        "Joins a region's innovation, industry, capital and talent chains.\n\n"
        "数据在 SILIAN_HOME（默认 ~/.silian）。Data lives in SILIAN_HOME (default ~/.silian)."
    ),
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"silian {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="显示版本 · Show the version.",
            callback=_show_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Options of every command."""


_START = "开始 · Start"
_DATA = "数据 · Data"
_EXCHANGE = "供需对接 · Exchange"
_GUIDANCE = "政策与诊断 · Policies and diagnosis"
_GRAPH = "知识图谱 · Knowledge graph"
_OPERATION = "运行维护 · Operation"

app.command("init", rich_help_panel=_START)(setting_up.init)
app.command("sample", rich_help_panel=_START)(sampling.sample)
app.command("serve", rich_help_panel=_START)(serving.serve)
app.command("load", rich_help_panel=_DATA)(registers.load)
app.add_typer(importing.imports, name="imports", rich_help_panel=_DATA)
app.command("regions", rich_help_panel=_DATA)(setting_up.regions)
app.add_typer(drafting.mapping, name="mapping", rich_help_panel=_DATA)
app.command("template", rich_help_panel=_DATA)(registers.template)
app.command("export", rich_help_panel=_DATA)(registers.export)
app.command("match", rich_help_panel=_EXCHANGE)(exchanging.match)
app.command("clarity", rich_help_panel=_EXCHANGE)(exchanging.clarity)
app.command("train", rich_help_panel=_EXCHANGE)(training.train)
app.command("policies", rich_help_panel=_GUIDANCE)(policies.policies)
app.command("facts", rich_help_panel=_GUIDANCE)(facts.facts)
app.command("entitle", rich_help_panel=_GUIDANCE)(entitling.entitle)
app.command("gap", rich_help_panel=_GUIDANCE)(entitling.gap)
app.command("score", rich_help_panel=_GUIDANCE)(scoring.score)
app.command("diagnose", rich_help_panel=_GUIDANCE)(diagnoses.diagnose)
app.command("whatif", rich_help_panel=_GUIDANCE)(whatif.whatif)
app.command("resolve", rich_help_panel=_GRAPH)(resolving.resolve)
app.command("portrait", rich_help_panel=_GRAPH)(portraits.portrait)
app.command("chain", rich_help_panel=_GRAPH)(chains.chain)
app.command("map", rich_help_panel=_GRAPH)(mapping.map_areas)
app.add_typer(graphing.graph, name="graph", rich_help_panel=_GRAPH)
for question in (networks.bridges, networks.communities, networks.similar, networks.partners):
    graphing.graph.command(question.__name__)(question)
app.add_typer(talents.talent, name="talent", rich_help_panel=_GRAPH)
app.command("path", rich_help_panel=_GRAPH)(graphing.path)
app.command("build", rich_help_panel=_OPERATION)(indexing.build)
app.command("check", rich_help_panel=_OPERATION)(indexing.check)
app.command("status", rich_help_panel=_OPERATION)(diagnosing.status)
app.command("work", rich_help_panel=_OPERATION)(serving.work)
app.command("backup", rich_help_panel=_OPERATION)(safekeeping.backup)
app.command("restore", rich_help_panel=_OPERATION)(safekeeping.restore)
