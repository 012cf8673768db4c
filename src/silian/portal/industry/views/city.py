"""The whole city under the policies: who is entitled, what it costs, who narrowly misses."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from silian.portal.accounts.domain.access import viewer_of
from silian.portal.addresses import whole_number
from silian.portal.api.files import attachment
from silian.portal.audit import domain as audit
from silian.portal.exchange.views.lists import plain, shown_pages
from silian.portal.industry.domain import city_lists, facts
from silian.portal.industry.domain.budget_preview import budget_preview
from silian.portal.industry.domain.city_sessions import chosen_year
from silian.portal.industry.domain.policies import PolicyNotFound, policies_in_force
from silian.portal.industry.interfaces.city_faces import distance_face
from silian.portal.industry.interfaces.city_files import entitled_file, near_misses_file
from silian.portal.industry.interfaces.policy_faces import (
    KIND_LABELS,
    RATIONING_LABELS,
    region_names,
)
from silian.portal.industry.views.asked import FILE_FORMATS, day_asked, format_asked, year_asked

PER_PAGE = 50
_ALL_ROWS = 1_000_000
# Measured one by one: a page takes seconds at most, a file some more.
_MEASURED_ON_PAGE, _MEASURED_IN_FILE = 500, 2_000


@require_safe
def city_policies(request: HttpRequest) -> HttpResponse:
    """Every policy with how many are entitled, near or undecided, and what it would pay."""
    day, year = day_asked(request), city_year(request)
    text, every = plain(request.GET.get("q", "")).lower(), request.GET.get("all") == "1"
    named = {one.policy_id: one for one in policies_in_force(day)}
    regions = region_names(one.region_code for one in named.values())
    declared = city_lists.declared_shares(as_of=day, year=year)
    rows = [
        {
            "policy": named[counts.policy_id],
            "region": regions[named[counts.policy_id].region_code],
            "kind": KIND_LABELS[named[counts.policy_id].kind],
            "counts": counts,
            "declared": declared.get(counts.policy_id),
        }
        for counts in city_lists.policy_counts(as_of=day, year=year)
    ]
    touching = [row for row in rows if _touches(row["counts"])]
    shown = [row for row in (rows if every else touching) if _is_named(row["policy"], text)]
    shown.sort(key=lambda row: (-row["counts"].amount_cny, -row["counts"].entitled))
    return render(
        request,
        "industry/city_policies.html",
        {
            **city_context(request),
            "rows": shown,
            "text": text,
            "every": every,
            "idle_count": len(rows) - len(touching),
            "total_cny": sum(row["counts"].amount_cny for row in shown),
            "declared_cny": sum(row["declared"].amount_cny for row in shown if row["declared"]),
        },
    )


@require_safe
def policy_city(request: HttpRequest, policy_id: str) -> HttpResponse:
    """Everybody entitled under one policy, and what its budget would come to."""
    day, year, page = day_asked(request), city_year(request), page_asked(request)
    found = _entitled(policy_id, day, year, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
    audit.log("entitlement.list", viewer_of(request), policy_id, year=found.year, via="web")
    preview = budget_preview(policy_id, as_of=day, year=year)
    return render(
        request,
        "industry/policy_city.html",
        {
            **city_context(request),
            **pager_context(page, found.entitled_count),
            "policy": found.policy,
            "found": found,
            "regions": region_names(row.region_code for row in found.rows),
            "preview": preview,
            "rationing": RATIONING_LABELS[preview.budget.rationing] if preview else "",
        },
    )


@require_safe
def policy_city_export(request: HttpRequest, policy_id: str) -> HttpResponseBase:
    """The whole list of those entitled as a file."""
    found = _entitled(policy_id, day_asked(request), city_year(request), limit=_ALL_ROWS, offset=0)
    return logged_file(request, entitled_file, found, "entitled", policy_id)


@require_safe
def near_misses(request: HttpRequest, policy_id: str) -> HttpResponse:
    """Who fails exactly one condition that effort can change, the nearest first."""
    day, year, page = day_asked(request), city_year(request), page_asked(request)
    found = _near(policy_id, day, year, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
    audit.log("entitlement.list", viewer_of(request), policy_id, year=found.year, via="web")
    counts = found.counts_by_condition
    return render(
        request,
        "industry/near_misses.html",
        {
            **city_context(request),
            **pager_context(page, min(found.total_count, found.measured_count)),
            "policy": found.policy,
            "found": found,
            "measured_in_file": _MEASURED_IN_FILE,
            "rows": [{"miss": row, "distance": distance_face(row.gaps)} for row in found.rows],
            "by_condition": [
                (one, counts[one.condition_id], counts[one.condition_id] / found.total_count)
                for one in found.policy.conditions
                if one.condition_id in counts
            ],
        },
    )


@require_safe
def near_misses_export(request: HttpRequest, policy_id: str) -> HttpResponseBase:
    """The near misses as a file."""
    found = _near(
        policy_id, day_asked(request), city_year(request), limit=_MEASURED_IN_FILE, offset=0
    )
    return logged_file(request, near_misses_file, found, "near-misses", policy_id)


def logged_file(
    request: HttpRequest, made: Any, found: Any, name: str, subject: str
) -> HttpResponseBase:
    """A list as a file in the format that the address asks for; the export is logged."""
    file_format = format_asked(request)
    audit.log(
        "list.export",
        viewer_of(request),
        subject,
        list=name,
        format=file_format,
        year=found.year,
    )
    return attachment(made(found, file_format), file_format, f"{name}-{subject}-{found.year}")


def city_year(request: HttpRequest) -> int | None:
    """The year in the address if anything is told of it, else ``None`` for the latest."""
    year = year_asked(request)
    return year if year in facts.years() else None


def city_context(request: HttpRequest) -> dict[str, Any]:
    """What the filter above every city-wide page offers."""
    day = day_asked(request)
    return {
        "as_of": day,
        "year": chosen_year(city_year(request), day),
        "years": sorted(facts.years(), reverse=True),
        "formats": FILE_FORMATS,
    }


def page_asked(request: HttpRequest) -> int:
    """The page in the address, from 1."""
    return max(1, min(whole_number(request.GET.get("page", "1"), 1), _ALL_ROWS))


def pager_context(page: int, row_count: int) -> dict[str, Any]:
    """What the pager below a list shows."""
    page_count = max(1, -(-row_count // PER_PAGE))
    return {
        "page_number": page,
        "page_count": page_count,
        "pages": shown_pages(page, page_count),
        "first_row": (page - 1) * PER_PAGE,
    }


def _entitled(
    policy_id: str, day: date, year: int | None, *, limit: int, offset: int
) -> city_lists.EntitledList:
    try:
        return city_lists.entitled_list(policy_id, as_of=day, year=year, limit=limit, offset=offset)
    except PolicyNotFound as error:
        raise Http404(error.message_zh) from error


def _near(
    policy_id: str, day: date, year: int | None, *, limit: int, offset: int
) -> city_lists.NearMissList:
    try:
        return city_lists.near_misses(
            policy_id,
            as_of=day,
            year=year,
            limit=limit,
            offset=offset,
            most_measured=max(limit, _MEASURED_ON_PAGE),
        )
    except PolicyNotFound as error:
        raise Http404(error.message_zh) from error


def _touches(counts: Any) -> bool:
    return bool(counts.entitled or counts.near or counts.unknown)


def _is_named(policy: Any, text: str) -> bool:
    words = f"{policy.label_zh} {policy.label_en} {policy.policy_id} {policy.source.issuer}".lower()
    return all(word in words for word in text.split())
