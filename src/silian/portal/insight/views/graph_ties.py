"""How two things hang together, whether two people are too near, and who could work together."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from silian.errors import EngineError
from silian.portal.accounts.domain.access import require, viewer_of
from silian.portal.addresses import whole_number
from silian.portal.api.throttling import seconds_to_wait
from silian.portal.bilingual import choose
from silian.portal.exchange.views.failures import failure_of
from silian.portal.insight.domain.graph_conflicts import conflicts_between
from silian.portal.insight.domain.graph_exploring import find_thing
from silian.portal.insight.domain.graph_partners import (
    PARTNER_CONTEXT,
    likely_partners,
    similar_things,
)
from silian.portal.insight.domain.graph_paths import paths_between
from silian.portal.insight.domain.graph_scope import status_for
from silian.portal.insight.domain.graph_store import (
    GraphNotBuilt,
    graph_is_built,
    relation_words,
)
from silian.portal.insight.domain.graph_values import Narrowing
from silian.portal.insight.views.graph_asked import state_in
from silian.portal.registry.interfaces.spoken_names import in_readers_language

_PATHS = 5


@require_safe
def paths(request: HttpRequest) -> HttpResponse:
    """Paths between two things; whoever isn't signed in may search as often as by API."""
    viewer = viewer_of(request)
    context: dict[str, Any] = _ends(request, ("from", "to"))
    most = max(1, min(whole_number(request.GET.get("most", ""), _PATHS), 10))
    narrowing = _narrowing(request)
    context |= {"most": most, "narrowing": narrowing}
    if not context["missing"]:
        context["types"] = [
            (name, relation_words(name)) for name in sorted(status_for(viewer).by_type)
        ]
    asked = context["first_id"] and context["second_id"]
    wait_seconds = seconds_to_wait(request) if asked and not viewer.signed_in else 0
    try:
        if wait_seconds:
            context["failure"] = choose(
                f"查询过于频繁，请 {wait_seconds} 秒后再试，或登录。",
                f"Too many searches; try again in {wait_seconds} s, or sign in.",
            )
        elif asked:
            found = paths_between(
                viewer, context["first_id"], context["second_id"], most=most, narrowing=narrowing
            )
            context["ways"] = in_readers_language(found)
    except EngineError as error:
        context["failure"] = failure_of(error)
    response = render(
        request, "insight/graph_paths.html", context, status=429 if wait_seconds else 200
    )
    if wait_seconds:
        response["Retry-After"] = str(wait_seconds)
    return response


def _narrowing(request: HttpRequest) -> Narrowing:
    years = {name: request.GET.get(name, "") for name in ("since", "until")}
    return state_in({"types": request.GET.getlist("types"), **years}).narrowing


@require_safe
def conflicts(request: HttpRequest) -> HttpResponse:
    viewer = viewer_of(request)
    require(viewer, "conflict.read")
    context: dict[str, Any] = _ends(request, ("first", "second"))
    context["on"] = request.GET.get("on", "")[:10]
    try:
        if context["first_id"] and context["second_id"]:
            context["verdict"] = conflicts_between(
                viewer, context["first_id"], context["second_id"], as_of=_day(context["on"])
            )
    except EngineError as error:
        context["failure"] = failure_of(error)
    return render(request, "insight/graph_conflicts.html", context)


@require_safe
def near(request: HttpRequest, public_id: str) -> HttpResponse:
    """A card for the page of an organisation or a person."""
    viewer = viewer_of(request)
    context: dict[str, Any] = {"public_id": public_id}
    try:
        thing = find_thing(viewer, public_id)
        context["thing"] = thing
        context["similar"] = in_readers_language(similar_things(viewer, public_id, most=5))
        if thing.kind in PARTNER_CONTEXT:
            context["partners"] = likely_partners(viewer, public_id)
    except GraphNotBuilt as missing:
        context["missing"] = missing.message
    except EngineError as error:
        context["failure"] = failure_of(error)
    return render(request, "insight/partials/graph_near.html", context)


def _ends(request: HttpRequest, names: tuple[str, str]) -> dict[str, Any]:
    """The two ends asked for, with their names as far as they are known."""
    viewer = viewer_of(request)
    ends = [request.GET.get(name, "").strip()[:140] for name in names]
    context: dict[str, Any] = {
        "names": names,
        "first_id": ends[0],
        "second_id": ends[1],
        "missing": not graph_is_built(),
    }
    for place, end in zip(("first", "second"), ends, strict=True):
        try:
            context[place] = in_readers_language(find_thing(viewer, end)) if end else None
        except EngineError:
            context[place] = None
    return context


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
