"""Questions and candidates laid out by hand, for tests of features and rankers."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from silian.engines.matching.candidates import CandidateBatch, Question, Ragged
from silian.engines.matching.graded import GradedCandidates
from silian.engines.matching.values import Query
from silian.language import Segmenter

SEGMENTER = Segmenter()
N_DIMENSIONS = 8
TODAY = date(2026, 3, 1)


def question(title: str, body: str = "", vector: Any = None, **facts: Any) -> Question:
    """Read a query without an index: every word is unknown to it and weighs one."""
    words = list(dict.fromkeys(SEGMENTER.words(title) + SEGMENTER.words(body)))
    titled = set(SEGMENTER.words(title))
    return Question(
        query=Query(title=title, body=body, asked_on=TODAY, **facts),
        terms=tuple(words),
        term_ids=np.full(len(words), -1, dtype=np.int32),
        term_counts=np.ones(len(words), dtype=np.int64),
        in_title=np.array([word in titled for word in words], dtype=np.bool_),
        idf=np.ones(len(words)),
        vector=None if vector is None else np.asarray(vector, dtype=np.float32),
        mean_vector=np.zeros(N_DIMENSIONS, dtype=np.float32),
    )


def batch(titles: Sequence[str], vectors: Any = None, **columns: Any) -> CandidateBatch:
    """Candidates of the given titles; other columns as given, else unknown."""
    n = len(titles)
    words = [SEGMENTER.words(title) for title in titles]
    spelled = sorted({word for row in words for word in row})
    number = {word: at for at, word in enumerate(spelled)}
    unknown = np.full(n, np.nan)
    given = vectors is not None
    values: dict[str, Any] = {
        "document_ids": tuple(f"{at}-{title}" for at, title in enumerate(titles)),
        "kinds": ("achievement",) * n,
        "region_codes": ("",) * n,
        "field_codes": ((),) * n,
        "title_terms": Ragged.of([[number[word] for word in row] for row in words]),
        "body_terms": Ragged.of([[] for _ in titles]),
        "vectors": np.asarray(vectors, dtype=np.float32)
        if given
        else np.zeros((n, N_DIMENSIONS), dtype=np.float32),
        "has_vector": np.full(n, given),
        "bm25": np.zeros(n),
        "cosine": unknown,
        "readiness_level": unknown,
        "price_cny": unknown,
        "longitude_degrees": unknown,
        "latitude_degrees": unknown,
        "track_record_count": np.zeros(n),
        "updated_on_day": unknown,
        "from_words": np.ones(n, dtype=np.bool_),
        "from_meaning": np.full(n, given),
        "idf_of": lambda ids: np.ones(len(ids)),
        "words_of": lambda ids: [spelled[at] for at in ids],
    }
    return CandidateBatch(**(values | columns))


def graded_world(n_questions: int, seed: int, per_question: int = 20) -> list[GradedCandidates]:
    """Questions whose candidates' levels follow the nearness of meaning, with noise."""
    random = np.random.default_rng(seed)
    examples = []
    for number in range(n_questions):
        asked = _unit(random.normal(size=N_DIMENSIONS))
        vectors = _unit(random.normal(size=(per_question, N_DIMENSIONS)))
        nearness = vectors @ asked + random.normal(scale=0.15, size=per_question)
        levels = 1.0 + np.digitize(nearness, [0.0, 0.35, 0.6])
        titles = [f"样品{at}号装置" for at in range(per_question)]
        examples.append(
            GradedCandidates(
                question=question(f"需要第{number}号装置", vector=asked),
                candidates=batch(titles, vectors),
                levels=levels.astype(np.float64),
                group=str(number),
            )
        )
    return examples


def _unit(rows: Any) -> Any:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)
