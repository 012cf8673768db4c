"""Operations that answer with a file: templates and exports."""

from collections.abc import Iterable
from itertools import chain
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from ninja import Query, Router

from silian.portal.accounts.domain.access import viewer_of
from silian.portal.api.records import RecordFilter, filtered
from silian.portal.api.schemas import KindName
from silian.portal.audit import domain as audit
from silian.portal.bilingual import choose
from silian.portal.registry.interfaces.exports import export
from silian.portal.registry.interfaces.templates import template_workbook

router = Router(tags=["文件 Files"])
FileFormat = Literal["csv", "xlsx", "jsonl", "parquet"]
MEDIA_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}


def file_response(*media_types: str) -> dict[str, Any]:
    """OpenAPI description of an answer that is a file."""
    schema = {"type": "string", "format": "binary"}
    content = {media_type: {"schema": schema} for media_type in media_types}
    return {"responses": {200: {"description": "The file（文件）", "content": content}}}


def attachment(chunks: Iterable[bytes], format: str, name: str) -> StreamingHttpResponse:
    """Send a file piece by piece, whatever its size.

    The first piece is made before anything is sent, so that what fails at once is a problem and
    not a broken file.
    """
    pieces = iter(chunks)
    first = next(pieces, b"")
    return StreamingHttpResponse(
        chain([first], pieces),
        content_type=MEDIA_TYPES[format],
        headers={"Content-Disposition": f'attachment; filename="{name}.{format}"'},
    )


@router.get(
    "/templates/{kind}",
    operation_id="download_template",
    response={200: None},
    openapi_extra=file_response(MEDIA_TYPES["xlsx"]),
    summary="Import template 导入模板",
)
def download_template(request: HttpRequest, kind: KindName) -> HttpResponse:
    """A workbook with the columns of a kind, what each means, and an example."""
    return HttpResponse(
        template_workbook(kind),
        content_type=MEDIA_TYPES["xlsx"],
        headers={"Content-Disposition": f'attachment; filename="template-{kind}.xlsx"'},
    )


@router.get(
    "/exports",
    operation_id="export_records",
    response={200: None},
    openapi_extra=file_response(*MEDIA_TYPES.values()),
    summary="Export records 导出记录",
)
def export_records(
    request: HttpRequest, narrowing: Query[RecordFilter], format: FileFormat = "csv"
) -> StreamingHttpResponse:
    """All records of one kind that you may see and the filter leaves, as one streamed file."""
    viewer = viewer_of(request)
    rows = filtered(narrowing, viewer)
    audit.log(
        "list.export",
        viewer,
        narrowing.kind,
        format=format,
        filter=request.GET.urlencode()[:1000],
        via="api",
    )
    name = f"{narrowing.kind}-{timezone.localdate().isoformat()}"
    site = request.build_absolute_uri("/").rstrip("/")
    chunks = export(rows, format, language=choose("zh", "en"), viewer=viewer, site=site)
    return attachment(chunks, format, name)
