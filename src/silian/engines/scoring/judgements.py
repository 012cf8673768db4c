"""Weights from pairwise judgements: the analytic hierarchy process, refused when inconsistent."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from silian.engines.scoring.errors import JudgementsInconsistent, JudgementsRefused
from silian.engines.scoring.points import Floats

#: Mean consistency index of random reciprocal matrices by size, as Saaty's tables print it
#: (T. L. Saaty, The Analytic Hierarchy Process, McGraw-Hill 1980).
RANDOM_INDEX = (0.0, 0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51)
MOST_CONSISTENCY_RATIO = 0.1
_MOST_ITEMS = len(RANDOM_INDEX) - 1
_RECIPROCAL_TOLERANCE = 0.01  # 1/3 may be written 0.333, or 0.33


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedWeights:
    """Weights that follow from judgements.

    Attributes
    ----------
    weights
        Of each item, sum 1.
    principal_eigenvalue, consistency_index, consistency_ratio
        As Saaty defines them; 0 for fewer than three items.
    worst_pair
        The two items (row, column) whose judgement contradicts the others most.
    worst_judged, worst_implied
        What was said of that pair and what the weights say.
    """

    weights: tuple[float, ...]
    principal_eigenvalue: float
    consistency_index: float
    consistency_ratio: float
    worst_pair: tuple[int, int]
    worst_judged: float
    worst_implied: float


def judged_weights(matrix: Sequence[Sequence[float]]) -> JudgedWeights:
    """Principal eigenvector of a positive reciprocal matrix, with its consistency.

    Parameters
    ----------
    matrix
        ``matrix[i][j]``: how many times item i weighs item j; up to 11 items. Either half may be
        rounded (0.33 for 1/3): the half that is at least 1 counts.

    Raises
    ------
    JudgementsRefused
        If it is not a positive reciprocal square matrix.

    References
    ----------
    T. L. Saaty, A scaling method for priorities in hierarchical structures, Journal of
    Mathematical Psychology 15 (1977) 234-281.

    Examples
    --------
    >>> judged = judged_weights([[1, 2, 4], [1 / 2, 1, 2], [1 / 4, 1 / 2, 1]])
    >>> [round(weight, 4) for weight in judged.weights], round(judged.consistency_ratio, 4)
    ([0.5714, 0.2857, 0.1429], 0.0)
    """
    judged = _reciprocal(matrix)
    n_items = len(judged)
    values, vectors = np.linalg.eig(judged)
    principal = int(np.argmax(values.real))
    weights = np.abs(vectors[:, principal].real)
    weights /= weights.sum()
    eigenvalue = max(float(values[principal].real), float(n_items))  # n is the least; bits below
    index = (eigenvalue - n_items) / (n_items - 1) if n_items > 2 else 0.0
    ratio = index / RANDOM_INDEX[n_items] if n_items > 2 else 0.0
    implied = weights[:, None] / weights[None, :]
    row, column = divmod(int(np.argmax(np.triu(np.abs(np.log(judged / implied))))), n_items)
    return JudgedWeights(
        weights=tuple(weights.tolist()),
        principal_eigenvalue=eigenvalue,
        consistency_index=index,
        consistency_ratio=ratio,
        worst_pair=(row, column),
        worst_judged=float(judged[row, column]),
        worst_implied=float(implied[row, column]),
    )


def consistent_weights(
    matrix: Sequence[Sequence[float]], names: Sequence[str], branch_id: str = ""
) -> tuple[float, ...]:
    """``judged_weights`` of judgements that agree well enough with each other.

    Raises
    ------
    JudgementsInconsistent
        If the consistency ratio is above 0.1; names the most inconsistent judgement, and what it
        would have to be to agree with the others.
    """
    if len(matrix) != len(names):
        raise JudgementsRefused(
            f"judgements of branch {branch_id!r} have {len(matrix)} rows for {len(names)} "
            f"children ({', '.join(names)}); write one row and one column a child, in their order.",
            branch_id=branch_id,
            n_rows=len(matrix),
            n_children=len(names),
        )
    judged = judged_weights(matrix)
    if judged.consistency_ratio > MOST_CONSISTENCY_RATIO:
        row, column = judged.worst_pair
        raise JudgementsInconsistent(
            f"judgements of branch {branch_id!r} contradict each other: consistency ratio "
            f"{judged.consistency_ratio:.3f}, allowed {MOST_CONSISTENCY_RATIO}. Most of all "
            f"{names[row]!r} over {names[column]!r}: judged {judged.worst_judged:.3g}, the others "
            f"imply {judged.worst_implied:.3g}. Judge this pair again.",
            branch_id=branch_id,
            consistency_ratio=judged.consistency_ratio,
            row=names[row],
            column=names[column],
            judged=judged.worst_judged,
            implied=judged.worst_implied,
        )
    return judged.weights


def _reciprocal(matrix: Sequence[Sequence[float]]) -> Floats:
    n_items = len(matrix)
    if not 1 <= n_items <= _MOST_ITEMS or any(len(row) != n_items for row in matrix):
        raise JudgementsRefused(
            f"judgements have {n_items} rows of {[len(row) for row in matrix]} entries; expected "
            f"a square of 1 to {_MOST_ITEMS} items. Divide larger branches."
        )
    judged = np.array(matrix, dtype=np.float64)
    if not (np.isfinite(judged).all() and (judged > 0).all()):
        raise JudgementsRefused("judgements must be positive numbers; 'less important' is 1/3.")
    off = np.abs(judged * judged.T - 1.0)
    # 0.33 * 3 misses by 1 %; a judgement of 9 as 0.11 does so too.
    if off.max() > _RECIPROCAL_TOLERANCE * 1.5:
        row, column = divmod(int(np.argmax(off)), n_items)
        raise JudgementsRefused(
            f"judgements ({row + 1}, {column + 1}) = {judged[row, column]:g} and ({column + 1}, "
            f"{row + 1}) = {judged[column, row]:g} must be each other's reciprocal, the diagonal 1.",
            row=row,
            column=column,
        )
    return np.where(judged >= 1.0, judged, 1.0 / judged.T)
