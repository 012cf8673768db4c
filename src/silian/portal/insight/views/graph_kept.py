"""Kept views and files of the shown part."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from silian.errors import EngineError
from silian.portal.accounts.domain.access import require, viewer_of
from silian.portal.audit import domain as audit
from silian.portal.bilingual import choose
from silian.portal.exchange.views.failures import failure_of
from silian.portal.insight.domain.graph_exploring import among
from silian.portal.insight.domain.graph_kept import ViewNotFound, drop_view, keep_view, open_view
from silian.portal.insight.interfaces.graph_files import FORMATS, part_file
from silian.portal.insight.views.graph import explorer_page
from silian.portal.insight.views.graph_asked import state_in


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    try:
        view = keep_view(
            viewer_of(request),
            name=request.POST.get("name", ""),
            state=state_in(request.POST.dict()),
            shared=request.POST.get("shared") == "1",
        )
    except EngineError as error:
        messages.error(request, failure_of(error))
        return redirect("insight:graph")
    messages.success(request, choose("视图已保存。", "The view is kept."))
    return redirect("insight:graph_view", view.public_id)


@require_safe
def open_kept(request: HttpRequest, public_id: UUID) -> HttpResponse:
    try:
        view, state = open_view(viewer_of(request), public_id)
    except ViewNotFound as error:
        raise Http404(failure_of(error)) from None
    return explorer_page(request, state, view=view)


@require_POST
def delete(request: HttpRequest, public_id: UUID) -> HttpResponse:
    try:
        drop_view(viewer_of(request), public_id)
    except ViewNotFound as error:
        raise Http404(failure_of(error)) from None
    messages.success(request, choose("视图已删除。", "The view is deleted."))
    return redirect("insight:graph")


@require_POST
def export(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The shown part as a file; the picture itself is made by the browser."""
    viewer = viewer_of(request)
    require(viewer, "list.export")
    file_format = request.POST.get("format", "csv")
    if file_format not in FORMATS:
        raise Http404(choose("没有这种格式。", "There is no such format."))
    state = state_in(request.POST.dict())
    shown = among(viewer, state.nodes, narrowing=state.narrowing)
    base = request.build_absolute_uri(reverse("home"))
    audit.log(
        "list.export",
        viewer,
        "graph",
        format=file_format,
        nodes=len(shown.things),
        edges=len(shown.ties),
    )
    response = StreamingHttpResponse(
        part_file(shown, file_format, base=base), content_type=FORMATS[file_format]
    )
    response["Content-Disposition"] = f'attachment; filename="graph.{file_format}"'
    return response
