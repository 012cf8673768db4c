"""What similar questions found in similar supplies, compressed to a small table.

A Gaussian process over pairs whose kernel is the product of the questions' nearness and the
supplies' nearness learns exceptions that no sum of curves can: that for machining needs a diamond
tool is worth more than its words say. Its answer is projected on a few anchors on each side, so
that a candidate costs one product with the anchors, whatever the number of judged pairs.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, eigh

from silian.engines.matching.candidates import Floats, Integers, SmallFloats
from silian.engines.matching.kernels import likeness, nearness, standardised
from silian.engines.matching.memory import Memory, told_twice

# A hundred million kernel entries take 0.4 GB; beyond this many pairs a seeded sample is kept.
_MOST_PAIRS = 9_000
_MOST_QUESTION_ANCHORS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class InterplayOptions:
    """Widths of nearness and strength of belief, as found by cross-validation."""

    # Prior variances of the parts, and of the noise, in squared levels.

    question_width: float = 0.8
    document_width: float = 0.8
    line_weight: float = 0.1
    pair_weight: float = 0.3
    question_weight: float = 0.1
    document_weight: float = 0.03
    feature_width: float = 1.5
    feature_weight: float = 0.3
    # Each question's own taste, in level and in what it makes of each feature, is noise that its
    # judgments share: a question with fifty of them does not say the same thing fifty times.
    taste_weight: float = 0.1
    taste_line_weight: float = 0.03
    # What judgments of one kind of supply share where several kinds were judged.
    kind_weight: float = 0.1
    # Above 0, questions that were judged are kept one by one and their judgments remembered:
    # they rank better when asked again, and the model holds their embeddings.
    memory_weight: float = 0.0
    noise: float = 1.0
    document_anchors: int = 192
    feature_anchors: int = 160


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairs:
    """Judged pairs.

    Attributes
    ----------
    questions
        Shape (n_questions, d_question), unit rows.
    which
        Shape (n_pairs,), the question of each pair.
    documents
        Shape (n_pairs, d), unit rows.
    features
        Shape (n_pairs, n_features), NaN where unknown.
    kinds
        Shape (n_pairs,), a number for the kind of each pair's document.
    feature_names
        Names of the features.
    """

    questions: SmallFloats
    which: Integers
    documents: SmallFloats
    features: Floats
    kinds: Integers
    feature_names: tuple[str, ...] = ()

    def sample(self, rows: Integers) -> "Pairs":
        """Keep some pairs."""
        return Pairs(
            questions=self.questions,
            which=self.which[rows],
            documents=self.documents[rows],
            features=self.features[rows],
            kinds=self.kinds[rows],
            feature_names=self.feature_names,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Interplay:
    """Answers what a supply is worth to a question beyond its features.

    Attributes
    ----------
    question_anchors, document_anchors
        Shapes (m, d_question) and (k, d), unit rows.
    feature_anchors
        Shape (l, n_features), standardised features.
    weights
        Shape (n_heads, m + 1, k + 1); the last row and column stand for "any".
    feature_weights
        Shape (n_heads, m + 1, l).
    feature_names, feature_means, feature_spreads
        Which features are read and how they are standardised.
    widths
        Of the three kernels: ``exp((cosine - 1) / width ** 2)`` for questions and documents, and
        ``exp(-distance ** 2 / (2 n_features width ** 2))`` for features.
    memory
        Judgments of questions that are remembered one by one; None in a model that forgets them.
    """

    question_anchors: SmallFloats
    document_anchors: SmallFloats
    feature_anchors: SmallFloats
    weights: SmallFloats
    feature_weights: SmallFloats
    feature_names: tuple[str, ...]
    feature_means: Floats
    feature_spreads: Floats
    widths: tuple[float, float, float]
    memory: Memory | None = None

    def __call__(self, question: SmallFloats, documents: SmallFloats, features: Floats) -> Floats:
        """Evaluate for one question, shape (d_question,), and its candidates.

        Parameters
        ----------
        documents
            Shape (n, d).
        features
            Shape (n, n_features), as computed, in the order of ``feature_names``.

        Returns
        -------
        ndarray
            Shape (n, n_heads).
        """
        near = nearness(question[None, :], self.question_anchors, self.widths[0])
        of_question = np.append(near[0], np.float32(1.0))
        by_document = (of_question @ self.weights).T
        by_feature = (of_question @ self.feature_weights).T
        held = nearness(documents, self.document_anchors, self.widths[1])
        read = standardised(features, self.feature_means, self.feature_spreads)
        alike = likeness(read, self.feature_anchors, self.widths[2])
        worth: Floats = held @ by_document[:-1] + by_document[-1] + alike @ by_feature
        if self.memory is not None:
            worth = worth + self.memory(question, documents, read, self.widths[1:])
        return worth.astype(np.float64)

    def of_pairs(self, questions: SmallFloats, documents: SmallFloats, features: Floats) -> Floats:
        """Evaluate pairs, each of a question of its own: rows of the three belong together.

        Returns
        -------
        ndarray
            Shape (n, n_heads).
        """
        near = _with_any(nearness(questions, self.question_anchors, self.widths[0]))
        held = _with_any(nearness(documents, self.document_anchors, self.widths[1]))
        read = standardised(features, self.feature_means, self.feature_spreads)
        alike = likeness(read, self.feature_anchors, self.widths[2])
        by_document = np.einsum("nhk,nk->nh", np.tensordot(near, self.weights, (1, 1)), held)
        by_feature = np.einsum(
            "nhl,nl->nh", np.tensordot(near, self.feature_weights, (1, 1)), alike
        )
        worth: Floats = by_document + by_feature
        if self.memory is not None:
            for row in range(len(questions)):
                one = slice(row, row + 1)
                worth[one] += self.memory(
                    questions[row], documents[one], read[one], self.widths[1:]
                )
        return worth.astype(np.float64)


def _with_any(near: SmallFloats) -> SmallFloats:
    """Nearness to anchors, and one more column that stands for any."""
    return np.hstack([near, np.ones((len(near), 1), dtype=np.float32)])


def fit_interplay(
    pairs: Pairs, targets: Floats, *, seed: int, options: InterplayOptions | None = None
) -> tuple[Floats, Floats, Interplay]:
    """Learn straight lines of the features, what each kind adds, and the interplay together.

    Together, because what the lines can say must not be learned by heart for each question.

    Parameters
    ----------
    targets
        Shape (n_pairs, n_heads), mean zero.
    seed
        Decides which pairs and anchors are kept where there are too many.

    Returns
    -------
    tuple[Floats, Floats, Interplay]
        Slopes of the features, shape (n_features, n_heads); what each kind adds, shape
        (n_kinds, n_heads), nothing where only one was judged; and the interplay.
    """
    options = options if options is not None else InterplayOptions()
    random = np.random.default_rng(seed)
    if len(targets) > _MOST_PAIRS:
        kept = np.sort(random.choice(len(targets), _MOST_PAIRS, replace=False))
        pairs, targets = pairs.sample(kept), targets[kept]
    features = standardised(pairs.features, *_scales(pairs))
    kernel = _kernel(pairs, features, options)
    if not options.memory_weight:  # What is remembered is no noise.
        _add_tastes(kernel, pairs, features, options)
    kernel[np.diag_indices_from(kernel)] += np.float32(options.noise)
    solved = cho_solve(
        cho_factor(kernel, overwrite_a=True, check_finite=False),
        targets.astype(np.float32),
        check_finite=False,
    )
    slopes = (options.line_weight / features.shape[1]) * (features.T @ solved)
    of_kinds = np.zeros((int(pairs.kinds.max()) + 1, solved.shape[1]))
    if _several_kinds(pairs):
        np.add.at(of_kinds, pairs.kinds, options.kind_weight * solved)
    interplay = _projected(pairs, features, solved, random, options)
    return slopes.astype(np.float64), of_kinds, interplay


def _kernel(pairs: Pairs, features: SmallFloats, options: InterplayOptions) -> SmallFloats:
    """Covariance of the pairs; in place where it can be, for these are the largest arrays."""
    near = nearness(pairs.questions, pairs.questions, options.question_width)
    of_questions = near[np.ix_(pairs.which, pairs.which)]
    same: SmallFloats | np.float32 = np.float32(0.0)
    if options.memory_weight:
        told = told_twice(pairs.questions)[pairs.which]
        same = (told[:, None] == told[None, :]).astype(np.float32)
        same *= np.float32(options.memory_weight)
    half = np.float32(options.feature_weight / 2)
    kernel = likeness(features, features, options.feature_width)
    kernel *= half + half * of_questions + same
    alike = nearness(pairs.documents, pairs.documents, options.document_width)
    alike *= options.pair_weight * of_questions + np.float32(options.document_weight) + same
    kernel += alike
    kernel += np.float32(options.question_weight) * of_questions + same
    if _several_kinds(pairs):
        kernel += np.float32(options.kind_weight) * (pairs.kinds[:, None] == pairs.kinds)
    kernel += np.float32(options.line_weight / features.shape[1]) * (features @ features.T)
    return kernel


def _add_tastes(
    kernel: SmallFloats, pairs: Pairs, features: SmallFloats, options: InterplayOptions
) -> None:
    """Add, in place, what judgments of one question share and no other question does."""
    told = told_twice(pairs.questions)[pairs.which]
    for question in np.unique(told):
        rows = np.flatnonzero(told == question)
        own = features[rows]
        slope = np.float32(options.taste_line_weight / features.shape[1])
        kernel[np.ix_(rows, rows)] += np.float32(options.taste_weight) + slope * (own @ own.T)


def _several_kinds(pairs: Pairs) -> bool:
    return bool((pairs.kinds != pairs.kinds[0]).any())


def _scales(pairs: Pairs) -> tuple[Floats, Floats]:
    return np.nanmean(pairs.features, axis=0), np.nanstd(pairs.features, axis=0) + 1e-9


def _projected(
    pairs: Pairs,
    features: SmallFloats,
    solved: SmallFloats,
    random: np.random.Generator,
    options: InterplayOptions,
) -> Interplay:
    """Write the sums over pairs as sums over anchors (Nystroem)."""
    # Centres of several questions each, never a question itself: nobody's need can be read back.
    n_anchors = min(_MOST_QUESTION_ANCHORS, max(1, len(pairs.questions) // 2))
    of_questions = _anchors(pairs.questions, n_anchors, random, unit=True)
    of_documents = _anchors(pairs.documents, options.document_anchors, random, unit=True)
    of_features = _anchors(features, options.feature_anchors, random, unit=False)
    near = nearness(of_questions, of_questions, options.question_width)
    held = nearness(of_documents, of_documents, options.document_width)
    alike = likeness(of_features, of_features, options.feature_width)
    to_questions = nearness(pairs.questions, of_questions, options.question_width)[
        pairs.which
    ] @ _inverse(near)
    to_documents = nearness(pairs.documents, of_documents, options.document_width) @ _inverse(held)
    to_features = likeness(features, of_features, options.feature_width) @ _inverse(alike)
    n_heads, m, k = solved.shape[1], len(of_questions), len(of_documents)
    weights = np.zeros((n_heads, m + 1, k + 1), dtype=np.float32)
    by_feature = np.zeros((n_heads, m + 1, len(of_features)), dtype=np.float32)
    for head in range(n_heads):
        alpha = solved[:, head]
        asked = to_questions * alpha[:, None]
        weights[head, :m, :k] = options.pair_weight * (asked.T @ to_documents)
        weights[head, :m, k] = options.question_weight * asked.sum(axis=0)
        weights[head, m, :k] = options.document_weight * (to_documents.T @ alpha)
        by_feature[head, :m] = options.feature_weight / 2 * (asked.T @ to_features)
        by_feature[head, m] = options.feature_weight / 2 * (to_features.T @ alpha)
    means, spreads = _scales(pairs)
    return Interplay(
        question_anchors=of_questions,
        document_anchors=of_documents,
        feature_anchors=of_features,
        weights=weights,
        feature_weights=by_feature,
        feature_names=pairs.feature_names,
        feature_means=means,
        feature_spreads=spreads,
        widths=(options.question_width, options.document_width, options.feature_width),
        memory=_memory(pairs, features, solved, options),
    )


def _memory(
    pairs: Pairs, features: SmallFloats, solved: SmallFloats, options: InterplayOptions
) -> Memory | None:
    """Keep the judgments themselves, where they are to be remembered."""
    if not options.memory_weight:
        return None
    return Memory(
        questions=pairs.questions,
        which=pairs.which,
        documents=pairs.documents,
        features=features,
        weights=np.float32(options.memory_weight) * solved,
    )


def _inverse(kernel: SmallFloats) -> SmallFloats:
    """Inverse without the directions in which anchors say the same."""
    values, vectors = eigh(kernel.astype(np.float64))
    kept = values > 1e-6 * values[-1]
    inverse: SmallFloats = ((vectors[:, kept] / values[kept]) @ vectors[:, kept].T).astype(
        np.float32
    )
    return inverse


def _anchors(
    rows: SmallFloats, most: int, random: np.random.Generator, *, unit: bool
) -> SmallFloats:
    """Distinct rows, or the centres of as many clusters where there are more (Lloyd)."""
    distinct = np.unique(rows, axis=0)
    if len(distinct) <= most:
        return distinct
    centres = distinct[random.choice(len(distinct), most, replace=False)]
    for _ in range(8):
        halves = (centres**2).sum(axis=1) / 2
        nearest = np.argmax(distinct @ centres.T - halves, axis=1)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, distinct)
        counts = np.bincount(nearest, minlength=most)[:, None]
        size = np.linalg.norm(sums, axis=1, keepdims=True) if unit else counts
        centres = np.where(counts > 0, sums / np.maximum(size, 1e-9), centres)
    return centres.astype(np.float32)
