"""What goes into questions to the graph, and what comes out."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from silian.engines.graph.snapshot_errors import DatesReversed, WeightOutOfRange

#: Along the edges, against them, or both.
Direction = Literal["out", "in", "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One thing of the graph."""

    node_id: str
    kind: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One dated statement about two things.

    Parameters
    ----------
    weight
        How strong, above 0: a share of revenue, a number of joint papers; 1 where nothing is said.
    start, end
        First and last day it held; ``None`` where open or unknown.
    evidence
        Id of the record that says so; empty where none was given.
    """

    source_id: str
    target_id: str
    edge_type: str
    weight: float = 1.0
    start: date | None = None
    end: date | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeFilter:
    """Which edges a question walks.

    Parameters
    ----------
    types
        Edge types; all where ``None``.
    kinds
        Kinds of nodes that may be met; all where ``None``. Nodes that a question starts from may
        be of any kind.
    since, until
        Only edges that held on some day of this span. An edge of unknown dates always may have.
    at_least
        Least weight.

    Raises
    ------
    DatesReversed
        If the span ends before it starts.
    WeightOutOfRange
        If ``at_least`` is negative.
    """

    types: frozenset[str] | None = None
    kinds: frozenset[str] | None = None
    since: date | None = None
    until: date | None = None
    at_least: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what no edge could pass."""
        if self.since is not None and self.until is not None and self.until < self.since:
            raise DatesReversed(f"until is {self.until}, before since {self.since}; swap them.")
        if not self.at_least >= 0:
            raise WeightOutOfRange(f"at_least is {self.at_least}; pass 0 or more.")


#: Every edge.
ALL_EDGES = EdgeFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotSummary:
    """What a graph holds."""

    nodes: int
    edges: int
    nodes_by_kind: dict[str, int]
    edges_by_type: dict[str, int]
    dropped_edges: int
    pending_changes: int
