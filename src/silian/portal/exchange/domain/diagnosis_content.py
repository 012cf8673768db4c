"""From gathered inputs to what a diagnosis says: a pure function of them and the library.

The keys of the content are documented in ``docs/design/diagnosis.md``.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from silian.portal.exchange.domain.diagnosis_findings import DiagnosisFinding, as_values
from silian.portal.exchange.domain.diagnosis_inputs import facts_from
from silian.portal.exchange.domain.diagnosis_measures import measure_findings, measure_values
from silian.portal.exchange.domain.diagnosis_policy import policy_findings, policy_values
from silian.portal.exchange.domain.diagnosis_standing import (
    Sheets,
    ladder_values,
    score_values,
)
from silian.portal.exchange.domain.diagnosis_technology import (
    technology_findings,
    technology_values,
)
from silian.portal.industry.domain.choices import choices
from silian.portal.industry.domain.entitlement import Entitlements, entitlements_from

CONTENT_FORMAT = 1


def content_of(inputs: Mapping[str, Any], sheets: Sheets | None = None) -> dict[str, Any]:
    """All three parts with their findings, from inputs that ``gather`` made.

    Parameters
    ----------
    sheets
        Scores that follow from the inputs, where they are at hand; the content is the same.
    """
    as_of = date.fromisoformat(inputs["as_of"])
    facts = facts_from(inputs)
    entitlements = entitlements_from(
        facts, as_of=as_of, paid_earlier=inputs.get("paid_earlier_cny", {})
    )
    scores = score_values(inputs, facts, as_of=as_of, sheets=sheets)
    findings = (
        *technology_findings(inputs),
        *measure_findings(inputs, facts),
        *policy_findings(entitlements),
    )
    return {
        "format": CONTENT_FORMAT,
        "as_of": inputs["as_of"],
        "year": inputs["year"],
        "organisation": dict(inputs["organisation"]),
        "counts": _counts(entitlements, scores),
        "technology": technology_values(inputs)
        | {"measures": measure_values(inputs, "technology")},
        "management": {
            "history": list(inputs["history"]),
            "measures": measure_values(inputs, "management"),
        },
        "peers": dict(inputs["peers"]["group"]),
        "policy": policy_values(entitlements),
        "scores": scores,
        "ladder": ladder_values(facts, entitlements),
        "findings": [as_values(finding) for finding in _ordered(findings)],
        "inputs": dict(inputs),
    }


#: What comes first on a page: what can be had, then deadlines, near misses, weaknesses, ...
_KIND_ORDER = ("entitled", "deadline", "near", "weakness", "missing", "strength", "far")


def _ordered(findings: tuple[DiagnosisFinding, ...]) -> list[DiagnosisFinding]:
    """By part, then by kind; within a kind as the part put them."""
    parts = ("technology", "management", "policy")
    return sorted(findings, key=lambda f: (parts.index(f.part), _KIND_ORDER.index(f.kind)))


def _counts(entitlements: Entitlements, scores: list[dict[str, Any]]) -> dict[str, Any]:
    by_id = {score["system_id"]: score["total"] for score in scores}
    headline = [by_id[name] for name in choices().headline_systems if by_id.get(name) is not None]
    return {
        "entitled": len(entitlements.entitled),
        "near": len(entitlements.near),
        "far": len(entitlements.far),
        "unknown": len(entitlements.unknown),
        "amount_cny": entitlements.total_cny,
        "amount_unverified_cny": entitlements.total_unverified_cny,
        "unknown_amounts": len(entitlements.unknown_amounts),
        "score": headline[0] if headline else None,
    }
