"""A part of the chains as a picture in layers: upstream left, end products right."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import sqrt
from unicodedata import east_asian_width

from silian.portal.bilingual import choose
from silian.portal.insight.domain.chain_values import ChainView, LinkView, NodeView
from silian.portal.insight.interfaces.chain_layout import (
    Layers,
    all_layers,
    drawn_layers,
    whole_of,
)

ROWS_CHOICES = (12, 24, 48)
_BOX_WIDTH, _BOX_HEIGHT = 166, 44
_COLUMN_GAP, _ROW_GAP = 48, 10
_FOLDED_WIDTH = 84
_INDENT = 14  # of a part below its whole
_HEAD = 40  # room for the names of the columns
_MARGIN = 6
_DISC_AT, _TEXT_AT = 19, 38
_DISC_LEAST, _DISC_MOST = 4.0, 13.0
_MEMBERS_MOST = 60  # so many and more make the largest disc
_SIGN_WIDTH = 13.0  # of a Chinese sign; others take about half
_WIDEST_LINE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One node on the picture."""

    node: NodeView
    name: str  # as much as fits
    x: int
    y: int
    width: int
    disc_x: int
    disc_y: int
    disc_radius: float
    text_x: int
    height: int = _BOX_HEIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One link on the picture."""

    source_id: str
    target_id: str
    path: str
    weight: int  # 1 to 3
    relation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One layer on the picture.

    Attributes
    ----------
    toggle
        Value of ``fold`` in the address that folds or unfolds this layer.
    """

    layer: int
    label: str
    x: int
    width: int
    shown: int
    total: int
    folded: bool
    toggle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """The whole picture, in the units of its view box."""

    width: int
    height: int
    columns: tuple[Column, ...]
    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]
    shown_count: int
    total_count: int


def draw(view: ChainView, *, rows: int = ROWS_CHOICES[0], folded: Collection[int] = ()) -> Diagram:
    """Place the nodes of a view.

    Parameters
    ----------
    rows
        At most so many nodes of each layer.
    folded
        Layers that are drawn as one narrow column.
    """
    layers = drawn_layers(view, rows)
    totals = {layer: len(nodes) for layer, nodes in all_layers(view).items()}
    folded = frozenset(folded) & layers.keys()
    columns = _columns(layers, totals, folded)
    open_rows = [len(nodes) for layer, nodes in layers.items() if layer not in folded]
    height = _HEAD + _column_height(max(open_rows, default=1)) + _MARGIN
    boxes = _boxes(view, layers, columns, height)
    return Diagram(
        width=max((one.x + one.width for one in columns), default=_BOX_WIDTH) + _MARGIN,
        height=height,
        columns=tuple(columns),
        boxes=tuple(boxes.values()),
        wires=tuple(_wires(view, boxes)),
        shown_count=len(boxes),
        total_count=sum(totals.values()) + view.hidden_count,
    )


def layer_label(layer: int) -> str:
    """What a layer is called.

    Examples
    --------
    >>> layer_label(0), layer_label(2), layer_label(-1)
    ('终端环节', '上游第 2 层', '下游第 1 层')
    """
    if layer == 0:
        return choose("终端环节", "End products")
    if layer > 0:
        return choose(f"上游第 {layer} 层", f"Upstream {layer}")
    return choose(f"下游第 {-layer} 层", f"Downstream {-layer}")


def fitting(name: str, width: float) -> str:
    """As much of a name as fits into a width.

    Examples
    --------
    >>> fitting("烧结钕铁硼永磁材料", 60)
    '烧结钕…'
    """
    used = 0.0
    for place, sign in enumerate(name):
        used += _SIGN_WIDTH * (1.0 if east_asian_width(sign) in "WF" else 0.56)
        if used > width:
            return name[: max(1, place - 1)] + "…"
    return name


def _columns(layers: Layers, totals: Mapping[int, int], folded: Collection[int]) -> list[Column]:
    columns, x = [], _MARGIN
    for layer, nodes in layers.items():
        width = _FOLDED_WIDTH if layer in folded else _BOX_WIDTH
        others = set(folded) ^ {layer}
        columns.append(
            Column(
                layer=layer,
                label=layer_label(layer),
                x=x,
                width=width,
                shown=len(nodes),
                total=totals[layer],
                folded=layer in folded,
                toggle=",".join(map(str, sorted(others))),
            )
        )
        x += width + _COLUMN_GAP
    return columns


def _column_height(n_rows: int) -> int:
    return n_rows * (_BOX_HEIGHT + _ROW_GAP)


def _boxes(view: ChainView, layers: Layers, columns: list[Column], height: int) -> dict[str, Box]:
    shown = {one.node_id for column in columns if not column.folded for one in layers[column.layer]}
    wholes = whole_of(view, shown)
    boxes: dict[str, Box] = {}
    for column in columns:
        if column.folded:
            continue
        nodes = layers[column.layer]
        y = _HEAD + (height - _HEAD - _column_height(len(nodes))) // 2
        for node in nodes:
            indent = _INDENT if node.node_id in wholes else 0
            boxes[node.node_id] = _box(node, column.x + indent, y, column.width - indent)
            y += _BOX_HEIGHT + _ROW_GAP
    return boxes


def _box(node: NodeView, x: int, y: int, width: int) -> Box:
    members = min(_MEMBERS_MOST, node.local_count + node.outside_count)
    share = sqrt(members / _MEMBERS_MOST)
    return Box(
        node=node,
        name=fitting(node.name, width - _TEXT_AT - 6),
        x=x,
        y=y,
        width=width,
        disc_x=x + _DISC_AT,
        disc_y=y + _BOX_HEIGHT // 2,
        disc_radius=round(_DISC_LEAST + (_DISC_MOST - _DISC_LEAST) * share, 1),
        text_x=x + _TEXT_AT,
    )


def _wires(view: ChainView, boxes: Mapping[str, Box]) -> list[Wire]:
    drawn = [one for one in view.links if one.source_id in boxes and one.target_id in boxes]
    weights = [one.weight for one in drawn]
    # Where all weigh the same, none is drawn as heavy.
    heaviest = max(weights) if weights and max(weights) > min(weights) else float("inf")
    return [_wire(one, boxes[one.source_id], boxes[one.target_id], heaviest) for one in drawn]


def _wire(link: LinkView, source: Box, target: Box, heaviest: float) -> Wire:
    middle = _BOX_HEIGHT // 2
    x1, y1 = source.x + source.width, source.y + middle
    x2, y2 = target.x, target.y + middle
    if link.relation == "part_of":  # up the left side of the column, as a tree does
        x1, x2 = source.x, target.x + 7
        path = f"M{x1} {y1}H{x2}V{target.y + _BOX_HEIGHT}" if y1 > y2 else f"M{x1} {y1}H{x2}V{y2}"
    elif x2 > x1:
        bend = (x2 - x1) / 2
        path = f"M{x1} {y1}C{x1 + bend:.0f} {y1} {x2 - bend:.0f} {y2} {x2} {y2}"
    else:  # within a layer or backwards: round the right side
        out = max(x1, target.x + target.width) + 26
        x2 = target.x + target.width
        path = f"M{x1} {y1}C{out} {y1} {out} {y2} {x2} {y2}"
    share = link.weight / heaviest
    weight = max(1, min(_WIDEST_LINE, round(share * _WIDEST_LINE)))
    return Wire(
        source_id=link.source_id,
        target_id=link.target_id,
        path=path,
        weight=weight,
        relation=link.relation,
    )
