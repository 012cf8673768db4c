"""Applications under a policy: prepared from the facts, attachments ticked off, handed in."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST, require_safe

from silian.errors import EngineError
from silian.portal.accounts.domain.access import AccessDenied, allowed, viewer_of
from silian.portal.addresses import whole_number
from silian.portal.api.files import attachment
from silian.portal.audit import domain as audit
from silian.portal.bilingual import choose
from silian.portal.exchange.views.failures import failure_of
from silian.portal.exchange.views.lists import plain, shown_pages
from silian.portal.industry.domain import applications as domain
from silian.portal.industry.interfaces.application_files import applications_file
from silian.portal.industry.interfaces.scenario_faces import policy_labels
from silian.portal.industry.models import PolicyApplication
from silian.portal.industry.views.asked import (
    FILE_FORMATS,
    format_asked,
    is_year,
    organisation_asked,
    year_asked,
)

_PER_PAGE = 30


@require_GET
def applications(request: HttpRequest, public_id: str = "") -> HttpResponse:
    """Applications of one enterprise; the service team sees all where it names none."""
    organisation = organisation_asked(request, public_id, "entitlement.read")
    every = _of(request, organisation)
    page = Paginator(_chosen(request, every), _PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "industry/applications.html",
        {
            "organisation": organisation,
            **_facets(request, every),
            "formats": FILE_FORMATS,
            "page": page,
            "pages": shown_pages(page.number, page.paginator.num_pages),
        },
    )


@require_safe
def applications_export(request: HttpRequest, public_id: str = "") -> HttpResponseBase:
    """The applications that are chosen, as a file; the export is logged."""
    organisation = organisation_asked(request, public_id, "entitlement.read")
    rows, file_format = _chosen(request, _of(request, organisation)), format_asked(request)
    audit.log(
        "list.export",
        viewer_of(request),
        organisation.public_id if organisation else "",
        list="applications",
        format=file_format,
    )
    return attachment(applications_file(rows, file_format), file_format, "applications")


def _of(request: HttpRequest, organisation: Any) -> QuerySet[PolicyApplication]:
    rows = domain.applications(viewer_of(request))
    return rows if organisation is None else rows.filter(organisation=organisation)


def _chosen(request: HttpRequest, rows: QuerySet[PolicyApplication]) -> QuerySet[PolicyApplication]:
    return domain.faceted(
        rows,
        state=request.GET.get("state", ""),
        policy_id=plain(request.GET.get("policy", "")),
        year=year_asked(request),
        text=plain(request.GET.get("q", "")),
    )


def _facets(request: HttpRequest, rows: QuerySet[PolicyApplication]) -> dict[str, Any]:
    """What the list can be narrowed by, with counts."""
    rows = rows.order_by()
    states = dict(rows.values_list("state").annotate(n=Count("pk")))
    labels = policy_labels()
    policies = rows.values_list("policy_id").annotate(n=Count("pk")).order_by("policy_id")
    return {
        "states": [
            (value, label, states.get(value, 0)) for value, label in PolicyApplication.State.choices
        ],
        "all_count": sum(states.values()),
        "policies": [(one, labels.get(one, one), count) for one, count in policies],
        "years": sorted(set(rows.values_list("year", flat=True)), reverse=True),
        "state": request.GET.get("state", ""),
        "policy": request.GET.get("policy", ""),
        "year": year_asked(request),
        "text": plain(request.GET.get("q", "")),
    }


@require_GET
def application_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One application: the answer frozen in it, what to attach, and its next step."""
    found = _application(request, public_id)
    ready = set(found.attachments_ready)
    attachments = [
        {"attachment": one, "ready": one["attachment_id"] in ready}
        for one in found.answer["attachments"]
    ]
    return render(
        request,
        "industry/application_detail.html",
        {
            "application": found,
            "organisation": found.organisation,
            "attachments": attachments,
            "lacking": sum(
                one["attachment"]["required"] and not one["ready"] for one in attachments
            ),
            "can_write": allowed(viewer_of(request), "application.write", found),
        },
    )


@require_POST
def application_new(request: HttpRequest, public_id: str) -> HttpResponse:
    """Begin an application; one that was begun already is opened again."""
    organisation: Any = organisation_asked(request, public_id, "application.write")
    today = timezone.localdate()
    year = whole_number(request.POST.get("year", ""), 0)
    try:
        made = domain.prepare_application(
            organisation,
            request.POST.get("policy_id", ""),
            year=year if is_year(year) else today.year - 1,
            as_of=today,
            viewer=viewer_of(request),
        )
    except AccessDenied:
        raise
    except EngineError as refused:
        messages.error(request, failure_of(refused))
        return redirect("industry:entitlements", organisation.public_id)
    return redirect("industry:application_detail", made.public_id)


@require_POST
def application_act(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Tick attachments off, hand the application in, or take it back."""
    found = _application(request, public_id)
    viewer = viewer_of(request)
    act = request.POST.get("act", "")
    try:
        if act == "withdraw":
            domain.withdraw_application(found, viewer=viewer)
        else:
            domain.mark_ready(found, request.POST.getlist("attachment"), viewer=viewer)
        if act == "submit":
            domain.submit(found, viewer=viewer)
    except AccessDenied:
        raise
    except EngineError as refused:
        messages.error(request, failure_of(refused))
    else:
        messages.success(request, _TOLD.get(act, _TOLD[""])())
    return redirect("industry:application_detail", found.public_id)


_TOLD = {
    "": lambda: choose("已保存。", "Saved."),
    "submit": lambda: choose("申报已提交。", "The application is handed in."),
    "withdraw": lambda: choose("申报已撤回。", "The application is withdrawn."),
}


def _application(request: HttpRequest, public_id: UUID) -> PolicyApplication:
    found = domain.applications(viewer_of(request)).filter(public_id=public_id).first()
    if found is None:
        raise Http404(choose("没有这份申报，或您无权查看。", "There is none, or it is not yours."))
    return found
