"""A mapping proposed for an uploaded file: every column with its field, kept and used at once."""

from pathlib import Path
from typing import Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
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
from silian.portal.registry.domain.draft_uploads import KEPT_S, forget_drafts, store_draft
from silian.portal.registry.domain.drafting import preview_rows
from silian.portal.registry.domain.mapping_store import save_mapping
from silian.portal.registry.interfaces.draft_files import draft_of_file, draft_text
from silian.portal.registry.interfaces.drafting import Draft
from silian.portal.registry.interfaces.faces import FACES
from silian.portal.registry.interfaces.headings import columns_by_name
from silian.portal.registry.interfaces.mapping import MappingInvalid
from silian.portal.registry.models import ImportJob
from silian.portal.registry.views.uploading import check_size

_SALT = "registry.mapping_draft"
_STARTS = {"load", "dry_run"}


def draft_address(path: Path | str, file_name: str = "") -> str:
    """Address of the page that proposes a mapping for a stored file, good for a day.

    It is signed: an address that names another file is none.
    """
    token = signing.dumps({"path": str(path), "name": file_name}, salt=_SALT, compress=True)
    return f"{reverse('registry:mapping_draft')}?file={token}"


def draft_address_of_job(job: ImportJob) -> str:
    """The same for the file of an import that could read nothing; '' for any other."""
    read_nothing = job.state == ImportJob.State.FAILED and job.error_code == "no_heading"
    read_nothing |= bool(job.row_count) and job.rejected_count >= job.row_count
    if not read_nothing or not Path(job.stored_path).is_file():
        return ""
    return draft_address(job.stored_path, job.file_name)


@require_http_methods(["GET", "POST"])
def mapping_draft(request: HttpRequest) -> HttpResponse:
    """Propose a mapping; sent back with choices it shows them, or is kept and used."""
    if "file" in request.FILES:
        upload = request.FILES["file"]
        try:
            check_size([upload])
            forget_drafts()
            path = store_draft(upload.name or "upload", upload.chunks())
        except EngineError as refused:
            return _refused(request, failure_of(refused))
        return redirect(draft_address(path, path.name))
    token = request.POST.get("file") or request.GET.get("file", "")
    if not token:
        return redirect("registry:import_new")
    path, name = _stored(token)
    kind = request.POST.get("kind") or request.GET.get("kind", "")
    try:
        draft, beginning = draft_of_file(path, kind=kind if kind in KINDS else "", file_name=name)
    except EngineError as refused:
        return _refused(request, failure_of(refused))
    if request.method == "POST":
        year = whole_number(request.POST.get("year", ""), 0)
        draft = draft.with_choices(_choices(request, draft), year=year or None)
    text = draft_text(draft, beginning)
    problem = ""
    if request.POST.get("intent") in _STARTS:
        try:
            return _kept_and_used(request, text, path, name)
        except MappingInvalid as invalid:
            problem = choose(invalid.message_zh, str(invalid))
        except EngineError as refused:
            problem = failure_of(refused)
    context = _context(draft, text, path)
    context |= {"token": token, "file_name": name, "row_count": len(beginning.rows)}
    context |= {"problem": problem, "is_unknown": "unknown" in request.GET}
    return render(request, "registry/mapping_draft.html", context, status=422 if problem else 200)


def _stored(token: str) -> tuple[Path, str]:
    try:
        held = signing.loads(token, salt=_SALT, max_age=KEPT_S)
    except signing.BadSignature:
        held = {}
    path = Path(held.get("path", ""))
    if not held or not path.is_file():
        raise Http404(choose("文件已不在，请重新上传。", "The file is gone; upload it again."))
    return path, held["name"] or path.name


def _refused(request: HttpRequest, told: str) -> HttpResponse:
    return render(request, "registry/mapping_draft.html", {"refusal": told}, status=422)


def _choices(request: HttpRequest, draft: Draft) -> dict[str, str]:
    """Field by heading as chosen; what a field is not of this kind's counts as none."""
    known = {column.name for column in KINDS[draft.kind].columns}
    if request.POST.get("kind_drafted") != draft.kind:
        return {}  # another kind was chosen: its proposals stand as they are
    chosen = {}
    for number, column in enumerate(draft.columns):
        field = request.POST.get(f"field-{number}")
        if field is not None:
            chosen[column.heading] = field if field in known else ""
    return chosen


def _kept_and_used(request: HttpRequest, text: str, path: Path, name: str) -> HttpResponse:
    viewer = viewer_of(request)
    saved = save_mapping(text, viewer)
    job = intake.create_job(
        path,
        saved.code,
        file_name=name,
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
