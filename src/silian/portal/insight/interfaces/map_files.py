"""The map as files: areas (CSV, XLSX, GeoJSON), flows, needs without supply."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from silian.portal.bilingual import choose
from silian.portal.insight.domain.maps import AreaMap, AreaRow
from silian.portal.insight.domain.maps_areas import outlines
from silian.portal.insight.domain.maps_flows import FlowTable
from silian.portal.insight.domain.maps_unmet import UnmetNeed
from silian.portal.insight.interfaces.withheld import told
from silian.portal.registry.interfaces.fields import field_label
from silian.portal.registry.interfaces.sheets import table_bytes

_WIDTHS = (16, 26)

MEDIA_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
}


def areas_file(found: AreaMap, file_format: str) -> Iterator[bytes]:
    """One row an area, the sum last; a count that is withheld says so."""
    if file_format == "geojson":
        yield json.dumps(areas_geojson(found), ensure_ascii=False).encode()
        return
    headings = [
        choose("地区代码", "Area code"),
        choose("地区", "Area"),
        *(str(measure.label) for measure in found.measures),
    ]
    rows = ([row.area.code, row.area.label, *_values(found, row)] for row in _all_rows(found))
    yield from table_bytes("areas", headings, rows, file_format, widths=_WIDTHS)


def areas_geojson(found: AreaMap) -> dict[str, Any]:
    """The areas with their boundaries as features; counts that are withheld are ``null``."""
    drawn = outlines(row.area.code for row in found.rows)
    shapes = {feature["id"]: feature["geometry"] for feature in drawn["features"]}
    features = [
        {
            "type": "Feature",
            "id": row.area.code,
            "geometry": shapes.get(row.area.code),
            "properties": {
                "adcode": row.area.code,
                "name": row.area.name,
                "name_en": row.area.name_en,
                "level": row.area.level,
                **row.values,
            },
        }
        for row in found.rows
    ]
    return {"type": "FeatureCollection", "features": features}


def flows_file(table: FlowTable, file_format: str) -> Iterator[bytes]:
    """One row a pair of areas between which something flows, or may."""
    headings = [choose("从", "From"), choose("到", "To"), choose("数量", "Count")]
    rows = (
        [table.ends[row].label, table.ends[column].label, told(count)]
        for row, counts in enumerate(table.counts)
        for column, count in enumerate(counts)
        if count != 0
    )
    yield from table_bytes(table.kind, headings, rows, file_format, widths=_WIDTHS)


def unmet_file(needs: Iterable[UnmetNeed], file_format: str) -> Iterator[bytes]:
    """One row a need without supply, the worst first."""
    headings = [
        choose("需求编号", "Need id"),
        choose("需求", "Need"),
        choose("单位", "Organisation"),
        choose("地区", "Area"),
        choose("技术领域", "Fields"),
        choose("发布日期", "Published on"),
        choose("最佳匹配等级", "Best level found"),
    ]
    rows = (
        [
            need.need_id,
            need.title,
            need.organisation,
            need.area,
            choose("、", ", ").join(field_label(code) for code in need.field_codes),
            need.published_on.isoformat() if need.published_on else None,
            need.level or choose("无候选", "nothing found"),
        ]
        for need in needs
    )
    yield from table_bytes("needs-without-supply", headings, rows, file_format, widths=_WIDTHS)


def _all_rows(found: AreaMap) -> Iterator[AreaRow]:
    yield from found.rows
    yield found.total


def _values(found: AreaMap, row: AreaRow) -> list[Any]:
    return [told(row.values[measure.code]) for measure in found.measures]
