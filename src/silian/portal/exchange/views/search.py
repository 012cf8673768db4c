"""Search over every kind at once."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from silian.errors import EngineError
from silian.portal.accounts.domain.access import viewer_of
from silian.portal.addresses import half_width, packed, unpacked, whole_number
from silian.portal.bilingual import choose
from silian.portal.exchange.domain.service import FINDABLE_KINDS, offers_anything
from silian.portal.exchange.domain.service import search as find
from silian.portal.exchange.views.asked_filters import of_no_value
from silian.portal.exchange.views.failures import failure_of
from silian.portal.exchange.views.lists import plain, shown_pages
from silian.portal.registry.domain.asked_regions import UnknownRegion, codes_of_asked
from silian.portal.registry.interfaces.faces import FACES
from silian.portal.registry.interfaces.fields import (
    field_codes,
    field_label,
    field_parents,
)
from silian.portal.registry.interfaces.regions import region_options
from silian.tables.values import shorten

_PAGE_SIZE = 20
_LAST_PAGE = 25  # whoever reads beyond 500 hits wants the lists and their filters
_AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?")
_READINESS_LEVELS = tuple("123456789")
_KIND_ORDER = ("need", *(kind for kind in FINDABLE_KINDS if kind != "need"))
TEXT_LENGTH_MAX = 3_000
# Browsers, proxies and our own server take addresses of some 8,000 bytes.
_PLAIN_BYTES_MAX, _ADDRESS_BYTES_MAX = 2_000, 7_500
_NARROWING = ("region", "field", "readiness", "price")
_SENT = ("q", "kind", *_NARROWING)


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
    elif text and not any(sign.isalnum() for sign in text):
        context["failure"] = choose(
            f"“{shorten(text)}”里没有可以检索的字词。",
            f"There is no word to search by in “{shorten(text)}”.",
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
                "nothing_loaded": not found.hits and not offers_anything(),
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
    """What the search is narrowed by; a part that can't be read narrows nothing and is told."""
    asked = {name: plain(request.GET.get(name, "")) for name in _NARROWING}
    region, untaken = _region(asked["region"])
    field = asked["field"] if asked["field"] in field_codes() else ""
    if asked["field"] and not field:
        untaken.append(of_no_value(choose("技术领域", "Field"), asked["field"]))
    readiness = asked["readiness"] if asked["readiness"] in _READINESS_LEVELS else ""
    if asked["readiness"] and not readiness:
        levels = choose(" 1 至 9", "1 to 9")
        untaken.append(of_no_value(choose("成熟度", "Readiness"), asked["readiness"], levels))
    price = half_width(asked["price"]).replace(",", "")
    price_wan = float(price) if _AMOUNT.fullmatch(price) else None
    if price and price_wan is None:
        amount = choose("万元数，如 12.5", "units of 10,000 yuan, e.g. 12.5")
        untaken.append(of_no_value(choose("价格上限", "Highest price"), asked["price"], amount))
    kind = request.GET.get("kind", "")
    if kind and kind not in FINDABLE_KINDS:
        untaken.append(of_no_value(choose("类型", "Kind"), kind))
    return {
        "region": region,
        "field": field,
        "readiness": int(readiness) if readiness else None,
        "price": price if price_wan is not None else "",
        "price_max_cny": None if price_wan is None else price_wan * 10_000,
        "untaken": untaken,
    }


def _region(text: str) -> tuple[list[str], list[str]]:
    """Code of a region that is asked for by code or name, and what is wrong with it."""
    try:
        return list(codes_of_asked([text])) if text else [], []
    except UnknownRegion as unknown:
        return [], [choose(unknown.message_zh, str(unknown)).rstrip("。.")]


def _choices() -> dict[str, Any]:
    parents = field_parents()
    return {
        "regions": region_options(),
        "fields": [(code, field_label(code)) for code in field_codes() if code not in parents],
        "readiness_levels": [int(level) for level in _READINESS_LEVELS],
    }
