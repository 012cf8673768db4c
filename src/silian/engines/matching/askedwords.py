"""What a question's title asks for, word by word, and what of it a document holds."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from silian.engines.matching.candidates import (
    AskedWord,
    Booleans,
    CandidateBatch,
    Floats,
    Integers,
    Question,
    Ragged,
    TermIds,
)
from silian.engines.matching.termparts import N_BUCKETS, TermParts, parts_of_word
from silian.language import ordinary_share

PartsOfTerms = tuple[NDArray[np.uint16], Integers]

# Share of ordinary Chinese at which a word names nothing in particular: 合作, 提高, 材料.
_ORDINARY = 1e-4
# Share of a word's characters and pairs of characters at which a document holds it otherwise
# spelled: 锂离子电池 has 锂电池 but for one pair, and 油 with 墨 are no 油墨.
_SPELLED_OTHERWISE = 0.7
# Found on judged needs in a few words (docs/design/ranking.md): what lacks more of what is asked,
# by rarity, was hardly ever judged to meet it, unless it is as near in meaning as this.
_FEW_WORDS = 5
_MUCH = 0.25
_NEAR_IN_MEANING = 0.5
# Of pairs as far apart as any two, 0 is the middle.
_FAR_IN_MEANING = 0.0


def asked_words(question: Question, tells: Booleans) -> tuple[AskedWord, ...]:
    """What a title with its keywords asks for, most telling first.

    Words that stand within another count with that: 心血管 is asked for, not 血管 besides.

    Parameters
    ----------
    tells
        Shape (n_terms,): which of the question's words tell one document from another.
    """
    rarity = dict(zip(question.terms, question.idf.tolist(), strict=True))
    found: dict[str, AskedWord] = {}
    for phrase in question.title_phrases:
        terms = tuple(dict.fromkeys(term for word in phrase.words for term in word.terms))
        if any(term in rarity for term in terms):
            likeliest = phrase.words[0].terms
            rare = max((rarity[term] for term in likeliest if term in rarity), default=0.0)
            found[phrase.phrase] = AskedWord(word=phrase.phrase, terms=terms, rarity=rare)
    if not question.title_phrases:
        own = [
            term
            for term, is_titled, is_told in zip(
                question.terms, question.in_title, tells, strict=True
            )
            if is_titled and is_told and not _is_ordinary(term, question.terms)
        ]
        for term in own:
            if not any(term != other and term in other for other in own):
                found[term] = AskedWord(word=term, terms=(term,), rarity=rarity[term])
    return tuple(sorted(found.values(), key=lambda one: (-one.rarity, one.word)))


def _is_ordinary(term: str, terms: Sequence[str]) -> bool:
    """Whether a word, or every word that a compound is made of, names nothing in particular."""
    if ordinary_share(term) >= _ORDINARY:
        return True
    within = [other for other in terms if other != term and other in term]
    named = [other for other in within if ordinary_share(other) < _ORDINARY]
    return not named and len("".join(within)) >= len(term)


def missing_words(
    question: Question, batch: CandidateBatch, places: Sequence[int]
) -> list[tuple[str, ...]]:
    """What a question asks for and the candidates at these places don't say, for each of them."""
    holds = held_words(question.asked, batch, places)
    return [
        tuple(one.word for one, is_held in zip(question.asked, row, strict=True) if not is_held)
        for row in holds.tolist()
    ]


def held_words(
    asked: Sequence[AskedWord], batch: CandidateBatch, places: Sequence[int] | None = None
) -> Booleans:
    """Which of what is asked for each document holds, in whichever cut or compound.

    Parameters
    ----------
    places
        The candidates that are looked at; None for all.

    Returns
    -------
    ndarray
        Shape (n_places, n_asked).
    """
    held = [batch.title_terms, batch.body_terms]
    if places is not None:
        held = [Ragged.of([terms.row(place) for place in places]) for terms in held]
    n_places = len(held[0])
    holds = np.zeros((n_places, len(asked)), dtype=np.bool_)
    if not asked or not n_places:
        return holds
    wanted = {term: parts_of_word(term) for one in asked for term in one.terms}
    place = np.full(N_BUCKETS, -1, dtype=np.int64)
    parts = np.unique(np.concatenate(list(wanted.values())))
    place[parts] = np.arange(len(parts))
    has = np.zeros((n_places, len(parts)), dtype=np.bool_)
    parts_of = batch.parts_of or TermParts(batch.words_of).of
    for terms in held:
        _note_parts(has, terms, place, parts_of)
    for at, one in enumerate(asked):
        for term in one.terms:
            share = has[:, place[wanted[term]]].mean(axis=1)
            holds[:, at] |= share > _SPELLED_OTHERWISE
    return holds


def _note_parts(
    has: Booleans, terms: Ragged, place: Integers, parts_of: Callable[[TermIds], PartsOfTerms]
) -> None:
    """Note in ``has`` which places of parts each row's words have; each word is broken up once."""
    if not len(terms.values):
        return
    row_of = np.zeros(int(terms.values.max()) + 1, dtype=np.int64)
    row_of[terms.values] = 1
    distinct = np.flatnonzero(row_of).astype(np.int32)
    found, lengths = parts_of(distinct)
    places = place[found]
    of_words = np.zeros((len(distinct) + 1, has.shape[1]), dtype=np.bool_)
    known = places >= 0
    of_words[np.repeat(np.arange(1, len(distinct) + 1), lengths)[known], places[known]] = True
    row_of[distinct] = np.where(of_words[1:].any(axis=1), np.arange(1, len(distinct) + 1), 0)
    rows = row_of[terms.values]
    told = np.flatnonzero(rows)
    owners = np.searchsorted(terms.offsets, told, side="right") - 1
    np.logical_or.at(has, owners, of_words[rows[told]])


def lacks_much(question: Question, batch: CandidateBatch, meaning: Floats) -> Booleans:
    """Which candidates lack much of a need in a few words, by word and by meaning.

    Of a text, much is said again in other words, and what of it counts is not known.

    Parameters
    ----------
    meaning
        Shape (n,), cosine with the title; NaN where unknown.
    """
    rarities = np.array([one.rarity for one in question.asked])
    in_short = not question.query.body.strip() and 0 < len(rarities) <= _FEW_WORDS
    if not in_short or rarities.sum() <= 0:
        return np.zeros(len(batch), dtype=np.bool_)
    lacking = 1.0 - held_words(question.asked, batch) @ rarities / rarities.sum()
    is_near = np.nan_to_num(meaning, nan=-1.0) >= _NEAR_IN_MEANING
    lacks: Booleans = (lacking > _MUCH) & ~is_near
    return lacks


def shares_nothing(question: Question, batch: CandidateBatch, meaning: Floats) -> Booleans:
    """Which candidates share no telling word with all that is asked, and mean nothing like it.

    Parameters
    ----------
    meaning
        Shape (n,), cosine with the whole question; where it is unknown nobody can say so.
    """
    nothing: Booleans = np.nan_to_num(meaning, nan=1.0) <= _FAR_IN_MEANING
    if question.telling is None:
        return np.zeros(len(batch), dtype=np.bool_)
    shares_none = {number for _, number in question.telling}.isdisjoint
    for row in np.flatnonzero(nothing).tolist():
        nothing[row] = shares_none(batch.title_terms.row(row).tolist()) and shares_none(
            batch.body_terms.row(row).tolist()
        )
    return nothing
