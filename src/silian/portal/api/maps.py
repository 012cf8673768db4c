"""Operations on the map: what each area has and lacks, flows, needs without supply."""

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from silian.portal.accounts.domain.access import viewer_of
from silian.portal.api.authentication import EVERYBODY
from silian.portal.api.problems import Refusal
from silian.portal.insight.domain.maps import AreaMap, AreaNotFound, AreaRow, area_map
from silian.portal.insight.domain.maps_flows import FlowTable, flows
from silian.portal.insight.domain.maps_unmet import matched_needs, unmet_needs
from silian.portal.insight.interfaces.map_files import areas_geojson
from silian.portal.insight.interfaces.withheld import NULL_MEANS

router = Router(tags=["地图 Map"])
_CODE = r"^(\d{6}|all)?$"


class MapQuery(Schema):
    """Which map."""

    area: str = Field(
        "",
        max_length=6,
        pattern=_CODE,
        description="Adcode; `all` for everything, empty for where the map opens（地区代码）",
    )
    field: str = Field("", max_length=16, description="A top field, or `none`（技术领域）")
    until: int | None = Field(
        None, ge=1900, le=2100, description="There by the end of this year（截至年末）"
    )


class AreaOut(Schema):
    """One area with its counts."""

    adcode: str = Field(
        description="Empty for everything; ends in - for what names no smaller area"
    )
    name: str
    name_en: str
    level: str
    values: dict[str, int | None] = Field(description=NULL_MEANS)


class MeasureOut(Schema):
    """Something that is counted."""

    code: str
    label: str
    chain: str
    about_people: bool


class MapOut(Schema):
    """The parts of an area side by side."""

    area: AreaOut
    path: list[str]
    rows: list[AreaOut]
    measures: list[MeasureOut]
    withheld_count: int
    needs_matched_on: date | None


class FlowOut(Schema):
    """One pair of areas."""

    origin: str
    destination: str
    count: int | None = Field(description=NULL_MEANS)


class FlowsOut(Schema):
    """Flows between the parts of an area; empty codes stand for everything outside it."""

    kind: str
    home: str
    flows: list[FlowOut]
    out_totals: dict[str, int | None] = Field(description=NULL_MEANS)
    in_totals: dict[str, int | None] = Field(description=NULL_MEANS)


class UnmetOut(Schema):
    """A need without supply."""

    need_id: str
    title: str
    organisation: str
    area: str
    field_codes: list[str]
    published_on: date | None
    level: float


class UnmetPage(Schema):
    """Needs without supply, the worst first, as of the day on which they were matched."""

    matched_on: date | None
    total: int
    items: list[UnmetOut]


@router.get(
    "/map", operation_id="get_map", response=MapOut, auth=EVERYBODY, summary="The map 四链地图"
)
def get_map(request: HttpRequest, asked: Query[MapQuery]) -> Any:
    """Counts of an area's parts; small counts of people are withheld as everywhere."""
    found = _found(request, asked)
    return {
        "area": _area(found.total),
        "path": [area.code for area in found.path],
        "rows": [_area(row) for row in found.rows],
        "measures": [
            {
                "code": one.code,
                "label": str(one.label),
                "chain": one.chain,
                "about_people": one.about_people,
            }
            for one in found.measures
        ],
        "withheld_count": found.withheld_count,
        "needs_matched_on": found.matched.day if found.matched else None,
    }


@router.get(
    "/map/geojson",
    operation_id="get_map_geojson",
    response=dict[str, Any],
    auth=EVERYBODY,
    summary="The map as GeoJSON 地图（GeoJSON）",
)
def get_map_geojson(request: HttpRequest, asked: Query[MapQuery]) -> Any:
    """The same with boundaries, as a feature collection."""
    return areas_geojson(_found(request, asked))


@router.get(
    "/map/flows",
    operation_id="get_map_flows",
    response=FlowsOut,
    auth=EVERYBODY,
    summary="Flows between areas 地区间流动",
)
def get_map_flows(
    request: HttpRequest,
    kind: Annotated[
        Literal["moves", "shared", "contracts"],
        Query(description="People changing employer, serving two, contracts（流动类型）"),
    ] = "shared",
) -> Any:
    """People who change employer or serve two, contracts; small counts are withheld."""
    table = flows(kind)
    return {
        "kind": table.kind,
        "home": table.home.code,
        "flows": list(_flows(table)),
        "out_totals": _totals(table, table.out_totals),
        "in_totals": _totals(table, table.in_totals),
    }


@router.get(
    "/map/needs-without-supply",
    operation_id="list_unmet_needs",
    response=UnmetPage,
    summary="Needs without supply 无人能解的需求",
)
def list_unmet_needs(
    request: HttpRequest,
    asked: Query[MapQuery],
    limit: Annotated[int, Query(ge=1, le=1000, description="At most so many（条数）")] = 100,
) -> Any:
    """Open public needs that no public supply bears on, as last matched."""
    found = _found(request, asked)
    needs = unmet_needs(found.area.code, field=found.field)
    matched = matched_needs()
    items = [
        {name: getattr(need, name) for name in UnmetOut.model_fields} for need in needs[:limit]
    ]
    day = matched.day if matched else None
    return {"matched_on": day, "total": len(needs), "items": items}


def _found(request: HttpRequest, asked: MapQuery) -> AreaMap:
    code = {"": None, "all": ""}.get(asked.area, asked.area)
    try:
        return area_map(code, viewer=viewer_of(request), field=asked.field, until=asked.until)
    except AreaNotFound as error:
        raise Refusal(404, error.code, error.message_zh, str(error)) from error


def _area(row: AreaRow) -> dict[str, Any]:
    area = row.area
    return {
        "adcode": area.code,
        "name": area.name,
        "name_en": area.name_en,
        "level": area.level,
        "values": dict(row.values),
    }


def _flows(table: FlowTable) -> Any:
    for row, counts in enumerate(table.counts):
        for column, count in enumerate(counts):
            if count != 0:
                ends = table.ends[row].code, table.ends[column].code
                yield {"origin": ends[0], "destination": ends[1], "count": count}


def _totals(table: FlowTable, totals: tuple[int | None, ...]) -> dict[str, int | None]:
    return {end.code: count for end, count in zip(table.ends, totals, strict=False)}
