"""An enterprise's yearly facts: read, declared by itself, verified by the operator, downloaded."""

import json
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_safe,
)

from silian.errors import EngineError
from silian.portal.accounts.domain.access import AccessDenied, allowed, viewer_of
from silian.portal.addresses import whole_number
from silian.portal.api.files import attachment
from silian.portal.audit import domain as audit
from silian.portal.bilingual import choose
from silian.portal.exchange.views.failures import failure_of
from silian.portal.industry.domain.facts import facts_history, facts_of
from silian.portal.industry.domain.facts_writing import FactsChanged, stated_facts, verify_facts
from silian.portal.industry.interfaces.facts_form import FactsForm
from silian.portal.industry.interfaces.facts_table import (
    facts_file,
    money_chart,
    sections,
    verification_rows,
)
from silian.portal.industry.views.asked import (
    FILE_FORMATS,
    format_asked,
    is_year,
    organisation_asked,
    year_asked,
)
from silian.portal.industry.views.enterprises import choose_enterprise
from silian.portal.open_forms import overtaken_page, tell_merged
from silian.portal.registry.models import Organisation

_YEARS_SHOWN = 5
_YEARS_BACK = 8


@require_GET
def facts(request: HttpRequest, public_id: str = "") -> HttpResponse:
    """All facts by heading, a column a year, with where each comes from."""
    organisation = organisation_asked(request, public_id, "facts.read")
    if organisation is None:
        return choose_enterprise(request, "industry:facts", choose("年度数据", "Yearly facts"))
    history = facts_history(organisation)[-_YEARS_SHOWN:]
    viewer = viewer_of(request)
    return render(
        request,
        "industry/facts.html",
        {
            "organisation": organisation,
            "sections": sections(history) if history else [],
            "years": [row.year for row in history],
            "chart": money_chart(history),
            "can_write": allowed(viewer, "facts.write", organisation),
            "can_verify": allowed(viewer, "facts.verify", organisation),
            "edit_years": _edit_years(),
            "file_formats": FILE_FORMATS,
        },
    )


@require_http_methods(["GET", "POST"])
def facts_edit(request: HttpRequest, public_id: str, year: int) -> HttpResponse:
    """Declare the facts of a year; only what is changed is declared anew."""
    organisation = _named(request, public_id, "facts.write")
    if not is_year(year):
        raise Http404(choose(f"没有 {year} 年度。", f"There is no year {year}."))
    posted = request.POST if request.method == "POST" else None
    with transaction.atomic():
        if posted is not None:
            # Held, so that nobody declares between the comparison and the change.
            Organisation.objects.select_for_update().get(pk=organisation.pk)
        form = FactsForm(facts_of(organisation, year), posted)
        saved = form.save(organisation, viewer_of(request)) if posted is not None else None
    if posted is not None:
        if form.opened.overtaken:
            back = reverse("industry:facts", args=[organisation.public_id])
            return overtaken_page(request, form.opened, back=back)
        if saved is not None:
            messages.success(request, _told(saved))
            tell_merged(request, form.opened)
            return redirect("industry:facts", organisation.public_id)
    return render(
        request,
        "industry/facts_edit.html",
        {
            "organisation": organisation,
            "form": form,
            "opened": form.opened,
            "year": year,
            "edit_years": _edit_years(),
        },
        status=422 if posted is not None else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def facts_verify(request: HttpRequest, public_id: str) -> HttpResponse:
    """The operator confirms facts of a year: the values that this page showed, and no others."""
    organisation = _named(request, public_id, "facts.verify")
    asked = request.POST if request.method == "POST" else request.GET
    year = whole_number(asked.get("year", ""), 0)
    changed: dict[str, Any] = {}
    error = ""
    if request.method == "POST":
        try:
            verify_facts(
                organisation,
                year,
                viewer_of(request),
                codes=request.POST.getlist("fact"),
                shown=_shown(request),
            )
        except AccessDenied:
            raise
        except FactsChanged as refused:
            changed = {one.code: one for one in refused.changed}
            error = choose(
                "数据在您查看之后有变动，没有核实任何一项。请核对下面标出的数据后再确认。",
                "Facts were changed after you read them, so none was verified. Look at those "
                "marked below and confirm again.",
            )
        except EngineError as refused:
            error = failure_of(refused)
        else:
            messages.success(
                request,
                choose(
                    f"{year} 年的数据已核实，以核实值为准。",
                    f"Facts of {year} are verified and go before later declarations.",
                ),
            )
            return redirect("industry:facts", organisation.public_id)
    stated = stated_facts(organisation, year)
    return render(
        request,
        "industry/facts_verify.html",
        {
            "organisation": organisation,
            "year": year,
            "rows": verification_rows(facts_of(organisation, year), stated, changed)
            if stated
            else [],
            "shown": json.dumps(stated, ensure_ascii=False),
            "chosen": request.POST.getlist("fact") if request.method == "POST" else None,
            "error": error,
        },
        status=(409 if changed else 422) if error else 200,
    )


def _shown(request: HttpRequest) -> dict[str, Any]:
    """The values that the form was made with; a form without them confirms nothing."""
    try:
        found = json.loads(request.POST.get("shown", ""))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@require_safe
def facts_download(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """All years as a file, in base units with origins; the download is logged."""
    organisation = _named(request, public_id, "facts.read")
    history = facts_history(organisation)
    year = year_asked(request)
    chosen = [row for row in history if year in (None, row.year)]
    file_format = format_asked(request)
    audit.log("facts.export", viewer_of(request), organisation.public_id, format=file_format)
    return attachment(
        facts_file(chosen, file_format), file_format, f"facts-{organisation.public_id}"
    )


def _named(request: HttpRequest, public_id: str, action: str) -> Organisation:
    found = organisation_asked(request, public_id, action)
    assert found is not None  # the address names it
    return found


def _edit_years() -> list[int]:
    last = timezone.localdate().year
    return list(range(last, last - _YEARS_BACK, -1))


def _told(count: int) -> str:
    if not count:
        return choose("没有改动。", "Nothing was changed.")
    return choose(
        f"已保存 {count} 项数据，政策测算和得分随之更新。",
        f"{count} facts saved; entitlements and scores follow at once.",
    )
