"""Links with their state, reason and evidence, from the weights of candidate pairs."""

from collections.abc import Sequence

import numpy as np

from silian.engines.graph.names_readings import Reading
from silian.engines.graph.resolution_keys import Ints
from silian.engines.graph.resolution_letters import Flags
from silian.engines.graph.resolution_pairs import CandidatePairs
from silian.engines.graph.resolution_scoring import AttributeWeights
from silian.engines.graph.resolution_settings import OrganisationSettings
from silian.engines.graph.resolution_table import Doubles, MainNames
from silian.engines.graph.resolution_values import Evidence, Link, LinkState, OrganisationRecord

_LEAST_TOLD_BITS = 0.1
_SURE = 1e-9  # so near to 0 or 1 that competition has nothing to add


def weighed_links(
    records: Sequence[OrganisationRecord],
    names: MainNames,
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
    verdicts = _verdicts(records, names, pairs, weights, found, options)
    parts = names.parts
    places = np.flatnonzero(verdicts != _UNTOLD)
    weight_bits = total + prior
    rivalry = _rivalry_bits(found, weight_bits)
    rivalry[np.abs(rivalry) < _LEAST_TOLD_BITS] = 0.0
    rounded = (one.round(3) for one in (pairs.name_bits, weight_bits, rivalry))
    columns = (pairs.left, pairs.right, found, *rounded, evidence.levels, verdicts)
    links = []
    rows = zip(places.tolist(), *(one[places].tolist() for one in columns), strict=True)
    for place, left, right, probability, name_bits, bits, rival_bits, levels, verdict in rows:
        state, reason = _VERDICTS[verdict]
        links.append(
            Link(
                left_id=records[left].record_id,
                right_id=records[right].record_id,
                probability=probability,
                weight_bits=bits,
                state=state,
                reason=reason,
                evidence=(
                    evidence.prior,
                    Evidence(
                        comparison="name",
                        level=_name_level(parts[left], parts[right]),
                        weight_bits=name_bits,
                    ),
                    *evidence.of(place, levels),
                    *evidence.of_rivals(rival_bits),
                ),
                found_state=state,
            )
        )
    return links


#: State and reason; of a pair the first that holds.
_VERDICTS: tuple[tuple[LinkState, str], ...] = (
    ("refused", "contradicting_codes"),
    ("review", "other_branch"),
    ("review", "names_disagree"),
    ("review", "doubt"),
    ("review", "other_region"),
    ("linked", ""),
)
_UNTOLD = -1


def _verdicts(
    records: Sequence[OrganisationRecord],
    names: MainNames,
    pairs: CandidatePairs,
    weights: AttributeWeights,
    found: Doubles,
    options: OrganisationSettings,
) -> Ints:
    """Which of ``_VERDICTS`` each pair meets; -1 of those that nobody need see."""
    code, other_code = _codes(records, pairs)
    is_contradicting = (code != other_code) & (code > 0) & (other_code > 0)
    is_same_code = (code == other_code) & (code > 0)
    is_department = _departments(names, pairs)
    # Subsidiaries share brand and trade; only a person knows one that moved.
    is_elsewhere = _said_elsewhere(weights) & ~pairs.same_weak_code & ~is_same_code
    is_unlikely = found < options.review_from
    is_doubtful = found < options.link_from
    verdicts: Ints = np.select(
        [
            is_unlikely & (is_contradicting | ~(pairs.same_weak_code | is_department)),
            is_contradicting,
            is_unlikely & is_department,
            is_unlikely,
            is_doubtful,
            is_elsewhere,
        ],
        range(_UNTOLD, len(_VERDICTS) - 1),
        len(_VERDICTS) - 1,
    )
    return verdicts


def _rivalry_bits(found: Doubles, weight_bits: Doubles) -> Doubles:
    """What competition added to the odds of each pair; 0 where nothing is left to tell."""
    sure = np.clip(found, _SURE, 1 - _SURE)
    bits: Doubles = np.log2(sure) - np.log2(1 - sure) - weight_bits
    bits[(found >= 1 - _SURE) & (weight_bits > 0)] = 0.0
    return bits


def _codes(records: Sequence[OrganisationRecord], pairs: CandidatePairs) -> tuple[Ints, Ints]:
    """Number of the unified code on both sides of every pair; 0 where there is none."""
    numbers = {"": 0}
    codes = [one.unified_code.upper() for one in records]
    code = np.array([numbers.setdefault(one, len(numbers)) for one in codes], np.int64)
    return code[pairs.left], code[pairs.right]


def _departments(names: MainNames, pairs: CandidatePairs) -> Flags:
    """Pairs of one organisation and its department, or of two departments of one."""
    departments: Flags = names.number[pairs.left] == names.number[pairs.right]
    for place in np.flatnonzero(departments).tolist():
        left, right = names.parts[pairs.left[place]], names.parts[pairs.right[place]]
        departments[place] = left.branch != right.branch
    return departments


def _said_elsewhere(weights: AttributeWeights) -> Flags:
    """Pairs whose names or registers place them in two provinces."""
    names = [one.name for one in weights.comparisons]
    if "region" not in names:
        return np.zeros(len(weights.levels), bool)
    column = names.index("region")
    elsewhere: Flags = weights.levels[:, column] == len(weights.comparisons[column].levels) - 1
    return elsewhere


class _EvidenceWriter:
    """Evidence of attributes and rivals. What is said of many pairs alike is written once.

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
        self._of_rivals: dict[float, tuple[Evidence, ...]] = {0.0: ()}
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

    def of_rivals(self, bits: float) -> tuple[Evidence, ...]:
        """Evidence of competition that added so many bits, if any."""
        told = self._of_rivals.get(bits)
        if told is None:
            level = "other candidates are likelier" if bits < 0 else "most such names have a match"
            told = (Evidence(comparison="competition", level=level, weight_bits=bits),)
            self._of_rivals[bits] = told
        return told


def _name_level(left: Reading, right: Reading) -> str:
    """How two names agree, in words."""
    if left.organisation == right.organisation:
        return "same name"
    if left.brand and left.brand == right.brand:
        return "same brand and trade" if left.trade == right.trade else "same brand, other trade"
    if left.organisation in right.organisation or right.organisation in left.organisation:
        return "one contains the other"
    return "aligned characters"
