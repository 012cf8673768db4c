"""An English question to an index of Chinese texts: Chinese words beside its own.

Of the words that the dictionary has for a phrase those count that the index holds; together they
weigh no more than one word does.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from silian.engines.matching.candidates import (
    Question,
    SmallFloats,
    TranslatedPhrase,
    TranslatedWord,
)
from silian.engines.matching.questions import query_text
from silian.engines.matching.questionvectors import QuestionVectors
from silian.engines.matching.rows import WordReader
from silian.engines.matching.view import View
from silian.language import Rendering, is_latin, normalise

_MOST_WORDS = 3
# A single character means many things: 料 is feed and material, 锂 only lithium.
_SINGLE_CHARACTER = 0.25
# Titles that tell the language of an index.
_TITLES_READ = 200


class Translator(Protocol):
    """Finds Chinese words for English phrases; ``silian.language.EnglishDictionary``."""

    def renderings(self, text: str) -> Sequence[Rendering]:
        """Phrases of a text with words for them."""

    @property
    def sentences(self) -> Sequence[tuple[str, str]]:
        """The same sentences in Chinese and in English."""


class LanguageDirection:
    """Where English lies from Chinese in an embedder's space; embedded when first asked for.

    Parameters
    ----------
    sentences
        The same in Chinese and in English.
    """

    def __init__(self, sentences: Sequence[tuple[str, str]]) -> None:
        self._sentences = sentences
        self._direction: SmallFloats | None = None

    def of(self, vectors: QuestionVectors) -> SmallFloats:
        """Mean of English minus mean of Chinese, shape (d,).

        Raises
        ------
        EmbedderUnavailable, WrongDimension
            If the embedder fails.
        """
        if self._direction is None:
            chinese, english = zip(*self._sentences, strict=True)
            found = np.stack(vectors.of([*chinese, *english]))
            means = found.reshape(2, len(self._sentences), -1).mean(axis=1)
            self._direction = (means[1] - means[0]).astype(np.float32)
        return self._direction


def speaks_chinese(view: View) -> bool:
    """Whether the first titles of an index are mainly Chinese."""
    read = 0
    chinese = 0
    for part in view.parts:
        for row in range(min(len(part.segment), _TITLES_READ - read)):
            read += 1
            chinese += not is_latin(part.segment.title[row])
    return 2 * chinese > read


def translated_phrases(
    renderings: Iterable[Rendering], view: View, reader: WordReader
) -> tuple[TranslatedPhrase, ...]:
    """Phrases with their Chinese words, likeliest in this index first.

    A word is the likelier the more documents hold it, and the earlier it stands among the
    meanings of its entry.
    """
    found: dict[str, TranslatedPhrase] = {}
    for rendering in renderings:
        words = _likeliest(rendering, view, reader)
        if words:
            found.setdefault(
                rendering.phrase, TranslatedPhrase(phrase=rendering.phrase, words=words)
            )
    return tuple(found.values())


def told_translations(question: Question, terms: Iterable[str]) -> dict[str, str]:
    """Of some words of a question those that translation brought, each with its phrase."""
    phrases = (*question.title_phrases, *question.body_phrases)
    if not phrases:
        return {}
    text = normalise(query_text(question.query))
    sources: dict[str, str] = {}
    for phrase in phrases:
        for term in {term for word in phrase.words for term in word.terms}:
            sources.setdefault(term, phrase.phrase)
    return {term: sources[term] for term in terms if term in sources and term not in text}


def _likeliest(rendering: Rendering, view: View, reader: WordReader) -> tuple[TranslatedWord, ...]:
    weighed = []
    for word, place in rendering.words:
        terms = _terms_of(word, view, reader)
        if terms:
            ids = np.array([view.vocabulary.find(term) for term in terms], dtype=np.int32)
            counts = (view.document_count + 1.0) / np.exp(view.idf(ids)) - 0.5
            likelihood = float(np.log1p(counts.min())) / (1 + place)
            if len(word) == 1:
                likelihood *= _SINGLE_CHARACTER
            weighed.append((likelihood, word, terms))
    weighed.sort(key=lambda one: -one[0])
    best = weighed[:_MOST_WORDS]
    total = sum(likelihood for likelihood, _, _ in best)
    if not total > 0:
        return ()
    return tuple(
        TranslatedWord(word=word, terms=terms, share=likelihood / total)
        for likelihood, word, terms in best
    )


def _terms_of(word: str, view: View, reader: WordReader) -> tuple[str, ...]:
    """The word, or the words that the index cuts it into; none where it lacks one."""
    read = reader.words(word)
    if not read:
        return ()  # a stop word
    if view.vocabulary.find(word) >= 0:
        return (word,)
    terms = tuple(dict.fromkeys(read))
    held = all(view.vocabulary.find(term) >= 0 for term in terms)
    return terms if held else ()
