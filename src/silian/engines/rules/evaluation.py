"""All subjects at once: the policies of a day as one query over the facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from silian.engines.rules.compiling import CompiledPolicies, CompiledPolicy
from silian.engines.rules.errors import FactsRefused
from silian.engines.rules.query import EvaluationQuery, write_query
from silian.engines.rules.subjects import answer_policy
from silian.tables.clauses import quote_name
from silian.tables.sessions import ColumnsRefused, TableSession, typed_columns

KEYS: Final = ("subject_id", "year")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCounts:
    """How many subject-years stand where with one policy.

    Attributes
    ----------
    near
        Of those not entitled: every condition is met but one, and that one can be changed.
        ``None`` where clauses were not kept.
    amount_cny
        Sum over those entitled; unknown amounts count as nothing here.
    unknown_amount
        Entitled, but the amount is unknown.
    """

    policy_id: str
    entitled: int
    not_entitled: int
    unknown: int
    near: int | None = None
    amount_cny: float = 0.0
    unknown_amount: int = 0


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The answers of one run.

    Attributes
    ----------
    wide
        One row a subject-year: ``subject_id``, ``year``, for each policy ``<policy_id>``
        (boolean: entitled, null where unknown) and, if it pays, ``<policy_id>.amount_cny``; with
        clauses also ``<policy_id>.<condition_id>``.
    """

    compiled: CompiledPolicies
    wide: pa.Table
    clause_level: bool
    facts: str
    session: TableSession = field(repr=False)

    def conditions(self) -> pa.Table:
        """Rows of ``subject_id``, ``year`` and one nullable boolean column a condition.

        Columns are named ``<policy_id>.<condition_id>``; null is unknown.

        Raises
        ------
        FactsRefused
            If the run did not keep its clauses.
        """
        self._need_clauses()
        names = [
            condition_column(compiled, index)
            for compiled in self.compiled.policies
            for index in range(len(compiled.conditions))
        ]
        return self.wide.select([*KEYS, *names])

    def answers(self) -> pa.Table:
        """Rows of ``subject_id``, ``year``, ``policy_id``, ``entitlement``, ``amount_cny``.

        As in ``PolicyAnswer``: the amount is also given for subjects that are not entitled, as
        what they would get; sum it over those entitled.
        """
        if not self.compiled.policies:
            return _ANSWERS.empty_table()
        return pa.concat_tables([self._answers_of(one) for one in self.compiled.policies])

    def _answers_of(self, compiled: CompiledPolicy) -> pa.Table:
        policy_id, rows = compiled.policy.policy_id, self.wide.num_rows
        amounts = self.amounts(policy_id)
        return pa.table(
            {
                "subject_id": self.wide["subject_id"].cast(pa.string()),
                "year": self.wide["year"].cast(pa.int32()),
                "policy_id": pa.array([policy_id], pa.string()).take(pa.array(np.zeros(rows, int))),
                "entitlement": self.entitlements(policy_id),
                "amount_cny": amounts,
            },
            schema=_ANSWERS,
        )

    def entitlements(self, policy_id: str) -> pa.ChunkedArray:
        """``entitled``, ``not_entitled`` or ``unknown``, in the order of the rows."""
        standing = self.wide[self.compiled[policy_id].policy.policy_id]
        known = pc.if_else(standing, "entitled", "not_entitled")
        return pc.fill_null(known, "unknown")

    def amounts(self, policy_id: str) -> pa.ChunkedArray:
        """Yuan in the order of the rows; null where unknown, or where the policy pays nothing."""
        if self.compiled[policy_id].pays:
            return self.wide[amount_column(policy_id)]
        return pa.chunked_array([pa.nulls(self.wide.num_rows, pa.float64())])

    def counts(self) -> tuple[PolicyCounts, ...]:
        """How many stand where, policy by policy."""
        return tuple(self._counts_of(compiled) for compiled in self.compiled.policies)

    def _counts_of(self, compiled: CompiledPolicy) -> PolicyCounts:
        policy_id = compiled.policy.policy_id
        standing = self.wide[policy_id]
        entitled = pc.fill_null(standing, False)
        paid = self.amounts(policy_id).filter(entitled)
        unknown = standing.null_count
        count = pc.sum(entitled).as_py() or 0
        return PolicyCounts(
            policy_id=policy_id,
            entitled=count,
            not_entitled=len(standing) - count - unknown,
            unknown=unknown,
            near=int(self.near(policy_id).sum()) if self.clause_level else None,
            amount_cny=round(pc.sum(paid).as_py() or 0.0, 2),
            unknown_amount=paid.null_count if compiled.pays else 0,
        )

    def near(self, policy_id: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which rows meet every condition but one that can be changed.

        Raises
        ------
        FactsRefused
            If the run did not keep its clauses.
        """
        self._need_clauses()
        compiled = self.compiled[policy_id]
        unmet = np.zeros(self.wide.num_rows, np.int16)
        blocked = np.zeros(self.wide.num_rows, np.bool_)
        for index, condition in enumerate(compiled.policy.conditions):
            column = self.wide[condition_column(compiled, index)]
            met = pc.fill_null(column, True).to_numpy()
            unmet += ~met
            blocked |= column.is_null().to_numpy()
            if not condition.changeable:
                blocked |= ~met
        near: np.ndarray[Any, np.dtype[np.bool_]] = (unmet == 1) & ~blocked
        return near

    def missing(self, policy_id: str, *, limit: int = 1000) -> pa.Table:
        """What keeps answers unknown: rows of ``subject_id``, ``year``, ``missing`` (names).

        Parameters
        ----------
        limit
            At most so many subject-years, in the order of their ids; each is read row by row.
        """
        compiled = self.compiled[policy_id]
        standing = self.wide[policy_id]
        unknown = standing.is_null()
        if compiled.pays:
            lacking = pc.and_(pc.fill_null(standing, False), self.amounts(policy_id).is_null())
            unknown = pc.or_(unknown, lacking)
        keys = self.wide.select(KEYS).filter(unknown)
        keys = keys.sort_by([(key, "ascending") for key in KEYS]).slice(0, limit)
        rows = self.fact_rows(keys, compiled.columns)
        found = [list(answer_policy(compiled, row).missing) for row in rows]
        return keys.append_column("missing", pa.array(found, pa.list_(pa.string())))

    def fact_rows(self, keys: pa.Table, columns: frozenset[str]) -> list[dict[str, Any]]:
        """Facts of given subject-years as rows, in the order of the keys.

        Parameters
        ----------
        keys
            Columns ``subject_id`` and ``year``.
        """
        dialect = self.session.dialect
        schema = self.compiled.schema
        typed = typed_columns(self.session, self.facts, [schema[name] for name in sorted(columns)])
        picked = [f"f.{quote_name(key, dialect)}" for key in KEYS]
        picked += [f"{sql} AS {quote_name(name, dialect)}" for name, sql in typed.items()]
        name = "silian_asked_subject_years"
        self.session.register(name, keys.select(KEYS).rename_columns(["asked_id", "asked_year"]))
        rows = self.session.query(
            f"SELECT {', '.join(picked)} FROM {quote_name(self.facts, dialect)} AS f "
            f"JOIN {name} AS k ON f.subject_id = k.asked_id AND f.year = k.asked_year"
        ).to_pylist()
        by_key = {(row["subject_id"], row["year"]): row for row in rows}
        pairs = zip(keys["subject_id"].to_pylist(), keys["year"].to_pylist(), strict=True)
        return [by_key[pair] for pair in pairs]

    @cached_property
    def query(self) -> EvaluationQuery:
        """The SQL that gave these answers."""
        return _query(self.compiled, self.session, self.facts, self.clause_level, None)

    def _need_clauses(self) -> None:
        if not self.clause_level:
            raise FactsRefused(
                "this run kept no clauses; evaluate again with clause_level=True",
                facts=self.facts,
            )


_ANSWERS: Final = pa.schema(
    [
        ("subject_id", pa.string()),
        ("year", pa.int32()),
        ("policy_id", pa.string()),
        ("entitlement", pa.string()),
        ("amount_cny", pa.float64()),
    ]
)


def evaluate(
    compiled: CompiledPolicies,
    session: TableSession,
    facts: str,
    *,
    clause_level: bool = True,
    year: int | None = None,
) -> Evaluation:
    """Answer every policy for every subject-year of a relation, in one query.

    Parameters
    ----------
    facts
        Name of a relation in the session: ``subject_id`` (text), ``year`` (integer), and one
        column for every fact that a policy reads; NULL where it is missing (never NaN).
    clause_level
        Keep how each single condition stands.
    year
        Only this year.

    Raises
    ------
    FactsRefused
        If the relation lacks a column or holds one in another type.
    """
    query = _query(compiled, session, facts, clause_level, year)
    wide = session.query(query.sql).rename_columns(list(query.columns))
    if clause_level:
        wide = _with_entitlements(wide, compiled)
    return Evaluation(
        compiled=compiled, wide=wide, clause_level=clause_level, facts=facts, session=session
    )


def _with_entitlements(table: pa.Table, compiled: CompiledPolicies) -> pa.Table:
    """Join the conditions of each policy; on Arrow's bitmaps, many times quicker than in SQL."""
    columns = {key: table[key] for key in KEYS}
    for one in compiled.policies:
        policy_id = one.policy.policy_id
        names = [condition_column(one, index) for index in range(len(one.conditions))]
        joined = pa.chunked_array([pa.repeat(pa.scalar(True), table.num_rows)])
        for name in names:
            joined = pc.and_kleene(joined, table[name])
        columns[policy_id] = joined
        if one.pays:
            columns[amount_column(policy_id)] = table[amount_column(policy_id)]
        columns |= {name: table[name] for name in names}
    return pa.table(columns)


def _query(
    compiled: CompiledPolicies,
    session: TableSession,
    facts: str,
    clause_level: bool,
    year: int | None,
) -> EvaluationQuery:
    columns = [compiled.schema[name] for name in sorted(compiled.columns)]
    try:
        typed: Mapping[str, str] = typed_columns(session, facts, columns)
    except ColumnsRefused as error:
        raise FactsRefused(str(error), **error.details) from error
    return write_query(
        compiled, typed, facts, session.dialect, clause_level=clause_level, year=year
    )


def condition_column(compiled: CompiledPolicy, index: int) -> str:
    """Name of one condition's column in ``Evaluation.wide``."""
    policy = compiled.policy
    return f"{policy.policy_id}.{policy.conditions[index].condition_id}"


def amount_column(policy_id: str) -> str:
    """Name of one policy's amounts in ``Evaluation.wide``."""
    return f"{policy_id}.amount_cny"
