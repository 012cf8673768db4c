"""``silian map``: what each area has and lacks, and which needs nobody meets."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from silian.cli import runtime
from silian.cli.console import fail, print_json, progress_bar, say
from silian.cli.enterprises import AsJson, print_table

if TYPE_CHECKING:
    from silian.portal.insight.domain.maps import AreaMap

_Area = Annotated[
    str,
    typer.Option(
        "--area", "-a", help="地区代码；all 为全部 · Adcode, or all; else where the map opens."
    ),
]
_Field = Annotated[
    str, typer.Option("--field", "-f", help="技术领域代码 · A top field, such as T04, or none.")
]
_Until = Annotated[
    int | None,
    typer.Option("--until", min=1900, max=2100, help="截至年末 · There by the end of the year."),
]
_Flows = Annotated[
    str, typer.Option("--flows", help="流动：moves、shared、contracts · Flows between areas.")
]
_Match = Annotated[
    bool,
    typer.Option("--match", help="先匹配全部公开待解需求 · First match all open public needs."),
]


def map_areas(
    area: _Area = "",
    field: _Field = "",
    until: _Until = None,
    flows: _Flows = "",
    match: _Match = False,
    as_json: AsJson = False,
) -> None:
    """四链地图：各地区的企业、人才、平台与需求 · What each area has and lacks."""
    runtime.start()
    if match:
        _match()
    if flows:
        _flows(flows, as_json)
        return
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.insight.domain.maps import AreaNotFound, area_map
    from silian.portal.insight.interfaces.withheld import legend

    code = {"": None, "all": ""}.get(area, area)
    try:
        found = area_map(code, viewer=SYSTEM, field=field, until=until)
    except AreaNotFound as error:
        fail(f"{error.message_zh} {error}")
    if as_json:
        print_json(_values(found))
        return
    print_table(
        found.area.name,
        ["地区 Area", *(str(measure.label) for measure in found.measures)],
        [
            [row.area.name, *(_told(row.values[one.code]) for one in found.measures)]
            for row in (*found.rows, found.total)
        ],
        right=1,
    )
    if found.withheld_count:
        say(legend(), style="yellow")


def _match() -> None:
    from silian.portal.insight.domain.maps_unmet import MET_LEVEL, match_open_needs

    with progress_bar("匹配待解需求 Matching open needs") as advance:
        made = match_open_needs(progress=advance)
    unmet = sum(level < MET_LEVEL for level in made.levels.values())
    say(f"✓ {len(made.levels):,} 条需求，{unmet:,} 条无相关供给 · {unmet:,} without supply")


def _flows(kind: str, as_json: bool) -> None:
    from silian.portal.insight.domain.maps_flows import FLOW_KINDS, flows

    if kind not in FLOW_KINDS:
        fail(f"没有流动类型 {kind}。Take one of {', '.join(FLOW_KINDS)}.", exit_code=2)
    table = flows(kind)
    if as_json:
        ends = [end.code for end in table.ends]
        print_json({"kind": kind, "home": table.home.code, "ends": ends, "counts": table.counts})
        return
    print_table(
        str(FLOW_KINDS[kind]),
        ["从 From \\ 到 To", *(end.name for end in table.ends)],
        [
            [
                end.name,
                # What stays in an area is no flow; a contract within one is.
                *(
                    "·" if row == column and kind != "contracts" else _told(count)
                    for column, count in enumerate(counts)
                ),
            ]
            for row, (end, counts) in enumerate(zip(table.ends, table.counts, strict=True))
        ],
        right=1,
    )


def _values(found: "AreaMap") -> dict[str, Any]:
    rows = [
        {"adcode": row.area.code, "name": row.area.name, **row.values}
        for row in (*found.rows, found.total)
    ]
    matched = found.matched.day if found.matched else None
    return {"area": found.area.code, "needs_matched_on": matched, "rows": rows}


def _told(count: int | None) -> str:
    from silian.portal.insight.interfaces.withheld import MARK

    return str(MARK) if count is None else f"{count:,}"
