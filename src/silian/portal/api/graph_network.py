"""Operations on the whole network and on kept views: who bridges, communities, views to share."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema, Status
from pydantic import ConfigDict, Field

from silian.portal.accounts.domain.access import Viewer, viewer_of
from silian.portal.api.authentication import EVERYBODY
from silian.portal.api.graph import GraphThing
from silian.portal.insight.domain.graph_kept import (
    ViewState,
    drop_view,
    keep_view,
    open_view,
    own_views,
    state_of,
)
from silian.portal.insight.domain.graph_standing import standing_of_region
from silian.portal.insight.domain.graph_values import Narrowing
from silian.portal.insight.models import SavedView

router = Router(tags=["图谱 Graph"])
ViewId = Annotated[UUID, Path(description="Id of the view（视图编号）")]
Most = Annotated[int, Query(ge=1, le=200, description="At most（至多）")]
_Id = Annotated[str, Field(min_length=1, max_length=140)]


class GraphBridge(Schema):
    """An organisation or a person that others are connected through."""

    thing: GraphThing
    share: float | None = Field(
        description="Share of shortest connections that lead through it; null where the network "
        "is too large to follow them（经过它的最短联系所占比例）"
    )
    rank: int = Field(description="Place among its kind by PageRank（同类中的 PageRank 名次）")
    groups: list[int] = Field(description="Communities it is tied to（相连的群组）")


class GraphBridges(Schema):
    """Who bridges the region, the strongest first."""

    learned_at: datetime
    n_things: int = Field(description="Organisations and people with ties（有联系的单位和人才）")
    n_starts: int = Field(
        description="From how many of them shortest connections were followed; an estimate where "
        "not from all（取样起点数，少于总数时为估计）"
    )
    bridges: list[GraphBridge]


class GraphCommunity(Schema):
    """Organisations and people tied more among themselves than with the rest."""

    number: int
    size: int
    by_kind: dict[str, int]
    central: list[GraphThing]
    inward_share: float


class GraphCommunities(Schema):
    """Communities of the region, the largest first."""

    learned_at: datetime
    n_things: int
    communities: list[GraphCommunity]


class GraphViewIn(Schema):
    """A view to keep."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=400)
    nodes: list[_Id] = Field(description="Public ids of what is shown（所示对象的编号）")
    kinds: list[_Id] = Field(default=[], max_length=40)
    types: list[_Id] = Field(default=[], max_length=40)
    since: int | None = Field(None, ge=1900, le=2100)
    until: int | None = Field(None, ge=1900, le=2100)
    shared: bool = Field(False, description="Whether whoever has its id may open it（可分享）")


class GraphView(Schema):
    """A kept view: ids and filters only; each reader sees what each may see."""

    public_id: UUID
    name: str
    own: bool
    shared: bool
    updated_at: datetime
    nodes: list[str]
    kinds: list[str]
    types: list[str]
    since: int | None
    until: int | None


@router.get(
    "/graph/bridges",
    operation_id="graph_bridges",
    response=GraphBridges,
    auth=EVERYBODY,
    summary="Who bridges the region 谁在连接全域",
)
def bridges(
    request: HttpRequest,
    kind: Annotated[
        Literal["", "organisation", "person"], Query(description="Only this kind（只看一类）")
    ] = "",
    most: Most = 20,
) -> Any:
    """Of the network of posts, joint works and supplies that everybody may see."""
    return standing_of_region(viewer_of(request), kind=kind, most=most)


@router.get(
    "/graph/communities",
    operation_id="graph_communities",
    response=GraphCommunities,
    auth=EVERYBODY,
    summary="Communities of the region 全域群组",
)
def communities(request: HttpRequest, most: Most = 20) -> Any:
    """Leiden communities of three and more in the same network."""
    return standing_of_region(viewer_of(request), most=most)


@router.get(
    "/graph/views",
    operation_id="graph_views",
    response=list[GraphView],
    summary="Kept views 已存视图",
)
def views(request: HttpRequest) -> Any:
    """Your own, the latest first."""
    viewer = viewer_of(request)
    return [_view(one, state_of(one), viewer) for one in own_views(viewer)]


@router.post(
    "/graph/views",
    operation_id="keep_graph_view",
    response={201: GraphView},
    summary="Keep a view 保存视图",
)
def keep(request: HttpRequest, payload: GraphViewIn) -> Any:
    """An own view of the same name is replaced."""
    viewer = viewer_of(request)
    narrowing = Narrowing(
        kinds=tuple(payload.kinds),
        types=tuple(payload.types),
        since_year=payload.since,
        until_year=payload.until,
    )
    state = ViewState(nodes=tuple(dict.fromkeys(payload.nodes)), narrowing=narrowing)
    kept = keep_view(viewer, name=payload.name, state=state, shared=payload.shared)
    return Status(201, _view(kept, state, viewer))


@router.get(
    "/graph/views/{view_id}",
    operation_id="get_graph_view",
    response=GraphView,
    auth=EVERYBODY,
    summary="A kept view 打开视图",
)
def one_view(request: HttpRequest, view_id: ViewId) -> Any:
    """One of your own, or one that is shared."""
    viewer = viewer_of(request)
    return _view(*open_view(viewer, view_id), viewer)


@router.delete(
    "/graph/views/{view_id}",
    operation_id="drop_graph_view",
    response={204: None},
    summary="Delete a view 删除视图",
)
def drop(request: HttpRequest, view_id: ViewId) -> Any:
    """Delete one of your own views（只能删除自己的视图）."""
    drop_view(viewer_of(request), view_id)
    return Status(204, None)


def _view(view: SavedView, state: ViewState, viewer: Viewer) -> GraphView:
    return GraphView(
        public_id=view.public_id,
        name=view.name,
        own=viewer.person_id is not None and view.owner_id == viewer.person_id,
        shared=view.shared,
        updated_at=view.updated_at,
        nodes=list(state.nodes),
        kinds=list(state.narrowing.kinds),
        types=list(state.narrowing.types),
        since=state.narrowing.since_year,
        until=state.narrowing.until_year,
    )
