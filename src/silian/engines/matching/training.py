"""Learns a ranker from graded candidates, and swaps it in only when it is no worse.

Questions, not single pairs, are divided between training and test: what is measured is how well
the ranker serves a question it has never seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from silian.engines.matching.candidates import (
    Floats,
    Integers,
    Ranker,
    SmallFloats,
)
from silian.engines.matching.ceilings import kind_ceilings_of
from silian.engines.matching.comparison import LEAST_QUESTIONS, Quality, compare, verdict
from silian.engines.matching.curvefit import Line, fit_curves, learnable, with_priors
from silian.engines.matching.curves import N_HEADS, Curve
from silian.engines.matching.errors import TrainingDataInsufficient
from silian.engines.matching.evaluation import Interval
from silian.engines.matching.features import (
    CONTEXT_FEATURES,
    FEATURES,
    TEXT_FEATURES,
    MeaningFrame,
    compute_features,
    document_directions,
    question_direction,
    short_directions,
)
from silian.engines.matching.graded import GradedCandidates, judgments_of, levels_and_groups
from silian.engines.matching.interplay import (
    Interplay,
    InterplayOptions,
    Pairs,
    fit_interplay,
)
from silian.engines.matching.nudging import nudge_ranker, without_nudges
from silian.engines.matching.purview import Purview, PurviewExamples, learn_purview
from silian.engines.matching.ranker import TrainedRanker
from silian.engines.matching.termparts import N_BUCKETS
from silian.engines.matching.wordparts import WordParts, parts_of_words

# Rarity of word parts read off fewer documents than this says little.
_LEAST_DOCUMENTS_FOR_RARITY = 2_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingReport:
    """What training found, and whether the new model may replace the old one.

    Attributes
    ----------
    ranker
        The new model, fitted on all examples.
    before, after
        Quality of the current ranker and of the new one on the same questions, both
        cross-validated where they learned from them (see ``comparison``).
    ndcg_gain
        Mean difference of nDCG@10 over questions with its bootstrap interval.
    accepted
        True when the interval's low end is above ``-tolerance`` and the level score does not
        fall by more than the tolerance.
    reason
        A sentence that says why.
    picked_pair_count
        How many of ``pair_count`` judgments were picked; they only nudge (see ``nudging``).
    learned_anew
        False where there were too few pools to learn from, so that the current ranker was nudged.
    """

    ranker: TrainedRanker
    before: Quality
    after: Quality
    ndcg_gain: Interval
    accepted: bool
    reason: str
    question_count: int
    pair_count: int
    picked_pair_count: int
    learned_anew: bool
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOptions:
    """How to learn; the defaults were found by cross-validation (docs/design/ranking.md).

    Without ``purview`` nothing is learned of questions that are about something else.
    """

    folds: int = 5
    ridge: float = 30.0
    tolerance: float = 0.01
    sharpness: float = 0.0
    seed: int = 0
    trained_on: str = ""
    interplay: InterplayOptions | None = field(default_factory=InterplayOptions)
    priors: Mapping[str, Curve] = field(default_factory=dict)
    purview: PurviewExamples | None = None


def train_ranker(
    examples: Sequence[GradedCandidates],
    current: Ranker,
    *,
    seed: int,
    options: TrainingOptions | None = None,
) -> TrainingReport:
    """Learn from graded candidates and hold the result against the current ranker.

    Pools of judged candidates make a new ranker; picked judgments nudge it, or, where there are
    fewer than ten pools, the current one.

    Raises
    ------
    TrainingDataInsufficient
        If there are fewer than ten questions, all levels are equal, or too few questions are
        new to a current ranker that learned from much that is not among the examples.
    """
    options = options if options is not None else TrainingOptions()
    _check(examples)
    pools, picks = _divided(examples)
    learned_anew = not isinstance(current, TrainedRanker) or (
        len({one.group for one in pools}) >= LEAST_QUESTIONS
    )

    def fit(some: Sequence[GradedCandidates]) -> TrainedRanker:
        """Learn anew from pools; without them nudge what ranks now."""
        if isinstance(current, TrainedRanker) and not learned_anew:
            return nudge_ranker(current, some)
        of_pools, picked = _divided(some)
        ranker = fit_ranker(of_pools or some, options)
        return nudge_ranker(ranker, picked) if of_pools and picked else ranker

    # Without what picked judgments told it before: these are among the present ones.
    former = without_nudges(current)
    found = compare(examples, former, fit, folds=options.folds, seed=seed)
    accepted, reason = verdict(found, options.tolerance)
    return TrainingReport(
        ranker=fit(examples),
        before=found.before,
        after=found.after,
        ndcg_gain=found.ndcg_gain,
        accepted=accepted,
        reason=reason,
        question_count=len(examples),
        pair_count=sum(len(one.levels) for one in examples),
        picked_pair_count=sum(len(one.levels) for one in picks),
        learned_anew=learned_anew,
        seed=seed,
    )


def _divided(
    examples: Sequence[GradedCandidates],
) -> tuple[list[GradedCandidates], list[GradedCandidates]]:
    """Pools, and questions whose candidates were picked."""
    pools = [one for one in examples if not one.picked]
    return pools, [one for one in examples if one.picked]


def fit_ranker(
    examples: Sequence[GradedCandidates], options: TrainingOptions | None = None
) -> TrainedRanker:
    """Fit a ranker to all examples, without measuring it."""
    options = options if options is not None else TrainingOptions()
    parts, frame = _parts_of(examples), _frame_of(examples)
    values = np.vstack(
        [
            compute_features(one.question, one.candidates, parts=parts, frame=frame).values
            for one in examples
        ]
    )
    levels, _ = levels_and_groups(examples)
    targets = np.stack([levels, levels >= 2, levels >= 3, levels >= 4], axis=1).astype(np.float64)
    base, curves = fit_curves(FEATURES, values, targets, ridge=options.ridge)
    interplay, kind_worths = None, dict[str, Floats]()
    if options.interplay is not None:
        context = {name: curve for name, curve in curves.items() if name in CONTEXT_FEATURES}
        left = targets - base - _sum_of(context, values)
        found = _learn_interplay(examples, frame, values, left, options)
        if found is not None:
            curves, kind_worths, interplay = context | found[0], found[1], found[2]
    return TrainedRanker(
        curves=with_priors(FEATURES, curves, options.priors),
        base=base,
        sharpness=options.sharpness,
        word_parts=parts,
        frame=frame,
        interplay=interplay,
        kind_worths=kind_worths,
        kind_ceilings=kind_ceilings_of(examples),
        purview=_purview_of(examples, frame, options.purview),
        trained_on=options.trained_on,
        learned_from=np.unique(np.concatenate([judgments_of(one) for one in examples])),
    )


def _purview_of(
    examples: Sequence[GradedCandidates], frame: MeaningFrame, others: PurviewExamples | None
) -> Purview | None:
    """What tells questions such as those of the examples from everyday ones."""
    mean = frame.question_mean
    if others is None or mean is None or len(mean) != others.everyday.shape[1]:
        return None
    asked = [question_direction(one.question, frame) for one in examples]
    judged = np.stack([one for one in asked if one is not None])
    return learn_purview(
        [judged, short_directions(others.needs, mean), short_directions(others.terms, mean)],
        short_directions(others.everyday, mean),
    )


def _sum_of(curves: Mapping[str, Curve], values: Floats) -> Floats:
    total = np.zeros((len(values), N_HEADS))
    for name, curve in curves.items():
        total += curve(values[:, FEATURES.index(name)])
    return total


def _learn_interplay(
    examples: Sequence[GradedCandidates],
    frame: MeaningFrame,
    values: Floats,
    targets: Floats,
    options: TrainingOptions,
) -> tuple[dict[str, Curve], dict[str, Floats], Interplay] | None:
    """Lines of the text features, worths of kinds and the interplay.

    From pairs whose both sides have a meaning.

    A feature whose line falls says that the others already say it better: it is left out, so
    that more of a feature never makes a candidate worse.
    """
    kinds = sorted({kind for one in examples for kind in one.candidates.kinds})
    pairs, rows = _pairs_of(examples, frame, kinds)
    if not len(rows):
        return None
    names = [name for name in TEXT_FEATURES if learnable(values[:, FEATURES.index(name)])]
    while names:
        columns = [FEATURES.index(name) for name in names]
        slopes, of_kinds, interplay = fit_interplay(
            replace(pairs, features=values[rows][:, columns], feature_names=tuple(names)),
            targets[rows],
            seed=options.seed,
            options=options.interplay,
        )
        rising = slopes[:, 0] >= 0
        if rising.all():
            break
        names = [name for name, rises in zip(names, rising, strict=True) if rises]
    if not names:
        return None
    lines = [Line.of(values[rows, column]) for column in columns]
    curves = {
        name: line.curve(slope) for name, line, slope in zip(names, lines, slopes, strict=True)
    }
    worths = {kind: worth for kind, worth in zip(kinds, of_kinds, strict=False) if worth.any()}
    return curves, worths, interplay


def _pairs_of(
    examples: Sequence[GradedCandidates], frame: MeaningFrame, kinds: Sequence[str]
) -> tuple[Pairs, Integers]:
    """Pairs with a meaning on both sides, and their rows among all pairs."""
    number_of = {kind: number for number, kind in enumerate(kinds)}
    questions: list[SmallFloats] = []
    documents: list[SmallFloats] = []
    which: list[Integers] = []
    rows: list[Integers] = []
    of_kinds: list[Integers] = []
    start = 0
    for one in examples:
        asked = question_direction(one.question, frame)
        held = document_directions(one.question, one.candidates, frame)
        if asked is not None and held is not None:
            known = np.flatnonzero(one.candidates.has_vector)
            which.append(np.full(len(known), len(questions)))
            questions.append(asked)
            documents.append(held[known])
            rows.append(start + known)
            numbers = np.array([number_of[kind] for kind in one.candidates.kinds], dtype=np.int64)
            of_kinds.append(numbers[known])
        start += len(one.levels)
    if not questions:
        nothing = np.empty((0, 0), dtype=np.float32)
        none = np.empty(0, dtype=np.int64)
        return Pairs(
            questions=nothing,
            which=none,
            documents=nothing,
            features=np.empty((0, 0)),
            kinds=none,
        ), none
    found = np.concatenate(rows)
    return (
        Pairs(
            questions=np.stack(questions),
            which=np.concatenate(which),
            documents=np.concatenate(documents),
            features=np.empty((len(found), 0)),
            kinds=np.concatenate(of_kinds),
        ),
        found,
    )


def _check(examples: Sequence[GradedCandidates]) -> None:
    groups = {one.group for one in examples}
    if len(groups) < LEAST_QUESTIONS:
        raise TrainingDataInsufficient(
            f"There are graded candidates of {len(groups)} questions; at least "
            f"{LEAST_QUESTIONS} are needed. Record more outcomes, or load graded pairs.",
            arrived=len(groups),
            least=LEAST_QUESTIONS,
        )
    levels, _ = levels_and_groups(examples)
    if len(np.unique(levels)) < 2:
        raise TrainingDataInsufficient(
            f"All {len(levels)} graded candidates have level {levels[0]:g}; a ranker learns from "
            "the difference between suitable and unsuitable ones. Record both.",
            arrived=1,
            least=2,
        )


def _parts_of(examples: Sequence[GradedCandidates]) -> WordParts:
    """Rarity of word parts over all candidates, or none where there are too few to tell."""
    counts, n_documents, seen = np.zeros(N_BUCKETS), 0, set[str]()
    for one in examples:
        batch = one.candidates
        for row, document_id in enumerate(batch.document_ids):
            if document_id in seen:
                continue
            seen.add(document_id)
            ids = np.concatenate([batch.title_terms.row(row), batch.body_terms.row(row)])
            counts[parts_of_words(batch.words_of(ids))] += 1
            n_documents += 1
    if n_documents < _LEAST_DOCUMENTS_FOR_RARITY:
        return WordParts()
    return WordParts.weighed(counts, n_documents)


def _frame_of(examples: Sequence[GradedCandidates]) -> MeaningFrame:
    wholes = [one.question.vector for one in examples if one.question.vector is not None]
    titles = [
        one.question.title_vector for one in examples if one.question.title_vector is not None
    ]
    return MeaningFrame(title_mean=_mean_of(titles), question_mean=_mean_of(wholes))


def _mean_of(vectors: Sequence[SmallFloats]) -> SmallFloats | None:
    if len(vectors) < LEAST_QUESTIONS:
        return None
    mean: SmallFloats = np.mean(vectors, axis=0).astype(np.float32)
    return mean
