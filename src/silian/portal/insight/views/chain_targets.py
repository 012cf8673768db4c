"""Target chains: made, changed with their history, deleted."""

import uuid
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from silian.portal.accounts.domain.access import viewer_of
from silian.portal.addresses import whole_number
from silian.portal.bilingual import choose
from silian.portal.exchange.views.lists import plain
from silian.portal.insight.domain import chain_targets
from silian.portal.insight.domain.chain_finding import node_names
from silian.portal.insight.models import TargetChain
from silian.portal.insight.views.chain_asked import found_or_404, tabs
from silian.portal.open_forms import OpenForm, Value, overtaken_page, tell_merged
from silian.portal.registry.interfaces.spoken_names import pairs_in_readers_language

_DEPTH = 3


@require_http_methods(["GET", "HEAD", "POST"])
def target_new(request: HttpRequest) -> HttpResponse:
    """Choose end products and how far upstream the city looks."""
    return _form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def target_edit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Change a target chain; its earlier states are listed below."""
    return _form(request, _target(public_id))


@require_POST
def target_delete(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Delete a target chain; its history stays."""
    chain_targets.delete_target(_target(public_id), viewer_of(request))
    return redirect("insight:chain_list")


def _target(public_id: uuid.UUID) -> Any:
    with found_or_404():
        return chain_targets.target_chain(str(public_id))


def _form(request: HttpRequest, target: Any) -> HttpResponse:
    values, refused = _values(request, target), None
    opened = _opened(request, target)
    if request.method == "POST":
        try:
            with transaction.atomic():
                if target is not None:
                    # Held, so that nobody saves between the comparison and the change.
                    target = TargetChain.objects.select_for_update().get(pk=target.pk)
                    opened = _opened(request, target, values)
                    if opened.overtaken:
                        back = reverse("insight:chain", args=[target.public_id])
                        return overtaken_page(request, opened, back=back)
                    values = _as_values(opened.values)
                kept = chain_targets.save_target(viewer_of(request), target=target, **values)
            tell_merged(request, opened)
        except chain_targets.TargetRefused as error:
            refused = error
        else:
            return redirect("insight:chain", kept.public_id)
    context = {
        "tabs": tabs("chain_list"),
        "target": target,
        "opened": opened if target else None,
        "values": values,
        "nodes": pairs_in_readers_language(node_names(values["node_ids"], viewer_of(request))),
        "refused": refused,
        "depths": range(1, chain_targets.MOST_DEPTH + 1),
        "versions": chain_targets.target_history(target) if target else (),
    }
    return render(request, "insight/chain_form.html", context, status=422 if refused else 200)


def _opened(request: HttpRequest, target: Any, values: dict[str, Any] | None = None) -> OpenForm:
    """What the chain's form shows, against what was sent by it."""
    latest = target and target.history.select_related("history_user").order_by("-pk").first()
    return OpenForm(
        _as_inputs(_kept_values(target)) if target else {},
        posted=None if values is None else _as_inputs(values),
        data=request.POST,
        labels={
            "name": choose("名称", "Name"),
            "name_en": choose("英文名称", "English name"),
            "description": choose("说明", "Description"),
            "depth": choose("上溯层数", "Steps upstream"),
            "node": choose("终端环节", "End products"),
        },
        told={"depth": str, "node": lambda ids: _names(request, ids)},
        changed_by=str((latest and latest.history_user) or ""),
        changed_at=latest.history_date if latest else None,
    )


def _names(request: HttpRequest, ids: Any) -> str:
    found = pairs_in_readers_language(node_names(tuple(ids), viewer_of(request)))
    return "、".join(str(name) for _, name in found)


def _as_inputs(values: dict[str, Any]) -> dict[str, Value]:
    inputs: dict[str, Value] = {
        name: str(value) for name, value in values.items() if name != "node_ids"
    }
    return inputs | {"node": list(values["node_ids"])}


def _as_values(inputs: dict[str, Value]) -> dict[str, Any]:
    values = {name: value for name, value in inputs.items() if name not in {"node", "depth"}}
    depth = whole_number(str(inputs["depth"]), 0)
    return values | {"depth": depth, "node_ids": tuple(inputs["node"])}


def _values(request: HttpRequest, target: Any) -> dict[str, Any]:
    """What the form holds: what was entered, else the chain as it is, else nothing."""
    if request.method == "POST":
        ids = (plain(one) for one in request.POST.getlist("node"))
        return {
            "name": plain(request.POST.get("name", "")),
            "name_en": plain(request.POST.get("name_en", "")),
            "description": plain(request.POST.get("description", "")),
            "depth": whole_number(request.POST.get("depth", ""), 0),
            "node_ids": tuple(dict.fromkeys(one for one in ids if one)),
        }
    if target is None:
        asked = plain(request.GET.get("node", ""))
        return {
            "name": "",
            "name_en": "",
            "description": "",
            "depth": _DEPTH,
            "node_ids": (asked,) if asked else (),
        }
    return _kept_values(target)


def _kept_values(target: Any) -> dict[str, Any]:
    return {
        "name": target.name,
        "name_en": target.name_en,
        "description": target.description,
        "depth": target.depth,
        "node_ids": tuple(one.public_id for one in target.nodes.all()),
    }
