"""Operations on the knowledge graph: a thing, what is around it, paths, likeness, partners."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Path, Query, Router, Schema
from pydantic import Field

from silian.portal.accounts.domain.access import require, viewer_of
from silian.portal.api.authentication import EVERYBODY
from silian.portal.api.files import file_response
from silian.portal.api.schemas import Day
from silian.portal.audit import domain as audit
from silian.portal.insight.domain.graph_conflicts import conflicts_between
from silian.portal.insight.domain.graph_exploring import around, find_thing
from silian.portal.insight.domain.graph_exporting import FULL_FORMATS, export_graph_file
from silian.portal.insight.domain.graph_partners import likely_partners, similar_things
from silian.portal.insight.domain.graph_paths import paths_between
from silian.portal.insight.domain.graph_scope import status_for
from silian.portal.insight.domain.graph_values import Narrowing

router = Router(tags=["图谱 Graph"])
NodeId = Annotated[
    str,
    Path(max_length=140, description="Public id of the record（公开编号）"),
]
End = Annotated[str, Query(max_length=140, description="Public id（公开编号）")]


class GraphThing(Schema):
    """A thing of the graph."""

    node_id: str
    kind: str
    kind_label: str
    label: str


class GraphTie(Schema):
    """What is said in one way about two things."""

    source_id: str
    target_id: str
    edge_type: str
    words: str
    weight: float
    count: int
    since: date | None
    until: date | None
    evidence: list[str]


class GraphPart(Schema):
    """Things and the ties among them."""

    things: list[GraphThing]
    ties: list[GraphTie]
    n_more: int = Field(description="Neighbours left out（未列出的关联对象数）")
    more: list[GraphThing] = Field(description="The strongest of them（其中最强的）")


class GraphStep(Schema):
    """One step of a path, in words."""

    start: GraphThing
    end: GraphThing
    edge_type: str
    words: str
    evidence: str
    since: date | None
    until: date | None
    others: int


class GraphWay(Schema):
    """One path."""

    words: str
    cost: float
    steps: list[GraphStep]


class GraphLikeness(Schema):
    """A thing alike."""

    thing: GraphThing
    similarity: float
    shared: list[str]


class GraphPartner(Schema):
    """A likely partner."""

    thing: GraphThing
    score: float
    reasons: list[str]
    common: list[GraphThing]


class GraphStatement(Schema):
    """One thing that a record says."""

    words: str
    evidence: str
    since: date | None
    until: date | None


class GraphConflict(Schema):
    """One reason why one should not judge the other."""

    code: str
    label: str
    meeting: GraphThing | None
    statements: list[GraphStatement]
    last_day: date | None
    certain: bool


class GraphVerdict(Schema):
    """All ties between two people."""

    first: GraphThing
    second: GraphThing
    as_of: date
    ties: list[GraphConflict]
    unchecked: list[str] = Field(
        description="What no record tells: of that nobody is clear（没有登记、因而未核查的联系）"
    )


class GraphState(Schema):
    """What the graph holds."""

    built_at: datetime
    read_at: datetime
    n_nodes: int
    n_edges: int
    by_kind: dict[str, int]
    by_type: dict[str, int]
    pending_changes: int
    behind: int | None


class NarrowingQuery(Schema):
    """Which kinds, ties and years are looked at."""

    kinds: str = Field("", max_length=400, description="Kinds, with commas（对象类型）")
    types: str = Field("", max_length=400, description="Types of ties, with commas（关联类型）")
    since: int | None = Field(None, ge=1900, le=2100, description="First year（起始年）")
    until: int | None = Field(None, ge=1900, le=2100, description="Last year（截止年）")

    def narrowing(self) -> Narrowing:
        """For the domain."""
        return Narrowing(
            kinds=_listed(self.kinds),
            types=_listed(self.types),
            since_year=self.since,
            until_year=self.until,
        )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())


@router.get(
    "/graph",
    operation_id="graph_status",
    response=GraphState,
    auth=EVERYBODY,
    summary="What the graph holds 图谱概况",
)
def status(
    request: HttpRequest,
    behind: Annotated[bool, Query(description="Count what is behind, too（统计滞后记录）")] = True,
) -> Any:
    """Counts by kind and type of what you may see; how far it is behind, the operator learns."""
    return status_for(viewer_of(request), count_behind=behind)


@router.get(
    "/graph/nodes/{node_id}",
    operation_id="get_graph_node",
    response=GraphThing,
    auth=EVERYBODY,
    summary="A thing of the graph 图谱对象",
)
def node(request: HttpRequest, node_id: NodeId) -> Any:
    """A thing by its id, or by the id of a record merged into it."""
    return find_thing(viewer_of(request), node_id)


@router.get(
    "/graph/nodes/{node_id}/neighbourhood",
    operation_id="graph_neighbourhood",
    response=GraphPart,
    auth=EVERYBODY,
    summary="What is around a thing 邻域",
)
def neighbourhood(
    request: HttpRequest,
    node_id: NodeId,
    narrowing: Query[NarrowingQuery],
    most: Annotated[int, Query(ge=1, le=200, description="At most（至多）")] = 50,
) -> Any:
    """Its strongest neighbours, and the ties among all of them."""
    return around(viewer_of(request), node_id, narrowing=narrowing.narrowing(), most=most)


@router.get(
    "/graph/paths",
    operation_id="graph_paths",
    response=list[GraphWay],
    auth=EVERYBODY,
    summary="Paths between two things 关系路径",
)
def paths(
    request: HttpRequest,
    start: End,
    end: End,
    narrowing: Query[NarrowingQuery],
    most: Annotated[int, Query(ge=1, le=10, description="At most（至多）")] = 3,
) -> Any:
    """The nearest paths, each step in words with the record that says so."""
    return list(
        paths_between(viewer_of(request), start, end, most=most, narrowing=narrowing.narrowing())
    )


@router.get(
    "/graph/nodes/{node_id}/similar",
    operation_id="graph_similar",
    response=list[GraphLikeness],
    auth=EVERYBODY,
    summary="Things alike 相似对象",
)
def similar(
    request: HttpRequest,
    node_id: NodeId,
    most: Annotated[int, Query(ge=1, le=50, description="At most（至多）")] = 10,
) -> Any:
    """Things of the same kind with like ties, and which ties both have."""
    return list(similar_things(viewer_of(request), node_id, most=most))


@router.get(
    "/graph/nodes/{node_id}/partners",
    operation_id="graph_partners",
    response=list[GraphPartner],
    auth=EVERYBODY,
    summary="Likely partners 可能的合作伙伴",
)
def partners(
    request: HttpRequest,
    node_id: NodeId,
    most: Annotated[int, Query(ge=1, le=50, description="At most（至多）")] = 10,
) -> Any:
    """Organisations or people that have not worked with this one and probably could."""
    return list(likely_partners(viewer_of(request), node_id, most=most))


@router.get(
    "/graph/conflicts",
    operation_id="graph_conflicts",
    response=GraphVerdict,
    summary="Conflicts of interest 利益冲突核查",
)
def conflicts(
    request: HttpRequest,
    first: End,
    second: End,
    on: Annotated[
        Day | None, Query(description="Day of the review, today otherwise（评审日）")
    ] = None,
) -> Any:
    """Ties between two people that count on a day; every check is logged."""
    return conflicts_between(viewer_of(request), first, second, as_of=on)


@router.get(
    "/graph/export",
    operation_id="export_graph",
    summary="The whole graph as a file 导出图谱",
    openapi_extra=file_response(*dict.fromkeys(FULL_FORMATS.values())),
)
def export(
    request: HttpRequest,
    format: Annotated[
        Literal["graphml", "jsonld", "neo4j", "parquet"], Query(description="Format（格式）")
    ] = "graphml",
) -> Any:
    """GraphML or JSON-LD; Neo4j's CSV and Parquet come as ZIP files."""
    viewer = viewer_of(request)
    require(viewer, "graph.manage")
    folder = FilePath(tempfile.mkdtemp(prefix="graph-export-"))
    try:
        path = export_graph_file(folder, format, base=request.build_absolute_uri("/"))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    audit.log("graph.export", viewer, "graph", format=format, bytes=path.stat().st_size)
    response = StreamingHttpResponse(_pieces(path, folder), content_type=FULL_FORMATS[format])
    response["Content-Disposition"] = f'attachment; filename="{path.name}"'
    return response


def _pieces(path: FilePath, folder: FilePath) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                yield piece
    finally:
        shutil.rmtree(folder, ignore_errors=True)
