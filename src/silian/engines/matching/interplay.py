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

# A hundred million kernel entries take 0.4 GB; beyond this many pairs a seeded sample is kept.
_MOST_PAIRS = 9_000
_MOST_QUESTION_ANCHORS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class InterplayOptions:
    """Widths of nearness and strength of belief, as found by cross-validation."""

    question_width: float = 0.8
    document_width: float = 0.8
    line_weight: float = 0.025
    pair_weight: float = 0.3
    question_weight: float = 0.1
    document_weight: float = 0.03
    noise: float = 1.0
    document_anchors: int = 192


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
        Shape (n_pairs, n_features), mean zero and spread one, 0 where unknown.
    """

    questions: SmallFloats
    which: Integers
    documents: SmallFloats
    features: SmallFloats

    def sample(self, rows: Integers) -> "Pairs":
        """Keep some pairs."""
        return Pairs(
            questions=self.questions,
            which=self.which[rows],
            documents=self.documents[rows],
            features=self.features[rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Interplay:
    """Answers what a supply is worth to a question beyond its features.

    Attributes
    ----------
    question_anchors, document_anchors
        Shapes (m, d_question) and (k, d), unit rows.
    weights
        Shape (n_heads, m + 1, k + 1); the last row and column stand for "any".
    question_width, document_width
        Widths of the two kernels ``exp((cosine - 1) / width ** 2)``.
    """

    question_anchors: SmallFloats
    document_anchors: SmallFloats
    weights: SmallFloats
    question_width: float
    document_width: float

    def __call__(self, question: SmallFloats, documents: SmallFloats) -> Floats:
        """Evaluate for one question, shape (d_question,), and documents (n, d): (n, n_heads)."""
        near = nearness(question[None, :], self.question_anchors, self.question_width)
        of_question = np.append(near[0], np.float32(1.0))
        by_document = np.einsum("m,hmk->kh", of_question, self.weights)
        held = nearness(documents, self.document_anchors, self.document_width)
        worth: Floats = (held @ by_document[:-1] + by_document[-1]).astype(np.float64)
        return worth


def nearness(one: SmallFloats, other: SmallFloats, width: float) -> SmallFloats:
    """Kernel of unit rows, 1 for equal ones: shape (len(one), len(other))."""
    kernel: SmallFloats = np.exp((one @ other.T - np.float32(1.0)) / np.float32(width**2))
    return kernel


def fit_interplay(
    pairs: Pairs, targets: Floats, *, seed: int, options: InterplayOptions | None = None
) -> tuple[Floats, Interplay]:
    """Learn straight lines of the features and the interplay together.

    Together, because what the lines can say must not be learned by heart for each question.

    Parameters
    ----------
    targets
        Shape (n_pairs, n_heads), mean zero.
    seed
        Decides which pairs and anchors are kept where there are too many.

    Returns
    -------
    tuple[Floats, Interplay]
        Slopes of the features, shape (n_features, n_heads), and the interplay.
    """
    options = options if options is not None else InterplayOptions()
    random = np.random.default_rng(seed)
    if len(targets) > _MOST_PAIRS:
        kept = np.sort(random.choice(len(targets), _MOST_PAIRS, replace=False))
        pairs, targets = pairs.sample(kept), targets[kept]
    near = nearness(pairs.questions, pairs.questions, options.question_width)
    of_questions = near[np.ix_(pairs.which, pairs.which)]
    kernel = nearness(pairs.documents, pairs.documents, options.document_width)
    kernel *= options.pair_weight * of_questions + options.document_weight
    kernel += options.question_weight * of_questions
    kernel += options.line_weight * (pairs.features @ pairs.features.T)
    kernel[np.diag_indices_from(kernel)] += np.float32(options.noise)
    solved = cho_solve(
        cho_factor(kernel, overwrite_a=True, check_finite=False),
        targets.astype(np.float32),
        check_finite=False,
    )
    slopes: Floats = (options.line_weight * pairs.features.T @ solved).astype(np.float64)
    return slopes, _projected(pairs, solved, random, options)


def _projected(
    pairs: Pairs,
    solved: SmallFloats,
    random: np.random.Generator,
    options: InterplayOptions,
) -> Interplay:
    """Write the sum over pairs as a sum over anchors (Nystroem)."""
    # Centres of several questions each, never a question itself: nobody's need can be read back.
    n_anchors = min(_MOST_QUESTION_ANCHORS, max(1, len(pairs.questions) // 2))
    question_anchors = _anchors(pairs.questions, n_anchors, random)
    document_anchors = _anchors(pairs.documents, options.document_anchors, random)
    to_questions = _mixture(pairs.questions[pairs.which], question_anchors, options.question_width)
    to_documents = _mixture(pairs.documents, document_anchors, options.document_width)
    n_heads, m, k = solved.shape[1], len(question_anchors), len(document_anchors)
    weights = np.zeros((n_heads, m + 1, k + 1), dtype=np.float32)
    for head in range(n_heads):
        alpha = solved[:, head]
        weights[head, :m, :k] = options.pair_weight * (
            (to_questions * alpha[:, None]).T @ to_documents
        )
        weights[head, :m, k] = options.question_weight * (to_questions.T @ alpha)
        weights[head, m, :k] = options.document_weight * (to_documents.T @ alpha)
    return Interplay(
        question_anchors=question_anchors,
        document_anchors=document_anchors,
        weights=weights,
        question_width=options.question_width,
        document_width=options.document_width,
    )


def _mixture(rows: SmallFloats, anchors: SmallFloats, width: float) -> SmallFloats:
    """Coefficients that rebuild each row's kernel from the anchors' kernels."""
    values, vectors = eigh(nearness(anchors, anchors, width).astype(np.float64))
    kept = values > 1e-6 * values[-1]
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    mixture: SmallFloats = nearness(rows, anchors, width) @ inverse.astype(np.float32)
    return mixture


def _anchors(rows: SmallFloats, most: int, random: np.random.Generator) -> SmallFloats:
    """Distinct rows, or the centres of as many clusters where there are more (Lloyd, cosine)."""
    distinct = np.unique(rows, axis=0)
    if len(distinct) <= most:
        return distinct
    centres = distinct[random.choice(len(distinct), most, replace=False)]
    for _ in range(8):
        nearest = np.argmax(distinct @ centres.T, axis=1)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, distinct)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(lengths > 0, sums / np.maximum(lengths, 1e-9), centres)
    return centres.astype(np.float32)
