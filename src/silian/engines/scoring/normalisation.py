"""A raw value becomes 0 to 1, in the indicator's direction; unknown stays unknown (NaN)."""

import numpy as np

from silian.engines.scoring.points import Floats, Integers
from silian.engines.scoring.ranking import percentiles_among
from silian.engines.scoring.values import Band, Indicator

# A ratio such as 0.7 + 0.1 may be a last bit short of a band's 0.8: that much is forgiven.
_FORGIVEN_SHARE = 1e-12


def normalise(raw: Floats, indicator: Indicator, population: Floats | None = None) -> Floats:
    """Values from 0 (worst) to 1 (best) of an indicator that ``normalisation_faults`` accepts.

    Parameters
    ----------
    raw
        Shape (n,); booleans as 0 and 1; NaN where unknown.
    population
        Ascending raw values of the reference population; only ``percentile`` reads it.

    Returns
    -------
    Floats
        Shape (n,); NaN exactly where ``raw`` is.
    """
    rule = indicator.normalisation
    less = indicator.direction == "less"
    match rule.method:
        case "bands":
            return _in_bands(raw, rule.bands, less)
        case "anchored":
            return _anchored(raw, _number(rule.worst), _number(rule.best))
        case "log":
            worst, best = np.log1p(rule.worst or 0.0), np.log1p(rule.best or 0.0)
            return _anchored(np.log1p(np.maximum(raw, 0.0)), float(worst), float(best))
        case "ratio":
            return np.clip(raw / _number(rule.best), 0.0, 1.0)
        case "percentile":
            assert population is not None  # the callers make sure
            shares = percentiles_among(raw, population)
            return 1.0 - shares if less else shares
        case "boolean":
            held = np.where(np.isnan(raw), np.nan, (raw != 0).astype(np.float64))
            return 1.0 - held if less else held
        case "given":
            return np.clip(raw, 0.0, 1.0)


def band_places(raw: Floats, bands: tuple[Band, ...], less: bool) -> Integers:
    """Number of the band each value lies in, -1 below all; on a bound, the better side."""
    bounds = np.array([band.at_least for band in bands])
    forgiven = _FORGIVEN_SHARE * np.maximum(1.0, np.where(np.isinf(bounds), 1.0, np.abs(bounds)))
    if not less:
        return np.searchsorted(bounds - forgiven, raw, side="right").astype(np.int64) - 1
    places = np.searchsorted(bounds + forgiven, raw, side="left").astype(np.int64) - 1
    return np.maximum(places, 0) if np.isneginf(bounds[0]) else places


def _in_bands(raw: Floats, bands: tuple[Band, ...], less: bool) -> Floats:
    shares = np.array([*(band.points for band in bands), 0.0])  # -1: below all bands
    return np.where(np.isnan(raw), np.nan, shares[band_places(raw, bands, less)])


def _anchored(raw: Floats, worst: float, best: float) -> Floats:
    return np.clip((raw - worst) / (best - worst), 0.0, 1.0)


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def normalisation_faults(indicator: Indicator) -> str:
    """What is wrong with an indicator's normalisation; empty where nothing is."""
    rule, direction = indicator.normalisation, indicator.direction
    if rule.method == "bands":
        return _band_faults(rule.bands)
    if rule.bands:
        return f"bands are there, but the method is {rule.method!r}; remove them or use 'bands'."
    if rule.method in ("percentile", "boolean", "given"):
        if rule.worst is not None or rule.best is not None:
            return f"method {rule.method!r} reads neither worst nor best; remove them."
        return ""
    best = rule.best
    worst = rule.worst if rule.method == "anchored" else (rule.worst or 0.0)
    if best is None or worst is None:
        return f"method {rule.method!r} needs {'worst and best' if worst is None else 'best'}."
    if not (np.isfinite(best) and np.isfinite(worst)) or best == worst:
        return f"worst {worst} and best {best} must be two different finite numbers."
    if (best > worst) != (direction == "more"):
        return f"best {best}, worst {worst} contradict direction {direction!r}."
    if rule.method == "log" and min(worst, best) < 0:
        return "the logarithm wants worst and best >= 0."
    if rule.method == "ratio" and worst != 0:
        return "a ratio has no worst; use 'anchored'."
    return ""


def _band_faults(bands: tuple[Band, ...]) -> str:
    bounds = [band.at_least for band in bands]
    if not bands:
        return "method 'bands' needs bands."
    if any(np.isnan(bound) for bound in bounds) or sorted(set(bounds)) != bounds:
        return f"at_least of the bands must ascend without repeats; they are {bounds}."
    outside = [band.points for band in bands if not 0 <= band.points <= 1]
    if outside:
        return f"points of bands are fractions of the full score, 0 to 1; got {outside}."
    return ""
