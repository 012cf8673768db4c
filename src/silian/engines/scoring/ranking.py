"""Ranks, percentiles and places among peers; ties share."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from silian.engines.scoring.points import Floats, Integers


def ranks(values: Floats) -> Integers:
    """Place of each value, the highest first; equal values share the better place (1, 2, 2, 4).

    Returns
    -------
    Integers
        Shape (n,); 0 where the value is NaN.

    Examples
    --------
    >>> ranks(np.array([60.0, 80.0, np.nan, 80.0])).tolist()
    [3, 1, 0, 1]
    """
    return ranks_among(values, ordered(values))


def percentiles(values: Floats) -> Floats:
    """Share of the values below each, ties counted half (mid-rank); NaN where NaN.

    Examples
    --------
    >>> percentiles(np.array([1.0, 2.0, 2.0, 4.0])).tolist()
    [0.125, 0.5, 0.5, 0.875]
    """
    return percentiles_among(values, ordered(values))


def ordered(values: Floats) -> Floats:
    """The known values in ascending order: what ranks and percentiles are read off."""
    return np.sort(values[~np.isnan(values)])


def ranks_among(values: Floats, population: Floats) -> Integers:
    """As ``ranks``, in an ordered population the values need not be part of."""
    better = len(population) - np.searchsorted(population, values, side="right")
    return np.where(np.isnan(values), 0, better + 1).astype(np.int64)


def percentiles_among(values: Floats, population: Floats) -> Floats:
    """As ``percentiles``, in an ordered population the values need not be part of."""
    if not len(population):
        return np.full(len(values), np.nan)
    below = np.searchsorted(population, values, side="left")
    not_above = np.searchsorted(population, values, side="right")
    shares = (below + not_above) / (2.0 * len(population))
    return np.where(np.isnan(values), np.nan, shares)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PeerStanding:
    """Where each subject stands among those of its own group.

    Attributes
    ----------
    rank, n_peers
        Shape (n,); 0 where the value is NaN; ``n_peers`` counts the known values of the group,
        the subject's own included.
    percentile, lower_quartile, median, upper_quartile
        Shape (n,); quartiles of the subject's group, NaN where nobody in it has a value.
    """

    rank: Integers
    n_peers: Integers
    percentile: Floats
    lower_quartile: Floats
    median: Floats
    upper_quartile: Floats


def peer_standing(
    values: Floats, groups: NDArray[np.int64], *, less_is_better: bool = False
) -> PeerStanding:
    """Ranks, percentiles and quartiles within groups.

    Parameters
    ----------
    values
        Shape (n,), NaN where unknown.
    groups
        Shape (n,), number of each subject's group; negative: in none, stands nowhere.
    less_is_better
        Rank the lowest value first; quartiles stay those of the values.
    """
    if less_is_better:
        turned = peer_standing(-values, groups)
        return replace(
            turned,
            lower_quartile=-turned.upper_quartile,
            median=-turned.median,
            upper_quartile=-turned.lower_quartile,
        )
    n = len(values)
    rank = np.zeros(n, dtype=np.int64)
    n_peers = np.zeros(n, dtype=np.int64)
    percentile, quartiles = np.full(n, np.nan), np.full((3, n), np.nan)
    order = np.argsort(groups, kind="stable")
    order = order[groups[order] >= 0]
    if len(order):
        starts = np.flatnonzero(np.diff(groups[order])) + 1
        for members in np.split(order, starts):
            own = values[members]
            population = ordered(own)
            n_peers[members] = len(population)
            if len(population):
                rank[members] = ranks_among(own, population)
                percentile[members] = percentiles_among(own, population)
                quartiles[:, members] = np.quantile(population, (0.25, 0.5, 0.75))[:, None]
    return PeerStanding(
        rank=rank,
        n_peers=n_peers,
        percentile=percentile,
        lower_quartile=quartiles[0],
        median=quartiles[1],
        upper_quartile=quartiles[2],
    )
