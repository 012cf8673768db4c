"""The two lists, and their named filters."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from silian.portal.accounts.domain.access import require, viewer_of
from silian.portal.addresses import whole_number
from silian.portal.bilingual import both, choose
from silian.portal.exchange.domain.list_kinds import LISTED_KINDS
from silian.portal.exchange.domain.listing import SORTS, ListQuestion, page_of
from silian.portal.exchange.domain.saved_filters import (
    delete_filter,
    filters_of,
    save_filter,
)
from silian.portal.exchange.domain.service import SUPPLY_KINDS
from silian.portal.exchange.models import SavedFilter
from silian.portal.exchange.views.asked_filters import filters_by_name, untaken
from silian.portal.registry.interfaces.faces import FACES

ROUTES = {"needs": "exchange:need_list", "supply": "exchange:supply_list"}
_SORT_LABELS = {
    "newest": both("最近更新", "Newest"),
    "title": both("按名称", "By title"),
    "amount_up": both("金额从低到高", "Amount, low to high"),
    "amount_down": both("金额从高到低", "Amount, high to low"),
}
EXPORT_FORMATS = ("csv", "xlsx", "jsonl")
_RESERVED = {"q", "kind", "sort", "page"}


@require_safe
def need_list(request: HttpRequest) -> HttpResponse:
    return _list_page(request, "needs", ("need",))


@require_safe
def supply_list(request: HttpRequest) -> HttpResponse:
    return _list_page(request, "supply", SUPPLY_KINDS)


def question_of(query: QueryDict, all_kinds: tuple[str, ...]) -> ListQuestion:
    """What the address asks; what can't be taken is left aside, and told by ``untaken``."""
    kind = query.get("kind", "")
    kinds = (kind,) if kind in all_kinds else all_kinds
    known = filters_by_name(kinds)
    chosen = {
        name: tuple(
            dict.fromkeys(
                text
                for value in query.getlist(name)
                if (text := plain(value)) and any(one.knows(text) for one in known[name])
            )
        )
        for name in query
        if name in known and name not in _RESERVED
    }
    chosen = {name: values for name, values in chosen.items() if values}
    sort = query.get("sort", "newest")
    return ListQuestion(
        kinds=kinds,
        text=plain(query.get("q", ""))[:200],
        chosen=chosen,
        sort=sort if sort in SORTS else "newest",
        page=whole_number(query.get("page", "1"), 1),
    )


def plain(text: str) -> str:
    """What a reader typed, without the sign that PostgreSQL can't hold.

    Examples
    --------
    >>> plain(" a\\x00b ")
    'ab'
    """
    return text.replace("\0", "").strip()


def _list_page(request: HttpRequest, list_name: str, all_kinds: tuple[str, ...]) -> HttpResponse:
    viewer = viewer_of(request)
    question = question_of(request.GET, all_kinds)
    page = page_of(question, viewer=viewer, all_kinds=all_kinds)
    kind = question.kinds[0] if len(question.kinds) == 1 else ""
    told = untaken(request.GET, all_kinds)
    has_amount = bool(kind and LISTED_KINDS[kind].amount_path)
    return render(
        request,
        "exchange/list.html",
        {
            "list_name": list_name,
            "list_url": reverse(ROUTES[list_name]),
            "page": page,
            "question": question,
            "kind": kind,
            "untaken": told,
            "tabs": [(FACES[k], page.kind_counts[k]) for k in all_kinds if len(all_kinds) > 1],
            "all_count": sum(page.kind_counts.values()),
            "narrowed": bool(question.text or any(question.chosen.values())),
            "sorts": [
                (value, label)
                for value, label in _SORT_LABELS.items()
                if has_amount or not value.startswith("amount")
            ],
            "pages": shown_pages(page.page, page.page_count),
            "saved_filters": filters_of(viewer, list_name),
            "export_formats": EXPORT_FORMATS,
            "filter_query": _without_page(request.GET),
        },
    )


def shown_pages(page: int, page_count: int) -> list[int | None]:
    """Page numbers to offer; ``None`` stands for a gap.

    Examples
    --------
    >>> shown_pages(6, 20)
    [1, None, 5, 6, 7, None, 20]
    """
    near = {1, page_count, page - 1, page, page + 1}
    kept = sorted(number for number in near if 1 <= number <= page_count)
    shown: list[int | None] = []
    for number in kept:
        before = shown[-1] if shown else None
        if before is not None and number - before > 1:
            shown.append(None)
        shown.append(number)
    return shown


def _without_page(query: QueryDict) -> str:
    pairs = [(name, value) for name in query for value in query.getlist(name) if name != "page"]
    return urlencode(pairs)


@require_POST
def saved_filter_save(request: HttpRequest) -> HttpResponse:
    viewer = viewer_of(request)
    list_name = request.POST.get("list_name", "")
    query_string = request.POST.get("query_string", "")
    if list_name not in ROUTES:
        list_name = "needs"
    saved = save_filter(
        viewer,
        list_name=list_name,
        name=plain(request.POST.get("name", "")),
        query_string=query_string,
    )
    if saved is None:
        messages.error(request, choose("请给筛选起一个名称。", "Give the filter a name."))
    else:
        messages.success(
            request, choose(f"已保存筛选“{saved.name}”。", f"Saved the filter “{saved.name}”.")
        )
    return redirect(f"{reverse(ROUTES[list_name])}?{_without_page(QueryDict(query_string))}")


@require_POST
def saved_filter_delete(request: HttpRequest, pk: int) -> HttpResponse:
    viewer = viewer_of(request)
    saved = get_object_or_404(SavedFilter, pk=pk, user_id=viewer.user_id)
    require(viewer, "filter.manage", saved)
    delete_filter(saved)
    messages.success(
        request, choose(f"已删除筛选“{saved.name}”。", f"Deleted the filter “{saved.name}”.")
    )
    return redirect(ROUTES.get(saved.list_name, "home"))
