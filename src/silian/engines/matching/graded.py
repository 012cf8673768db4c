"""Judged candidates of questions, which rankers learn from and are measured on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from silian.engines.matching.candidates import CandidateBatch, Floats, Integers, Question
from silian.engines.matching.vocabulary import hash_text


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GradedCandidates:
    """One question with candidates whose relevance somebody or something has judged.

    Attributes
    ----------
    question, candidates
        As ``Matcher.candidates(query, document_ids)`` gives them.
    levels
        Shape (n,), 1 (unrelated) to 4 (strongly related).
    group
        Questions of one group (the same need told twice) stay together in a division.
    picked
        Whether the candidates were judged because they looked good, as people do who contact two
        of ten suggestions, and not as a pool that holds good ones and poor ones.
    """

    question: Question
    candidates: CandidateBatch
    levels: Floats
    group: str
    picked: bool = False


def levels_and_groups(examples: Sequence[GradedCandidates]) -> tuple[Floats, Integers]:
    """Levels of all pairs, one question after the other, and the number of each one's question."""
    levels = np.concatenate([one.levels for one in examples])
    lengths = [len(one.levels) for one in examples]
    return levels, np.repeat(np.arange(len(examples)), lengths)


def judgments_of(example: GradedCandidates) -> NDArray[np.uint64]:
    """A hash of each judgment, shape (n,): the question's group, the document, the level."""
    ids = example.candidates.document_ids
    return np.array(
        [
            hash_text(f"{example.group}\x1f{document_id}\x1f{level:g}")
            for document_id, level in zip(ids, example.levels.tolist(), strict=True)
        ],
        dtype=np.uint64,
    )
