"""``silian chain``: how a chain stands here, its gaps, and what hangs on a node or a firm."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from silian.cli import runtime
from silian.cli.console import fail, print_json
from silian.cli.enterprises import AsJson, Limit, print_table

if TYPE_CHECKING:
    from silian.portal.insight.domain.chain_values import (
        ChainScope,
        ChainView,
        GapsView,
        NodeView,
        ScenarioView,
    )


def chain(
    name: Annotated[
        str,
        typer.Argument(
            metavar="名称NAME",
            help="目标产业链或环节的名称、编号；空则列出目标产业链 · A target chain or a node.",
        ),
    ] = "",
    gaps: Annotated[
        bool,
        typer.Option(
            "--gaps", "-g", help="列出断点与弱项 · Nodes missing, made by nobody known, or weak."
        ),
    ] = False,
    status: Annotated[
        list[str] | None,
        typer.Option(
            "--status",
            "-s",
            help="missing, unknown, weak, concentrated, dependent；可重复，隐含 --gaps · Which gaps.",
        ),
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option(
            "--remove",
            "-x",
            metavar="X",
            help="拿掉环节或企业 · Take a node or an enterprise away.",
        ),
    ] = None,
    up: Annotated[int, typer.Option("--up", min=0, max=8, help="上溯层数 · Links upstream.")] = 2,
    limit: Limit = 30,
    as_json: AsJson = False,
) -> None:
    """产业链强弱、断点与断供推演 · How chains stand, their gaps, what hangs on what."""
    runtime.start()
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.insight.domain import chains
    from silian.portal.insight.domain.chain_values import ChainScope

    if remove:
        found = _scenario(remove, limit)
        print_json(asdict(found)) if as_json else _print_scenario(found)
    elif gaps or status:
        scope = _scope(name, up, limit) if name else ChainScope()
        listed = chains.find_gaps(scope, SYSTEM, statuses=_statuses(status), limit=limit)
        print_json(asdict(listed)) if as_json else _print_gaps(listed)
    elif name:
        view = chains.chain_view(_scope(name, up, limit), SYSTEM)
        print_json(asdict(view)) if as_json else _print_chain(view)
    else:
        _list_targets(as_json)


def _statuses(asked: list[str] | None) -> tuple[str, ...]:
    """Which gaps are listed: those asked for, else the usual ones."""
    from silian.portal.insight.domain.chains import USUAL_GAPS
    from silian.portal.insight.interfaces.chain_faces import GAP_STATUSES

    unknown = sorted(set(asked or ()) - set(GAP_STATUSES))
    if unknown:
        fail(
            f"没有状态 {'、'.join(unknown)}。No such status; take {', '.join(GAP_STATUSES)}.",
            exit_code=2,
        )
    return tuple(dict.fromkeys(asked or USUAL_GAPS))


def _scope(name: str, up: int, most: int) -> "ChainScope":
    """The part of the chains that a name stands for: a target chain, else around a node."""
    from silian.portal.insight.domain import chain_targets
    from silian.portal.insight.domain.chain_values import ChainScope

    for target in chain_targets.target_chains():
        if name in (target.name, target.name_en, str(target.public_id)):
            return chain_targets.scope_of(target, most)
    return ChainScope(roots=(_node(name),), up=up, most=most)


def _node(name: str) -> str:
    """Public id of the node that is called so, or whose id it is; ends the command without one."""
    found = _find_node(name)
    if found:
        return found
    fail(
        f"没有叫“{name}”的目标产业链或环节。No target chain or node is called so.",
        remedy="silian chain 列出目标产业链 · lists the target chains",
    )


def _find_node(name: str) -> str:
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.insight.domain import chains

    if name.startswith("node-"):
        return name
    hits = chains.find_nodes(name, SYSTEM, limit=5)
    exact = [one for one in hits if name in (one.name, one.code)]
    return exact[0].node_id if exact else ""


def _scenario(removed: list[str], limit: int) -> "ScenarioView":
    from silian.cli.enterprises import enterprise
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.insight.domain import chains

    nodes, firms = [], []
    for one in removed:
        if node := _find_node(one):
            nodes.append(node)
        else:
            firms.append(enterprise(one).public_id)
    return chains.scenario(SYSTEM, node_ids=nodes, organisation_ids=firms, limit=limit)


def _list_targets(as_json: bool) -> None:
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.insight.domain import chain_targets, chains

    rows: list[dict[str, Any]] = []
    for target in chain_targets.target_chains():
        view = chains.chain_view(chain_targets.scope_of(target, 1), SYSTEM)
        rows.append(
            {
                "public_id": str(target.public_id),
                "name": target.name,
                "nodes": [node.name for node in target.nodes.all()],
                "depth": target.depth,
                "by_status": dict(view.by_status),
            }
        )
    if as_json:
        print_json(rows)
        return
    print_table(
        "目标产业链 Target chains",
        ["名称 Name", "终端环节 End products", "层 Depth", "缺失/薄弱/集中/健全/不详"],
        [
            [one["name"], "、".join(one["nodes"]), str(one["depth"]), _counts(one["by_status"])]
            for one in rows
        ],
        right=1,
    )


def _counts(by_status: dict[str, int]) -> str:
    order = ("missing", "weak", "concentrated", "sound", "unknown")
    return "/".join(str(by_status.get(one, 0)) for one in order)


def _print_chain(view: "ChainView") -> None:
    title = f"{len(view.nodes)} 个环节 nodes"
    if view.hidden_count:
        title += f"，另有 {view.hidden_count} 个 more (--limit)"
    print_table(
        title,
        ["层 Layer", *_NODE_HEADINGS],
        [
            ["" if one.layer is None else str(one.layer), *_node_cells(one)]
            for one in sorted(view.nodes, key=lambda node: node.layer or 0, reverse=True)
        ],
        right=3,
    )


def _print_gaps(found: "GapsView") -> None:
    print_table(
        f"{found.total_count} 个断点与弱项 gaps",
        ["谁需要它 Needed by", *_NODE_HEADINGS],
        [
            ["、".join(link.target_name for link in one.links[:3]), *_gap_cells(one.node)]
            for one in found.gaps
        ],
        right=3,
    )


def _gap_cells(node: "NodeView") -> list[str]:
    from silian.portal.insight.interfaces.chain_faces import gap_label

    cells = _node_cells(node)
    return [cells[0], gap_label(node.status), *cells[2:]]


_NODE_HEADINGS = [
    "环节 Node",
    "强度 Standing",
    "本地/外地 Here/out",
    "占比 Share",
    "等待 Waiting",
]


def _node_cells(node: "NodeView") -> list[str]:
    from silian.portal.insight.interfaces.chain_faces import status_label
    from silian.portal.registry.templatetags.figures import percent

    share = percent(node.local_share)
    return [
        node.name,
        status_label(node.status),
        f"{node.local_count}/{node.outside_count}",
        share,
        str(node.waiting),
    ]


def _print_scenario(found: "ScenarioView") -> None:
    removed = [one.name for one in found.removed_nodes]
    removed += [name for _, name in found.removed_organisations]
    print_table(
        f"拿掉 Without {'、'.join(removed)}：{found.node_count} 个环节 nodes",
        ["环节 Node", "经由 Through", "步 Steps", "损失 Loss"],
        [
            [one.node.name, one.through_name or "—", str(one.steps), f"{one.loss:.1%}"]
            for one in found.nodes
        ],
        right=2,
    )
    print_table(
        f"{found.organisation_count} 家企业 enterprises",
        ["企业 Enterprise", "本地 Here", "损失 Loss"],
        [[one.label, "✓" if one.local else "", f"{one.loss:.1%}"] for one in found.organisations],
        right=1,
    )
