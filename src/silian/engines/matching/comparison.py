"""Whether a new ranker may replace the one in place: each is asked what it has not seen.

Asked again about the very judgments it learned from, a ranker looks better than it is, and no
successor would ever be let in. Where that is all there is to ask, its place is taken by a ranker
fitted anew, each time without the questions it is asked, to what it had learned from.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from silian.engines.matching.candidates import Booleans, Floats, Integers, Ranker
from silian.engines.matching.errors import TrainingDataInsufficient
from silian.engines.matching.evaluation import (
    Interval,
    bootstrap_interval,
    by_group,
    level_score,
    ndcg_at,
    recall_at,
    reciprocal_rank,
)
from silian.engines.matching.graded import GradedCandidates, judgments_of, levels_and_groups
from silian.engines.matching.ranker import TrainedRanker

LEAST_QUESTIONS = 10
# A ranker knows a question if it learned from this share of its judgments.
_KNOWN_SHARE = 0.5
# It can be fitted anew if this share of what it learned from is at hand.
_SHARE_AT_HAND = 0.8
_NOTHING: NDArray[np.uint64] = np.empty(0, dtype=np.uint64)

Fit = Callable[[Sequence[GradedCandidates]], Ranker]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How well a ranker serves questions it was not trained on.

    ``recall_at_50`` is over the graded candidates of each question.
    """

    ndcg_at_10: float
    reciprocal_rank: float
    recall_at_50: float
    level_score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The ranker in place and the new one on the same ``question_count`` questions."""

    before: Quality
    after: Quality
    ndcg_gain: Interval
    question_count: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Answers:
    """Scores and levels of all pairs, one question after the other."""

    scores: Floats
    levels: Floats

    def quality(self, levels: Floats, groups: Integers, kept: Booleans) -> Quality:
        truth, scores, groups = levels[kept], self.scores[kept], groups[kept]
        return Quality(
            ndcg_at_10=float(by_group(ndcg_at, truth, scores, groups).mean()),
            reciprocal_rank=float(by_group(reciprocal_rank, truth, scores, groups).mean()),
            recall_at_50=float(by_group(recall_at, truth, scores, groups).mean()),
            level_score=level_score(truth, self.levels[kept]),
        )


def compare(
    examples: Sequence[GradedCandidates], current: Ranker, fit: Fit, *, folds: int, seed: int
) -> Comparison:
    """Hold what ``fit`` makes of the examples against the current ranker.

    Raises
    ------
    TrainingDataInsufficient
        If the current ranker learned from most of these questions and from much else that is
        not here, so that neither can it be asked fairly nor be fitted anew.
    """
    known, renewable = known_to(current, examples)
    kept_examples = np.ones(len(examples), dtype=np.bool_) if renewable else ~known
    if kept_examples.sum() < min(LEAST_QUESTIONS, len(examples)):
        raise TrainingDataInsufficient(
            f"The ranker in place learned from {known.sum()} of these {len(examples)} questions "
            "and from others that are not among them, so it can't be compared fairly. Train with "
            "the data it was trained on and the new data together, or with at least "
            f"{LEAST_QUESTIONS} questions that are new to it.",
            arrived=int(kept_examples.sum()),
            least=LEAST_QUESTIONS,
        )
    scores, predicted = cross_validated(examples, fit, folds=folds, seed=seed)
    new = _Answers(scores=scores, levels=predicted)
    old = _before(examples, current, fit, known & renewable, new, folds=folds, seed=seed)
    levels, groups = levels_and_groups(examples)
    kept = kept_examples[groups]
    gains = by_group(ndcg_at, levels[kept], new.scores[kept], groups[kept]) - by_group(
        ndcg_at, levels[kept], old.scores[kept], groups[kept]
    )
    return Comparison(
        before=old.quality(levels, groups, kept),
        after=new.quality(levels, groups, kept),
        ndcg_gain=bootstrap_interval(gains, seed=seed),
        question_count=int(kept_examples.sum()),
    )


def known_to(ranker: Ranker, examples: Sequence[GradedCandidates]) -> tuple[Booleans, bool]:
    """Which questions a ranker learned from, and whether it can be fitted anew from them."""
    learned = ranker.learned_from if isinstance(ranker, TrainedRanker) else _NOTHING
    judgments = [judgments_of(one) for one in examples]
    known = np.array([np.isin(one, learned).mean() >= _KNOWN_SHARE for one in judgments])
    if not known.any():
        return known, True
    at_hand = np.isin(learned, np.concatenate(judgments)).mean()
    return known, bool(at_hand >= _SHARE_AT_HAND and known.sum() >= LEAST_QUESTIONS)


def cross_validated(
    examples: Sequence[GradedCandidates], fit: Fit, *, folds: int, seed: int
) -> tuple[Floats, Floats]:
    """Scores and levels of every candidate by a ranker that never saw its question's group."""
    names = sorted({one.group for one in examples})
    shuffled = np.random.default_rng(seed).permutation(len(names))
    fold_of = {name: int(shuffled[at]) % folds for at, name in enumerate(names)}
    rankings: list[tuple[Floats, Floats]] = [(np.empty(0), np.empty(0))] * len(examples)
    for fold in range(folds):
        ranker = fit([one for one in examples if fold_of[one.group] != fold])
        for at, one in enumerate(examples):
            if fold_of[one.group] == fold:
                rankings[at] = _answered(ranker, one)
    return _joined(rankings)


def verdict(found: Comparison, tolerance: float) -> tuple[bool, str]:
    """Whether the new ranker may be put in place, and a sentence that says why."""
    before, after, gain = found.before, found.after, found.ndcg_gain
    told = (
        f"nDCG@10 {before.ndcg_at_10:.4f} -> {after.ndcg_at_10:.4f} (difference {gain.value:+.4f}, "
        f"{gain.confidence:.0%} interval {gain.low:+.4f} to {gain.high:+.4f}), level score "
        f"{before.level_score:.4f} -> {after.level_score:.4f}, over {found.question_count} "
        "questions"
    )
    if gain.low < -tolerance:
        return False, f"Refused: the order may have become worse by more than {tolerance}. {told}."
    if after.level_score < before.level_score - tolerance:
        return False, f"Refused: levels fit worse by more than {tolerance}. {told}."
    return True, f"Accepted. {told}."


def _before(
    examples: Sequence[GradedCandidates],
    current: Ranker,
    fit: Fit,
    renewed: Booleans,
    new: _Answers,
    *,
    folds: int,
    seed: int,
) -> _Answers:
    """The current ranker's answers; where ``renewed``, those of one fitted without the question."""
    if renewed.all():
        return new  # Fitted anew to the same examples, it is the new one.
    scores, levels = _joined([_answered(current, one) for one in examples])
    if not renewed.any():
        return _Answers(scores=scores, levels=levels)
    former = {id(one) for one, known in zip(examples, renewed, strict=True) if known}
    again_scores, again_levels = cross_validated(
        examples,
        lambda some: fit([one for one in some if id(one) in former]),
        folds=folds,
        seed=seed,
    )
    _, groups = levels_and_groups(examples)
    rows = renewed[groups]
    return _Answers(
        scores=np.where(rows, again_scores, scores), levels=np.where(rows, again_levels, levels)
    )


def _answered(ranker: Ranker, example: GradedCandidates) -> tuple[Floats, Floats]:
    ranking = ranker.rank(ranker.features(example.question, example.candidates))
    return ranking.scores, ranking.levels


def _joined(answers: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    return (
        np.concatenate([scores for scores, _ in answers]),
        np.concatenate([levels for _, levels in answers]),
    )
