"""Fits rising curves, one for each feature, whose sum predicts a target."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import nnls

from silian.engines.matching.candidates import Floats
from silian.engines.matching.ranker import N_HEADS, Curve

_MOST_KNOTS = 7
# A feature known for fewer candidates than this share has no labels to learn from.
_LEAST_KNOWN_SHARE = 0.2


def learnable(values: Floats) -> bool:
    """Whether a feature, shape (n,), is known often enough and varies."""
    known = values[~np.isnan(values)]
    return len(known) >= _LEAST_KNOWN_SHARE * len(values) and len(np.unique(known)) > 1


def knots_of(values: Floats) -> Floats:
    """Places where a curve may bend: quantiles of the known values, without repeats."""
    known = values[~np.isnan(values)]
    return np.unique(np.quantile(known, np.linspace(0.01, 0.99, _MOST_KNOTS)))


def fit_curves(
    names: Sequence[str],
    values: Floats,
    targets: Floats,
    weights: Floats,
    *,
    ridge: float,
) -> tuple[Floats, dict[str, Curve]]:
    """Fit rising curves by least squares, shrunk towards straightness and towards nothing.

    Parameters
    ----------
    names, values
        Features, shape (n, n_features), NaN where unknown.
    targets
        Shape (n, N_HEADS).
    weights
        Shape (n,), importance of each row.
    ridge
        Strength of shrinkage, in rows.

    Returns
    -------
    tuple[Floats, dict[str, Curve]]
        The base, shape (N_HEADS,), and a curve for every learnable feature. Curves have weighted
        mean zero over the known rows, so that an unknown feature stands for an average one.
    """
    kept = [at for at, _ in enumerate(names) if learnable(values[:, at])]
    knots = [knots_of(values[:, at]) for at in kept]
    ramps = [_ramps(values[:, at], bends) for at, bends in zip(kept, knots, strict=True)]
    share = weights / weights.sum()
    means = [_known_mean(one, share) for one in ramps]
    base = share @ targets
    curves: dict[str, Curve] = {}
    if kept:
        design = np.hstack(
            [np.where(np.isnan(one), 0.0, one - m) for one, m in zip(ramps, means, strict=True)]
        )
        steps = _rising_steps(design, targets - base, share * len(share), ridge, knots)
        ends = np.cumsum([len(bends) - 1 for bends in knots])[:-1]
        for at, bends, mean, part in zip(
            kept, knots, means, np.split(steps, ends, axis=0), strict=True
        ):
            heights = np.vstack([np.zeros(N_HEADS), np.cumsum(part, axis=0)]) - mean @ part
            curves[names[at]] = Curve(knots=bends, heights=heights)
    return base, curves


def with_priors(
    names: Sequence[str], curves: Mapping[str, Curve], priors: Mapping[str, Curve]
) -> dict[str, Curve]:
    """Complete what was learned by what is laid down; a feature with neither adds nothing."""
    nothing = Curve(knots=np.zeros(1), heights=np.zeros((1, N_HEADS)))
    return {name: curves.get(name, priors.get(name, nothing)) for name in names}


def _ramps(values: Floats, knots: Floats) -> Floats:
    """How far each value has come between each pair of neighbouring knots: (n, k - 1)."""
    low, high = knots[:-1], knots[1:]
    return np.clip((values[:, None] - low) / (high - low), 0.0, 1.0)


def _known_mean(ramps: Floats, share: Floats) -> Floats:
    known = ~np.isnan(ramps[:, 0])
    mean: Floats = share[known] @ ramps[known] / share[known].sum()
    return mean


def _rising_steps(
    design: Floats, targets: Floats, weights: Floats, ridge: float, knots: Sequence[Floats]
) -> Floats:
    """Steps >= 0 of least squares with a penalty; shape (n_columns, N_HEADS)."""
    gram = (design * weights[:, None]).T @ design + ridge * _penalty(knots)
    moments = (design * weights[:, None]).T @ targets
    factor = cholesky(gram + 1e-9 * np.trace(gram) * np.eye(len(gram)), lower=True)
    # Least squares written with the factor of its normal equations, so that its size is the
    # number of steps and not of rows.
    right = solve_triangular(factor, moments, lower=True)
    return np.stack([nnls(factor.T, right[:, head])[0] for head in range(N_HEADS)], axis=1)


def _penalty(knots: Sequence[Floats]) -> Floats:
    """Squares of the steps, and of the change of slope between neighbouring steps."""
    blocks = []
    for bends in knots:
        n_steps = len(bends) - 1
        widths = np.diff(bends) / (bends[-1] - bends[0])
        slopes = np.diag(1.0 / widths) / n_steps
        change = np.diff(slopes, axis=0)
        blocks.append(np.eye(n_steps) / n_steps + change.T @ change)
    size = sum(len(block) for block in blocks)
    penalty, at = np.zeros((size, size)), 0
    for block in blocks:
        penalty[at : at + len(block), at : at + len(block)] = block
        at += len(block)
    return penalty
