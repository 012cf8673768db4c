"""What retrieval hands to ranking: one question and its candidates, column by column.

Everything is an array over the candidates, so that features are computed for all of them at
once. Words are numbers in the vocabulary of the index that answered; ``words_of`` spells them.
Unknown numbers are NaN, unknown codes are empty: a feature decides itself what unknown means.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from silian.engines.matching.values import Query

Floats = NDArray[np.float64]
SmallFloats = NDArray[np.float32]
Integers = NDArray[np.int64]
TermIds = NDArray[np.int32]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ragged:
    """Rows of different lengths in one flat array.

    Attributes
    ----------
    offsets
        Shape (n + 1,): row ``i`` is ``values[offsets[i]:offsets[i + 1]]``.
    values
        All rows, one after the other.

    Examples
    --------
    >>> Ragged.of([[3, 1], [], [2]]).row(0).tolist()
    [3, 1]
    """

    offsets: Integers
    values: TermIds

    @classmethod
    def of(cls, rows: Sequence[Sequence[int] | TermIds]) -> "Ragged":
        """Lay rows one after the other."""
        offsets = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum([len(row) for row in rows], out=offsets[1:])
        parts = [np.asarray(row, dtype=np.int32) for row in rows]
        values = np.concatenate(parts) if parts else np.empty(0, dtype=np.int32)
        return cls(offsets=offsets, values=values)

    def row(self, index: int) -> TermIds:
        """Return one row, without copying."""
        return self.values[self.offsets[index] : self.offsets[index + 1]]

    def owners(self) -> Integers:
        """For every value, the row it belongs to: shape (len(values),)."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))

    def __len__(self) -> int:
        return len(self.offsets) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslatedWord:
    """A word in the index's language; shares of a phrase's words sum to one."""

    word: str
    terms: tuple[str, ...]
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslatedPhrase:
    """A phrase of a question, and words for it that the index holds, likeliest first."""

    phrase: str
    words: tuple[TranslatedWord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedWord:
    """One thing that a question's title asks for.

    Attributes
    ----------
    word
        As people are told it: the word, or the phrase that was translated.
    terms
        Words of the index that say it, any of them.
    rarity
        How telling it is: the idf of its likeliest term.
    """

    word: str
    terms: tuple[str, ...]
    rarity: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """A query as ranking sees it.

    Attributes
    ----------
    query
        As it was asked, with its soft facts (budget, place, readiness target, day).
    terms
        Its distinct normalised words, title first, in order of first appearance.
    term_ids
        Shape (n_terms,): their numbers in the index; -1 for a word no document holds.
    term_counts
        Shape (n_terms,): how often each occurs in the query.
    in_title
        Shape (n_terms,): whether it stands in the title or the keywords.
    idf
        Shape (n_terms,): ``ln(1 + (N - df + 0.5) / (df + 0.5))`` over the whole index.
    vector
        Raw unit embedding (not centred), shape (d,), or None where there is none.
    title_vector
        Raw unit embedding of the title alone, shape (d,); None where it was not embedded, and
        then ``vector`` stands for it.
    meaning_failure
        Code of the error for which the question has no vector; empty where nothing failed.
    mean_vector
        Mean embedding of the index, shape (d,), which ``CandidateBatch.cosine`` subtracts; None
        while no document has a vector.
    title_phrases, body_phrases
        What was translated of the title with the keywords, and of the body; their words are
        among ``terms``.
    term_shares
        Shape (n_terms,): what each word weighs of a whole word; None where all are whole.
    needs_mean
        Where a supply asks, the mean embedding of the index's needs, shape (d,).
    telling
        Its words that tell why a document which holds them was found, and their numbers; None
        where nobody looked.
    asked
        What its title asks for, most telling first; empty where a supply asks.
    is_general
        Whether none of its words tells one document from another: 技术, 寻求合作.
    """

    query: Query
    terms: tuple[str, ...]
    term_ids: TermIds
    term_counts: Integers
    in_title: Booleans
    idf: Floats
    vector: SmallFloats | None
    mean_vector: SmallFloats | None
    title_vector: SmallFloats | None = None
    meaning_failure: str = ""
    title_phrases: tuple[TranslatedPhrase, ...] = ()
    body_phrases: tuple[TranslatedPhrase, ...] = ()
    term_shares: Floats | None = None
    needs_mean: SmallFloats | None = None
    telling: tuple[tuple[str, int], ...] | None = None
    asked: tuple[AskedWord, ...] = ()
    is_general: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CandidateBatch:
    """The documents that retrieval brought, n of them.

    Attributes
    ----------
    document_ids, kinds, region_codes, field_codes
        One entry a candidate.
    title_terms, body_terms
        Word numbers in order, with repetitions; keywords count with the title.
    vectors
        Shape (n, d) float32, raw unit embeddings (not centred); a row of zeros where
        ``has_vector`` is False. d is 0 while the index has no vectors.
    has_vector
        Shape (n,).
    bm25
        Shape (n,), over title, keywords and body together; 0 where no word is shared.
    cosine
        Shape (n,), of the mean-centred vectors, -1 to 1; NaN where either side has no vector.
    readiness_level, price_cny, longitude_degrees, latitude_degrees
        Shape (n,), NaN where unknown.
    track_record_count
        Shape (n,), never NaN.
    updated_on_day
        Shape (n,), days since 1970-01-01, NaN where unknown.
    from_words, from_meaning
        Shape (n,): which retrieval brought it.
    idf_of
        Spells out idf for any word numbers: ``idf_of(title_terms.values)``.
    words_of
        Spells word numbers: ``words_of(title_terms.row(0))``.
    parts_of
        Breaks words up by their numbers, as ``TermParts.of`` does; None where nobody keeps
        what was broken up.
    """

    document_ids: tuple[str, ...]
    kinds: tuple[str, ...]
    region_codes: tuple[str, ...]
    field_codes: tuple[tuple[str, ...], ...]
    title_terms: Ragged
    body_terms: Ragged
    vectors: SmallFloats
    has_vector: Booleans
    bm25: Floats
    cosine: Floats
    readiness_level: Floats
    price_cny: Floats
    longitude_degrees: Floats
    latitude_degrees: Floats
    track_record_count: Floats
    updated_on_day: Floats
    from_words: Booleans
    from_meaning: Booleans
    idf_of: Callable[[TermIds], Floats]
    words_of: Callable[[TermIds], list[str]]
    parts_of: Callable[[TermIds], tuple[NDArray[np.uint16], Integers]] | None = None

    def __len__(self) -> int:
        return len(self.document_ids)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ceilings:
    """The highest level that is held possible for each candidate, and why.

    Attributes
    ----------
    levels
        Shape (n,).
    reasons
        Each is ``"kind"``, ``"words"``, ``"unshared"``, ``"question"`` or ``"subject"``, see
        ``Hit.level_bound``.
    of_kinds
        Shape (n,), what the candidate's kind alone allows; scores stay below it, too.
    """

    levels: Floats
    reasons: tuple[str, ...]
    of_kinds: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeatureTable:
    """Named features of the candidates: ``values`` has shape (n_candidates, n_features).

    ``evidence`` is what the ranker that computed the table reads besides, shape (n, k), and
    ``ceilings`` what it holds possible at most, None where it bounds nothing.
    """

    names: tuple[str, ...]
    values: Floats
    evidence: Floats | None = None
    ceilings: Ceilings | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranking:
    """What a ranker says of the candidates, in their order (not sorted).

    Attributes
    ----------
    scores
        Shape (n,), higher is better; equals ``base_score + contributions.sum(axis=1)``.
    levels
        Shape (n,), calibrated relevance 1 to 4.
    base_score
        What a candidate without any contribution scores.
    contributions
        Shape (n, n_features), in the order of the table's names.
    bounds
        For each candidate what holds its level down, empty where nothing does; no entries where
        the table has no ceilings.
    """

    scores: Floats
    levels: Floats
    base_score: float
    contributions: Floats
    bounds: tuple[str, ...] = ()


@runtime_checkable
class Ranker(Protocol):
    """Orders candidates. The trained one and the fusion baseline both keep to this."""

    @property
    def version(self) -> str:
        """Name and hash that reproduce the scores, e.g. ``"fusion-1"``."""

    def features(self, question: Question, candidates: CandidateBatch) -> FeatureTable:
        """Compute what this ranker reads of the candidates."""

    def rank(self, table: FeatureTable) -> Ranking:
        """Score all candidates."""
