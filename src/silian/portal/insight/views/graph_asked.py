"""What requests to the graph ask, read without failing on what nobody would type."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest

from silian.portal.insight.domain.graph_exploring import MOST_SHOWN
from silian.portal.insight.domain.graph_kept import ViewState
from silian.portal.insight.domain.graph_values import KIND_LABELS, Narrowing

_ID_LENGTH = 140
_YEARS = range(1900, 2101)
_MOST_TYPES = 40


def posted(request: HttpRequest) -> dict[str, Any]:
    """The JSON object of a request; empty where it is none."""
    try:
        values = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def ids_in(values: object) -> list[str]:
    """Ids in a list, or in a text with commas."""
    each = values.split(",") if isinstance(values, str) else values
    if not isinstance(each, Iterable):
        return []
    ids = (one.strip() for one in each if isinstance(one, str))
    return list(dict.fromkeys(one for one in ids if 0 < len(one) <= _ID_LENGTH))[:MOST_SHOWN]


def state_in(values: Mapping[str, Any]) -> ViewState:
    """What is shown, and what it is narrowed to."""
    kinds = [one for one in ids_in(values.get("kinds") or "") if one in KIND_LABELS]
    return ViewState(
        nodes=tuple(ids_in(values.get("nodes") or "")),
        narrowing=Narrowing(
            kinds=tuple(kinds),
            types=tuple(ids_in(values.get("types") or "")[:_MOST_TYPES]),
            since_year=_year(values.get("since")),
            until_year=_year(values.get("until")),
        ),
    )


def _year(value: object) -> int | None:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and int(text[:6]) in _YEARS else None
