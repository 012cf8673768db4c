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


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainLines:
    """Where the lines between sound, weak and missing are drawn.

    Attributes
    ----------
    least_confidence
        Who is placed with less does not count.
    least_local_share
        Less of the known capacity here is weak.
    most_concentration
        A Herfindahl-Hirschman index above is concentrated.
    part_depth
        Makers of kinds and parts count for the whole over so many links.
    most_dependence
        More of its inputs from elsewhere is dependent.
    """

    least_confidence: float
    least_local_share: float
    most_concentration: float
    part_depth: int
    most_dependence: float

    def for_engine(self) -> "ChainThresholds":
        """The lines that the engine draws."""
        from silian.engines.graph import ChainThresholds

        return ChainThresholds(
            least_confidence=self.least_confidence,
            least_local_share=self.least_local_share,
            most_concentration=self.most_concentration,
            part_depth=self.part_depth,
        )


@cache
def thresholds() -> ChainLines:
    """The lines of the library.

    Examples
    --------
    >>> thresholds().least_local_share
    0.2
    """
    return ChainLines(**read_library_yaml("chains.yaml")["thresholds"])
