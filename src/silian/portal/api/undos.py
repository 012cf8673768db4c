"""Operations that take an import back: ask for it, and read record by record what it does."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from silian.portal.accounts.domain.access import viewer_of
from silian.portal.api.files import MEDIA_TYPES, attachment, file_response
from silian.portal.api.imports import JobId, job_of
from silian.portal.api.paging import PageQuery, page_of
from silian.portal.api.problems import Refusal
from silian.portal.api.representation import job_values
from silian.portal.api.schemas import Input, JobOut, Page, UndoneRecordOut
from silian.portal.audit import domain as audit
from silian.portal.registry.domain import intake
from silian.portal.registry.domain.undo_requests import NotUndoable, request_undo
from silian.portal.registry.interfaces.undone_records import undone_file
from silian.portal.registry.models import ImportJob, UndoneRecord

router = Router(tags=["导入 Imports"])
Action = Literal["remove", "restore", "keep"]


class UndoIn(Input):
    """How to take an import back."""

    dry_run: bool = Field(
        True, description="Only find out what it would do; false takes it back（预览）"
    )


class UndoneFilter(Schema):
    """Which records of an undo."""

    action: Annotated[str, Field(pattern="^(|remove|restore|keep)$")] = Field(
        "", description="remove, restore or keep; empty for all（处理）"
    )


@router.post(
    "/imports/{job_id}/undo",
    operation_id="undo_import",
    response={202: JobOut},
    summary="Take an import back 撤销导入",
)
def undo_import(
    request: HttpRequest, response: HttpResponse, job_id: JobId, payload: UndoIn
) -> Any:
    """Take back what an import did, or look first: an import of its own, in the background.

    New records are removed, changed ones get back their values and relations; what others changed
    or refer to since is left alone and listed. Ask ``/imports/{id}`` of the answer how far it is,
    and ``/imports/{id}/undone`` what it does with each record.
    """
    viewer = viewer_of(request)
    try:
        undo = request_undo(job_of(job_id), viewer, dry_run=payload.dry_run)
    except NotUndoable as refused:
        raise Refusal(409, refused.code, refused.message_zh, str(refused)) from refused
    intake.start_job(undo)
    place = request.path.removesuffix(f"/{job_id}/undo")
    response.headers["Location"] = f"{place}/{undo.public_id}"
    return Status(202, job_values(undo))


@router.get(
    "/imports/{job_id}/undone",
    operation_id="list_undone_records",
    response=Page[UndoneRecordOut],
    summary="Records of an undo 撤销明细",
)
def list_undone_records(
    request: HttpRequest,
    response: HttpResponse,
    job_id: JobId,
    narrowing: Query[UndoneFilter],
    paging: Query[PageQuery],
) -> Any:
    """What an undo did, or in a dry run would do, with each record, and why it was left alone."""
    rows = UndoneRecord.objects.filter(job=_undo(job_id))
    if narrowing.action:
        rows = rows.filter(action=narrowing.action)
    return page_of(request, response, rows, paging, _values)


@router.get(
    "/imports/{job_id}/undone/file",
    operation_id="download_undone_records",
    response={200: None},
    openapi_extra=file_response(MEDIA_TYPES["xlsx"], MEDIA_TYPES["csv"]),
    summary="Records of an undo as a file 下载撤销明细",
)
def download_undone_records(
    request: HttpRequest,
    job_id: JobId,
    format: Literal["xlsx", "csv"] = "xlsx",
    action: Annotated[Action | None, Query(description="Only what is treated so（处理）")] = None,
) -> HttpResponse:
    """The records of an undo with what is done to each and why."""
    undo = _undo(job_id)
    audit.log(
        "undo.download", viewer_of(request), str(undo.public_id), format=format, shown=action or ""
    )
    return attachment(
        undone_file(undo, format, action=action or ""), format, f"undo-{undo.public_id}"
    )


def _undo(job_id: Any) -> ImportJob:
    job = job_of(job_id)
    if job.undoes_id is None:
        raise Refusal(
            404,
            "not_an_undo",
            "该导入不是一次撤销。",
            f"Import {job_id} is no undo of another one.",
        )
    return job


def _values(record: UndoneRecord) -> dict[str, Any]:
    is_kept = record.action == UndoneRecord.Action.KEEP
    changes = record.detail if record.action == UndoneRecord.Action.RESTORE else {}
    return {
        "kind": record.kind,
        "public_id": record.public_id,
        "title": record.title,
        "action": record.action,
        "is_done": record.is_done,
        "reason": record.detail if is_kept else None,
        "changes": [
            {"field": name, "now": one[0] if one else "", "before": one[1] if one else ""}
            for name, one in changes.items()
        ],
    }
