"""The undo of an import: ask for a preview, read it, carry it out, download what it does."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from silian.portal.accounts.domain.access import viewer_of
from silian.portal.api.files import attachment
from silian.portal.audit import domain as audit
from silian.portal.bilingual import choose
from silian.portal.exchange.views.failures import failure_of
from silian.portal.exchange.views.lists import shown_pages
from silian.portal.registry.domain import intake
from silian.portal.registry.domain.undo_requests import (
    NotUndoable,
    is_undoable,
    later_loads,
    request_undo,
)
from silian.portal.registry.interfaces.import_notes import told_notes
from silian.portal.registry.interfaces.undone_records import (
    ACTIONS,
    UNDONE_FORMATS,
    action_label,
    differences,
    explained,
    undone_file,
)
from silian.portal.registry.models import ImportJob

_ROWS_A_PAGE = 50
_LATER_SHOWN = 5


@require_POST
def undo_request(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Begin the preview of an undo, or the undo itself."""
    job = get_object_or_404(ImportJob, public_id=public_id)
    is_preview = request.POST.get("intent") != "undo"
    try:
        undo = request_undo(job, viewer_of(request), dry_run=is_preview)
    except NotUndoable as refused:
        messages.error(request, failure_of(refused))
        return redirect("registry:import_detail", job.public_id)
    intake.start_job(undo)
    return redirect("registry:import_detail", undo.public_id)


def undo_page(request: HttpRequest, job: ImportJob) -> HttpResponse:
    """What an undo does, or in a preview would do, record by record."""
    records = job.undone_records.all()
    counts = dict(records.values_list("action").annotate(n=Count("pk")))
    first = next((action for action in ("keep", "restore", "remove") if counts.get(action)), "keep")
    action = request.GET.get("action", first)
    shown = records.filter(action=action) if action in ACTIONS else records
    if text := request.GET.get("q", "").strip():
        shown = shown.filter(title__icontains=text)
    page = Paginator(shown.order_by("pk"), _ROWS_A_PAGE).get_page(request.GET.get("page"))
    load = job.undoes
    assert load is not None
    later = later_loads(load)
    return render(
        request,
        "registry/import_undo.html",
        {
            "job": job,
            "load": load,
            "notes": told_notes(job.notes),
            "later": later[:_LATER_SHOWN],
            "can_undo": _is_askable(job) and is_undoable(load),
            "action": action,
            "actions": [
                (one, choose(*action_label(one, is_preview=job.dry_run)), counts.get(one, 0))
                for one in ("keep", "restore", "remove")
            ],
            "text": text,
            "page": page,
            "pages": shown_pages(page.number, page.paginator.num_pages),
            "rows": [(one, differences(one), choose(*explained(one))) for one in page],
        },
    )


def _is_askable(job: ImportJob) -> bool:
    """Whether the next step is a deed: a preview was read, or an undo stopped midway."""
    return job.state == (ImportJob.State.DONE if job.dry_run else ImportJob.State.FAILED)


@require_safe
def undone_download(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """The records of an undo as a file."""
    job = get_object_or_404(ImportJob.objects.exclude(undoes=None), public_id=public_id)
    file_format = request.GET.get("format", "xlsx")
    file_format = file_format if file_format in UNDONE_FORMATS else "xlsx"
    action = request.GET.get("action", "")
    action = action if action in ACTIONS else ""
    audit.log(
        "undo.download", viewer_of(request), str(job.public_id), format=file_format, shown=action
    )
    chunks = undone_file(job, file_format, action=action)
    return attachment(chunks, file_format, f"undo-{job.public_id}")
