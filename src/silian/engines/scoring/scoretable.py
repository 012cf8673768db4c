"""Scores of a whole table of subjects: one query for the raw values, NumPy for the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from silian.engines.scoring.compiling import CompiledLeaf, CompiledSystem
from silian.engines.scoring.errors import (
    ColumnNotKept,
    SubjectRepeated,
    UnknownIndicator,
    UnknownSubject,
)
from silian.engines.scoring.points import Floats, Integers, in_millionths
from silian.engines.scoring.population import Population, fitting_population
from silian.engines.scoring.ranking import (
    PeerStanding,
    ordered,
    peer_standing,
    percentiles_among,
    ranks_among,
)
from silian.engines.scoring.subjects import leaf_standing
from silian.engines.scoring.verdict import WITHHELD, RawValues, Verdict, judge, normalised_leaves
from silian.engines.scoring.weighting import derived_points
from silian.tables.clauses import Clause, Dialect, quote_name
from silian.tables.sessions import TableSession, typed_columns


def score_subjects(
    compiled: CompiledSystem,
    session: TableSession,
    facts: str,
    *,
    year: int | None = None,
    population: Population | None = None,
    keep: Sequence[str] = (),
) -> "ScoreTable":
    """Score every subject of a relation.

    Parameters
    ----------
    facts
        Name of a relation with ``subject_id`` and one column a fact.
    year
        Only rows of this year; needed where the relation holds several.
    population
        Read percentiles, derived weights and ranks off this one instead of the subjects
        themselves.
    keep
        Further columns to carry along, for groups of peers.

    Raises
    ------
    SubjectRepeated
        If a subject has more than one row.
    PopulationTooSmall
        If weights are to be derived from fewer than three subjects.
    ColumnsRefused
        If the relation lacks a fact, or holds it in another type.
    """
    if population is not None:
        fitting_population(compiled, population)
    answers = session.query(_sql(compiled, session, facts, year, keep))
    subject_ids = answers.column("subject_id").combine_chunks()
    if pc.count_distinct(subject_ids).as_py() != len(subject_ids):
        raise SubjectRepeated(
            f"{facts} has several rows for one subject; pass year=..., or one row a subject.",
            facts=facts,
        )
    raw = RawValues(
        leaves=[_floats(answers, f"leaf_{leaf.number}") for leaf in compiled.leaves],
        stages=[_floats(answers, f"stage_{n}") for n in range(len(compiled.stages))],
        direct_paths=[_floats(answers, f"path_{n}") for n in range(len(compiled.direct_paths))],
    )
    reference = population or _own_population(compiled, raw, len(subject_ids))
    return ScoreTable(
        compiled=compiled,
        subject_ids=subject_ids,
        verdict=judge(compiled, raw, reference),
        full_points=(
            compiled.fixed_points if reference.full_points is None else reference.full_points
        ),
        reference=population,
        kept=answers.select(list(keep)),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoreTable:
    """Scores of many subjects, ordered by subject id.

    Attributes
    ----------
    full_points
        Shape (n_stages, n_leaves): the weights used, derived ones included.
    reference
        The population passed in; ``None`` where the subjects are their own.
    kept
        The further columns asked for.
    """

    compiled: CompiledSystem
    subject_ids: Any
    verdict: Verdict
    full_points: Floats
    reference: Population | None
    kept: Any

    def __len__(self) -> int:
        return len(self.subject_ids)

    def position(self, subject_id: str) -> int:
        """Row of a subject.

        Raises
        ------
        UnknownSubject
            If the table does not hold it.
        """
        place = pc.index(self.subject_ids, subject_id).as_py()
        if place < 0:
            raise UnknownSubject(
                f"no subject {subject_id!r} among the {len(self)} scored.", subject_id=subject_id
            )
        return int(place)

    def population(self) -> Population:
        """What ``score_subject`` needs to know of these subjects."""
        system = self.compiled.system
        derived = self.compiled.derives_weights
        return Population(
            system_id=system.system_id,
            version=system.version,
            n_subjects=len(self),
            raw=tuple(ordered(values) for values in self.verdict.raw.leaves),
            totals=ordered(in_millionths(self.verdict.total)),
            full_points=self.full_points if derived else None,
        )

    def ranks(self) -> tuple[Integers, Floats]:
        """Rank (0: none) and percentile of each total, among the reference if there is one."""
        totals = in_millionths(self.verdict.total)
        population = ordered(totals) if self.reference is None else self.reference.totals
        if not len(population):
            return np.zeros(len(totals), dtype=np.int64), np.full(len(totals), np.nan)
        return ranks_among(totals, population), percentiles_among(totals, population)

    def leaf_ranks(self, indicator_id: str) -> tuple[Integers, Floats]:
        """Rank and percentile by one indicator's raw value; also where totals are withheld."""
        leaf = self._leaf(indicator_id)
        raw = self.verdict.raw.leaves[leaf.number]
        population = ordered(raw) if self.reference is None else self.reference.raw[leaf.number]
        return leaf_standing(leaf.indicator, raw, population)

    def peers(self, by: Sequence[str], *, of: str = "", raw: bool = False) -> PeerStanding:
        """Standing among the subjects that agree in kept columns (industry, size).

        Parameters
        ----------
        by
            Names of kept columns; a subject with a missing value in one has no peers.
        of
            An indicator's or branch's id, for its points; empty: the total.
        raw
            The indicator's raw values in its own unit and direction instead of its points.
        """
        if raw:
            leaf = self._leaf(of)
            return peer_standing(
                self.verdict.raw.leaves[leaf.number],
                self._groups(by),
                less_is_better=leaf.indicator.direction == "less",
            )
        return peer_standing(in_millionths(self._points(of)) / 1e6, self._groups(by))

    def _leaf(self, indicator_id: str) -> CompiledLeaf:
        leaf = self.compiled.leaf(indicator_id)
        if leaf is None:
            known = ", ".join(one.indicator.indicator_id for one in self.compiled.leaves)
            raise UnknownIndicator(
                f"no indicator {indicator_id!r}; there are {known}.", indicator_id=indicator_id
            )
        return leaf

    def _points(self, of: str) -> Floats:
        if not of:
            return self.verdict.total
        parts = self.verdict.parts
        leaf = self.compiled.leaf(of)
        if leaf is not None:
            return parts.points[leaf.number]
        for branch, node in zip(self.compiled.branches, parts.branches, strict=True):
            if branch.branch_id == of:
                return node.points
        raise UnknownIndicator(f"no indicator or branch {of!r}.", indicator_id=of)

    def _groups(self, by: Sequence[str]) -> NDArray[np.int64]:
        groups = np.zeros(len(self), dtype=np.int64)
        missing = np.zeros(len(self), dtype=bool)
        for name in by:
            if name not in self.kept.column_names:
                raise ColumnNotKept(
                    f"{name} was not kept; pass keep=({name!r}, ...) to score_subjects.", name=name
                )
            codes = self.kept.column(name).combine_chunks().dictionary_encode()
            indices = codes.indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
            missing |= np.asarray(codes.indices.is_null().to_numpy(zero_copy_only=False))
            pairs = groups * (len(codes.dictionary) + 1) + indices
            _, groups = np.unique(pairs, return_inverse=True)
        return np.where(missing, -1, groups)

    def arrow(self, *, leaves: bool = True) -> Any:
        """All of it as an Arrow table.

        Returns
        -------
        pyarrow.Table
            ``subject_id``, kept columns, ``stage``, ``total``, ``provisional_total``,
            ``withheld``, ``grade``, ``rank``, ``percentile``, ``passed``, ``direct_path``,
            ``<branch>.points``, and for each leaf ``<id>.raw``, ``.normalised``, ``.weight``,
            ``.points``, ``.counted``.
        """
        system, verdict = self.compiled.system, self.verdict
        rank, percentile = self.ranks()
        has_total = ~np.isnan(verdict.total)
        columns: dict[str, Any] = {"subject_id": self.subject_ids}
        columns |= {name: self.kept.column(name) for name in self.kept.column_names}
        columns |= {
            "stage": _codes(verdict.stage, self.compiled.stage_ids),
            "total": _nullable(verdict.total),
            "provisional_total": _nullable(np.where(has_total, np.nan, verdict.provisional)),
            "withheld": _codes(verdict.withheld, WITHHELD),
            "grade": _codes(verdict.grade, [grade.grade_id for grade in system.grades]),
            "rank": pa.array(rank, mask=rank == 0),
            "percentile": _nullable(percentile),
            "passed": pa.array(verdict.passed == 1, mask=np.isnan(verdict.passed)),
            "direct_path": _codes(
                verdict.direct_path, [path.path_id for path in system.direct_paths]
            ),
        }
        for branch, node in zip(self.compiled.branches, verdict.parts.branches, strict=True):
            columns[f"{branch.branch_id}.points"] = _nullable(node.points)
        for leaf in self.compiled.leaves if leaves else ():
            columns |= self._leaf_columns(leaf.number, leaf.indicator.indicator_id)
        return pa.table(columns)

    def _leaf_columns(self, number: int, name: str) -> dict[str, Any]:
        parts = self.verdict.parts
        return {
            f"{name}.raw": _nullable(self.verdict.raw.leaves[number]),
            f"{name}.normalised": _nullable(parts.normalised[number]),
            f"{name}.weight": _nullable(parts.weights[number]),
            f"{name}.points": _nullable(parts.points[number]),
            f"{name}.counted": pa.array(parts.counted[number]),
        }


def _own_population(compiled: CompiledSystem, raw: RawValues, n_subjects: int) -> Population:
    """The subjects themselves; only what percentiles and derived weights need is sorted."""
    system = compiled.system
    own = Population(
        system_id=system.system_id,
        version=system.version,
        n_subjects=n_subjects,
        raw=tuple(
            ordered(values) if leaf.indicator.normalisation.method == "percentile" else values[:0]
            for leaf, values in zip(compiled.leaves, raw.leaves, strict=True)
        ),
        totals=np.zeros(0),
    )
    if not compiled.derives_weights:
        return own
    normalised = [
        np.where(np.isnan(values), 0.0, values) if leaf.indicator.missing == "zero" else values
        for leaf, values in zip(
            compiled.leaves, normalised_leaves(compiled, raw.leaves, own), strict=True
        )
    ]
    return Population(
        system_id=own.system_id,
        version=own.version,
        n_subjects=n_subjects,
        raw=own.raw,
        totals=own.totals,
        full_points=derived_points(system, compiled.criteria, compiled.fixed_points, normalised),
    )


def _sql(
    compiled: CompiledSystem,
    session: TableSession,
    facts: str,
    year: int | None,
    keep: Sequence[str],
) -> str:
    dialect = session.dialect
    named = {name: quote_name(name, dialect) for name in ("subject_id", *keep)}
    typed = typed_columns(session, facts, compiled.facts)
    typed = named | typed
    inner = ", ".join(f"{sql} AS {quote_name(name, dialect)}" for name, sql in typed.items())
    columns = list(named.values())
    columns += [_column(leaf.clause, f"leaf_{leaf.number}", dialect) for leaf in compiled.leaves]
    columns += [_column(one, f"stage_{n}", dialect) for n, one in enumerate(compiled.stages)]
    columns += [_column(one, f"path_{n}", dialect) for n, one in enumerate(compiled.direct_paths)]
    chosen = "" if year is None else f" WHERE {quote_name('year', dialect)} = {int(year)}"
    # Derived weights and draws hang on the order in their last bits: it is always the same.
    return (
        f"SELECT {', '.join(columns)} "
        f"FROM (SELECT {inner} FROM {quote_name(facts, dialect)}{chosen}) AS facts "
        f"ORDER BY {named['subject_id']}"
    )


def _column(clause: Clause | None, name: str, dialect: Dialect) -> str:
    value = "NULL" if clause is None else clause.sql(dialect)
    return f"CAST({value} AS DOUBLE) AS {quote_name(name, dialect)}"


def _floats(answers: Any, name: str) -> Floats:
    column = answers.column(name).combine_chunks()
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)


def _nullable(values: Floats) -> Any:
    return pa.array(np.ascontiguousarray(values), mask=np.isnan(values))


def _codes(numbers: Integers, names: Sequence[str]) -> Any:
    indices = pa.array(np.maximum(numbers, -1), mask=numbers < 0, type=pa.int32())
    dictionary = pa.array(list(names), type=pa.string())
    return pa.DictionaryArray.from_arrays(indices, dictionary).cast(pa.string())
