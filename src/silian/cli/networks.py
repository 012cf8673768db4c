"""``silian graph bridges, communities, similar, partners``: the network as a whole, and who is near."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from silian.cli import runtime
from silian.cli.console import print_json, say
from silian.cli.enterprises import AsJson, Limit, print_table
from silian.cli.graphing import Thing, id_of_thing
from silian.cli.record_kinds import asked_kind

if TYPE_CHECKING:
    from silian.portal.insight.domain.graph_standing import Standing

_NAMED = 4


def bridges(
    kind: Annotated[
        str, typer.Option("--kind", help="organisation 单位, person 人员; 空为两类 · Both without.")
    ] = "",
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """谁连接全域的单位和人才 · Who bridges the organisations and people of the region."""
    found = _standing(kind, limit)
    if as_json:
        print_json({**asdict(found), "communities": None})
        return
    print_table(
        _as_of(found),
        ["对象 Thing", "经由 Share", "名次 PageRank", "群组 Communities"],
        [
            [
                one.thing.label,
                "—" if one.share is None else f"{one.share:.2%}",
                str(one.rank),
                ", ".join(map(str, one.groups)),
            ]
            for one in found.bridges
        ],
        right=1,
    )


def communities(limit: Limit = 20, as_json: AsJson = False) -> None:
    """全域有哪些群组 · Which communities the region has."""
    found = _standing("", limit)
    if as_json:
        print_json({**asdict(found), "bridges": None})
        return
    print_table(
        _as_of(found),
        ["群组 Community", "核心 Central", "单位/人才 Organisations/people", "内部联系 Inside"],
        [
            [
                str(one.number),
                "、".join(thing.label for thing in one.central[:_NAMED]),
                f"{one.by_kind.get('organisation', 0)}/{one.by_kind.get('person', 0)}",
                f"{one.inward_share:.0%}",
            ]
            for one in found.communities
        ],
        right=2,
    )


def similar(thing: Thing, limit: Limit = 10, as_json: AsJson = False) -> None:
    """与它相似的对象及理由 · What is alike, and what both are tied to."""
    runtime.start()
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.insight.domain.graph_partners import similar_things

    found = similar_things(SYSTEM, id_of_thing(thing), most=limit)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    rows = [
        [one.thing.label, f"{one.similarity:.0%}", "；".join(one.shared[:_NAMED])] for one in found
    ]
    print_table(thing, ["对象 Thing", "相似 Alike", "共同之处 Shared"], rows, right=1)


def partners(thing: Thing, limit: Limit = 10, as_json: AsJson = False) -> None:
    """可能的合作伙伴及理由 · Who could become a partner, and why."""
    runtime.start()
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.insight.domain.graph_partners import likely_partners

    found = likely_partners(SYSTEM, id_of_thing(thing), most=limit)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    rows = [
        [
            one.thing.label,
            "；".join(one.reasons),
            "、".join(other.label for other in one.common[:_NAMED]),
        ]
        for one in found
    ]
    print_table(thing, ["对象 Thing", "理由 Reasons", "共同伙伴 Common partners"], rows, right=9)


def _standing(kind: str, limit: int) -> "Standing":
    runtime.start()
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.insight.domain.graph_standing import standing_of_region

    kind = kind and asked_kind(kind, ("organisation", "person"))
    found = standing_of_region(SYSTEM, kind=kind, most=limit)
    if 0 < found.n_starts < found.n_things:
        say(
            f"估计：取 {found.n_starts:,} 个起点 · An estimate from {found.n_starts:,} starts.",
            style="yellow",
        )
    return found


def _as_of(found: "Standing") -> str:
    from django.utils import timezone

    moment = timezone.localtime(found.learned_at)
    return f"{found.n_things:,} 个单位和人才 organisations and people · {moment:%Y-%m-%d %H:%M}"
