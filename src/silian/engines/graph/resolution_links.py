"""Links with their state, reason and evidence, from the weights of candidate pairs."""

from collections.abc import Sequence

import numpy as np

from silian.engines.graph.names import OrganisationNameParts
from silian.engines.graph.resolution_pairs import CandidatePairs
from silian.engines.graph.resolution_scoring import AttributeWeights
from silian.engines.graph.resolution_settings import OrganisationSettings
from silian.engines.graph.resolution_table import Doubles
from silian.engines.graph.resolution_values import Evidence, Link, LinkState, OrganisationRecord


def weighed_links(
    records: Sequence[OrganisationRecord],
    parts: Sequence[OrganisationNameParts],
    pairs: CandidatePairs,
    weights: AttributeWeights,
    total: Doubles,
    found: Doubles,
    options: OrganisationSettings,
) -> list[Link]:
    """A link for every pair that is likely, doubtful or worth a person's look for another reason.

    Parameters
    ----------
    total, found
        Weight without prior, and probability, of every pair.
    """
    prior = -float(np.log2(max(options.least_possible, len(records))))
    elsewhere = _said_elsewhere(records, pairs, weights)
    departments = _departments(parts, pairs)
    links = []
    told = (found >= options.review_from) | pairs.same_weak_code | departments
    for place in np.flatnonzero(told).tolist():
        left, right = int(pairs.left[place]), int(pairs.right[place])
        probability = float(found[place])
        state, reason = _state(records[left], records[right], probability, options)
        if state == "linked" and place in elsewhere:
            state, reason = "review", "other_region"
        if probability < options.review_from:
            if state == "refused":
                continue
            reason = "other_branch" if departments[place] else "names_disagree"
        links.append(
            Link(
                left_id=records[left].record_id,
                right_id=records[right].record_id,
                probability=probability,
                weight_bits=round(float(total[place]) + prior, 3),
                state=state,
                reason=reason,
                evidence=_evidence(pairs, weights, place, prior, parts[left], parts[right]),
            )
        )
    return links


def _state(
    left: OrganisationRecord,
    right: OrganisationRecord,
    probability: float,
    options: OrganisationSettings,
) -> tuple[LinkState, str]:
    codes = {one.unified_code.upper() for one in (left, right) if one.unified_code}
    if len(codes) > 1:
        return "refused", "contradicting_codes"
    return ("linked", "") if probability >= options.link_from else ("review", "doubt")


def _departments(
    parts: Sequence[OrganisationNameParts], pairs: CandidatePairs
) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Pairs of one organisation and its department, or of two departments of one."""
    return np.array(
        [
            parts[left].branch != parts[right].branch
            and parts[left].organisation == parts[right].organisation
            for left, right in zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)
        ],
        bool,
    )


def _said_elsewhere(
    records: Sequence[OrganisationRecord], pairs: CandidatePairs, weights: AttributeWeights
) -> frozenset[int]:
    """Pairs whose names or registers place them in two provinces, with no code to say otherwise.

    Subsidiaries share brand and trade; only a person knows one that moved.
    """
    names = [one.name for one in weights.comparisons]
    if "region" not in names:
        return frozenset()
    column = names.index("region")
    last = len(weights.comparisons[column].levels) - 1
    return frozenset(
        place
        for place in np.flatnonzero(weights.levels[:, column] == last).tolist()
        if not pairs.same_weak_code[place]
        and not (
            records[pairs.left[place]].unified_code
            and records[pairs.left[place]].unified_code == records[pairs.right[place]].unified_code
        )
    )


def _evidence(
    pairs: CandidatePairs,
    weights: AttributeWeights,
    place: int,
    prior: float,
    left: OrganisationNameParts,
    right: OrganisationNameParts,
) -> tuple[Evidence, ...]:
    found = [
        Evidence(comparison="prior", level="any two records", weight_bits=round(prior, 3)),
        Evidence(
            comparison="name",
            level=_name_level(left, right),
            weight_bits=round(float(pairs.name_bits[place]), 3),
        ),
    ]
    for column, comparison in enumerate(weights.comparisons):
        level = int(weights.levels[place, column])
        if level >= 0:
            found.append(
                Evidence(
                    comparison=comparison.name,
                    level=comparison.levels[level].label,
                    weight_bits=round(float(weights.bits[place, column]), 3),
                )
            )
    return tuple(found)


def _name_level(left: OrganisationNameParts, right: OrganisationNameParts) -> str:
    """How two names agree, in words."""
    if left.organisation == right.organisation:
        return "same name"
    if left.brand and left.brand == right.brand:
        return "same brand and trade" if left.trade == right.trade else "same brand, other trade"
    if left.organisation in right.organisation or right.organisation in left.organisation:
        return "one contains the other"
    return "aligned characters"
