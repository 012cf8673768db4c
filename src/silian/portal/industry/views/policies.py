"""Policies for everybody: what is in force, each with its clauses, and how the reader stands."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_safe

from silian.portal.accounts.domain.access import allowed, viewer_of
from silian.portal.api.files import attachment
from silian.portal.audit import domain as audit
from silian.portal.exchange.views.lists import plain
from silian.portal.industry.domain.entitlement import Entitlements, entitlement_of
from silian.portal.industry.domain.planning import guidance_for
from silian.portal.industry.domain.policies import (
    PolicyNotFound,
    policies_in_force,
    policy_page,
)
from silian.portal.industry.domain.published_drafts import unusable_drafts
from silian.portal.industry.interfaces.entitlement_faces import gap_groups, plan_face
from silian.portal.industry.interfaces.policy_faces import (
    KIND_LABELS,
    STANDING_LABELS,
    amount_rows,
    budget_face,
    condition_rows,
    fact_label,
    group_rows,
    let_rows,
    parameter_rows,
    region_names,
    trace_rows,
    waterfall,
)
from silian.portal.industry.interfaces.policy_files import policies_file
from silian.portal.industry.views.asked import (
    FILE_FORMATS,
    day_asked,
    format_asked,
    organisation_asked,
    year_asked,
)


@require_GET
def policy_list(request: HttpRequest) -> HttpResponse:
    """Policies in force on a day; for an enterprise with its own standing under each."""
    day = day_asked(request)
    everything = policies_in_force(day)
    standings = _standings(request)
    asked = _asked(request)
    regions = region_names(one.region_code for one in everything)
    rows = _rows(everything, asked, standings, regions)
    return render(
        request,
        "industry/policy_list.html",
        {
            "rows": rows,
            "as_of": day,
            "asked": asked,
            "narrowed": any(asked.values()),
            "kinds": KIND_LABELS.items(),
            "regions": sorted(regions.items()),
            "standings": STANDING_LABELS.items() if standings else (),
            "total": len(everything),
            "file_formats": FILE_FORMATS,
            "unusable": unusable_drafts(day) if allowed(viewer_of(request), "policy.draft") else (),
        },
    )


@require_safe
def policy_list_export(request: HttpRequest) -> HttpResponseBase:
    """The list as it is narrowed now, as a file; the export is logged."""
    everything = policies_in_force(day_asked(request))
    regions = region_names(one.region_code for one in everything)
    asked = _asked(request)
    rows = _rows(everything, asked, _standings(request), regions)
    file_format = format_asked(request)
    audit.log("list.export", viewer_of(request), "policy", format=file_format, row_count=len(rows))
    return attachment(policies_file(rows, file_format), file_format, "policies")


def _asked(request: HttpRequest) -> dict[str, str]:
    return {name: plain(request.GET.get(name, "")) for name in ("q", "kind", "region", "standing")}


def _rows(
    policies: tuple[Any, ...],
    asked: dict[str, str],
    standings: dict[str, str],
    regions: dict[str, str],
) -> list[dict[str, Any]]:
    return [
        {
            "policy": one,
            "standing": standings.get(one.policy_id, ""),
            "region": regions[one.region_code],
        }
        for one in policies
        if _fits(one, asked, standings)
    ]


def _standings(request: HttpRequest) -> dict[str, str]:
    """Policy id to the own enterprise's standing; empty for everybody else."""
    viewer = viewer_of(request)
    if not allowed(viewer, "entitlement.read") or viewer.organisation_pk is None:
        return {}
    organisation = organisation_asked(request, "", "entitlement.read")
    if organisation is None:
        return {}
    return standing_by_policy(entitlement_of(organisation, as_of=day_asked(request)))


def standing_by_policy(entitlements: Entitlements) -> dict[str, str]:
    """Policy id to ``entitled``, ``near``, ``unknown`` or ``far``."""
    return {
        **{one.policy.policy_id: "entitled" for one in entitlements.entitled},
        **{one.answer.policy.policy_id: "near" for one in entitlements.near},
        **{one.policy.policy_id: "unknown" for one in entitlements.unknown},
        **{one.answer.policy.policy_id: "far" for one in entitlements.far},
    }


def _fits(policy: Any, asked: dict[str, str], standings: dict[str, str]) -> bool:
    text = asked["q"].lower()
    words = " ".join(
        (
            policy.label_zh,
            policy.label_en.lower(),
            policy.summary_zh,
            policy.summary_en.lower(),
            policy.policy_id,
            policy.source.issuer,
            policy.source.title,
            policy.source.document_number,
        )
    )
    return (
        all(word in words for word in text.split())
        and asked["kind"] in ("", policy.kind)
        and asked["region"] in ("", policy.region_code or "-")
        and asked["standing"] in ("", standings.get(policy.policy_id, "-"))
    )


@require_GET
def policy_detail(request: HttpRequest, policy_id: str) -> HttpResponse:
    """One policy in full; with an enterprise (the own, or one named) how it stands."""
    day = day_asked(request)
    try:
        page = policy_page(policy_id, day)
    except PolicyNotFound as error:
        raise Http404(error.message_zh) from error
    policy = page.policy
    context = {
        "page": page,
        "policy": policy,
        "as_of": day,
        "region": region_names([policy.region_code]).get(policy.region_code, ""),
        "conditions": condition_rows(policy),
        "amounts": amount_rows(policy),
        "lets": let_rows(policy),
        "budget": budget_face(page),
        "parameters": parameter_rows(page.parameters, day),
        "groups": group_rows(page.groups, day),
        "kind": KIND_LABELS[policy.kind],
    }
    return render(request, "industry/policy_detail.html", context | _own(request, page, day))


def _own(request: HttpRequest, page: Any, day: Any) -> dict[str, Any]:
    """How the enterprise stands, with the way there; nothing for readers without one."""
    viewer = viewer_of(request)
    named = request.GET.get("organisation", "")
    if not page.in_force or not allowed(viewer, "entitlement.read"):
        return {}
    organisation = organisation_asked(request, named, "entitlement.read")
    if organisation is None:
        return {}
    year = year_asked(request)
    guidance = guidance_for(organisation, page.policy.policy_id, as_of=day, year=year)
    answer = guidance.answer
    return {
        "organisation": organisation,
        "named": bool(named),
        "answer": answer,
        "conditions": condition_rows(page.policy, answer.conditions),
        "gaps": gap_groups(guidance.gaps),
        "plan": plan_face(guidance, page.policy),
        "trace": trace_rows(answer),
        "waterfall": waterfall(answer, guidance.earlier),
        "earlier": guidance.earlier,
        "missing": [fact_label(code) for code in answer.missing],
    }
