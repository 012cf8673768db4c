"""Operations on industry chains: nodes, gaps, who could fill them, scenarios, target chains."""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Path, Query, Router, Schema, Status

from silian.portal.accounts.domain.access import Viewer, viewer_of
from silian.portal.api.authentication import EVERYBODY
from silian.portal.api.schemas import Input
from silian.portal.insight.domain import chain_decisions, chain_targets, chains
from silian.portal.insight.domain.chain_values import (
    ChainScope,
    ChainView,
    FillersView,
    GapsView,
    GapView,
    NodeDetail,
    NodeHit,
    PlaceView,
    ScenarioView,
)

router = Router(tags=["产业链 Industry chains"])
NodeId = Annotated[str, Path(max_length=40, description="A node's public id（环节编号）")]
SubjectId = Annotated[str, Path(max_length=40, description="A record's public id（记录编号）")]
TargetId = Annotated[UUID, Path(description="A target chain's id（目标产业链编号）")]
NodeKind = Literal["", "industry", "product", "stage"]
GapStatus = Literal["missing", "unknown", "weak", "concentrated", "dependent"]
_MOST_DEPTH = chain_targets.MOST_DEPTH


class TargetOut(Schema):
    """A target chain, with how many of its nodes stand how."""

    public_id: UUID
    name: str
    name_en: str
    description: str
    depth: int
    node_ids: list[str]
    by_status: dict[str, int]


class TargetIn(Input):
    """A target chain as the operator chooses it."""

    name: str = Field(max_length=200)
    name_en: str = Field("", max_length=200)
    description: str = Field("", max_length=5_000)
    depth: int = Field(3, ge=1, le=_MOST_DEPTH, description="Links upstream（上溯层数）")
    node_ids: list[str] = Field(
        max_length=chain_targets.MOST_ROOTS, description="End products（终端环节）"
    )


class TargetViewOut(Schema):
    """A target chain with its nodes and links."""

    target: TargetOut
    chain: ChainView


class NodeOut(Schema):
    """A node with what its standing rests on."""

    detail: NodeDetail
    evidence: GapView


class NodeQuery(Schema):
    """Which nodes."""

    q: str = Field("", max_length=100, description="Part of a name, or a code（名称或代码）")
    kind: NodeKind = ""
    limit: int = Field(20, ge=1, le=200)


class AroundQuery(Schema):
    """How far around a node."""

    up: int = Field(2, ge=0, le=_MOST_DEPTH, description="Links upstream（上溯层数）")
    down: int = Field(1, ge=0, le=_MOST_DEPTH, description="Links downstream（下延层数）")
    most: int = Field(120, ge=1, le=2_000, description="Nodes at most（环节上限）")


class GapQuery(Schema):
    """Which gaps; all chains without a target."""

    target: UUID | None = Field(None, description="A target chain's id（目标产业链编号）")
    status: list[GapStatus] = Field(
        list(chains.USUAL_GAPS),
        max_length=5,
        description="Standings; unknown: needed here and made by nobody known（问题；无已知供应）",
    )
    kind: NodeKind = ""
    limit: int = Field(50, ge=1, le=200)
    offset: int = Field(0, ge=0, le=200_000)


class ScenarioQuery(Schema):
    """What is taken away; one at least."""

    node: list[str] = Field([], max_length=20, description="Nodes（环节编号）")
    organisation: list[str] = Field([], max_length=20, description="Enterprises（企业编号）")
    within_region: bool = Field(False, description="Only capacity here can stand in")
    substitution: Literal["shares", "none"] = Field(
        "shares", description="Whether other inputs stand in for a lost one（其他投入能否替代）"
    )
    limit: int = Field(100, ge=1, le=1_000)


class VerdictIn(Input):
    """What people decide about a record at a node."""

    verdict: Literal["confirmed", "refused"]
    note: str = Field("", max_length=500)


@router.get(
    "/chain-targets",
    operation_id="list_target_chains",
    response=list[TargetOut],
    auth=EVERYBODY,
    summary="Target chains 目标产业链",
)
def list_target_chains(
    request: HttpRequest,
    q: Annotated[str, Query(max_length=100, description="Part of a name（名称）")] = "",
) -> Any:
    """Target chains by name, each with how many of its nodes stand how."""
    viewer, wanted = viewer_of(request), q.strip().casefold()
    return [
        _target_out(one, viewer)
        for one in chain_targets.target_chains()
        if wanted in f"{one.name} {one.name_en}".casefold()
    ]


@router.post(
    "/chain-targets",
    operation_id="create_target_chain",
    response={201: TargetOut},
    summary="New target chain 新建目标产业链",
)
def create_target_chain(request: HttpRequest, payload: TargetIn) -> Any:
    """Choose end products and how far upstream the city looks."""
    viewer = viewer_of(request)
    return Status(201, _target_out(chain_targets.save_target(viewer, **payload.dict()), viewer))


@router.get(
    "/chain-targets/{target_id}",
    operation_id="get_target_chain",
    response=TargetViewOut,
    auth=EVERYBODY,
    summary="A target chain 目标产业链详情",
)
def get_target_chain(
    request: HttpRequest,
    target_id: TargetId,
    most: Annotated[int, Query(ge=1, le=2_000, description="Nodes at most（环节上限）")] = 120,
) -> Any:
    """Its nodes as they stand here, by layer, and the links between them."""
    viewer, target = viewer_of(request), chain_targets.target_chain(str(target_id))
    return {
        "target": _target_out(target, viewer),
        "chain": chains.chain_view(chain_targets.scope_of(target, most), viewer),
    }


@router.put(
    "/chain-targets/{target_id}",
    operation_id="update_target_chain",
    response=TargetOut,
    summary="Change a target chain 修改目标产业链",
)
def update_target_chain(request: HttpRequest, target_id: TargetId, payload: TargetIn) -> Any:
    """Replace all of it; earlier states stay in its history."""
    viewer, target = viewer_of(request), chain_targets.target_chain(str(target_id))
    return _target_out(chain_targets.save_target(viewer, target=target, **payload.dict()), viewer)


@router.delete(
    "/chain-targets/{target_id}",
    operation_id="delete_target_chain",
    response={204: None},
    summary="Delete a target chain 删除目标产业链",
)
def delete_target_chain(request: HttpRequest, target_id: TargetId) -> Any:
    """Nodes and enterprises stay, and so does the history."""
    chain_targets.delete_target(chain_targets.target_chain(str(target_id)), viewer_of(request))
    return Status(204, None)


@router.get(
    "/chain-nodes",
    operation_id="find_chain_nodes",
    response=list[NodeHit],
    auth=EVERYBODY,
    summary="Find nodes 查找环节",
)
def find_chain_nodes(request: HttpRequest, query: Query[NodeQuery]) -> Any:
    """Nodes by name, further spelling or code; with a kind alone, its best known ones."""
    viewer = viewer_of(request)
    return list(chains.find_nodes(query.q, viewer, node_kind=query.kind, limit=query.limit))


@router.get(
    "/chain-nodes/{node_id}",
    operation_id="get_chain_node",
    response=NodeOut,
    auth=EVERYBODY,
    summary="A node 环节详情",
)
def get_chain_node(request: HttpRequest, node_id: NodeId) -> Any:
    """How it stands here, what hangs on it, and who stands there with what confidence and why."""
    viewer = viewer_of(request)
    return {
        "detail": chains.node_detail(node_id, viewer),
        "evidence": chains.gap(node_id, viewer),
    }


@router.get(
    "/chain-nodes/{node_id}/around",
    operation_id="get_chain_around",
    response=ChainView,
    auth=EVERYBODY,
    summary="Around a node 环节上下游",
)
def get_chain_around(request: HttpRequest, node_id: NodeId, query: Query[AroundQuery]) -> Any:
    """What is upstream and downstream of it, by layer."""
    return chains.chain_view(ChainScope(roots=(node_id,), **query.dict()), viewer_of(request))


@router.get(
    "/chain-nodes/{node_id}/fillers",
    operation_id="get_chain_fillers",
    response=FillersView,
    auth=EVERYBODY,
    summary="Who could fill a gap 谁能补链",
)
def get_chain_fillers(
    request: HttpRequest,
    node_id: NodeId,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> Any:
    """Enterprises here near in capability, those elsewhere to attract, achievements, experts."""
    return chains.fillers(node_id, viewer_of(request), limit=limit)


@router.put(
    "/chain-nodes/{node_id}/placements/{subject_id}",
    operation_id="decide_chain_place",
    response={204: None},
    summary="Confirm or refuse a placement 判定环节归属",
)
def decide_chain_place(
    request: HttpRequest, node_id: NodeId, subject_id: SubjectId, payload: VerdictIn
) -> Any:
    """The later decision holds, over registers and texts."""
    viewer = viewer_of(request)
    chain_decisions.decide(
        viewer,
        node_id=node_id,
        subject_id=subject_id,
        verdict=payload.verdict,
        note=payload.note,
    )
    return Status(204, None)


@router.delete(
    "/chain-nodes/{node_id}/placements/{subject_id}",
    operation_id="withdraw_chain_place",
    response={204: None},
    summary="Undo a decision 撤回判定",
)
def withdraw_chain_place(request: HttpRequest, node_id: NodeId, subject_id: SubjectId) -> Any:
    """Take the latest decision back; the one before holds again."""
    chain_decisions.withdraw_latest(viewer_of(request), node_id=node_id, subject_id=subject_id)
    return Status(204, None)


@router.get(
    "/chain-gaps",
    operation_id="list_chain_gaps",
    response=GapsView,
    auth=EVERYBODY,
    summary="Gaps of the chains 断点与弱项",
)
def list_chain_gaps(request: HttpRequest, query: Query[GapQuery]) -> Any:
    """Nodes that are missing, made by nobody known, weak, concentrated or dependent, the most
    needed first; ``inputs`` are what a node takes from elsewhere."""
    scope = ChainScope()
    if query.target is not None:
        scope = chain_targets.scope_of(chain_targets.target_chain(str(query.target)))
    return chains.find_gaps(
        scope,
        viewer_of(request),
        statuses=query.status,
        node_kind=query.kind,
        limit=query.limit,
        offset=query.offset,
    )


@router.get(
    "/chain-scenario",
    operation_id="run_chain_scenario",
    response=ScenarioView,
    summary="What hangs on it 断供推演",
)
def run_chain_scenario(request: HttpRequest, query: Query[ScenarioQuery]) -> Any:
    """Take nodes or enterprises away and follow the loss downstream."""
    return chains.scenario(
        viewer_of(request),
        node_ids=query.node,
        organisation_ids=query.organisation,
        within_region=query.within_region,
        substitution=query.substitution,
        limit=query.limit,
    )


@router.get(
    "/chain-places/{subject_id}",
    operation_id="list_chain_places",
    response=list[PlaceView],
    auth=EVERYBODY,
    summary="Where a record stands 在产业链中的位置",
)
def list_chain_places(request: HttpRequest, subject_id: SubjectId) -> Any:
    """Nodes at which a record stands, the surest first."""
    return list(chains.places_of(subject_id, viewer_of(request)))


def _target_out(target: Any, viewer: Viewer) -> dict[str, Any]:
    view = chains.chain_view(chain_targets.scope_of(target, 1), viewer)
    return {
        "public_id": target.public_id,
        "name": target.name,
        "name_en": target.name_en,
        "description": target.description,
        "depth": target.depth,
        "node_ids": sorted(node.public_id for node in target.nodes.all()),
        "by_status": dict(view.by_status),
    }
