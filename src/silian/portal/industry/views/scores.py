"""An enterprise's scores: all systems at a glance, one decomposed, how firm its rank is."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_safe

from silian.portal.accounts.domain.access import allowed, viewer_of
from silian.portal.api.files import attachment
from silian.portal.audit import domain as audit
from silian.portal.bilingual import choose
from silian.portal.industry.domain.facts import FactsRow, facts_of
from silian.portal.industry.domain.indicator_systems import SystemNotFound
from silian.portal.industry.domain.score_details import (
    rank_interval,
    sheet_of,
    sheets_over_years,
    steps_up,
)
from silian.portal.industry.domain.scores import (
    ScoreSheet,
    find_system,
    systems_in_force,
)
from silian.portal.industry.interfaces.score_faces import (
    decomposition,
    history_chart,
    radar,
    score_file,
    verdict,
)
from silian.portal.industry.views.asked import (
    FILE_FORMATS,
    day_asked,
    format_asked,
    organisation_asked,
    year_asked,
)
from silian.portal.industry.views.enterprises import choose_enterprise
from silian.portal.registry.models import Organisation


@require_GET
def scores(request: HttpRequest, public_id: str = "") -> HttpResponse:
    """Every system in force with its verdict."""
    organisation = organisation_asked(request, public_id, "score.read")
    if organisation is None:
        return choose_enterprise(request, "industry:scores", choose("评价得分", "Scores"))
    day = day_asked(request)
    facts = facts_of(organisation, year_asked(request), known_on=day)
    systems = systems_in_force(day) if facts.years else ()
    sheets = [(one, sheet_of(facts, one.system_id, as_of=day)) for one in systems]
    return render(
        request,
        "industry/scores.html",
        {
            "organisation": organisation,
            "as_of": day,
            "year": facts.year,
            "years": facts.years,
            "rows": [
                {"system": system, "verdict": verdict(sheet) if sheet else None}
                for system, sheet in sheets
            ],
            "can_write": allowed(viewer_of(request), "facts.write", organisation),
        },
    )


@require_GET
def score_detail(request: HttpRequest, public_id: str, system_id: str) -> HttpResponse:
    """One score decomposed, with rank, peers, what to raise next and the years before."""
    organisation, facts, day = _asked(request, public_id, system_id)
    sheet = _sheet(facts, system_id, day)
    past = sheets_over_years(organisation, system_id, as_of=day)
    return render(
        request,
        "industry/score_detail.html",
        {
            "organisation": organisation,
            "as_of": day,
            "year": facts.year,
            "years": facts.years,
            "system": sheet.system,
            "sheet": sheet,
            "verdict": verdict(sheet),
            "groups": decomposition(sheet),
            "radar": radar(sheet),
            "steps": steps_up(facts, system_id, as_of=day),
            "history": [(one.year, verdict(one)) for one in past],
            "history_chart": history_chart(past),
            "file_formats": FILE_FORMATS,
        },
    )


@require_GET
def score_sensitivity(request: HttpRequest, public_id: str, system_id: str) -> HttpResponse:
    """How far the rank hangs on the weights (htmx part)."""
    organisation, facts, day = _asked(request, public_id, system_id)
    found = rank_interval(organisation.public_id, system_id, as_of=day, year=facts.year)
    return render(request, "industry/partials/rank_interval.html", {"found": found})


@require_safe
def score_export(request: HttpRequest, public_id: str, system_id: str) -> HttpResponseBase:
    """The decomposition as a file; the export is logged."""
    organisation, facts, day = _asked(request, public_id, system_id)
    sheet = _sheet(facts, system_id, day)
    file_format = format_asked(request)
    audit.log(
        "score.export",
        viewer_of(request),
        organisation.public_id,
        system=system_id,
        format=file_format,
    )
    name = f"score-{system_id}-{organisation.public_id}"
    return attachment(score_file(sheet, file_format), file_format, name)


def _sheet(facts: FactsRow, system_id: str, day: Any) -> ScoreSheet:
    sheet = sheet_of(facts, system_id, as_of=day)
    if sheet is None:
        raise Http404(
            choose(
                "全市有数据的企业太少，无法推导这一体系的权重。",
                "Too few enterprises have facts to derive this system's weights.",
            )
        )
    return sheet


def _asked(
    request: HttpRequest, public_id: str, system_id: str
) -> tuple[Organisation, FactsRow, Any]:
    organisation = organisation_asked(request, public_id, "score.read")
    assert organisation is not None  # the address names it
    day = day_asked(request)
    try:
        find_system(system_id, day)
    except SystemNotFound as error:
        raise Http404(error.message_zh) from error
    return organisation, facts_of(organisation, year_asked(request), known_on=day), day
