"""Search over every kind at once."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from silian.errors import EngineError
from silian.portal.accounts.domain.access import viewer_of
from silian.portal.exchange.domain.service import FINDABLE_KINDS
from silian.portal.exchange.domain.service import search as find
from silian.portal.exchange.views.failures import failure_of
from silian.portal.exchange.views.lists import shown_pages
from silian.portal.registry.interfaces.faces import FACES

_PAGE_SIZE = 20
_LAST_PAGE = 25  # whoever reads beyond 500 hits wants the lists and their filters
_KIND_ORDER = ("need", *(kind for kind in FINDABLE_KINDS if kind != "need"))


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:2000]
    kind = request.GET.get("kind", "")
    kind = kind if kind in FINDABLE_KINDS else ""
    region = request.GET.get("region", "")
    given = request.GET.get("page", "1")
    page = min(int(given), _LAST_PAGE) if given.isascii() and given.isdigit() else 1
    page = max(1, page)
    context = {"text": text, "kind": kind, "region": region, "page": page, "faces": FACES}
    if text:
        try:
            found = find(
                text,
                viewer=viewer_of(request),
                kinds=(kind,) if kind else (),
                region_codes=(region,) if region else (),
                limit=_PAGE_SIZE,
                offset=(page - 1) * _PAGE_SIZE,
            )
        except EngineError as error:
            context["failure"] = failure_of(error)
        else:
            total = found.kind_counts.get(kind, 0) if kind else sum(found.kind_counts.values())
            page_count = min(_LAST_PAGE, max(1, -(-total // _PAGE_SIZE)))
            context |= {
                "found": found,
                "total": total,
                "tabs": [
                    (FACES[k], found.kind_counts.get(k, 0))
                    for k in _KIND_ORDER
                    if found.kind_counts.get(k) or k == kind
                ],
                "all_count": sum(found.kind_counts.values()),
                "total_ms": sum(found.timings_ms.values()),
                "page_count": page_count,
                "pages": shown_pages(page, page_count),
            }
    return render(request, "exchange/search.html", context)
