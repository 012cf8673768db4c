"""What pages and files call the things of a chain: standings, relations, kinds, figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from silian.portal.bilingual import both, choose
from silian.portal.insight.domain.chain_values import ChainView, GapView, NodeDetail, NodeView
from silian.portal.insight.interfaces.chain_diagram import layer_label
from silian.portal.insight.interfaces.chain_layout import all_layers
from silian.portal.registry.interfaces.faces import FACES


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFace:
    """How one standing of a node is called, explained and coloured."""

    status: str
    label: Any
    meaning: Any
    tag: str


_STATUSES = (
    StatusFace(
        status="missing",
        label=both("缺失", "Missing"),
        meaning=both("已知企业都在外地，本地没有一家", "Enterprises are known, none of them here"),
        tag="tag-bad",
    ),
    StatusFace(
        status="weak",
        label=both("薄弱", "Weak"),
        meaning=both("本地产能占比低于阈值", "Too small a share of the capacity is here"),
        tag="tag-warn",
    ),
    StatusFace(
        status="concentrated",
        label=both("集中", "Concentrated"),
        meaning=both("本地产能过于集中在少数企业", "Capacity here hangs on too few enterprises"),
        tag="tag-info",
    ),
    StatusFace(
        status="sound",
        label=both("健全", "Sound"),
        meaning=both("本地有足够且不集中的产能", "Enough capacity here, in several hands"),
        tag="tag-good",
    ),
    StatusFace(
        status="unknown",
        label=both("不详", "Unknown"),
        meaning=both("本地和外地都没有已知企业", "No enterprise is known, here or elsewhere"),
        tag="",
    ),
)
STATUSES: Mapping[str, StatusFace] = {one.status: one for one in _STATUSES}
#: Standing by which gaps are listed; the last isn't a status but a threshold on its inputs.
GAP_STATUSES = ("missing", "unknown", "weak", "concentrated", "dependent")
DEPENDENT = both("外部依赖", "Dependent on outside")
#: What an unknown node is called where enterprises here wait for it.
NOBODY_KNOWN = StatusFace(
    status="unknown",
    label=both("无已知供应", "Nobody known"),
    meaning=both(
        "本地企业需要，而本地和外地都没有已知企业",
        "Needed here, and no enterprise is known anywhere",
    ),
    tag="tag-bad",
)
NODE_KINDS = {
    "industry": both("行业", "Industry"),
    "product": both("产品", "Product"),
    "stage": both("环节", "Stage"),
}
RELATIONS = {
    "upstream": both("供给", "feeds"),
    "part_of": both("属于", "is part of"),
}
#: How a node beside a gap stands to it (``NearPlace.relation``).
KINSHIPS = {
    "kind": both("同类", "of its kind"),
    "input": both("它的投入", "an input of it"),
    "beside": both("与它同供下游", "feeds the same as it"),
    "output": both("它的下游", "downstream of it"),
}
ORIGINS = {
    "register": both("登记", "Register"),
    "text": both("按文本归属", "By its text"),
    "person": both("按本人成果归属", "By this person's works"),
    "decision": both("人工判定", "Decided by people"),
}
SUBSTITUTIONS = {
    "shares": both("其他投入可替代，按占比受损", "Losses by share: other inputs stand in"),
    "none": both("不可替代，缺一即停", "Nothing stands in: one input missing stops all"),
}
#: Kinds of members in the order of a page.
MEMBER_KINDS = (
    "enterprise",
    "institution",
    "achievement",
    "patent",
    "person",
    "platform",
    "project",
    "facility",
)


def status_label(status: str) -> str:
    """What a standing is called.

    Examples
    --------
    >>> status_label("missing"), status_label("dependent")
    ('缺失', '外部依赖')
    """
    if status == "dependent":
        return str(DEPENDENT)
    return str(STATUSES[status].label) if status in STATUSES else status


def gap_label(status: str) -> str:
    """What a standing is called in a list of gaps.

    Examples
    --------
    >>> gap_label("unknown"), gap_label("weak")
    ('无已知供应', '薄弱')
    """
    return str(NOBODY_KNOWN.label) if status == "unknown" else status_label(status)


def gap_faces(statuses: Sequence[str]) -> dict[str, StatusFace]:
    """Standings as a list of gaps shows them: asked for dependence alone, it says just that."""
    faces = {**STATUSES, "unknown": NOBODY_KNOWN}
    if tuple(statuses) == ("dependent",):
        told = StatusFace(
            status="dependent",
            label=DEPENDENT,
            meaning=both("投入中来自外地的占比过高", "Too much of its inputs comes from elsewhere"),
            tag="tag-warn",
        )
        faces = dict.fromkeys(faces, told)
    return faces


def inputs_told(node: NodeView) -> str:
    """How many of a node's inputs the figure of dependence rests on; '' where on all of them.

    Examples
    --------
    >>> node = NodeView(node_id="n", name="", node_kind="product", input_count=5, known_inputs=4)
    >>> inputs_told(node)
    '按 4/5 种已知投入'
    """
    if node.known_inputs == node.input_count:
        return ""
    known = f"{node.known_inputs}/{node.input_count}"
    return choose(f"按 {known} 种已知投入", f"by {known} inputs that are known")


def input_words(found: GapView) -> str:
    """Inputs from elsewhere in one line: what, how much of it, from whom."""
    return choose("；", "; ").join(
        choose(
            f"{one.node.name}（占投入 {one.share:.0%}，本地 {one.node.local_share or 0:.0%}）",
            f"{one.node.name} ({one.share:.0%} of inputs, {one.node.local_share or 0:.0%} here)",
        )
        + "".join(f" {maker.label}" for maker in one.suppliers[:1])
        for one in found.inputs
    )


def kind_label(kind: str) -> str:
    """What a kind of member is called at a node."""
    if kind == "enterprise":
        return choose("企业", "Enterprises")
    if kind == "institution":
        return choose("高校院所与其他单位", "Institutes and others")
    return str(FACES[kind].label) if kind in FACES else kind


def legend() -> tuple[StatusFace, ...]:
    """Standings with their colours, the most urgent first."""
    return _STATUSES


def strength_summary(by_status: Mapping[str, int]) -> list[dict[str, Any]]:
    """Counts by standing as pieces of one bar 300 wide.

    Examples
    --------
    >>> [(one["status"], one["x"], one["width"]) for one in strength_summary({"weak": 1, "sound": 2})]
    [('weak', 0.0, 100.0), ('sound', 100.0, 200.0)]
    """
    whole = sum(by_status.values())
    pieces, x = [], 0.0
    for face in _STATUSES:
        count = by_status.get(face.status, 0)
        if count:
            width = round(300.0 * count / whole, 1)
            pieces.append(
                {
                    "status": face.status,
                    "label": face.label,
                    "tag": face.tag,
                    "count": count,
                    "x": round(x, 1),
                    "width": width,
                }
            )
            x += width
    return pieces


def sound_share(by_status: Mapping[str, int]) -> float | None:
    """Share of all nodes that are sound; ``None`` where no enterprise is known at any.

    Nodes of which nothing is known count among all: they are no strength.

    Examples
    --------
    >>> sound_share({"sound": 3, "concentrated": 2, "unknown": 1}), sound_share({"unknown": 4})
    (0.5, None)
    """
    whole = sum(by_status.values())
    return by_status.get("sound", 0) / whole if whole > by_status.get("unknown", 0) else None


def layer_lists(view: ChainView) -> list[dict[str, Any]]:
    """The same nodes as a list by layer, what is nearest to the end products first."""
    layers = all_layers(view)
    return [
        {"layer": layer, "label": layer_label(layer), "nodes": layers[layer]}
        for layer in sorted(layers, key=lambda one: (abs(one), -one))
    ]


def presence_words(node: NodeView) -> str:
    """Who is known at a node, in one short line.

    Examples
    --------
    >>> presence_words(NodeView(node_id="n", name="", node_kind="product", outside_count=4))
    '本地 0 · 外地 4'
    """
    return choose(
        f"本地 {node.local_count} · 外地 {node.outside_count}",
        f"{node.local_count} here · {node.outside_count} elsewhere",
    )


def presence_rows(node: NodeView) -> list[dict[str, Any]]:
    """Counts here and elsewhere by kind, in the order of a page."""
    kinds = [*MEMBER_KINDS, *(one for one in node.presence if one not in MEMBER_KINDS)]
    return [
        {
            "kind": kind,
            "label": kind_label(kind),
            "here": node.presence[kind][0],
            "elsewhere": node.presence[kind][1],
        }
        for kind in kinds
        if kind in node.presence
    ]


def member_groups(detail: NodeDetail) -> list[dict[str, Any]]:
    """Members of a node by kind, with how many there are in all."""
    kinds = [*MEMBER_KINDS, *(one for one in detail.members if one not in MEMBER_KINDS)]
    return [
        {
            "kind": kind,
            "label": kind_label(kind),
            "members": detail.members[kind],
            "count": detail.member_counts.get(kind, len(detail.members[kind])),
        }
        for kind in kinds
        if detail.members.get(kind)
    ]


def known_code(code: str) -> str:
    """A code that readers know, such as a class of GB/T 4754; a register's own key is none.

    Examples
    --------
    >>> known_code("C3985"), known_code("integrated_circuits")
    ('C3985', '')
    """
    return code if any(sign.isdigit() for sign in code) else ""
