"""The audit trail, for the operator."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from silian.portal.accounts.domain.access import viewer_of
from silian.portal.audit import domain
from silian.portal.audit.models import AuditEntry
from silian.portal.exchange.views.lists import plain, shown_pages


@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    asked = {
        name: plain(request.GET.get(name, "")) for name in ("action", "actor_label", "subject")
    }
    rows = domain.entries(viewer_of(request), **asked)
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    return render(
        request,
        "audit/entries.html",
        {
            "page": page,
            "pages": shown_pages(page.number, page.paginator.num_pages),
            "asked": asked,
            "actions": AuditEntry.objects.order_by("action").values_list("action").distinct(),
        },
    )
