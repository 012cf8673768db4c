"""Words broken into characters and pairs of characters, so that 金刚石 and 金刚线 share something.

Segmenters cut the same phrase in different ways, and a compound names its kind with one of its
characters. Comparing parts of words finds what comparing whole words misses: alone it orders
candidates as well as BM25 with twice the recall (see docs/design/ranking.md).
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from silian.engines.matching.candidates import CandidateBatch, Floats, Integers, Question, Ragged
from silian.language import normalise

_RUNS = re.compile(r"[a-z0-9]+|[^\W_a-z0-9]+")
N_BUCKETS = 1 << 16


@lru_cache(maxsize=1 << 17)
def parts_of_word(word: str) -> NDArray[np.int64]:
    """Buckets of a word's characters and pairs of characters; a Latin word is one part.

    Examples
    --------
    >>> len(parts_of_word("金刚石")), len(parts_of_word("cbn")), len(parts_of_word("金"))
    (5, 1, 1)
    """
    if word.isascii():
        pieces = {word}
    else:
        pieces = set(word) | {word[at : at + 2] for at in range(len(word) - 1)}
    return np.array(sorted({crc32(one.encode()) % N_BUCKETS for one in pieces}), dtype=np.int64)


def parts_of_words(words: Iterable[str]) -> Integers:
    """Distinct parts of several words."""
    found = [parts_of_word(word) for word in words]
    return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)


@lru_cache(maxsize=256)
def parts_of_text(text: str) -> Integers:
    """Distinct parts of a text as it was written, stop words and all."""
    return parts_of_words(_RUNS.findall(normalise(text).lower()))


class WordParts:
    """Compares by parts of words, each weighed by how rare it is.

    Parameters
    ----------
    weights
        Shape (N_BUCKETS,): rarity of each part as training found it; None weighs all alike.
    """

    def __init__(self, weights: NDArray[np.float32] | None = None) -> None:
        self.weights = np.ones(N_BUCKETS, dtype=np.float32) if weights is None else weights

    @classmethod
    def weighed(cls, counts: Floats, n_documents: int) -> Self:
        """Weigh parts by ``ln(1 + (N - df + 0.5) / (df + 0.5))``.

        Parameters
        ----------
        counts
            Shape (N_BUCKETS,): in how many of ``n_documents`` each part occurs.
        """
        weights = np.log1p((n_documents - counts + 0.5) / (counts + 0.5))
        return cls(weights.astype(np.float32))

    def matches(self, question: Question, candidates: CandidateBatch) -> tuple[Floats, Floats]:
        """Shares of the question's title parts in documents' titles, of its body's in all.

        A question without a body has its title held against everything.

        Returns
        -------
        tuple[Floats, Floats]
            Shape (n,) each, 0 to 1; NaN where the question has no words there.
        """
        title = " ".join((question.query.title, *question.query.keywords))
        in_titles = self._held(candidates, (candidates.title_terms,), parts_of_text(title))
        both = (candidates.title_terms, candidates.body_terms)
        in_all = self._held(candidates, both, parts_of_text(question.query.body or title))
        return in_titles, in_all

    def _held(self, candidates: CandidateBatch, texts: Sequence[Ragged], asked: Integers) -> Floats:
        if not len(asked):
            return np.full(len(candidates), np.nan)
        weights = self.weights[asked].astype(np.float64)
        place = np.full(N_BUCKETS, -1, dtype=np.int32)
        place[asked] = np.arange(len(asked))
        held = np.zeros((len(candidates), len(asked)), dtype=np.bool_)
        for text in texts:
            term_ids, which = np.unique(text.values, return_inverse=True)
            of_word = [parts_of_word(word) for word in candidates.words_of(term_ids)]
            lengths = np.array([len(one) for one in of_word], dtype=np.int64)
            if not lengths.sum():
                continue
            places = place[np.concatenate(of_word)]
            words = np.repeat(np.arange(len(of_word)), lengths)[places >= 0]
            places = places[places >= 0]
            # Every occurrence of a word marks the asked parts it holds: plain indexing, because
            # ufunc.at takes longer than all the rest together.
            counts = np.bincount(words, minlength=len(of_word))
            n_marks = counts[which]
            first = (np.cumsum(counts) - counts)[which] - (np.cumsum(n_marks) - n_marks)
            marks = np.arange(n_marks.sum()) + np.repeat(first, n_marks)
            held[np.repeat(text.owners(), n_marks), places[marks]] = True
        return (held @ weights) / max(float(weights.sum()), 1e-12)
