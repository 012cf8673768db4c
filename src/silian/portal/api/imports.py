"""Operations on imports: send a file, watch it, mend what it refused."""

from pathlib import Path as FilePath
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Path, Query, Router, Schema, Status, UploadedFile
from pydantic import Field

from silian.portal.accounts.domain.access import Viewer, viewer_of
from silian.portal.accounts.models import User
from silian.portal.api.files import MEDIA_TYPES, attachment, file_response
from silian.portal.api.paging import PageQuery, page_of
from silian.portal.api.problems import Refusal
from silian.portal.api.representation import full, job_values, reject_values
from silian.portal.api.schemas import DraftOut, JobOut, Page, RejectOut, ReplayIn, ReplayOut
from silian.portal.audit import domain as audit
from silian.portal.catalogue import KINDS, find_record
from silian.portal.registry.domain import intake, rejects
from silian.portal.registry.domain.job_files import columns_of
from silian.portal.registry.domain.mapping_store import save_mapping
from silian.portal.registry.domain.undo_requests import told_jobs
from silian.portal.registry.domain.uploads import discard_upload, store_uploads
from silian.portal.registry.interfaces.draft_files import draft_of_file, draft_text
from silian.portal.registry.interfaces.draft_values import draft_values
from silian.portal.registry.interfaces.recognising import recognised
from silian.portal.registry.interfaces.rejects import rejects_file
from silian.portal.registry.models import ImportJob, RejectedRow
from silian.tables.readers import MissingSheet

router = Router(tags=["导入 Imports"])
_NAME_LENGTH = 80
_MAPPING_BYTES_MAX = 512 * 1024
JobId = Annotated[UUID, Path(description="The import's id（导入任务编号）")]


class ImportIn(Schema):
    """How to read the file that comes with it."""

    mapping: str = Field(
        "",
        max_length=64,
        pattern=r"^[-a-zA-Z0-9_:]*$",
        description="Mapping of the register, or `template:<kind>`; empty: the one whose columns "
        "the file has（字段映射，不填则按列名识别）",
        examples=["template:need"],
    )
    register_code: str = Field(
        "",
        max_length=64,
        pattern=r"^[-a-zA-Z0-9_]*$",
        description="Register of the records; by default the mapping's own（登记库）",
    )
    dry_run: bool = Field(False, description="Check and count, write nothing（试运行）")
    replace: bool = Field(
        False,
        description="Let rows take the place of records that have their keys and are other "
        "things; else such rows are refused（替换）",
    )


@router.get(
    "/imports",
    operation_id="list_import_jobs",
    response=Page[JobOut],
    summary="Imports 导入任务",
)
def list_import_jobs(request: HttpRequest, response: HttpResponse, paging: Query[PageQuery]) -> Any:
    """All imports and undos of imports, newest first."""
    jobs = told_jobs()
    return page_of(request, response, jobs, paging, job_values, newest_first=True)


@router.post(
    "/imports",
    operation_id="create_import_job",
    response={202: JobOut},
    summary="Import a file 上传导入",
)
def create_import_job(
    request: HttpRequest,
    response: HttpResponse,
    payload: Form[ImportIn],
    file: Annotated[
        UploadedFile, File(description="CSV, XLSX, JSON, JSONL or Parquet（待导入文件）")
    ],
    companions: Annotated[
        list[UploadedFile],
        File(
            description="Further files that the mapping joins, under the names that it gives "
            "them（映射要合并的其他文件）"
        ),
    ] = [],  # noqa: B006  never changed; ninja copies defaults
    mapping_file: Annotated[
        UploadedFile | None,
        File(
            description="A mapping (YAML) that comes along; it is stored as by `PUT /mappings` and "
            "read with（随文件上传的映射，保存后使用）"
        ),
    ] = None,
) -> Any:
    """Take a file, with those that its mapping joins, and import it in the background.

    How it is read: by `mapping_file`, by `mapping`, or by whatever has its columns.

    Ask ``/imports/{id}`` how far it is.
    """
    viewer = viewer_of(request)
    stored = store_uploads(
        [((one.name or "")[-_NAME_LENGTH:], one.chunks()) for one in (file, *companions)]
    )
    path, *beside = stored
    how = payload.model_dump(include={"register_code", "dry_run", "replace"})
    how["actor"] = User.objects.filter(pk=viewer.user_id).first()
    try:
        # A mapping that came along is kept only with its file.
        with transaction.atomic():
            code = _mapping_code(path, payload.mapping, mapping_file, viewer)
            job = intake.create_job(path, code, file_name=path.name, companions=beside, **how)
    except Exception:
        # A file that was refused must not stay behind.
        discard_upload(path)
        raise
    audit.log("import.create", viewer, str(job.public_id), file=job.file_name, via="api")
    intake.start_job(job)
    response.headers["Location"] = f"{request.path}/{job.public_id}"
    return Status(202, job_values(job))


class DraftIn(Schema):
    """What is known of the file that comes with it."""

    kind: str = Field("", max_length=40, description="Kind of its records, if known（记录类型）")
    sheet: str = Field(
        "",
        max_length=200,
        description="Sheet of a workbook; else the one whose columns are recognised best（工作表）",
    )


@router.post(
    "/imports/draft",
    operation_id="draft_mapping",
    response=DraftOut,
    summary="Propose a mapping 建议映射",
)
def draft_mapping(
    request: HttpRequest,
    payload: Form[DraftIn],
    file: Annotated[
        UploadedFile, File(description="CSV, XLSX, JSON, JSONL or Parquet（登记库文件）")
    ],
) -> Any:
    """Look at a file's headings and first rows, and propose a mapping; nothing is kept.

    Of a workbook with several sheets, `sheets` tells what each seems to hold, and `sheet` which
    of them was drafted.

    `mapping` is a mapping file in YAML, sure columns mapped, the others told in comments.
    """
    if payload.kind and payload.kind not in KINDS:
        raise Refusal(
            422,
            "unknown_kind",
            f"没有“{payload.kind}”这种记录，只允许：{'、'.join(KINDS)}。",
            f"There is no record kind {payload.kind!r}; expected one of {', '.join(KINDS)}.",
        )
    [path] = store_uploads([((file.name or "")[-_NAME_LENGTH:], file.chunks())])
    try:
        draft, beginning = draft_of_file(path, kind=payload.kind, sheet=payload.sheet)
    except MissingSheet as missing:
        raise Refusal(422, missing.code, missing.message_zh, str(missing)) from missing
    finally:
        discard_upload(path)
    return {**draft_values(draft, beginning), "mapping": draft_text(draft, beginning)}


def _mapping_code(
    path: FilePath, named: str, mapping_file: UploadedFile | None, viewer: Viewer
) -> str:
    """What the file is read by; a mapping that came along is stored first."""
    if mapping_file is None:
        return named or recognised(path)
    try:
        content = mapping_file.read(_MAPPING_BYTES_MAX + 1).decode("utf-8-sig")
    except UnicodeDecodeError:
        content = ""
    if not content or len(content) > _MAPPING_BYTES_MAX:
        raise Refusal(
            422,
            "mapping_unreadable",
            f"mapping_file 应为 UTF-8 的 YAML 文本，最多 {_MAPPING_BYTES_MAX:,} 字节。",
            f"mapping_file must be YAML in UTF-8, {_MAPPING_BYTES_MAX:,} bytes at most.",
        )
    code = save_mapping(content, viewer).code
    if named and named != code:
        raise Refusal(
            422,
            "mapping_code_differs",
            f"mapping 是 {named}，随附的映射里写的是 {code}，两者须一致，或不填 mapping。",
            f"mapping is {named}, the mapping that came along says {code}; leave mapping out.",
        )
    return code


@router.get(
    "/imports/{job_id}",
    operation_id="get_import_job",
    response=JobOut,
    summary="An import's progress 导入进度",
)
def get_import_job(request: HttpRequest, job_id: JobId) -> Any:
    """How far an import is, and what became of its rows."""
    return job_values(job_of(job_id))


class RejectFilter(Schema):
    """Which refused rows."""

    state: Annotated[str, Field(pattern=f"^(|{'|'.join(RejectedRow.State.values)})$")] = Field(
        "",
        description="open, remarked, mended, dismissed, or, by a later import, answered or "
        "replaced; empty for all（状态）",
    )


@router.get(
    "/imports/{job_id}/rejects",
    operation_id="list_rejects",
    response=Page[RejectOut],
    summary="Refused rows 拒收行",
)
def list_rejects(
    request: HttpRequest,
    response: HttpResponse,
    job_id: JobId,
    narrowing: Query[RejectFilter],
    paging: Query[PageQuery],
) -> Any:
    """Rows of an import that were refused, or loaded with remarks, each with every reason."""
    rows = RejectedRow.objects.filter(job=job_of(job_id)).select_related("answered_by")
    if narrowing.state:
        rows = rows.filter(state=narrowing.state)
    return page_of(request, response, rows, paging, reject_values)


@router.get(
    "/imports/{job_id}/rejects/file",
    operation_id="download_rejects",
    response={200: None},
    openapi_extra=file_response(MEDIA_TYPES["xlsx"], MEDIA_TYPES["csv"]),
    summary="Refused rows as a file 下载拒收行",
)
def download_rejects(
    request: HttpRequest,
    job_id: JobId,
    format: Literal["xlsx", "csv"] = "xlsx",
    state: Annotated[
        Literal["open", "remarked"],
        Query(description="Refused rows, or rows loaded with remarks（状态）"),
    ] = "open",
) -> HttpResponse:
    """The open refused rows, or those with remarks, to mend and to send again."""
    job = job_of(job_id)
    audit.log(
        "rejects.download", viewer_of(request), str(job.public_id), format=format, state=state
    )
    content = rejects_file(job, format, order=columns_of(job), state=state)
    name = "remarks" if state == RejectedRow.State.REMARKED else "rejects"
    return attachment([content], format, f"{name}-{job.public_id}")


@router.post(
    "/imports/{job_id}/rejects/{row_id}/replay",
    operation_id="replay_reject",
    response=ReplayOut,
    summary="Replay a refused row 修正重放",
)
def replay_reject(
    request: HttpRequest,
    job_id: JobId,
    row_id: Annotated[int, Path(ge=1, le=2**63 - 1, description="（拒收行编号）")],
    payload: ReplayIn,
) -> Any:
    """Import a refused row again with mended values; if it is still wrong, it says why."""
    job = job_of(job_id)
    if not RejectedRow.objects.filter(job=job, pk=row_id).exists():
        raise Refusal(
            404, "reject_not_found", "没有这条拒收行。", f"The import has no refused row {row_id}."
        )
    viewer = viewer_of(request)
    results = rejects.replay(row_id, payload.values, viewer)
    return {
        "records": [
            {"status": result.status, "record": full(find_record(result.public_id), viewer)}
            for result in results
        ]
    }


def job_of(job_id: UUID) -> ImportJob:
    """The import with this id."""
    job = told_jobs().filter(public_id=job_id).first()
    if job is None:
        raise Refusal(
            404, "import_not_found", "没有这个导入任务。", f"There is no import {job_id}."
        )
    return job
