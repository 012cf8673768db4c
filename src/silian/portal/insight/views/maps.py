"""The map of the region: areas, flows between them, needs that nobody meets."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_POST, require_safe

from silian.portal.accounts.domain.access import allowed, require, viewer_of
from silian.portal.audit import domain as audit
from silian.portal.bilingual import choose
from silian.portal.exchange.views.lists import plain
from silian.portal.industry.views.asked import year_named
from silian.portal.insight.domain.maps import AreaMap, AreaNotFound, area_map
from silian.portal.insight.domain.maps_areas import outlines
from silian.portal.insight.domain.maps_counts import map_counts, records_stamp
from silian.portal.insight.domain.maps_flows import FLOW_KINDS, flows
from silian.portal.insight.domain.maps_unmet import (
    MET_LEVEL,
    is_running,
    start_matching,
    unmet_needs,
)
from silian.portal.insight.domain.talent_gaps import talent_gaps
from silian.portal.insight.interfaces import map_faces as faces
from silian.portal.insight.interfaces import map_files as files

_UNMET_SHOWN = 20
_OUTLINE_SECONDS = 24 * 3600


@require_safe
def map_page(request: HttpRequest) -> HttpResponse:
    """Areas side by side with the map, flows, and needs without supply."""
    found = _map_asked(request)
    measure = _measure_asked(request, found)
    table = flows(_flow_asked(request))
    unmet = _unmet(found) if found.matched else []
    viewer = viewer_of(request)
    gaps = talent_gaps(viewer, found.area.code) if allowed(viewer, "talent.read") else None
    return render(
        request,
        "insight/map.html",
        {
            "found": found,
            "measure": measure,
            "path": [(area, faces.map_url(area.code, found)) for area in found.path],
            "rows": faces.area_rows(found),
            "total": faces.total_row(found),
            "fields": faces.field_options(),
            "field_name": faces.field_name(found.field) if found.field else "",
            "map_data": faces.map_data(found, measure),
            "flow": faces.flow_face(table),
            "flow_kinds": FLOW_KINDS,
            "flow_data": faces.flow_data(table),
            "gaps": gaps,
            "gaps_chart": faces.gaps_chart(gaps) if gaps else None,
            "unmet": unmet[:_UNMET_SHOWN],
            "unmet_count": len(unmet),
            "met_level": int(MET_LEVEL),
            "running": is_running(),
            "formats": tuple(files.MEDIA_TYPES),
            "asked": request.GET.urlencode(),
        },
    )


@require_safe
def map_outlines(request: HttpRequest) -> HttpResponse:
    """Boundaries of the parts of an area; they change with the register of regions only."""
    code = plain(request.GET.get("area", ""))
    key = f"map-outlines:{hash(records_stamp())}:{code}"
    found: dict[str, Any] | None = cache.get(key) if code.isdigit() or not code else None
    if found is None:
        tree = map_counts().tree
        if code not in tree.places:
            raise Http404
        parts = tree.children[tree.places[code]]
        found = outlines(tree.areas[part].code for part in parts)
        cache.set(key, found, _OUTLINE_SECONDS)
    response = JsonResponse(found, json_dumps_params={"ensure_ascii": False})
    patch_cache_control(response, private=True, max_age=600)
    return response


@require_safe
def map_export(request: HttpRequest) -> HttpResponseBase:
    """Areas, flows or needs without supply as a file; the export is logged."""
    viewer = viewer_of(request)
    what, file_format = request.GET.get("what", "areas"), request.GET.get("format", "csv")
    if file_format not in files.MEDIA_TYPES or (file_format == "geojson" and what != "areas"):
        file_format = "csv"
    made: Iterator[bytes]
    if what == "flows":
        made = files.flows_file(flows(_flow_asked(request)), file_format)
    elif what == "needs":
        require(viewer, "match.read")
        made = files.unmet_file(_unmet(_map_asked(request)), file_format)
    else:
        what, made = "areas", files.areas_file(_map_asked(request), file_format)
    first = next(made, b"")
    asked = request.GET.urlencode()[:1000]
    audit.log("list.export", viewer, f"map-{what}", format=file_format, filter=asked)
    name = f"map-{what}-{timezone.localdate().isoformat()}.{file_format}"
    return StreamingHttpResponse(
        chain([first], made),
        content_type=files.MEDIA_TYPES[file_format],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_POST
def map_run(request: HttpRequest) -> HttpResponse:
    """Have the open needs matched by a background worker."""
    if is_running():
        messages.info(request, choose("需求匹配正在进行。", "The needs are being matched already."))
    else:
        start_matching(viewer_of(request))
        audit.log("map.run", viewer_of(request), "needs")
        messages.success(
            request,
            choose(
                "已交由后台匹配全部待解需求，完成后刷新本页即可。",
                "A background worker matches all open needs; reload this page when it is done.",
            ),
        )
    return redirect("insight:map")


def _unmet(found: AreaMap) -> list[Any]:
    return unmet_needs(found.area.code, field=found.field)


def _map_asked(request: HttpRequest) -> AreaMap:
    code, field = request.GET.get("area"), plain(request.GET.get("field", ""))
    try:
        return area_map(
            None if code is None else plain(code),
            viewer=viewer_of(request),
            field=field,
            until=year_named(request, "until"),
        )
    except AreaNotFound as error:
        raise Http404(error.message_zh) from error


def _measure_asked(request: HttpRequest, found: AreaMap) -> str:
    asked = request.GET.get("measure", "")
    codes = [measure.code for measure in found.measures]
    return asked if asked in codes else codes[0]


def _flow_asked(request: HttpRequest) -> str:
    asked = request.GET.get("flow", "")
    return asked if asked in FLOW_KINDS else "shared"
