"""What two things have in common, for pairs and for one thing against all others."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from silian.engines.graph.edge_blocks import Ints
from silian.engines.graph.snapshot import Graph
from silian.engines.graph.snapshot_values import EdgeFilter

#: Always there; one more for each context type follows.
PARTNER_FEATURES = (
    "common_neighbours",
    "adamic_adar",
    "resource_allocation",
    "three_steps",
    "activity",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTask:
    """Which ties are to be foretold.

    Parameters
    ----------
    edge_type
        The tie, taken without direction: "partner".
    kind
        Kind of the things at both ends.
    context
        Other ties that may speak for it: to the same topics, employers, chain nodes, places.
    """

    edge_type: str
    kind: str
    context: tuple[str, ...] = ()

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features, in order."""
        return (*PARTNER_FEATURES, *(f"shared_{name}" for name in self.context))


class LinkFeatures:
    """Features as the graph stood on a day.

    An edge without a start counts as known on every day.

    Parameters
    ----------
    until
        Last day that is known.
    """

    def __init__(self, graph: Graph, task: LinkTask, until: date | None) -> None:
        self.task = task
        self.candidates = graph.nodes.of_kind(task.kind)
        self._places = np.full(graph.n_nodes, -1, np.int64)
        self._places[self.candidates] = np.arange(len(self.candidates))
        ties = self._matrix(graph, task.edge_type, until)
        self.ties = ties[self.candidates][:, self.candidates].tocsr()
        degrees = np.asarray(self.ties.sum(axis=1)).ravel()
        self._degrees = degrees
        self._by_log = sparse.diags(_rarity(degrees))
        self._by_degree = sparse.diags(np.divide(1.0, degrees, where=degrees > 0, out=degrees * 0))
        self._context = [
            self._matrix(graph, name, until)[self.candidates].tocsr() for name in task.context
        ]
        self._context_rarity = [
            sparse.diags(_rarity(np.asarray(matrix.sum(axis=0)).ravel()))
            for matrix in self._context
        ]

    @staticmethod
    def _matrix(graph: Graph, edge_type: str, until: date | None) -> Any:
        chosen = EdgeFilter(types=frozenset({edge_type}), until=until)
        return graph.adjacency(chosen, weighted=False)

    def places(self, positions: Ints) -> Ints:
        """Places among the candidates of node positions; -1 for other kinds."""
        found: Ints = self._places[positions]
        return found

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which candidates have any tie yet."""
        any_tie = self._degrees > 0
        for matrix in self._context:
            any_tie = any_tie | (np.diff(matrix.indptr) > 0)
        return any_tie

    def rows(self, places: Ints) -> NDArray[np.float64]:
        """Features of some candidates against all; shape (n_places, n_candidates, n_features)."""
        own = self.ties[places]
        near = own @ self._by_degree
        parts = [
            own @ self.ties,
            own @ self._by_log @ self.ties,
            near @ self.ties,
            near @ self.ties @ self._by_degree @ self.ties,
        ]
        for matrix, rarity in zip(self._context, self._context_rarity, strict=True):
            parts.append(matrix[places] @ rarity @ matrix.T)
        values = np.empty((len(places), len(self.candidates), len(self.task.features)))
        columns = [*range(4), *range(len(PARTNER_FEATURES), values.shape[2])]
        for column, part in zip(columns, parts, strict=True):
            values[:, :, column] = np.log1p(part.toarray()) if column != 1 else part.toarray()
        activity = np.log1p(self._degrees)
        values[:, :, 4] = activity[places][:, None] + activity
        return values

    def pairs(self, firsts: Ints, seconds: Ints, batch: int = 4_096) -> NDArray[np.float64]:
        """Features of pairs; shape (n_pairs, n_features)."""
        values = np.empty((len(firsts), len(self.task.features)))
        for start in range(0, len(firsts), batch):
            span = slice(start, start + batch)
            values[span] = self._pairs(firsts[span], seconds[span])
        return values

    def _pairs(self, firsts: Ints, seconds: Ints) -> NDArray[np.float64]:
        """Only what the two of each pair share is multiplied: a row by a row, never all by all."""
        own, others = self.ties[firsts], self.ties[seconds]
        near = own @ self._by_degree
        activity = np.log1p(self._degrees)
        columns = [
            np.log1p(_products(own, others)),
            _products(own @ self._by_log, others),
            np.log1p(_products(near, others)),
            np.log1p(_products(near @ self.ties @ self._by_degree, others)),
            activity[firsts] + activity[seconds],
        ]
        for matrix, rarity in zip(self._context, self._context_rarity, strict=True):
            columns.append(np.log1p(_products(matrix[firsts] @ rarity, matrix[seconds])))
        return np.column_stack(columns)

    def common(self, first: int, second: int, most: int) -> Ints:
        """Node positions that both are tied to, the rarest first."""
        both = self.ties[first].multiply(self.ties[second]).tocoo().col
        order = np.lexsort((both, self._degrees[both]))[:most]
        found: Ints = self.candidates[both[order]]
        return found


def _products(one: Any, other: Any) -> NDArray[np.float64]:
    """Scalar product of each row with the row beside it."""
    sums: NDArray[np.float64] = np.asarray(one.multiply(other).sum(axis=1)).ravel()
    return sums


def _rarity(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weight of a shared neighbour (Adamic and Adar): one that few have says more."""
    weights: NDArray[np.float64] = np.where(degrees > 1, 1.0 / np.log(np.maximum(degrees, 2)), 0.0)
    return weights


def logistic_weights(
    values: NDArray[np.float64], labels: NDArray[np.bool_], ridge: float = 1.0
) -> NDArray[np.float64]:
    """Ridge-penalised logistic regression by Newton's method.

    Parameters
    ----------
    values
        Shape (n_rows, n_features), standardised.

    Returns
    -------
    numpy.ndarray
        Shape (n_features + 1,): the intercept, which is not penalised, and the weights.
    """
    rows = np.column_stack([np.ones(len(values)), values])
    weights = np.zeros(rows.shape[1])
    penalty = np.full(rows.shape[1], ridge)
    penalty[0] = 1e-9
    for _ in range(50):
        chances = 1.0 / (1.0 + np.exp(-np.clip(rows @ weights, -30, 30)))
        slope = rows.T @ (labels - chances) - penalty * weights
        spread = np.maximum(chances * (1 - chances), 1e-9)
        curve = (rows * spread[:, None]).T @ rows + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        weights += step
        if np.abs(step).max() < 1e-9:
            break
    return weights
