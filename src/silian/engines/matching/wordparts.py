"""Words broken into characters and pairs of characters, so that 金刚石 and 金刚线 share something.

Segmenters cut the same phrase in different ways, and a compound names its kind with one of its
characters. Comparing parts of words finds what comparing whole words misses: alone it orders
candidates as well as BM25 with twice the recall (see docs/design/ranking.md).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from silian.engines.matching.candidates import CandidateBatch, Floats, Integers, Question, Ragged
from silian.engines.matching.termparts import N_BUCKETS, TermParts, parts_of_word
from silian.language import normalise

_RUNS = re.compile(r"[a-z0-9]+|[^\W_a-z0-9]+")


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

    def matches(
        self, question: Question, candidates: CandidateBatch
    ) -> tuple[Floats, Floats, Floats]:
        """Compare a question's parts with its candidates'.

        A question without a body has its title held against everything.

        Returns
        -------
        tuple[Floats, Floats, Floats]
            Shape (n,) each, 0 to 1, NaN where there are no words: share of the question's title
            in documents' titles; share of its body in documents; share of documents' titles in
            the whole question.
        """
        title = " ".join((question.query.title, *question.query.keywords))
        titles = _PartsOf.each(candidates.title_terms, candidates)
        bodies = _PartsOf.each(candidates.body_terms, candidates)
        in_titles = self._share(parts_of_text(title), (titles,), len(candidates))
        of_body = parts_of_text(question.query.body or title)
        in_all = self._share(of_body, (titles, bodies), len(candidates))
        everything = np.union1d(parts_of_text(title), of_body)
        return in_titles, in_all, self._covered(everything, titles, len(candidates))

    def _share(self, asked: Integers, held: Sequence["_PartsOf"], n: int) -> Floats:
        """Share of the asked parts that each of n candidates holds."""
        weights = self.weights[asked].astype(np.float64)
        if not weights.sum():
            return np.full(n, np.nan)
        place = np.full(N_BUCKETS, -1, dtype=np.int64)
        place[asked] = np.arange(len(asked))
        holds = np.zeros((n, len(asked)), dtype=np.bool_)
        for one in held:
            places = place[one.parts]
            found = places >= 0
            holds[one.owners[found], places[found]] = True
        share: Floats = (holds @ weights) / weights.sum()
        return share

    def _covered(self, asked: Integers, held: "_PartsOf", n: int) -> Floats:
        """Share of the distinct parts of each of n candidates that is asked for.

        Repeats don't count: a compound is followed by the words inside it, which have its parts.
        """
        wanted = np.zeros(N_BUCKETS, dtype=np.bool_)
        wanted[asked] = True
        distinct = np.unique(held.owners * N_BUCKETS + held.parts)
        owners, parts = np.divmod(distinct, N_BUCKETS)
        weights = self.weights[parts].astype(np.float64)
        total = np.bincount(owners, weights, n)
        covered = np.bincount(owners, weights * wanted[parts], n)
        return np.where(total > 0, covered / np.maximum(total, 1e-12), np.nan)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _PartsOf:
    """Word parts of candidates, one after the other, and whose each is."""

    parts: NDArray[np.uint16]
    owners: Integers

    @classmethod
    def each(cls, terms: Ragged, candidates: CandidateBatch) -> "_PartsOf":
        parts_of = candidates.parts_of or TermParts(candidates.words_of).of
        parts, lengths = parts_of(terms.values)
        return cls(parts=parts, owners=np.repeat(terms.owners(), lengths))
