"""Which words of a question tell why a document was found, and which stand in any text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from silian.engines.matching.candidates import CandidateBatch, Floats, Question, TermIds
from silian.language import normalise, ordinary_share

# In a small index no word is common yet; so many documents are thought to lack every word.
_PRIOR_DOCUMENTS = 100
_LARGEST_SHARE = 0.25
# Share of documents times share of ordinary Chinese: 技术 is common in both and tells nothing,
# 电机 only in an index of motors, 农业 only elsewhere.
_LARGEST_PRODUCT = 1.1e-5
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class TellingWord:
    """A word that counts as a reason.

    ``numbers`` is the word's number in the index, or those of single characters that stand side
    by side in the question, where the dictionary does not know the word that they make.
    """

    term: str
    numbers: tuple[int, ...]


def telling_words(question: Question, document_count: int) -> tuple[TellingWord, ...]:
    """Words that tell why a document which shares them was found, most telling first.

    Single characters and words that are common here and everywhere tell nothing, unless the
    question has no others.
    """
    common = _is_common(question, document_count)
    is_single = np.array([len(term) == 1 and bool(_HAN.match(term)) for term in question.terms])
    if not len(is_single) or (common | is_single).all():
        shown, runs = np.ones(len(is_single), dtype=np.bool_), []
    else:
        shown, runs = ~(common | is_single), _runs(question, is_single)
    words = [
        (question.idf[place], TellingWord(term=question.terms[place], numbers=(number,)))
        for place, number in enumerate(question.term_ids.tolist())
        if shown[place] and number >= 0
    ]
    ordered = sorted([*words, *runs], key=lambda pair: -pair[0])
    return tuple(word for _, word in ordered)


def shared_words(words: Sequence[TellingWord], batch: CandidateBatch, place: int) -> list[str]:
    """Those of the words that one candidate holds, in their order."""
    texts = batch.title_terms.row(place), batch.body_terms.row(place)
    held = {number for text in texts for number in text.tolist()}
    return [
        word.term
        for word in words
        if held.issuperset(word.numbers)
        and (len(word.numbers) == 1 or any(_holds_run(text, word.numbers) for text in texts))
    ]


def _is_common(question: Question, document_count: int) -> np.ndarray:
    # From idf back to the number of documents, see ``Question.idf``.
    counts: Floats = (document_count + 1.0) / np.exp(question.idf) - 0.5
    shares = np.maximum(counts, 0.0) / (document_count + _PRIOR_DOCUMENTS)
    ordinary = np.array([ordinary_share(term) for term in question.terms])
    common: np.ndarray = (shares > _LARGEST_SHARE) | (shares * ordinary > _LARGEST_PRODUCT)
    return common


def _runs(question: Question, is_single: np.ndarray) -> list[tuple[float, TellingWord]]:
    """Single characters of a question that stand side by side in it."""
    known = {
        question.terms[place]: (question.idf[place], int(question.term_ids[place]))
        for place in np.flatnonzero(is_single & (question.term_ids >= 0)).tolist()
    }
    if len(known) < 2:
        return []
    query = question.query
    text = normalise("\n".join((query.title, *query.keywords, query.body)))
    found = dict.fromkeys(re.findall(f"[{''.join(known)}]{{2,}}", text))
    return [
        (
            sum(known[sign][0] for sign in run),
            TellingWord(term=run, numbers=tuple(known[sign][1] for sign in run)),
        )
        for run in found
    ]


def _holds_run(text: TermIds, numbers: tuple[int, ...]) -> bool:
    starts = np.flatnonzero(text[: len(text) - len(numbers) + 1] == numbers[0])
    return any(tuple(text[at : at + len(numbers)].tolist()) == numbers for at in starts.tolist())
