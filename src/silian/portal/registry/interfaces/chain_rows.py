"""Rows of industry chains: nodes, their links, and the organisations that stand there."""

from typing import Any

from silian.portal.registry.interfaces import references
from silian.portal.registry.interfaces.columns import (
    Line,
    Name,
    Number,
    OrganisationName,
    Rate,
    Reference,
    Row,
    Text,
    Texts,
    UnifiedCode,
    choice,
    column,
)
from silian.portal.registry.models import ChainLink, ChainNode

NodeKindName = choice(ChainNode.NodeKind)


def _node_key(field: str, zh: str, en: str, example: str) -> Any:
    return column(
        f"{zh}主键",
        f"{en} key",
        "",
        max_length=200,
        example=example,
        reference=Reference(to="chain_node", by="key", field=field),
        help_zh="环节在同一登记库中的来源主键，或其公开编号（node-…）。",
        help_en="Source key of the node in the same register, or its public id (node-...).",
    )


def _node_code(field: str, zh: str, en: str) -> Any:
    return column(
        f"{zh}代码",
        f"{en} code",
        "",
        max_length=32,
        reference=Reference(to="chain_node", by="code", field=field),
        help_zh="环节的分类代码，如行业代码。",
        help_en="The node's code in its classification, such as that of an industry.",
    )


def _node_name(field: str, zh: str, en: str, example: str = "永磁电机") -> Any:
    return column(
        f"{zh}名称",
        f"{en} name",
        "",
        max_length=180,
        example=example,
        reference=Reference(to="chain_node", by="name", field=field),
        help_zh="按名称和类型精确查找；找不到则记为未登记环节。",
        help_en="Found exactly by name and kind, or kept as an unregistered node.",
    )


def _node_kind(field: str, zh: str, en: str) -> Any:
    return column(
        f"{zh}类型",
        f"{en} kind",
        "product",
        example="产品",
        reference=Reference(to="chain_node", by="kind", field=field),
        help_zh="与名称一起确定环节；不填时为产品。",
        help_en="Tells nodes of one name apart; a product where left out.",
    )


class ChainNodeRow(Row):
    """A sector, a product or a stage of making."""

    name: Name = column("名称", "Name", max_length=180, example="永磁电机")
    name_en: Line = column("英文名称", "English name", "", max_length=300)
    node_kind: NodeKindName = column("类型", "Kind", "product", example="产品")  # type: ignore[valid-type]
    code: Line = column("代码", "Code", "", max_length=32, help_zh="分类标准中的代码。")
    description: Text = column("说明", "Description", "")
    keywords: Texts = references.keywords()


class ChainLinkRow(Row):
    """A link between two nodes: the source feeds the target, or is a kind or part of it."""

    from_key: Line = _node_key("source", "起点", "Source", "N0001")
    from_code: Line = _node_code("source", "起点", "Source")
    from_name: Name = _node_name("source", "起点", "Source", "烧结钕铁硼")
    from_kind: NodeKindName = _node_kind("source", "起点", "Source")  # type: ignore[valid-type]
    to_key: Line = _node_key("target", "终点", "Target", "N0002")
    to_code: Line = _node_code("target", "终点", "Target")
    to_name: Name = _node_name("target", "终点", "Target")
    to_kind: NodeKindName = _node_kind("target", "终点", "Target")  # type: ignore[valid-type]
    relation: choice(ChainLink.Relation) = column(  # type: ignore[valid-type]
        "关系",
        "Relation",
        "upstream",
        example="上游（供给）",
        help_zh="上游：起点供给终点；小类：起点属于终点。",
        help_en="Upstream: the source feeds the target. Part: it is a kind or part of it.",
    )
    weight: Number = column(
        "权重",
        "Weight",
        1.0,
        gt=0,
        help_zh="在终点各项投入中的相对大小。",
        help_en="Size among the target's inputs, relative to the others.",
    )


class ChainMemberRow(Row):
    """An organisation that makes or does what a node stands for."""

    organisation_key: Line = references.organisation_key()
    organisation_name: OrganisationName = references.organisation_name()
    organisation_code: UnifiedCode = references.organisation_code()
    node_key: Line = _node_key("node", "环节", "Node", "N0001")
    node_code: Line = _node_code("node", "环节", "Node")
    node_name: Name = _node_name("node", "环节", "Node")
    node_kind: NodeKindName = _node_kind("node", "环节", "Node")  # type: ignore[valid-type]
    revenue_share: Rate = column(
        "占营业收入比重",
        "Share of revenue",
        None,
        ge=0,
        le=1,
        example="35%",
        help_zh="0 到 1 的小数，或带百分号。",
        help_en="A fraction of 0 to 1, or with a percent sign.",
    )
    role: Line = column("角色", "Role", "", max_length=100, example="主营产品")
