"""Lists and matches as files; every export is logged."""

from collections.abc import Iterator

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from silian.portal.accounts.domain.access import viewer_of
from silian.portal.api.files import attachment
from silian.portal.audit import domain as audit
from silian.portal.bilingual import choose
from silian.portal.exchange.domain import service
from silian.portal.exchange.domain.listing import listed
from silian.portal.exchange.domain.pairs import pairs_of_need
from silian.portal.exchange.interfaces.match_files import match_file
from silian.portal.exchange.views.asked_filters import of_no_value, untaken
from silian.portal.exchange.views.found import visible_record
from silian.portal.exchange.views.lists import EXPORT_FORMATS, question_of
from silian.portal.registry.interfaces.exports import export

_MATCHES_EXPORTED = 50


@require_safe
def list_export(request: HttpRequest) -> HttpResponseBase:
    """All pages of a list as it is filtered now, one kind at a time."""
    viewer = viewer_of(request)
    kinds = ("need",) if request.GET.get("list") == "needs" else service.SUPPLY_KINDS
    file_format, told = _format(request)
    if told := told + untaken(request.GET, kinds):
        return _refused(request, told)
    question = question_of(request.GET, kinds)
    if len(question.kinds) != 1:
        raise Http404(choose("请先选定一类，再导出。", "Choose one kind first, then export."))
    (kind,) = question.kinds
    rows = listed(question, kind, viewer)
    audit.log(
        "list.export",
        viewer,
        kind,
        format=file_format,
        text=question.text,
        chosen={name: list(values) for name, values in question.chosen.items()},
        row_count=rows.count(),
    )
    return attachment(
        export(
            rows,
            file_format,
            language=choose("zh", "en"),
            viewer=viewer,
            site=request.build_absolute_uri("/").rstrip("/"),
        ),
        file_format,
        f"silian-{kind}",
    )


@require_safe
def match_export(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """The matches of a need, all kinds, with their reasons."""
    need = visible_record(request, public_id, "need")
    viewer = viewer_of(request)
    file_format, told = _format(request)
    if told:
        return _refused(request, told)
    results = service.match_need(need, viewer=viewer, limit=_MATCHES_EXPORTED)
    records = service.records_of([h for r in results.values() for h in r.all_hits], viewer)
    statuses = {pair.match.supply_id: pair.match.status for pair in pairs_of_need(need, viewer)}
    audit.log("match.export", viewer, need.public_id, format=file_format)
    chunks: Iterator[bytes] = match_file(need, results, records, statuses, file_format)
    return attachment(chunks, file_format, f"matches-{need.public_id}")


def _format(request: HttpRequest) -> tuple[str, list[str]]:
    """The format that is asked for, and what is wrong with it."""
    asked = request.GET.get("format", "csv")
    if asked in EXPORT_FORMATS:
        return asked, []
    allowed = choose("、", ", ").join(EXPORT_FORMATS)
    return "", [of_no_value(choose("格式", "Format"), asked, choose(f" {allowed}", allowed))]


def _refused(request: HttpRequest, told: list[str]) -> HttpResponse:
    """A page says what it leaves aside; a file can't, so none is made."""
    words = choose("；", "; ").join(told) + choose("。", ".")
    return render(request, "400.html", {"told": words}, status=400)
