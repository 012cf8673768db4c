"""Diagnoses of many: the list, and runs over the whole city with their progress."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from silian.errors import EngineError
from silian.portal.accounts.domain.access import viewer_of
from silian.portal.bilingual import both
from silian.portal.exchange.domain import diagnosis_runs
from silian.portal.exchange.domain.diagnosis import diagnoses
from silian.portal.exchange.models import Diagnosis, DiagnosisRun
from silian.portal.exchange.views.failures import failure_of
from silian.portal.exchange.views.lists import plain, shown_pages
from silian.portal.industry.interfaces.city_faces import regions_with_facts
from silian.portal.industry.views.asked import day_asked, year_asked
from silian.portal.industry.views.city import city_context, city_year

_PER_PAGE = 30
_State = DiagnosisRun.State
_COUNTING = "counting"
_SORTS = {
    "newest": (both("最近生成", "Newest"), ("-created_at", "-pk")),
    "amount": (both("可享金额从高到低", "Amount, high to low"), ("-amount_cny", "pk")),
    "near": (both("接近政策从多到少", "Most near policies"), ("-near_count", "pk")),
    "missing": (both("缺数据从多到少", "Most data missing"), ("-unknown_count", "pk")),
}


@require_safe
def diagnosis_list(request: HttpRequest) -> HttpResponse:
    """Diagnoses that the viewer may read; those set aside only where they are asked for."""
    viewer = viewer_of(request)
    every = diagnoses(viewer).select_related("organisation__region")
    asked = {name: plain(request.GET.get(name, "")) for name in ("q", "region", "sort")}
    state, year = request.GET.get("state", _COUNTING), year_asked(request)
    narrowed = _narrowed(every, asked, year)
    sort = asked["sort"] if asked["sort"] in _SORTS else "newest"
    shown = _of_state(narrowed, state).order_by(*_SORTS[sort][1])
    page = Paginator(shown, _PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "exchange/diagnosis_list.html",
        {
            "page": page,
            "pages": shown_pages(page.number, page.paginator.num_pages),
            "asked": asked,
            "narrowed": bool(asked["q"] or asked["region"] or year),
            "state": state,
            "states": [
                (_COUNTING, both("现行", "Current")),
                *Diagnosis.State.choices,
            ],
            "sort": sort,
            "sorts": [(value, label) for value, (label, _) in _SORTS.items()],
            "year": year,
            "years": every.order_by("-year").values_list("year", flat=True).distinct(),
            "regions": regions_with_facts(),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def diagnosis_run_list(request: HttpRequest) -> HttpResponse:
    """All runs, the latest first; posting starts one."""
    error = ""
    if request.method == "POST":
        try:
            run = diagnosis_runs.create_run(
                as_of=day_asked(request), year=city_year(request), viewer=viewer_of(request)
            )
        except EngineError as refused:
            error = failure_of(refused)
        else:
            diagnosis_runs.start_run(run)
            return redirect("exchange:diagnosis_run", run.public_id)
    page = Paginator(_runs(request), _PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "exchange/diagnosis_runs.html",
        {
            **city_context(request),
            "page": page,
            "pages": shown_pages(page.number, page.paginator.num_pages),
            "error": error,
        },
        status=422 if error else 200,
    )


@require_safe
def diagnosis_run(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One run with its progress, and what it found so far."""
    run = _run(request, public_id)
    made = run.diagnosis_set.defer("content").select_related("organisation")
    return render(
        request,
        "exchange/diagnosis_run.html",
        {"run": run, "richest": made.order_by("-amount_cny", "pk")[:10]},
    )


@require_safe
def diagnosis_run_progress(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The part of the page that shows how far a run is."""
    run = _run(request, public_id)
    response = render(request, "exchange/partials/run_progress.html", {"run": run})
    if run.state not in (_State.WAITING, _State.RUNNING):
        response.headers["HX-Refresh"] = "true"
    return response


@require_POST
def diagnosis_run_cancel(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Stop a run after its present chunk."""
    run = _run(request, public_id)
    diagnosis_runs.cancel(run, viewer=viewer_of(request))
    return redirect("exchange:diagnosis_run", run.public_id)


@require_POST
def diagnosis_run_resume(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take up a run again that failed or was cancelled."""
    run = _run(request, public_id)
    try:
        diagnosis_runs.resume(run, viewer=viewer_of(request))
    except EngineError as refused:
        messages.error(request, failure_of(refused))
    return redirect("exchange:diagnosis_run", run.public_id)


def _narrowed(
    rows: QuerySet[Diagnosis], asked: dict[str, str], year: int | None
) -> QuerySet[Diagnosis]:
    conditions: dict[str, Any] = {}
    if asked["q"]:
        conditions["organisation__name__icontains"] = asked["q"][:100]
    if asked["region"]:
        conditions["organisation__region__adcode"] = asked["region"][:12]
    if year:
        conditions["year"] = year
    return rows.filter(**conditions)


def _of_state(rows: QuerySet[Diagnosis], state: str) -> QuerySet[Diagnosis]:
    if state in Diagnosis.State.values:
        return rows.filter(state=state)
    return rows.exclude(state=Diagnosis.State.SUPERSEDED)


def _runs(request: HttpRequest) -> QuerySet[DiagnosisRun]:
    return diagnosis_runs.runs(viewer_of(request))


def _run(request: HttpRequest, public_id: uuid.UUID) -> DiagnosisRun:
    return get_object_or_404(_runs(request), public_id=public_id)
