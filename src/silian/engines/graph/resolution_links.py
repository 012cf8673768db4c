"""Links with their state, reason and evidence, from the weights of candidate pairs."""

from collections.abc import Sequence

import numpy as np

from silian.engines.graph.names_parts import OrganisationNameParts
from silian.engines.graph.resolution_letters import Flags
from silian.engines.graph.resolution_pairs import CandidatePairs
from silian.engines.graph.resolution_scoring import AttributeWeights
from silian.engines.graph.resolution_settings import OrganisationSettings
from silian.engines.graph.resolution_table import Doubles
from silian.engines.graph.resolution_values import Evidence, Link, LinkState, OrganisationRecord

_LEAST_TOLD_BITS = 0.1
_SURE = 1e-9  # so near to 0 or 1 that competition has nothing to add


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
    evidence = _EvidenceWriter(weights, prior)
    elsewhere = _said_elsewhere(records, pairs, weights)
    departments = _departments(parts, pairs)
    told = (found >= options.review_from) | pairs.same_weak_code | departments
    links = []
    places = np.flatnonzero(told)
    rivalry = _rivalry_bits(found, total + prior)
    columns = (pairs.left, pairs.right, found, pairs.name_bits, total, rivalry, evidence.levels)
    rows = zip(places.tolist(), *(one[places].tolist() for one in columns), strict=True)
    for place, left, right, probability, name_bits, bits, rival_bits, levels in rows:
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
                weight_bits=round(bits + prior, 3),
                state=state,
                reason=reason,
                evidence=(
                    evidence.prior,
                    _name_evidence(parts[left], parts[right], name_bits),
                    *evidence.of(place, levels),
                    *_rivalry(rival_bits),
                ),
                found_state=state,
            )
        )
    return links


def _rivalry_bits(found: Doubles, weight_bits: Doubles) -> Doubles:
    """What competition added to the odds of each pair; 0 where nothing is left to tell."""
    sure = np.clip(found, _SURE, 1 - _SURE)
    bits: Doubles = np.log2(sure) - np.log2(1 - sure) - weight_bits
    bits[(found >= 1 - _SURE) & (weight_bits > 0)] = 0.0
    return bits


def _rivalry(bits: float) -> tuple[Evidence, ...]:
    if abs(bits) < _LEAST_TOLD_BITS:
        return ()
    level = "other candidates are likelier" if bits < 0 else "most such names have a match"
    return (Evidence(comparison="competition", level=level, weight_bits=round(bits, 3)),)


def _state(
    left: OrganisationRecord,
    right: OrganisationRecord,
    probability: float,
    options: OrganisationSettings,
) -> tuple[LinkState, str]:
    codes = left.unified_code.upper(), right.unified_code.upper()
    if all(codes) and codes[0] != codes[1]:
        return "refused", "contradicting_codes"
    return ("linked", "") if probability >= options.link_from else ("review", "doubt")


def _departments(parts: Sequence[OrganisationNameParts], pairs: CandidatePairs) -> Flags:
    """Pairs of one organisation and its department, or of two departments of one."""
    numbers: dict[str, int] = {}
    organisation, branch = (
        np.array([numbers.setdefault(text, len(numbers)) for text in texts], np.int64)
        for texts in ((one.organisation for one in parts), (one.branch for one in parts))
    )
    departments: Flags = (organisation[pairs.left] == organisation[pairs.right]) & (
        branch[pairs.left] != branch[pairs.right]
    )
    return departments


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


class _EvidenceWriter:
    """Evidence of attributes. What a level says is the same for all pairs, and written once.

    Attributes
    ----------
    prior
        What speaks against any two records.
    levels
        One number for the levels of each pair.
    """

    def __init__(self, weights: AttributeWeights, prior: float) -> None:
        self._weights = weights
        self._written: dict[int, tuple[Evidence, ...]] = {}
        self.prior = Evidence(
            comparison="prior", level="any two records", weight_bits=round(prior, 3)
        )
        self.levels = np.zeros(len(weights.levels), np.int64)
        for column, comparison in zip(weights.levels.T, weights.comparisons, strict=True):
            self.levels = self.levels * (len(comparison.levels) + 1) + column + 1

    def of(self, place: int, levels: int) -> tuple[Evidence, ...]:
        """Evidence of the pair at a place, whose levels have that number."""
        if levels not in self._written:
            rows = zip(
                self._weights.comparisons,
                self._weights.levels[place].tolist(),
                self._weights.bits[place].tolist(),
                strict=True,
            )
            self._written[levels] = tuple(
                Evidence(
                    comparison=comparison.name,
                    level=comparison.levels[level].label,
                    weight_bits=round(bits, 3),
                )
                for comparison, level, bits in rows
                if level >= 0
            )
        return self._written[levels]


def _name_evidence(
    left: OrganisationNameParts, right: OrganisationNameParts, bits: float
) -> Evidence:
    return Evidence(comparison="name", level=_name_level(left, right), weight_bits=round(bits, 3))


def _name_level(left: OrganisationNameParts, right: OrganisationNameParts) -> str:
    """How two names agree, in words."""
    if left.organisation == right.organisation:
        return "same name"
    if left.brand and left.brand == right.brand:
        return "same brand and trade" if left.trade == right.trade else "same brand, other trade"
    if left.organisation in right.organisation or right.organisation in left.organisation:
        return "one contains the other"
    return "aligned characters"
