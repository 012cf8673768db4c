"""Refused rows, and rows read in part: read the reasons, mend a row in place, or download all and send them mended."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from silian.errors import EngineError
from silian.portal.accounts.domain.access import viewer_of
from silian.portal.api.files import attachment
from silian.portal.audit import domain as audit
from silian.portal.bilingual import choose
from silian.portal.catalogue import KINDS
from silian.portal.exchange.views.failures import failure_of
from silian.portal.open_forms import OpenForm, overtaken_page
from silian.portal.registry.domain import rejects
from silian.portal.registry.domain.job_files import columns_of
from silian.portal.registry.domain.reasons import RowRefused
from silian.portal.registry.domain.rejects import NotReplayable
from silian.portal.registry.domain.uploads import discard_upload, store_upload
from silian.portal.registry.interfaces.rejects import as_cell, as_written, in_order, rejects_file
from silian.portal.registry.models import ImportJob, RejectedRow

REJECT_FORMATS = ("xlsx", "csv")
_REMARKED = RejectedRow.State.REMARKED


@require_safe
def rejects_download(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    job = get_object_or_404(ImportJob, public_id=public_id)
    file_format = request.GET.get("format", "xlsx")
    file_format = file_format if file_format in REJECT_FORMATS else "xlsx"
    is_remarks = request.GET.get("state") == _REMARKED
    state = _REMARKED if is_remarks else RejectedRow.State.OPEN
    audit.log(
        "rejects.download", viewer_of(request), str(job.public_id), format=file_format, state=state
    )
    return attachment(
        [rejects_file(job, file_format, order=columns_of(job), state=state)],
        file_format,
        f"{'remarks' if is_remarks else 'rejects'}-{job.public_id}",
    )


@require_POST
def rejects_upload(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take a corrected rejects file."""
    job = get_object_or_404(ImportJob, public_id=public_id)
    upload = request.FILES.get("file")
    if upload is None:
        messages.error(request, choose("请选择修正后的文件。", "Choose the corrected file."))
        return redirect("registry:import_detail", job.public_id)
    path = store_upload(upload.name or "upload", upload.chunks())
    try:
        counts = rejects.replay_file(job, path, viewer_of(request))
    except EngineError as refused:
        messages.error(request, failure_of(refused))
    else:
        mended, still = counts.get("mended", 0), counts.get("open", 0)
        messages.success(
            request,
            choose(
                f"已修正入库 {mended} 行，仍有 {still} 行待处理。",
                f"{mended} rows are mended and loaded, {still} are still open.",
            ),
        )
    finally:
        discard_upload(path)
    return redirect("registry:import_detail", job.public_id)


@require_http_methods(["GET", "POST"])
def reject_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """One refused row as a form of its original columns; sending it replays the row."""
    row = get_object_or_404(RejectedRow.objects.select_related("job"), pk=pk)
    viewer = viewer_of(request)
    values, status, told = _text_values(row), 200, ""
    if request.method == "POST" and row.state in rejects.MENDABLE:
        if request.POST.get("intent") == "dismiss":
            rejects.dismiss(row.pk, viewer)
            return _answer(request, row, choose("已忽略该行。", "The row is let go."))
        values = {name: request.POST.get(_field(row, name), "") for name in values}
        opened = _opened(row, values, request.POST)
        if opened.overtaken:
            back = reverse("registry:import_detail", args=[row.job.public_id])
            return overtaken_page(request, opened, back=back)
        values = {name: str(opened.values[_field(row, name)]) for name in values}
        try:
            rejects.replay(row.pk, _typed(row, values), viewer)
        except RowRefused:
            row.refresh_from_db()
            values, status = _text_values(row), 422
        except NotReplayable as refused:
            return _answer(request, row, failure_of(refused))
        else:
            row.refresh_from_db()
            if row.state != _REMARKED:
                return _answer(request, row, choose("已修正入库。", "Mended and loaded."))
            values = _text_values(row)
            told = choose("已入库，仍有提示：", "Loaded, still with remarks:")
    elif request.method == "POST":
        values = {
            name: request.POST.get(_field(row, name), value) for name, value in values.items()
        }
        status = 409
        told = choose(
            f"他人已处理该行（{row.get_state_display()}），您的修改没有保存。",
            f"Somebody else has dealt with this row ({row.get_state_display()}); your change is "
            "not saved.",
        )
    context = {
        "row": row,
        "told": told,
        "opened": _opened(row),
        "inputs": [
            {
                "name": name,
                "field": _field(row, name),
                "value": value,
                "reasons": [r for r in row.reasons if _points_at(r, row.kind, name, value)],
            }
            for name, value in values.items()
        ],
        "full_page": not request.htmx,
    }
    template = "registry/partials/reject_form.html" if request.htmx else "registry/reject_edit.html"
    return render(request, template, context, status=status)


def _opened(
    row: RejectedRow, values: dict[str, str] | None = None, data: QueryDict | None = None
) -> OpenForm:
    """What the row's form shows, against what was sent by it."""
    kept = _text_values(row)
    sent = None if values is None else {_field(row, name): text for name, text in values.items()}
    return OpenForm(
        {_field(row, name): text for name, text in kept.items()},
        posted=sent,
        data=data,
        labels={_field(row, name): name for name in kept},
    )


def _field(row: RejectedRow, name: str) -> str:
    """Name of a column's input, the same however the columns are shown."""
    return f"v-{sorted(row.values).index(name)}"


def _text_values(row: RejectedRow) -> dict[str, str]:
    ordered = in_order(row.values, columns_of(row.job))
    return {name: as_written(as_cell(value)) for name, value in ordered.items()}


def _typed(row: RejectedRow, values: dict[str, str]) -> dict[str, Any]:
    """Changed cells as typed; untouched cells keep what the file had, lists and numbers too."""
    before = _text_values(row)
    return {
        name: row.values[name] if text == before.get(name) else text
        for name, text in values.items()
    }


def _points_at(reason: dict[str, str], kind: str, name: str, value: str) -> bool:
    """Whether a reason is about this column: by its name or heading, or by what arrived."""
    field = reason["field"]
    for column in KINDS[kind].columns if kind in KINDS else ():
        if column.name == field:
            heading = name.removesuffix(" *").strip()
            if heading in {column.name, column.label_zh, column.label_en}:
                return True
    return field == name or bool(reason.get("arrived") and reason["arrived"] == value)


def _answer(request: HttpRequest, row: RejectedRow, told: str) -> HttpResponse:
    if request.htmx:
        row.refresh_from_db()
        return render(request, "registry/partials/reject_done.html", {"row": row, "told": told})
    messages.success(request, told)
    return redirect("registry:import_detail", row.job.public_id)
