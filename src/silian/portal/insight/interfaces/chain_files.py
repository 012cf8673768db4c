"""Nodes, gaps and scenarios of industry chains as CSV or XLSX."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from silian.portal.bilingual import choose
from silian.portal.insight.domain.chain_values import (
    ChainView,
    GapView,
    NodeView,
    ScenarioView,
)
from silian.portal.insight.interfaces.chain_diagram import layer_label
from silian.portal.insight.interfaces.chain_faces import (
    NODE_KINDS,
    input_words,
    status_label,
)
from silian.portal.insight.interfaces.chain_layout import all_layers
from silian.portal.registry.interfaces.sheets import table_bytes

FILE_FORMATS = ("csv", "xlsx")
_WIDTHS = (24, 26, 10, 12, 12)


def nodes_file(view: ChainView, file_format: str) -> Iterator[bytes]:
    """One row a node of the view, by layer."""
    headings = [*_node_headings(), choose("供给", "Feeds"), choose("属于", "Part of")]
    feeds, wholes = _targets(view, "upstream"), _targets(view, "part_of")
    rows = (
        [*_node_row(node), feeds.get(node.node_id, ""), wholes.get(node.node_id, "")]
        for nodes in all_layers(view).values()
        for node in nodes
    )
    return table_bytes("chain", headings, rows, file_format, widths=_WIDTHS)


def gaps_file(found: Sequence[GapView], file_format: str) -> Iterator[bytes]:
    """One row a gap, the most needed first, with what it rests on."""
    headings = [
        *_node_headings(),
        choose("需要它的环节", "Needed by"),
        choose("等待的本地企业", "Enterprises here that wait"),
        choose("已知供给企业", "Known suppliers"),
        choose("来自外地的投入", "Inputs from elsewhere"),
    ]
    rows = (
        [
            *_node_row(one.node),
            _joined(link.target_name for link in one.links),
            _joined(member.label for member in one.waiting),
            _joined(member.label for member in one.suppliers),
            input_words(one),
        ]
        for one in found
    )
    return table_bytes("gaps", headings, rows, file_format, widths=_WIDTHS)


def scenario_file(found: ScenarioView, file_format: str) -> Iterator[bytes]:
    """One row a node or an enterprise that loses, the greatest loss first."""
    headings = [
        choose("对象", "What"),
        choose("编号", "Id"),
        choose("名称", "Name"),
        choose("损失占比", "Share lost"),
        choose("其中自身产能", "Of it, own capacity"),
        choose("距离（步）", "Steps"),
        choose("主要经由", "Mostly through"),
        choose("本地", "Here"),
    ]
    node, firm = choose("环节", "Node"), choose("企业", "Enterprise")
    rows: list[list[Any]] = [
        [
            node,
            one.node.node_id,
            one.node.name,
            one.loss,
            one.direct,
            one.steps,
            one.through_name,
            "",
        ]
        for one in found.nodes
    ]
    rows += [
        [firm, one.subject_id, one.label, one.loss, "", "", "", _yes(one.local)]
        for one in found.organisations
    ]
    return table_bytes("scenario", headings, rows, file_format, widths=_WIDTHS)


def _node_headings() -> list[str]:
    return [
        choose("环节编号", "Node id"),
        choose("名称", "Name"),
        choose("类型", "Kind"),
        choose("代码", "Code"),
        choose("层", "Layer"),
        choose("强度", "Standing"),
        choose("本地企业", "Enterprises here"),
        choose("外地企业", "Enterprises elsewhere"),
        choose("本地占比", "Local share"),
        choose("集中度（HHI）", "Concentration (HHI)"),
        choose("外部依赖", "Dependence on outside"),
        choose("已知投入数", "Inputs known"),
        choose("投入数", "Inputs"),
        choose("等待的本地企业数", "Enterprises waiting"),
    ]


def _node_row(node: NodeView) -> list[Any]:
    return [
        node.node_id,
        node.name,
        str(NODE_KINDS.get(node.node_kind, node.node_kind)),
        node.code,
        "" if node.layer is None else layer_label(node.layer),
        status_label(node.status),
        node.local_count,
        node.outside_count,
        node.local_share,
        node.concentration,
        node.input_dependence,
        node.known_inputs,
        node.input_count,
        node.waiting,
    ]


def _targets(view: ChainView, relation: str) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for link in view.links:
        if link.relation == relation:
            found.setdefault(link.source_id, []).append(link.target_name)
    return {source: _joined(names) for source, names in found.items()}


def _joined(names: Iterable[str]) -> str:
    return choose("；", "; ").join(names)


def _yes(value: bool) -> str:
    return choose("是", "yes") if value else choose("否", "no")
