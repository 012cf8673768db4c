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

from silian.engines.matching.candidates import (
    Booleans,
    CandidateBatch,
    Floats,
    Integers,
    Question,
    Ragged,
    TranslatedPhrase,
)
from silian.engines.matching.termparts import N_BUCKETS, TermParts, parts_of_word
from silian.language import normalise, stop_words

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

        A question without a body has its title held against everything, and so has one whose
        body tells less than its title (无, 详见附件): a word or two are no text to hold all of.
        Where a supply asks, each need's words are held against the supply's, as if it had asked.

        Returns
        -------
        tuple[Floats, Floats, Floats]
            Shape (n,) each, 0 to 1, NaN where there are no words: share of the question's title
            in documents' titles; share of its body in documents; share of documents' titles in
            the whole question.
        """
        if question.query.direction == "need":
            return self._matches_of_needs(question, candidates)
        title = " ".join((question.query.title, *question.query.keywords))
        if question.title_phrases or question.body_phrases:
            return self._translated_matches(question, title, candidates)
        titles = _PartsOf.each(candidates.title_terms, candidates)
        bodies = _PartsOf.each(candidates.body_terms, candidates)
        in_titles = self._share(parts_of_text(title), (titles,), len(candidates))
        of_body = self._telling_parts(question.query.body, title)
        in_all = self._share(of_body, (titles, bodies), len(candidates))
        everything = np.union1d(parts_of_text(title), of_body)
        return in_titles, in_all, self._covered(everything, titles, len(candidates))

    def _telling_parts(self, body: str, title: str) -> Integers:
        """Parts of a body, with those of the title where it tells less than that by rarity."""
        of_body, of_title = parts_of_text(body), parts_of_text(title)
        if self.weights[of_body].sum() < self.weights[of_title].sum():
            return np.union1d(of_body, of_title)
        return of_body

    def _matches_of_needs(
        self, question: Question, candidates: CandidateBatch
    ) -> tuple[Floats, Floats, Floats]:
        """As ``matches``, with needs for candidates and a supply for the question.

        A long need holds a little of everything: what counts is how much of it the supply holds.
        """
        n = len(candidates)
        titles = _PartsOf.each(candidates.title_terms, candidates)
        bodies = _PartsOf.each(candidates.body_terms, candidates)
        title = " ".join((question.query.title, *question.query.keywords))
        of_title, of_body = parts_of_text(title), parts_of_text(question.query.body)
        if question.title_phrases or question.body_phrases:
            of_title = _Phrases.read(title, question.title_phrases).parts()
            of_body = _Phrases.read(question.query.body, question.body_phrases).parts()
        telling = self._weight_of(bodies, n) >= self._weight_of(titles, n)
        texts = bodies.joined(titles.only(~telling))
        in_titles = self._covered(of_title, titles, n)
        in_texts = self._covered(np.union1d(of_title, of_body), texts, n)
        return in_titles, in_texts, self._share(of_title, (titles, bodies), n)

    def _translated_matches(
        self, question: Question, title: str, candidates: CandidateBatch
    ) -> tuple[Floats, Floats, Floats]:
        """As ``matches``, of a question whose phrases stand in another language."""
        n = len(candidates)
        titles = _PartsOf.each(candidates.title_terms, candidates)
        bodies = _PartsOf.each(candidates.body_terms, candidates)
        of_title = _Phrases.read(title, question.title_phrases)
        of_body = of_title
        if question.query.body:
            of_body = _Phrases.read(question.query.body, question.body_phrases)
        everything = np.union1d(of_title.parts(), of_body.parts())
        return (
            self._share_of_phrases(of_title, (titles,), n),
            self._share_of_phrases(of_body, (titles, bodies), n),
            self._covered(everything, titles, n),
        )

    def _share_of_phrases(self, asked: "_Phrases", held: Sequence["_PartsOf"], n: int) -> Floats:
        """Share of the asked phrases that each of n candidates holds, in the best of its words.

        A phrase weighs what its likeliest word does; holding another one counts for less.
        """
        total = 0.0
        summed = np.zeros(n)
        for words in [[(asked.own, 1.0)], *asked.phrases]:
            weight = float(self.weights[words[0][0]].sum())
            if weight:
                shares = [factor * self._share(parts, held, n) for parts, factor in words]
                summed += weight * np.fmax.reduce(shares)
                total += weight
        return summed / total if total else np.full(n, np.nan)

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

    def _weight_of(self, held: "_PartsOf", n: int) -> Floats:
        """What the distinct parts of each of n candidates weigh together."""
        owners, parts = held.distinct()
        return np.bincount(owners, self.weights[parts].astype(np.float64), n).astype(np.float64)

    def _covered(self, asked: Integers, held: "_PartsOf", n: int) -> Floats:
        """Share of the distinct parts of each of n candidates that is asked for.

        Repeats don't count: a compound is followed by the words inside it, which have its parts.
        """
        wanted = np.zeros(N_BUCKETS, dtype=np.bool_)
        wanted[asked] = True
        owners, parts = held.distinct()
        weights = self.weights[parts].astype(np.float64)
        total = np.bincount(owners, weights, n)
        covered = np.bincount(owners, weights * wanted[parts], n)
        return np.where(total > 0, covered / np.maximum(total, 1e-12), np.nan)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Phrases:
    """What a translated text asks for.

    ``own`` holds parts of the words that nobody translated; ``phrases`` for each phrase the
    parts of its words, each with how likely it is beside the likeliest.
    """

    own: Integers
    phrases: list[list[tuple[Integers, float]]]

    @classmethod
    def read(cls, text: str, phrases: Sequence[TranslatedPhrase]) -> "_Phrases":
        translated = {word for phrase in phrases for word in phrase.phrase.split()}
        words = [
            word
            for word in _RUNS.findall(normalise(text).lower())
            if word not in translated and word not in stop_words()
        ]
        return cls(
            own=parts_of_words(words),
            phrases=[
                [
                    (parts_of_word(word.word), word.share / phrase.words[0].share)
                    for word in phrase.words
                ]
                for phrase in phrases
            ],
        )

    def parts(self) -> Integers:
        """All parts, of whichever word."""
        return np.unique(np.concatenate([self.own, *(one[0] for p in self.phrases for one in p)]))


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

    def only(self, kept: Booleans) -> "_PartsOf":
        """Those of some candidates, which stay where they are."""
        rows = kept[self.owners]
        return _PartsOf(parts=self.parts[rows], owners=self.owners[rows])

    def joined(self, other: "_PartsOf") -> "_PartsOf":
        """Both together."""
        return _PartsOf(
            parts=np.concatenate([self.parts, other.parts]),
            owners=np.concatenate([self.owners, other.owners]),
        )

    def distinct(self) -> tuple[Integers, Integers]:
        """Whose each part is, and the part, each once a candidate."""
        owners, parts = np.divmod(np.unique(self.owners * N_BUCKETS + self.parts), N_BUCKETS)
        return owners, parts
