"""A query read: its words with their weights, and its vector."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from silian.engines.matching.candidates import Floats, Question, SmallFloats
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


def read_question(
    query: Query, view: View, reader: WordReader, vector: SmallFloats | None
) -> Question:
    """Count the query's words and weigh them by the index as it is now."""
    title = reader.words(" ".join((query.title, *query.keywords)))
    body = reader.words(query.body) if query.body else []
    counts = Counter(title)
    counts.update(body)
    terms = list(counts)
    term_ids = np.fromiter((view.vocabulary.find(term) for term in terms), np.int32, len(terms))
    idf = view.idf(term_ids)
    if len(terms) > _MOST_TERMS:
        kept = _most_telling(idf, [counts[term] for term in terms], term_ids >= 0)
        terms, term_ids, idf = [terms[place] for place in kept], term_ids[kept], idf[kept]
    in_title = set(title)
    return Question(
        query=query,
        terms=tuple(terms),
        term_ids=term_ids,
        term_counts=np.array([counts[term] for term in terms], dtype=np.int64),
        in_title=np.array([term in in_title for term in terms], dtype=np.bool_),
        idf=idf,
        vector=vector,
        mean_vector=view.mean,
    )


def term_weights(question: Question) -> Floats:
    """Weight of each word in BM25: idf times its saturated count."""
    counts = question.term_counts.astype(np.float64)
    weights: Floats = question.idf * counts * (_COUNT_SATURATION + 1) / (counts + _COUNT_SATURATION)
    return weights


def _most_telling(idf: Floats, counts: Sequence[int], known: np.ndarray) -> list[int]:
    weight = np.where(known, idf * np.asarray(counts), 0.0)
    return sorted(np.argsort(-weight, kind="stable")[:_MOST_TERMS].tolist())
