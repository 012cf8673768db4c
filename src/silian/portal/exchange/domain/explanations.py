"""A hit's reasons as plain values: to freeze in a match, to send to a program, to draw."""

import math
from typing import TYPE_CHECKING, Any

from silian.engines.matching.errors import IndexMissing, UnknownDocument
from silian.engines.matching.values import ConstraintCheck, Hit
from silian.portal.industry.models import Need

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer


def explanation_of(hit: Hit) -> dict[str, Any]:
    """Reasons of a hit as JSON can hold them: an unknown feature value is ``None``.

    ``base_score`` and the contributions sum to ``score``.
    """
    return {
        "base_score": hit.base_score,
        "contributions": [
            {
                "feature": each.feature,
                "value": _finite(each.value),
                "contribution": each.contribution,
            }
            for each in hit.contributions
        ],
        "matched_terms": list(hit.matched_terms),
        "checks": [check_values(check) for check in hit.checks],
        "sources": list(hit.sources),
        # Only where it was so: what was frozen before has no such entry.
        **({"meaning_failure": hit.meaning_failure} if hit.meaning_failure else {}),
        **({"translations": dict(hit.translations)} if hit.translations else {}),
        **({"missing_terms": list(hit.missing_terms)} if hit.missing_terms else {}),
        **({"level_bound": hit.level_bound} if hit.level_bound else {}),
    }


def check_values(check: ConstraintCheck) -> dict[str, str]:
    """One constraint check as plain values."""
    return {
        "constraint": check.constraint,
        "outcome": check.outcome,
        "allowed": check.allowed,
        "arrived": check.arrived,
    }


def frozen_match(need: Need, supply_id: str, viewer: "Viewer") -> dict[str, Any]:
    """What the engine says of a pair now, as fields of a ``Match``.

    A supply that is not in the index (yet) gives an explanation that says so: people may sign
    with whom they like.
    """
    from silian.portal.exchange.domain.service import why_not

    try:
        absence = why_not(need, supply_id, viewer=viewer)
    except (IndexMissing, UnknownDocument) as error:
        return {"explanation": {"unavailable": error.code}}
    hit = absence.hit
    if hit is None:
        return {"explanation": {"unavailable": absence.reason}}
    return {
        "rank": absence.rank,
        "score": _finite(hit.score),
        "level": _finite(hit.level),
        "ranker_version": ranker_version(),
        "explanation": explanation_of(hit),
    }


def ranker_version() -> str:
    """Version of the ranker that answers now."""
    from silian.portal.exchange.domain.index import open_current_ranker

    return open_current_ranker().version


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
