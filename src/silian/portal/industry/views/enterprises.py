"""Choose the enterprise that a page is about, for readers who speak for none."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from silian.portal.accounts.domain.access import viewer_of
from silian.portal.accounts.domain.users import SPEAKING_ROLES
from silian.portal.exchange.views.lists import plain, shown_pages
from silian.portal.industry.domain.enterprises import enterprises_with_facts

_PER_PAGE = 30


def choose_enterprise(request: HttpRequest, route: str, title: str, **further: Any) -> HttpResponse:
    """A list of enterprises with yearly facts; each leads to ``route`` of that enterprise."""
    text = plain(request.GET.get("q", ""))
    rows = enterprises_with_facts(viewer_of(request), text)
    page = Paginator(rows, _PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "industry/choose_enterprise.html",
        {
            "title": title,
            "speaks_for_none": viewer_of(request).role in SPEAKING_ROLES,
            "text": text,
            "page": page,
            "pages": shown_pages(page.number, page.paginator.num_pages),
            "lines": [
                (one, reverse(route, kwargs={"public_id": one.public_id, **further}))
                for one in page.object_list
            ],
        },
    )
