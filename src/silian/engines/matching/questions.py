"""A query read: its words with their weights, and its vector."""

from collections import Counter
from collections.abc import Container, Sequence

import numpy as np

from silian.engines.matching.candidates import (
    Floats,
    Question,
    SmallFloats,
    TranslatedPhrase,
)
from silian.engines.matching.checking import check_query_values
from silian.engines.matching.errors import (
    LimitOutOfRange,
    UnknownDirection,
    VectorWrongDimension,
)
from silian.engines.matching.rows import WordReader
from silian.engines.matching.values import Query
from silian.engines.matching.view import View

LARGEST_LIMIT = 1000
# A long query is told by its most telling words; the rest costs time and brings noise.
_MOST_TERMS = 64
# Saturation of a word's count in the question, as in the BM25 of long queries.
_COUNT_SATURATION = 8.0


def check_query(query: Query, n_dimensions: int) -> None:
    """Refuse what can't be answered, before any work.

    Raises
    ------
    InvalidQuery, LimitOutOfRange, UnknownDirection, VectorWrongDimension
        Where the query asks for that.
    """
    check_query_values(query)
    if not 1 <= query.limit <= LARGEST_LIMIT:
        raise LimitOutOfRange(
            f"limit is {query.limit}; expected 1 to {LARGEST_LIMIT}. Page through filters rather "
            "than asking for more.",
            limit=query.limit,
            largest=LARGEST_LIMIT,
        )
    if query.direction not in {"supply", "need"}:
        raise UnknownDirection(
            f"direction is {query.direction!r}; expected 'supply' (a need asks) or 'need' (a "
            "supply asks who needs it).",
            direction=query.direction,
        )
    if query.vector is not None and len(query.vector) != n_dimensions:
        raise VectorWrongDimension(
            f"The query's vector has {len(query.vector)} numbers; the index holds vectors of "
            f"{n_dimensions}. Embed it with the embedder of the index, or leave vector None.",
            arrived=len(query.vector),
            expected=n_dimensions,
        )


def query_text(query: Query) -> str:
    """Text whose meaning is embedded."""
    parts = (query.title, " ".join(query.keywords), query.body)
    return "\n".join(part for part in parts if part)


def title_text(query: Query) -> str:
    """Title with the keywords."""
    return " ".join((query.title, *query.keywords))


def read_question(
    query: Query,
    view: View,
    reader: WordReader,
    vector: SmallFloats | None,
    *,
    title_phrases: tuple[TranslatedPhrase, ...] = (),
    body_phrases: tuple[TranslatedPhrase, ...] = (),
) -> Question:
    """Count the query's words and weigh them by the index as it is now.

    Words of translated phrases stand behind the query's own.
    """
    title = reader.words(title_text(query))
    body = reader.words(query.body) if query.body else []
    counts = Counter(title)
    counts.update(body)
    shares = _shares_of_translations((*title_phrases, *body_phrases), counts)
    counts.update(shares.keys())
    terms = list(counts)
    term_ids = np.fromiter((view.vocabulary.find(term) for term in terms), np.int32, len(terms))
    idf = view.idf(term_ids)
    if len(terms) > _MOST_TERMS:
        kept = _most_telling(idf, [counts[term] for term in terms], term_ids >= 0)
        terms, term_ids, idf = [terms[place] for place in kept], term_ids[kept], idf[kept]
    in_title = {*title, *_shares_of_translations(title_phrases, {})}
    return Question(
        query=query,
        terms=tuple(terms),
        term_ids=term_ids,
        term_counts=np.array([counts[term] for term in terms], dtype=np.int64),
        in_title=np.array([term in in_title for term in terms], dtype=np.bool_),
        idf=idf,
        vector=vector,
        mean_vector=view.mean,
        title_phrases=title_phrases,
        body_phrases=body_phrases,
        term_shares=np.array([shares.get(term, 1.0) for term in terms]) if shares else None,
    )


def term_weights(question: Question) -> Floats:
    """Weight of each word in BM25: idf times its saturated count."""
    counts = question.term_counts.astype(np.float64)
    weights: Floats = question.idf * counts * (_COUNT_SATURATION + 1) / (counts + _COUNT_SATURATION)
    return weights if question.term_shares is None else weights * question.term_shares


def _shares_of_translations(
    phrases: Sequence[TranslatedPhrase], own: Container[str]
) -> dict[str, float]:
    """What each word that translation brings weighs, of a whole word."""
    shares: dict[str, float] = {}
    for phrase in {phrase.phrase: phrase for phrase in phrases}.values():
        for word in phrase.words:
            for term in word.terms:
                if term not in own:
                    share = shares.get(term, 0.0) + word.share / len(word.terms)
                    shares[term] = min(share, 1.0)
    return shares


def _most_telling(idf: Floats, counts: Sequence[int], known: np.ndarray) -> list[int]:
    weight = np.where(known, idf * np.asarray(counts), 0.0)
    return sorted(np.argsort(-weight, kind="stable")[:_MOST_TERMS].tolist())
