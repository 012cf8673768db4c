"""From ranked candidates to hits with their reasons, and to reasons for an absence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from silian.engines.matching.askedwords import missing_words
from silian.engines.matching.candidates import CandidateBatch, FeatureTable, Question, Ranking
from silian.engines.matching.clauses import Clause
from silian.engines.matching.retrieval import Candidates
from silian.engines.matching.tellingwords import shared_words
from silian.engines.matching.translating import told_translations
from silian.engines.matching.values import Absence, ConstraintCheck, Contribution, Document, Hit
from silian.engines.matching.view import View

_NAMED_WEAKNESSES = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranked:
    """Candidates with their scores, and their order: best first."""

    view: View
    question: Question
    clauses: tuple[Clause, ...]
    candidates: Candidates
    batch: CandidateBatch
    table: FeatureTable
    ranking: Ranking
    order: list[int]

    def rank_of(self, place: int) -> int:
        """Rank of a candidate, from 1."""
        return self.order.index(place) + 1


def order_of(scores: np.ndarray, document_ids: Sequence[str]) -> list[int]:
    """Best first; equal scores by document id, so that every run gives the same order."""
    values = scores.tolist()
    return sorted(range(len(values)), key=lambda place: (-values[place], document_ids[place]))


def copies_last(ranked: Ranked) -> list[int]:
    """The order with each copy behind all that is no copy.

    A copy has the kind, the owner and every word of a better candidate, in the same order.
    """
    batch = ranked.batch
    firsts: dict[tuple[str, bytes, bytes], set[str]] = {}
    originals: list[int] = []
    copies: list[int] = []
    for place in ranked.order:
        words = batch.title_terms.row(place).tobytes(), batch.body_terms.row(place).tobytes()
        owners = firsts.setdefault((batch.kinds[place], *words), set())
        part = ranked.view.parts[int(ranked.candidates.parts[place])]
        owner = part.segment.owner[int(ranked.candidates.rows[place])]
        (copies if owner in owners else originals).append(place)
        owners.add(owner)
    return originals + copies


def hits_of(ranked: Ranked, limit: int) -> tuple[Hit, ...]:
    """Explain the best."""
    shown = ranked.order[:limit]
    missing = missing_words(ranked.question, ranked.batch, shown)
    return tuple(
        _hit(ranked, place, rank, words)
        for rank, (place, words) in enumerate(zip(shown, missing, strict=True), start=1)
    )


def hit_of(ranked: Ranked, place: int, rank: int) -> Hit:
    """Explain one candidate."""
    [missing] = missing_words(ranked.question, ranked.batch, [place])
    return _hit(ranked, place, rank, missing)


def _hit(ranked: Ranked, place: int, rank: int, missing: tuple[str, ...]) -> Hit:
    document = document_of(ranked, place)
    ranking, table, candidates = ranked.ranking, ranked.table, ranked.candidates
    values, parts = table.values[place].tolist(), ranking.contributions[place].tolist()
    sources = (
        *(("words",) if candidates.from_words[place] else ()),
        *(("meaning",) if candidates.from_meaning[place] else ()),
    )
    matched = shared_words(ranked.question.telling or (), ranked.batch, place)
    return Hit(
        document=document,
        rank=rank,
        score=float(ranking.scores[place]),
        level=float(ranking.levels[place]),
        base_score=float(ranking.base_score),
        contributions=tuple(
            Contribution(feature=name, value=value, contribution=part)
            for name, value, part in zip(table.names, values, parts, strict=True)
        ),
        matched_terms=matched,
        checks=checks_of(ranked.clauses, document),
        sources=sources,
        meaning_failure=ranked.question.meaning_failure,
        translations=told_translations(ranked.question, matched),
        missing_terms=missing,
        level_bound=ranking.bounds[place] if ranking.bounds else "",
    )


def document_of(ranked: Ranked, place: int) -> Document:
    """Read back a candidate's document."""
    part = ranked.view.parts[int(ranked.candidates.parts[place])]
    return part.segment.document(int(ranked.candidates.rows[place]))


def checks_of(clauses: Sequence[Clause], document: Document) -> tuple[ConstraintCheck, ...]:
    """Hold every hard constraint against one document."""
    return tuple(clause.check(document) for clause in clauses)


def absence_of(ranked: Ranked, place: int, *, retrieved: bool, limit: int) -> Absence:
    """Say why a candidate is not among the first ``limit``."""
    rank = ranked.rank_of(place)
    hit = hit_of(ranked, place, rank)
    failed = any(check.outcome == "failed" for check in hit.checks)
    if failed:
        reason = "constraint"
    elif not retrieved:
        reason = "not_retrieved"
    else:
        reason = "present" if rank <= limit else "ranked_below"
    return Absence(
        document_id=hit.document.document_id,
        reason=reason,
        rank=rank,
        cutoff_rank=limit,
        checks=hit.checks,
        hit=hit,
        weakest_features=_weakest_features(ranked, place, limit),
    )


def _weakest_features(ranked: Ranked, place: int, limit: int) -> tuple[str, ...]:
    """Features in which it falls furthest behind the last hit that made it."""
    others = [other for other in ranked.order if other != place][:limit]
    if not others:
        return ()
    contributions = ranked.ranking.contributions
    behind = contributions[others[-1]] - contributions[place]
    worst = np.argsort(-behind, kind="stable")[:_NAMED_WEAKNESSES]
    return tuple(ranked.table.names[number] for number in worst.tolist() if behind[number] > 0)
