"""An indicator system is checked, its clauses are read, and its weights laid out, once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from silian.engines.scoring.errors import SystemNotInForce, SystemRefused
from silian.engines.scoring.normalisation import normalisation_faults
from silian.engines.scoring.points import MOST_POINTS, Floats
from silian.engines.scoring.values import Branch, Indicator, IndicatorSystem
from silian.engines.scoring.weighting import Criterion, criteria_of, fixed_points
from silian.tables.clauses import Clause, ClauseError, FactColumn, FactSchema, parse_clause

_NUMBERS = ("number", "integer")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompiledLeaf:
    """One indicator, its place in the tree and its clause (``None``: no fact holds it yet)."""

    number: int
    indicator: Indicator
    path: tuple[str, ...]
    clause: Clause | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompiledSystem:
    """A system ready to score on one day.

    Attributes
    ----------
    leaves
        All indicators in the order of the text; arrays have one column a leaf.
    stage_ids, stages
        Ids and clauses; one id, ``""``, and no clause where the system has no stages.
    fixed_points
        Shape (n_stages, n_leaves): full points; NaN where unknown or derived from a population.
    criteria
        Leaves that share one weight: one leaf, or all below a ``best`` branch.
    facts
        Columns that the clauses read, in the order of the schema.
    unverified
        Ids of indicators and branches (and ``system``, ``weighting``) whose source nobody has
        held against the issuer's text.
    """

    system: IndicatorSystem
    as_of: date
    leaves: tuple[CompiledLeaf, ...]
    branches: tuple[Branch, ...]
    stage_ids: tuple[str, ...]
    stages: tuple[Clause, ...]
    direct_paths: tuple[Clause, ...]
    fixed_points: Floats
    criteria: tuple[Criterion, ...]
    facts: tuple[FactColumn, ...]
    unverified: tuple[str, ...]

    @property
    def needs_population(self) -> bool:
        """Whether weights or percentiles are read off a population."""
        return self.derives_weights or any(
            leaf.indicator.normalisation.method == "percentile" for leaf in self.leaves
        )

    @property
    def derives_weights(self) -> bool:
        """Whether weights follow from the population's values."""
        return self.system.weighting.method in ("entropy", "critic")

    def leaf(self, indicator_id: str) -> CompiledLeaf | None:
        """The leaf of this id, or ``None``."""
        return next(
            (one for one in self.leaves if one.indicator.indicator_id == indicator_id), None
        )


def system_in_force(
    systems: Sequence[IndicatorSystem], system_id: str, as_of: date
) -> IndicatorSystem:
    """The version of a system that is in force on a day.

    Raises
    ------
    SystemNotInForce
        If none is; the message names the versions there are.
    """
    versions = [one for one in systems if one.system_id == system_id]
    fitting = [one for one in versions if _in_force(one, as_of)]
    if not fitting:
        known = ", ".join(f"{one.version} from {one.valid_from}" for one in versions) or "none"
        raise SystemNotInForce(
            f"no version of {system_id!r} is in force on {as_of}; there are: {known}.",
            system_id=system_id,
            as_of=as_of,
        )
    return max(fitting, key=lambda one: one.valid_from)


def compile_system(system: IndicatorSystem, schema: FactSchema, *, as_of: date) -> CompiledSystem:
    """Check a system and read its clauses for one day.

    Raises
    ------
    SystemNotInForce
        If the day is outside the version's validity.
    SystemRefused
        If the system makes no sense; ``place`` says where.
    JudgementsRefused, JudgementsInconsistent
        If judgements are none, or contradict each other.
    """
    if not _in_force(system, as_of):
        raise SystemNotInForce(
            f"version {system.version} of {system.system_id!r} is valid from {system.valid_from} "
            f"to {system.valid_until or 'further notice'}, not on {as_of}.",
            system_id=system.system_id,
            as_of=as_of,
        )
    reader = _ClauseReader(system, schema, as_of)
    leaves = tuple(
        CompiledLeaf(
            number=number,
            indicator=indicator,
            path=path,
            clause=reader.raw_value(indicator, f"{'.'.join(path)}.{indicator.indicator_id}"),
        )
        for number, (path, indicator) in enumerate(walk_indicators(system.root))
    )
    branches = tuple(walk_branches(system.root))
    _check_structure(system, leaves, branches)
    stage_ids = tuple(stage_id for stage_id, _ in system.stages) or ("",)
    points = fixed_points(system, [leaf.indicator for leaf in leaves], stage_ids)
    if np.nansum(np.abs(points), axis=1).max(initial=0.0) > MOST_POINTS:
        raise _refused(system, "root", f"full scores sum to more than {MOST_POINTS:g}.")
    stages = tuple(reader.truth(text, f"stages.{stage}") for stage, text in system.stages)
    direct_paths = tuple(
        reader.truth(path.expression, f"direct_paths.{path.path_id}")
        for path in system.direct_paths
    )
    clauses = (*(leaf.clause for leaf in leaves), *stages, *direct_paths)
    read = frozenset[str]().union(*(one.columns for one in clauses if one is not None))
    return CompiledSystem(
        system=system,
        as_of=as_of,
        leaves=leaves,
        branches=branches,
        stage_ids=stage_ids,
        stages=stages,
        direct_paths=direct_paths,
        fixed_points=points,
        criteria=criteria_of(system),
        facts=tuple(column for column in schema if column.name in read),
        unverified=tuple(_unverified(system)),
    )


def walk_indicators(
    branch: Branch, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Indicator]]:
    """Every indicator below with the ids of the branches above it, in the order of the text."""
    path = (*path, branch.branch_id)
    for child in branch.children:
        if isinstance(child, Branch):
            yield from walk_indicators(child, path)
        else:
            yield path, child


def walk_branches(branch: Branch) -> Iterator[Branch]:
    """The branch and every one below, parents first."""
    yield branch
    for child in branch.children:
        if isinstance(child, Branch):
            yield from walk_branches(child)


class _ClauseReader:
    """Reads the clauses of one system; refusals name the place in the system."""

    def __init__(self, system: IndicatorSystem, schema: FactSchema, as_of: date) -> None:
        self._system, self._schema = system, schema
        self._constants: Mapping[str, Any] = {"as_of": as_of}
        self._lets: dict[str, Clause] = {}
        for let_id, text in system.lets:
            if let_id in self._lets or let_id in schema:
                raise _refused(system, f"lets.{let_id}", "the name is taken; choose another.")
            self._lets[let_id] = self._read(text, f"lets.{let_id}")

    def raw_value(self, indicator: Indicator, place: str) -> Clause | None:
        if not indicator.expression.strip():
            return None
        clause = self._read(indicator.expression, f"{place}.expression")
        method = indicator.normalisation.method
        wanted = ("boolean",) if method == "boolean" else _NUMBERS
        if clause.type not in wanted:
            raise _refused(
                self._system,
                f"{place}.expression",
                f"method {method!r} wants a {wanted[0]}, the expression is a {clause.type}.",
                text=indicator.expression,
                position=0,
                suggestion="",
            )
        return clause

    def truth(self, text: str, place: str) -> Clause:
        clause = self._read(text, place)
        if clause.type != "boolean":
            raise _refused(
                self._system,
                place,
                f"expected a condition, the expression is a {clause.type}.",
                text=text,
                position=0,
                suggestion="",
            )
        return clause

    def _read(self, text: str, place: str) -> Clause:
        try:
            return parse_clause(text, self._schema, names=self._lets, constants=self._constants)
        except ClauseError as refusal:
            raise _refused(
                self._system,
                place,
                str(refusal),
                clause_code=refusal.code,
                message_zh=refusal.message_zh,
                **refusal.details,
            ) from refusal


def _check_structure(
    system: IndicatorSystem, leaves: Sequence[CompiledLeaf], branches: Sequence[Branch]
) -> None:
    ids = [branch.branch_id for branch in branches]
    ids += [leaf.indicator.indicator_id for leaf in leaves]
    doubled = sorted({one for one in ids if ids.count(one) > 1})
    if doubled:
        raise _refused(system, doubled[0], "this id occurs twice; every node needs its own.")
    for branch in branches:
        if not branch.children:
            raise _refused(system, branch.branch_id, "the branch is empty; remove it.")
    stage_ids = [stage_id for stage_id, _ in system.stages]
    if len(set(stage_ids)) != len(stage_ids) or "" in stage_ids:
        raise _refused(system, "stages", f"stages need different ids; they are {stage_ids}.")
    for leaf in leaves:
        place = leaf.indicator.indicator_id
        faults = normalisation_faults(leaf.indicator)
        if faults:
            raise _refused(system, f"{place}.normalisation", faults)
        unknown = set(leaf.indicator.full_score or ()) - {"", *stage_ids}
        if unknown:
            raise _refused(
                system,
                f"{place}.full_score",
                f"no stage is named {sorted(unknown)}; there are {stage_ids or ['']}.",
            )
    marks = [grade.at_least for grade in system.grades]
    if len(set(marks)) != len(marks) or any(np.isnan(mark) for mark in marks):
        raise _refused(system, "grades", f"at_least of grades must differ; they are {marks}.")


def _unverified(system: IndicatorSystem) -> Iterator[str]:
    if not system.source.verified:
        yield "system"
    if system.weighting.source is not None and not system.weighting.source.verified:
        yield "weighting"
    for branch in walk_branches(system.root):
        if branch.source is not None and not branch.source.verified:
            yield branch.branch_id
    for _, indicator in walk_indicators(system.root):
        if not indicator.source.verified:
            yield indicator.indicator_id


def _in_force(system: IndicatorSystem, as_of: date) -> bool:
    return system.valid_from <= as_of and (
        system.valid_until is None or as_of <= system.valid_until
    )


def _refused(system: IndicatorSystem, place: str, message: str, **details: Any) -> SystemRefused:
    return SystemRefused(
        f"{system.system_id} {system.version}, {place}: {message}",
        system_id=system.system_id,
        version=system.version,
        place=place,
        **details,
    )
