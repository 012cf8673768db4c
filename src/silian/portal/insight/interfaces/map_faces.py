"""What pages show of the map: rows with links, colours, chart data."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from silian.portal.bilingual import choose
from silian.portal.insight.domain.maps import AreaMap, AreaRow
from silian.portal.insight.domain.maps_counts import UNMET, Measure
from silian.portal.insight.domain.maps_fields import NO_FIELD, map_fields
from silian.portal.insight.domain.maps_flows import FLOW_KINDS, FlowTable
from silian.portal.insight.domain.talent_gaps import GapField, GapTable
from silian.portal.insight.interfaces.withheld import MARK
from silian.portal.registry.interfaces.fields import field_label

_MOST_LINES = 40


def field_options() -> list[tuple[str, str]]:
    """Fields to choose from."""
    return [(code, field_name(code)) for code in map_fields()]


def field_name(code: str) -> str:
    """Name of a field of the map."""
    return choose("未注明领域", "No field stated") if code == NO_FIELD else field_label(code)


def area_rows(found: AreaMap) -> list[dict[str, Any]]:
    """Rows of the table, each with its cells and where they lead."""
    return [_row_face(found, row) for row in found.rows]


def total_row(found: AreaMap) -> dict[str, Any]:
    """The row of sums."""
    return _row_face(found, found.total)


def _row_face(found: AreaMap, row: AreaRow) -> dict[str, Any]:
    cells = [
        {
            "measure": measure,
            "value": row.values[measure.code],
            "url": _list_url(found, row, measure) if row.values[measure.code] else "",
        }
        for measure in found.measures
    ]
    return {"area": row.area, "url": area_url(found, row), "cells": cells}


def area_url(found: AreaMap, row: AreaRow) -> str:
    """The map of one part; empty where it has no parts of its own."""
    if not row.has_parts:
        return ""
    return map_url(row.area.code, found)


def map_url(code: str, found: AreaMap) -> str:
    """The map of an area, with the field and the year that are chosen."""
    asked = {"area": code, "field": found.field, "until": found.until or ""}
    return f"{reverse('insight:map')}?{urlencode(asked)}"


def _list_url(found: AreaMap, row: AreaRow, measure: Measure) -> str:
    """The list of what a cell counts; empty where the list can't be narrowed to just that."""
    by_organisation = measure.kind == "organisation"
    if found.until or row.area.is_rest or measure.code == UNMET or measure.about_people:
        return ""
    if found.field == NO_FIELD or (found.field and by_organisation):
        return ""
    route = "exchange:need_list" if measure.kind == "need" else "exchange:supply_list"
    asked = [] if measure.kind == "need" else [("kind", measure.kind)]
    asked += [("region", row.area.code)] if row.area.code else []
    asked += [("field", found.field)] if found.field else []
    narrowing = "&".join(part for part in (urlencode(asked), measure.query) if part)
    return f"{reverse(route)}?{narrowing}"


def map_data(found: AreaMap, measure: str) -> dict[str, Any]:
    """The map as data for the chart."""
    return {
        "outlines": outlines_url(found.area.code),
        "outlined": any(row.area.outlined for row in found.rows),
        "measure": measure,
        "measures": {
            one.code: {"label": str(one.label), "chain": one.chain} for one in found.measures
        },
        "rows": [
            {
                "code": row.area.code,
                "label": row.area.label,
                "centre": row.area.centre,
                "url": area_url(found, row),
                "values": dict(row.values),
                "lists": {one.code: _list_url(found, row, one) for one in found.measures},
            }
            for row in found.rows
            if not row.area.is_rest
        ],
        "withheld": str(MARK),
    }


def outlines_url(code: str) -> str:
    """Boundaries of an area's parts."""
    return f"{reverse('insight:map_outlines')}?{urlencode({'area': code})}"


def flow_face(table: FlowTable) -> dict[str, Any]:
    """The table of flows with sums, and its lines for the chart."""
    rows = [
        {
            "end": end,
            "cells": [
                {"value": count, "own": number == column and table.kind != "contracts"}
                for column, count in enumerate(table.counts[number])
            ],
            "total": table.out_totals[number] if table.out_totals else None,
        }
        for number, end in enumerate(table.ends)
    ]
    cells = [count for row in table.counts for count in row]
    return {
        "kind": table.kind,
        "label": FLOW_KINDS[table.kind],
        "home": table.home,
        "ends": table.ends,
        "rows": rows,
        "in_totals": table.in_totals,
        "has_totals": bool(table.out_totals),
        "empty": not any(count != 0 for count in cells),
        "lines": table.lines[:_MOST_LINES],
    }


def flow_data(table: FlowTable) -> dict[str, Any]:
    """The lines as data for the chart; areas without a known place are left out."""
    return {
        "outlines": outlines_url(table.home.code),
        "names": {end.code: end.label for end in table.ends if end.code},
        "lines": [
            {"from": origin.label, "to": end.label, "count": count, "ends": places}
            for origin, end, count in table.lines[:_MOST_LINES]
            if None not in (places := [origin.centre, end.centre])
        ],
    }


def _bar_label(one: GapField) -> str:
    """Name of a field; without a bar of people it says why, since no bar reads as none."""
    if one.total.people is not None:
        return one.label
    return choose(f"{one.label}（人才{MARK}）", f"{one.label} (people {MARK})")


def gaps_chart(table: GapTable) -> dict[str, Any]:
    """Positions and people of the whole area by field, as bars; withheld counts have none."""
    fields = table.fields[1:]
    return {
        "horizontal": True,
        "categories": [_bar_label(one) for one in fields],
        "series": [
            {
                "name": choose("在招岗位", "Open positions"),
                "values": [one.total.positions for one in fields],
                "colour": "chain-industry",
            },
            {
                "name": choose("现有人才", "People"),
                "values": [one.total.people for one in fields],
                "colour": "chain-talent",
            },
        ],
    }
