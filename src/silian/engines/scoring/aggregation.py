"""Leaves add up through the tree, for many subjects at once, with bounds where some are unknown.

Every node carries what it surely has and what it can have at most. Where these are the same thing
it is known; where they are not, a pass mark may be met or missed all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from silian.engines.scoring.compiling import CompiledSystem
from silian.engines.scoring.points import Booleans, Floats, Integers, meets, on_grid
from silian.engines.scoring.values import Branch, Indicator


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NodePoints:
    """Points of one node for n subjects.

    Attributes
    ----------
    least, most
        Bounds over whatever is unknown; equal to the points where ``known``.
    absent
        Where its weight went to its siblings; its points are then 0 and count nowhere.
    """

    least: Floats
    most: Floats
    known: Booleans
    absent: Booleans

    @property
    def points(self) -> Floats:
        """Points where they are known, NaN elsewhere."""
        return np.where(self.known & ~self.absent, self.least, np.nan)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Aggregate:
    """Points of every node; lists run over the leaves, ``branches`` over the branches.

    Attributes
    ----------
    normalised, weights, points
        A missing value that counts 0 has 0 here; NaN where unknown.
    provisional
        Sum of the points that stand; NaN where none does.
    known_share
        Full points of the leaves whose own value is known, as a share of all; missing values
        count as not known whatever their rule. NaN where a full score is not known.
    minima
        Node id and, for each subject, 1 where its minimum is surely met, 0 where surely not,
        NaN where open.
    """

    normalised: list[Floats]
    weights: list[Floats]
    points: list[Floats]
    counted: list[Booleans]
    branches: list[NodePoints]
    root: NodePoints
    provisional: Floats
    known_share: Floats
    minima: list[tuple[str, Floats]]


def aggregate(
    compiled: CompiledSystem, normalised: Sequence[Floats], weights: Sequence[Floats]
) -> Aggregate:
    """Add up one system.

    Parameters
    ----------
    normalised
        One array of shape (n,) a leaf, 0 to 1, NaN where unknown.
    weights
        The same shapes: full points before reweighing, NaN where unknown.
    """
    run = _Run(compiled, normalised, weights)
    root = run.add_up(compiled.system.root)
    run.count(compiled.system.root, ~root.absent)
    n_subjects = len(normalised[0])
    provisional, any_stands = np.zeros(n_subjects), np.zeros(n_subjects, dtype=bool)
    for points, counted in zip(run.points, run.counted, strict=True):
        stands = counted & ~np.isnan(points)
        provisional += np.where(stands, points, 0.0)
        any_stands |= stands
    return Aggregate(
        normalised=run.normalised,
        weights=run.weights,
        points=run.points,
        counted=run.counted,
        branches=[run.nodes[branch.branch_id] for branch in compiled.branches],
        root=root,
        provisional=np.where(any_stands, provisional, np.nan),
        known_share=run.known_share(),
        minima=run.minima,
    )


@dataclass(slots=True)
class _Run:
    """One pass over a tree."""

    compiled: CompiledSystem
    normalised_raw: Sequence[Floats]
    base_weights: Sequence[Floats]
    normalised: list[Floats] = field(init=False)
    weights: list[Floats] = field(init=False)
    points: list[Floats] = field(init=False)
    counted: list[Booleans] = field(init=False)
    nodes: dict[str, NodePoints] = field(init=False, default_factory=dict)
    winners: dict[str, Integers] = field(init=False, default_factory=dict)
    minima: list[tuple[str, Floats]] = field(init=False, default_factory=list)
    numbers: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        leaves = self.compiled.leaves
        self.numbers = {leaf.indicator.indicator_id: leaf.number for leaf in leaves}
        self.normalised = [
            np.where(np.isnan(values), 0.0, values) if leaf.indicator.missing == "zero" else values
            for leaf, values in zip(leaves, self.normalised_raw, strict=True)
        ]
        self.weights = list(self.base_weights)
        if any(leaf.indicator.missing == "reweigh" for leaf in leaves):
            self._reweigh(self.compiled.system.root, np.ones(len(self.normalised[0])))
        self.points = [
            on_grid(values * weights)
            for values, weights in zip(self.normalised, self.weights, strict=True)
        ]
        self.counted = [np.zeros(0, dtype=bool)] * len(leaves)

    # -- weights of missing leaves go to siblings ---------------------------------------------

    def _present(self, node: Branch | Indicator) -> Booleans:
        if isinstance(node, Indicator):
            values = self.normalised[self.numbers[node.indicator_id]]
            if node.missing == "reweigh":
                return np.asarray(~np.isnan(values))
            return np.ones(len(values), dtype=bool)
        return np.asarray(np.any([self._present(child) for child in node.children], axis=0))

    def known_share(self) -> Floats:
        """Share of the full points whose leaves are known."""
        root = self.compiled.system.root
        whole, known = self._mass(root), self._mass(root, known_only=True)
        return np.where(whole > 0, known / np.where(whole > 0, whole, 1.0), np.nan)

    def _mass(self, node: Branch | Indicator, *, known_only: bool = False) -> Floats:
        """Full points a node brings to its branch; bonus comes on top and brings none."""
        if isinstance(node, Indicator):
            number = self.numbers[node.indicator_id]
            weights = self.base_weights[number]
            if known_only:
                weights = np.where(np.isnan(self.normalised_raw[number]), 0.0, weights)
            return np.zeros(len(weights)) if node.bonus else weights
        masses = [self._mass(child, known_only=known_only) for child in node.children]
        mass = masses[0]
        for other in masses[1:]:
            mass = np.maximum(mass, other) if node.combine == "best" else mass + other
        return mass

    def _reweigh(self, node: Branch | Indicator, factor: Floats) -> None:
        if isinstance(node, Indicator):
            if not node.bonus:
                number = self.numbers[node.indicator_id]
                given = self.base_weights[number] * factor
                self.weights[number] = np.where(self._present(node), given, 0.0)
            return
        if node.combine == "sum":
            whole, present = np.zeros(len(factor)), np.zeros(len(factor))
            for child in node.children:
                mass = self._mass(child)
                whole = whole + mass
                present = present + np.where(self._present(child), mass, 0.0)
            some = present > 0
            factor = factor * np.where(some, whole / np.where(some, present, 1.0), 1.0)
        for child in node.children:
            self._reweigh(child, factor)

    # -- points, from the leaves up -----------------------------------------------------------

    def add_up(self, node: Branch | Indicator) -> NodePoints:
        if isinstance(node, Indicator):
            return self._leaf(node)
        children = [self.add_up(child) for child in node.children]
        if node.combine == "best":
            points, self.winners[node.branch_id] = _best(children)
        else:
            points = _sum(children)
        self.nodes[node.branch_id] = points
        return points

    def _leaf(self, indicator: Indicator) -> NodePoints:
        number = self.numbers[indicator.indicator_id]
        points, weights = self.points[number], self.weights[number]
        unknown = np.isnan(points)
        absent = ~self._present(indicator)
        full = on_grid(np.where(np.isnan(weights), np.inf, weights))
        node = NodePoints(
            least=np.where(unknown, np.where(absent, 0.0, np.minimum(full, 0.0)), points),
            most=np.where(unknown, np.where(absent, 0.0, np.maximum(full, 0.0)), points),
            known=~unknown | absent,
            absent=absent,
        )
        self.nodes[indicator.indicator_id] = node
        return node

    # -- what counts, from the root down ------------------------------------------------------

    def count(self, node: Branch | Indicator, counted: Booleans) -> None:
        node_id = node.branch_id if isinstance(node, Branch) else node.indicator_id
        points = self.nodes[node_id]
        if node.minimum_points is not None:
            self.minima.append((node_id, _minimum_met(points, node.minimum_points, counted)))
        counted = counted & ~points.absent
        if isinstance(node, Indicator):
            self.counted[self.numbers[node_id]] = counted
            return
        winner = self.winners.get(node_id)
        for place, child in enumerate(node.children):
            self.count(child, counted if winner is None else counted & (winner == place))


def _sum(children: Sequence[NodePoints]) -> NodePoints:
    first, *others = children
    least, most, known, absent = first.least, first.most, first.known, first.absent
    for child in others:
        least, most = least + child.least, most + child.most
        known, absent = known & child.known, absent & child.absent
    return NodePoints(least=least, most=most, known=known, absent=absent)


def _best(children: Sequence[NodePoints]) -> tuple[NodePoints, Integers]:
    """The best alternative; known where no unknown one could be better."""
    n_subjects = len(children[0].least)
    least, most = np.full(n_subjects, -np.inf), np.full(n_subjects, -np.inf)
    best_known, best_open = least.copy(), least.copy()
    winner, winner_known = np.zeros(n_subjects, dtype=np.int64), np.zeros(n_subjects, dtype=bool)
    for place, child in enumerate(children):
        own_least = np.where(child.absent, -np.inf, child.least)
        own_most = np.where(child.absent, -np.inf, child.most)
        known = child.known & ~child.absent
        better = (own_least > least) | ((own_least == least) & known & ~winner_known)
        winner = np.where(better, place, winner)
        winner_known = np.where(better, known, winner_known)
        least, most = np.maximum(least, own_least), np.maximum(most, own_most)
        best_known = np.where(known, np.maximum(best_known, own_least), best_known)
        best_open = np.where(known, best_open, np.maximum(best_open, own_most))
    absent = np.isneginf(most)
    points = NodePoints(
        least=np.where(absent, 0.0, least),
        most=np.where(absent, 0.0, most),
        known=absent | (~np.isneginf(best_known) & (best_known >= best_open)),
        absent=absent,
    )
    return points, winner


def _minimum_met(points: NodePoints, minimum: float, counted: Booleans) -> Floats:
    met = np.where(meets(points.least, minimum), 1.0, np.nan)
    met = np.where(~meets(points.most, minimum), 0.0, met)
    met = np.where(points.absent, np.nan, met)
    return np.where(counted, met, 1.0)  # an alternative that lost fails nobody
