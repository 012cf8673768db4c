"""Peers: enterprises of the same trade and size, and where one stands among them.

The figures of all enterprises of a year are read once for a snapshot of the facts and kept;
one enterprise is then placed by binary search.

Nobody's figure can be read off, also by whoever declares one own figure after the other: every
quartile is the mean of ``SILIAN_SMALL_COUNT_MIN`` neighbouring figures to two digits, a group is
widened until it holds twice as many others, and a position is told from the quartiles alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings

from silian.portal.industry.domain.choices import (
    Measure,
    PeerGroup,
    choices,
    size_class,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from silian.portal.industry.domain.facts import FactsRow
    from silian.tables.clauses import Clause

_GroupKey = tuple[str, str]  # industry prefix, size


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerGroupOf:
    """The group of peers that one enterprise is compared with.

    Attributes
    ----------
    industry_prefix, size_code
        What its members share; empty where that doesn't count.
    peer_count
        Members beside the enterprise itself.
    widened
        Whether a narrower group has too few.
    """

    code: str
    label_zh: str
    label_en: str
    industry_prefix: str
    size_code: str
    peer_count: int
    widened: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One figure of one enterprise, and the same figure among its peers.

    Attributes
    ----------
    group
        That of the placement, or the next wider one in which enough tell of this figure.
    value
        ``None`` where a fact is missing.
    known_count
        Peers of which the figure is known.
    share_behind_rate
        Share of those that at least stand behind (below, or above where less is better), see
        ``share_behind``; ``None`` without a value or with too few peers.
    ahead_rate
        The same without those that stand level: nobody is ahead of others for having nothing, as
        they have.
    step_rate
        How finely that is told: a quarter, or a tenth among many.
    quartiles
        Of the peers' figures, see ``quartiles_of``; empty with too few peers.
    """

    measure: Measure
    group: PeerGroupOf
    value: float | None
    known_count: int
    share_behind_rate: float | None
    ahead_rate: float | None
    step_rate: float | None
    quartiles: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """All figures of one enterprise beside the same group of peers."""

    group: PeerGroupOf
    standings: tuple[Standing, ...]


@dataclass(slots=True)
class PeerTable:
    """The figures of all enterprises of one year, in columns."""

    places: dict[str, int]
    industries: "NDArray[np.str_]"
    sizes: "NDArray[np.str_]"
    columns: "Mapping[str, NDArray[np.float64]]"
    _members: "dict[_GroupKey, NDArray[np.intp]]" = field(default_factory=dict)
    _sorted: "dict[tuple[_GroupKey, str], NDArray[np.float64]]" = field(default_factory=dict)

    def group_of(self, facts: "FactsRow", column: str = "") -> PeerGroupOf:
        """The narrowest group that holds enough others; the widest whatever it holds.

        Parameters
        ----------
        column
            Count only others of which this figure is known.
        """
        for number, (entry, key) in enumerate(self._groups_of(facts)):
            n_peers = self._n_peers(key, facts.organisation_id)
            found = _described(entry, key, n_peers, widened=number > 0)
            others = self._others_in(key, column, facts.organisation_id) if column else ()
            if (len(others) if column else n_peers) >= enough_peers():
                break
        return found

    def others(self, group: PeerGroupOf, column: str, subject_id: str) -> "NDArray[np.float64]":
        """Known figures of a group without the subject's own, ascending."""
        return self._others_in((group.industry_prefix, group.size_code), column, subject_id)

    def peers_of(self, facts: "FactsRow", column: str) -> "tuple[PeerGroupOf, NDArray[np.float64]]":
        """The narrowest group in which enough tell of a figure, and the others' figures in it."""
        group = self.group_of(facts, column)
        return group, self.others(group, column, facts.organisation_id)

    def _groups_of(self, facts: "FactsRow") -> list[tuple[PeerGroup, _GroupKey]]:
        """Groups that an enterprise can be put in, the narrowest first."""
        industry = str(facts.values.get("industry_code") or "")
        size = _size_code(facts.values.get("revenue_cny"))  # type: ignore[arg-type]
        return [
            (entry, (industry[: entry.industry_characters], size if entry.size else ""))
            for entry in choices().peer_groups
            if len(industry) >= entry.industry_characters and (size or not entry.size)
        ]

    def _n_peers(self, key: _GroupKey, subject_id: str) -> int:
        return len(self._members_of(key)) - int(self._holds(key, self.places.get(subject_id)))

    def _others_in(self, key: _GroupKey, column: str, subject_id: str) -> "NDArray[np.float64]":
        figures = self._sorted_figures(key, column)
        row = self.places.get(subject_id)
        if row is None or not self._holds(key, row):
            return figures
        own = self.columns[column][row]
        if np.isnan(own):
            return figures
        return np.delete(figures, np.searchsorted(figures, own))

    def _members_of(self, key: _GroupKey) -> "NDArray[np.intp]":
        found = self._members.get(key)
        if found is None:
            prefix, size = key
            mask = np.char.startswith(self.industries, prefix)
            if size:
                mask &= self.sizes == size
            found = self._members[key] = np.flatnonzero(mask)
        return found

    def _holds(self, key: _GroupKey, row: int | None) -> bool:
        prefix, size = key
        return (
            row is not None
            and bool(self.industries[row].startswith(prefix))
            and size in ("", self.sizes[row])
        )

    def _sorted_figures(self, key: _GroupKey, column: str) -> "NDArray[np.float64]":
        found = self._sorted.get((key, column))
        if found is None:
            figures = self.columns[column][self._members_of(key)]
            found = self._sorted[key, column] = np.sort(figures[~np.isnan(figures)])
        return found


def placement_of(facts: "FactsRow") -> Placement:
    """Where an enterprise stands among its peers of the same year, measure by measure."""
    from silian.portal.industry.domain.city_answers import city_version

    version = city_version(facts.known_on)
    return place(facts, peer_table(facts.year, version, facts.known_on))


def place(facts: "FactsRow", table: PeerTable) -> Placement:
    """The same in a table that is at hand."""
    from silian.tables.clauses import evaluate_clause

    standings = []
    for measure, clause in _clauses():
        value = evaluate_clause(clause, facts.values)
        number = None if value is None else float(value)  # type: ignore[arg-type]
        group, figures = table.peers_of(facts, measure.code)
        less = measure.better == "less"
        standings.append(
            Standing(
                measure=measure,
                group=group,
                value=number,
                known_count=len(figures),
                share_behind_rate=share_behind(number, figures, less=less),
                ahead_rate=share_behind(number, figures, less=less, level=False),
                step_rate=step_rate(len(figures)),
                quartiles=quartiles_of(figures),
            )
        )
    return Placement(group=table.group_of(facts), standings=tuple(standings))


def enough_peers() -> int:
    """How many others a comparison needs: for its meaning, and so that it tells of none of them."""
    return max(choices().peers_at_least, 2 * settings.SMALL_COUNT_MIN)


def step_rate(n_figures: int) -> float | None:
    """How finely a position among so many is told; ``None``: not at all."""
    if n_figures < enough_peers():
        return None
    return _TENTH if n_figures >= _MANY * settings.SMALL_COUNT_MIN else _QUARTER


_QUARTER, _TENTH = 0.25, 0.1
_MANY = 10


def quartiles_of(figures: "NDArray[np.float64]") -> tuple[float, ...]:
    """Quartiles of ascending figures, each the mean of the least number of neighbours, to 2 digits.

    A plain quartile is some enterprise's own figure; the mean of its neighbourhood is nobody's
    (univariate microaggregation). Empty with too few figures.

    References
    ----------
    Domingo-Ferrer and Mateo-Sanz, Practical data-oriented microaggregation for statistical
    disclosure control, IEEE TKDE 14 (2002).

    Examples
    --------
    >>> quartiles_of(np.arange(1.0, 14.0))
    (4.0, 7.0, 10.0)
    """
    return _quantiles(figures, _QUARTER)


def _quantiles(figures: "NDArray[np.float64]", step: float) -> tuple[float, ...]:
    width, n_figures = settings.SMALL_COUNT_MIN, len(figures)
    if n_figures < enough_peers():
        return ()
    shares = np.arange(1, round(1 / step)) * step
    starts = np.rint(shares * (n_figures - 1) - (width - 1) / 2).astype(int)
    first = np.clip(starts, 0, n_figures - width)
    means = np.array([figures[start : start + width].mean() for start in first])
    return tuple(coarse(means).tolist())


def coarse(figures: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Figures to two significant digits, unknown ones as they are.

    Examples
    --------
    >>> coarse(np.array([123_456.0, -0.03456, 0.0])).tolist()
    [120000.0, -0.035, 0.0]
    """
    figures = np.asarray(figures, dtype=float)
    known = np.where(np.isfinite(figures) & (figures != 0.0), np.abs(figures), 1.0)
    digits = 1 - np.floor(np.log10(known))
    scale = 10.0 ** np.abs(digits)
    fine = np.round(figures * scale) / scale  # dividing by a power of ten is exact to the last bit
    return np.where(digits >= 0, fine, np.round(figures / scale) * scale)


def share_behind(
    value: float | None,
    figures: "NDArray[np.float64]",
    *,
    less: bool = False,
    level: bool = True,
) -> float | None:
    """Share of ascending figures that at least stand behind a value: 0, a quarter, a half, ...

    Told from the published quartiles (deciles among many) and nothing else, so that no series of
    values finds more than they tell. A value on several of them counts in their middle, unless
    ``level`` is false: then those that stand level aren't behind. ``None`` without a value, or
    with too few figures.

    Examples
    --------
    >>> figures = np.arange(1.0, 14.0)  # quartiles 4, 7 and 10
    >>> [share_behind(value, figures) for value in (3.0, 5.0, 9.0, 12.0)]
    [0.0, 0.25, 0.5, 0.75]
    """
    step = step_rate(len(figures))
    if value is None or step is None:
        return None
    bounds = np.array(_quantiles(figures, step))
    beyond = int((bounds > value).sum() if less else (bounds < value).sum())
    equal = int((bounds == value).sum()) if level else 0
    return round((beyond + (equal + 1) // 2) * step, 2)


@lru_cache(maxsize=4)
def peer_table(year: int, snapshot: str, known_on: date | None = None) -> PeerTable:
    """Figures of all enterprises of a year in one snapshot of the facts; the latest are kept.

    Parameters
    ----------
    known_on
        As they were known on this day, if it is past.
    """
    from silian.portal.industry.domain.facts import city_facts, facts_session

    session = facts_session() if known_on is None else city_facts(known_on)
    figures = ", ".join(
        f"CAST({clause.sql(session.dialect)} AS DOUBLE) AS {measure.code}"
        for measure, clause in _clauses()
    )
    try:
        table = session.query(
            f"SELECT subject_id, industry_code, revenue_cny, {figures} FROM facts "
            f"WHERE year = {int(year)} ORDER BY subject_id"
        )
    finally:
        session.close()
    return table_of(
        subject_ids=table.column("subject_id").to_pylist(),
        industries=table.column("industry_code").to_pylist(),
        revenues=table.column("revenue_cny").to_pylist(),
        columns={
            measure.code: table.column(measure.code).to_numpy(zero_copy_only=False).astype(float)
            for measure, _ in _clauses()
        },
    )


def table_of(
    *,
    subject_ids: Sequence[str],
    industries: Sequence[str | None],
    revenues: Sequence[float | None],
    columns: "Mapping[str, NDArray[np.float64]]",
) -> PeerTable:
    """A table of figures by subject, NaN where unknown."""
    return PeerTable(
        places={subject: row for row, subject in enumerate(subject_ids)},
        industries=np.array([code or "" for code in industries], dtype=np.str_),
        sizes=np.array([_size_code(revenue) for revenue in revenues], dtype=np.str_),
        columns=columns,
    )


def _described(entry: PeerGroup, key: _GroupKey, n_peers: int, *, widened: bool) -> PeerGroupOf:
    return PeerGroupOf(
        code=entry.code,
        label_zh=entry.label_zh,
        label_en=entry.label_en,
        industry_prefix=key[0],
        size_code=key[1],
        peer_count=n_peers,
        widened=widened,
    )


def _size_code(revenue_cny: float | None) -> str:
    found = size_class(None if revenue_cny is None else float(revenue_cny))
    return "" if found is None else found.code


@cache
def _clauses() -> "tuple[tuple[Measure, Clause], ...]":
    from silian.library.facts import fact_schema
    from silian.tables.clauses import parse_clause

    schema = fact_schema()
    return tuple(
        (measure, parse_clause(measure.expression, schema)) for measure in choices().measures
    )


@cache
def facts_named(measure: Measure) -> tuple[str, ...]:
    """Facts that a measure is made of, in the order of its text."""
    return next(clause.used for one, clause in _clauses() if one == measure)
