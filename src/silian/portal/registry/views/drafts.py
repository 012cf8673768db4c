"""A mapping proposed for an uploaded file: every column with its field, kept and used at once."""

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from silian.errors import EngineError
from silian.portal.accounts.domain.access import viewer_of
from silian.portal.accounts.models import User
from silian.portal.addresses import whole_number
from silian.portal.audit import domain as audit
from silian.portal.bilingual import choose
from silian.portal.catalogue import KINDS
from silian.portal.exchange.views.failures import failure_of
from silian.portal.registry.domain import intake
from silian.portal.registry.domain.draft_uploads import (
    find_draft,
    forget_uploads,
    store_draft,
)
from silian.portal.registry.domain.drafting import preview_rows
from silian.portal.registry.domain.mapping_store import save_mapping
from silian.portal.registry.domain.uploads import discard_upload
from silian.portal.registry.interfaces.draft_files import (
    FileBeginning,
    draft_of_file,
    draft_text,
)
from silian.portal.registry.interfaces.drafting import Draft
from silian.portal.registry.interfaces.faces import FACES
from silian.portal.registry.interfaces.headings import columns_by_name
from silian.portal.registry.interfaces.mapping import MappingInvalid
from silian.portal.registry.models import ImportJob
from silian.portal.registry.views.uploading import check_size
from silian.tables.readers import FileRefused, MissingSheet

_STARTS = {"load", "dry_run"}


@dataclass(frozen=True, slots=True)
class _File:
    """A stored file, and the address of the page that proposes a mapping for it."""

    path: Path
    name: str
    address: str


def draft_address(upload_id: str) -> str:
    """Address of the page that proposes a mapping for an upload, good for a day."""
    return reverse("registry:mapping_draft", args=[upload_id])


def draft_address_of_job(job: ImportJob) -> str:
    """The same for the file of an import that could read nothing; '' for any other."""
    read_nothing = job.state == ImportJob.State.FAILED and job.error_code == "no_heading"
    read_nothing |= bool(job.row_count) and job.rejected_count >= job.row_count
    if not read_nothing or not Path(job.stored_path).is_file():
        return ""
    return reverse("registry:import_draft", args=[job.public_id])


@require_http_methods(["GET", "POST"])
def draft_upload(request: HttpRequest) -> HttpResponse:
    """Take a file to look at its columns."""
    upload = request.FILES.get("file")
    if upload is None:
        return redirect("registry:import_new")
    try:
        check_size([upload])
        forget_uploads()
        kept = store_draft(upload.name or "upload", upload.chunks(), viewer_of(request).user_id)
    except EngineError as refused:
        return _refused(request, failure_of(refused))
    return redirect(draft_address(kept.id))


@require_http_methods(["GET", "POST"])
def mapping_draft(request: HttpRequest, upload_id: str) -> HttpResponse:
    """Propose a mapping for what the viewer uploaded; another's upload is none."""
    kept = find_draft(upload_id, viewer_of(request).user_id)
    if kept is None:
        raise _gone()
    file = _File(kept.path, kept.file_name, draft_address(upload_id))
    try:
        return _drafted(request, file)
    except EngineError as refused:
        if isinstance(refused, FileRefused) and not isinstance(refused, MissingSheet):
            discard_upload(kept.path)  # what can't be read is of no use to anybody
        return _refused(request, failure_of(refused))


@require_http_methods(["GET", "POST"])
def import_draft(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Propose a mapping for the file of an import that could read nothing."""
    job = get_object_or_404(ImportJob, public_id=public_id)
    address = draft_address_of_job(job)
    if not address:
        raise _gone()
    try:
        return _drafted(request, _File(Path(job.stored_path), job.file_name, address))
    except EngineError as refused:
        return _refused(request, failure_of(refused))


def _gone() -> Http404:
    return Http404(choose("文件已不在，请重新上传。", "The file is gone; upload it again."))


def _drafted(request: HttpRequest, file: _File) -> HttpResponse:
    """The proposal; sent back with choices it shows them, or is kept and used.

    Raises
    ------
    silian.tables.readers.FileRefused
        If the file can't be read.
    """
    kind, sheet = _asked(request, "kind"), _asked(request, "sheet")
    before = request.GET.get("kind_before"), request.GET.get("sheet_before", sheet)
    if kind not in KINDS or (kind == before[0] and sheet != before[1]):
        kind = ""  # another sheet was chosen, and no kind for it: that is told by its columns
    draft, beginning = draft_of_file(file.path, kind=kind, file_name=file.name, sheet=sheet)
    if request.method == "POST":
        year = whole_number(request.POST.get("year", ""), 0)
        draft = draft.with_choices(_choices(request, draft, beginning), year=year or None)
    text = draft_text(draft, beginning)
    problem = ""
    if request.POST.get("intent") in _STARTS:
        try:
            return _kept_and_used(request, text, file)
        except MappingInvalid as invalid:
            problem = choose(invalid.message_zh, str(invalid))
        except EngineError as refused:
            problem = failure_of(refused)
    context = _context(draft, text, file.path)
    context |= {"address": file.address, "file_name": file.name, "beginning": beginning}
    context |= {"problem": problem, "is_unknown": "unknown" in request.GET}
    return render(request, "registry/mapping_draft.html", context, status=422 if problem else 200)


def _asked(request: HttpRequest, name: str) -> str:
    return request.POST.get(name) or request.GET.get(name, "")


def _refused(request: HttpRequest, told: str) -> HttpResponse:
    return render(request, "registry/mapping_draft.html", {"refusal": told}, status=422)


def _choices(request: HttpRequest, draft: Draft, beginning: FileBeginning) -> dict[str, str]:
    """Field by heading as chosen; what a field is not of this kind's counts as none."""
    known = {column.name for column in KINDS[draft.kind].columns}
    drafted = request.POST.get("kind_drafted"), request.POST.get("sheet", "")
    if drafted != (draft.kind, beginning.sheet):
        return {}  # another kind or sheet was chosen: its proposals stand as they are
    chosen = {}
    for number, column in enumerate(draft.columns):
        field = request.POST.get(f"field-{number}")
        if field is not None:
            chosen[column.heading] = field if field in known else ""
    return chosen


def _kept_and_used(request: HttpRequest, text: str, file: _File) -> HttpResponse:
    viewer = viewer_of(request)
    saved = save_mapping(text, viewer)
    job = intake.create_job(
        file.path,
        saved.code,
        file_name=file.name,
        dry_run=request.POST["intent"] == "dry_run",
        actor=User.objects.filter(pk=viewer.user_id).first(),
    )
    audit.log("import.create", viewer, str(job.public_id), file=job.file_name, via="web")
    intake.start_job(job)
    return redirect("registry:import_detail", job.public_id)


def _context(draft: Draft, text: str, path: Path) -> dict[str, Any]:
    entry = KINDS[draft.kind]
    taken = [column.field for column in draft.columns if column.is_sure]
    try:
        preview = preview_rows(text, path)
    except EngineError:
        preview = []  # what is missing is told above the table
    labels = columns_by_name(draft.kind)
    return {
        "draft": draft,
        "entry": entry,
        "kinds": [(FACES[kind], KINDS[kind]) for kind, _ in draft.kinds]
        if len(draft.kinds) > 1
        else [(FACES[kind], one) for kind, one in KINDS.items()],
        "columns": draft.columns,
        "fields": entry.columns,
        "missing": [labels[name] for name in draft.missing],
        "constants": [(labels[name], value) for name, value in draft.constants.items()],
        "copies": [(labels[name], heading) for name, heading in draft.copies.items()],
        "asks_year": "year" in draft.missing or "year" in draft.constants,
        "year": draft.constants.get("year", ""),
        "twice": [labels[name] for name in sorted({n for n in taken if taken.count(n) > 1})],
        "preview": preview,
        "text": text,
    }
