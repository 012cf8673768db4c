"""Weights that a population itself suggests: entropy and CRITIC.

Both look at indicators on a scale of 0 to 1, stretched to the population's own range. Never
standardise by the deviation first: CRITIC would then find every deviation to be 1 and weigh by
correlation alone.
"""

from typing import Literal

import numpy as np
from scipy.stats import rankdata

from silian.engines.scoring.errors import PopulationTooSmall
from silian.engines.scoring.points import Booleans, Floats

# Entropy takes shares and logarithms, which the ends 0 and 1 distort.
_LOWEST, _HIGHEST = 0.002, 0.998
_FEWEST_SUBJECTS = 3


def derive_weights(
    method: Literal["entropy", "critic"],
    values: Floats,
    *,
    correlation: Literal["pearson", "spearman"] = "pearson",
) -> Floats:
    """Weights of indicators, sum 1, from how a population's values spread and conflict.

    Parameters
    ----------
    values
        Shape (n_subjects, n_indicators), more is better; NaN where unknown: each indicator is
        weighed by the subjects that have it, each pair by those that have both.
    correlation
        What CRITIC calls conflict is one minus this.

    Returns
    -------
    Floats
        Shape (n_indicators,). A constant indicator tells nobody apart and weighs 0; where all are
        constant, all weigh the same.

    Raises
    ------
    PopulationTooSmall
        If fewer than three subjects have any indicator.

    Examples
    --------
    >>> derive_weights("critic", np.array([[1.0, 5, 7], [2, 4, 7], [3, 9, 7]])).round(3).tolist()
    [0.486, 0.514, 0.0]
    """
    stretched_values = stretched(values)
    weighed = ~np.isnan(stretched_values).all(axis=0)
    n_known = int((~np.isnan(values)).any(axis=1).sum())
    if n_known < _FEWEST_SUBJECTS:
        raise PopulationTooSmall(
            f"{n_known} subjects have any of the indicators; weights need at least "
            f"{_FEWEST_SUBJECTS}. Give a larger population.",
            n_subjects=n_known,
            at_least=_FEWEST_SUBJECTS,
        )
    weights = np.zeros(values.shape[1])
    if not weighed.any():
        return np.full(values.shape[1], 1.0 / values.shape[1])
    used = stretched_values[:, weighed]
    if method == "entropy":
        weights[weighed] = entropy_weights(_LOWEST + (_HIGHEST - _LOWEST) * used)
    else:
        weights[weighed] = critic_weights(used, correlation=correlation)
    return weights


def stretched(values: Floats) -> Floats:
    """Each column over its own range, 0 to 1; all NaN where it is constant or never known."""
    known = ~np.isnan(values)
    lowest = np.where(known, values, np.inf).min(axis=0, initial=np.inf)
    highest = np.where(known, values, -np.inf).max(axis=0, initial=-np.inf)
    varies = highest > lowest
    span = np.where(varies, highest - lowest, 1.0)
    return np.where(varies, (values - np.where(varies, lowest, 0.0)) / span, np.nan)


def entropy_weights(values: Floats) -> Floats:
    """Weights by information entropy: the less even an indicator's shares, the more it weighs.

    Parameters
    ----------
    values
        Shape (n_subjects, n_indicators), >= 0, NaN where unknown; at least two known a column.

    References
    ----------
    X. Xu, A note on the subjective and objective integrated approach to determine attribute
    weights, European Journal of Operational Research 156 (2004) 530-532.
    """
    known = ~np.isnan(values)
    amounts = np.where(known, values, 0.0)
    totals = amounts.sum(axis=0)
    shares = amounts / np.where(totals > 0, totals, 1.0)
    logarithms = np.log(np.where(shares > 0, shares, 1.0))
    spread = np.log(np.maximum(known.sum(axis=0), 2))
    diversity = np.maximum(1.0 + (shares * logarithms).sum(axis=0) / spread, 0.0)
    return _shares(np.where(totals > 0, diversity, 0.0))


def critic_weights(
    values: Floats, *, correlation: Literal["pearson", "spearman"] = "pearson"
) -> Floats:
    """Weights by deviation times conflict (CRITIC) of columns that already run from 0 to 1.

    Parameters
    ----------
    values
        Shape (n_subjects, n_indicators), NaN where unknown, no column constant.

    References
    ----------
    D. Diakoulaki, G. Mavrotas, L. Papayannakis, Determining objective weights in multiple
    criteria problems: the CRITIC method, Computers & Operations Research 22 (1995) 763-770.
    """
    known = ~np.isnan(values)
    centred = _centred(values, known)
    deviation = np.sqrt((centred**2).sum(axis=0) / np.maximum(known.sum(axis=0) - 1, 1))
    if correlation == "spearman":
        centred = _centred(_column_ranks(values), known)
    conflict = (1.0 - _correlations(centred, known)).sum(axis=0)
    return _shares(deviation * conflict)


def _centred(values: Floats, known: Booleans) -> Floats:
    amounts = np.where(known, values, 0.0)
    means = amounts.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(known, amounts - means, 0.0)


def _correlations(centred: Floats, known: Booleans) -> Floats:
    """Pearson's, pair by pair over the subjects that have both; 0 where it is not defined."""
    mask = known.astype(np.float64)
    n_both = np.maximum(mask.T @ mask, 1.0)
    sums = centred.T @ mask  # sum of column j over those that also have k
    squares = (centred**2).T @ mask
    covariance = centred.T @ centred - sums * sums.T / n_both
    variance = np.maximum(squares - sums**2 / n_both, 0.0)
    scale = np.sqrt(variance * variance.T)
    defined = scale > 1e-12 * np.maximum(n_both, 1.0)
    correlation = np.where(defined, covariance / np.where(defined, scale, 1.0), 0.0)
    np.fill_diagonal(correlation, 1.0)
    return np.clip(correlation, -1.0, 1.0)


def _column_ranks(values: Floats) -> Floats:
    return np.asarray(rankdata(values, axis=0, nan_policy="omit"), dtype=np.float64)


def _shares(amounts: Floats) -> Floats:
    total = amounts.sum()
    if total <= 0:  # perfectly correlated or perfectly even: nothing to tell them apart by
        return np.full(len(amounts), 1.0 / len(amounts))
    return np.asarray(amounts / total)
