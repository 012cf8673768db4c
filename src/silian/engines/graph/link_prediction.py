"""Who will work with whom: learned from ties of the past, judged on later ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.stats import rankdata

from silian.engines.graph.edge_blocks import OPEN_START, Ints, day_number
from silian.engines.graph.link_features import LinkFeatures, LinkTask, logistic_weights
from silian.engines.graph.snapshot import Graph
from silian.engines.graph.snapshot_errors import EvaluationImpossible, LimitOutOfRange
from silian.engines.graph.snapshot_values import EdgeFilter, Node

_NEGATIVES: Final = 5
_BATCH: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkModel:
    """Weights of the features; the score is their logistic sum.

    Parameters
    ----------
    means, scales
        Of the pairs learned from, by feature.
    weights
        Of the standardised features.
    """

    task: LinkTask
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float

    def parts(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Contribution of each feature; last axis as ``task.features``."""
        scaled = (values - np.array(self.means)) / np.array(self.scales)
        parts: NDArray[np.float64] = scaled * np.array(self.weights)
        return parts

    def scores(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log odds among pairs mixed as in learning."""
        scores: NDArray[np.float64] = self.parts(values).sum(axis=-1) + self.intercept
        return scores


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictedLink:
    """A likely partner, and why.

    Parameters
    ----------
    score
        Orders the candidates; no probability.
    contributions
        Of each feature to the score.
    common
        Partners that both already have, those with fewest partners first.
    """

    node: Node
    score: float
    contributions: Mapping[str, float]
    common: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkQuality:
    """How well one way of scoring foretold.

    Parameters
    ----------
    auc
        Chance that a pair that came to be scores above one that did not.
    hits_at_10
        Share of new partners among the ten best of all candidates; ties count as their chance.
    """

    auc: float
    hits_at_10: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkEvaluation:
    """New ties of a span, foretold from what was known before it.

    Parameters
    ----------
    quality
        By scorer: ``model``, ``adamic_adar``, ``common_neighbours``.
    judged_pairs
        New ties judged.
    strangers
        New ties that could not be: an end had no tie of any kind before.
    """

    quality: Mapping[str, LinkQuality]
    judged_pairs: int
    strangers: int


def learn_links(
    graph: Graph,
    task: LinkTask,
    *,
    known_until: date,
    learn_until: date,
    most_pairs: int = 20_000,
    seed: int = 0,
) -> LinkModel:
    """Learn which features of pairs, as of one day, went before new ties up to a later one.

    Parameters
    ----------
    known_until
        Last day of what counts as known.
    learn_until
        Last day of the new ties to learn from; nothing later is looked at.
    most_pairs
        Of more new ties, so many drawn by ``seed`` are learned from.

    Raises
    ------
    EvaluationImpossible
        If no new tie fell between the two days.
    """
    features = LinkFeatures(graph, task, known_until)
    pairs, _ = _new_pairs(graph, features, known_until, learn_until)
    _need(pairs, known_until, learn_until)
    random = np.random.default_rng(seed)
    if len(pairs) > most_pairs:
        pairs = pairs[np.sort(random.choice(len(pairs), most_pairs, replace=False))]
    others = _never_tied(features, pairs, len(pairs) * _NEGATIVES, random)
    both = np.concatenate([pairs, others])
    values = features.pairs(both[:, 0], both[:, 1])
    labels = np.arange(len(both)) < len(pairs)
    means, scales = values.mean(axis=0), values.std(axis=0)
    scales[scales == 0] = 1.0
    weights = logistic_weights((values - means) / scales, labels)
    return LinkModel(
        task=task,
        means=tuple(means.tolist()),
        scales=tuple(scales.tolist()),
        weights=tuple(weights[1:].tolist()),
        intercept=float(weights[0]),
    )


def predict_links(
    graph: Graph,
    node_id: str,
    model: LinkModel,
    *,
    known_until: date | None = None,
    most: int = 10,
    features: LinkFeatures | None = None,
) -> tuple[PredictedLink, ...]:
    """Rank all things that a thing is not tied to yet.

    Parameters
    ----------
    features
        Those of this graph, task and day, if they are at hand: they cost more than the question.

    Raises
    ------
    UnknownNode
        If the node is not in the graph.
    LimitOutOfRange
        If ``most`` is not positive, or the node is of another kind than the model's.
    """
    if most < 1:
        raise LimitOutOfRange(f"most is {most}; ask for 1 or more.")
    if features is None:
        features = LinkFeatures(graph, model.task, known_until)
    place = int(features.places(np.array([graph.nodes.position(node_id)]))[0])
    if place < 0:
        raise LimitOutOfRange(f"{node_id} is no {model.task.kind}; the model ranks only those.")
    values = features.rows(np.array([place]))[0]
    scores = model.scores(values)
    scores[features.ties[place].indices] = -np.inf
    scores[place] = -np.inf
    order = np.lexsort((np.arange(len(scores)), -scores))[:most]
    parts = model.parts(values[order])
    return tuple(
        PredictedLink(
            node=graph.nodes.node(int(features.candidates[other])),
            score=float(scores[other]),
            contributions=dict(zip(model.task.features, parts[row].tolist(), strict=True)),
            common=tuple(
                graph.nodes.node(one) for one in features.common(place, int(other), 3).tolist()
            ),
        )
        for row, other in enumerate(order)
        if np.isfinite(scores[other])
    )


def evaluate_links(
    graph: Graph,
    model: LinkModel,
    *,
    known_until: date,
    judge_until: date,
    most_nodes: int = 500,
    seed: int = 0,
) -> LinkEvaluation:
    """Judge a model on ties that came later, beside common neighbours and Adamic and Adar.

    Parameters
    ----------
    known_until
        Last day of what counts as known; the model must not have learned from later ties.
    judge_until
        Last day of the ties to foretell.
    most_nodes
        For the ten best, all candidates are ranked for so many nodes drawn by ``seed``.

    Raises
    ------
    EvaluationImpossible
        If no new tie fell between the two days.
    """
    features = LinkFeatures(graph, model.task, known_until)
    pairs, strangers = _new_pairs(graph, features, known_until, judge_until)
    _need(pairs, known_until, judge_until)
    random = np.random.default_rng(seed)
    others = _never_tied(features, pairs, len(pairs) * _NEGATIVES, random)
    new, old = (_scored(model, features.pairs(each[:, 0], each[:, 1])) for each in (pairs, others))
    hits = _hits(model, features, pairs, most_nodes, random)
    return LinkEvaluation(
        quality={
            name: LinkQuality(auc=_auc(new[name], old[name]), hits_at_10=hits[name]) for name in new
        },
        judged_pairs=len(pairs),
        strangers=strangers,
    )


def _scored(model: LinkModel, values: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    return {
        "model": model.scores(values),
        "adamic_adar": values[..., 1],
        "common_neighbours": values[..., 0],
    }


def _new_pairs(graph: Graph, features: LinkFeatures, after: date, until: date) -> tuple[Ints, int]:
    """Pairs of candidates first tied in a span, (n, 2) places; and how many had a stranger."""
    rows = graph.edge_arrays(EdgeFilter(types=frozenset({features.task.edge_type}), until=until))
    starts = graph.days_of(rows.edges, "starts")
    late = (starts > day_number(after, OPEN_START)) & (starts != OPEN_START)
    ends = np.column_stack([rows.sources[late], rows.targets[late]])
    places = features.places(ends)
    places = np.unique(np.sort(places[(places >= 0).all(axis=1)], axis=1), axis=0)
    if not len(places):
        return places.reshape(0, 2), 0
    tied = np.asarray(features.ties[places[:, 0], places[:, 1]]).ravel() > 0
    places = places[~tied & (places[:, 0] != places[:, 1])]
    known = features.known[places].all(axis=1)
    return places[known], int((~known).sum())


def _never_tied(
    features: LinkFeatures, new: Ints, wanted: int, random: np.random.Generator
) -> Ints:
    """Pairs without a tie, half at random, half two steps apart, none of the new ones."""
    known = np.flatnonzero(features.known)
    n_all = len(features.candidates)
    drawn = [random.choice(known, (wanted, 2))]
    starts = random.choice(new.ravel(), wanted)
    drawn.append(np.column_stack([starts, _two_steps(features.ties, starts, random)]))
    taken = set((new[:, 0] * n_all + new[:, 1]).tolist())
    return np.unique(
        np.concatenate(
            [random.permutation(_untied(features, pairs, taken))[: wanted // 2] for pairs in drawn]
        ),
        axis=0,
    )


def _untied(features: LinkFeatures, drawn: Ints, taken: set[int]) -> Ints:
    pairs: Ints = np.unique(np.sort(drawn[(drawn >= 0).all(axis=1)], axis=1), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    if not len(pairs):
        return pairs
    pairs = pairs[np.asarray(features.ties[pairs[:, 0], pairs[:, 1]]).ravel() == 0]
    keys = (pairs[:, 0] * len(features.candidates) + pairs[:, 1]).tolist()
    kept: Ints = pairs[np.array([key not in taken for key in keys], np.bool_)]
    return kept


def _two_steps(ties: sparse.csr_matrix, starts: Ints, random: np.random.Generator) -> Ints:
    """A partner of a partner of each, drawn at random; -1 where there is none."""
    places = starts
    for _ in range(2):
        first = ties.indptr[places]
        counts = ties.indptr[places + 1] - first
        chosen = first + (random.random(len(places)) * np.maximum(counts, 1)).astype(np.int64)
        stays = (counts == 0) | (places < 0)
        safe = np.minimum(chosen, max(0, len(ties.indices) - 1))
        places = np.where(stays, places, ties.indices[safe] if len(ties.indices) else -1)
    return places


def _hits(
    model: LinkModel,
    features: LinkFeatures,
    pairs: Ints,
    most_nodes: int,
    random: np.random.Generator,
) -> dict[str, float]:
    nodes = np.unique(pairs)
    if len(nodes) > most_nodes:
        nodes = np.sort(random.choice(nodes, most_nodes, replace=False))
    partners: dict[int, list[int]] = {}
    for one, other in np.concatenate([pairs, pairs[:, ::-1]]).tolist():
        partners.setdefault(one, []).append(other)
    found: dict[str, list[float]] = {}
    for start in range(0, len(nodes), _BATCH):
        batch = nodes[start : start + _BATCH]
        for name, scores in _scored(model, features.rows(batch)).items():
            for row, place in enumerate(batch.tolist()):
                line = scores[row].copy()
                line[features.ties[place].indices] = -np.inf
                line[place] = -np.inf
                for partner in partners[place]:
                    above = int((line > line[partner]).sum())
                    level = int((line == line[partner]).sum())
                    found.setdefault(name, []).append(float(np.clip((10 - above) / level, 0, 1)))
    return {name: float(np.mean(values)) for name, values in found.items()}


def _auc(new: NDArray[np.float64], old: NDArray[np.float64]) -> float:
    ranks = rankdata(np.concatenate([new, old]))
    n_new = len(new)
    return float((ranks[:n_new].sum() - n_new * (n_new + 1) / 2) / (n_new * max(1, len(old))))


def _need(pairs: Ints, after: date, until: date) -> None:
    if not len(pairs):
        raise EvaluationImpossible(
            f"no new tie between known things after {after} and up to {until}; choose other days."
        )
