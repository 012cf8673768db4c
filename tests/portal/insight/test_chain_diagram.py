"""The layered picture: so many of each layer, parts under their wholes, links between boxes."""

from silian.portal.insight.domain.chain_values import ChainScope, ChainView, LinkView, NodeView
from silian.portal.insight.interfaces.chain_diagram import draw
from silian.portal.insight.interfaces.chain_layout import drawn_layers


def node(name: str, layer: int, **values: object) -> NodeView:
    return NodeView(node_id=name, name=name, node_kind="product", layer=layer, **values)  # type: ignore[arg-type]


def link(source: str, target: str, relation: str = "upstream", weight: float = 1.0) -> LinkView:
    return LinkView(
        link_id=f"{source}-{target}",
        source_id=source,
        source_name=source,
        target_id=target,
        target_name=target,
        relation=relation,
        weight=weight,
    )


def view(nodes: list[NodeView], links: list[LinkView], hidden: int = 0) -> ChainView:
    return ChainView(
        scope=ChainScope(),
        nodes=tuple(nodes),
        links=tuple(links),
        hidden_count=hidden,
        by_status={},
        region_code="",
        region_name="",
        built_at=None,
    )


MOTORS = view(
    [
        node("电机", 0, is_root=True, local_count=3),
        node("磁钢", 1, outside_count=5, waiting=2),
        node("钐钴磁钢", 1, local_count=1),
        node("漆包线", 1, local_count=2),
        node("稀土", 2, outside_count=9),
    ],
    [
        link("磁钢", "电机", weight=3.0),
        link("漆包线", "电机"),
        link("钐钴磁钢", "磁钢", "part_of"),
        link("稀土", "磁钢"),
    ],
    hidden=4,
)


def names(layers: dict[int, list[NodeView]]) -> dict[int, list[str]]:
    return {layer: [one.name for one in nodes] for layer, nodes in layers.items()}


def test_parts_stand_below_their_whole_and_upstream_stands_left() -> None:
    assert names(drawn_layers(MOTORS, 12)) == {
        2: ["稀土"],
        1: ["磁钢", "钐钴磁钢", "漆包线"],
        0: ["电机"],
    }
    picture = draw(MOTORS)
    assert [(one.label, one.shown, one.total) for one in picture.columns] == [
        ("上游第 2 层", 1, 1),
        ("上游第 1 层", 3, 3),
        ("终端环节", 1, 1),
    ]
    boxes = {one.node.name: one for one in picture.boxes}
    assert boxes["钐钴磁钢"].x > boxes["磁钢"].x
    assert boxes["稀土"].x < boxes["磁钢"].x < boxes["电机"].x
    assert (picture.shown_count, picture.total_count) == (5, 9)
    assert {(one.source_id, one.target_id): one.weight for one in picture.wires} == {
        ("磁钢", "电机"): 3,
        ("漆包线", "电机"): 1,
        ("钐钴磁钢", "磁钢"): 1,
        ("稀土", "磁钢"): 1,
    }


def test_so_many_of_a_layer_are_drawn_those_that_matter_most() -> None:
    assert names(drawn_layers(MOTORS, 1)) == {2: ["稀土"], 1: ["磁钢"], 0: ["电机"]}
    cut = view(
        [node("电机", 0), node("漆包线", 1, local_count=9), node("磁钢", 1), node("稀土", 2)],
        [link("漆包线", "电机"), link("磁钢", "电机"), link("稀土", "磁钢")],
    )
    # What feeds only something that is left out stands there if nothing else does.
    assert names(drawn_layers(cut, 1)) == {2: ["稀土"], 1: ["漆包线"], 0: ["电机"]}


def test_a_folded_layer_is_one_column_that_unfolds() -> None:
    picture = draw(MOTORS, folded=[1, 7])
    folded = {one.layer: (one.folded, one.toggle) for one in picture.columns}
    assert folded == {2: (False, "1,2"), 1: (True, ""), 0: (False, "0,1")}
    assert {one.node.name for one in picture.boxes} == {"稀土", "电机"}
    assert picture.wires == ()


def test_rings_of_links_and_of_parts_are_drawn_once() -> None:
    ring = view(
        [node("甲", 0), node("乙", 0)],
        [
            link("甲", "乙", "part_of"),
            link("乙", "甲", "part_of"),
            link("甲", "乙"),
            link("乙", "甲"),
        ],
    )
    picture = draw(ring)
    assert sorted(one.node.name for one in picture.boxes) == ["乙", "甲"]
    assert len(picture.wires) == 4


def test_nothing_is_a_picture_too() -> None:
    picture = draw(view([], []))
    assert (picture.boxes, picture.columns, picture.total_count) == ((), (), 0)
