"""The talent graph: partners of a person, teams, ways to experts, positions beside people."""

from collections.abc import Iterator
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from silian.portal.accounts.domain.access import require, viewer_of
from silian.portal.api.files import attachment
from silian.portal.audit import domain as audit
from silian.portal.bilingual import choose
from silian.portal.exchange.views.found import visible_record
from silian.portal.exchange.views.lists import shown_pages
from silian.portal.insight.domain.graph_store import GraphNotBuilt
from silian.portal.insight.domain.talent_gaps import GapAreaNotFound, GapTable, talent_gaps
from silian.portal.insight.domain.talent_network import talent_network
from silian.portal.insight.domain.talent_paths import need_paths
from silian.portal.insight.domain.talent_teams import teams
from silian.portal.insight.interfaces.talent_faces import (
    field_options,
    gaps_file,
    network_chart,
)

_TEAMS_A_PAGE = 20


@require_safe
def network(request: HttpRequest, public_id: str) -> HttpResponse:
    """Who works with whom around one person."""
    person = visible_record(request, public_id, "person")
    found = talent_network(person, viewer_of(request))
    return render(
        request,
        "insight/talent.html",
        {"record": person, "network": found, "chart": network_chart(found)},
    )


@require_safe
def team_list(request: HttpRequest) -> HttpResponse:
    """Teams of the region, by field."""
    field = request.GET.get("field", "")
    of_all_years = request.GET.get("years") == "all"
    found = teams(viewer_of(request), field_code=field, of_all_years=of_all_years)
    page = Paginator(found, _TEAMS_A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "insight/teams.html",
        {
            "teams": page.object_list,
            "page": page,
            "pages": shown_pages(page.number, page.paginator.num_pages),
            "n_teams": len(found),
            "field": field,
            "of_all_years": of_all_years,
            "fields": field_options(),
        },
    )


@require_safe
def expert_ways(request: HttpRequest, public_id: str) -> HttpResponse:
    """A need's best experts, and through whom one comes to know them."""
    need = visible_record(request, public_id, "need")
    viewer = viewer_of(request)
    require(viewer, "match.read", need)
    try:
        found, failure = need_paths(need, viewer), ""
    except GraphNotBuilt as missing:
        found, failure = (), missing.message
    reached = [one for one in found if one.same_house or one.way]
    return render(
        request,
        "insight/need_paths.html",
        {
            "need": need,
            "ways": reached,
            "unreached": [one for one in found if one not in reached],
            "failure": failure,
        },
    )


@require_safe
def gaps(request: HttpRequest) -> HttpResponse:
    """Open positions and people by field and district."""
    return render(request, "insight/talent_gaps.html", {"table": _gaps(request)})


@require_safe
def gaps_export(request: HttpRequest) -> HttpResponseBase:
    """The same table as CSV or XLSX."""
    table = _gaps(request)
    viewer = viewer_of(request)
    file_format = "xlsx" if request.GET.get("format") == "xlsx" else "csv"
    audit.log("list.export", viewer, "talent_gaps", format=file_format, area=table.area.code)
    chunks: Iterator[bytes] = gaps_file(table, file_format)
    return attachment(chunks, file_format, "talent-gaps")


def _gaps(request: HttpRequest) -> GapTable:
    area: Any = request.GET.get("area")
    try:
        return talent_gaps(viewer_of(request), area)
    except GapAreaNotFound as missing:
        raise Http404(choose(missing.message_zh, missing.message_en)) from missing
