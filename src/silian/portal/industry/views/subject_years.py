"""Scores of service agencies and facilities: one decomposed, or all of them ranked."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from silian.portal.accounts.domain.access import require, viewer_of
from silian.portal.bilingual import both
from silian.portal.exchange.views.found import visible_record
from silian.portal.industry.domain.indicator_systems import SystemNotFound
from silian.portal.industry.domain.subject_years import (
    YEAR_MODELS,
    facts_by_year,
    ranking_of,
    sheet_of_subject,
    systems_of,
)
from silian.portal.industry.interfaces.score_faces import (
    WITHHELD,
    decomposition,
    radar,
    verdict,
)
from silian.portal.industry.interfaces.subject_faces import fact_rows
from silian.portal.industry.views.asked import day_asked, year_asked

SUBJECT_LABELS = {
    "service_agency": both("科技服务机构", "Service agencies"),
    "facility": both("仪器与中试线", "Facilities"),
}


@require_safe
def subject_ranking(request: HttpRequest, subject: str = "service_agency") -> HttpResponse:
    """Every agency or facility of a year with grade and rank, the best first."""
    day = day_asked(request)
    if subject not in YEAR_MODELS:
        raise Http404
    try:
        found = ranking_of(
            subject, request.GET.get("system", ""), as_of=day, year=year_asked(request)
        )
    except SystemNotFound as error:
        raise Http404(error.message_zh) from error
    return render(
        request,
        "industry/subject_ranking.html",
        {
            "found": found,
            "subject": subject,
            "subjects": SUBJECT_LABELS.items(),
            "title": SUBJECT_LABELS[subject],
            "as_of": day,
            "systems": systems_of(subject, day),
            "grades": {one.grade_id: one for one in found.system.grades},
            "withheld": WITHHELD.get(found.withheld, found.withheld),
        },
    )


@require_safe
def subject_score(request: HttpRequest, public_id: str) -> HttpResponse:
    """One agency's or facility's score under one system, decomposed, with its facts."""
    record: Any = visible_record(request, public_id)
    if record.kind not in YEAR_MODELS:
        raise Http404
    require(viewer_of(request), "subject.score", record)
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
