"""Industry chains: the target chains with their strength, one chain in layers, nodes to choose."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from silian.portal.accounts.domain.access import viewer_of
from silian.portal.api.files import attachment
from silian.portal.audit import domain as audit
from silian.portal.bilingual import named
from silian.portal.exchange.views.lists import plain
from silian.portal.insight.domain import chain_targets, chains
from silian.portal.insight.domain.chain_finding import find_organisations
from silian.portal.insight.domain.chain_values import ChainScope, ChainView
from silian.portal.insight.interfaces import chain_faces as faces
from silian.portal.insight.interfaces.chain_diagram import draw
from silian.portal.insight.interfaces.chain_files import FILE_FORMATS, nodes_file
from silian.portal.insight.views.chain_asked import (
    MOST_IN_FILE,
    MOST_ON_PAGE,
    around_scope,
    file_format_asked,
    folded_asked,
    found_or_404,
    more_rows,
    rows_asked,
    tabs,
)
from silian.portal.registry.interfaces.spoken_names import in_readers_language

_HITS_ON_PAGE, _HITS_TO_PICK = 60, 12


@require_safe
def chain_list(request: HttpRequest) -> HttpResponse:
    """Target chains as cards with their strength; every node can be looked for."""
    viewer = viewer_of(request)
    text, node_kind = plain(request.GET.get("q", ""))[:100], request.GET.get("kind", "")
    node_kind = node_kind if node_kind in faces.NODE_KINDS else ""
    status = chains.chains_status()
    context: dict[str, Any] = {
        "tabs": tabs("chain_list"),
        "status": status,
        "text": text,
        "node_kind": node_kind,
        "node_kinds": faces.NODE_KINDS.items(),
    }
    if status.node_count:
        asked = text or node_kind
        context |= {
            "cards": [_card(one, viewer) for one in chain_targets.target_chains()],
            "searched": bool(asked),
            "hits": in_readers_language(
                chains.find_nodes(
                    text,
                    viewer,
                    node_kind=node_kind if asked else "industry",
                    limit=_HITS_ON_PAGE,
                )
            ),
            "legend": faces.legend(),
        }
    return render(request, "insight/chain_list.html", context)


@require_safe
def chain_pick(request: HttpRequest) -> HttpResponse:
    """Nodes or enterprises whose name holds what was typed, to be taken into a form."""
    viewer, text = viewer_of(request), plain(request.GET.get("q", ""))[:100]
    what = "firm" if request.GET.get("what") == "firm" else "node"
    if not text:
        found: Any = []
    elif what == "firm":
        found = find_organisations(text, viewer, limit=_HITS_TO_PICK)
    else:
        hits = in_readers_language(chains.find_nodes(text, viewer, limit=_HITS_TO_PICK))
        found = [(one.node_id, one.name, faces.NODE_KINDS.get(one.node_kind, "")) for one in hits]
    context = {"found": found, "what": what, "text": text}
    return render(request, "insight/partials/chain_picked.html", context)


@require_safe
def chain(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One target chain in layers."""
    target, scope = _target(public_id, MOST_ON_PAGE)
    export_url = reverse("insight:chain_export", args=[public_id])
    context = _drawn(request, scope, export_url) | {"target": target}
    return render(request, "insight/chain.html", context)


@require_safe
def chain_around(request: HttpRequest, node_id: str) -> HttpResponse:
    """What is upstream and downstream of one node, in layers."""
    scope = around_scope(request, node_id, MOST_ON_PAGE)
    export_url = reverse("insight:chain_around_export", args=[node_id])
    context = _drawn(request, scope, export_url)
    roots = [one for one in context["view"].nodes if one.node_id == node_id]
    context |= {"root": roots[0] if roots else None, "depths": range(1, 5)}
    return render(request, "insight/chain.html", context)


@require_safe
def chain_export(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """The nodes of a target chain as a file."""
    _, scope = _target(public_id, MOST_IN_FILE)
    return _nodes_file(request, scope, str(public_id))


@require_safe
def around_export(request: HttpRequest, node_id: str) -> HttpResponseBase:
    """The nodes around one node as a file."""
    return _nodes_file(request, around_scope(request, node_id, MOST_IN_FILE), node_id)


def _target(public_id: uuid.UUID, most: int) -> tuple[Any, ChainScope]:
    with found_or_404():
        target = chain_targets.target_chain(str(public_id))
    return target, chain_targets.scope_of(target, most)


def _card(target: Any, viewer: Any) -> dict[str, Any]:
    """A target chain with how many of its nodes stand how."""
    view = chains.chain_view(chain_targets.scope_of(target, 1), viewer)
    return {
        "target": target,
        "roots": [named(one) for one in target.nodes.all()],
        "count": sum(view.by_status.values()),
        "pieces": faces.strength_summary(view.by_status),
        "sound_share": faces.sound_share(view.by_status),
    }


def _drawn(request: HttpRequest, scope: ChainScope, export_url: str) -> dict[str, Any]:
    """What a page shows of a part of the chains."""
    with found_or_404():
        view: ChainView = in_readers_language(chains.chain_view(scope, viewer_of(request)))
    rows, folded = rows_asked(request), folded_asked(request)
    return {
        "tabs": tabs("chain_list"),
        "view": view,
        "diagram": draw(view, rows=rows, folded=folded),
        "layers": faces.layer_lists(view),
        "pieces": faces.strength_summary(view.by_status),
        "legend": faces.legend(),
        "rows": rows,
        "more_rows": more_rows(rows),
        "export_url": export_url,
        "formats": FILE_FORMATS,
        "thresholds": chains.thresholds(),
    }


def _nodes_file(request: HttpRequest, scope: ChainScope, subject: str) -> HttpResponseBase:
    viewer, file_format = viewer_of(request), file_format_asked(request)
    with found_or_404():
        view = in_readers_language(chains.chain_view(scope, viewer))
    audit.log("list.export", viewer, subject, list="chain", format=file_format)
    return attachment(nodes_file(view, file_format), file_format, f"chain-{subject}")
