"""Supplies of every kind: one page and one form, drawn from the catalogue."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from silian.portal.accounts.domain.access import require, viewer_of, write_action
from silian.portal.bilingual import choose
from silian.portal.catalogue import KINDS
from silian.portal.exchange.domain.service import SUPPLY_KINDS
from silian.portal.exchange.interfaces.facts import facts_of
from silian.portal.exchange.interfaces.forms import RecordForm
from silian.portal.exchange.views.deleting import deleted
from silian.portal.exchange.views.found import visible_record
from silian.portal.open_forms import overtaken_page, tell_merged
from silian.portal.registry.domain.own import check_speaks_for_somebody
from silian.portal.registry.domain.own_removal import is_deletable
from silian.portal.registry.domain.parties import contributors_of
from silian.portal.registry.interfaces.cards import card_of
from silian.portal.registry.interfaces.faces import FACES, url_of
from silian.portal.registry.interfaces.fields import field_groups
from silian.portal.registry.interfaces.regions import region_options

_WRITABLE = tuple(k for k in SUPPLY_KINDS if write_action(k) == "supply.write")


@require_GET
def record_detail(request: HttpRequest, public_id: str) -> HttpResponse:
    record = visible_record(request, public_id)
    own_page = url_of(record.public_id)
    if own_page != request.path:
        return redirect(own_page)
    return render(
        request,
        "exchange/record_detail.html",
        {
            "record": record,
            "card": card_of(record),
            "kind": KINDS[record.kind],
            "facts": facts_of(record),
            "people": contributors_of(record, viewer_of(request)),
            "is_supply": record.kind in SUPPLY_KINDS,
        },
    )


@require_http_methods(["GET", "POST"])
def supply_new(request: HttpRequest) -> HttpResponse:
    kind = request.GET.get("kind", "achievement")
    kind = kind if kind in _WRITABLE else "achievement"
    require(viewer_of(request), write_action(kind))
    check_speaks_for_somebody(viewer_of(request))
    return _edit(request, kind, None)


@require_http_methods(["GET", "POST"])
def supply_edit(request: HttpRequest, public_id: str) -> HttpResponse:
    record = visible_record(request, public_id)
    require(viewer_of(request), write_action(record.kind), record)
    return _edit(request, record.kind, record)


def _edit(request: HttpRequest, kind: str, record: Any) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    if posted is not None and record is not None and posted.get("intent") == "delete":
        return deleted(request, record, "exchange:supply_list")
    form = RecordForm(kind, viewer_of(request), record=record, data=posted)
    if posted is not None:
        result = form.save()
        if result is not None:
            messages.success(
                request,
                choose(
                    "已保存，约两秒后可被检索和匹配。",
                    "Saved; it can be found and matched in about two seconds.",
                ),
            )
            if form.opened:
                tell_merged(request, form.opened)
            return redirect(url_of(result.record.public_id))
        if form.opened and form.opened.overtaken:
            return overtaken_page(request, form.opened, back=url_of(record.public_id))
    context = {
        "form": form,
        "opened": form.opened,
        "record": record,
        "kind": KINDS[kind],
        "face": FACES[kind],
        "deletable": record is not None and is_deletable(record),
        "kinds": [] if record else [KINDS[k] for k in _WRITABLE],
        "regions": region_options(),
        "field_groups": field_groups(),
    }
    return render(request, "exchange/supply_form.html", context, status=422 if posted else 200)
