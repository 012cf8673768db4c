"""One node of a chain: its page, its panel beside a picture, decisions about who stands there."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from silian.errors import EngineError
from silian.portal.accounts.domain.access import AccessDenied, allowed, viewer_of
from silian.portal.bilingual import choose
from silian.portal.exchange.views.failures import failure_of
from silian.portal.exchange.views.found import visible_record
from silian.portal.exchange.views.lists import plain
from silian.portal.insight.domain import chain_decisions, chains
from silian.portal.insight.domain.chain_values import NodeDetail
from silian.portal.insight.interfaces import chain_faces as faces
from silian.portal.insight.views.chain_asked import found_or_404, tabs
from silian.portal.registry.interfaces.spoken_names import in_readers_language

_MEMBERS_SHOWN, _MEMBERS_MORE = 12, 200
_IN_PANEL, _PLACES_SHOWN = 5, 12


@require_safe
def node_page(request: HttpRequest, node_id: str) -> HttpResponse:
    """What a node is, what hangs on it, who stands there and who could."""
    viewer, every = viewer_of(request), request.GET.get("members") == "all"
    most = _MEMBERS_MORE if every else _MEMBERS_SHOWN
    context = _node(request, node_id, most)
    decisions = chain_decisions.decisions_at(node_id, viewer)
    context |= {
        "tabs": tabs("chain_list"),
        "evidence": in_readers_language(chains.gap(node_id, viewer)),
        "fillers": in_readers_language(chains.fillers(node_id, viewer)),
        "may_decide": allowed(viewer, "chain.decide"),
        "may_remove": allowed(viewer, "chain.scenario"),
        "may_target": allowed(viewer, "chain.target"),
        "decisions": decisions,
        "decided": {one.subject_id: one for one in decisions},
        "every": every,
        "kinships": faces.KINSHIPS,
        "legend": faces.legend(),
        "status_face": faces.STATUSES[context["node"].status],
    }
    return render(request, "insight/chain_node.html", context)


@require_safe
def node_panel(request: HttpRequest, node_id: str) -> HttpResponse:
    """The same in short, beside the picture."""
    context = _node(request, node_id, _IN_PANEL)
    return render(request, "insight/partials/chain_panel.html", context)


@require_safe
def position(request: HttpRequest, public_id: str) -> HttpResponse:
    """Where an organisation stands in the chains: a card of its page."""
    record = visible_record(request, public_id, "organisation")
    places = in_readers_language(
        chains.places_of(public_id, viewer_of(request), most=_PLACES_SHOWN)
    )
    context = {
        "record": record,
        "places": places,
        "origins": faces.ORIGINS,
        "kinds": faces.NODE_KINDS,
        "may_remove": allowed(viewer_of(request), "chain.scenario"),
    }
    return render(request, "insight/partials/chain_position.html", context)


@require_POST
def decide_place(request: HttpRequest, node_id: str) -> HttpResponse:
    """Confirm or refuse that a record stands at a node, or take the last word back."""
    viewer = viewer_of(request)
    subject_id, verdict = (plain(request.POST.get(name, "")) for name in ("subject", "verdict"))
    try:
        if verdict == "withdraw":
            chain_decisions.withdraw_latest(viewer, node_id=node_id, subject_id=subject_id)
            messages.success(request, choose("已撤回判定。", "The decision is taken back."))
        else:
            note = plain(request.POST.get("note", ""))
            chain_decisions.decide(
                viewer, node_id=node_id, subject_id=subject_id, verdict=verdict, note=note
            )
            messages.success(
                request, choose("判定已保存，可随时撤回。", "Kept; you can take it back.")
            )
    except AccessDenied:
        raise
    except EngineError as error:
        messages.error(request, failure_of(error))
    return redirect(_back(request, reverse("insight:chain_node", args=[node_id])))


def _back(request: HttpRequest, otherwise: str) -> str:
    asked = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(asked, {request.get_host()}, request.is_secure())
    return asked if safe else otherwise


def _node(request: HttpRequest, node_id: str, most: int) -> dict[str, Any]:
    with found_or_404():
        detail: NodeDetail = in_readers_language(
            chains.node_detail(node_id, viewer_of(request), most=most)
        )
    return {
        "detail": detail,
        "node": detail.node,
        "kind": faces.NODE_KINDS.get(detail.node.node_kind, detail.node.node_kind),
        "neighbours": _neighbours(detail),
        "presence": faces.presence_rows(detail.node),
        "groups": faces.member_groups(detail),
        "origins": faces.ORIGINS,
        "statuses": faces.STATUSES,
        "thresholds": chains.thresholds(),
    }


def _neighbours(detail: NodeDetail) -> list[tuple[str, Any]]:
    return [
        (name, found)
        for name, found in (
            (choose("上游（供给它）", "Upstream: what feeds it"), detail.inputs),
            (choose("下游（它供给）", "Downstream: what it feeds"), detail.outputs),
            (choose("小类与组成", "Its kinds and parts"), detail.parts),
            (choose("属于", "It belongs to"), detail.wholes),
        )
        if found
    ]
