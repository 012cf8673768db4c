"""Who has worked with whom: joint works of people as a matrix of ties."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from silian.portal.insight.domain.hidden_ties import hidden_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A list of a hundred authors says little of any two of them, and has 4,950 pairs.
_MOST_PEOPLE = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class JointTie:
    """Two people who worked together.

    Attributes
    ----------
    weight
        Sum over joint works of 1 / (people in the work - 1) (Newman 2001).
    """

    first: str
    second: str
    count: int
    weight: float
    last: date


def ties_among(
    people_of_works: Mapping[str, Iterable[str]], days: Mapping[str, date]
) -> list[JointTie]:
    """Ties between the people of works, strongest first.

    Parameters
    ----------
    people_of_works
        Ids of people by work; works of very many people tie nobody.
    days
        Day of each work.

    References
    ----------
    Newman (2001), Scientific collaboration networks II. Physical Review E 64.

    Examples
    --------
    >>> [tie] = ties_among({"w": ["a", "b"]}, {"w": date(2024, 1, 1)})
    >>> tie.first, tie.second, tie.count, tie.weight
    ('a', 'b', 1, 1.0)
    """
    counts: dict[tuple[str, str], int] = defaultdict(int)
    weights: dict[tuple[str, str], float] = defaultdict(float)
    last: dict[tuple[str, str], date] = {}
    for work, members in people_of_works.items():
        people = sorted(set(members))
        if not 2 <= len(people) <= _MOST_PEOPLE:
            continue
        for pair in combinations(people, 2):
            counts[pair] += 1
            weights[pair] += 1 / (len(people) - 1)
            last[pair] = max(days[work], last.get(pair, date.min))
    found = [
        JointTie(
            first=a, second=b, count=counts[a, b], weight=round(weights[a, b], 4), last=last[a, b]
        )
        for a, b in counts
    ]
    return sorted(found, key=lambda tie: (-tie.weight, tie.first, tie.second))


def without_hidden_ties(ties: Iterable[JointTie]) -> list[JointTie]:
    """Ties that neither of the two hides."""
    hidden = hidden_pairs()
    return [tie for tie in ties if frozenset((tie.first, tie.second)) not in hidden]


def divided(people: Sequence[str], ties: Iterable[JointTie]) -> dict[str, int]:
    """Team of each person who has a tie, 0 the largest; the same ties give the same teams."""
    from scipy import sparse

    from silian.engines.graph import divide

    ties = list(ties)
    tied = sorted({one for tie in ties for one in (tie.first, tie.second)} & set(people))
    if not tied:
        return {}
    places = {one: place for place, one in enumerate(tied)}
    pairs = np.array(
        [(places[t.first], places[t.second]) for t in ties if {t.first, t.second} <= places.keys()]
    ).reshape(-1, 2)
    weights = np.array([t.weight for t in ties if {t.first, t.second} <= places.keys()])
    matrix: Any = sparse.coo_array(
        (np.tile(weights, 2), (np.r_[pairs[:, 0], pairs[:, 1]], np.r_[pairs[:, 1], pairs[:, 0]])),
        shape=(len(tied), len(tied)),
    ).tocsr()
    alone = np.diff(matrix.indptr) == 0
    kept = np.flatnonzero(~alone)
    if not len(kept):
        return {}
    part = matrix[kept][:, kept].tocsr()
    part.sort_indices()
    labels: NDArray[np.int64] = divide(part)
    return {tied[place]: int(label) for place, label in zip(kept, labels, strict=True)}
