"""How organisations are resolved: thresholds, bounds and weights."""

from dataclasses import dataclass, field

from silian.engines.graph.resolution_alignment import AlignmentCosts
from silian.engines.graph.resolution_blocking import BlockingRules
from silian.engines.graph.resolution_scoring import Comparison, default_comparisons


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationSettings:
    """How organisations are resolved.

    Attributes
    ----------
    link_from, review_from
        Probabilities from which two records are one, and from which a person should look.
    name_scale
        Factor on the weight of a short name's alignment, learned on one half of labelled names and checked on the
        other: alignment bits understate, since they take characters as independent.
    short_bits
        Most that agreeing short names say for two records whose full names disagree.
    shared_brand_bits
        What a rare piece shared by two brands says, at least, where a code is shared too.
    least_name_bits
        Pairs whose names say less are dropped before anything else is compared.
    most_partners
        Candidates kept of one record, the strongest first.
    least_possible
        Organisations that a record might be, at least: a handful of records is a sample of many.
    """

    link_from: float = 0.5
    review_from: float = 0.1
    name_scale: float = 1.4
    short_bits: float = 3.0
    shared_brand_bits: float = 4.0
    least_name_bits: float = -2.0
    most_partners: int = 25
    least_possible: int = 200
    blocking: BlockingRules = field(default_factory=BlockingRules)
    alignment: AlignmentCosts = field(default_factory=AlignmentCosts)
    comparisons: tuple[Comparison, ...] = field(default_factory=default_comparisons)
