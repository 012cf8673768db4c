"""Peers: enterprises of the same trade and size, and where one stands among them.

The figures of all enterprises of a year are read once for a snapshot of the facts and kept;
one enterprise is then placed by binary search.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np

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
    """

    code: str
    label_zh: str
    label_en: str
    industry_prefix: str
    size_code: str
    peer_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One figure of one enterprise, and the same figure among its peers.

    Attributes
    ----------
    value
        ``None`` where a fact is missing.
    known_count
        Peers of which the figure is known.
    share_behind_rate
        Share of those that stand behind (below, or above where less is better), ties counting
        half; ``None`` without a value or with too few peers.
    quartiles
        Of the peers' figures; empty with too few peers.
    """

    measure: Measure
    value: float | None
    known_count: int
    share_behind_rate: float | None
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

    def group_of(self, facts: "FactsRow") -> PeerGroupOf:
        """The narrowest group that holds enough others; the widest whatever it holds."""
        industry = str(facts.values.get("industry_code") or "")
        size = _size_code(facts.values.get("revenue_cny"))  # type: ignore[arg-type]
        row = self.places.get(facts.organisation_id)
        for entry in choices().peer_groups:
            prefix = industry[: entry.industry_characters]
            if len(prefix) < entry.industry_characters or (entry.size and not size):
                continue
            key = (prefix, size if entry.size else "")
            n_peers = len(self._members_of(key)) - int(self._holds(key, row))
            if n_peers >= choices().peers_at_least:
                break
        return _described(entry, key, n_peers)

    def others(self, group: PeerGroupOf, column: str, subject_id: str) -> "NDArray[np.float64]":
        """Known figures of a group without the subject's own, ascending."""
        key = (group.industry_prefix, group.size_code)
        figures = self._sorted_figures(key, column)
        row = self.places.get(subject_id)
        if row is None or not self._holds(key, row):
            return figures
        own = self.columns[column][row]
        if np.isnan(own):
            return figures
        return np.delete(figures, np.searchsorted(figures, own))

    def peers_of(self, facts: "FactsRow", column: str) -> "tuple[PeerGroupOf, NDArray[np.float64]]":
        """An enterprise's group and the others' figures in it."""
        group = self.group_of(facts)
        return group, self.others(group, column, facts.organisation_id)

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
    from silian.portal.industry.domain.facts import snapshot_version

    return place(facts, peer_table(facts.year, snapshot_version()))


def place(facts: "FactsRow", table: PeerTable) -> Placement:
    """The same in a table that is at hand."""
    from silian.tables.clauses import evaluate_clause

    group = table.group_of(facts)
    standings = []
    for measure, clause in _clauses():
        value = evaluate_clause(clause, facts.values)
        number = None if value is None else float(value)  # type: ignore[arg-type]
        figures = table.others(group, measure.code, facts.organisation_id)
        enough = len(figures) >= choices().peers_at_least
        standings.append(
            Standing(
                measure=measure,
                value=number,
                known_count=len(figures),
                share_behind_rate=share_behind(number, figures, less=measure.better == "less"),
                quartiles=tuple(np.quantile(figures, _QUARTERS).tolist()) if enough else (),
            )
        )
    return Placement(group=group, standings=tuple(standings))


_QUARTERS = (0.25, 0.5, 0.75)


def share_behind(
    value: float | None, figures: "NDArray[np.float64]", *, less: bool = False
) -> float | None:
    """Share of ascending figures that stand behind a value, ties counting half.

    ``None`` without a value, or with fewer figures than the platform calls enough.

    Examples
    --------
    >>> share_behind(3.0, np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    0.5
    """
    if value is None or len(figures) < choices().peers_at_least:
        return None
    below = int(np.searchsorted(figures, value, side="left"))
    equal = int(np.searchsorted(figures, value, side="right")) - below
    behind = len(figures) - below - equal if less else below
    return (behind + equal / 2) / len(figures)


@lru_cache(maxsize=4)
def peer_table(year: int, snapshot: str) -> PeerTable:
    """Figures of all enterprises of a year in one snapshot of the facts; the latest are kept."""
    from silian.portal.industry.domain.facts import facts_session

    session = facts_session()
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


def _described(entry: PeerGroup, key: _GroupKey, n_peers: int) -> PeerGroupOf:
    return PeerGroupOf(
        code=entry.code,
        label_zh=entry.label_zh,
        label_en=entry.label_en,
        industry_prefix=key[0],
        size_code=key[1],
        peer_count=n_peers,
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
