"""Lists and matches as files; every export is logged."""

from collections.abc import Iterator

from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from silian.portal.accounts.domain.access import viewer_of
from silian.portal.api.files import attachment
from silian.portal.audit import domain as audit
from silian.portal.bilingual import choose
from silian.portal.exchange.domain import service
from silian.portal.exchange.domain.listing import listed
from silian.portal.exchange.domain.pairs import pairs_of_need
from silian.portal.exchange.interfaces.match_files import match_file
from silian.portal.exchange.views.found import visible_record
from silian.portal.exchange.views.lists import EXPORT_FORMATS, question_of
from silian.portal.registry.interfaces.exports import export

_MATCHES_EXPORTED = 50


@require_safe
def list_export(request: HttpRequest) -> HttpResponseBase:
    """All pages of a list as it is filtered now, one kind at a time."""
    viewer = viewer_of(request)
    file_format = _format(request)
    kinds = ("need",) if request.GET.get("list") == "needs" else service.SUPPLY_KINDS
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
        export(rows, file_format, language=choose("zh", "en"), viewer=viewer),
        file_format,
        f"silian-{kind}",
    )


@require_safe
def match_export(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """The matches of a need, all kinds, with their reasons."""
    need = visible_record(request, public_id, "need")
    viewer = viewer_of(request)
    file_format = _format(request)
    results = service.match_need(need, viewer=viewer, limit=_MATCHES_EXPORTED)
    records = service.records_of([h for r in results.values() for h in r.hits], viewer)
    statuses = {pair.match.supply_id: pair.match.status for pair in pairs_of_need(need, viewer)}
    audit.log("match.export", viewer, need.public_id, format=file_format)
    chunks: Iterator[bytes] = match_file(need, results, records, statuses, file_format)
    return attachment(chunks, file_format, f"matches-{need.public_id}")


def _format(request: HttpRequest) -> str:
    asked = request.GET.get("format", "csv")
    return asked if asked in EXPORT_FORMATS else "csv"
