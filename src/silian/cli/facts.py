"""``silian facts``: an enterprise's years, and the city's snapshot of them."""

from typing import Annotated

import typer

from silian.cli import runtime
from silian.cli.console import print_json, progress_bar, say
from silian.cli.enterprises import AsJson, Year, enterprise, fact_shown, print_table


def facts(
    name: Annotated[
        str, typer.Argument(metavar="企业ENTERPRISE", help="编号、代码或全称 · Id, code or name.")
    ] = "",
    year: Year = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="重建全市数据表 · Make the city's tables anew.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """企业年度数据及来源；不给企业则刷新全市数据表 · One enterprise's facts, or the city's tables."""
    runtime.start()
    from silian.portal.industry.domain import facts as domain

    if not name:
        with progress_bar("数据表 Tables") as advance:
            work = domain.rebuild if rebuild else domain.refresh
            made = work(progress=advance)
        say(
            f"✓ {made.row_count:,} 行 rows · 更新 changed {made.changed_count:,} · "
            f"{made.seconds:.1f} s · {made.version}",
            style="green",
        )
        return
    row = domain.facts_of(enterprise(name), year)
    if as_json:
        print_json({"year": row.year, "years": row.years, "values": dict(row.values)})
        return
    from silian.library.facts import FACTS

    print_table(
        f"{row.name} · {row.year}",
        ["数据 Fact", "来源 Register", "状态 Status", "值 Value"],
        [
            [
                fact.label_zh,
                row.origin[fact.code].register_name if fact.code in row.origin else "",
                row.origin[fact.code].status if fact.code in row.origin else "",
                fact_shown(fact.code, row.values.get(fact.code)),
            ]
            for fact in FACTS
            if row.values.get(fact.code) is not None
        ],
        right=1,
    )
