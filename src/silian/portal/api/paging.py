"""Long lists in pages: a cursor that survives insertions, the total, and Link headers.

References
----------
RFC 8288, Web Linking.
"""

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Field, Schema

from silian.portal.api.problems import Refusal

LIMIT_MAX = 200


class PageQuery(Schema):
    """Which page: start without a cursor, go on with ``next_cursor``."""

    limit: int = Field(50, ge=1, le=LIMIT_MAX, description="Entries a page（每页条数）")
    cursor: str = Field(
        "", max_length=40, description="`next_cursor` of the page before（上一页返回的游标）"
    )


def page_of(
    request: HttpRequest,
    response: HttpResponse,
    rows: QuerySet[Any],
    paging: PageQuery,
    present: Callable[[Any], Any],
    *,
    newest_first: bool = False,
) -> dict[str, Any]:
    """One page of rows in the order of their keys, and how to get the next.

    Every row that stays is on exactly one page: pages go on after the last key that was seen,
    not after a number of rows that may have shifted.
    """
    total = rows.count()
    ordered = rows.order_by("-pk" if newest_first else "pk")
    if paging.cursor:
        ordered = ordered.filter(**{"pk__lt" if newest_first else "pk__gt": _key_of(paging.cursor)})
    found: list[Model] = list(ordered[: paging.limit + 1])
    items, more = found[: paging.limit], len(found) > paging.limit
    cursor = _cursor_of(items[-1].pk) if more else ""
    links = [("first", "")] + ([("next", cursor)] if more else [])
    response.headers["Link"] = ", ".join(
        f'<{_address(request, cursor=place)}>; rel="{relation}"' for relation, place in links
    )
    response.headers["X-Total-Count"] = str(total)
    return {"items": [present(item) for item in items], "total": total, "next_cursor": cursor}


def offset_links(
    request: HttpRequest, response: HttpResponse, *, limit: int, offset: int, total: int
) -> None:
    """Link headers of a ranked list, which is cut by offset: its order isn't a key's."""
    links = [("first", 0)]
    if offset > 0:
        links.append(("prev", max(0, offset - limit)))
    if offset + limit < total:
        links.append(("next", offset + limit))
    response.headers["Link"] = ", ".join(
        f'<{_address(request, offset=str(place))}>; rel="{relation}"' for relation, place in links
    )
    response.headers["X-Total-Count"] = str(total)


def split(values: Iterable[str]) -> tuple[str, ...]:
    """Values of a parameter that may repeat or be joined by commas.

    Examples
    --------
    >>> split(["person,patent", "project", ""])
    ('person', 'patent', 'project')
    """
    parts = (part.strip() for value in values for part in value.split(","))
    return tuple(part for part in parts if part)


def _cursor_of(key: int) -> str:
    return base64.urlsafe_b64encode(f"k{key}".encode()).decode().rstrip("=")


def _key_of(cursor: str) -> int:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        key = int(text.removeprefix("k")) if text.startswith("k") else -1
    except (binascii.Error, ValueError):
        key = -1
    if not 0 <= key < 2**63:
        raise Refusal(
            422,
            "invalid_cursor",
            "游标无效，请原样使用上一页返回的 next_cursor。",
            f"cursor is {cursor!r}; pass the next_cursor of the page before unchanged.",
        )
    return key


def _address(request: HttpRequest, **changes: str) -> str:
    query = request.GET.copy()
    for name, value in changes.items():
        if value:
            query[name] = value
        else:
            query.pop(name, None)
    encoded = query.urlencode()
    return request.build_absolute_uri(f"{request.path}?{encoded}" if encoded else request.path)
