"""Which nodes belong to a part of the chains, and how far each is from the end products."""

from collections import deque
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from silian.portal.insight.domain.chain_assembly import Adjacency, Assembled
from silian.portal.insight.domain.chain_values import ChainScope

_PART_STEPS = 2  # kinds of kinds, and no further
_MOST_VISITED = 20_000


def layers_of(held: Assembled, scope: ChainScope) -> dict[int, int | None]:
    """Nodes of a scope with their layers; all of them, without layers, where it has no roots.

    Raises
    ------
    silian.engines.graph.UnknownNode
        If a root is unknown.
    """
    if not scope.roots:
        return dict.fromkeys(range(held.chain.n_nodes))
    roots = [held.chain.place(root) for root in scope.roots]
    layers = _walk(held, roots, held.upward, held.chain.sources, scope.up)
    for node, steps in _walk(held, roots, held.downward, held.chain.targets, scope.down).items():
        layers.setdefault(node, -steps)
    return dict(layers)


def _walk(
    held: Assembled,
    roots: Iterable[int],
    adjacency: Adjacency,
    ends: NDArray[np.int64],
    depth: int,
) -> dict[int, int]:
    """Steps of goods from the roots; kinds and parts are no step, but only so many are taken."""
    goods = held.chain.linked("upstream")
    reached = dict.fromkeys(roots, (0, 0))
    waiting = deque((root, 0, 0) for root in roots)
    while waiting and len(reached) < _MOST_VISITED:
        node, steps, parts = waiting.popleft()
        if reached[node] < (steps, parts):
            continue
        for link in adjacency.of(node).tolist():
            onward = (steps + 1, 0) if goods[link] else (steps, parts + 1)
            if onward[0] > depth or onward[1] > _PART_STEPS or (depth == 0 and not goods[link]):
                continue
            other = int(ends[link])
            if other not in reached or onward < reached[other]:
                reached[other] = onward
                (waiting.append if goods[link] else waiting.appendleft)((other, *onward))
    return {node: steps for node, (steps, _) in reached.items()}


def most_notable(
    held: Assembled, layers: dict[int, int | None], roots: Iterable[int], most: int
) -> list[int]:
    """The nodes to show: end products, then what is near and matters, at most so many."""
    first = set(roots)
    members = held.members_at.counts()

    def rank(node: int) -> tuple[int, int, int, int, int]:
        one = held.assessments[node]
        known = one.presence.get("enterprise")
        return (
            node not in first,
            abs(layers[node] or 0),
            -(one.waiting + (known.local if known else 0)),
            -int(members[node]) - int(held.degrees[node]),
            node,
        )

    if len(layers) > 10 * most:  # ranking all of them in Python would take too long
        weight = members + held.degrees
        numbers = np.fromiter(layers, np.int64, len(layers))
        kept = numbers[np.argsort(-weight[numbers], kind="stable")[: 10 * most]].tolist()
        return sorted({*kept, *first}, key=rank)[:most]
    return sorted(layers, key=rank)[:most]
