"""Search over every kind at once."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from silian.errors import EngineError
from silian.portal.accounts.domain.access import viewer_of
from silian.portal.addresses import whole_number
from silian.portal.exchange.domain.service import FINDABLE_KINDS
from silian.portal.exchange.domain.service import search as find
from silian.portal.exchange.views.failures import failure_of
from silian.portal.exchange.views.lists import plain, shown_pages
from silian.portal.registry.interfaces.faces import FACES
from silian.portal.registry.interfaces.fields import (
    field_codes,
    field_label,
    field_parents,
)
from silian.portal.registry.interfaces.regions import region_options

_PAGE_SIZE = 20
_LAST_PAGE = 25  # whoever reads beyond 500 hits wants the lists and their filters
_ADCODE = re.compile(r"\d{6}")
_AMOUNT = re.compile(r"\d{1,9}(\.\d{1,4})?")
_READINESS_LEVELS = tuple("123456789")
_KIND_ORDER = ("need", *(kind for kind in FINDABLE_KINDS if kind != "need"))


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    text = plain(request.GET.get("q", ""))[:2000]
    kind = request.GET.get("kind", "")
    kind = kind if kind in FINDABLE_KINDS else ""
    narrowing = _narrowing(request)
    page = max(1, min(whole_number(request.GET.get("page", "1"), 1), _LAST_PAGE))
    context: dict[str, Any] = {"text": text, "kind": kind, "page": page, "faces": FACES}
    context |= {**narrowing, **_choices()}
    if text:
        try:
            found = find(
                text,
                viewer=viewer_of(request),
                kinds=(kind,) if kind else (),
                region_codes=narrowing["region"],
                field_codes=[narrowing["field"]] if narrowing["field"] else [],
                readiness_min=narrowing["readiness"],
                price_max_cny=narrowing["price_max_cny"],
                limit=_PAGE_SIZE,
                offset=(page - 1) * _PAGE_SIZE,
                folded=True,
            )
        except EngineError as error:
            context["failure"] = failure_of(error)
        else:
            total = found.kind_counts.get(kind, 0) if kind else found.ranked_count
            page_count = min(_LAST_PAGE, max(1, -(-total // _PAGE_SIZE)))
            context |= {
                "found": found,
                "total": total,
                "tabs": [
                    (FACES[k], found.kind_counts.get(k, 0))
                    for k in _KIND_ORDER
                    if found.kind_counts.get(k) or k == kind
                ],
                "all_count": found.ranked_count,
                "total_ms": sum(found.timings_ms.values()),
                "page_count": page_count,
                "pages": shown_pages(page, page_count),
            }
    return render(request, "exchange/search.html", context)


def _narrowing(request: HttpRequest) -> dict[str, Any]:
    """What the search is narrowed by; a part that can't be read narrows nothing."""
    region, field = request.GET.get("region", ""), request.GET.get("field", "")
    readiness, price = request.GET.get("readiness", ""), request.GET.get("price", "")
    price_wan = float(price) if _AMOUNT.fullmatch(price) else None
    return {
        "region": [region] if _ADCODE.fullmatch(region) else [],
        "field": field if field in field_codes() else "",
        "readiness": int(readiness) if readiness in _READINESS_LEVELS else None,
        "price": price if price_wan is not None else "",
        "price_max_cny": None if price_wan is None else price_wan * 10_000,
    }


def _choices() -> dict[str, Any]:
    parents = field_parents()
    return {
        "regions": region_options(),
        "fields": [(code, field_label(code)) for code in field_codes() if code not in parents],
        "readiness_levels": [int(level) for level in _READINESS_LEVELS],
    }
