"""What a diagnosis is made from, gathered once and frozen with it.

Everything is plain JSON: from these inputs and the policies of the day the content follows, today
and in ten years. Nothing here judges.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from silian.library.facts import fact_schema
from silian.portal.accounts.domain.access import Viewer
from silian.portal.accounts.domain.permissions import ENTERPRISE
from silian.portal.capital.domain.grants import paid_earlier_cny
from silian.portal.exchange.domain.diagnosis_standing import (
    Sheets,
    city_scores_values,
    city_sheets,
)
from silian.portal.industry.domain import facts as facts_domain
from silian.portal.industry.domain.choices import choices
from silian.portal.industry.domain.city_answers import city_version
from silian.portal.industry.domain.facts import FactsRow, Origin
from silian.portal.industry.domain.facts_past import version_for
from silian.portal.industry.domain.peers import Placement, peer_table, place
from silian.portal.industry.models import Need

if TYPE_CHECKING:
    from silian.portal.registry.models import Organisation

Inputs = dict[str, Any]
_LATEST_PATENTS = 5


def gather(
    organisation: "Organisation",
    *,
    as_of: date,
    year: int | None = None,
    with_matches: bool = True,
    snapshot: str = "",
) -> Inputs | None:
    """Everything a diagnosis rests on, or ``None`` where there are no facts (of that year)."""
    found = gather_scored(
        organisation, as_of=as_of, year=year, with_matches=with_matches, snapshot=snapshot
    )
    return None if found is None else found[0]


def gather_scored(
    organisation: "Organisation",
    *,
    as_of: date,
    year: int | None = None,
    with_matches: bool = True,
    snapshot: str = "",
) -> tuple[Inputs, Sheets] | None:
    """The same with the scores, which need not be made a second time for the content.

    Parameters
    ----------
    snapshot
        Version of the city's facts that places are read off, where many enterprises are to be
        held against the same; the newest without. For a past day it doesn't count.
    """
    rows = facts_domain.facts_history(organisation, known_on=as_of)
    facts = _row_of(rows, year)
    if facts is None:
        return None
    version = version_for(as_of) or snapshot or city_version()
    table = peer_table(facts.year, version, facts.known_on)
    sheets = city_sheets(facts, as_of=as_of, snapshot=version)
    return {
        "as_of": as_of.isoformat(),
        "year": facts.year,
        "organisation": _identity(organisation),
        "facts": _facts_values(facts),
        "paid_earlier_cny": dict(
            paid_earlier_cny(
                facts.organisation_id, year=facts.year, as_of=as_of, known_on=facts.known_on
            )
        ),
        "history": [_history_values(row) for row in rows if row.year <= facts.year],
        "peers": _placement_values(place(facts, table)),
        "city_scores": city_scores_values(sheets, as_of=as_of),
        "technology": _technology(organisation, with_matches=with_matches),
    }, sheets


def fingerprint(inputs: Mapping[str, Any]) -> str:
    """SHA-256 of inputs; equal inputs, equal fingerprints."""
    text = json.dumps(inputs, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def facts_from(inputs: Mapping[str, Any]) -> FactsRow:
    """The facts as they were, with dates as dates again."""
    kept = inputs["facts"]
    return FactsRow(
        organisation_id=inputs["organisation"]["public_id"],
        name=inputs["organisation"]["name"],
        year=inputs["year"],
        # A code that wasn't kept is unknown.
        values={column.name: None for column in fact_schema()}
        | {code: _typed(code, value) for code, value in kept["values"].items()},
        origin={code: _origin_from(row) for code, row in kept["origin"].items()},
        years=tuple(kept["years"]),
    )


def _row_of(rows: tuple[FactsRow, ...], year: int | None) -> FactsRow | None:
    wanted = [row for row in rows if year is None or row.year == year]
    return max(wanted, key=lambda row: row.year, default=None)


def _identity(organisation: "Organisation") -> dict[str, Any]:
    region = organisation.region
    return {
        "public_id": organisation.public_id,
        "name": organisation.name,
        "unified_social_credit_code": organisation.unified_social_credit_code,
        "industry_code": organisation.industry_code,
        "industry_name": organisation.industry_name,
        "region_code": region.adcode if region else "",
        "region_name": region.name if region else "",
        "established_on": _iso(organisation.established_on),
        "main_products": [str(one) for one in organisation.main_products or ()],
    }


def _facts_values(facts: FactsRow) -> dict[str, Any]:
    known = {code: _iso(value) for code, value in facts.values.items() if value is not None}
    return {
        "values": dict(sorted(known.items())),
        "origin": {
            code: _origin_values(origin)
            for code, origin in sorted(facts.origin.items())
            if code in known
        },
        "years": list(facts.years),
    }


def _origin_values(origin: Origin) -> dict[str, Any]:
    return {
        "status": origin.status,
        "register_code": origin.register_code,
        "register_name": origin.register_name,
        "record_public_id": origin.record_public_id,
        "updated_at": _iso(origin.updated_at),
    }


#: Figures that the page shows over the years.
HISTORY_CODES = (
    "revenue_cny",
    "research_expense_cny",
    "profit_cny",
    "tax_paid_cny",
    "employee_count",
    "research_staff_count",
    "invention_patents_held_count",
)


def _history_values(row: FactsRow) -> dict[str, Any]:
    return {"year": row.year} | {code: row.values.get(code) for code in HISTORY_CODES}


def _placement_values(placement: Placement) -> dict[str, Any]:
    return {
        "group": asdict(placement.group),
        "standings": {
            one.measure.code: {
                "group": asdict(one.group),
                "value": one.value,
                "known_count": one.known_count,
                "share_behind_rate": one.share_behind_rate,
                "ahead_rate": one.ahead_rate,
                "step_rate": one.step_rate,
                "quartiles": list(one.quartiles),
            }
            for one in placement.standings
        },
    }


def _technology(organisation: "Organisation", *, with_matches: bool) -> dict[str, Any]:
    patents = _patents(organisation)
    fields = Counter(code for *_, codes in patents for code in codes or ())
    needs = _needs(organisation)
    return {
        "patent_counts": dict(sorted(Counter(kind for _, _, kind, *_ in patents).items())),
        "patents_by_year": _by_year(patents),
        "field_counts": dict(sorted(fields.items(), key=lambda one: (-one[1], one[0]))[:8]),
        "latest_patents": [
            {"public_id": public_id, "title": title, "kind": kind, "applied_on": _iso(applied_on)}
            for public_id, title, kind, applied_on, *_ in patents[:_LATEST_PATENTS]
        ],
        # Of related records that a run fetched for many at once, no query is made.
        "achievement_count": organisation.achievements.count(),
        "project_count": organisation.projects.count(),
        "needs": [_need_values(need, organisation, with_matches) for need in needs],
        "matched": with_matches,
    }


_PATENT = ("public_id", "title", "patent_kind", "application_date", "grant_date", "field_codes")
_OPEN_NEEDS = (Need.Status.PUBLISHED, Need.Status.DRAFT)


def _patents(organisation: "Organisation") -> list[tuple[Any, ...]]:
    """Patents, the latest application first, those without a day last as the databases have it."""
    rows = [tuple(getattr(one, name) for name in _PATENT) for one in organisation.patents.all()]
    rows.sort(key=lambda row: row[0])
    rows.sort(key=lambda row: row[3] or date.min, reverse=True)
    return rows


def _needs(organisation: "Organisation") -> list[Need]:
    """Open needs, the latest first."""
    found = [one for one in organisation.needs.all() if one.status in _OPEN_NEEDS]
    found.sort(key=lambda one: one.public_id)
    found.sort(key=lambda one: one.published_on or date.min, reverse=True)
    return found[: choices().needs_at_most]


def _by_year(patents: list[Any]) -> dict[str, int]:
    years = Counter(str(applied_on.year) for *_, applied_on, _, _ in patents if applied_on)
    return dict(sorted(years.items()))


def _need_values(need: Need, organisation: "Organisation", with_matches: bool) -> dict[str, Any]:
    return {
        "public_id": need.public_id,
        "title": need.title,
        "status": need.status,
        "need_kind": need.need_kind,
        "matches": _matches(need, organisation) if with_matches else [],
    }


def _matches(need: Need, organisation: "Organisation") -> list[dict[str, Any]]:
    """The best supply for a need among what the enterprise itself may see."""
    from silian.portal.exchange.domain import service

    enterprise = Viewer(
        role=ENTERPRISE,
        organisation_pk=organisation.pk,
        organisation_id=organisation.public_id,
        label="diagnosis",
    )
    limit = choices().matches_per_need
    result = service.best_for_need(need, viewer=enterprise, kinds=service.SUPPLY_KINDS, limit=limit)
    service.require_meaning([result])
    records = service.records_of(result.hits, enterprise)
    return [
        {
            "public_id": hit.document.document_id,
            "kind": hit.document.kind,
            "title": str(records[hit.document.document_id]),
            "level": round(hit.level, 2),
        }
        for hit in result.hits
        if hit.document.document_id in records
    ]


def _iso(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _typed(code: str, value: Any) -> Any:
    from silian.library.facts import FACT

    fact = FACT.get(code)
    if fact is not None and fact.type == "date" and isinstance(value, str):
        return date.fromisoformat(value)
    return value


def _origin_from(row: Mapping[str, Any]) -> Origin:
    kept = dict(row)
    if isinstance(kept.get("updated_at"), str):
        kept["updated_at"] = datetime.fromisoformat(kept["updated_at"])
    return Origin(**kept)
