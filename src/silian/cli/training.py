"""``silian train``: let the ranker learn, and go back if it should not have."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from silian.cli import runtime
from silian.cli.console import console, fail, print_json, progress_bar, say
from silian.cli.record_kinds import asked_kind

if TYPE_CHECKING:
    from silian.portal.exchange.domain.training import TrainingRun

_MEASURES = (
    ("nDCG@10", "ndcg_at_10"),
    ("MRR", "reciprocal_rank"),
    ("recall@50", "recall_at_50"),
    ("等级得分 Level score 1/(1+MAE)", "level_score"),
)


_PairsOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--pairs",
        metavar="CSV",
        help="已标注的供需对（need_key, supply_key, level 1–4）· Graded pairs of loaded records.",
    ),
]
_NeedRegisterOption = Annotated[
    str, typer.Option("--need-register", help="需求主键所属登记库 · Register of the needs.")
]
_SupplyRegisterOption = Annotated[
    str, typer.Option("--supply-register", help="供给主键所属登记库 · Register of the supply.")
]
_NeedColumnOption = Annotated[
    str, typer.Option("--need-column", help="需求主键列 · Column of the need's key.")
]
_SupplyColumnOption = Annotated[
    str, typer.Option("--supply-column", help="供给主键列 · Column of the supply's key.")
]
_SupplyKindOption = Annotated[
    str, typer.Option("--supply-kind", help="供给类型，文件无该列时 · Kind, if not a column.")
]
_SampleOption = Annotated[
    str,
    typer.Option("--sample", metavar="SIZE", help="也用示例城市 · Learn from a sample city too."),
]
_WithoutOutcomesOption = Annotated[
    bool, typer.Option("--without-outcomes", help="不用匹配结果 · Leave outcomes out.")
]
_SeedOption = Annotated[int, typer.Option("--seed", min=0, help="随机种子 · Seed.")]
_RollbackOption = Annotated[
    bool, typer.Option("--rollback", help="换回上一个模型 · Go back to the former model.")
]


def train(
    pairs: _PairsOption = None,
    need_register: _NeedRegisterOption = "",
    supply_register: _SupplyRegisterOption = "",
    need_column: _NeedColumnOption = "need_key",
    supply_column: _SupplyColumnOption = "supply_key",
    supply_kind: _SupplyKindOption = "",
    sample: _SampleOption = "",
    without_outcomes: _WithoutOutcomesOption = False,
    seed: _SeedOption = 1,
    rollback: _RollbackOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON · Print JSON.")] = False,
) -> None:
    """用匹配结果与标注训练排序模型，变差则不启用 · Train the ranker; a worse one is not used.

    [bold]silian train --pairs relevance.csv --need-register sample-city[/]

    未被接受的模型也会保留，退出码为 1。 A refused model is kept too; the exit code is then 1.
    """
    runtime.start()
    if rollback:
        _go_back()
        return
    _check_pairs(pairs or [], need_register)
    _check_sample(sample)
    if supply_kind:
        from silian.portal.exchange.domain.service import SUPPLY_KINDS

        supply_kind = asked_kind(supply_kind, SUPPLY_KINDS)
    columns = {
        "need_register": need_register,
        "supply_register": supply_register or need_register,
        "need_column": need_column,
        "supply_column": supply_column,
        "supply_kind": supply_kind,
    }
    run = _trained(pairs or [], columns, not without_outcomes, sample, seed)
    if as_json:
        print_json(_values(run))
    else:
        _print(run)
    if not run.put_in_place:
        raise typer.Exit(1)


def _go_back() -> None:
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.exchange.domain import training

    version = training.rollback(SYSTEM)
    say(f"✓ 现用排序模型 Ranker now: {version}", style="green")


def _check_pairs(pairs: list[Path], need_register: str) -> None:
    for path in pairs:
        if not path.is_file():
            fail(f"没有这个文件 No such file: {path}", exit_code=2)
        if not need_register:
            fail("--pairs 需要 --need-register。--pairs needs --need-register.", exit_code=2)


def _check_sample(size: str) -> None:
    """Before anything is read: a wrong size ends the command at once."""
    from silian.sample.size import city_size

    if size:
        city_size(size)


def _trained(
    pairs: list[Path], columns: dict[str, str], outcomes: bool, sample: str, seed: int
) -> "TrainingRun":
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.exchange.domain import training
    from silian.portal.exchange.domain.labelled import LabelFile

    with progress_bar("读取样本 Read examples") as advance:
        return training.train(
            viewer=SYSTEM,
            outcomes=outcomes,
            label_files=[LabelFile(path=path, **columns) for path in pairs],
            sample_size=sample,
            seed=seed,
            progress=advance,
        )


def _values(run: "TrainingRun") -> dict[str, Any]:
    report = run.report
    return {
        "name": run.name,
        "version": report.ranker.version,
        "former": run.former,
        "put_in_place": run.put_in_place,
        "reason": report.reason,
        "sources": run.sources,
        "question_count": report.question_count,
        "pair_count": report.pair_count,
        "picked_pair_count": report.picked_pair_count,
        "learned_anew": report.learned_anew,
        "before": asdict(report.before),
        "after": asdict(report.after),
        "ndcg_gain": asdict(report.ndcg_gain),
    }


def _print(run: "TrainingRun") -> None:
    from rich.table import Table

    report = run.report
    told = "，".join(f"{name} {count:,}" for name, count in run.sources.items())
    out = console()
    out.print(f"样本 Examples: {told} · {report.question_count:,} 项需求 needs")
    if not report.learned_anew:
        say(
            "只有结果、没有成批评分：在现用模型上微调，不重新学习 "
            "Outcomes without graded pools: the ranker in place is nudged, not learned anew"
        )
    table = Table(title="训练前后（交叉验证）Before and after", title_justify="left")
    table.add_column("指标 Measure")
    for label in (f"前 {run.former}", f"后 {report.ranker.version}"):
        table.add_column(label, justify="right", overflow="fold")
    for label, name in _MEASURES:
        table.add_row(
            label, f"{getattr(report.before, name):.4f}", f"{getattr(report.after, name):.4f}"
        )
    out.print(table)
    gain = report.ndcg_gain
    say(f"nDCG@10 {gain.value:+.4f}（{gain.confidence:.0%}: {gain.low:+.4f} … {gain.high:+.4f}）")
    if run.put_in_place:
        say(
            f"✓ 已启用 In place: {run.name}（silian train --rollback 可换回 goes back）",
            style="green",
        )
    else:
        say(
            f"✗ 未启用，保留现用模型 Not used; the former one stays. {report.reason}",
            style="yellow",
        )
