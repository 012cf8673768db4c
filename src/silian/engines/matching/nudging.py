"""Lets a ranker learn from picked judgments, a few to a question, without unlearning anything.

Whoever contacts two of ten suggestions judges two that were picked for being good, and says
nothing of the rest. A model fitted to such pairs alone forgets what a poor match looks like. So
the ranker keeps what it is, and only its straight lines are tilted, by as much as the judgments
of one question tell about each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from silian.engines.matching.candidates import Floats, Integers, Ranker
from silian.engines.matching.curvefit import Line, learnable
from silian.engines.matching.curves import Curve
from silian.engines.matching.features import FEATURES, LEARNED_FEATURES
from silian.engines.matching.graded import GradedCandidates, judgments_of, levels_and_groups
from silian.engines.matching.ranker import TrainedRanker

AnyRanker = TypeVar("AnyRanker", bound=Ranker)

# Prior variances in squared levels: of a line's tilt for one spread of its feature, of what the
# picking of candidates did to the score, of what the judgments of one question share (how picky
# somebody is), and of a single judgment.
_TILT = 0.005
_SELECTION = 4.0
_QUESTION = 4.0
_JUDGMENT = 1.0


def nudge_ranker(ranker: TrainedRanker, examples: Sequence[GradedCandidates]) -> TrainedRanker:
    """Tilt the lines of a ranker towards judgments that were picked, not pooled.

    Former nudges are forgotten first, so that no judgment counts twice. What judgments of one
    question have in common says how picky somebody is and tilts nothing, so that levels stay
    calibrated; no line ever falls.

    Parameters
    ----------
    ranker
        Learned from pools of judged candidates.
    examples
        Questions with a few judged candidates each.

    Returns
    -------
    TrainedRanker
        With ``nudges`` and ``nudged_by`` set; everything else is the ranker's own.
    """
    plain = without_nudges(ranker)
    tables = [plain.features(one.question, one.candidates) for one in examples]
    values = np.vstack([table.values for table in tables])
    scores = np.concatenate([plain.rank(table).scores for table in tables])
    levels, groups = levels_and_groups(examples)
    names = [
        name
        for at, name in enumerate(FEATURES)
        if name not in LEARNED_FEATURES and learnable(values[:, at])
    ]
    if not names:  # Nothing varies: too little to learn from.
        return plain
    lines = {name: Line.of(values[:, FEATURES.index(name)]) for name in names}
    tilts = _tilts(values, lines, scores, levels - scores, groups)
    heads = _rise_of_heads(plain.curves)
    return replace(
        plain,
        nudges={
            name: _nudge(plain.curves[name], lines[name], tilt, heads)
            for name, tilt in zip(names, tilts.tolist(), strict=True)
        },
        nudged_by=np.unique(np.concatenate([judgments_of(one) for one in examples])),
    )


def without_nudges(ranker: AnyRanker) -> AnyRanker:
    """The ranker as it learned from pools alone; any other kind of ranker as it is."""
    if not isinstance(ranker, TrainedRanker):
        return ranker
    return replace(ranker, nudges={}, nudged_by=np.empty(0, dtype=np.uint64))


def _tilts(
    values: Floats, lines: Mapping[str, Line], scores: Floats, missing: Floats, groups: Integers
) -> Floats:
    """Rise of each line for one spread, most probable given what the scores missed.

    The score itself is one column more, and what it explains is left alone: among candidates
    that were picked for their score the best ones are those that it flattered, so that every
    feature of which the score is made would seem worth less than it is.
    """
    columns = [(scores - scores.mean()) / max(float(scores.std()), 1e-9)]
    for name, line in lines.items():
        column = (values[:, FEATURES.index(name)] - line.mean) / line.spread
        columns.append(np.where(np.isnan(column), 0.0, column))
    design = np.stack(columns, axis=1)
    # Judgments of one question with covariance noise + shared: its inverse takes the better part
    # of their mean away (Woodbury), question by question.
    counts = np.bincount(groups)
    taken = _QUESTION * counts / (_JUDGMENT + _QUESTION * counts)
    within = design - _means(design, groups) * taken[groups, None]
    priors = np.array([_SELECTION] + [_TILT] * len(lines))
    gram = within.T @ design / _JUDGMENT + np.diag(1.0 / priors)
    answer: Floats = cho_solve(cho_factor(gram), within.T @ missing / _JUDGMENT)
    return answer[1:]


def _means(rows: Floats, groups: Integers) -> Floats:
    sums = np.zeros((int(groups.max()) + 1, rows.shape[1]))
    np.add.at(sums, groups, rows)
    means: Floats = (sums / np.bincount(groups)[:, None])[groups]
    return means


def _rise_of_heads(curves: Mapping[str, Curve]) -> Floats:
    """How far the heads rise where the score rises by one, over all curves together."""
    rises = np.sum([curve.heights[-1] - curve.heights[0] for curve in curves.values()], axis=0)
    heads: Floats = rises / max(rises[0], 1e-9)
    return heads


def _nudge(curve: Curve, line: Line, tilt: float, heads: Floats) -> Curve:
    """A line more, or a share of the curve less: at most all of it, so that none falls."""
    if tilt >= 0:
        return line.curve(tilt * heads)
    rise = (curve.heights[-1, 0] - curve.heights[0, 0]) / max(
        curve.knots[-1] - curve.knots[0], 1e-9
    )
    share = min(1.0, -tilt / max(rise * line.spread, 1e-9))
    return Curve(knots=curve.knots, heights=-share * curve.heights)
