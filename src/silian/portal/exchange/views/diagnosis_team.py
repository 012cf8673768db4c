"""What the service team does with a diagnosis: take it up, edit findings, sign, plan visits."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from silian.errors import EngineError
from silian.portal.accounts.domain.access import AccessDenied, viewer_of
from silian.portal.bilingual import choose
from silian.portal.exchange.domain import diagnosis_work as work
from silian.portal.exchange.domain.diagnosis_visits import schedule_visit
from silian.portal.exchange.interfaces.diagnosis_faces import opened_finding
from silian.portal.exchange.interfaces.moments import moment_of
from silian.portal.exchange.models import Diagnosis, Finding
from silian.portal.exchange.views.diagnoses import diagnosis_asked
from silian.portal.exchange.views.failures import failure_of
from silian.portal.open_forms import overtaken_page, posted_texts, tell_merged


@require_POST
def diagnosis_take_up(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Begin to work on a diagnosis."""
    diagnosis = diagnosis_asked(request, public_id)
    return _done(
        request,
        diagnosis,
        lambda: work.take_up(diagnosis, viewer=viewer_of(request)),
        choose("已转入跟进，可以修改结论。", "Taken up; findings can be edited now."),
    )


@require_POST
def diagnosis_sign(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Sign a diagnosis: its findings are closed, and look-backs are planned."""
    diagnosis = diagnosis_asked(request, public_id)
    return _done(
        request,
        diagnosis,
        lambda: work.sign(diagnosis, viewer=viewer_of(request)),
        choose("已签发，回看日期已排定。", "Signed; the look-backs are planned."),
    )


@require_POST
def finding_edit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Put the team's words in place of the platform's, leave a finding out, or take it in."""
    finding = _finding(request, public_id)
    page = reverse("exchange:diagnosis_detail", args=[finding.diagnosis.public_id])
    with transaction.atomic():
        # Held, so that nobody saves between the comparison and the change.
        held = Finding.objects.select_for_update().get(pk=finding.pk)
        act = request.POST.get("act", "")
        sent = ("note",) if act in {"dismiss", "restore"} else ("text", "note", "note_shared")
        form = opened_finding(
            work.worked(held), posted=posted_texts(request.POST, sent), data=request.POST
        )
        if form.overtaken:
            return overtaken_page(request, form, back=page)
        told = choose(
            "结论已更新，并标明为服务团队所改。", "The finding is changed, marked as yours."
        )
        answer = _done(request, finding.diagnosis, lambda: _edit(request, held, form.values), told)
    tell_merged(request, form)
    return answer


def _edit(request: HttpRequest, finding: Finding, values: Mapping[str, Any]) -> Any:
    viewer, note, act = viewer_of(request), values["note"], request.POST.get("act", "")
    if act in {"dismiss", "restore"}:
        return work.dismiss(finding, viewer=viewer, dismissed=act == "dismiss", note=note)
    shared = values["note_shared"] == "1"
    return work.edit_finding(finding, values["text"], viewer=viewer, note=note, note_shared=shared)


@require_POST
def finding_add(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Add a finding of the team's own."""
    diagnosis = diagnosis_asked(request, public_id)
    part, text = (request.POST.get(name, "") for name in ("part", "text"))
    return _done(
        request,
        diagnosis,
        lambda: work.add_finding(diagnosis, part=part, text=text, viewer=viewer_of(request)),
        choose("已补充结论。", "The finding is added."),
    )


@require_POST
def visit_plan(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Plan a visit for a diagnosis."""
    diagnosis = diagnosis_asked(request, public_id)
    planned_for = moment_of(request.POST.get("planned_for", ""))
    if planned_for is None:
        messages.error(request, choose("请填写走访时间。", "Say when the visit is to be."))
        return redirect("exchange:diagnosis_detail", diagnosis.public_id)
    return _done(
        request,
        diagnosis,
        lambda: schedule_visit(
            diagnosis.organisation,
            planned_for=planned_for,
            team=request.POST.get("team", ""),
            purpose=request.POST.get("purpose", ""),
            diagnosis=diagnosis,
            viewer=viewer_of(request),
        ),
        choose("走访已安排。", "The visit is planned."),
    )


def _finding(request: HttpRequest, public_id: UUID) -> Finding:
    found = Finding.objects.select_related("diagnosis__organisation")
    finding = found.filter(public_id=public_id).first()
    if finding is None:
        raise Http404(choose("没有这条结论。", "There is no such finding."))
    diagnosis_asked(request, finding.diagnosis.public_id)
    return finding


def _done(
    request: HttpRequest, diagnosis: Diagnosis, act: Callable[[], Any], told: str
) -> HttpResponse:
    try:
        act()
    except AccessDenied:
        raise
    except EngineError as refused:
        messages.error(request, failure_of(refused))
    else:
        messages.success(request, told)
    return redirect("exchange:diagnosis_detail", diagnosis.public_id)
