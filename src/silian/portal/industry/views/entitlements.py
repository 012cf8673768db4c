"""How an enterprise stands under every policy in force, with amounts, clauses and gaps."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_safe

from silian.library.ladder import ladder_steps
from silian.portal.accounts.domain.access import allowed, viewer_of
from silian.portal.api.files import attachment
from silian.portal.audit import domain as audit
from silian.portal.bilingual import choose
from silian.portal.industry.domain.entitlement import Entitlements, entitlement_of
from silian.portal.industry.domain.policies import stacking_groups
from silian.portal.industry.interfaces.entitlement_faces import (
    combination,
    combination_chart,
    entitlements_file,
    gap_groups,
)
from silian.portal.industry.interfaces.policy_faces import condition_rows, fact_label, group_rows
from silian.portal.industry.views.asked import (
    FILE_FORMATS,
    day_asked,
    format_asked,
    organisation_asked,
    year_asked,
)
from silian.portal.industry.views.enterprises import choose_enterprise


@require_GET
def entitlements(request: HttpRequest, public_id: str = "") -> HttpResponse:
    """Entitled with amount and clause, near with gaps, unknown with what is missing, far."""
    organisation = organisation_asked(request, public_id, "entitlement.read")
    if organisation is None:
        title = choose("可享政策", "Entitlements")
        return choose_enterprise(request, "industry:entitlements", title)
    day = day_asked(request)
    found = entitlement_of(organisation, as_of=day, year=year_asked(request))
    viewer = viewer_of(request)
    return render(
        request,
        "industry/entitlements.html",
        {
            "organisation": organisation,
            "found": found,
            "as_of": day,
            "years": found.facts.years,
            "entitled": _entitled(found),
            "near": [_near(one) for one in found.near],
            "unknown": [
                {"answer": one, "missing": [fact_label(code) for code in one.missing]}
                for one in found.unknown
            ],
            "step_options": [step for step in ladder_steps() if step.policy_id],
            "chart": combination_chart(found),
            "groups": group_rows(_touched(found), day),
            "can_apply": allowed(viewer, "application.write", organisation),
            "can_write": allowed(viewer, "facts.write", organisation),
            "file_formats": FILE_FORMATS,
        },
    )


@require_safe
def entitlements_export(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """All answers as a file, one row a policy; the export is logged."""
    organisation = organisation_asked(request, public_id, "entitlement.read")
    assert organisation is not None  # the address names it
    found = entitlement_of(organisation, as_of=day_asked(request), year=year_asked(request))
    file_format = format_asked(request)
    audit.log("entitlement.export", viewer_of(request), organisation.public_id, format=file_format)
    chunks: Iterator[bytes] = entitlements_file(found, file_format)
    return attachment(chunks, file_format, f"entitlements-{organisation.public_id}")


def _entitled(found: Entitlements) -> list[dict[str, Any]]:
    paid = combination(found)
    return [
        {
            "answer": one,
            "paid": paid.get(one.policy.policy_id),
            "unverified": one.policy.policy_id in found.unverified,
            "declared": [fact_label(code) for code in found.declared.get(one.policy.policy_id, ())],
            "missing": [fact_label(code) for code in one.missing],
            "conditions": condition_rows(one.policy, one.conditions),
        }
        for one in found.entitled
    ]


def _near(missed: Any) -> dict[str, Any]:
    told = {gap.condition.condition_id for gap in missed.gaps}
    return {
        "answer": missed.answer,
        "payable_cny": missed.payable_cny,
        "gaps": gap_groups(missed.gaps),
        "others": [one for one in missed.unmet if one.condition.condition_id not in told],
    }


def _touched(found: Entitlements) -> list[Any]:
    """Stacking groups of which the enterprise may have a policy."""
    own = {one.policy.policy_id for one in found.entitled}
    return [g for g in stacking_groups(found.as_of) if own.intersection(g.policy_ids)]
