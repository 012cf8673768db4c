"""How chains are judged and records placed: ``library/chains.yaml``, typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from silian.library.loading import read_library_yaml

if TYPE_CHECKING:
    from silian.engines.graph import ChainThresholds


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementRules:
    """When a record is placed at a node by its texts, and how sure that is.

    Attributes
    ----------
    confidence
        By kind of hit (``chain_texts.Hit.how``), 0 to 1.
    least_pairs
        Register memberships needed before a confidence is learned from them.
    """

    least_confidence: float
    most_per_record: int
    most_document_share: float
    least_name_length: int
    least_pairs: int
    person_share: float
    confidence: Mapping[str, float]
    short_name_factor: float


@cache
def placement_rules() -> PlacementRules:
    """Rules of placing.

    Examples
    --------
    >>> placement_rules().confidence["product"]
    0.95
    """
    return PlacementRules(**read_library_yaml("chains.yaml")["placements"])


@cache
def thresholds() -> "ChainThresholds":
    """Where the lines between sound, weak and missing are drawn."""
    from silian.engines.graph import ChainThresholds

    return ChainThresholds(**read_library_yaml("chains.yaml")["thresholds"])
