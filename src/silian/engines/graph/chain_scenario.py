"""What hangs on a node or an enterprise: take it away, and follow the loss downstream."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

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
    part_depth: int = 1,
    least_confidence: float = 0.0,
    at_least: float = 0.01,
) -> Scenario:
    """Take nodes or enterprises away and follow the loss along the links.

    A loss goes to what a node feeds, and, by its share of the capacity there, to what it is a kind
    or part of. A whole that is taken away leaves its parts.

    Parameters
    ----------
    within_region
        Only local capacity can stand in for what is lost; otherwise also that outside.
    part_depth
        Makers of parts are capacity of the whole over so many ``part_of`` links.
    least_confidence
        Members mapped with less do not count.
    at_least
        Losses below this share are left out of the answer.

    Raises
    ------
    UnknownNode
        If a node or an enterprise is not in the chain.
    LimitOutOfRange
        If ``at_least`` is not a fraction, ``part_depth`` is negative, or nothing is to be taken
        away.

    References
    ----------
    Haimes and Jiang (2001), Leontief-based model of risk in complex interconnected
    infrastructures; the loss of a node is the greater of its own and that of its inputs.
    """
    if not 0 < at_least <= 1:
        raise LimitOutOfRange(f"at_least is {at_least}; pass a fraction above 0.")
    if part_depth < 0:
        raise LimitOutOfRange(f"part_depth is {part_depth}; pass 0 or more.")
    if not nodes and not entities:
        raise LimitOutOfRange("nothing to take away; name nodes or entities.")
    gone = np.array([chain.place(one) for one in nodes], np.int64)
    firms = np.array([chain.entity_place(one) for one in entities], np.int64)
    counted = chain.of_kind(kind) & (chain.confidence >= least_confidence)
    capacity = chain.size * chain.confidence * counted * (chain.local if within_region else True)
    makeup = _makeup(chain, capacity, gone, firms, part_depth)
    followed = _followed(chain, makeup, substitution)
    taken = set(gone.tolist())
    found = [
        NodeLoss(
            node_id=chain.node_ids[place],
            label=chain.label(place),
            direct=float(makeup.direct[place]),
            loss=float(followed.loss[place]),
            steps=int(followed.steps[place]),
            through=None if (by := followed.through[place]) < 0 else chain.node_ids[by],
        )
        for place in np.flatnonzero(followed.loss >= at_least).tolist()
        if place not in taken
    ]
    found.sort(key=lambda one: (-one.loss, one.steps, one.node_id))
    stopped = followed.by_inputs.copy()
    stopped[gone] = 1.0
    return Scenario(
        nodes=tuple(found), entities=_entities(chain, stopped, counted, firms, at_least)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Makeup:
    """Of what the capacity of each node is made, and what of it is taken away.

    Attributes
    ----------
    direct
        Share taken away, that of parts among it.
    own
        Of all capacity, what is taken away from those who stand at the node itself.
    wholes, parts, shares
        Parallel: so much of the whole's capacity stands at the part.
    """

    direct: NDArray[np.float64]
    own: NDArray[np.float64]
    wholes: NDArray[np.int64]
    parts: NDArray[np.int64]
    shares: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Followed:
    """Losses where nothing changes any more; ``by_inputs`` only what inputs cost."""

    loss: NDArray[np.float64]
    by_inputs: NDArray[np.float64]
    steps: NDArray[np.int64]
    through: NDArray[np.int64]


def _makeup(
    chain: IndustryChain,
    capacity: NDArray[np.float64],
    gone: NDArray[np.int64],
    firms: NDArray[np.int64],
    part_depth: int,
) -> _Makeup:
    rows, at = chain.standing_in_wholes(part_depth)
    home, amount = chain.member_nodes[rows], capacity[rows]
    whole = _summed(at, amount, chain.n_nodes)
    scale = np.divide(1.0, whole, out=np.zeros(chain.n_nodes), where=whole > 0)
    is_gone = np.zeros(chain.n_nodes, np.bool_)
    is_gone[gone] = True
    leaves = np.isin(chain.member_entities[rows], firms)
    lost = amount * (leaves | is_gone[home])
    direct = _summed(at, lost, chain.n_nodes) * scale
    own = _summed(at, amount * leaves * (home == at), chain.n_nodes) * scale
    direct[gone] = own[gone] = 1.0
    of_part = home != at
    key, where = np.unique(at[of_part] * chain.n_nodes + home[of_part], return_inverse=True)
    wholes, parts = np.divmod(key, chain.n_nodes)
    shares = _summed(where, amount[of_part], len(key)) * scale[wholes]
    bare = _parts_of_the_unknown(chain, whole, part_depth)
    return _Makeup(
        direct=np.minimum(direct, 1.0),
        own=own,
        wholes=np.concatenate([wholes, bare[0]]),
        parts=np.concatenate([parts, bare[1]]),
        shares=np.concatenate([shares, bare[2]]),
    )


def _parts_of_the_unknown(
    chain: IndustryChain, whole: NDArray[np.float64], part_depth: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Where nobody is known at a whole or its parts, every part is an equal share of it."""
    links = chain.linked("part_of") & (chain.sources != chain.targets) & (part_depth > 0)
    links &= whole[chain.targets] == 0
    key = np.unique(chain.targets[links] * chain.n_nodes + chain.sources[links])
    wholes, parts = np.divmod(key, chain.n_nodes)
    return wholes, parts, 1.0 / np.bincount(wholes, minlength=chain.n_nodes)[wholes]


def _followed(chain: IndustryChain, makeup: _Makeup, substitution: Substitution) -> _Followed:
    """Raise losses along the links until nothing changes; they only grow, and never past 1."""
    inputs = chain.inputs().tocoo()
    weights = inputs.data if substitution == "shares" else np.ones(inputs.nnz)
    loss, by_inputs = makeup.own, np.zeros(chain.n_nodes)
    steps = np.where(loss > 0, 0, -1)
    for step in range(1, _MOST_ROUNDS + 1):
        carried = loss[inputs.col] * weights
        if substitution == "shares":
            by_inputs = _summed(inputs.row, carried, chain.n_nodes)
        else:
            np.maximum.at(by_inputs, inputs.row, carried)
        by_inputs = np.minimum(by_inputs, 1.0)
        of_parts = makeup.shares * loss[makeup.parts]
        by_parts = makeup.own + _summed(makeup.wholes, of_parts, chain.n_nodes)
        after = np.maximum(by_inputs, np.minimum(np.maximum(by_parts, makeup.direct), 1.0))
        grown = after > loss + _SMALL
        if not grown.any():
            break
        steps[grown & (steps < 0)] = step
        loss = np.maximum(loss, after)
    through = _through(chain, loss, makeup, inputs, weights)
    return _Followed(loss=loss, by_inputs=by_inputs, steps=steps, through=through)


def _summed(
    places: NDArray[np.int64], values: NDArray[np.float64], n_places: int
) -> NDArray[np.float64]:
    summed: NDArray[np.float64] = np.bincount(places, values, minlength=n_places).astype(np.float64)
    return summed


def _through(
    chain: IndustryChain,
    loss: NDArray[np.float64],
    makeup: _Makeup,
    inputs: Any,
    weights: NDArray[np.float64],
) -> NDArray[np.int64]:
    """The input or part that weighs most in the loss of each node, -1 where it is its own."""
    reached = np.concatenate([inputs.row, makeup.wholes])
    by = np.concatenate([inputs.col, makeup.parts])
    carried = loss[by] * np.concatenate([weights, makeup.shares])
    told = np.flatnonzero((carried > 0) & (loss > makeup.own + _SMALL)[reached])
    order = told[np.lexsort((by[told], carried[told]))]
    found = np.full(chain.n_nodes, -1, np.int64)
    found[reached[order]] = by[order]  # the weightiest comes last and stays
    return found


def _entities(
    chain: IndustryChain,
    loss: NDArray[np.float64],
    counted: NDArray[np.bool_],
    firms: NDArray[np.int64],
    at_least: float,
) -> tuple[EntityLoss, ...]:
    """What their nodes' inputs cost those who stay: who only loses a rival loses nothing."""
    chosen = np.flatnonzero(counted & ~np.isin(chain.member_entities, firms))
    size = (chain.size * chain.confidence)[chosen]
    entities = chain.member_entities[chosen]
    whole = np.bincount(entities, size, minlength=len(chain.entity_ids))
    lost = np.bincount(
        entities, size * loss[chain.member_nodes[chosen]], minlength=len(chain.entity_ids)
    )
    share = np.divide(lost, whole, out=np.zeros(len(whole)), where=whole > 0)
    rows = np.zeros(len(whole), np.int64)
    rows[entities[::-1]] = chosen[::-1]  # the first of each comes last and stays
    found = []
    for entity in np.flatnonzero(share >= at_least).tolist():
        member = chain.member(int(rows[entity]))
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
