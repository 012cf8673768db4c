"""``silian talent``: who works with whom, teams, ways to experts, positions and people."""

from typing import Annotated, Any

import typer

from silian.cli import runtime
from silian.cli.console import fail, fail_among_several, print_json, say
from silian.cli.enterprises import AsJson, Limit, print_table
from silian.cli.failures import GuardedGroup

talent = typer.Typer(
    cls=GuardedGroup,
    help="人才图谱：合作网络、团队、找到专家的途径、岗位与人才 · Networks, teams, ways, positions.",
    no_args_is_help=True,
)


@talent.command("network")
def network(
    name: Annotated[
        str, typer.Argument(metavar="人员PERSON", help="编号或姓名 · Public id or name.")
    ],
    as_json: AsJson = False,
) -> None:
    """一个人与谁合作、合作者成哪些团队 · Who works with a person, and their teams."""
    runtime.start()
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.insight.domain.talent_network import talent_network
    from silian.portal.insight.interfaces.talent_faces import network_values

    found = talent_network(_record("person", "name", name), SYSTEM)
    if as_json:
        print_json(network_values(found))
        return
    print_table(
        f"{found.centre.name}：{found.n_partners} 位合作者 partners",
        ["姓名 Name", "单位 Organisation", "团队 Team", "合作 Works", "最近 Last"],
        [
            [
                one.name,
                one.organisation,
                str(one.team + 1) if one.team >= 0 else "",
                str(one.count),
                str(one.last_year or ""),
            ]
            for one in found.people
        ],
        right=3,
    )


@talent.command("teams")
def teams(
    field: Annotated[
        str, typer.Option("--field", "-f", help="技术领域代码 · A top field, such as T04.")
    ] = "",
    all_years: Annotated[
        bool, typer.Option("--all-years", help="不限近五年 · Works of whatever age.")
    ] = False,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """全域的人才团队 · Teams of the region by joint works."""
    runtime.start()
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.insight.domain.talent_teams import teams as teams_of
    from silian.portal.insight.interfaces.talent_faces import team_values

    found = teams_of(SYSTEM, field_code=field, of_all_years=all_years)
    if as_json:
        print_json([team_values(one) for one in found[:limit]])
        return
    print_table(
        f"{len(found)} 个团队 teams",
        ["成员 Members", "单位 Organisations", "领域 Fields", "人数 Size", "成果 Works"],
        [
            [
                "、".join(member.name for member in one.members[:6]),
                "、".join(one.organisations[:2]),
                "、".join(zh for zh, _ in one.fields),
                str(one.size),
                str(one.n_works),
            ]
            for one in found[:limit]
        ],
        right=3,
    )


@talent.command("ways")
def ways(
    need: Annotated[
        str, typer.Argument(metavar="需求NEED", help="编号或全称 · Public id or full title.")
    ],
    as_json: AsJson = False,
) -> None:
    """一条需求通过谁找到专家 · Through whom a need finds its experts."""
    runtime.start()
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.insight.domain.talent_paths import need_paths
    from silian.portal.insight.interfaces.talent_faces import way_values

    found = need_paths(_record("need", "title", need), SYSTEM)
    if as_json:
        print_json([way_values(one) for one in found])
        return
    print_table(
        need,
        ["名次 Rank", "专家 Expert", "途径 Way"],
        [
            [
                str(one.rank),
                one.expert.name,
                "本单位 same house"
                if one.same_house
                else (one.way.words if one.way else "未知 none known"),
            ]
            for one in found
        ],
        right=9,
    )


@talent.command("gaps")
def gaps(
    area: Annotated[
        str, typer.Option("--area", "-a", help="地区代码 · An area's code; the city without.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """各领域、各地区的在招岗位与人才 · Open positions beside people, by field and area."""
    runtime.start()
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.insight.domain.talent_gaps import talent_gaps
    from silian.portal.insight.interfaces.talent_faces import gaps_values
    from silian.portal.insight.interfaces.withheld import legend, told

    found = talent_gaps(SYSTEM, area or None)
    if as_json:
        print_json(gaps_values(found))
        return
    print_table(
        f"{found.area.name}：岗位/人才 positions/people",
        ["领域 Field", found.area.name, *(one.name for one in found.areas)],
        [
            [
                one.label,
                *(f"{cell.positions}/{told(cell.people)}" for cell in (one.total, *one.cells)),
            ]
            for one in found.fields
        ],
        right=1,
    )
    if found.withheld_count:
        say(legend(), style="yellow")


def _record(kind: str, name_column: str, name: str) -> Any:
    """The record that an argument names; ends the command where there is none, or several."""
    from silian.portal.catalogue import KINDS

    rows = KINDS[kind].model._default_manager
    found = list(rows.filter(public_id=name)) or list(rows.filter(**{name_column: name})[:10])
    if len(found) == 1:
        return found[0]
    if not found:
        fail(f"没有“{name}”。No {kind} is called {name!r}.", exit_code=2)
    fail_among_several(
        name, (f"{one.public_id}  {getattr(one, 'organisation', None) or ''}" for one in found)
    )
