"""Questions about the industry chains, answered for one viewer."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from silian.portal.accounts.domain.access import Viewer, visible
from silian.portal.insight.domain.chain_assembly import assembled
from silian.portal.insight.domain.chain_members import Members
from silian.portal.insight.domain.chain_placements import placed_at, placements
from silian.portal.insight.domain.chain_reading import ENTERPRISE
from silian.portal.insight.domain.chain_rules import ChainLines, thresholds
from silian.portal.insight.domain.chain_scopes import most_notable
from silian.portal.insight.domain.chain_telling import (
    NodeUnknown,
    gap_views,
    layers_in,
    link_view,
    loss_view,
    neighbours,
    node_view,
    place_of,
    supporters,
)
from silian.portal.insight.domain.chain_values import (
    Candidate,
    ChainScope,
    ChainsStatus,
    ChainView,
    FillersView,
    GapsView,
    GapView,
    MemberView,
    NearPlace,
    NodeDetail,
    NodeHit,
    OrganisationLossView,
    PlaceView,
    ScenarioView,
)
from silian.portal.insight.domain.graph_rights import visible_ids
from silian.portal.registry.domain.identities import records_of, subject_of
from silian.portal.registry.models import ChainLink, ChainMember, ChainNode

if TYPE_CHECKING:
    from silian.engines.graph import NodeAssessment

__all__ = [
    "USUAL_GAPS",
    "ChainLines",
    "NodeUnknown",
    "chain_view",
    "chains_status",
    "fillers",
    "find_gaps",
    "find_nodes",
    "gap",
    "node_detail",
    "places_of",
    "scenario",
    "thresholds",
]

_WORKS = ("achievement", "patent", "project")
_MOST_FURTHER = 3  # who stands only beside or downstream of a gap makes up so many
#: What is listed where nobody says otherwise: made elsewhere only, by nobody known, or too little.
USUAL_GAPS = ("missing", "unknown", "weak")


def find_nodes(
    text: str, viewer: Viewer, *, node_kind: str = "", limit: int = 20
) -> tuple[NodeHit, ...]:
    """Nodes by name, further spelling or code; the same name first, then the best known.

    Without a text, the best known of a kind.
    """
    held = assembled(viewer)
    wanted = text.strip().casefold()
    if not wanted and not node_kind:
        return ()
    ids, members = held.chain.node_ids, held.members_at.counts()
    best: dict[int, tuple[int, int]] = {}
    for spelling, number in held.spellings:
        if wanted in spelling and (not node_kind or held.node_rows[ids[number]][1] == node_kind):
            how = 0 if spelling == wanted else 1 if spelling.startswith(wanted) else 2
            weight = -int(members[number]) - int(held.degrees[number])
            best[number] = min(best.get(number, (3, 0)), (how, weight))
    return tuple(
        NodeHit(
            node_id=ids[number],
            name=held.node_rows[ids[number]][0],
            node_kind=held.node_rows[ids[number]][1],
            code=held.node_rows[ids[number]][2],
            member_count=int(members[number]),
            link_count=int(held.degrees[number]),
        )
        for number in sorted(best, key=lambda one: (*best[one], one))[:limit]
    )


def chain_view(scope: ChainScope, viewer: Viewer) -> ChainView:
    """Part of the chains, each node as it stands.

    Raises
    ------
    NodeUnknown
        If a root isn't there or may not be seen.
    """
    held = assembled(viewer)
    layers = layers_in(held, scope)
    roots = {place_of(held, root) for root in scope.roots}
    shown = most_notable(held, layers, roots, scope.most)
    statuses = Counter(held.assessments[number].status for number in layers)
    chosen = np.array(shown, np.int64)
    between = np.isin(held.chain.sources, chosen) & np.isin(held.chain.targets, chosen)
    return ChainView(
        scope=scope,
        nodes=tuple(node_view(held, one, layers[one], is_root=one in roots) for one in shown),
        links=tuple(link_view(held, row) for row in np.flatnonzero(between).tolist()),
        hidden_count=len(layers) - len(shown),
        by_status=dict(sorted(statuses.items())),
        region_code=held.home.code,
        region_name=held.home.name,
        built_at=placed_at(),
    )


def node_detail(node_id: str, viewer: Viewer, *, most: int = 50) -> NodeDetail:
    """A node with its neighbours and members, ``most`` of each kind.

    Raises
    ------
    NodeUnknown
        If it isn't there or may not be seen.
    """
    held = assembled(viewer)
    place = place_of(held, node_id)
    record = visible(ChainNode.objects.filter(public_id=node_id), viewer).first()
    if record is None:
        raise NodeUnknown(node_id)
    rows = held.members_at.of(place)
    kinds = held.chain.member_kinds[rows]
    members = Members(held, viewer)
    by_kind = {
        kind: members.of_rows(rows[kinds == kind], most) for kind in sorted(set(kinds.tolist()))
    }
    return NodeDetail(
        node=node_view(held, place),
        name_en=record.name_en,
        description=record.description,
        keywords=tuple(record.keywords or ()),
        inputs=neighbours(held, place, "upstream", arriving=True),
        outputs=neighbours(held, place, "upstream", arriving=False),
        parts=neighbours(held, place, "part_of", arriving=True),
        wholes=neighbours(held, place, "part_of", arriving=False),
        members=by_kind,
        member_counts=dict(Counter(kinds.tolist())),
    )


def find_gaps(
    scope: ChainScope,
    viewer: Viewer,
    *,
    statuses: Sequence[str] = USUAL_GAPS,
    node_kind: str = "",
    limit: int = 50,
    offset: int = 0,
) -> GapsView:
    """Nodes of these statuses that enterprises here need, the most needed first.

    Parameters
    ----------
    statuses
        Of ``NodeView.status``, and ``dependent``: made here with too much from elsewhere.
        ``unknown`` are those that enterprises here wait for and nobody is known to make.
    node_kind
        Only industries, products or stages; empty for all.

    Raises
    ------
    NodeUnknown
        If a root of the scope isn't there or may not be seen.
    """
    held = assembled(viewer)
    layers = layers_in(held, scope)
    wanted = set(statuses)
    found = [
        number
        for number in layers
        if _is_gap(one := held.assessments[number], wanted)
        and (not node_kind or held.node_rows[one.node_id][1] == node_kind)
    ]
    found.sort(
        key=lambda number: (
            -held.assessments[number].waiting,
            held.assessments[number].status != "missing",
            held.chain.node_ids[number],
        )
    )
    shown = {number: layers[number] for number in found[offset : offset + limit]}
    members, with_inputs = Members(held, viewer), "dependent" in wanted
    return GapsView(
        gaps=gap_views(held, members, shown, 5, with_inputs=with_inputs), total_count=len(found)
    )


def _is_gap(one: "NodeAssessment", wanted: set[str]) -> bool:
    if "dependent" in wanted and one.local_capacity > 0:
        dependence = one.input_dependence
        if dependence is not None and dependence > thresholds().most_dependence:
            return True
    needed = one.waiting > 0 or one.status == "concentrated"
    return one.status in wanted and needed


def gap(node_id: str, viewer: Viewer, *, most: int = 10) -> GapView:
    """What the standing of one node rests on.

    Raises
    ------
    NodeUnknown
        If it isn't there or may not be seen.
    """
    held = assembled(viewer)
    [found] = gap_views(held, Members(held, viewer), {place_of(held, node_id): None}, most)
    return found


def fillers(node_id: str, viewer: Viewer, *, limit: int = 10) -> FillersView:
    """Who could fill a gap.

    Raises
    ------
    NodeUnknown
        If it isn't there or may not be seen.
    """
    held = assembled(viewer)
    place = place_of(held, node_id)
    # More than asked for: what the viewer may not see is left out, and kinds are told apart.
    found = held.capabilities.fillers(node_id, most=3 * limit)
    members = Members(held, viewer)
    labels = members.labels(one.entity_id for one in found.local)
    local = [
        Candidate(
            subject_id=one.entity_id,
            kind=one.kind,
            label=labels[one.entity_id],
            score=one.score,
            is_customer=one.is_customer,
            near=tuple(
                NearPlace(
                    node_id=near.node_id,
                    name=near.label,
                    proximity=near.proximity,
                    together=near.together,
                    linked=near.linked,
                    relation=near.relation,
                )
                for near in one.near
            ),
        )
        for one in found.local
        if one.entity_id in labels
    ]
    beside, kin = supporters(held, place), held.capabilities.kin(place)

    def of_kinds(*kinds: str) -> tuple[MemberView, ...]:
        wanted = np.isin(held.chain.member_kinds[beside], kinds)
        told = members.beside(beside[wanted], limit, kin)
        n_near = sum(one.at is None or one.at.relation in ("kind", "input") for one in told)
        return told[: max(n_near, _MOST_FURTHER)]

    return FillersView(
        node=node_view(held, place),
        local=tuple(local[:limit]),
        outside=members.of_members(found.to_attract, limit),
        achievements=of_kinds(*_WORKS),
        experts=of_kinds("person"),
        others=of_kinds("platform", "institution", "publication"),
    )


def scenario(
    viewer: Viewer,
    *,
    node_ids: Sequence[str] = (),
    organisation_ids: Sequence[str] = (),
    within_region: bool = False,
    substitution: Literal["shares", "none"] = "shares",
    limit: int = 100,
) -> ScenarioView:
    """What hangs on nodes or enterprises.

    Parameters
    ----------
    within_region
        Only capacity here can stand in for what is lost.
    substitution
        ``shares``: a lost input costs its share of all inputs; ``none``: without it nothing runs.

    Raises
    ------
    NodeUnknown
        If one of them isn't in the chains or may not be seen.
    silian.engines.graph.LimitOutOfRange
        If nothing is to be taken away.
    """
    from silian.engines.graph import remove_from_chain

    held = assembled(viewer)
    removed = [place_of(held, one) for one in node_ids]
    members, lines = Members(held, viewer), thresholds()
    names = members.labels(organisation_ids)
    entities = members.standing_as(organisation_ids)
    for one in organisation_ids:
        if one not in names or one not in entities:
            raise NodeUnknown(one)
    told = remove_from_chain(
        held.chain,
        nodes=node_ids,
        entities=list(dict.fromkeys(entities.values())),
        substitution=substitution,
        within_region=within_region,
        kind=ENTERPRISE,
        part_depth=lines.part_depth,
        least_confidence=lines.least_confidence,
    )
    labels = members.labels(one.entity_id for one in told.entities[: 2 * limit])
    losses = [
        OrganisationLossView(
            subject_id=one.entity_id, label=labels[one.entity_id], local=one.local, loss=one.loss
        )
        for one in told.entities[: 2 * limit]
        if one.entity_id in labels
    ]
    return ScenarioView(
        removed_nodes=tuple(node_view(held, one) for one in removed),
        removed_organisations=tuple((one, names[one]) for one in organisation_ids),
        within_region=within_region,
        substitution=substitution,
        nodes=tuple(loss_view(held, one) for one in told.nodes[:limit]),
        organisations=tuple(losses[:limit]),
        node_count=len(told.nodes),
        organisation_count=len(told.entities),
    )


def places_of(subject_id: str, viewer: Viewer, *, most: int = 20) -> tuple[PlaceView, ...]:
    """Nodes at which a record stands, the surest first; those that the viewer may see.

    What the other records of the same subject say is told too, of those that he may see.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not visible_ids(viewer, [subject_id]):
        return ()
    same = records_of(subject_of([subject_id]).values()) or {subject_id: subject_id}
    table = placements()
    own = pc.and_(
        pc.is_in(table["subject_id"], value_set=pa.array(sorted(visible_ids(viewer, same)))),
        pc.is_in(table["audience"], value_set=pa.array(list(viewer.audiences))),
    )
    rows = table.filter(own).to_pylist()
    nodes = visible(ChainNode.objects.filter(public_id__in=[r["node_id"] for r in rows]), viewer)
    named = {node_id: (name, kind) for node_id, name, kind in nodes.values_list(
        "public_id", "name", "node_kind"
    )}  # fmt: skip
    rows.sort(key=lambda r: (-r["confidence"], -(r["revenue_share"] or 0.0), r["node_id"]))
    surest: dict[str, Any] = {}
    for row in rows:
        surest.setdefault(row["node_id"], row)
    return tuple(
        PlaceView(
            node_id=row["node_id"],
            name=named[row["node_id"]][0],
            node_kind=named[row["node_id"]][1],
            confidence=row["confidence"],
            revenue_share=row["revenue_share"],
            reason=row["reason"] or "",
            origin=row["origin"],
            evidence=row["evidence"],
        )
        for row in surest.values()
        if row["node_id"] in named
    )[:most]


def chains_status() -> ChainsStatus:
    """Counts of nodes, links, members and placements."""
    return ChainsStatus(
        node_count=ChainNode.objects.count(),
        link_count=ChainLink.objects.count(),
        member_count=ChainMember.objects.count(),
        placement_count=placements().num_rows,
        placed_at=placed_at(),
    )
