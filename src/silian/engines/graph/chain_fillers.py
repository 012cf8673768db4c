"""Who could fill a gap: those whose other products lie near, by what is made together elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from silian.engines.graph.chain import ChainMember, IndustryChain
from silian.engines.graph.edge_blocks import Ints
from silian.engines.graph.snapshot_errors import LimitOutOfRange

#: How the chain joins a node to the gap: a kind or part of it or of the same whole, what feeds it,
#: what feeds the same as it, what it feeds.
Relation = Literal["kind", "input", "beside", "output"]

#: How much it says of an enterprise's capability to stand at such a node: who makes a sibling or an
#: input knows the trade, who takes the missing thing as an input knows its use.
_SAYS: Final[dict[Relation, float]] = {"kind": 1.0, "input": 0.7, "beside": 0.4, "output": 0.3}
_SAYS_OF_MAKERS: Final[dict[Relation, float]] = {
    relation: said for relation, said in _SAYS.items() if relation != "output"
}
#: So many further makers that don't make both, so many further nodes, so much further proximity: thin
#: evidence stays small. What one enterprise makes together is an anecdote.
_FURTHER_MAKERS, _FURTHER_NODES, _FURTHER_PROXIMITY = 2.0, 1.0, 1.0
#: With less than this beside its standing at outputs, a customer comes after the others.
_TELLING = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class NearNode:
    """A node where a candidate stands already, and how near that is to the gap.

    Parameters
    ----------
    proximity
        Of those at the node with fewer enterprises, the share that is also at the other.
    together
        How many enterprises that is.
    relation
        How the chain joins the two; empty where it does not.
    """

    node_id: str
    label: str
    proximity: float
    together: int
    relation: Relation | Literal[""]

    @property
    def linked(self) -> bool:
        """Whether the chain itself joins the two."""
        return bool(self.relation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filler:
    """Somebody who could fill a gap.

    Parameters
    ----------
    density
        Share of all proximity to the gap that lies at nodes where the candidate stands; small
        where few enterprises make anything together with it.
    kinship
        How much of what is akin to the gap in the chain the candidate makes, 0 to 1.
    score
        Either or both: 1 - (1 - density)(1 - kinship).
    is_customer
        Whether hardly anything speaks for it but that it makes what the gap feeds.
    near
        Nodes that speak for it, those that say most first.
    """

    entity_id: str
    label: str
    kind: str
    local: bool
    score: float
    density: float
    kinship: float
    is_customer: bool
    near: tuple[NearNode, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fillers:
    """Answers for one gap.

    Parameters
    ----------
    local
        Local members of the kind asked for that are near, not there yet nor at a kind of it; mere
        customers last.
    to_attract
        Those elsewhere that are at the node already, the largest first.
    supporters
        Local members of other kinds (patents, people, platforms) at the node, then next to it:
        kinds, inputs and what stands beside it before its outputs.
    """

    node_id: str
    local: tuple[Filler, ...]
    to_attract: tuple[ChainMember, ...]
    supporters: tuple[ChainMember, ...]


class Capabilities:
    """Who is at which node, turned into nearness of nodes.

    Parameters
    ----------
    kind
        Kind of the members whose standing together makes nodes near.
    least_confidence
        Members mapped with less do not count.

    References
    ----------
    Hidalgo, Klinger, Barabási and Hausmann (2007), The product space conditions the development
    of nations. Science 317. Neffke, Henning and Boschma (2011), How do regions diversify over
    time? Economic Geography 87.
    """

    def __init__(
        self, chain: IndustryChain, *, kind: str = "enterprise", least_confidence: float
    ) -> None:
        self.chain = chain
        self.kind = kind
        counted = chain.of_kind(kind) & (chain.confidence >= least_confidence)
        self._sure = chain.confidence >= least_confidence
        rows = np.flatnonzero(counted)
        shape = (len(chain.entity_ids), chain.n_nodes)
        ones = np.ones(len(rows))
        self.standing = sparse.csr_matrix(
            (ones, (chain.member_entities[rows], chain.member_nodes[rows])), shape=shape
        )
        self.standing.data[:] = 1.0
        self._by_node = self.standing.T.tocsr()
        self._counts = np.diff(self._by_node.indptr)
        self._feeds, self._fed_by = _both_ways(chain, "upstream")
        self._wholes, self._parts = _both_ways(chain, "part_of")

    def proximity(self, place: int, without: int | None = None) -> NDArray[np.float64]:
        """Nearness of one node to all, shape (n_nodes,): the lesser conditional probability.

        Parameters
        ----------
        without
            An entity whose standing at the node is not to count, as in evaluation.
        """
        together, most = self._together(place, without)
        near: NDArray[np.float64] = np.divide(
            together, most, out=np.zeros(len(most)), where=most > 0
        )
        return near

    def kin(self, place: int) -> dict[int, Relation]:
        """Nodes akin to a node in the chain, each by the relation that says most."""
        outputs = self._feeds[place].indices
        wholes = self._wholes[place].indices
        siblings = self._parts[wholes].indices
        found: dict[int, Relation] = {}
        for relation, nodes in (
            ("kind", (self._parts[place].indices, wholes, siblings)),
            ("input", (self._fed_by[place].indices,)),
            ("beside", (self._fed_by[outputs].indices,)),
            ("output", (outputs,)),
        ):
            for one in np.concatenate(nodes).tolist():
                found.setdefault(one, relation)  # type: ignore[arg-type]
        found.pop(place, None)
        return found

    def scores(
        self, place: int, without: int | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Density and kinship of every entity towards a node, shape (n_entities,) each."""
        return self._density(place, without), self._kinship(self.kin(place), _SAYS)

    def _together(
        self, place: int, without: int | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """How many are at each node and at this one, and at the one of both with more."""
        members = self._by_node[place].indices
        if without is not None:
            members = members[members != without]
        together = np.asarray(self.standing[members].sum(axis=0)).ravel()
        together[place] = 0.0
        return together, np.maximum(self._counts, len(members)).astype(np.float64)

    def _density(self, place: int, without: int | None = None) -> NDArray[np.float64]:
        together, most = self._together(place, without)
        near = together / (most + _FURTHER_MAKERS) * together / (together + _FURTHER_MAKERS)
        density: NDArray[np.float64] = self.standing @ near / (near.sum() + _FURTHER_PROXIMITY)
        return density

    def _kinship(
        self, kin: dict[int, Relation], says: Mapping[Relation, float]
    ) -> NDArray[np.float64]:
        """Any of the relations may speak for an entity, each by the share of its nodes."""
        against = np.ones(self.standing.shape[0])
        for relation, weight in says.items():
            nodes = [node for node, held in kin.items() if held == relation]
            if nodes:
                at = np.zeros(self.chain.n_nodes)
                at[nodes] = weight / (len(nodes) + _FURTHER_NODES)
                against *= 1.0 - self.standing @ at
        return 1.0 - against

    def fillers(self, node_id: str, *, most: int = 10, reasons: int = 3) -> Fillers:
        """Find who could fill a gap.

        Raises
        ------
        UnknownNode
            If the chain has no such node.
        """
        if most < 1:
            raise LimitOutOfRange(f"most is {most}; ask for 1 or more.")
        chain = self.chain
        place = chain.place(node_id)
        kin = self.kin(place)
        density, kinship = self.scores(place)
        scores = _either(density, kinship)
        of_maker = _either(density, self._kinship(kin, _SAYS_OF_MAKERS))
        wanted = np.zeros(len(scores), np.bool_)
        wanted[chain.member_entities[chain.of_kind(self.kind) & chain.local]] = True
        there = np.append(self._parts[place].indices, place)
        wanted[self._by_node[there].indices] = False
        scores[~wanted] = 0.0
        order = np.lexsort((np.arange(len(scores)), -scores, of_maker < _TELLING))[:most]
        figures = _Figures(scores, density, kinship, of_maker, *self._together(place))
        return Fillers(
            node_id=node_id,
            local=tuple(
                self._filler(one, kin, figures, reasons)
                for one in order.tolist()
                if scores[one] > 0
            ),
            to_attract=self._at([np.array([place])], most, local=False, own_kind=True),
            supporters=self._at(
                [np.array([place]), *_by_relation(kin)], most, local=True, own_kind=False
            ),
        )

    def _filler(
        self, entity: int, kin: dict[int, Relation], figures: "_Figures", reasons: int
    ) -> Filler:
        chain = self.chain
        says = {
            node: (_SAYS[kin[node]] if node in kin else 0.0, figures.proximity(node))
            for node in self.standing[entity].indices.tolist()
        }
        told = [node for node, said in says.items() if any(said)]
        told.sort(key=lambda node: (-max(says[node]), -sum(says[node]), node))
        member = chain.member(int(np.flatnonzero(chain.member_entities == entity)[0]))
        return Filler(
            entity_id=member.entity_id,
            label=member.label,
            kind=member.kind,
            local=member.local,
            score=float(figures.scores[entity]),
            density=float(figures.density[entity]),
            kinship=float(figures.kinship[entity]),
            is_customer=bool(figures.of_maker[entity] < _TELLING)
            and any(kin.get(node) == "output" for node in told),
            near=tuple(
                NearNode(
                    node_id=chain.node_ids[node],
                    label=chain.label(node),
                    proximity=figures.proximity(node),
                    together=int(figures.together[node]),
                    relation=kin.get(node, ""),
                )
                for node in told[:reasons]
            ),
        )

    def _at(
        self, groups: Sequence[Ints], most: int, *, local: bool, own_kind: bool
    ) -> tuple[ChainMember, ...]:
        """Members at groups of nodes, group by group, the largest first."""
        chain = self.chain
        rank = np.full(chain.n_nodes, len(groups))
        for number, places in enumerate(groups):
            rank[places] = number
        chosen = (rank[chain.member_nodes] < len(groups)) & (chain.local == local) & self._sure
        chosen &= chain.of_kind(self.kind) == own_kind
        rows = np.flatnonzero(chosen)
        size = (chain.size * chain.confidence)[rows]
        order = rows[np.lexsort((rows, -size, rank[chain.member_nodes[rows]]))]
        found: dict[str, ChainMember] = {}
        for row in order.tolist():
            member = chain.member(row)
            found.setdefault(member.entity_id, member)
            if len(found) == most:
                break
        return tuple(found.values())


@dataclass(frozen=True, slots=True)
class _Figures:
    scores: NDArray[np.float64]
    density: NDArray[np.float64]
    kinship: NDArray[np.float64]
    of_maker: NDArray[np.float64]
    together: NDArray[np.float64]
    most: NDArray[np.float64]

    def proximity(self, node: int) -> float:
        return float(self.together[node] / self.most[node]) if self.most[node] else 0.0


def _either(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1.0 - (1.0 - one) * (1.0 - other)


def _by_relation(kin: Mapping[int, Relation]) -> list[Ints]:
    return [
        np.array([node for node, held in kin.items() if held == relation], np.int64)
        for relation in _SAYS
    ]


def _both_ways(chain: IndustryChain, relation: str) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """Links of a relation: row a source, columns its targets, and the other way round."""
    links = chain.linked(relation) & (chain.sources != chain.targets)
    shape = (chain.n_nodes, chain.n_nodes)
    ones = np.ones(int(links.sum()))
    forth = sparse.csr_matrix((ones, (chain.sources[links], chain.targets[links])), shape=shape)
    return forth, forth.T.tocsr()
