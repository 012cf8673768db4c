"""What is told of nodes, links and gaps of an assembled chain."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from silian.errors import EngineError
from silian.portal.insight.domain.chain_assembly import Assembled
from silian.portal.insight.domain.chain_members import Members
from silian.portal.insight.domain.chain_reading import ENTERPRISE
from silian.portal.insight.domain.chain_rules import thresholds
from silian.portal.insight.domain.chain_scopes import layers_of
from silian.portal.insight.domain.chain_values import (
    ChainScope,
    GapView,
    InputView,
    LinkView,
    Neighbour,
    NodeLossView,
    NodeView,
)

if TYPE_CHECKING:
    from silian.engines.graph import NodeLoss

_MOST_NEIGHBOURS = 60
_MOST_KIN = 200
_RELATIONS = ("kind", "input", "beside", "output")
_SUPPLIERS_TOLD = 3


class NodeUnknown(EngineError, LookupError):
    """No such node or member that the viewer may see."""

    code = "chain_node_unknown"

    def __init__(self, identifier: str) -> None:
        super().__init__(f"the chains hold no {identifier!r} that you may see; choose one found.")
        self.message_zh = f"产业链中没有您可查看的“{identifier}”，请从检索结果中选择。"
        self.message_en = str(self)


def place_of(held: Assembled, node_id: str) -> int:
    from silian.engines.graph.snapshot_errors import UnknownNode

    try:
        return held.chain.place(node_id)
    except UnknownNode:
        raise NodeUnknown(node_id) from None


def layers_in(held: Assembled, scope: ChainScope) -> dict[int, int | None]:
    for root in scope.roots:
        place_of(held, root)
    return layers_of(held, scope)


def node_view(
    held: Assembled, place: int, layer: int | None = None, *, is_root: bool = False
) -> NodeView:
    one = held.assessments[place]
    name, kind, code = held.node_rows[one.node_id]
    presence: Mapping[str, tuple[int, int]] = {
        member: (count.local, count.outside) for member, count in one.presence.items()
    }
    here, elsewhere = presence.get(ENTERPRISE, (0, 0))
    return NodeView(
        node_id=one.node_id,
        name=name,
        node_kind=kind,
        code=code,
        layer=layer,
        is_root=is_root,
        status=one.status,
        presence=presence,
        local_count=here,
        outside_count=elsewhere,
        local_share=one.local_share,
        specialisation=one.specialisation,
        concentration=one.concentration,
        effective_enterprises=one.effective_enterprises,
        input_dependence=one.input_dependence,
        input_count=one.n_inputs,
        known_inputs=one.n_known_inputs,
        waiting=one.waiting,
    )


def link_view(held: Assembled, row: int) -> LinkView:
    one = held.chain.link(row)
    return LinkView(
        link_id=one.evidence,
        source_id=one.source_id,
        source_name=held.node_rows[one.source_id][0],
        target_id=one.target_id,
        target_name=held.node_rows[one.target_id][0],
        relation=one.relation,
        weight=one.weight,
    )


def neighbours(
    held: Assembled, place: int, relation: str, *, arriving: bool
) -> tuple[Neighbour, ...]:
    """Nodes beside a node over one relation, those with most enterprises here first."""
    rows = (held.upward if arriving else held.downward).of(place)
    rows = rows[held.chain.linked(relation)[rows]]
    others = (held.chain.sources if arriving else held.chain.targets)[rows]
    members = held.members_at.counts()[others]
    order = np.lexsort((others, -members))[:_MOST_NEIGHBOURS]
    found = [
        Neighbour(node=node_view(held, int(others[one])), link=link_view(held, int(rows[one])))
        for one in order.tolist()
    ]
    return tuple(sorted(found, key=lambda one: -one.node.local_count))


def gap_views(
    held: Assembled,
    members: Members,
    layers: Mapping[int, int | None],
    most: int,
    *,
    with_inputs: bool = True,
) -> tuple[GapView, ...]:
    """What the standing of nodes, given with their layers, rests on."""
    told = [held.strength.evidence(held.chain.node_ids[place], most=most) for place in layers]
    members.labels(one.entity_id for found in told for one in (*found.waiting, *found.suppliers))
    return tuple(
        GapView(
            node=node_view(held, place, layer),
            links=tuple(link_view(held, held.link_rows[one.evidence]) for one in found.links),
            waiting=members.of_members(found.waiting, most),
            suppliers=members.of_members(found.suppliers, most),
            inputs=_outside_inputs(held, members, place, most) if with_inputs else (),
        )
        for (place, layer), found in zip(layers.items(), told, strict=True)
    )


def _outside_inputs(
    held: Assembled, members: Members, place: int, most: int
) -> tuple[InputView, ...]:
    """Inputs that come from elsewhere at least in part, those of most weight first."""
    rows = held.upward.of(place)
    rows = rows[held.chain.linked("upstream")[rows] & (held.chain.sources[rows] != place)]
    weights = held.chain.weights[rows]
    shares = weights / weights.sum() if len(rows) else weights
    lacking = [
        (share * (1.0 - here), share, row)
        for row, share in zip(rows.tolist(), shares.tolist(), strict=True)
        if (here := held.assessments[held.chain.sources[row]].local_share) is not None and here < 1
    ]
    lacking.sort(key=lambda one: (-one[0], one[2]))
    found = []
    for _, share, row in lacking[:most]:
        source = int(held.chain.sources[row])
        makers = held.strength.outside_suppliers(held.chain.node_ids[source], _SUPPLIERS_TOLD)
        found.append(
            InputView(
                node=node_view(held, source),
                link=link_view(held, row),
                share=share,
                suppliers=members.of_members(makers, _SUPPLIERS_TOLD),
            )
        )
    return tuple(found)


def supporters(held: Assembled, place: int) -> Any:
    """Rows of members that are no enterprises, here and sure: at a node, then at what is akin.

    What is downstream of it comes last: who works on its use need not know how to make it.
    """
    kin = held.capabilities.kin(place)
    near = [place, *sorted(kin, key=lambda one: _RELATIONS.index(kin[one]))[:_MOST_KIN]]
    rows = np.concatenate([held.members_at.of(one) for one in near])
    chain = held.chain
    sure = chain.confidence[rows] >= thresholds().least_confidence
    kept = rows[sure & chain.local[rows] & (chain.member_kinds[rows] != ENTERPRISE)]
    rank = {one: 1 + _RELATIONS.index(kin[one]) for one in near[1:]} | {place: 0}
    order = np.array([rank[one] for one in chain.member_nodes[kept].tolist()], np.int64)
    return kept[np.lexsort((kept, -chain.confidence[kept], order))]


def loss_view(held: Assembled, one: "NodeLoss") -> NodeLossView:
    return NodeLossView(
        node=node_view(held, held.chain.place(one.node_id)),
        direct=one.direct,
        loss=one.loss,
        steps=one.steps,
        through_id=one.through or "",
        through_name=held.node_rows[one.through][0] if one.through else "",
    )
