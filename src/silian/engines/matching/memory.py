"""What was judged for a question before, for the day when it is asked again.

A question's own judgments are few (some fifty), so they are kept as they are: compared with each
of them a candidate costs less than with anchors, and nothing is lost. They are kept only in a
model that stays where its questions are, because they can be read back from it.
"""

from dataclasses import dataclass

import numpy as np

from silian.engines.matching.candidates import Integers, SmallFloats
from silian.engines.matching.kernels import likeness, nearness

# Embedding the same text twice agrees to far more than this, two texts hardly ever do.
_SAME_COSINE = 0.9995


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Memory:
    """Judged pairs by question.

    Attributes
    ----------
    questions
        Shape (n_questions, d_question), unit rows.
    which
        Shape (n_pairs,), the question of each pair.
    documents
        Shape (n_pairs, d), unit rows.
    features
        Shape (n_pairs, n_features), standardised.
    weights
        Shape (n_pairs, n_heads), what each pair says of a candidate that is the same.
    """

    questions: SmallFloats
    which: Integers
    documents: SmallFloats
    features: SmallFloats
    weights: SmallFloats

    def __call__(
        self,
        question: SmallFloats,
        documents: SmallFloats,
        features: SmallFloats,
        widths: tuple[float, float],
    ) -> SmallFloats:
        """Recall for one question what its judgments say of candidates; 0 where it has none.

        Parameters
        ----------
        question
            Shape (d_question,), unit length.
        documents, features
            Shapes (n, d) and (n, n_features), features standardised.
        widths
            Of nearness of documents and of likeness of features.

        Returns
        -------
        ndarray
            Shape (n, n_heads).
        """
        known = self.questions @ question > _SAME_COSINE
        rows = np.flatnonzero(known[self.which])
        kernel = nearness(documents, self.documents[rows], widths[0])
        kernel += likeness(features, self.features[rows], widths[1])
        kernel += np.float32(1.0)
        recalled: SmallFloats = kernel @ self.weights[rows]
        return recalled


def told_twice(questions: SmallFloats) -> Integers:
    """For each question, shape (n, d), the first that is told in the same words."""
    first: Integers = np.argmax(questions @ questions.T > _SAME_COSINE, axis=1)
    return first
