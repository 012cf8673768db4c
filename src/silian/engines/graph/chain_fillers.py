"""Who could fill a gap: those whose other products lie near, by what is made together elsewhere."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from silian.engines.graph.chain import ChainMember, IndustryChain
from silian.engines.graph.edge_blocks import Ints
from silian.engines.graph.snapshot_errors import LimitOutOfRange


@dataclass(frozen=True, slots=True, kw_only=True)
class NearNode:
    """A node where a candidate stands already, and how near that is to the gap.

    Parameters
    ----------
    proximity
        Of those at the node with fewer enterprises, the share that is also at the other.
    linked
        Whether the chain itself joins the two, as input, output, part or sibling.
    """

    node_id: str
    label: str
    proximity: float
    linked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Filler:
    """Somebody who could fill a gap.

    Parameters
    ----------
    density
        Share of all proximity to the gap that lies at nodes where the candidate stands.
    kinship
        Share of the gap's neighbours in the chain where it stands.
    score
        Either or both: 1 - (1 - density)(1 - kinship).
    near
        Nodes that speak for it, the nearest first.
    """

    entity_id: str
    label: str
    kind: str
    local: bool
    score: float
    density: float
    kinship: float
    near: tuple[NearNode, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fillers:
    """Answers for one gap.

    Parameters
    ----------
    local
        Local members of the kind asked for that are near, not there yet.
    to_attract
        Those elsewhere that are at the node already, the largest first.
    supporters
        Local members of other kinds (patents, people, platforms) at the node or next to it.
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
        both = np.concatenate([chain.sources, chain.targets])
        others = np.concatenate([chain.targets, chain.sources])
        square = (chain.n_nodes, chain.n_nodes)
        self._joined = sparse.csr_matrix((np.ones(len(both)), (both, others)), shape=square)
        self._joined.data[:] = 1.0
        parts = chain.linked("part_of")
        self._wholes = sparse.csr_matrix(
            (np.ones(int(parts.sum())), (chain.sources[parts], chain.targets[parts])), shape=square
        )

    def proximity(self, place: int, without: int | None = None) -> NDArray[np.float64]:
        """Nearness of one node to all, shape (n_nodes,): the lesser conditional probability.

        Parameters
        ----------
        without
            An entity whose standing at the node is not to count, as in evaluation.
        """
        members = self._by_node[place].indices
        if without is not None:
            members = members[members != without]
        together = np.asarray(self.standing[members].sum(axis=0)).ravel()
        most = np.maximum(self._counts, len(members))
        near: NDArray[np.float64] = np.divide(
            together, most, out=np.zeros(len(most)), where=most > 0
        )
        near[place] = 0.0
        return near

    def kin(self, place: int) -> Ints:
        """Nodes that the chain joins to a node: inputs, outputs, parts, wholes and siblings."""
        own = self._joined[place].indices
        siblings = self._wholes[:, self._wholes[place].indices].nonzero()[0]
        found: Ints = np.unique(np.concatenate([own, siblings]).astype(np.int64))
        others: Ints = found[found != place]
        return others

    def scores(
        self, place: int, without: int | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Density and kinship of every entity towards a node, shape (n_entities,) each."""
        near = self.proximity(place, without)
        kin = np.zeros(self.chain.n_nodes)
        kin[self.kin(place)] = 1.0
        density, kinship = (
            self.standing @ values / values.sum()
            if values.sum()
            else np.zeros(self.standing.shape[0])
            for values in (near, kin)
        )
        return density, kinship

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
        density, kinship = self.scores(place)
        scores = 1.0 - (1.0 - density) * (1.0 - kinship)
        scores[self._by_node[place].indices] = 0.0
        wanted = np.zeros(len(scores), np.bool_)
        wanted[chain.member_entities[chain.of_kind(self.kind) & chain.local]] = True
        scores[~wanted] = 0.0
        order = np.lexsort((np.arange(len(scores)), -scores))[:most]
        near = self.proximity(place)
        kin = self.kin(place)
        return Fillers(
            node_id=node_id,
            local=tuple(
                self._filler(one, near, kin, (scores, density, kinship), reasons)
                for one in order.tolist()
                if scores[one] > 0
            ),
            to_attract=self._at(np.array([place]), most, local=False, own_kind=True),
            supporters=self._at(np.append(kin, place), most, local=True, own_kind=False),
        )

    def _filler(
        self,
        entity: int,
        near: NDArray[np.float64],
        kin: Ints,
        figures: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
        reasons: int,
    ) -> Filler:
        chain = self.chain
        nodes = self.standing[entity].indices
        linked = np.isin(nodes, kin)
        nodes, linked = nodes[(near[nodes] > 0) | linked], linked[(near[nodes] > 0) | linked]
        order = np.lexsort((nodes, ~linked, -near[nodes]))[:reasons]
        row = int(np.flatnonzero(chain.member_entities == entity)[0])
        member = chain.member(row)
        return Filler(
            entity_id=member.entity_id,
            label=member.label,
            kind=member.kind,
            local=member.local,
            score=float(figures[0][entity]),
            density=float(figures[1][entity]),
            kinship=float(figures[2][entity]),
            near=tuple(
                NearNode(
                    node_id=chain.node_ids[node],
                    label=chain.label(node),
                    proximity=float(near[node]),
                    linked=bool(joined),
                )
                for node, joined in zip(nodes[order].tolist(), linked[order].tolist(), strict=True)
            ),
        )

    def _at(
        self, places: Ints, most: int, *, local: bool, own_kind: bool
    ) -> tuple[ChainMember, ...]:
        chain = self.chain
        chosen = np.isin(chain.member_nodes, places) & (chain.local == local) & self._sure
        chosen &= chain.of_kind(self.kind) == own_kind
        rows = np.flatnonzero(chosen)
        order = rows[np.lexsort((rows, -(chain.size * chain.confidence)[rows]))]
        found: dict[str, ChainMember] = {}
        for row in order.tolist():
            member = chain.member(row)
            found.setdefault(member.entity_id, member)
            if len(found) == most:
                break
        return tuple(found.values())
