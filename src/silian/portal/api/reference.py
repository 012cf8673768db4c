"""Operations on what frames the records: their kinds, the regions, the state of the index."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from silian.portal.accounts.domain.access import Viewer, allowed, viewer_of, visible, write_action
from silian.portal.api.authentication import EVERYBODY
from silian.portal.api.schemas import IndexOut, KindDetail, KindName, KindOut, RegionCollection
from silian.portal.catalogue import KINDS, RecordKind
from silian.portal.exchange.domain.status import index_status
from silian.portal.registry.models import Region

router = Router(tags=["目录 Reference"])


@router.get("/kinds", operation_id="list_kinds", response=list[KindOut], summary="Kinds 记录类型")
def list_kinds(request: HttpRequest) -> Any:
    """Every kind of record, and which you may write."""
    return [_kind(entry, viewer_of(request)) for entry in KINDS.values()]


@router.get(
    "/kinds/{kind}", operation_id="get_kind", response=KindDetail, summary="A kind 字段目录"
)
def get_kind(request: HttpRequest, kind: KindName) -> Any:
    """The columns of a kind, and the JSON schema that a row must satisfy."""
    entry = KINDS[kind]
    columns = [
        {
            "name": column.name,
            "label_zh": column.label_zh,
            "label_en": column.label_en,
            "type": column.type_name,
            "required": column.required,
            "unit": column.unit,
            "example": column.example,
            "help_zh": column.help_zh,
            "help_en": column.help_en,
            "choices": [
                {"value": choice.value, "label_zh": choice.label_zh, "label_en": choice.label_en}
                for choice in column.choices
            ],
        }
        for column in entry.columns
    ]
    return _kind(entry, viewer_of(request)) | {
        "columns": columns,
        "row_schema": entry.row.model_json_schema(),
    }


class RegionFilter(Schema):
    """Which regions."""

    level: str = Field("", pattern="^(|country|province|city|district)$", description="（层级）")
    parent: str = Field("", max_length=6, pattern=r"^\d*$", description="Parent's code（上级代码）")
    boundaries: bool = Field(True, description="With geometry（是否含边界）")


@router.get(
    "/regions",
    operation_id="list_regions",
    response=RegionCollection,
    auth=EVERYBODY,
    summary="Regions as GeoJSON 地区",
)
def list_regions(request: HttpRequest, narrowing: Query[RegionFilter]) -> Any:
    """Regions as a GeoJSON FeatureCollection, for maps."""
    regions = visible(Region.objects.order_by("adcode"), viewer_of(request))
    if narrowing.level:
        regions = regions.filter(level=narrowing.level)
    if narrowing.parent:
        regions = regions.filter(parent_adcode=narrowing.parent)
    if not narrowing.boundaries:
        regions = regions.defer("boundary")
    return {"features": [_feature(region, narrowing.boundaries) for region in regions]}


@router.get(
    "/index", operation_id="index_status", response=IndexOut, summary="Index status 索引状态"
)
def get_index_status(request: HttpRequest) -> Any:
    """How far the index has followed the records."""
    return index_status()


def _kind(entry: RecordKind, viewer: Viewer) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "label_zh": entry.label_zh,
        "label_en": entry.label_en,
        "writable": allowed(viewer, write_action(entry.kind)),
    }


def _feature(region: Region, with_boundary: bool) -> dict[str, Any]:
    place = (region.centre_longitude_degrees, region.centre_latitude_degrees)
    return {
        "id": region.adcode,
        "properties": {
            "public_id": region.public_id,
            "adcode": region.adcode,
            "name": region.name,
            "name_en": region.name_en,
            "level": region.level,
            "parent_adcode": region.parent_adcode,
            "centre": None if None in place else list(place),
        },
        "geometry": region.boundary if with_boundary else None,
    }
