"""The cheapest way to several policies at once, as a part of the page of entitlements."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from silian.portal.exchange.views.failures import failure_of
from silian.portal.industry.domain.joint_planning import NoPolicyChosen, joint_guidance
from silian.portal.industry.domain.ladder_standing import UnknownStep
from silian.portal.industry.domain.policies import PolicyNotFound
from silian.portal.industry.interfaces.joint_faces import joint_face
from silian.portal.industry.views.asked import day_asked, organisation_asked, year_asked


@require_safe
def joint_plan(request: HttpRequest, public_id: str) -> HttpResponse:
    """Changes with what each is for and what they open; htmx takes the part alone."""
    organisation = organisation_asked(request, public_id, "entitlement.read")
    assert organisation is not None  # the address names it
    day = day_asked(request)
    context: dict[str, Any] = {"organisation": organisation, "as_of": day}
    status = 200
    try:
        found = joint_guidance(
            organisation,
            request.GET.getlist("policy"),
            as_of=day,
            year=year_asked(request),
            step_code=request.GET.get("step", ""),
        )
        context |= {"found": found, "joint": joint_face(found)}
    except (NoPolicyChosen, PolicyNotFound, UnknownStep) as error:
        context["refused"] = failure_of(error)
        status = 200 if request.htmx else 422  # htmx leaves other answers out of the page
    template = "partials/joint_plan.html" if request.htmx else "joint_plan.html"
    return render(request, f"industry/{template}", context, status=status)
