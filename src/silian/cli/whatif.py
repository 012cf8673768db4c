"""``silian whatif``: what a change of a policy would do to the city."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from silian.cli import runtime
from silian.cli.console import fail, print_json, progress_bar, say
from silian.cli.enterprises import AsJson, AsOf, Limit, Year, day, more_or_less, print_table, yuan

if TYPE_CHECKING:
    from silian.portal.industry.models import Scenario


def whatif(
    policy_id: Annotated[str, typer.Argument(metavar="政策POLICY", help="政策编号 · Policy id.")],
    changes: Annotated[
        list[str],
        typer.Option("--set", help="参数=值，可多次 · parameter=value, repeatable."),
    ],
    as_of: AsOf = "",
    year: Year = None,
    name: Annotated[str, typer.Option("--name", help="名称 · Name of the scenario.")] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="写入 .csv 或 .xlsx · Who wins and loses.")
    ] = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """政策推演：改参数后的得失与预算 · Winners, losers and cost of changed parameters.

    [bold]silian whatif chengyu_research_subsidy --set large_research_cny=5000000[/]
    """
    overrides = dict(_pair(one) for one in changes)
    runtime.start()
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.industry.domain import scenarios

    scenario = scenarios.create_scenario(
        name=name,
        policy_id=policy_id,
        as_of=day(as_of),
        year=year,
        overrides=overrides,
        viewer=SYSTEM,
    )
    with progress_bar("推演 What if") as advance:
        scenario = scenarios.run_scenario(scenario.pk, progress=advance)
    if output is not None:
        _write(scenario, output)
    if as_json:
        print_json(scenario.result)
    else:
        _print(scenario.result, limit)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        fail(f"--set 应为 参数=值，收到“{text}”。Write --set parameter=value.", exit_code=2)
    return name.strip(), value.strip()


def _write(scenario: "Scenario", output: Path) -> None:
    from silian.portal.industry.interfaces.scenario_files import scenario_file

    file_format = output.suffix.lstrip(".").lower()
    if file_format not in ("csv", "xlsx"):
        fail("文件名应以 .csv 或 .xlsx 结尾。End the name in .csv or .xlsx.", exit_code=2)
    output.write_bytes(scenario_file(scenario, file_format))
    say(f"✓ {output}", style="green")


def _print(result: dict[str, Any], limit: int) -> None:
    say(
        f"得益 Winners {result['winners']:,} · 受损 Losers {result['losers']:,} · "
        f"支出 Cost {yuan(result['base_cny'])} → {yuan(result['changed_cny'])}"
        f"（{more_or_less(result['difference_cny'])}）"
    )
    print_table(
        "分组 By group",
        ["分组 Group", "值 Value", "企业 Firms", "得益 Win", "受损 Lose", "支出变化 Cost"],
        [
            [
                row["group"],
                row["value"] or "—",
                f"{row['subjects']:,}",
                f"{row['winners']:,}",
                f"{row['losers']:,}",
                more_or_less(row["difference_cny"]),
            ]
            for row in result["groups"]
        ],
        right=4,
    )
    print_table(
        "变化最大 Largest changes",
        ["编号 Id", "名称 Name", "原 Before", "新 After"],
        [
            [
                row["organisation_id"],
                row["name"],
                yuan(row["base_cny"]),
                yuan(row["changed_cny"]),
            ]
            for row in result["enterprises"][:limit]
        ],
        right=2,
    )
