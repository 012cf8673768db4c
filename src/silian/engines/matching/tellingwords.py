"""Which words of a question tell why a document was found, and which stand in any text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from silian.engines.matching.candidates import Booleans, CandidateBatch, Floats, Question
from silian.engines.matching.questions import query_text
from silian.language import ordinary_share, stem

# In a small index no word is common yet; so many documents are thought to lack every word.
_PRIOR_DOCUMENTS = 100
_LARGEST_SHARE = 0.25
# Share of documents times share of ordinary Chinese: 技术 is common in both and tells nothing,
# 电机 only in an index of motors, 农业 only elsewhere.
_LARGEST_PRODUCT = 1.1e-5
# Further up stand words that ask for nothing in particular: 产品 and 研究, not 汽车 or 设备.
_GENERAL_PRODUCT = 4e-5
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True, eq=False)
class Commonness:
    """How common each word of a question is; shape (n_terms,) each.

    Attributes
    ----------
    shares
        Share of documents that hold it.
    products
        That times its share of ordinary Chinese.
    """

    shares: Floats
    products: Floats

    @classmethod
    def of(cls, question: Question, document_count: int) -> Self:
        """Read it off the index and the dictionary."""
        # From idf back to the number of documents, see ``Question.idf``.
        counts: Floats = (document_count + 1.0) / np.exp(question.idf) - 0.5
        shares = np.maximum(counts, 0.0) / (document_count + _PRIOR_DOCUMENTS)
        ordinary = np.array([ordinary_share(term) for term in question.terms], dtype=np.float64)
        return cls(shares, shares * ordinary)


def telling_words(question: Question, tells: Booleans) -> tuple[tuple[str, int], ...]:
    """Words that tell why a document which shares them was found, most telling first.

    Single characters and words that are common here and everywhere tell nothing, unless the
    question has no others.

    Parameters
    ----------
    tells
        Shape (n_terms,), see ``telling``.

    Returns
    -------
    tuple[tuple[str, int], ...]
        Words and their numbers in the index; what no document holds is left out.
    """
    shown = (tells if tells.any() else ~tells) & (question.term_ids >= 0)
    order = np.argsort(-question.idf, kind="stable").tolist()
    return tuple(
        (question.terms[place], int(question.term_ids[place])) for place in order if shown[place]
    )


def telling(question: Question, commonness: Commonness) -> Booleans:
    """Which words of a question tell anything, whether or not a document holds them."""
    is_single = [len(term) == 1 and bool(_HAN.match(term)) for term in question.terms]
    is_common = (commonness.shares > _LARGEST_SHARE) | (commonness.products > _LARGEST_PRODUCT)
    tells: Booleans = ~(is_common | np.array(is_single, dtype=np.bool_))
    return tells


def is_general(question: Question, commonness: Commonness) -> bool:
    """Whether what is asked has words, and all of them are in much that is written: 技术, 产品.

    Stop words are; a word that no document holds is not. Of a translated phrase the words count
    that it was translated by. A supply that asks for needs is never general: it is what it is.
    """
    is_need = question.query.direction == "supply"
    if not is_need or not any(sign.isalnum() for sign in query_text(question.query)):
        return False
    phrases = (*question.title_phrases, *question.body_phrases)
    translated = {stem(word) for phrase in phrases for word in phrase.phrase.split()}
    own = [place for place, term in enumerate(question.terms) if term not in translated]
    return bool((commonness.products[own] > _GENERAL_PRODUCT).all())


def shared_words(
    words: Sequence[tuple[str, int]], batch: CandidateBatch, place: int
) -> tuple[str, ...]:
    """Those of the words that one candidate holds, in their order."""
    held = set(batch.title_terms.row(place).tolist())
    held.update(batch.body_terms.row(place).tolist())
    return tuple(word for word, number in words if number in held)
