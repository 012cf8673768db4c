"""What is known of the city's enterprises: which facts, of which year, and how fresh."""

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from silian.errors import EngineError
from silian.library.facts import fact_groups
from silian.portal.bilingual import choose
from silian.portal.exchange.views.failures import failure_of
from silian.portal.industry.domain import facts
from silian.portal.industry.domain.facts_coverage import Coverage, FactCoverage, coverage


@require_http_methods(["GET", "HEAD", "POST"])
def facts_overview(request: HttpRequest) -> HttpResponse:
    """Coverage by fact and year; posting brings the tables in step with the records."""
    if request.method == "POST":
        _refresh(request)
        return redirect("industry:facts_overview")
    found = coverage()
    return render(
        request,
        "industry/facts_overview.html",
        {
            "found": found,
            "freshness": facts.freshness(),
            "groups": _groups(found),
            "enterprises": [(year, found.enterprise_counts[year]) for year in found.years],
        },
    )


def _refresh(request: HttpRequest) -> None:
    try:
        report = facts.refresh()
    except EngineError as error:
        messages.error(request, failure_of(error))
        return
    messages.success(
        request,
        choose(
            f"已更新 {report.changed_count} 家企业的数据，用时 {report.seconds:.1f} 秒。",
            f"{report.changed_count} enterprises brought up to date in {report.seconds:.1f} s.",
        ),
    )


def _groups(found: Coverage) -> list[dict[str, Any]]:
    """Facts under their headings; each with the share known by year."""
    labels = {group.code: group for group in fact_groups()}
    return [
        {"group": labels[code], "lines": [_line(one, found) for one in rows]}
        for code, rows in groupby(found.facts, key=lambda one: one.fact.group)
    ]


def _line(one: FactCoverage, found: Coverage) -> dict[str, Any]:
    cells = []
    for year in found.years:
        total = found.enterprise_counts[year]
        share = one.counts[year] / total if total else 0.0
        tone = "good" if share >= 0.9 else "warn" if share >= 0.5 else "bad"
        cells.append({"count": one.counts[year], "share": share, "tone": tone})
    return {"fact": one.fact, "cells": cells}
