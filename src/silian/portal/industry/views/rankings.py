"""Enterprises ranked under an indicator system."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from silian.errors import EngineError
from silian.portal.bilingual import both, choose
from silian.portal.exchange.views.failures import failure_of
from silian.portal.industry.domain import scores
from silian.portal.industry.domain.choices import choices
from silian.portal.industry.domain.indicator_systems import SystemNotFound
from silian.portal.industry.interfaces.city_faces import SECTION_LABELS, regions_with_facts
from silian.portal.industry.interfaces.city_files import ranking_file
from silian.portal.industry.views.asked import day_asked
from silian.portal.industry.views.city import (
    PER_PAGE,
    city_context,
    city_year,
    logged_file,
    page_asked,
    pager_context,
)

_ALL_ROWS = 1_000_000
WITHHELD_LABELS = {
    "unverified_figures": both(
        "这是官方体系，但权重或分档尚未核对，不显示总分与名次，以免被当作官方结果。",
        "An official system whose figures are not verified yet: no totals and ranks are shown, "
        "lest they pass as official.",
    ),
    "weights_unknown": both(
        "该体系的权重没有公开，不能合成总分。",
        "The weights of this system are not public, so there is no total.",
    ),
    "no_stage": both(
        "缺少划分企业阶段的数据，无法计算总分。",
        "What tells an enterprise's stage is missing, so there is no total.",
    ),
    "too_little_known": both(
        "已知指标的权重不足该体系要求的比例，不给出总分与名次，请补充数据。",
        "Too few of the indicators are known for a total and a rank; supply more facts.",
    ),
}


@require_safe
def ranking(request: HttpRequest) -> HttpResponse:
    """One page of a ranking; ranks are those of the whole city also where it is narrowed."""
    systems = scores.systems_in_force(day_asked(request))
    context: dict[str, Any] = {
        **city_context(request),
        "systems": systems,
        "regions": regions_with_facts(),
        "sections": SECTION_LABELS.items(),
        "region": _narrowed(request)["region_code"],
        "section": _narrowed(request)["industry_code"],
    }
    system_id = _system(request, systems)
    if system_id:
        page = page_asked(request)
        context["system"] = scores.find_system(system_id, day_asked(request))
        try:
            found = _ranking(request, system_id, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
        except EngineError as error:  # its weights need more enterprises than there are
            return render(request, "industry/ranking.html", context | {"failure": _failure(error)})
        names = {one.grade_id: one for one in found.system.grades}
        context |= {
            **pager_context(page, found.total_count),
            "found": found,
            "withheld": WITHHELD_LABELS.get(found.withheld, found.withheld),
            "grades": [
                (names.get(code, code), count)
                for code, count in found.counts_by_grade.items()
                if code
            ],
            "grade_names": names,
        }
    return render(request, "industry/ranking.html", context)


@require_safe
def ranking_export(request: HttpRequest, system_id: str) -> HttpResponseBase:
    """The whole ranking as it is narrowed, as a file."""
    try:
        found = _ranking(request, system_id, limit=_ALL_ROWS, offset=0)
    except EngineError as error:
        raise Http404(_failure(error)) from error
    return logged_file(request, ranking_file, found, "ranking", system_id)


def _failure(error: EngineError) -> str:
    if error.code == "population_too_small":
        return choose("企业太少，无法由数据推导权重，暂不能排名。", str(error))
    return failure_of(error)


def _system(request: HttpRequest, systems: Any) -> str:
    """The system asked for, else the platform's headline, else the first."""
    ids = [one.system_id for one in systems]
    asked = request.GET.get("system", "")
    wanted = (asked, *choices().headline_systems, *ids)
    return next((one for one in wanted if one in ids), "")


def _narrowed(request: HttpRequest) -> dict[str, str]:
    region, section = request.GET.get("region", ""), request.GET.get("section", "")
    return {
        "region_code": region if region in dict(regions_with_facts()) else "",
        "industry_code": section if section in SECTION_LABELS else "",
    }


def _ranking(request: HttpRequest, system_id: str, *, limit: int, offset: int) -> scores.Ranking:
    try:
        return scores.ranking(
            system_id,
            as_of=day_asked(request),
            year=city_year(request),
            limit=limit,
            offset=offset,
            **_narrowed(request),
        )
    except SystemNotFound as error:
        raise Http404(error.message_zh) from error
