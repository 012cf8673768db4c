"""An enterprise's diagnosis: made, read in three parts, downloaded, turned into deeds."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from silian.errors import EngineError
from silian.portal.accounts.domain.access import AccessDenied, allowed, viewer_of
from silian.portal.addresses import whole_number
from silian.portal.bilingual import choose
from silian.portal.exchange.domain.diagnosis import diagnose, diagnoses, latest
from silian.portal.exchange.domain.diagnosis_advice import advise
from silian.portal.exchange.domain.diagnosis_visits import visits
from silian.portal.exchange.interfaces.diagnosis_faces import PARTS, page_of
from silian.portal.exchange.interfaces.diagnosis_report import MEDIA_TYPES, report
from silian.portal.exchange.models import Diagnosis
from silian.portal.exchange.views.failures import failure_of
from silian.portal.exchange.views.found import opens
from silian.portal.industry.views.asked import organisation_asked
from silian.portal.industry.views.enterprises import choose_enterprise
from silian.portal.registry.interfaces.faces import url_of


def diagnosis_asked(request: HttpRequest, public_id: UUID) -> Diagnosis:
    """The diagnosis, if the viewer may read it; another's can't be told from none."""
    found = diagnoses(viewer_of(request)).filter(public_id=public_id).first()
    if found is None:
        raise Http404(choose("没有这份诊断，或您无权查看。", "There is none, or it is not yours."))
    return found


@require_GET
def diagnosis_latest(request: HttpRequest, public_id: str = "") -> HttpResponse:
    """The enterprise's newest diagnosis, or the way to make one."""
    organisation = organisation_asked(request, public_id, "diagnosis.read")
    if organisation is None:
        title = choose("企业诊断", "Diagnoses")
        return choose_enterprise(request, "exchange:diagnosis_latest", title)
    found = latest(organisation)
    if found is not None:
        return redirect("exchange:diagnosis_detail", found.public_id)
    return render(
        request,
        "exchange/diagnosis_none.html",
        {
            "organisation": organisation,
            "can_make": allowed(viewer_of(request), "diagnosis.make", organisation),
        },
    )


@require_POST
def diagnosis_new(request: HttpRequest, public_id: str) -> HttpResponse:
    """Make a diagnosis from the facts and policies of today."""
    organisation: Any = organisation_asked(request, public_id, "diagnosis.make")
    year = whole_number(request.POST.get("year", ""), 0) or None
    try:
        made = diagnose(
            organisation, as_of=timezone.localdate(), year=year, viewer=viewer_of(request)
        )
    except AccessDenied:
        raise
    except EngineError as refused:
        messages.error(request, failure_of(refused))
        return redirect("exchange:diagnosis_latest", organisation.public_id)
    return redirect("exchange:diagnosis_detail", made.public_id)


@require_GET
def diagnosis_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Three parts with findings, evidence, distances and what can be made of them."""
    diagnosis = diagnosis_asked(request, public_id)
    viewer = viewer_of(request)
    can_work = allowed(viewer, "diagnosis.work", diagnosis)
    others = diagnoses(viewer).filter(organisation_id=diagnosis.organisation_id)
    return render(
        request,
        "exchange/diagnosis_detail.html",
        page_of(
            diagnosis,
            show_dismissed=can_work,
            opens=lambda public_id: opens(viewer, public_id),
        )
        | {
            "diagnosis": diagnosis,
            "organisation": diagnosis.organisation,
            "part_labels": PARTS.items(),
            "others": others.exclude(pk=diagnosis.pk)[:8],
            "visits": visits(viewer).filter(organisation_id=diagnosis.organisation_id)[:8],
            "can_make": allowed(viewer, "diagnosis.make", diagnosis.organisation),
            "can_advise": allowed(viewer, "diagnosis.advise", diagnosis),
            "can_work": can_work,
            "can_sign": allowed(viewer, "diagnosis.sign", diagnosis),
            "can_visit": allowed(viewer, "visit.manage", diagnosis.organisation),
            "in_work": diagnosis.state == Diagnosis.State.IN_WORK,
        },
    )


@require_GET
def diagnosis_file(request: HttpRequest, public_id: UUID, file_format: str) -> HttpResponse:
    """The report as PDF, HTML or JSON, in the reader's language."""
    diagnosis = diagnosis_asked(request, public_id)
    if file_format not in MEDIA_TYPES:
        raise Http404(choose("没有这种格式的报告。", "There is no report of this format."))
    english = choose("zh", "en") == "en"
    made = report(diagnosis, file_format, viewer=viewer_of(request), english=english)
    name = f"diagnosis-{diagnosis.organisation.public_id}-{diagnosis.as_of}.{file_format}"
    return HttpResponse(
        made,
        content_type=MEDIA_TYPES[file_format],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_POST
def diagnosis_advise(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Make a draft need, a draft position or an application of a finding, and open it."""
    diagnosis = diagnosis_asked(request, public_id)
    code, kind = (request.POST.get(name, "") for name in ("finding", "kind"))
    try:
        made = advise(diagnosis, code, kind, viewer=viewer_of(request))
    except AccessDenied:
        raise
    except EngineError as refused:
        messages.error(request, failure_of(refused))
        return redirect("exchange:diagnosis_detail", diagnosis.public_id)
    if made.kind == "application":
        return redirect("industry:application_detail", made.target_id)
    if not opens(viewer_of(request), made.target_id):
        told = choose(
            "已为企业生成草稿，由企业补充后发布。",
            "A draft is made; the enterprise will complete it.",
        )
        messages.success(request, told)
        return redirect("exchange:diagnosis_detail", diagnosis.public_id)
    messages.success(
        request,
        choose(
            "已生成草稿，补充后即可发布；发布前只有本单位和运营方可见。",
            "A draft is made; complete and publish it. Until then only you and the operator see it.",
        ),
    )
    return redirect(url_of(made.target_id))
