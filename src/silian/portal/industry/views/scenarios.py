"""What-if runs over the city: entered, run in the background, compared, exported."""

import uuid
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from silian.errors import EngineError
from silian.portal.accounts.domain.access import viewer_of
from silian.portal.api.files import attachment
from silian.portal.bilingual import choose
from silian.portal.exchange.views.failures import failure_of
from silian.portal.exchange.views.lists import plain, shown_pages
from silian.portal.industry.domain import policy_drafts, scenarios
from silian.portal.industry.domain.policies import (
    PolicyNotFound,
    policies_in_force,
    policy_page,
)
from silian.portal.industry.interfaces.policy_faces import parameter_rows
from silian.portal.industry.interfaces.scenario_faces import (
    effect_face,
    override_rows,
    policy_labels,
)
from silian.portal.industry.interfaces.scenario_files import export_scenario
from silian.portal.industry.models import PolicyDraft, Scenario
from silian.portal.industry.views.asked import day_asked, format_asked
from silian.portal.industry.views.city import city_context, city_year

_PER_PAGE = 25
_State = Scenario.State
_PREFIX = "parameter."


@require_safe
def scenario_list(request: HttpRequest) -> HttpResponse:
    """All scenarios, the latest first."""
    # A result holds every enterprise that moves; a list needs three figures of it.
    figures = {name: F(f"result__{name}") for name in ("winners", "losers", "difference_cny")}
    rows = scenarios.scenarios(viewer_of(request)).defer("result", "draft__content")
    rows = rows.annotate(**figures)
    page = Paginator(rows, _PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "industry/scenario_list.html",
        {
            "page": page,
            "pages": shown_pages(page.number, page.paginator.num_pages),
            "labels": policy_labels(),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def scenario_new(request: HttpRequest) -> HttpResponse:
    """Choose a policy and change its parameters, or hold a draft against what is in force."""
    day, error = day_asked(request), ""
    if request.method == "POST":
        try:
            scenario = _entered(request, day)
        except EngineError as refused:
            error = failure_of(refused)
        else:
            return redirect("industry:scenario_detail", scenario.public_id)
    drafts = policy_drafts.drafts(viewer_of(request)).exclude(state=PolicyDraft.State.WITHDRAWN)
    return render(
        request,
        "industry/scenario_new.html",
        {
            **city_context(request),
            **_chosen(request, day),
            "policies": policies_in_force(day),
            "drafts": drafts.exclude(state=PolicyDraft.State.PUBLISHED).defer("content"),
            "draft_id": request.POST.get("draft", request.GET.get("draft", "")),
            "name": request.POST.get("name", ""),
            "error": error,
        },
        status=422 if error else 200,
    )


@require_safe
def scenario_detail(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One scenario: what it changes, and once it is done who wins, who loses, what it costs."""
    scenario = _scenario(request, public_id)
    context: dict[str, Any] = {
        "scenario": scenario,
        "policy_label": policy_labels().get(scenario.policy_id, scenario.policy_id),
        "overrides": _overrides(scenario),
        "formats": ("csv", "xlsx"),
    }
    if scenario.state == _State.DONE:
        context["effect"] = effect_face(scenario.result, scenario.draft)
    return render(request, "industry/scenario_detail.html", context)


@require_safe
def scenario_progress(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The part of the page that waits for the run."""
    scenario = _scenario(request, public_id)
    response = render(request, "industry/partials/scenario_state.html", {"scenario": scenario})
    if scenario.state in (_State.DONE, _State.FAILED):
        response.headers["HX-Refresh"] = "true"
    return response


@require_POST
def scenario_run(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Run a scenario that failed once more."""
    scenario = _scenario(request, public_id)
    if scenario.state == _State.FAILED:
        scenarios.restart_scenario(scenario, viewer=viewer_of(request))
    return redirect("industry:scenario_detail", scenario.public_id)


@require_safe
def scenario_export(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """Who wins and who loses, as a file."""
    scenario, file_format = _scenario(request, public_id), format_asked(request)
    if scenario.state != _State.DONE:
        raise Http404(choose("推演尚未完成，没有可导出的结果。", "The run is not done yet."))
    made = export_scenario(scenario, file_format, viewer=viewer_of(request))
    return attachment([made], file_format, f"scenario-{scenario.public_id}")


def _entered(request: HttpRequest, day: date) -> Scenario:
    """The scenario that the form describes, queued."""
    viewer, draft = viewer_of(request), None
    if asked := request.POST.get("draft", ""):
        draft = policy_drafts.drafts(viewer).filter(public_id=_uuid(asked)).first()
    scenario = scenarios.create_scenario(
        name=plain(request.POST.get("name", "")),
        policy_id=request.POST.get("policy", ""),
        as_of=day,
        year=city_year(request),
        overrides={} if draft else _changed(request, day),
        draft=draft,
        viewer=viewer,
    )
    scenarios.start_scenario(scenario)
    return scenario


def _changed(request: HttpRequest, day: date) -> dict[str, str]:
    """Parameters whose text differs from what counts today; rates are entered in percent."""
    present = {row["id"]: row for row in _chosen(request, day)["parameters"]}
    changed = {}
    for key, text in request.POST.items():
        name, value = key.removeprefix(_PREFIX), plain(text)
        row = present.get(name)
        if not key.startswith(_PREFIX) or row is None or value in ("", row["text"]):
            continue
        changed[name] = from_percent(value) if row["is_rate"] else value.replace(",", "")
    return changed


def from_percent(text: str) -> str:
    """A fraction from what was entered in percent; what is no number stays as it is.

    Examples
    --------
    >>> from_percent("12.5%"), from_percent("many")
    ('0.125', 'many')
    """
    try:
        return repr(round(float(text.rstrip("% ")) / 100, 12))
    except ValueError:
        return text


def _chosen(request: HttpRequest, day: date) -> dict[str, Any]:
    """The policy that is chosen, with its parameters as the form shows them."""
    asked = request.POST.get("policy", request.GET.get("policy", ""))
    nothing: dict[str, Any] = {"policy": None, "parameters": []}
    if not asked:
        return nothing
    try:
        page = policy_page(asked, day)
    except PolicyNotFound:
        return nothing
    if not page.in_force:
        return nothing
    rows = []
    for row in parameter_rows(page.parameters, day):
        parameter, today = row["parameter"], row["today"]
        if today is None:
            continue
        is_rate = parameter.unit == "rate"
        text = _as_text(today.value, is_rate)
        key = f"{_PREFIX}{parameter.parameter_id}"
        rows.append(
            {
                "id": parameter.parameter_id,
                "name": key,
                "parameter": parameter,
                "today": today.value,
                "is_rate": is_rate,
                "is_bool": isinstance(today.value, bool),
                "text": text,
                "entered": request.POST.get(key, text),
            }
        )
    return {"policy": page.policy, "parameters": rows}


def _as_text(value: Any, is_rate: bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value * 100 if is_rate else value:.10g}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _overrides(scenario: Scenario) -> list[dict[str, Any]]:
    try:
        policy = policy_page(scenario.policy_id, scenario.as_of).policy
    except PolicyNotFound:
        policy = None
    return override_rows(policy, scenario.overrides, scenario.as_of)


def _scenario(request: HttpRequest, public_id: uuid.UUID) -> Scenario:
    return get_object_or_404(scenarios.scenarios(viewer_of(request)), public_id=public_id)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
