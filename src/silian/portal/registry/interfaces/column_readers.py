"""Readers of columns that hold more than one plain value."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from silian.tables import values


def items_of(reader: Callable[[object], str]) -> Callable[[object], list[str]]:
    """Reader of a list whose items one reader reads."""

    def read(value: object) -> list[str]:
        return [code for item in values.parse_list(value) if (code := reader(item))]

    return read


def read_boundary(value: object) -> dict[str, Any] | None:
    """A GeoJSON Polygon or MultiPolygon, also as its text."""
    if values.is_missing(value):
        return None
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            value = None
    if not isinstance(value, Mapping) or value.get("type") not in {"Polygon", "MultiPolygon"}:
        raise values.NotAText(
            f"arrived {values.shorten(value)}; expected a GeoJSON Polygon or MultiPolygon.",
            message_zh=f"收到“{values.shorten(value)}”，应为 GeoJSON 的 Polygon 或 MultiPolygon。",
            arrived=value,
        )
    return dict(value)
