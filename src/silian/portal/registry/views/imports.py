"""Imports: upload a file, watch it run, see what became of its rows; templates to fill in."""

import re
import uuid
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from silian.errors import EngineError
from silian.portal.accounts.domain.access import viewer_of
from silian.portal.accounts.models import User
from silian.portal.addresses import whole_number
from silian.portal.api.files import MEDIA_TYPES
from silian.portal.audit import domain as audit
from silian.portal.bilingual import choose
from silian.portal.catalogue import KINDS
from silian.portal.exchange.views.failures import failure_of
from silian.portal.exchange.views.lists import shown_pages
from silian.portal.registry.domain import intake
from silian.portal.registry.domain.draft_uploads import keep_as_draft
from silian.portal.registry.domain.earlier_rejects import open_rejects
from silian.portal.registry.domain.undo_requests import is_undoable, undone_among, undos_of
from silian.portal.registry.domain.uploads import discard_upload, store_uploads
from silian.portal.registry.interfaces.faces import FACES
from silian.portal.registry.interfaces.import_notes import told_notes
from silian.portal.registry.interfaces.recognising import NotRecognised, recognised
from silian.portal.registry.interfaces.templates import template_workbook
from silian.portal.registry.models import ImportJob, RejectedRow
from silian.portal.registry.views.drafts import draft_address, draft_address_of_job
from silian.portal.registry.views.mappings import broken_mappings, mapping_options
from silian.portal.registry.views.undos import undo_page
from silian.portal.registry.views.uploading import check_size

_REGISTER = re.compile(r"[-a-zA-Z0-9_]{0,64}")


@require_safe
def import_list(request: HttpRequest) -> HttpResponse:
    """Imports, newest first; with ``rejects=open`` those with rows that wait for somebody."""
    jobs = ImportJob.objects.select_related("actor")
    only_open = request.GET.get("rejects") == RejectedRow.State.OPEN
    if only_open:
        jobs = jobs.filter(Exists(open_rejects().filter(job=OuterRef("pk"))))
    page = Paginator(jobs, 20).get_page(request.GET.get("page"))
    shown = open_rejects().filter(job__in=[job.pk for job in page])
    counts = dict(shown.values_list("job").annotate(n=Count("pk")))
    undone = undone_among(page)
    return render(
        request,
        "registry/import_list.html",
        {
            "page": page,
            "rows": [(job, counts.get(job.pk, 0), job.pk in undone) for job in page],
            "pages": shown_pages(page.number, page.paginator.num_pages),
            "open_count": open_rejects().count(),
            "only_open": only_open,
        },
    )


@require_http_methods(["GET", "POST"])
def import_new(request: HttpRequest) -> HttpResponse:
    error = ""
    if request.method == "POST":
        try:
            job = _entered(request)
        except _NotRecognised as unknown:
            return redirect(unknown.address)
        except EngineError as refused:
            error = failure_of(refused)
        else:
            if job is not None:
                return redirect("registry:import_detail", job.public_id)
            error = choose("请选择要导入的文件。", "Choose a file to import.")
    return render(
        request,
        "registry/import_new.html",
        {
            "mappings": mapping_options(),
            "broken": broken_mappings(),
            "kinds": [(FACES[kind], entry) for kind, entry in KINDS.items()],
            "error": error,
            "chosen": request.POST.get("mapping") or request.GET.get("mapping", ""),
        },
        status=422 if error else 200,
    )


@require_safe
def import_detail(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    job = get_object_or_404(
        ImportJob.objects.select_related("actor", "undoes"), public_id=public_id
    )
    if job.undoes is not None:
        return undo_page(request, job)
    rows = job.rejected_rows.all()
    counts = {value: rows.filter(state=value).count() for value in RejectedRow.State.values}
    is_only_remarks = counts[RejectedRow.State.REMARKED] and not counts[RejectedRow.State.OPEN]
    first = RejectedRow.State.REMARKED if is_only_remarks else RejectedRow.State.OPEN
    state = request.GET.get("state", first)
    shown = rows.filter(state=state) if state in RejectedRow.State.values else rows
    shown = shown.select_related("job", "answered_by")
    text = request.GET.get("q", "").strip()
    row_number = whole_number(text, -1)
    if row_number >= 0:
        shown = shown.filter(row_number=row_number)
    page = Paginator(shown, 25).get_page(request.GET.get("page"))
    return render(
        request,
        "registry/import_detail.html",
        {
            "job": job,
            "page": page,
            "pages": shown_pages(page.number, page.paginator.num_pages),
            "state": state,
            "states": [
                (value, label, counts[value])
                for value, label in RejectedRow.State.choices
                if counts[value] or value in (RejectedRow.State.OPEN, state)
            ],
            "answers": _answers(job),
            "undo": undos_of(job).first(),
            "can_undo": is_undoable(job),
            "text": text,
            "draft_address": draft_address_of_job(job),
            "notes": told_notes(job.notes),
        },
    )


def _answers(job: ImportJob) -> list[dict[str, Any]]:
    """How many of a job's rows later imports closed, by import and how."""
    closed = job.rejected_rows.exclude(answered_by=None)
    by_import = closed.values(
        "state", "answered_by__public_id", "answered_by__file_name", "answered_by__created_at"
    )
    return list(by_import.annotate(n=Count("pk")).order_by("answered_by__created_at", "state"))


@require_safe
def import_progress(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    job = get_object_or_404(ImportJob.objects.select_related("actor"), public_id=public_id)
    response = render(
        request,
        "registry/partials/progress.html",
        {
            "job": job,
            "draft_address": draft_address_of_job(job),
            "notes": told_notes(job.notes),
        },
    )
    if request.htmx and job.state in {ImportJob.State.DONE, ImportJob.State.FAILED}:
        # The rejects are there now: show the whole page with them.
        response.headers["HX-Refresh"] = "true"
    return response


def _entered(request: HttpRequest) -> ImportJob | None:
    """The job for what was uploaded, started; ``None`` if there was no file."""
    upload = request.FILES.get("file")
    if upload is None:
        return None
    viewer = viewer_of(request)
    register_code = request.POST.get("register", "").strip()
    further = request.FILES.getlist("companions")
    check_size([upload, *further])
    if not _REGISTER.fullmatch(register_code):
        raise RegisterCodeUnclear(register_code)
    stored = store_uploads([(one.name or "upload", one.chunks()) for one in (upload, *further)])
    path, *companions = stored
    try:
        job = intake.create_job(
            path,
            request.POST.get("mapping", "") or recognised(path),
            register_code=register_code,
            file_name=path.name,
            companions=companions,
            dry_run=request.POST.get("dry_run") == "1",
            replace=request.POST.get("replace") == "1",
            actor=User.objects.filter(pk=viewer.user_id).first(),
        )
    except NotRecognised:
        # What no mapping fits is shown column by column, with a mapping proposed.
        upload_id = keep_as_draft(path, viewer.user_id).id
        raise _NotRecognised(f"{draft_address(upload_id)}?unknown=1") from None
    except Exception:
        # A file that was refused must not stay behind.
        discard_upload(path)
        raise
    audit.log("import.create", viewer, str(job.public_id), file=job.file_name, via="web")
    intake.start_job(job)
    return job


class _NotRecognised(Exception):
    """A file that no mapping fits, and the address of the page that proposes one."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


class RegisterCodeUnclear(EngineError, ValueError):
    """A register code with other signs than letters, digits, dashes and underlines."""

    code = "register_code_unclear"

    def __init__(self, register_code: str) -> None:
        super().__init__(
            f"register code is {register_code!r}; use letters, digits, - and _, at most 64."
        )
        self.message = choose(
            f"登记库编码“{register_code}”只能用字母、数字、- 和 _，最多 64 个。", str(self)
        )


@require_safe
def templates(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "registry/templates.html",
        {"kinds": [(FACES[kind], entry) for kind, entry in KINDS.items()]},
    )


@require_safe
def template_download(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in KINDS:
        raise Http404(choose(f"没有“{kind}”这种记录。", f"There is no record kind {kind!r}."))
    return HttpResponse(
        template_workbook(kind),
        content_type=MEDIA_TYPES["xlsx"],
        headers={"Content-Disposition": f'attachment; filename="template-{kind}.xlsx"'},
    )
