"""What steps of a path cost, and paths as the search handles them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from silian.engines.graph.snapshot_errors import WeightOutOfRange


@dataclass(frozen=True, slots=True, kw_only=True)
class PathCosts:
    """What a step costs; a path's cost is the sum of its steps.

    Parameters
    ----------
    by_type
        Cost of an edge by type, > 0: less for a tie that binds more.
    otherwise
        Cost of the types not named.
    by_strength
        Divide by the edge's weight: strong ties are short. Where false, weights play no part.
    most_ties
        Never walk through a node with more edges than this: "both are in the same city" is no
        connection. The two ends may have any number.

    Raises
    ------
    WeightOutOfRange
        If a cost is not above 0.
    """

    by_type: Mapping[str, float] = field(default_factory=dict)
    otherwise: float = 1.0
    by_strength: bool = True
    most_ties: int | None = None

    def __post_init__(self) -> None:
        """Refuse costs that make no shortest path."""
        for name, cost in (*self.by_type.items(), ("otherwise", self.otherwise)):
            if not (cost > 0 and np.isfinite(cost)):
                raise WeightOutOfRange(f"the cost of {name} is {cost}; costs are above 0.")


#: One for every step, divided by the strength of the tie.
PLAIN_COSTS: Final = PathCosts()


@dataclass(frozen=True, slots=True)
class Way:
    """A path as positions and edge numbers.

    Parameters
    ----------
    branch
        Where it left the path that it came from.
    taken
        Steps from there that other paths with the same beginning take.
    """

    cost: float
    nodes: tuple[int, ...]
    edges: tuple[int, ...]
    branch: int = 0
    taken: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class OpenWays:
    """All ways with one beginning that take none of some next steps; not searched yet."""

    nodes: tuple[int, ...]
    edges: tuple[int, ...]
    taken: frozenset[int]
    before: float
