"""The ladder of enterprises: steps, flows, who is next, and how the doubling plan goes."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from silian.library.ladder import ladder_plans, ladder_steps
from silian.portal.accounts.domain.access import allowed, viewer_of
from silian.portal.exchange.views.failures import failure_of
from silian.portal.industry.domain import ladder as ladder_domain
from silian.portal.industry.domain.ladder import Candidates, UnknownPlan, UnknownStep
from silian.portal.industry.domain.policies import PolicyNotFound
from silian.portal.industry.interfaces.city_faces import (
    distance_face,
    flow_table,
    flows_chart,
    plan_chart,
    regions_with_facts,
    step_label,
    steps_chart,
)
from silian.portal.industry.interfaces.city_files import candidates_file
from silian.portal.industry.views.asked import day_asked, year_named
from silian.portal.industry.views.city import city_context, city_year, logged_file

_SHOWN = 20
_MOST_IN_FILE = 5_000


@require_safe
def ladder(request: HttpRequest) -> HttpResponse:
    """Counts by step and year, flows, and the plan's progress."""
    year, region = city_year(request), _region(request)
    found = ladder_domain.ladder(year, region_code=region)
    context = {
        **city_context(request),
        "found": found,
        "year": found.year,
        "region": region,
        "regions": regions_with_facts() if _is_team(request) else [],
        "steps_chart": steps_chart(found),
        "years_told": sorted(found.counts_by_year),
        "flows_chart": flows_chart(found.flows, found.year),
        "flow_table": flow_table(found.flows),
    }
    return render(request, "industry/ladder.html", context | _plan(request, region))


@require_safe
def candidates(request: HttpRequest) -> HttpResponse:
    """Who is next for a step; a part of the page that comes after it."""
    context = {**city_context(request), **_candidates(request, _region(request))}
    return render(request, "industry/partials/candidates.html", context)


@require_safe
def candidates_export(request: HttpRequest, step: str) -> HttpResponseBase:
    """Who is next for a step, as a file."""
    try:
        found = _next(request, step, _region(request), _MOST_IN_FILE)
    except (UnknownStep, PolicyNotFound) as error:
        raise Http404(failure_of(error)) from error
    return logged_file(request, candidates_file, found, "candidates", step)


def _candidates(request: HttpRequest, region: str) -> dict[str, Any]:
    steps = [step for step in ladder_steps() if step.policy_id]
    asked = request.GET.get("step", "")
    chosen = next((one for one in steps if one.code == asked), steps[0] if steps else None)
    context: dict[str, Any] = {"step_options": steps, "chosen_step": chosen}
    if chosen is None:
        return context
    try:
        found = _next(request, chosen.code, region, _SHOWN)
    except PolicyNotFound as error:
        return context | {"candidates_error": failure_of(error)}
    rows = [
        {
            "candidate": one,
            "is_ready": not one.gaps and not one.condition_id,
            "present": step_label(one.present_step),
            "distance": distance_face(one.gaps),
        }
        for one in (*found.ready, *found.near)[: 2 * _SHOWN]
    ]
    return context | {"candidates": found, "candidate_rows": rows}


def _next(request: HttpRequest, step: str, region: str, limit: int) -> Candidates:
    return ladder_domain.next_candidates(
        step, as_of=day_asked(request), year=city_year(request), region_code=region, limit=limit
    )


def _plan(request: HttpRequest, region: str) -> dict[str, Any]:
    base, target = year_named(request, "base"), year_named(request, "target")
    error = ""
    try:
        progress = ladder_domain.doubling_plan(base, target, region_code=region)
    except UnknownPlan as refused:
        error, progress = failure_of(refused), ladder_domain.doubling_plan(region_code=region)
    return {
        "plan": progress,
        "plan_error": error,
        "plan_chart": plan_chart(progress),
        "plan_targets": range(progress.base_year + 1, progress.base_year + 11),
        "several_plans": len(ladder_plans()) > 1,
    }


def _is_team(request: HttpRequest) -> bool:
    """Whether the viewer may list enterprises: of a small district, counts tell of single ones."""
    return allowed(viewer_of(request), "entitlement.list")


def _region(request: HttpRequest) -> str:
    """The region in the address, if it is one that has enterprises and the viewer may ask so."""
    if not _is_team(request):
        return ""
    asked = request.GET.get("region", "")
    return asked if asked in dict(regions_with_facts()) else ""
