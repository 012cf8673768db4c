"""How strong each link of a chain is here: present, concentrated, dependent, weak or missing."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from silian.engines.graph.chain import ChainLink, ChainMember, IndustryChain
from silian.engines.graph.edge_blocks import Bools, Ints
from silian.engines.graph.snapshot_errors import LimitOutOfRange

if TYPE_CHECKING:
    from scipy import sparse

#: ``unknown``: nobody is mapped to it, here or elsewhere, so nothing can be said.
ChainStatus = Literal["sound", "concentrated", "weak", "missing", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainThresholds:
    """Where the operator draws the lines; all are policy, none has a default.

    Parameters
    ----------
    least_confidence
        Members mapped with less do not count.
    least_local_share
        Of the capacity known: less is weak.
    most_concentration
        Herfindahl-Hirschman index of local capacity, 0 to 1: more is concentrated.
    part_depth
        Members of parts count for the whole over so many ``part_of`` links.
    """

    least_confidence: float
    least_local_share: float
    most_concentration: float
    part_depth: int

    def __post_init__(self) -> None:
        """Refuse shares outside 0 to 1."""
        for name in ("least_confidence", "least_local_share", "most_concentration"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise LimitOutOfRange(f"{name} is {value}; pass a fraction from 0 to 1.")
        if self.part_depth < 0:
            raise LimitOutOfRange(f"part_depth is {self.part_depth}; pass 0 or more.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Members of one kind at a node, those here and those elsewhere."""

    local: int
    outside: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAssessment:
    """One node as it stands.

    Parameters
    ----------
    presence
        By kind of member.
    local_capacity, outside_capacity
        Sum of size times confidence over enterprises.
    local_share
        Of both; ``None`` where no enterprise is known.
    specialisation
        The local share over that of the whole chain (location quotient).
    concentration
        Herfindahl-Hirschman index of local capacity; ``None`` without any.
    effective_enterprises
        How many equal ones would be as concentrated.
    input_dependence
        Share of its inputs that comes from outside, by the local shares of the nodes that feed
        it; ``None`` where none of them is known.
    n_inputs, n_known_inputs
        How many nodes feed it, and of how many of them an enterprise is known: on so many the
        dependence rests.
    waiting
        Local enterprises at the nodes that it feeds.
    """

    node_id: str
    label: str
    status: ChainStatus
    presence: dict[str, Presence]
    local_capacity: float
    outside_capacity: float
    local_share: float | None
    specialisation: float | None
    concentration: float | None
    effective_enterprises: float | None
    input_dependence: float | None
    n_inputs: int
    n_known_inputs: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GapEvidence:
    """Why a node is told to be weak or missing.

    Parameters
    ----------
    links
        To the nodes that need it and have local enterprises.
    waiting
        Local enterprises there, the largest first.
    suppliers
        Enterprises at the node itself, local before outside, the largest first.
    """

    links: tuple[ChainLink, ...]
    waiting: tuple[ChainMember, ...]
    suppliers: tuple[ChainMember, ...]


class ChainStrength:
    """All nodes of a chain, assessed together.

    Parameters
    ----------
    enterprise_kind
        Kind of the members whose size is capacity.

    References
    ----------
    Herfindahl (1950) and Hirschman (1945) for concentration; Florence (1948) for the location
    quotient.
    """

    def __init__(
        self,
        chain: IndustryChain,
        thresholds: ChainThresholds,
        *,
        enterprise_kind: str = "enterprise",
    ) -> None:
        self.chain = chain
        self.thresholds = thresholds
        rows, nodes = chain.rolled_up(thresholds.part_depth)
        sure = chain.confidence[rows] >= thresholds.least_confidence
        self._rows, self._nodes = rows[sure], nodes[sure]
        self._enterprises: Bools = chain.of_kind(enterprise_kind)[self._rows]
        self._here: Bools = chain.local[self._rows]
        self._capacity = (chain.size * chain.confidence)[self._rows] * self._enterprises
        self.local_capacity = self._by_node(self._capacity * self._here)
        self.outside_capacity = self._by_node(self._capacity * ~self._here)
        self._local_count = self._by_node((self._here & self._enterprises).astype(np.float64))
        self._waiting = self._waiting_by_node()

    def assess(self) -> tuple[NodeAssessment, ...]:
        """Assess every node, in the order of the table."""
        chain = self.chain
        whole = self.local_capacity + self.outside_capacity
        share = _ratio(self.local_capacity, whole)
        average = self.local_capacity.sum() / whole.sum() if whole.sum() else 0.0
        concentration = self._concentration()
        inputs = chain.inputs()
        dependence = _input_dependence(inputs, share)
        n_inputs, n_known_inputs = _counts_of_inputs(inputs, share)
        presence = self._presence()
        return tuple(
            NodeAssessment(
                node_id=chain.node_ids[place],
                label=chain.label(place),
                status=self._status(share[place], concentration[place]),
                presence=presence[place],
                local_capacity=float(self.local_capacity[place]),
                outside_capacity=float(self.outside_capacity[place]),
                local_share=_known(share[place]),
                specialisation=_known(share[place] / average if average else np.nan),
                concentration=_known(concentration[place]),
                effective_enterprises=_known(1.0 / concentration[place]),
                input_dependence=_known(dependence[place]),
                n_inputs=int(n_inputs[place]),
                n_known_inputs=int(n_known_inputs[place]),
                waiting=int(self._waiting[place]),
            )
            for place in range(chain.n_nodes)
        )

    def gaps(self, most: int | None = None) -> tuple[NodeAssessment, ...]:
        """Weak and missing nodes that local enterprises need, the most needed first."""
        found = [
            one for one in self.assess() if one.status in ("missing", "weak") and one.waiting > 0
        ]
        found.sort(key=lambda one: (-one.waiting, one.status != "missing", one.node_id))
        return tuple(found[:most])

    def evidence(self, node_id: str, most: int = 10) -> GapEvidence:
        """Show what an assessment rests on."""
        chain = self.chain
        place = chain.place(node_id)
        fed = np.flatnonzero((chain.sources == place) & chain.linked("upstream"))
        fed = fed[self._local_count[chain.targets[fed]] > 0]
        waiting = np.isin(self._nodes, chain.targets[fed]) & self._here & self._enterprises
        own = (self._nodes == place) & self._enterprises
        return GapEvidence(
            links=tuple(chain.link(int(row)) for row in fed[:most]),
            waiting=self._largest(np.flatnonzero(waiting), most),
            suppliers=self._largest(np.flatnonzero(own), most),
        )

    def outside_suppliers(self, node_id: str, most: int = 3) -> tuple[ChainMember, ...]:
        """Enterprises elsewhere at a node, the largest first: where what it lacks comes from."""
        own = (self._nodes == self.chain.place(node_id)) & self._enterprises & ~self._here
        return self._largest(np.flatnonzero(own), most)

    def _largest(self, places: Ints, most: int) -> tuple[ChainMember, ...]:
        order = np.lexsort((self._rows[places], -self._capacity[places], ~self._here[places]))
        found: dict[str, ChainMember] = {}
        for place in places[order].tolist():
            member = self.chain.member(int(self._rows[place]))
            found.setdefault(member.entity_id, member)
            if len(found) == most:
                break
        return tuple(found.values())

    def _by_node(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        summed: NDArray[np.float64] = np.bincount(
            self._nodes, values, minlength=self.chain.n_nodes
        ).astype(np.float64)
        return summed

    def _concentration(self) -> NDArray[np.float64]:
        """Index of local capacity by enterprise; an enterprise mapped twice counts once."""
        here = self._here & self._enterprises
        n_entities = max(1, len(self.chain.entity_ids))
        keys = self._nodes[here] * n_entities + self.chain.member_entities[self._rows[here]]
        each, where = np.unique(keys, return_inverse=True)
        capacity = np.bincount(where, self._capacity[here], minlength=len(each))
        nodes = each // n_entities
        squares = np.bincount(nodes, capacity**2, minlength=self.chain.n_nodes)
        return _ratio(squares, self.local_capacity**2)

    def _waiting_by_node(self) -> NDArray[np.int64]:
        """Distinct local enterprises at the nodes that each node feeds."""
        chain = self.chain
        here = self._here & self._enterprises
        feeds = chain.linked("upstream")
        members: dict[int, set[int]] = {}
        for node, entity in zip(
            self._nodes[here].tolist(),
            chain.member_entities[self._rows[here]].tolist(),
            strict=True,
        ):
            members.setdefault(node, set()).add(entity)
        found: dict[int, set[int]] = {}
        for source, target in zip(
            chain.sources[feeds].tolist(), chain.targets[feeds].tolist(), strict=True
        ):
            if target in members:
                found.setdefault(source, set()).update(members[target])
        counts = np.zeros(chain.n_nodes, np.int64)
        for source, entities in found.items():
            counts[source] = len(entities)
        return counts

    def _presence(self) -> list[dict[str, Presence]]:
        counts: list[dict[str, list[int]]] = [{} for _ in range(self.chain.n_nodes)]
        kinds = self.chain.member_kinds[self._rows].tolist()
        for node, kind, here in zip(self._nodes.tolist(), kinds, self._here.tolist(), strict=True):
            counts[node].setdefault(kind, [0, 0])[0 if here else 1] += 1
        return [
            {kind: Presence(local=two[0], outside=two[1]) for kind, two in sorted(one.items())}
            for one in counts
        ]

    def _status(self, share: float, concentration: float) -> ChainStatus:
        if np.isnan(share):
            return "unknown"
        if share == 0:
            return "missing"
        if share < self.thresholds.least_local_share:
            return "weak"
        if concentration > self.thresholds.most_concentration:
            return "concentrated"
        return "sound"


def _input_dependence(
    inputs: "sparse.csr_matrix", share: NDArray[np.float64]
) -> NDArray[np.float64]:
    known = ~np.isnan(share)
    outside = np.where(known, 1.0 - share, 0.0)
    return _ratio(inputs @ outside, inputs @ known.astype(np.float64))


def _counts_of_inputs(inputs: "sparse.csr_matrix", share: NDArray[np.float64]) -> tuple[Ints, Ints]:
    """How many nodes feed each, and how many of them have a known enterprise."""
    feeds = inputs.astype(bool).astype(np.int64)
    known: Ints = feeds @ (~np.isnan(share)).astype(np.int64)
    every: Ints = feeds @ np.ones(len(share), np.int64)
    return every, known


def _ratio(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    ratio: NDArray[np.float64] = np.divide(
        part, whole, out=np.full(len(whole), np.nan), where=whole > 0
    )
    return ratio


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
