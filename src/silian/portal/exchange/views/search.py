"""Search over every kind at once."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from silian.errors import EngineError
from silian.portal.accounts.domain.access import viewer_of
from silian.portal.addresses import packed, unpacked, whole_number
from silian.portal.bilingual import choose
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
TEXT_LENGTH_MAX = 3_000
# Browsers, proxies and our own server take addresses of some 8,000 bytes.
_PLAIN_BYTES_MAX, _ADDRESS_BYTES_MAX = 2_000, 7_500
_SENT = ("q", "kind", "region", "field", "readiness", "price")


@csrf_exempt  # a post only asks, and is sent on to the address of its answer
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """Answer a search at an address of its own, which also a long text gets by the form."""
    if request.method == "POST":
        return _sent_on(request)
    long = request.GET.get("long", "")
    text = unpacked(long, length_max=TEXT_LENGTH_MAX) if long else request.GET.get("q", "")
    return _answered(request, plain(text))


def _sent_on(request: HttpRequest) -> HttpResponse:
    text = plain(request.POST.get("q", ""))
    if len(text) > TEXT_LENGTH_MAX:
        return _answered(request, text)
    asked = QueryDict(mutable=True)
    asked.update({name: value for name in _SENT if (value := plain(request.POST.get(name, "")))})
    if len(asked.urlencode()) > _PLAIN_BYTES_MAX and text:
        del asked["q"]
        asked["long"] = packed(text)
    if len(address := asked.urlencode()) > _ADDRESS_BYTES_MAX:
        return _answered(request, text, too_long=True)
    return HttpResponseRedirect(f"{request.path}?{address}" if address else request.path)


def _answered(request: HttpRequest, text: str, *, too_long: bool = False) -> HttpResponse:
    kind = request.GET.get("kind", "")
    kind = kind if kind in FINDABLE_KINDS else ""
    narrowing = _narrowing(request)
    page = max(1, min(whole_number(request.GET.get("page", "1"), 1), _LAST_PAGE))
    context: dict[str, Any] = {"text": text, "kind": kind, "page": page, "faces": FACES}
    context |= {**narrowing, **_choices()}
    if too_long or len(text) > TEXT_LENGTH_MAX:
        context["failure"] = choose(
            f"文字太长（{len(text):,} 字）：搜索最多 {TEXT_LENGTH_MAX:,} 字。请留下要点再搜，"
            "或发布为需求，按全文匹配。",
            f"The text is too long ({len(text):,} characters; at most {TEXT_LENGTH_MAX:,} are "
            "searched). Keep the essentials, or state it as a need, which is matched as a whole.",
        )
    elif text:
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
