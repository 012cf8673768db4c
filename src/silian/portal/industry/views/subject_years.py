"""Scores of service agencies and facilities: one decomposed, or all of them ranked."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from silian.portal.accounts.domain.access import allowed, require, viewer_of
from silian.portal.bilingual import both
from silian.portal.exchange.interfaces.forms import RecordForm
from silian.portal.exchange.views.failures import failure_of
from silian.portal.exchange.views.found import visible_record
from silian.portal.industry.domain.facts_statements import DeclarationRefused, NotYourStatement
from silian.portal.industry.domain.indicator_systems import SystemNotFound
from silian.portal.industry.domain.subject_rankings import (
    SubjectRanking,
    ranking_of,
    sheet_of_subject,
)
from silian.portal.industry.domain.subject_years import YEAR_MODELS, facts_by_year, systems_of
from silian.portal.industry.interfaces.city_files import subject_ranking_file
from silian.portal.industry.interfaces.score_faces import (
    WITHHELD,
    decomposition,
    radar,
    verdict,
)
from silian.portal.industry.interfaces.subject_faces import fact_rows
from silian.portal.industry.views.asked import FILE_FORMATS, day_asked, year_asked
from silian.portal.industry.views.city import (
    PER_PAGE,
    logged_file,
    page_asked,
    pager_context,
)

SUBJECT_LABELS = {
    "service_agency": both("科技服务机构", "Service agencies"),
    "facility": both("仪器与中试线", "Facilities"),
}


@require_safe
def subject_ranking(request: HttpRequest, subject: str = "service_agency") -> HttpResponse:
    """Agencies or facilities of a year with grade and rank, the best first."""
    day, page = day_asked(request), page_asked(request)
    found = _ranking(request, subject, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
    return render(
        request,
        "industry/subject_ranking.html",
        {
            **pager_context(page, found.total_count),
            "found": found,
            "subject": subject,
            "formats": FILE_FORMATS,
            "subjects": SUBJECT_LABELS.items(),
            "title": SUBJECT_LABELS[subject],
            "as_of": day,
            "systems": systems_of(subject, day),
            "grades": {one.grade_id: one for one in found.system.grades},
            "withheld": WITHHELD.get(found.withheld, found.withheld),
        },
    )


@require_safe
def subject_ranking_export(request: HttpRequest, subject: str) -> HttpResponseBase:
    """The whole ranking of a year as a file."""
    found = _ranking(request, subject)
    return logged_file(request, subject_ranking_file, found, "subject-ranking", subject)


def _ranking(
    request: HttpRequest, subject: str, *, limit: int | None = None, offset: int = 0
) -> SubjectRanking:
    if subject not in YEAR_MODELS:
        raise Http404
    try:
        return ranking_of(
            subject,
            request.GET.get("system", ""),
            as_of=day_asked(request),
            year=year_asked(request),
            limit=limit,
            offset=offset,
        )
    except SystemNotFound as error:
        raise Http404(error.message_zh) from error


@require_safe
def subject_score(request: HttpRequest, public_id: str) -> HttpResponse:
    """One agency's or facility's score under one system, decomposed, with its facts."""
    record = _subject(request, public_id, "subject.score")
    day = day_asked(request)
    try:
        sheet = sheet_of_subject(
            record, request.GET.get("system", ""), as_of=day, year=year_asked(request)
        )
    except SystemNotFound as error:
        raise Http404(error.message_zh) from error
    told = facts_by_year(record)
    context: dict[str, Any] = {
        "record": record,
        "as_of": day,
        "systems": systems_of(record.kind, day),
        "years": sorted(told),
        "sheet": sheet,
        "can_write": allowed(viewer_of(request), "supply.write", record),
    }
    if sheet is not None:
        context |= {
            "system": sheet.system,
            "year": sheet.year,
            "verdict": verdict(sheet),
            "groups": decomposition(sheet),
            "radar": radar(sheet),
            "facts": fact_rows(record.kind, told[sheet.year]),
        }
    return render(request, "industry/subject_score.html", context)


# The page says whose they are, and who sees them.
_SETTLED = ("subject_name", "organisation_name", "audience")


@require_http_methods(["GET", "POST"])
def subject_facts_new(request: HttpRequest, public_id: str) -> HttpResponse:
    """State facts of a year of an agency or facility, in its owner's name or as the operator."""
    record = _subject(request, public_id, "supply.write")
    viewer = viewer_of(request)
    posted = request.POST if request.method == "POST" else None
    form = RecordForm(f"{record.kind}_year", viewer, data=posted, initial={"status": "declared"})
    for name in (*_SETTLED, *(() if viewer.is_operator else ("status",))):
        form.fields.pop(name, None)
    if posted is not None:
        try:
            saved = form.save(subject_key=record.public_id, audience="owner")
        except (DeclarationRefused, NotYourStatement) as error:
            form.errors.append(failure_of(error))
            saved = None
        if saved is not None:
            return redirect("industry:subject_score", record.public_id)
    return render(
        request,
        "industry/subject_facts.html",
        {"record": record, "form": form},
        status=422 if posted is not None else 200,
    )


def _subject(request: HttpRequest, public_id: str, action: str) -> Any:
    record = visible_record(request, public_id)
    if record.kind not in YEAR_MODELS:
        raise Http404
    require(viewer_of(request), action, record)
    return record
