"""Fits rising curves, one for each feature, whose sum predicts a target."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import nnls

from silian.engines.matching.candidates import Floats
from silian.engines.matching.curves import N_HEADS, Curve

# Closer at the top, where the order of the first ten is decided; no bend between the last two,
# so that the best keep apart.
_KNOT_SHARES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
# A feature known for fewer candidates than this share has no labels to learn from.
_LEAST_KNOWN_SHARE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A feature's own scale: its mean, its spread and how far it reaches."""

    mean: float
    spread: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Floats) -> Self:
        """Measure the known values; the line reaches a little beyond them, then is flat."""
        known = values[~np.isnan(values)]
        least, most = float(known.min()), float(known.max())
        reach = (most - least) / 4
        return cls(
            mean=float(known.mean()),
            spread=float(known.std()),
            least=least - reach,
            most=most + reach,
        )

    def curve(self, slopes: Floats) -> Curve:
        """Straight line with the given rise per spread, shape (N_HEADS,)."""
        knots = np.array([self.least, self.most])
        return Curve(knots=knots, heights=np.outer((knots - self.mean) / self.spread, slopes))


def learnable(values: Floats) -> bool:
    """Whether a feature, shape (n,), is known often enough and varies."""
    known = values[~np.isnan(values)]
    return len(known) >= _LEAST_KNOWN_SHARE * len(values) and len(np.unique(known)) > 1


def knots_of(values: Floats) -> Floats:
    """Places where a curve may bend: quantiles of the known values, without repeats."""
    known = values[~np.isnan(values)]
    return np.unique(np.quantile(known, _KNOT_SHARES))


def fit_curves(
    names: Sequence[str],
    values: Floats,
    targets: Floats,
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
    ridge
        Strength of shrinkage, in rows.

    Returns
    -------
    tuple[Floats, dict[str, Curve]]
        The base, shape (N_HEADS,), and a curve for every learnable feature. Curves have mean
        zero over the known rows, so that an unknown feature stands for an average one.
    """
    kept = [at for at, _ in enumerate(names) if learnable(values[:, at])]
    knots = [knots_of(values[:, at]) for at in kept]
    ramps = [_ramps(values[:, at], bends) for at, bends in zip(kept, knots, strict=True)]
    means = [np.nanmean(one, axis=0) for one in ramps]
    base = targets.mean(axis=0)
    curves: dict[str, Curve] = {}
    if kept:
        design = np.hstack(
            [np.where(np.isnan(one), 0.0, one - m) for one, m in zip(ramps, means, strict=True)]
        )
        steps = _rising_steps(design, targets - base, ridge, knots)
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


def _rising_steps(design: Floats, targets: Floats, ridge: float, knots: Sequence[Floats]) -> Floats:
    """Steps >= 0 of least squares with a penalty; shape (n_columns, N_HEADS)."""
    gram = design.T @ design + ridge * _penalty(knots)
    moments = design.T @ targets
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
