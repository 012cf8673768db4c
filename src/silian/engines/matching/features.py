"""Named features of candidates: what a ranker reads and what an explanation shows.

Every value grows with fit, so that one law covers them all: more never makes a candidate worse.
An unknown (no vector, no price, no place) is NaN and neither helps nor harms.
"""

from dataclasses import dataclass

import numpy as np

from silian.engines.matching.candidates import (
    CandidateBatch,
    FeatureTable,
    Floats,
    Question,
    SmallFloats,
)
from silian.engines.matching.wordparts import WordParts

TEXT_FEATURES = (
    "title_term_match",
    "term_match",
    "document_term_match",
    "title_meaning",
    "meaning",
    "meaning_interplay",
)
# What training learned besides: no measure of the candidate, but an answer of the model.
LEARNED_FEATURES = ("meaning_interplay", "kind_worth")
CONTEXT_FEATURES = (
    "field_match",
    "readiness_fit",
    "budget_fit",
    "distance_fit",
    "track_record",
    "freshness",
    "graph_proximity",
)
FEATURES = (*TEXT_FEATURES, *CONTEXT_FEATURES, "kind_worth")

_EARTH_RADIUS_KM = 6371.0
_HALF_DISTANCE_KM = 100.0
_DAYS_A_YEAR = 365.25


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeaningFrame:
    """Where the middle of meaning lies, for questions and for documents.

    Sentence embeddings crowd in one direction; taking the middle away spreads them. Questions
    and documents crowd in different places, so each side has its own middle.

    Attributes
    ----------
    title_mean, question_mean, document_mean
        Shape (d,); None uses the index's own mean in that place.
    """

    title_mean: SmallFloats | None = None
    question_mean: SmallFloats | None = None
    document_mean: SmallFloats | None = None


def compute_features(
    question: Question,
    candidates: CandidateBatch,
    *,
    parts: WordParts | None = None,
    frame: MeaningFrame | None = None,
) -> FeatureTable:
    """Compare a question with its candidates, feature by feature.

    Returns
    -------
    FeatureTable
        Columns in the order of ``FEATURES``:

        - ``title_term_match``, ``term_match``: share, by rarity, of the word parts of the
          question's title (body) that the document's title (the whole document) holds, 0 to 1;
        - ``document_term_match``: share of the word parts of the document's title that the
          question holds anywhere, 0 to 1;
        - ``title_meaning``, ``meaning``: cosine of centred meaning of the question's title (of
          the whole question) and the document, -1 to 1;
        - ``meaning_interplay``: what a trained ranker learned of similar pairs, 0 without one;
        - ``field_match``: how far the field codes agree, as a share of the code, 0 to 1;
        - ``readiness_fit``: readiness levels above (+) or below (-) the target, at most 0;
        - ``budget_fit``: 1 within the budget, else budget over price, 0 to 1;
        - ``distance_fit``: ``1 / (1 + distance / 100 km)``, or the share of the region code that
          agrees where a place is unknown, 0 to 1;
        - ``track_record``: natural logarithm of one plus the recorded contracts and uses;
        - ``freshness``: minus the years since the last change, at most 0;
        - ``graph_proximity``: how near it is in the network, 0 to 1; 0 where nothing is known;
        - ``kind_worth``: what a trained ranker learned of supplies of this kind, 0 without one.
    """
    parts = parts if parts is not None else WordParts()
    frame = frame if frame is not None else MeaningFrame()
    title_match, match, document_match = parts.matches(question, candidates)
    title_meaning, meaning = _meanings(question, candidates, frame)
    columns = {
        "title_term_match": title_match,
        "term_match": match,
        "document_term_match": document_match,
        "title_meaning": title_meaning,
        "meaning": meaning,
        "meaning_interplay": np.zeros(len(candidates)),
        "field_match": _field_match(question, candidates),
        "readiness_fit": _readiness_fit(question, candidates),
        "budget_fit": _budget_fit(question, candidates),
        "distance_fit": _distance_fit(question, candidates),
        "track_record": np.log1p(candidates.track_record_count),
        "freshness": _freshness(question, candidates),
        "graph_proximity": _graph_proximity(question, candidates),
        "kind_worth": np.zeros(len(candidates)),
    }
    return FeatureTable(
        names=FEATURES, values=np.stack([columns[name] for name in FEATURES], axis=1)
    )


def question_direction(question: Question, frame: MeaningFrame) -> SmallFloats | None:
    """Centred meaning of title and of the whole side by side, unit length, shape (2 d,)."""
    title, whole = _question_directions(question, frame)
    if title is None or whole is None:
        return None
    both: SmallFloats = np.concatenate([title, whole])
    both /= np.float32(np.sqrt(2.0))
    return both


def short_directions(vectors: SmallFloats, mean: SmallFloats) -> SmallFloats:
    """``question_direction`` of titles without a body: (n, 2 d) of raw embeddings (n, d)."""
    titles = _centred(vectors, mean)
    both: SmallFloats = np.hstack([titles, titles])
    both /= np.float32(np.sqrt(2.0))
    return both


def need_directions(
    question: Question, candidates: CandidateBatch, frame: MeaningFrame
) -> tuple[SmallFloats, SmallFloats] | None:
    """A supply's candidates as questions, and the supply as the document of each.

    Returns
    -------
    tuple[ndarray, ndarray] | None
        As ``question_direction``, shape (n, 2 d), NaN where unknown, and as
        ``document_directions``, shape (d,); None without any vectors.
    """
    if question.vector is None or question.mean_vector is None or not candidates.has_vector.any():
        return None
    asked_mean = question.mean_vector if question.needs_mean is None else question.needs_mean
    held_mean = question.mean_vector if frame.document_mean is None else frame.document_mean
    asking = short_directions(candidates.vectors, asked_mean)
    asking[~candidates.has_vector] = np.nan
    return asking, _centred(question.vector, held_mean)


def document_directions(
    question: Question, candidates: CandidateBatch, frame: MeaningFrame
) -> SmallFloats | None:
    """Centred meaning of the candidates, shape (n, d), NaN where unknown; None without any."""
    if question.mean_vector is None or not candidates.has_vector.any():
        return None
    mean = question.mean_vector if frame.document_mean is None else frame.document_mean
    directions = _centred(candidates.vectors, mean)
    directions[~candidates.has_vector] = np.nan
    return directions


def _question_directions(
    question: Question, frame: MeaningFrame
) -> tuple[SmallFloats | None, SmallFloats | None]:
    """Centred meaning of the title and of the whole."""
    if question.vector is None or question.mean_vector is None:
        return None, None
    title_mean = question.mean_vector if frame.title_mean is None else frame.title_mean
    mean = question.mean_vector if frame.question_mean is None else frame.question_mean
    title = (
        _centred(question.vector, mean)
        if question.title_vector is None
        else _centred(question.title_vector, title_mean)
    )
    return title, _centred(question.vector, mean)


def _centred(vectors: SmallFloats, mean: SmallFloats) -> SmallFloats:
    centred = vectors - mean
    lengths = np.linalg.norm(centred, axis=-1, keepdims=True)
    unit: SmallFloats = centred / np.maximum(lengths, np.float32(1e-9))
    return unit


def _meanings(
    question: Question, candidates: CandidateBatch, frame: MeaningFrame
) -> tuple[Floats, Floats]:
    """Cosines of the question's title and of all of it with each candidate."""
    if question.query.direction == "need":
        found = need_directions(question, candidates, frame)
        of_needs = np.full(len(candidates), np.nan)
        if found is not None:
            # A need's title has no vector of its own, as that of a need without a body.
            of_needs = (found[0][:, : len(found[1])] @ found[1]).astype(np.float64) * np.sqrt(2.0)
        return of_needs, of_needs
    title, whole = _question_directions(question, frame)
    held = document_directions(question, candidates, frame)
    return _meaning(title, held, len(candidates)), _meaning(whole, held, len(candidates))


def _meaning(asked: SmallFloats | None, held: SmallFloats | None, n: int) -> Floats:
    if asked is None or held is None:
        return np.full(n, np.nan)
    cosine: Floats = (held @ asked).astype(np.float64)
    return cosine


def _common_prefix_share(one: str, other: str) -> float:
    length = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        length += 1
    return length / max(len(one), len(other), 1)


def _field_match(question: Question, candidates: CandidateBatch) -> Floats:
    asked = question.query.field_codes or question.query.constraints.field_codes
    if not asked:
        return np.full(len(candidates), np.nan)
    known: dict[tuple[str, ...], float] = {(): np.nan}
    for codes in candidates.field_codes:
        if codes not in known:
            known[codes] = max(_common_prefix_share(one, two) for one in asked for two in codes)
    return np.array([known[codes] for codes in candidates.field_codes], dtype=np.float64)


def _readiness_fit(question: Question, candidates: CandidateBatch) -> Floats:
    target = question.query.readiness_target
    if target is None:
        return np.full(len(candidates), np.nan)
    if question.query.direction == "need":  # the target is the need's, the level the supply's
        return np.minimum(target - candidates.readiness_level, 0.0)
    return np.minimum(candidates.readiness_level - target, 0.0)


def _budget_fit(question: Question, candidates: CandidateBatch) -> Floats:
    query, price = question.query, candidates.price_cny
    if query.budget_cny is None:
        return np.full(len(candidates), np.nan)
    # Seen from a supply, the other side's price is what a need is ready to pay.
    dear = price if query.direction == "supply" else np.full(len(price), query.budget_cny)
    purse = np.full(len(price), query.budget_cny) if query.direction == "supply" else price
    share = purse / np.maximum(dear, 1e-9)
    return np.where(np.isnan(price), np.nan, np.clip(share, 0.0, 1.0))


def _distance_fit(question: Question, candidates: CandidateBatch) -> Floats:
    query = question.query
    known: dict[str, float] = {"": np.nan}
    if query.region_code:
        for code in set(candidates.region_codes) - {""}:
            known[code] = _common_prefix_share(query.region_code, code)
    by_region = np.array([known.get(code, np.nan) for code in candidates.region_codes])
    if query.longitude_degrees is None or query.latitude_degrees is None:
        return by_region
    kilometres = _kilometres(
        query.longitude_degrees,
        query.latitude_degrees,
        candidates.longitude_degrees,
        candidates.latitude_degrees,
    )
    return np.where(np.isnan(kilometres), by_region, 1.0 / (1.0 + kilometres / _HALF_DISTANCE_KM))


def _kilometres(longitude: float, latitude: float, longitudes: Floats, latitudes: Floats) -> Floats:
    """Great-circle distance (haversine)."""
    here, there = np.radians(latitude), np.radians(latitudes)
    across = np.radians(longitudes - longitude)
    chord = np.sin((there - here) / 2) ** 2 + np.cos(here) * np.cos(there) * np.sin(across / 2) ** 2
    distance: Floats = 2 * _EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(chord, 0.0, 1.0)))
    return distance


def _graph_proximity(question: Question, candidates: CandidateBatch) -> Floats:
    near = question.query.nearness or {}
    return np.array([near.get(one, 0.0) for one in candidates.document_ids], dtype=np.float64)


def _freshness(question: Question, candidates: CandidateBatch) -> Floats:
    day = question.query.asked_on
    if day is None:
        return np.full(len(candidates), np.nan)
    asked_on_day = float(np.datetime64(day, "D").astype(np.int64))
    return -np.maximum(asked_on_day - candidates.updated_on_day, 0.0) / _DAYS_A_YEAR
