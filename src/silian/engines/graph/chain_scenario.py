"""What hangs on a node or an enterprise: take it away, and follow the loss downstream."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from silian.engines.graph.chain import IndustryChain
from silian.engines.graph.snapshot_errors import LimitOutOfRange

#: ``shares``: a lost input costs its share of all inputs; ``none``: without an input nothing runs.
Substitution = Literal["shares", "none"]

_MOST_ROUNDS = 200
_SMALL = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLoss:
    """What a node loses.

    Parameters
    ----------
    direct
        Share of its capacity that was taken away.
    loss
        Share of its output lost, its inputs considered.
    steps
        Links from what was taken away.
    through
        The node that feeds it and weighs most in its loss; ``None`` where the loss is its own.
    """

    node_id: str
    label: str
    direct: float
    loss: float
    steps: int
    through: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityLoss:
    """What an enterprise stands to lose: the loss of its nodes, by its size at each."""

    entity_id: str
    label: str
    local: bool
    loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """All losses, the greatest first, those of what was taken away aside."""

    nodes: tuple[NodeLoss, ...]
    entities: tuple[EntityLoss, ...]


def remove_from_chain(
    chain: IndustryChain,
    *,
    nodes: Sequence[str] = (),
    entities: Sequence[str] = (),
    substitution: Substitution = "shares",
    within_region: bool = False,
    kind: str = "enterprise",
    at_least: float = 0.01,
) -> Scenario:
    """Take nodes or enterprises away and follow the loss along the links.

    Parameters
    ----------
    within_region
        Only local capacity can stand in for what is lost; otherwise also that outside.
    at_least
        Losses below this share are left out of the answer.

    Raises
    ------
    UnknownNode
        If a node or an enterprise is not in the chain.
    LimitOutOfRange
        If ``at_least`` is not a fraction, or nothing is to be taken away.

    References
    ----------
    Haimes and Jiang (2001), Leontief-based model of risk in complex interconnected
    infrastructures; the loss of a node is the greater of its own and that of its inputs.
    """
    if not 0 < at_least <= 1:
        raise LimitOutOfRange(f"at_least is {at_least}; pass a fraction above 0.")
    if not nodes and not entities:
        raise LimitOutOfRange("nothing to take away; name nodes or entities.")
    gone = np.array([chain.place(one) for one in nodes], np.int64)
    firms = np.array([chain.entity_place(one) for one in entities], np.int64)
    direct = _direct(chain, gone, firms, within_region, kind)
    loss, steps, through = _followed(chain, direct, substitution)
    found = [
        NodeLoss(
            node_id=chain.node_ids[place],
            label=chain.label(place),
            direct=float(direct[place]),
            loss=float(loss[place]),
            steps=int(steps[place]),
            through=None if through[place] < 0 else chain.node_ids[through[place]],
        )
        for place in np.flatnonzero(loss >= at_least).tolist()
        if place not in set(gone.tolist())
    ]
    found.sort(key=lambda one: (-one.loss, one.steps, one.node_id))
    return Scenario(nodes=tuple(found), entities=_entities(chain, loss, firms, kind, at_least))


def _direct(
    chain: IndustryChain,
    gone: NDArray[np.int64],
    firms: NDArray[np.int64],
    within_region: bool,
    kind: str,
) -> NDArray[np.float64]:
    capacity = chain.size * chain.confidence * chain.of_kind(kind)
    if within_region:
        capacity = capacity * chain.local
    whole = np.bincount(chain.member_nodes, capacity, minlength=chain.n_nodes)
    lost = capacity * np.isin(chain.member_entities, firms)
    taken = np.bincount(chain.member_nodes, lost, minlength=chain.n_nodes)
    share: NDArray[np.float64] = np.divide(
        taken, whole, out=np.zeros(chain.n_nodes), where=whole > 0
    )
    share[gone] = 1.0
    return share


def _followed(
    chain: IndustryChain, direct: NDArray[np.float64], substitution: Substitution
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Raise losses along the links until nothing changes; they only grow, and never past 1."""
    inputs = chain.inputs().tocoo()
    weights = inputs.data if substitution == "shares" else np.ones(inputs.nnz)
    loss = direct.copy()
    steps = np.where(direct > 0, 0, -1)
    through = np.full(chain.n_nodes, -1, np.int64)
    for step in range(1, _MOST_ROUNDS + 1):
        carried = loss[inputs.col] * weights
        after = direct.copy()
        if substitution == "shares":
            summed = np.bincount(inputs.row, carried, minlength=chain.n_nodes)
            after = np.maximum(after, np.minimum(summed, 1.0))
        else:
            np.maximum.at(after, inputs.row, carried)
        grown = after > loss + _SMALL
        if not grown.any():
            break
        steps[grown & (steps < 0)] = step
        loss = np.maximum(loss, after)
    order = np.lexsort((inputs.col, loss[inputs.col] * weights))
    own = loss <= direct + _SMALL
    for edge in order.tolist():  # the weightiest comes last and stays
        if not own[inputs.row[edge]] and loss[inputs.col[edge]] > 0:
            through[inputs.row[edge]] = inputs.col[edge]
    return loss, steps, through


def _entities(
    chain: IndustryChain,
    loss: NDArray[np.float64],
    firms: NDArray[np.int64],
    kind: str,
    at_least: float,
) -> tuple[EntityLoss, ...]:
    chosen = np.flatnonzero(chain.of_kind(kind) & ~np.isin(chain.member_entities, firms))
    size = (chain.size * chain.confidence)[chosen]
    entities = chain.member_entities[chosen]
    whole = np.bincount(entities, size, minlength=len(chain.entity_ids))
    lost = np.bincount(
        entities, size * loss[chain.member_nodes[chosen]], minlength=len(chain.entity_ids)
    )
    share = np.divide(lost, whole, out=np.zeros(len(whole)), where=whole > 0)
    first = {
        int(entity): int(row) for row, entity in zip(chosen[::-1], entities[::-1], strict=True)
    }
    found = []
    for entity in np.flatnonzero(share >= at_least).tolist():
        member = chain.member(first[entity])
        found.append(
            EntityLoss(
                entity_id=member.entity_id,
                label=member.label,
                local=member.local,
                loss=float(share[entity]),
            )
        )
    found.sort(key=lambda one: (-one.loss, one.entity_id))
    return tuple(found)
