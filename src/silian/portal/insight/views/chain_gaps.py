"""Gaps of the chains, and what would hang on a node or an enterprise that is taken away."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from silian.errors import EngineError
from silian.portal.accounts.domain.access import AccessDenied, viewer_of
from silian.portal.addresses import whole_number
from silian.portal.api.files import attachment
from silian.portal.audit import domain as audit
from silian.portal.exchange.views.failures import failure_of
from silian.portal.exchange.views.lists import shown_pages
from silian.portal.insight.domain import chain_targets, chains
from silian.portal.insight.domain.chain_finding import node_names, organisation_names
from silian.portal.insight.domain.chain_values import ScenarioView
from silian.portal.insight.interfaces import chain_faces as faces
from silian.portal.insight.interfaces.chain_files import (
    FILE_FORMATS,
    gaps_file,
    scenario_file,
)
from silian.portal.insight.views.chain_asked import (
    MOST_IN_FILE,
    file_format_asked,
    named,
    scope_of,
    tabs,
    target_asked,
)
from silian.portal.registry.interfaces.spoken_names import (
    in_readers_language,
    pairs_in_readers_language,
)

_PER_PAGE = 30
_LOSSES_SHOWN, _LOSSES_MORE = 30, 500


@require_safe
def gap_list(request: HttpRequest) -> HttpResponse:
    """Nodes that are missing, weak, concentrated or dependent, the most needed first."""
    viewer, target, statuses = viewer_of(request), target_asked(request), _statuses(request)
    page = max(1, whole_number(request.GET.get("page", ""), 1))
    scope = scope_of(target, MOST_IN_FILE)
    found = in_readers_language(
        chains.find_gaps(
            scope, viewer, statuses=statuses, limit=_PER_PAGE, offset=(page - 1) * _PER_PAGE
        )
    )
    pages = max(1, -(-found.total_count // _PER_PAGE))
    context: dict[str, Any] = {
        "tabs": tabs("chain_gaps"),
        "found": found.gaps,
        "total": found.total_count,
        "statuses": statuses,
        "status_choices": [(one, faces.gap_label(one)) for one in faces.GAP_STATUSES],
        "status_faces": faces.gap_faces(statuses),
        "target": target,
        "targets": chain_targets.target_chains(),
        "thresholds": chains.thresholds(),
        "node_count": chains.chains_status().node_count,
        "formats": FILE_FORMATS,
        "page_number": page,
        "page_count": pages,
        "pages": shown_pages(min(page, pages), pages),
    }
    return render(request, "insight/chain_gaps.html", context)


@require_safe
def gap_export(request: HttpRequest) -> HttpResponseBase:
    """All gaps of the list as it is narrowed, as a file."""
    viewer, target, statuses = viewer_of(request), target_asked(request), _statuses(request)
    file_format = file_format_asked(request)
    found = in_readers_language(
        chains.find_gaps(
            scope_of(target, MOST_IN_FILE), viewer, statuses=statuses, limit=MOST_IN_FILE
        )
    )
    subject = str(target.public_id) if target else ""
    audit.log(
        "list.export", viewer, subject, list="gaps", statuses=list(statuses), format=file_format
    )
    return attachment(gaps_file(found.gaps, file_format), file_format, "chain-gaps")


@require_safe
def scenario_page(request: HttpRequest) -> HttpResponse:
    """Take nodes or enterprises away and see what hangs on them; the address keeps the question."""
    viewer, asked = viewer_of(request), _asked(request)
    context: dict[str, Any] = {
        "tabs": tabs("chain_scenario"),
        "asked": asked,
        "nodes": pairs_in_readers_language(node_names(asked["node_ids"], viewer)),
        "firms": organisation_names(asked["organisation_ids"], viewer),
        "substitutions": faces.SUBSTITUTIONS.items(),
        "statuses": faces.STATUSES,
        "formats": FILE_FORMATS,
        "every": request.GET.get("all") == "1",
        "export_url": reverse("insight:chain_scenario_export"),
    }
    if asked["node_ids"] or asked["organisation_ids"]:
        limit = _LOSSES_MORE if context["every"] else _LOSSES_SHOWN
        try:
            context["found"] = _scenario(request, limit)
        except AccessDenied:
            raise
        except EngineError as error:
            context["failure"] = failure_of(error)
    return render(request, "insight/chain_scenario.html", context)


@require_safe
def scenario_export(request: HttpRequest) -> HttpResponseBase:
    """All losses of the scenario that the address describes, as a file."""
    viewer, file_format, asked = viewer_of(request), file_format_asked(request), _asked(request)
    try:
        found = _scenario(request, MOST_IN_FILE)
    except AccessDenied:
        raise
    except EngineError as error:
        context = {"tabs": tabs("chain_scenario"), "asked": asked, "failure": failure_of(error)}
        return render(request, "insight/chain_scenario.html", context, status=422)
    audit.log(
        "list.export",
        viewer,
        list="chain-scenario",
        nodes=list(asked["node_ids"]),
        organisations=list(asked["organisation_ids"]),
        format=file_format,
    )
    return attachment(scenario_file(found, file_format), file_format, "chain-scenario")


def _statuses(request: HttpRequest) -> tuple[str, ...]:
    asked = request.GET.getlist("status")
    return tuple(one for one in faces.GAP_STATUSES if one in asked) or chains.USUAL_GAPS


def _asked(request: HttpRequest) -> dict[str, Any]:
    substitution = request.GET.get("substitution", "")
    return {
        "node_ids": named(request, "node"),
        "organisation_ids": named(request, "firm"),
        "within_region": request.GET.get("region") == "1",
        "substitution": substitution if substitution in faces.SUBSTITUTIONS else "shares",
    }


def _scenario(request: HttpRequest, limit: int) -> ScenarioView:
    found = chains.scenario(viewer_of(request), **_asked(request), limit=limit)
    return in_readers_language(found)
