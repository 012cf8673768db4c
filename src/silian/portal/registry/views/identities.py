"""The review of who is who: the queue, one pair, decisions and their undoing, runs."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from silian.errors import EngineError
from silian.identifiers import UnknownKind
from silian.portal.accounts.domain.access import viewer_of
from silian.portal.api.files import MEDIA_TYPES
from silian.portal.audit import domain as audit
from silian.portal.bilingual import choose
from silian.portal.exchange.views.failures import failure_of
from silian.portal.exchange.views.lists import plain, shown_pages
from silian.portal.registry.domain import identity_decisions, identity_pairs, identity_runs
from silian.portal.registry.domain.identity_files import DECISION_COLUMNS, decision_rows
from silian.portal.registry.interfaces import identity_faces as faces
from silian.portal.registry.interfaces.faces import url_of
from silian.portal.registry.interfaces.sheets import csv_bytes, xlsx_bytes
from silian.portal.registry.models import IdentityDecision, IdentityLink, IdentityRun
from silian.portal.registry.models.identity import SubjectKind

_PER_PAGE = 25
_MOST_EXPORTED = 50_000
_PARTS = ("state", "kind", "reason", "band", "q")
_STATES = IdentityLink.State
_LINK_COLUMNS = (
    "kind",
    "left_id",
    "left_name",
    "left_register",
    "right_id",
    "right_name",
    "right_register",
    "probability",
    "weight_bits",
    "state",
    "reason",
    "evidence",
)


@require_safe
def identity_queue(request: HttpRequest) -> HttpResponse:
    """Pairs in doubt, narrowed by kind, reason and probability."""
    viewer, question = viewer_of(request), question_of(request.GET)
    page = Paginator(identity_pairs.queue(viewer, question), _PER_PAGE).get_page(
        request.GET.get("page")
    )
    counts = identity_pairs.facets(viewer, question)
    return render(
        request,
        "registry/identity_queue.html",
        {
            "page": page,
            "pages": shown_pages(page.number, page.paginator.num_pages),
            "rows": [
                (link, left, right, faces.reason_label(link))
                for link, left, right in identity_pairs.with_records(list(page))
            ],
            "question": question,
            "asked": _asked(request.GET),
            "states": [
                (value, label, counts["state"].get(value, 0)) for value, label in _STATES.choices
            ],
            "facets": _facets(counts, question),
            "run": identity_runs.runs(viewer).filter(state=IdentityRun.State.DONE).first(),
        },
    )


@require_safe
def identity_export(request: HttpRequest) -> HttpResponse:
    """The queue as asked, as CSV or XLSX."""
    viewer, question = viewer_of(request), question_of(request.GET)
    links = list(identity_pairs.queue(viewer, question)[:_MOST_EXPORTED])
    rows = [
        (
            link.subject_kind,
            left.public_id,
            left.name,
            left.register.code,
            right.public_id,
            right.name,
            right.register.code,
            round(link.probability, 4),
            link.weight_bits,
            link.state,
            link.reason,
            "; ".join(
                f"{one['comparison']} {one['level']} {one['weight_bits']:+.2f}"
                for one in link.evidence
            ),
        )
        for link, left, right in identity_pairs.with_records(links)
    ]
    audit.log("identity.export", viewer, "links", rows=len(rows))
    return _file(request, "identity-links", _LINK_COLUMNS, rows)


@require_safe
def identity_pair(request: HttpRequest, pk: int) -> HttpResponse:
    """Two records side by side, with the evidence and what would merge."""
    return _pair_page(request, get_object_or_404(IdentityLink, pk=pk))


def _pair_page(
    request: HttpRequest, link: IdentityLink, *, error: str = "", earlier: Any = None
) -> HttpResponse:
    viewer, question = viewer_of(request), question_of(request.GET)
    try:
        pair = identity_pairs.pair_of(link, viewer)
    except LookupError as gone:
        raise Http404(choose("其中一条登记已不存在，请重新运行归并。", str(gone))) from gone
    left, right = faces.marked_names(pair.left.record.name, pair.right.record.name)
    return render(
        request,
        "registry/identity_pair.html",
        {
            "pair": pair,
            "link": link,
            "sides": ((pair.left, left), (pair.right, right)),
            "facts": faces.compared_facts(pair.left.facts, pair.right.facts),
            "bars": faces.bars(link.evidence),
            "reason": faces.reason_label(link),
            "next": identity_pairs.next_in_queue(link, viewer, question),
            "asked": _asked(request.GET),
            "error": error,
            "earlier": earlier,
            "note": request.POST.get("note", ""),
        },
        status=422 if error else 200,
    )


@require_POST
def identity_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """The same, not the same, or later; then the next pair."""
    viewer = viewer_of(request)
    link = get_object_or_404(IdentityLink, pk=pk)
    choice, note = request.POST.get("decision", ""), plain(request.POST.get("note", ""))
    following = identity_pairs.next_in_queue(link, viewer, question_of(request.GET))
    try:
        if choice == "later":
            identity_decisions.postpone(link, viewer=viewer, note=note)
        else:
            identity_decisions.decide(
                link.subject_kind, choice, [link.left_id, link.right_id], viewer=viewer, note=note
            )
    except EngineError as refused:
        earlier = getattr(refused, "earlier", None)
        return _pair_page(request, link, error=failure_of(refused), earlier=earlier)
    done = {
        "merge": choose("已归并为同一。", "Merged."),
        "must_not_link": choose("已记为不同。", "Noted as not the same."),
    }.get(choice, choose("已放到队尾。", "Put at the end of the queue."))
    messages.success(request, done)
    asked = _asked(request.GET)
    if following is None:
        return redirect(_address("registry:identity_queue", asked))
    return redirect(_address("registry:identity_pair", asked, following))


@require_POST
def identity_split(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take one record out of its subject, from its own page."""
    try:
        decision = identity_decisions.split_off(
            public_id, viewer=viewer_of(request), note=plain(request.POST.get("note", ""))
        )
    except EngineError as refused:
        messages.error(request, failure_of(refused))
    else:
        messages.success(
            request,
            choose(
                f"已拆出 {decision.shown['names'][public_id]}；可在决定历史中撤回。",
                f"{decision.shown['names'][public_id]} is split off; the history undoes it.",
            ),
        )
    back = request.POST.get("back", "")
    try:
        return redirect(url_of(back or public_id))
    except (UnknownKind, LookupError, ValueError):
        return redirect("registry:identity_decisions")


@require_safe
def identity_decisions_page(request: HttpRequest) -> HttpResponse:
    """Who decided what, when and why; each can be undone."""
    viewer = viewer_of(request)
    rows = identity_decisions.decisions(viewer, kind=_kind(request.GET))
    page = Paginator(rows, _PER_PAGE).get_page(request.GET.get("page"))
    passed_over = {
        key
        for run in identity_runs.runs(viewer).filter(state=IdentityRun.State.DONE)[:4]
        for key in run.progress.get("passed_over", ())
    }
    return render(
        request,
        "registry/identity_decisions.html",
        {
            "page": page,
            "pages": shown_pages(page.number, page.paginator.num_pages),
            "kind": _kind(request.GET),
            "kinds": SubjectKind.choices,
            "passed_over": passed_over,
        },
    )


@require_safe
def identity_decisions_export(request: HttpRequest) -> HttpResponse:
    """All decisions as CSV or XLSX; the CSV is what ``silian resolve --decisions`` takes."""
    viewer = viewer_of(request)
    rows = list(decision_rows(viewer))
    audit.log("identity.export", viewer, "decisions", rows=len(rows))
    return _file(request, "identity-decisions", DECISION_COLUMNS, rows)


@require_POST
def identity_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo a decision."""
    try:
        identity_decisions.withdraw(pk, viewer=viewer_of(request))
    except IdentityDecision.DoesNotExist as missing:
        raise Http404(str(missing)) from missing
    except EngineError as refused:
        messages.error(request, failure_of(refused))
    else:
        messages.success(request, choose("决定已撤回。", "The decision is withdrawn."))
    return redirect("registry:identity_decisions")


@require_safe
def identity_runs_page(request: HttpRequest) -> HttpResponse:
    """Runs with their figures, and the start of one."""
    viewer = viewer_of(request)
    identity_runs.interrupted_runs()
    page = Paginator(identity_runs.runs(viewer), _PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "registry/identity_runs.html",
        {
            "page": page,
            "pages": shown_pages(page.number, page.paginator.num_pages),
            "kinds": SubjectKind.choices,
        },
    )


@require_POST
def identity_run_start(request: HttpRequest) -> HttpResponse:
    """Queue a run."""
    kind = request.POST.get("kind", "")
    if kind in SubjectKind.values:
        identity_runs.start_run(kind, viewer=viewer_of(request))
        messages.success(request, choose("归并已排队。", "The run is queued."))
    return redirect("registry:identity_runs")


@require_safe
def identity_run_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The row of one run, again and again while it is under way."""
    run = get_object_or_404(IdentityRun.objects.select_related("actor"), pk=pk)
    return render(request, "registry/partials/identity_run.html", {"run": run})


def question_of(query: QueryDict) -> identity_pairs.QueueQuestion:
    """What the address asks; parts it shouldn't have are left aside."""
    state, reason, band = (query.get(one, "") for one in ("state", "reason", "band"))
    return identity_pairs.QueueQuestion(
        state=state if state in _STATES.values else _STATES.REVIEW,
        kind=_kind(query),
        reason=reason if reason in faces.REASONS else "",
        band=band if band in faces.BAND_LABELS else "",
        text=plain(query.get("q", ""))[:200],
    )


def _kind(query: QueryDict) -> str:
    kind = query.get("kind", "")
    return kind if kind in SubjectKind.values else ""


def _asked(query: QueryDict) -> str:
    return urlencode({name: query[name] for name in _PARTS if query.get(name)})


def _address(route: str, asked: str, *parts: int) -> str:
    return reverse(route, args=parts) + (f"?{asked}" if asked else "")


def _facets(
    counts: dict[str, dict[str, int]], question: identity_pairs.QueueQuestion
) -> list[dict[str, Any]]:
    labels: dict[str, Callable[[str], str]] = {
        "kind": lambda value: str(SubjectKind(value).label),
        "reason": lambda value: choose(*faces.REASONS.get(value, (value, value))),
        "band": lambda value: choose(*faces.BAND_LABELS[value]),
    }
    names = {
        "kind": choose("对象", "Kind"),
        "reason": choose("缘由", "Reason"),
        "band": choose("概率", "Probability"),
    }
    return [
        {
            "name": part,
            "label": names[part],
            "chosen": getattr(question, part),
            "values": [
                (value, label(value), count)
                for value, count in counts[part].items()
                if count and value
            ],
        }
        for part, label in labels.items()
    ]


def _file(
    request: HttpRequest, name: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]
) -> HttpResponse:
    form = "xlsx" if request.GET.get("format") == "xlsx" else "csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    if form == "xlsx":
        content = xlsx_bytes(name, columns, rows)
        return HttpResponse(content, content_type=MEDIA_TYPES["xlsx"], headers=headers)
    return StreamingHttpResponse(  # type: ignore[return-value]
        csv_bytes(columns, rows), content_type=MEDIA_TYPES["csv"], headers=headers
    )
